"""Selectors become companies, and declarations are expanded into places."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from reconciler.config.collector import Collector
from reconciler.config.selector_checks import SelectorCheck
from reconciler.config.selectors import CompanyIndex
from reconciler.config.semantics import check_former_names, former_names, report_twice
from reconciler.model.state import Desired, DesiredAccount

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reconciler.config.configuration import Configuration, Entry
    from reconciler.model.state import Account, Declaration
    from reconciler.model.tag import Company


def resolve(configuration: Configuration, companies: Mapping[str, Sequence[Company]]) -> Desired:
    """See :meth:`Configuration.resolve`."""
    problems = Collector(configuration.files)
    problems.add(configuration.warnings)
    indexes = {
        account.handle: CompanyIndex(companies.get(account.handle, ()))
        for account in configuration.accounts
    }
    selectors = SelectorCheck(indexes, problems)
    promoting: list[Entry] = []
    for entry in configuration.entries:
        selectors.check(entry)
        for one in entry.promoting if entry.promotions else ():
            selectors.check(one)
            promoting.append(one)
    selectors.finish()
    expansion = _Expansion(configuration.entries, problems)
    accounts = tuple(
        expansion.expand(account, indexes[account.handle]) for account in configuration.accounts
    )
    company_level = [entry for entry in configuration.entries if entry.selector is not None]
    company_level.extend(promoting)
    check_former_names(_by_company(company_level, indexes), former_names(company_level), problems)
    problems.raise_if_failed()
    return Desired(accounts=accounts, warnings=problems.ordered())


class _Expansion:
    """Puts entries into their places; two that meet are reported once, in however many they do."""

    def __init__(self, entries: Sequence[Entry], problems: Collector) -> None:
        self._of: dict[str, list[Entry]] = {}
        for entry in entries:
            for handle in entry.accounts:
                self._of.setdefault(handle, []).append(entry)
        self._problems = problems
        self._entries = entries
        self._reported: set[tuple[int, int]] = set()

    def expand(self, account: Account, index: CompanyIndex) -> DesiredAccount:
        tags: dict[str | None, dict[str, Declaration]] = {}
        promoted: dict[str, dict[str, Declaration]] = {}
        for entry in self._of.get(account.handle, ()):
            declaration, name = entry.declaration, entry.name
            places = (None,) if entry.selector is None else index.select(entry.selector)
            for place in places:
                first = tags.setdefault(place, {}).setdefault(name, declaration)
                if first is not declaration:
                    where = "on account level" if place is None else index.name(place)
                    self._report_twice(entry, first, f"in {account.handle} · {where}")
            for name, selector, _item in entry.promotions:
                for company_id in index.select(selector):
                    promoted.setdefault(company_id, {})[name] = declaration
        return DesiredAccount(
            account=account, companies=index.companies, tags=tags, promoted=promoted
        )

    def _report_twice(self, entry: Entry, first: Declaration, where: str) -> None:
        pair = (id(first), id(entry.declaration))
        if pair not in self._reported:
            self._reported.add(pair)
            report_twice(entry, self._owners[id(first)], where, self._problems)

    @cached_property
    def _owners(self) -> dict[int, Entry]:
        return {id(entry.declaration): entry for entry in self._entries}


def _by_company(
    entries: Sequence[Entry], indexes: Mapping[str, CompanyIndex]
) -> Iterator[tuple[object, Entry]]:
    for entry in entries:
        for handle in entry.accounts:
            assert entry.selector is not None  # noqa: S101 - company level; for the type checker
            for company_id in indexes[handle].select(entry.selector):
                yield (handle, company_id), entry
