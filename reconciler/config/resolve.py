"""Selectors become companies, and declarations land in their places."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.config.codes import Code
from reconciler.config.collector import Collector
from reconciler.config.meaning import check_claims, former_names, say_twice
from reconciler.config.selectors import CompanyIndex
from reconciler.config.wording import listed, nearest, quoted
from reconciler.model.state import Desired, DesiredAccount

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reconciler.config.configuration import Configuration, Entry, Selector
    from reconciler.config.values import Origin
    from reconciler.model.state import Account, Declaration
    from reconciler.model.tag import Company

_MOST_SUGGESTIONS = 50
"""Misspelt company names that get a "did you mean": each is compared with every company."""


def resolve(configuration: Configuration, companies: Mapping[str, Sequence[Company]]) -> Desired:
    """See :meth:`Configuration.resolve`."""
    problems = Collector(configuration.files)
    problems.problems.extend(configuration.warnings)
    indexes = {
        account.handle: CompanyIndex(companies.get(account.handle, ()))
        for account in configuration.accounts
    }
    _check_selectors(configuration.entries, indexes, problems)
    accounts = tuple(
        _land(account, configuration.entries, indexes[account.handle], problems)
        for account in configuration.accounts
    )
    company_level = [entry for entry in configuration.entries if entry.selector is not None]
    check_claims(_landings(company_level, indexes), former_names(company_level), problems)
    problems.raise_if_failed()
    return Desired(accounts=accounts, warnings=problems.ordered())


def _land(
    account: Account, entries: Sequence[Entry], index: CompanyIndex, problems: Collector
) -> DesiredAccount:
    """Put each entry into its places; a pair that meets is told once, in however many of them."""
    tags: dict[str | None, dict[str, Declaration]] = {}
    owners: dict[int, Entry] = {}
    told: set[tuple[int, int]] = set()
    for entry in entries:
        if account.handle not in entry.accounts:
            continue
        declaration = entry.declaration
        owners[id(declaration)] = entry
        name = declaration.name
        places = (None,) if entry.selector is None else index.select(entry.selector)
        for place in places:
            first = tags.setdefault(place, {}).setdefault(name, declaration)
            if first is not declaration and (id(first), id(declaration)) not in told:
                told.add((id(first), id(declaration)))
                where = index.name(place) if place else "on account level"
                say_twice(entry, owners[id(first)], f"in {account.handle} · {where}", problems)
    return DesiredAccount(account=account, companies=index.companies, tags=tags)


def _landings(
    entries: Sequence[Entry], indexes: Mapping[str, CompanyIndex]
) -> Iterator[tuple[object, Entry]]:
    for entry in entries:
        for handle in entry.accounts:
            assert entry.selector is not None  # noqa: S101 - company level; for the type checker
            for company_id in indexes[handle].select(entry.selector):
                yield (handle, company_id), entry


def _check_selectors(
    entries: Sequence[Entry], indexes: Mapping[str, CompanyIndex], problems: Collector
) -> None:
    """Every pattern must match somewhere; each is looked at once for the same accounts."""
    seen: set[tuple[Selector, tuple[str, ...], int]] = set()
    twice: set[tuple[str, str]] = set()
    suggestions = iter(range(_MOST_SUGGESTIONS))
    for entry in entries:
        if entry.selector is None:
            continue
        # A scope is told once, however many tags use it; a pattern of a tag at each tag.
        key = (entry.selector, entry.accounts, entry.place.span)
        if key in seen:
            continue
        seen.add(key)
        found = [indexes[handle] for handle in entry.accounts]
        suggest = next(suggestions, None) is not None
        if not entry.narrowed:
            _check_matches(entry, found, problems, suggest=suggest)
        _check_borne_twice(entry, indexes, twice, problems)


def _check_matches(
    entry: Entry, indexes: Sequence[CompanyIndex], problems: Collector, *, suggest: bool
) -> None:
    selector = entry.selector
    assert selector is not None  # noqa: S101 - the caller skips account level
    failed = False
    for origin in _patterns(entry.place):
        if any(index.matches(origin.value) for index in indexes):
            continue
        is_except = origin.value in selector.exclude and _is_in(entry.place, "except", origin)
        if is_except and any(index.matches_disabled(origin.value) for index in indexes):
            continue
        failed = True
        _say_no_match(origin, indexes, problems, suggest=suggest)
    if not failed and not any(index.select(selector) for index in indexes):
        _say_nothing_left(entry, problems)


def _patterns(place: Origin) -> Iterator[Origin]:
    for key in ("companies", "except"):
        at = place.at(key)
        if key in place.value and not isinstance(at.value, str):
            yield from at.each()


def _is_in(place: Origin, key: str, origin: Origin) -> bool:
    return key in place.value and origin.span in place.at(key).value.spans


def _say_no_match(
    origin: Origin, indexes: Sequence[CompanyIndex], problems: Collector, *, suggest: bool
) -> None:
    disabled = next(
        (name for index in indexes for name in index.matches_disabled(origin.value)), None
    )
    if disabled is not None:
        message = (
            f"{quoted(origin.value)} matches no active company: {quoted(disabled)} is disabled"
        )
        hint: str | None = "Delete it here, or enable the company in CallRail."
    else:
        message = f"{quoted(origin.value)} matches no company"
        known = (name for index in indexes for name in index.names)
        near = nearest(origin.value.replace("*", ""), known, most=3) if suggest else ()
        hint = (
            f"Did you mean {listed(map(quoted, near), last='or')}?"
            if near
            else ("`reconciler get companies` lists them.")
        )
    problems.error(Code.NOTHING_SELECTED, message, origin.mark(), hint=hint)


def _say_nothing_left(entry: Entry, problems: Collector) -> None:
    at = entry.place.at("companies")
    if "except" in entry.place.value:
        problems.error(
            Code.NOTHING_LEFT,
            "`except` takes away every company that `companies` selects",
            entry.place.at("except").mark(),
            at.mark("selects them"),
            hint="Narrow `except`, or delete the tag's block.",
        )
    else:
        problems.error(
            Code.NOTHING_SELECTED,
            "there is no active company to select",
            at.mark(),
            hint="Leave out `companies` for a tag on account level, or narrow `accounts`.",
        )


def _check_borne_twice(
    entry: Entry,
    indexes: Mapping[str, CompanyIndex],
    told: set[tuple[str, str]],
    problems: Collector,
) -> None:
    for origin in _patterns(entry.place):
        for handle in entry.accounts:
            ids = indexes[handle].bearers(origin.value)
            if len(ids) > 1 and (handle, origin.value) not in told:
                told.add((handle, origin.value))
                problems.warning(
                    Code.COMPANY_TWICE,
                    f"{len(ids)} companies of {handle} bear the name {quoted(origin.value)}; "
                    "all of them are meant",
                    origin.mark(),
                    hint=f"Write the id of the one that is meant: {listed(ids, last='or')}.",
                )
