"""The configuration before this change, by which a plan tells its changes apart."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from reconciler.errors import ConfigError, RefusedError
from reconciler.model.plan import Base
from reconciler.model.state import DesiredAccount
from reconciler.planning.assemble import in_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from reconciler.config import Configuration
    from reconciler.model.change import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """The ``configuration`` of ``ref`` at ``commit``; ``unknown`` says why there is none.

    ``accounts`` are what it declares, by account id, once the companies are known (see
    :meth:`against`); ``unread`` are handles of accounts that it alone declares. ``narrowed``: only
    some accounts were asked for.
    """

    ref: str
    commit: str | None = None
    configuration: Configuration | None = None
    unknown: str | None = None
    narrowed: bool = False
    accounts: Mapping[str, DesiredAccount] = field(default_factory=dict)
    unread: tuple[str, ...] = ()

    def at(self, commit: str, configuration: Configuration) -> Baseline:
        """The same once it is read."""
        return replace(self, commit=commit, configuration=configuration)

    def against(self, head: Sequence[DesiredAccount]) -> Baseline:
        """The same with its selectors turned into the companies that were read for ``head``.

        What it declares in companies that were not read is left out: nobody knows what is there.
        """
        if self.configuration is None:
            return self
        read = {one.account.ref.id: one for one in head}
        known = [one for one in self.configuration.accounts if one.ref.id in read]
        companies = {one.handle: tuple(read[one.ref.id].companies.values()) for one in known}
        without = {handle for handle, found in companies.items() if not found}
        own = self.configuration.only(companies).on_account_level(without)
        try:
            accounts = own.resolve(companies).accounts
        except ConfigError as error:
            return self.without_causes(first_problem(error))
        every = () if self.narrowed else self.configuration.accounts
        others = {one.handle for one in every} - set(companies)
        return replace(
            self,
            accounts={one.account.ref.id: one for one in accounts},
            unread=tuple(sorted(others)),
        )

    def without_causes(self, why: str) -> Baseline:
        """The same where no cause can be told."""
        return replace(self, configuration=None, unknown=why)

    def desired(self, head: DesiredAccount) -> DesiredAccount | None:
        """What it declares in the account of ``head``, maybe nothing; None: that is unknown.

        The account is called what ``head`` calls it.
        """
        if self.configuration is None:
            return None
        own = self.accounts.get(head.account.ref.id)
        if own is None:
            return DesiredAccount(account=head.account, companies=head.companies, tags={})
        return own._replace(account=replace(own.account, ref=head.account.ref))

    def of_plan(self, *, undone: Iterable[Change], drift: int | None) -> Base:
        """What a plan says of it."""
        return Base(
            ref=self.ref,
            commit=self.commit,
            unknown=self.unknown,
            undone=in_order(undone),
            unread=self.unread,
            drift=drift,
        )


def expect_known(base: Baseline | None) -> None:
    """Raise RefusedError unless causes can be told by ``base``."""
    if base is None or base.configuration is not None:
        return
    raise RefusedError(
        f"which changes are drift is unknown: {base.unknown}",
        hint="Without --only everything is planned; or name a --base that can be read.",
    )


def first_problem(error: ConfigError) -> str:
    """What is wrong with a configuration, in one line: the first problem, and how many more."""
    first = error.problems[0]
    place = f"{first.source}: " if first.source else ""
    more = len(error.problems) - 1
    return f"{place}{first.message}" + (f" (and {more:,} more)" if more else "")
