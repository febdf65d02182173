"""The sentences of an audit, as visible text on one line each."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Final

from reconciler.export.grouping import is_line, refusal
from reconciler.export.quoting import scalar
from reconciler.model.audit import CellState
from reconciler.model.change import Loss
from reconciler.model.tag import Level
from reconciler.model.trash import original
from reconciler.model.usage import IDLE_DAYS, Use
from reconciler.render import wording
from reconciler.render.escape import label, terminal
from reconciler.text.plural import count, few, number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.model.audit import AccountAudit, Audit, NameAudit
    from reconciler.model.change import Applied
    from reconciler.model.tag import Company

_WIDEST_BLOCK: Final = 90
MOST_PLACES: Final = 6
"""Companies that a line names; the page, JSON and CSV name all."""
CONSOLIDATE: Final = "reconciler import --consolidate > reconciler.yaml"


def headline(one: AccountAudit) -> str:
    """How much there is, and what it comes to: one sentence."""
    names = len({usage.tag.name for name in one.names for usage in name.usages})
    companies = count(len(one.companies), "company", "companies")
    if len(one.shown) < len(one.companies):
        companies = f"{number(len(one.shown))} of {companies}"
    size = f"{companies}, {count(one.tags, 'tag')}, {count(names, 'name')}"
    return f"{size}: {verdict(one)}."


def verdict(one: AccountAudit) -> str:
    """What the audit comes to."""
    differing, extra = len(one.deviating), len(one.extra)
    if not differing and not extra:
        return "all as declared" if one.declared else "the same everywhere"
    parts = []
    if differing:
        verb = "is" if differing == 1 else "are"
        what = "not as declared" if one.declared else "not the same everywhere"
        parts.append(f"{number(differing)} {verb} {what}")
    if extra:
        verb = "is " if extra == 1 else "are "
        where = "not declared" if one.declared else "in few companies only"
        parts.append(f"{number(extra)} {verb}{where}")
    return ", ".join(parts)


def sections(one: AccountAudit) -> list[tuple[str, list[str]]]:
    """What there is beside the names that deviate: headings with their lines, none empty."""
    extra = "Live and not declared:" if one.declared else "Only in few companies:"
    found = [
        (extra, [f"{label(name.name)}: {_extra(name, one)}" for name in one.extra]),
        *_unused(one),
        ("Exceptions, agreed in the configuration:", list(_exceptions(one))),
        ("In the trash:", _trashed(one)),
        ("Left out:", list(_left_out(one))),
    ]
    return [(heading, lines) for heading, lines in found if lines]


def facts(name: NameAudit, one: AccountAudit) -> list[str]:
    """Where a name belongs and how it is used, then what deviates and where."""
    at = CompanyNames(one)
    lines = [_belongs(name, one)]
    lines += [
        f"also spelt {label(spelling.name)}: {at.listed(spelling.places)}{_used(spelling.use)}"
        for spelling in name.spellings
    ]
    lines += _colors(name, at)
    lines += filter(None, [_applied(name.applied())])
    for state, heading in _HEADINGS.items():
        if places := name.places(state):
            lines.append(f"{heading}: {at.listed_ids(places)}")
    if live := name.places(CellState.STILL_LIVE):
        source = "" if name.levels or name.source is None else f" ({terminal(str(name.source))})"
        lines.append(f"declared absent{source} and still live: {at.listed_ids(live)}")
    if other := name.places(CellState.OTHER_LEVEL):
        lines.append(_other_level(other, at))
    if retired := name.places(CellState.RETIRED):
        lines.append(f"disabled, out of use: {at.listed_ids(retired)}")
    if extra := name.places(CellState.EXTRA):
        why = "live where it is not declared" if one.declared else "in few companies"
        lines.append(f"{why}: {at.listed_ids(extra)}")
    return lines


_HEADINGS: Final = {
    CellState.MISSING: "missing",
    CellState.DISABLED: "disabled",
    CellState.ENABLED: "enabled, though declared disabled",
    CellState.TWICE: "there twice",
}
"""How places in a state are announced, where nothing more is to be reported of them."""


class CompanyNames:
    """Names of an account's companies, for lines that list some."""

    def __init__(self, one: AccountAudit) -> None:
        self._by_id = {company.id: company for company in one.companies}

    def listed_ids(self, ids: Sequence[str | None]) -> str:
        """``3 (Dental Bay, Dental Elm, Dental Mill)``: how many, and the first few."""
        return self.listed([None if one is None else self._by_id[one] for one in ids])

    def listed(self, companies: Sequence[Company | None]) -> str:
        """The same of companies; None is account level."""
        names = few(map(place, companies), MOST_PLACES)
        return names if len(companies) == 1 else f"{number(len(companies))} ({names})"


def place(company: Company | None) -> str:
    """A company's name, ``account level``."""
    return "account level" if company is None else label(company.known_as)


def _belongs(name: NameAudit, one: AccountAudit) -> str:
    """``account level, and in 20 of 30 companies; blue1; 1,159 calls and 2 forms show it``."""
    having = sum(
        place is not None and any(usage.tag.name == name.name for usage in cell.tags)
        for place, cell in name.cells.items()
    )
    on_account = bool(name.cells[None].tags) if None in name.cells else _inherits(name, one)
    companies = f"in {number(having)} of {count(len(one.shown), 'company', 'companies')}"
    if on_account:
        where = f"account level, and {companies}" if having else "account level"
    else:
        where = companies
    if one.declared and name.levels:
        levels = " and ".join(f"{level.value} level" for level in Level if level in name.levels)
        source = "" if name.source is None else f" ({terminal(str(name.source))})"
        where = f"declared on {levels}{source}; live {where.replace('level, and', 'level and')}"
        where = where.replace("live account", "live on account")
    parts = [where, *([terminal(name.color)] if name.color else [])]
    if name.use is not None:
        parts.append(f"{wording.having(name.use.loss)}{_last(name.use)}")
    return "; ".join(parts)


def _inherits(name: NameAudit, one: AccountAudit) -> bool:
    """Whether it is the account's, of which only some companies are shown."""
    return not one.declared and Level.ACCOUNT in name.levels


def _colors(name: NameAudit, at: CompanyNames) -> Iterator[str]:
    """``instead of blue1: gray1 in 2 (Dental Bay, Dental Elm), red1 in Dental Mill``."""
    by_color: dict[str, list[str | None]] = {}
    for company_id in name.places(CellState.OTHER_COLOR):
        color = name.cells[company_id].tags[0].tag.color
        shown = "no colour" if color is None else terminal(color)
        by_color.setdefault(shown, []).append(company_id)
    found = sorted(by_color.items(), key=lambda one: (-len(one[1]), one[0]))
    if found and name.color is not None:
        others = [f"{color} in {at.listed_ids(places)}" for color, places in found]
        yield f"instead of {terminal(name.color)}: {', '.join(others)}"


def _other_level(places: Sequence[str | None], at: CompanyNames) -> str:
    if None in places:
        return "on account level too: people see two"
    return f"in companies too, where people see two: {at.listed_ids(places)}"


def _extra(name: NameAudit, one: AccountAudit) -> str:
    applied = _applied(name.applied())
    used = f"{_used(name.use)}{applied and '; '}{applied}"
    return f"{CompanyNames(one).listed_ids(tuple(name.cells))}{used}"


def _applied(applied: Applied | None) -> str:
    """``2 flows apply it: After hours, Main line``; empty where it is not known that one does.

    Which flows can't be read is reported once, beneath.
    """
    if applied is None or not applied.number.number:
        return ""
    return wording.applied_by(Loss(flows=applied.number, flow_names=applied.names))


def _used(use: Use | None) -> str:
    return "" if use is None else f"; {wording.interactions(use.loss)}{_last(use)}"


def _last(use: Use) -> str:
    return "" if use.last is None else f", last {use.last.isoformat()}"


def _unused(one: AccountAudit) -> Iterator[tuple[str, list[str]]]:
    """Names that nothing shows, and those that nothing has shown for long, as far as proved."""
    if one.counted is None:
        return
    uses = [(name.name, name.use, name) for name in one.names if name.use is not None]
    uses += [
        (spelling.name, spelling.use, name)
        for name in one.names
        for spelling in name.spellings
        if spelling.use is not None
    ]
    live = {usage.tag.name for name in one.names for usage in name.usages}
    known = sorted((one for one in uses if one[0] in live), key=itemgetter(0))
    none, idle = [], []
    for spelling, use, name in known:
        applied = _applied(name.applied(spelling))
        if use.none:
            none.append(f"{label(spelling)}{applied and f' ({applied})'}")
        elif use.idle:
            idle.append(f"{label(spelling)} ({'; '.join(filter(None, [_used(use)[2:], applied]))})")
    since = "in the snapshot" if one.counted.since is None else f"since {one.counted.since}"
    yield f"Unused {since}:", none
    yield f"Unused for {IDLE_DAYS} days:", idle


def _exceptions(one: AccountAudit) -> Iterator[str]:
    """Each exception; where its tag is live all the same, that too."""
    at = CompanyNames(one)
    live: dict[str, set[str | None]] = {
        name.name: {*name.places(CellState.EXCEPTED)} for name in one.names
    }
    for exception, companies in sorted(
        one.exceptions, key=lambda each: wording.by_its_end(each[0])
    ):
        there = set[str | None]().union(*(live.get(name, ()) for name in exception.tags))
        places = [company for company in companies if company in there]
        also = f", live all the same in {at.listed_ids(places)}" if places else ""
        yield wording.exception(exception, also=also)


def _trashed(one: AccountAudit) -> list[str]:
    """A line for each name that tags in the trash had, with their places."""
    places: dict[str, list[Company | None]] = {}
    for trashed in one.trash:
        places.setdefault(original(trashed.tag.name), []).append(trashed.company)
    at = CompanyNames(one)
    return [f"{label(name)}: {at.listed(found)}" for name, found in places.items()]


def _left_out(one: AccountAudit) -> Iterator[str]:
    if one.of_disabled:
        yield f"{count(one.of_disabled, 'tag')} of disabled companies"
    if one.ignored:
        yield f"{count(one.ignored, 'tag')} that `ignore` leaves to others"
    if one.odd:
        rows = count(one.odd, "row")
        yield f"{rows} of the listing that can't be read as a tag; a name may be missing for that"


def counted(one: AccountAudit) -> str:
    """What usage covers, and why some of it could not be read; empty where nobody asked for it."""
    if one.counted is None:
        return ""
    since, until, uncounted = one.counted
    why = "".join(
        f" {kind.capitalize()} could not be counted: {terminal(reason).rstrip('.')}."
        for kind, reason in uncounted.items()
    )
    days = "as the snapshot has them" if since is None else f"of {since} to {until}"
    return f"Counted: calls, forms and texts {days}.{why}"


def not_counted(audit: Audit) -> str:
    """What no account shows; empty where usage was not asked for."""
    asked = any(one.counted is not None for one in audit.accounts)
    return f"Not counted: {wording.NOT_COUNTED}." if asked else ""


def requests(audit: Audit) -> str:
    """``56 used; 944 of this hour's 1,000 are left``."""
    used = f"{number(audit.requests)} used"
    known = [
        f"{label(one.account.handle)}: {wording.allowance(one.allowance)}"
        if len(audit.accounts) > 1
        else wording.allowance(one.allowance)
        for one in audit.accounts
        if one.allowance is not None
    ]
    return "; ".join([used, *known[:_MOST_QUOTAS]])


_MOST_QUOTAS: Final = 3


def partial(audit: Audit) -> list[str]:
    """Why each account that could not be read was not; the audit says nothing of it."""
    return [
        f"{label(one.account)} could not be read, so it is left out: {terminal(one.message)}"
        for one in audit.unread
    ]


def blocks(one: AccountAudit, audit: Audit) -> list[str]:
    """Lines of YAML that declare what deviates as most have it; other spellings are merged.

    Where ``audit`` is of several accounts each block names its own: else it would hold in all.
    Empty for an account that is held against a configuration, where it is declared already, and for
    some of its companies, of which a block for all would be made.
    """
    if one.declared or len(one.shown) < len(one.companies):
        return []
    found = (name for name in one.deviating if name.levels and refusal(name.name) is None)
    several = len(audit.accounts) + len(audit.unread) > 1
    account = one.account.handle if several else None
    return [line for name in found for line in _block(name, account)]


def _block(name: NameAudit, account: str | None) -> Iterator[str]:
    """A block for each level that the name belongs on; its other spellings become it."""
    for level in sorted(name.levels):
        yield f"- name: {scalar(name.name)}"
        if level is Level.COMPANY:
            yield "  companies: all"
        if account is not None:
            yield f"  accounts: [{scalar(account)}]"
        if name.color and is_line(name.color):
            yield f"  color: {scalar(name.color)}"
        merged = list(_merged(name, level))
        flow = f"  merged_from: [{', '.join(merged)}]"
        if merged and len(flow) > _WIDEST_BLOCK:
            yield "  merged_from:"
            yield from (f"    - {one}" for one in merged)
        elif merged:
            yield flow


def _merged(name: NameAudit, level: Level) -> Iterator[str]:
    """The tags that become one, as ``merged_from`` has them."""
    for spelling in name.spellings:
        if any((place is None) == (level is Level.ACCOUNT) for place in spelling.places):
            yield scalar(spelling.name)
    if level is Level.ACCOUNT and Level.COMPANY not in name.levels:
        in_companies = [one.name for one in name.spellings if set(one.places) != {None}]
        own = [name.name] * name.on_both_levels
        for one in (*own, *in_companies):
            yield f"{{name: {scalar(one)}, companies: all}}"
