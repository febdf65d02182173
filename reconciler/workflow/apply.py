"""From a plan to its report: approval, freshness, then the apply itself."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reconciler.apply import Run, apply
from reconciler.errors import RefusedError
from reconciler.model.change import Action, Change, companies_of
from reconciler.model.problem import Source
from reconciler.model.state import Account
from reconciler.planning.freshness import Freshness, freshness
from reconciler.workflow.accounts import unread_code

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.model.outcome import Report
    from reconciler.model.plan import Plan
    from reconciler.provider import Provider
    from reconciler.workflow.plan import ProviderFor

SHOWN = 5
"""Changes that a refusal names; the plan above it shows them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """What the run's flags allow. ``deletes``: True, False (held back) or None (nobody said)."""

    deletes: bool | None = None
    expected_digest: str | None = None


def refuse_unless_permitted(plan: Plan, permit: Permit) -> None:
    """Raise RefusedError unless flags, guards and the digest agree with carrying out ``plan``."""
    if permit.expected_digest is not None and permit.expected_digest != plan.digest:
        raise RefusedError(
            f"the plan is {plan.digest}, not the reviewed {permit.expected_digest}",
            hint="Live state or the configuration has changed since the review: review this plan.",
        )
    held_back = permit.deletes is False
    blocked = [
        change
        for change in plan.changes
        if change.blocked_by is not None and not (held_back and change.action is Action.DELETE)
    ]
    if blocked:
        raise RefusedError(
            f"{_counted(len(blocked))} blocked: {_named(blocked, 'blocked_by')}",
            hint="Lift the limit or the protection in the configuration, where it is reviewed; "
            "--no-deletes does the rest and leaves deletes for later.",
        )
    uncounted = [change for change in plan.deletes if change.loss is None]
    if uncounted and not held_back:
        raise RefusedError(
            f"what {_counted(len(uncounted), 'delete')} would take a tag off was not counted: "
            "the plan was made from a snapshot",
            hint="Plan against live state; --no-deletes does the rest.",
        )
    if plan.deletes and permit.deletes is None:
        raise RefusedError(
            f"the plan has {_counted(len(plan.deletes), 'delete')} "
            "and neither --allow-deletes nor --no-deletes was given",
            hint="--allow-deletes sends them; --no-deletes does the rest and holds them back.",
        )


async def apply_plan(
    plan: Plan, provider_for: ProviderFor, run: Run, *, check_freshness: bool
) -> Report:
    """Carry out ``plan``; see :func:`reconciler.apply.apply`.

    ``check_freshness``: time has passed since the plan was made. Live state is then read first;
    what is done already is skipped, and RefusedError is raised before any write when something
    that the plan touches has changed. Of a partial plan the readable part is carried out, and
    the report ends with the code of the account that could not be read.
    """
    providers = {account.handle: provider_for(account) for account in accounts_of(plan)}
    before = sum(provider.requests for provider in providers.values())
    done: tuple[Change, ...] = ()
    if check_freshness:
        done = await _already_done(plan, providers, run)
    report = await apply(plan, providers, run, done=done)
    after = sum(provider.requests for provider in providers.values())
    code = report.exit_code or unread_code(plan)
    return replace(report, requests=after - before, exit_code=code)


def accounts_of(plan: Plan) -> list[Account]:
    """The accounts of ``plan``, as far as it takes to reach them again."""
    return [
        Account(
            ref=use.account,
            source=Source("", 0),
            connection=use.connection,
            api_key_env=use.api_key_env,
        )
        for use in plan.accounts
    ]


async def _already_done(
    plan: Plan, providers: Mapping[str, Provider], run: Run
) -> tuple[Change, ...]:
    found = await asyncio.gather(
        *(_freshness_of(plan, handle, provider, run) for handle, provider in providers.items())
    )
    stale = [one for result in found for one in result.stale]
    if stale:
        named = "; ".join(
            f'{one.change.place}: "{one.change.name}": {one.why}' for one in stale[:SHOWN]
        )
        raise RefusedError(
            f"the plan is stale, {_counted(len(stale))} can't be made as reviewed: {named}",
            hint="Make a new plan and have it reviewed.",
        )
    return tuple(change for result in found for change in result.done)


async def _freshness_of(plan: Plan, handle: str, provider: Provider, run: Run) -> Freshness:
    changes = [
        change
        for change in plan.changes
        if change.place.account.handle == handle
        and (run.deletes or change.action is not Action.DELETE)
    ]
    if not changes:
        return Freshness((), (), ())
    listing = await provider.tags(companies_of(changes))
    return freshness(changes, listing.tags)


def _counted(count: int, noun: str = "change") -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _named(changes: Sequence[Change], attribute: str) -> str:
    shown = "; ".join(
        f'{change.place}: {change.action} "{change.name}": {getattr(change, attribute)}'
        for change in changes[:SHOWN]
    )
    more = len(changes) - SHOWN
    return f"{shown}; and {more} more" if more > 0 else shown
