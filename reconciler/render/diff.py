"""What became of tags and companies between two readings, as text and as rows for a spreadsheet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reconciler.model.change import Precision
from reconciler.model.news import News
from reconciler.render import table, wording
from reconciler.render.escape import label, log, terminal
from reconciler.render.layout import wrap
from reconciler.render.style import PLAIN, Style
from reconciler.text.moment import moment
from reconciler.text.plural import count, number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from reconciler.model.change import Count, Loss
    from reconciler.model.news import CompanyNews, Comparison, Reading, TagNews
    from reconciler.model.outcome import AccountError
    from reconciler.model.tag import AccountRef, LiveTag

MOST_USED: Final = 20
"""Tags of which only the counts differ, listed each way; JSON and CSV have them all."""


def text(comparison: Comparison, *, style: Style = PLAIN, width: int = 0) -> str:
    """``comparison`` as text that ends in a newline; ``width`` as for plans."""
    lines = [style.bold(line) for line in wrap(headline(comparison), width)]
    for heading, found in sections(comparison):
        lines += ["", style.bold(f"{heading}:")]
        for line in found:
            first, *more = wrap(line, width - 2 if width else 0)
            lines += [f"  {first}", *(f"    {rest}" for rest in more)]
    if comparison.new.file is None:
        lines += ["", f"Requests: {number(comparison.requests)} used."]
    return log("\n".join(lines)) + "\n"


def headline(comparison: Comparison) -> str:
    """``From 2026-11-01 07:00 UTC (nov.json) to 2026-12-01 07:00 UTC (live): 5 tags differ, …``."""
    span = f"From {_reading(comparison.old)} to {_reading(comparison.new)}"
    same = sum(one.same for one in comparison.accounts) + len(comparison.used)
    found = [count(len(comparison.tags), "tag")] if comparison.tags else []
    if comparison.companies:
        found.append(count(len(comparison.companies), "company", "companies"))
    as_was = f"{count(same, 'tag is', 'tags are')} as before"
    if not comparison.accounts:
        return f"{span}: no account could be read."
    if not found:
        return f"{span}: nothing has changed; {as_was}."
    alone = len(comparison.tags) + len(comparison.companies) == 1
    return f"{span}: {wording.joined(found)} {'has' if alone else 'have'} changed; {as_was}."


def sections(comparison: Comparison) -> Iterator[tuple[str, list[str]]]:
    """Headings with their lines of visible text, those with none left out."""
    found = [
        ("Accounts that could not be read", [*map(_unread, comparison.unread)]),
        ("Only in the older one, so nothing is known of them", [*map(_ref, comparison.only_old)]),
        ("Only in the newer one, so nothing is known of them", [*map(_ref, comparison.only_new)]),
        *((heading, _of(comparison, news)) for news, heading in HEADINGS.items()),
        ("Companies", [*map(_company, comparison.companies)]),
        ("Fewer have the tag", _used(comparison, lambda gain: gain < 0)),
        ("More have the tag", _used(comparison, lambda gain: gain > 0)),
        ("Counted otherwise", _used(comparison, lambda gain: gain == 0)),
    ]
    return ((heading, lines) for heading, lines in found if lines)


HEADINGS: Final = {
    News.GONE: "Deleted",
    News.ANEW: "Deleted, and created anew under the same name",
    News.TRASHED: "Moved to the trash",
    News.RENAMED: "Renamed",
    News.MOVED: "In another place",
    News.DISABLED: "Disabled",
    News.RECOLORED: "Recolored",
    News.ENABLED: "Enabled",
    News.RESTORED: "Taken back from the trash",
    News.NEW: "New",
}
"""A tag is listed once, by the weightiest of its news."""


def csv(comparison: Comparison) -> str:
    """A row for each tag and company of which something differs."""
    tags = [_row(one) for account in comparison.accounts for one in account.tags]
    companies = [_company_row(one) for one in comparison.companies]
    return table.csv([*tags, *companies], columns=_COLUMNS)


def _reading(reading: Reading) -> str:
    where = "live" if reading.file is None else label(reading.file)
    return f"{moment(reading.created_at)} ({where})"


def _unread(error: AccountError) -> str:
    return " ".join(
        filter(
            None,
            [f"{label(error.account)}: {terminal(error.message)}.", terminal(error.hint or "")],
        )
    )


def _ref(account: AccountRef) -> str:
    return f"{label(account.handle)} ({terminal(account.id)})"


def _of(comparison: Comparison, news: News) -> list[str]:
    return [_tag(one) for one in comparison.tags if one.news[0] is news]


def _tag(one: TagNews) -> str:
    """``7886403 in acme · Dental Elm: VIP -> Premium, color gray1 -> blue1; 18 -> 25 calls``."""
    before, after = one.before, one.after
    ids = [str(tag.id) for tag in (before, after) if tag is not None]
    parts = [_named(before, after)]
    if before is None or after is None:
        parts += filter(None, [wording.values(one.tag.tag)])
    else:
        parts += _differences(before, after, one.news)
    used = _use(one)
    return (
        f"{' -> '.join(dict.fromkeys(ids))} in {wording.title(one.place)}: {', '.join(parts)}"
        f"{f'; {used}' if used else ''}"
    )


def _named(before: LiveTag | None, after: LiveTag | None) -> str:
    names = [label(tag.name) for tag in (before, after) if tag is not None]
    return " -> ".join(dict.fromkeys(names))


def _differences(before: LiveTag, after: LiveTag, news: Sequence[News]) -> Iterator[str]:
    """What differs beside the name, but for what the heading says already."""
    if before.company_id != after.company_id:
        yield f"was in {terminal(before.company_id or 'the account')}"
    if before.color != after.color:
        yield f"color {_shown(before.color)} -> {_shown(after.color)}"
    if before.status is not after.status and not {News.TRASHED, News.RESTORED} & {*news}:
        yield f"status {before.status.value} -> {after.status.value}"


def _shown(color: str | None) -> str:
    return "none" if color is None else terminal(color)


def _use(one: TagNews) -> str:
    """``41 calls and 2 forms had it``, ``18 -> 25 calls``; empty where nobody counted."""
    if one.had is not None and one.has is not None:
        return ", ".join(_gains(one.had, one.has))
    if one.had is not None:
        return f"{wording.interactions(one.had)} had it"
    return "" if one.has is None else f"{wording.interactions(one.has)} {_have(one.has)} it"


def _have(loss: Loss) -> str:
    return "has" if loss.interactions.none or loss.interactions.number == 1 else "have"


_NOUNS: Final = {"calls": "call", "forms": "form", "texts": "text", "flows": "flow"}


def _gains(had: Loss, has: Loss) -> Iterator[str]:
    for kind, noun in _NOUNS.items():
        before, after = getattr(had, kind), getattr(has, kind)
        if before != after:
            # Said once, "at most" is said of both.
            alike = before.precision is after.precision
            now = number(after.number) if alike else _number(after)
            yield f"{_number(before)} -> {now} {noun if after.number == 1 else kind}"


def _number(one: Count) -> str:
    if one.precision is Precision.UNKNOWN:
        return "unknown"
    return f"{wording.precisely(one)}{number(one.number)}"


def _used(comparison: Comparison, belongs: Callable[[int], bool]) -> list[str]:
    """Tags of which nothing but the counts differs, the largest difference first."""
    found = [(_gain(one), one) for one in comparison.used]
    chosen = [pair for pair in found if belongs(pair[0])]
    chosen.sort(key=lambda pair: -abs(pair[0]))
    lines = [_tag(one) for _gain, one in chosen[:MOST_USED]]
    more = len(chosen) - len(lines)
    return [*lines, f"and {number(more)} more: --format json, csv"] if more else lines


def _gain(one: TagNews) -> int:
    """How many more interactions have it; 0 where that can't be said."""
    if one.had is None or one.has is None:
        return 0
    before, after = one.had.interactions, one.has.interactions
    known = before.precision is after.precision is not Precision.UNKNOWN
    return after.number - before.number if known else 0


def _company(one: CompanyNews) -> str:
    before, after = one.before, one.after
    names = [label(company.name) for company in (before, after) if company is not None]
    words = {
        News.NEW: "new",
        News.GONE: "not listed any more",
        News.RENAMED: "renamed",
        News.DISABLED: "disabled",
        News.ENABLED: "enabled again",
    }
    return (
        f"{terminal(one.company.id)} in {label(one.account.handle)}: "
        f"{' -> '.join(dict.fromkeys(names))}, {', '.join(words[news] for news in one.news)}"
    )


_SIDES: Final = ("name", "color", "status")
_COUNTED: Final = ("calls", "forms", "texts", "flows")
_COLUMNS: Final = (
    "what",
    "news",
    "account",
    "company_id",
    "company",
    "tag_id",
    *(f"{field}_{side}" for field in (*_SIDES, *_COUNTED) for side in ("before", "after")),
)


def _row(one: TagNews) -> table.Row:
    place = one.place
    row: dict[str, object] = {
        "what": "tag",
        "news": " ".join(one.news),
        "account": place.account.handle,
        "company_id": place.company_id,
        "company": place.company and place.company.name,
        "tag_id": one.tag.id,
    }
    for side, tag, loss in (("before", one.before, one.had), ("after", one.after, one.has)):
        if tag is not None:
            row |= {f"{field}_{side}": getattr(tag, field) for field in _SIDES}
        if loss is not None:
            row |= {f"{kind}_{side}": _cell(getattr(loss, kind)) for kind in _COUNTED}
    return row


def _cell(one: Count) -> int | str:
    return one.number if one.precision is Precision.EXACT else _number(one)


def _company_row(one: CompanyNews) -> table.Row:
    row: dict[str, object] = {
        "what": "company",
        "news": " ".join(one.news),
        "account": one.account.handle,
        "company_id": one.company.id,
        "company": one.company.name,
    }
    for side, company in (("before", one.before), ("after", one.after)):
        if company is not None:
            status = "active" if company.active else "disabled"
            row |= {f"name_{side}": company.name, f"status_{side}": status}
    return row
