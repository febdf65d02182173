"""What the flags of ``get`` ask for, checked against what is known of the resource."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from reconciler.errors import UsageError
from reconciler.text.nearest import likeness, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from reconciler.callrail.catalog import Resource
    from reconciler.callrail.resources import Row
    from reconciler.cli.get import GetFlags

Filters = tuple[tuple[str, str], ...]
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_LONGEST: Final = 60
_MOST_KNOWN: Final = 100
"""Of the fields that the server's rows have: as many, and as much of each, as are named."""
_SURE: Final = 0.7
"""How alike a word must be to a known one to be taken for a misspelling of it."""


def filters_of(asked: GetFlags, resource: Resource) -> Filters:
    """The filters that ``asked`` has, by the catalog's names; UsageError for what can't be."""
    given = [(name, values) for name, values in asked.filters.items() if values]
    for name, values in given:
        _check(name, values, asked, resource)
    named = {name for name, _ in given}
    for name in resource.required:
        if asked.row_id is None and not {name, "company"} & named:
            raise UsageError(
                f"{asked.resource} needs {flag(name)} or --company",
                hint="`reconciler get companies` lists what they can be.",
            )
    if {"company", "company_id"} & named and ("level", ("account",)) in given:
        raise UsageError("tags on account level belong to no company: leave out one of the two")
    if asked.resource == "texts":
        _check_days(asked.filters)
    pairs = [(name, value) for name, values in given if name != "company" for value in values]
    return tuple(_joined(pairs))


def unknown_fields(
    asked: Filters, rows: Sequence[Row], resource: Resource
) -> tuple[str, str] | None:
    """What to say of fields that were asked for and that no row has: a sentence and its advice."""
    fields = [part for name, value in asked if name == "fields" for part in parts(value)]
    seen = {key for row in rows for key in row}
    lacking = [one for one in fields if one not in seen]
    if not rows or not lacking or resource.closed:
        return None
    known = sorted({*resource.known_fields, *(key[:_LONGEST] for key in seen)})[:_MOST_KNOWN]
    near = {name: nearest(name, known) for name in lacking}
    guesses = [f"{name}: did you mean {found[0]}?" for name, found in near.items() if found]
    advice = " ".join([*guesses, f"Fields that are known: {', '.join(known)}."])
    return f"No row has {', '.join(lacking)}", advice


def flag(name: str) -> str:
    """How ``name`` is written on the command line."""
    return "--" + name.replace("_", "-")


def is_range(name: str) -> bool:
    """Whether the filter ``name`` says which time is meant."""
    return name in {"date_range", "start_date", "end_date"}


def _check(name: str, values: Sequence[str], asked: GetFlags, resource: Resource) -> None:
    has_companies = "company_id" in resource.filters
    if name not in resource.filters and not (name == "company" and has_companies):
        known = [flag(one) for one in resource.filters] + ["--company"] * has_companies
        raise UsageError(
            f"{asked.resource} can't be filtered by {flag(name)}",
            hint=f"It takes {', '.join(known) or 'no filter'}.",
        )
    if asked.row_id is not None and name != "fields":
        raise UsageError(f"{flag(name)} chooses among many, and an ID names one")
    if name in {"company", "fields"}:
        _check_fields(values if name == "fields" else (), resource)
        return
    known_filter = resource.filters[name]
    if len(values) > 1 and known_filter.several is None:
        raise UsageError(f"{flag(name)} is given twice, and {asked.resource} takes one")
    for value in values:
        if known_filter.choices and value not in known_filter.choices:
            raise UsageError(
                f"{flag(name)} can't be {value[:60]!r} for {asked.resource}",
                hint=_advice(value, known_filter.choices),
            )


def _check_fields(values: Iterable[str], resource: Resource) -> None:
    """Refuse what can't be a field or is a misspelt one; the API leaves those out in silence."""
    for field in (part for value in values for part in parts(value)):
        if field in resource.known_fields:
            continue
        near = (likeness(field, known, least=_SURE) for known in resource.known_fields)
        if resource.closed or max(near, default=0) >= _SURE:
            raise UsageError(
                f"there is no field {field[:60]!r}", hint=_advice(field, resource.known_fields)
            )


def _advice(word: str, known: Sequence[str]) -> str:
    near = nearest(word, known)
    guess = f"Did you mean {near[0]}? " if near else ""
    return f"{guess}It can be {', '.join(known)}."


def _check_days(filters: Mapping[str, tuple[str, ...]]) -> None:
    """Threads take days, and both or none (B)."""
    start, end = filters["start_date"], filters["end_date"]
    if bool(start) != bool(end):
        raise UsageError("texts take --start-date and --end-date together")
    for value in (*start, *end):
        if _DAY.fullmatch(value) is None:
            raise UsageError(f"{value[:40]!r} is not a day", hint="Texts take days: YYYY-MM-DD.")


def _joined(pairs: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    """``pairs`` with all ``fields`` in one, without repeats."""
    fields: list[str] = []
    for name, value in pairs:
        if name == "fields":
            fields += parts(value)
        else:
            yield name, value
    if fields:
        yield "fields", ",".join(dict.fromkeys(fields))


def parts(value: str) -> list[str]:
    """The names in a comma-separated list."""
    return [part.strip() for part in value.split(",") if part.strip()]
