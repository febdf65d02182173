"""From accounts to an audit: companies, live tags, what is declared, what the tags are used for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from reconciler.concurrency import side_by_side
from reconciler.model.audit import Audit
from reconciler.model.problem import unmuted
from reconciler.model.state import Desired, LiveAccount
from reconciler.model.usage import NameAt
from reconciler.planning.audit import audit
from reconciler.planning.narrowing import EVERYTHING, Narrowing
from reconciler.planning.tag_uses import where_live
from reconciler.workflow.accounts import ABOUT_ONE_ACCOUNT, account_error, in_account
from reconciler.workflow.counting import applied_of
from reconciler.workflow.filter_checks import check_tags, declared_names, refuse_unknown_companies

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from reconciler.config import Configuration
    from reconciler.errors import ReconcilerError
    from reconciler.model.audit import AccountAudit
    from reconciler.model.change import Applied
    from reconciler.model.outcome import AccountError
    from reconciler.model.plan import Exempted
    from reconciler.model.state import Account, DesiredAccount
    from reconciler.model.usage import Uses
    from reconciler.provider import Auditable

    AuditableFor = Callable[[Account], Auditable]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRequest:
    """What is asked of an audit: of which part, whether usage is counted, who hears of progress."""

    narrowing: Narrowing = EVERYTHING
    usage: bool = False
    log: Callable[[str], None] = lambda _line: None


async def make_audit(
    accounts: Sequence[Account],
    provider_for: AuditableFor,
    request: AuditRequest,
    configuration: Configuration | None = None,
) -> Audit:
    """Read ``accounts`` and hold each against ``configuration`` where that has it, else against
    what most of its companies have.

    An account that can't be read is named in ``Audit.unread``; where none can be, the error of the
    first is raised. Raises ConfigError for selectors that match nothing, UsageError for a
    ``--company`` or ``--tag`` that does.
    """
    everyone = [_AccountReading(one, provider_for, request) for one in accounts]
    await side_by_side(one.read() for one in everyone)
    read = _read(everyone)
    desired = _desired(configuration, read)
    if len(read) == len(everyone):
        _check_narrowing(request.narrowing, read, configuration)
    by_handle = {one.account.handle: one for one in desired.accounts}
    if configuration is not None:
        for one in read:
            one.exceptions = configuration.exempted(one.handle, one.live.companies.values())
    await side_by_side(one.count(by_handle.get(one.handle)) for one in read)
    warnings, _muted = unmuted(desired.warnings, configuration.muted if configuration else ())
    audited = [one.audited(by_handle.get(one.handle)) for one in _read(everyone)]
    narrowed = request.narrowing != EVERYTHING
    return Audit(
        # Of an account that has nothing of what was asked for there is nothing to say.
        accounts=tuple(one for one in audited if one.names or one.trash or not narrowed),
        unread=tuple(one.unread for one in everyone if one.unread is not None),
        warnings=warnings,
        narrowed=narrowed,
    )


def _read(accounts: Sequence[_AccountReading]) -> list[_AccountReading]:
    """Those of ``accounts`` that could be read; where there are none, the first error is raised."""
    read = [one for one in accounts if one.error is None]
    if accounts and not read and accounts[0].error is not None:
        raise in_account(accounts[0].error, accounts[0].handle)
    return read


def _desired(configuration: Configuration | None, read: Sequence[_AccountReading]) -> Desired:
    """What is declared in each account that was read and is configured."""
    if configuration is None:
        return Desired(())
    known = {one.handle for one in configuration.accounts}
    companies = {one.handle: tuple(one.live.companies.values()) for one in read}
    return configuration.only(known & companies.keys()).resolve(companies)


def _check_narrowing(
    narrowing: Narrowing, read: Sequence[_AccountReading], configuration: Configuration | None
) -> None:
    companies = [company for one in read for company in one.live.companies.values()]
    refuse_unknown_companies(narrowing.companies, companies)
    names = {tag.name for one in read for tag in one.live.tags} if narrowing.tags else set()
    if configuration is not None and names:
        names |= declared_names(configuration)
    check_tags(narrowing.tags, names, unread=False)


@dataclass(slots=True)
class _AccountReading:
    """One account on its way to its audit."""

    account: Account
    provider_for: AuditableFor
    request: AuditRequest
    live: LiveAccount = field(init=False)
    provider: Auditable | None = None
    odd: int = 0
    uses: Uses | None = None
    applied: Mapping[int, Applied] = field(default_factory=dict)
    exceptions: Sequence[Exempted] = ()
    error: ReconcilerError | None = None

    def __post_init__(self) -> None:
        self.live = LiveAccount(account=self.account.ref, tags=(), companies={})

    @property
    def handle(self) -> str:
        return self.account.handle

    @property
    def unread(self) -> AccountError | None:
        """Why the account could not be read."""
        if self.error is None:
            return None
        sent = 0 if self.provider is None else self.provider.requests
        return account_error(self.error, handle=self.handle, requests=sent)

    async def read(self) -> None:
        """Companies and all tags; ``error`` where they can't be read."""
        self.request.log(f"{self.handle}: reading companies and tags")
        try:
            self.provider = provider = self.provider_for(self.account)
            companies = await provider.companies()
            listing = await provider.tags()
        except ABOUT_ONE_ACCOUNT as error:
            self.error = error
            return
        self.odd = len(listing.odd)
        by_id = {company.id: company for company in companies}
        self.live = self.live._replace(tags=listing.tags, companies=by_id)

    async def count(self, desired: DesiredAccount | None) -> None:
        """What shows the names that are asked for, and the flows that apply their tags, where
        that is; ``error`` as for ``read``.
        """
        if not self.request.usage or self.provider is None:
            return
        found = audit(self.live, desired, narrowing=self.request.narrowing)
        if not found.names:
            return
        names = {usage.tag.name for one in found.names for usage in one.usages}
        self.request.log(f"{self.handle}: counting what has the tags")
        try:
            self.uses = await self.provider.uses(self._asked(names))
            tags = [usage.tag for one in found.names for usage in one.usages]
            self.applied = await applied_of(self.provider, self.live, tags)
        except ABOUT_ONE_ACCOUNT as error:
            self.error = error

    def _asked(self, names: Collection[str]) -> set[NameAt]:
        """``names`` where they live, and in all companies or in each of those asked for."""
        narrowing = self.request.narrowing
        asked = where_live(self.live.tags, names)
        shown = [one.id for one in self.live.companies.values() if narrowing.covers_company(one)]
        places = shown if narrowing.companies else [None]
        return asked | {NameAt(one.name, place) for one in asked for place in places}

    def audited(self, desired: DesiredAccount | None) -> AccountAudit:
        provider = self.provider
        found = audit(
            self.live, desired, self.uses, self.applied, self.request.narrowing, self.exceptions
        )
        counted = found.counted
        if provider is not None and counted is not None:
            uncounted = {**counted.uncounted, **provider.uncounted}
            counted = counted._replace(uncounted=uncounted)
        return replace(
            found,
            counted=counted,
            odd=self.odd,
            requests=0 if provider is None else provider.requests,
            allowance=None if provider is None else provider.allowance,
        )
