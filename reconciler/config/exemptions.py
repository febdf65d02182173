"""Exceptions that say why, or until when: who is told, and when.

Nothing happens by date alone. From 14 days before the last day on a warning says so, after it
another one, until someone deletes the exception or gives it a new date.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from reconciler.config.codes import Code
from reconciler.model.problem import Mark, Problem, Severity
from reconciler.text.plural import count
from reconciler.text.quote import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reconciler.config.collector import Collector
    from reconciler.config.configuration import Entry
    from reconciler.config.values import Origin

NOTICE: Final = timedelta(days=14)


class Exemption(NamedTuple):
    """One item of ``except`` that says more than which company: until when (that day included;
    None: it does not end) and why.

    ``tags`` are the names of the tags that it applies to, several where a scope holds it, and
    ``accounts`` the handles of the accounts.
    """

    company: str
    until: date | None
    reason: str | None
    mark: Mark
    tags: tuple[str, ...]
    accounts: tuple[str, ...]


def read_exemptions(entries: Sequence[Entry], problems: Collector) -> tuple[Exemption, ...]:
    """The exceptions of ``entries`` with a reason or a date, a scope's once; a date that is none is
    noted.
    """
    places: dict[tuple[str, int], tuple[Origin, list[Entry]]] = {}
    for entry in entries:
        # Nearly no block has the key: this is asked of each of 100,000.
        items = entry.place.value.get("except")
        if items and any(isinstance(one, dict) for one in items):
            key = (entry.place.text.file, entry.place.span)
            places.setdefault(key, (entry.place, []))[1].append(entry)
    read = (
        _exemption(item, having, problems)
        for place, having in places.values()
        for item in place.at("except").each()
        if isinstance(item.value, dict) and ("until" in item.value or "reason" in item.value)
    )
    return tuple(one for one in read if one is not None)


def _exemption(item: Origin, entries: Sequence[Entry], problems: Collector) -> Exemption | None:
    tags = tuple(entry.name for entry in entries)
    accounts = tuple(dict.fromkeys(handle for entry in entries for handle in entry.accounts))
    company, reason = item.value["company"], item.value.get("reason")
    if "until" not in item.value:
        return Exemption(company, None, reason, item.mark(), tags, accounts)
    at = item.at("until")
    try:
        until = date.fromisoformat(at.value)
    except ValueError:
        problems.error(
            Code.DATE,
            f"{at.value} is not a day of the calendar",
            at.mark(),
            hint="Write the last day of the exception as YYYY-MM-DD, such as 2027-03-31.",
        )
        return None
    return Exemption(company, until, reason, at.mark(), tags, accounts)


def due(exemptions: Iterable[Exemption], today: date) -> Iterator[Problem]:
    """A warning for each exception that ends within NOTICE of ``today``, or has ended."""
    for one in exemptions:
        if one.until is None:
            continue
        left = (one.until - today).days
        if left > NOTICE.days:
            continue
        what = _what(one)
        if left < 0:
            code, ends = Code.EXCEPTION_OVER, f"was agreed until {one.until} and goes on"
        else:
            code, ends = Code.EXCEPTION_ENDS, f"ends in {left} days, after {one.until}"
            ends = {0: "ends today", 1: "ends tomorrow"}.get(left, ends)
        why = f' Its reason: "{one.reason}"' if one.reason else ""
        yield Problem(
            code.value,
            f"the exception of {quoted(one.company)} from {what} {ends}",
            f"Delete it, or agree on a new date; nothing happens by date alone.{why}",
            (one.mark,),
            Severity.WARNING,
        )


def _what(one: Exemption) -> str:
    if len(one.tags) == 1:
        return quoted(one.tags[0])
    return f"{quoted(one.tags[0])} and {count(len(one.tags) - 1, 'more tag')}"
