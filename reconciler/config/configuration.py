"""The configuration as values: what is declared, where it says it lives, and where that stands."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from reconciler.errors import UsageError
from reconciler.model.plan import Excepted, Exempted
from reconciler.model.tag import Level
from reconciler.text.nearest import did_you_mean
from reconciler.text.plural import listed
from reconciler.text.quote import quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import date

    from reconciler.config.exemptions import Exemption
    from reconciler.config.values import Origin
    from reconciler.model.problem import Problem
    from reconciler.model.state import Account, Declaration, Desired, Gateway
    from reconciler.model.tag import Company


class Selector(NamedTuple):
    """Which companies: ids, exact names and globs. ``include`` None means all of them."""

    include: tuple[str, ...] | None
    exclude: tuple[str, ...] = ()


class Promotion(NamedTuple):
    """Companies' own tags called ``name`` that become one on account level; ``item`` is where that
    is written.
    """

    name: str
    selector: Selector
    item: Origin


class Entry(NamedTuple):
    """One block of ``tags:`` with the place that it says.

    ``selector`` is None on account level. ``accounts`` are handles, sorted. ``narrowed`` tells that
    other accounts were left out of this run, so that what matches nothing may match there.
    ``block`` and ``place`` are where the tag and its companies (its own or a scope's) are written.
    ``promotions`` are items of ``merged_from`` that name companies.
    """

    declaration: Declaration
    selector: Selector | None
    accounts: tuple[str, ...]
    block: Origin
    place: Origin
    narrowed: bool = False
    promotions: tuple[Promotion, ...] = ()

    @property
    def level(self) -> Level:
        """Account or company level."""
        return Level.ACCOUNT if self.selector is None else Level.COMPANY

    @property
    def name(self) -> str:
        """The declared name."""
        return self.declaration.name

    @property
    def names(self) -> tuple[str, ...]:
        """Every name in it, the declared one first."""
        promoted = (one.name for one in self.promotions)
        return (self.name, *self.declaration.former_names, *promoted)

    @property
    def taken_over(self) -> tuple[str, ...]:
        """Names whose live tags, in its places, become this tag."""
        if self.promotions and self.promotes:
            return tuple(one.name for one in self.promotions)
        return self.declaration.former_names

    @property
    def promotes(self) -> bool:
        """Whether it is one of ``promoting``: it declares nothing where it lands."""
        return self.selector is not None and bool(self.promotions)

    @property
    def promoting(self) -> tuple[Entry, ...]:
        """For each promotion an entry that lands in its companies."""
        return tuple(
            self._replace(selector=one.selector, place=one.item, promotions=(one,))
            for one in self.promotions
        )


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """Everything that the files say, checked as far as it can be without CallRail.

    ``accounts`` are sorted by handle, ``entries`` stand in the order of the files. ``muted`` holds
    the reason of each code whose warnings are not to be shown, ``exemptions`` the exceptions that
    say why or until when.
    """

    gateway: Gateway | None = None
    accounts: tuple[Account, ...] = ()
    entries: tuple[Entry, ...] = ()
    warnings: tuple[Problem, ...] = ()
    files: tuple[str, ...] = ()
    muted: Mapping[str, str] = field(default_factory=dict)
    exemptions: tuple[Exemption, ...] = ()

    def on(self, today: date) -> Configuration:
        """The same, with a warning of each exception that has ended or soon will on ``today``."""
        from reconciler.config.exemptions import due  # noqa: PLC0415 - most have no dates

        return replace(self, warnings=(*self.warnings, *due(self.exemptions, today)))

    @property
    def excepted(self) -> tuple[Excepted, ...]:
        """The exceptions from the entries, for whoever reads a plan."""
        names = {entry.name for entry in self.entries}
        return tuple(_excepted(one) for one in self.exemptions if not names.isdisjoint(one.tags))

    def exempted(self, handle: str, companies: Iterable[Company]) -> tuple[Exempted, ...]:
        """The same of one account, with the active ones of its ``companies`` that each means."""
        from reconciler.config.selectors import CompanyIndex  # noqa: PLC0415 - most have none

        here = [one for one in self.exemptions if handle in one.accounts]
        index = CompanyIndex(tuple(companies)) if here else None
        return tuple(
            Exempted(_excepted(one), tuple(index.matches(one.company)) if index else ())
            for one in here
        )

    def needs_companies(self, handle: str) -> bool:
        """Whether the companies of account ``handle`` must be listed, which costs requests."""
        return handle in self._with_companies

    @cached_property
    def _with_companies(self) -> frozenset[str]:
        """Handles of the accounts that something is declared or promoted in on company level."""
        tuples = {one.accounts for one in self.entries if one.selector or one.promotions}
        return frozenset(handle for accounts in tuples for handle in accounts)

    def only(self, handles: Iterable[str]) -> Configuration:
        """The same for some accounts only; UsageError for a handle that is not declared."""
        wanted = set(handles)
        known = {account.handle for account in self.accounts}
        for handle in sorted(wanted - known):
            raise UsageError(
                f"no account {quoted(handle)} in the configuration",
                hint=did_you_mean(handle, known) or f"Known: {listed(sorted(known))}.",
            )
        if wanted == known:
            return self
        entries = (_narrow(entry, wanted) for entry in self.entries)
        return replace(
            self,
            accounts=tuple(one for one in self.accounts if one.handle in wanted),
            entries=tuple(entry for entry in entries if entry.accounts),
        )

    def on_account_level(self, handles: Collection[str]) -> Configuration:
        """The same without what is declared, or promoted, in companies of accounts ``handles``."""
        if not handles:
            return self
        others = {one.handle for one in self.accounts}.difference(handles)
        entries: list[Entry] = []
        for entry in self.entries:
            if entry.selector is None and not entry.promotions:
                entries.append(entry)
                continue
            entries.append(_narrow(entry, others))
            if entry.selector is None:
                entries.append(_narrow(entry, set(handles))._replace(promotions=()))
        return replace(self, entries=tuple(entry for entry in entries if entry.accounts))

    def resolve(self, companies: Mapping[str, Sequence[Company]]) -> Desired:
        """Turn selectors into companies: ``companies`` holds those of each account, by handle.

        An account that is not in it counts as one without companies. The warnings of loading are
        part of the result's. ConfigError for what can't be.
        """
        from reconciler.config.resolve import resolve  # noqa: PLC0415 - it needs this module

        return resolve(self, companies)


def _narrow(entry: Entry, wanted: set[str]) -> Entry:
    accounts = tuple(handle for handle in entry.accounts if handle in wanted)
    if accounts == entry.accounts:
        return entry
    return entry._replace(accounts=accounts, narrowed=True)


def _excepted(one: Exemption) -> Excepted:
    return Excepted(one.company, one.tags, one.until, one.reason, one.mark.source)
