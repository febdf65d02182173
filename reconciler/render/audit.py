"""An audit as a person reads it on a terminal, as a comment, and as rows for a spreadsheet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reconciler.model.change import Precision
from reconciler.render import audit_wording, table, wording
from reconciler.render.budget import Budget
from reconciler.render.escape import label, log
from reconciler.render.layout import wrap
from reconciler.render.style import PLAIN, Style

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reconciler.model.audit import AccountAudit, Audit, NameAudit, Usage
    from reconciler.model.change import Count
    from reconciler.model.tag import Company


def text(audit: Audit, *, style: Style = PLAIN, width: int = 0) -> str:
    """``audit`` as text that ends in a newline; ``width``: the terminal's columns, 0: any."""
    lines: list[str] = []
    for one in audit.accounts:
        lines += [*([""] if lines else []), *_account(one, audit, style, width)]
    lines += [""] * bool(lines)
    for why in audit_wording.partial(audit):
        lines += [style.delete(line) for line in _hung(f"Partial: {why}", width)]
    if not_counted := audit_wording.not_counted(audit):
        lines += _hung(not_counted, width)
    lines += _hung(f"Requests: {audit_wording.requests(audit)}.", width)
    return log("\n".join(lines)) + "\n"


def _deviating(audit: Audit, one: AccountAudit) -> list[NameAudit]:
    """The names that get lines of their own; those that are just there are listed together."""
    return [name for name in audit.listed(one, only_deviating=True) if not name.is_extra]


def _account(one: AccountAudit, audit: Audit, style: Style, width: int) -> Iterator[str]:
    yield style.bold(label(one.account.handle))
    deviates = one.deviating or one.extra
    paint = style.update if deviates else style.create
    yield from (paint(line) for line in _hung(audit_wording.headline(one), width))
    for name in _deviating(audit, one):
        yield ""
        yield style.bold(label(name.name))
        for fact in audit_wording.facts(name, one):
            yield from _indented(fact, width)
    for heading, lines in audit_wording.sections(one):
        yield from ["", style.bold(heading)]
        for line in lines:
            yield from _indented(line, width)
    if blocks := audit_wording.blocks(one, audit):
        yield from ["", style.bold("Paste this, or:") + f" {audit_wording.CONSOLIDATE}"]
        yield from (f"  {line}" for line in blocks)
    if counted := audit_wording.counted(one):
        yield from ["", *_hung(counted, width)]


def _indented(line: str, width: int) -> Iterator[str]:
    first, *more = wrap(line, width - 4 if width else 0)
    yield f"  {first}"
    yield from (f"    {rest}" for rest in more)


def _hung(line: str, width: int) -> list[str]:
    first, *more = wrap(line, width - 2 if width else 0)
    return [first, *(f"  {rest}" for rest in more)]


LIMIT: Final = 60_000
"""Bytes of a comment at most; GitHub refuses more than 65,536 characters."""
_RESERVE: Final = 2_400
_WIDEST: Final = 100


def markdown(audit: Audit, *, limit: int = LIMIT) -> str:
    """What deviates, in fewer than ``limit`` bytes: for an issue or a job's summary."""
    from reconciler.render import templating  # noqa: PLC0415 - slow, and text needs none of it

    budget = Budget(limit - _RESERVE)
    accounts = [_fitting(one, audit, budget) for one in audit.accounts]
    return templating.markdown(
        "audit.md.j2",
        accounts=accounts,
        partial=audit_wording.partial(audit),
        consolidate=audit_wording.CONSOLIDATE,
        not_counted=audit_wording.not_counted(audit),
        requests=audit_wording.requests(audit),
        cut=budget.cut,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPart:
    """What fits of one account: ``sections`` with their headings, of which ``names`` are names."""

    handle: str
    headline: str
    sections: Sequence[tuple[str, Sequence[str]]]
    names: frozenset[str]
    blocks: Sequence[str]


def _fitting(one: AccountAudit, audit: Audit, budget: Budget) -> AccountPart:
    deviating = [
        (label(name.name), audit_wording.facts(name, one)) for name in _deviating(audit, one)
    ]
    sections = []
    counted = audit_wording.counted(one)
    for heading, found in (
        *deviating,
        *audit_wording.sections(one),
        ("What was counted", [counted] * bool(counted)),
    ):
        lines = ["\n  ".join(wrap(log(line), _WIDEST)) for line in found]
        fitting = budget.fitting(lines, around=f"{heading}{_AROUND}")
        sections += [(heading, fitting)] if fitting else []
    blocks = list(map(log, audit_wording.blocks(one, audit)))
    fits = len(budget.fitting(blocks, around=_AROUND, essential=False)) == len(blocks)
    return AccountPart(
        handle=one.account.handle,
        headline=audit_wording.headline(one),
        sections=sections,
        names=frozenset(heading for heading, _lines in deviating),
        blocks=blocks if fits else [],
    )


_AROUND: Final = "\n```\n\n```\n" + 20 * " "
"""About what stands around a section's lines."""


COLUMNS: Final = (
    "account",
    "name",
    "level",
    "company",
    "company_id",
    "state",
    "spelling",
    "tag_id",
    "color",
    "status",
    "calls",
    "forms",
    "texts",
    "flows",
    "last_used",
)


def csv(audit: Audit) -> str:
    """A row for each live tag, and for each that is missing."""
    rows = [
        row
        for one in audit.accounts
        for name in audit.listed(one, only_deviating=False)
        for row in _rows(name, one)
    ]
    return table.csv(rows, columns=COLUMNS)


def _rows(name: NameAudit, one: AccountAudit) -> Iterator[Mapping[str, object]]:
    by_id = {company.id: company for company in one.companies}
    for place, cell in name.cells.items():
        company: Company | None = None if place is None else by_id[place]
        for usage in cell.tags or (None,):
            yield {
                "account": one.account.handle,
                "name": name.name,
                "level": "account" if company is None else "company",
                "company": None if company is None else company.name,
                "company_id": place,
                "state": " ".join(state.value for state in cell.states),
                **({} if usage is None else _of_tag(usage)),
            }


def _of_tag(usage: Usage) -> Mapping[str, object]:
    tag, use, applied = usage
    fields: dict[str, object] = {
        "spelling": tag.name,
        "tag_id": tag.id,
        "color": tag.color,
        "status": tag.status.value,
    }
    if use is not None:
        loss = use.loss
        fields |= {"calls": _cell(loss.calls), "forms": _cell(loss.forms)}
        fields |= {"texts": _cell(loss.texts), "last_used": use.last and use.last.isoformat()}
    if applied is not None:
        fields["flows"] = _cell(applied.number)
    return fields


def _cell(one: Count) -> object:
    """A number where it is exact, else the words for it."""
    if one.precision is Precision.EXACT:
        return one.number
    unknown = one.precision is Precision.UNKNOWN
    return "unknown" if unknown else f"{wording.precisely(one)}{one.number}"
