"""From the report of an apply to the plan that takes it back: live state, inverse, guards."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from reconciler.concurrency import side_by_side
from reconciler.model.plan import AccountUse, Plan
from reconciler.model.problem import Problem, Severity
from reconciler.planning.assemble import in_order
from reconciler.planning.guard import Measure, guard
from reconciler.planning.inverse import LEFT_ALONE, has_inverse, inverse, places_of
from reconciler.text.plural import count
from reconciler.workflow.accounts import ABOUT_ONE_ACCOUNT, account_error, in_account
from reconciler.workflow.guarding import warn_of_flows
from reconciler.workflow.plan import apply_cost
from reconciler.workflow.renewal import accounts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reconciler.config import Configuration
    from reconciler.errors import ReconcilerError
    from reconciler.model.change import Change, Update
    from reconciler.model.outcome import Outcome, Report
    from reconciler.model.state import Account
    from reconciler.model.tag import Company
    from reconciler.provider import Provider
    from reconciler.workflow.plan import ProviderFor


async def make_undo(
    report: Report,
    configuration: Configuration | None,
    provider_for: ProviderFor,
    log: Callable[[str], None] = lambda _line: None,
) -> Plan:
    """The plan that takes back what ``report`` says was done, as far as live state still has it.

    ``configuration`` is today's where one names the accounts: its guards hold, else the defaults.
    An account that can't be read is named in ``Plan.unread``; where none can be read, the error of
    the first is raised.
    """
    work = [
        _Undoing(account, provider_for, _of_account(report, account.handle))
        for account in accounts_of(report.plan, configuration)
    ]
    concerned = [one for one in work if one.outcomes]
    for one in concerned:
        log(f"{one.account.handle}: reading tags")
    await side_by_side(one.work_out() for one in concerned)
    errors = [(one, one.error) for one in concerned if one.error is not None]
    if errors and len(errors) == len(concerned):
        first, error = errors[0]
        raise in_account(error, first.account.handle)
    return Plan(
        accounts=tuple(one.use for one in work if one.error is None),
        changes=in_order(change for one in work for change in one.changes),
        unchanged=sum(one.as_before for one in work),
        warnings=tuple(problem for one in work for problem in one.warnings),
        gateway=report.plan.gateway if configuration is None else configuration.gateway,
        undoes=report.plan.digest,
        unread=tuple(
            account_error(error, handle=one.account.handle, requests=one.requests)
            for one, error in errors
        ),
    )


def _of_account(report: Report, handle: str) -> tuple[Outcome, ...]:
    """The account's outcomes that may have a way back."""
    return tuple(
        one
        for one in report.outcomes
        if one.change.place.account.handle == handle and has_inverse(one)
    )


@dataclass(slots=True)
class _Undoing:
    """One account's part of the way back."""

    account: Account
    provider_for: ProviderFor
    outcomes: tuple[Outcome, ...]
    changes: Sequence[Change] = ()
    as_before: int = 0
    warnings: list[Problem] = field(default_factory=list)
    requests: int = 0
    cost: int = 0
    error: ReconcilerError | None = None

    @property
    def use(self) -> AccountUse:
        """How the plan reaches the account, and what it cost there."""
        return AccountUse(
            account=self.account.ref,
            plan_requests=self.requests,
            apply_requests=self.cost,
            connection=self.account.connection,
            api_key_env=self.account.api_key_env,
            requests_per_hour=self.account.policy.requests_per_hour,
            policy=self.account.policy,
            source=self.account.source,
            limits_source=self.account.limits_source,
        )

    async def work_out(self) -> None:
        """Fill in what is found, or ``error`` where live state can't be read."""
        try:
            provider = self.provider_for(self.account)
            try:
                await self._work_out(provider)
            finally:
                self.requests = provider.requests
        except ABOUT_ONE_ACCOUNT as error:
            self.error = error

    async def _work_out(self, provider: Provider) -> None:
        companies: Sequence[Company] = ()
        if any(outcome.change.place.company for outcome in self.outcomes):
            companies = await provider.companies()
        reading_companies = before = provider.requests
        listing = await provider.tags(places_of(self.outcomes), proven=True)
        reading = provider.requests - before if listing.cost is None else listing.cost
        found = inverse(self.outcomes, listing)
        changes = self._in_active(found.changes, companies)
        self.as_before = found.as_before
        self.warnings += found.warnings
        self.warnings += await warn_of_flows(provider, self.account.handle, changes)
        live_in = dict.fromkeys((change.place for change in changes), 0)
        measure = Measure(account=self.account, live=len(listing.tags), live_in=live_in)
        self.changes = guard(measure, changes)
        self.cost = apply_cost(self.changes, reading, companies=reading_companies, counting=0)

    def _in_active(self, changes: Sequence[Update], companies: Sequence[Company]) -> list[Update]:
        """``changes`` of active companies, called as they are today; the others are named."""
        named = Counter(company.name for company in companies)
        active = {
            company.id: replace(company, has_namesake=named[company.name] > 1)
            for company in companies
            if company.active
        }
        kept = []
        for change in changes:
            place = change.place
            if place.company_id is None:
                kept.append(change)
            elif (company := active.get(place.company_id)) is not None:
                kept.append(replace(change, place=place._replace(company=company)))
        if left := len(changes) - len(kept):
            message = f"{self.account.handle}: {count(left, 'tag')} of companies that are disabled "
            message += "or gone are left alone" if left > 1 else "or gone is left alone"
            self.warnings.append(
                Problem(code=LEFT_ALONE, message=message, severity=Severity.WARNING)
            )
        return kept
