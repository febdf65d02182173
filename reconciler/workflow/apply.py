"""From a plan to its report: approval, a look at today's state, then the apply itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reconciler.apply import Run, apply
from reconciler.errors import RefusedError
from reconciler.model.change import Action, Change
from reconciler.text.plural import count
from reconciler.workflow.accounts import unread_code
from reconciler.workflow.refusals import blocked_refusal
from reconciler.workflow.renewal import accounts_of, already_done

if TYPE_CHECKING:
    from reconciler.config import Configuration
    from reconciler.model.outcome import Report
    from reconciler.model.plan import Plan
    from reconciler.workflow.plan import ProviderFor

__all__ = ["Permit", "accounts_of", "apply_plan", "refuse_unless_permitted"]


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
            hint="Since the review, live state, what deletes would lose, the gateway, the "
            "configuration or the version of reconciler has changed: review this plan.",
        )
    held_back = permit.deletes is False
    blocked = [
        change
        for change in plan.changes
        if change.blocked_by is not None and not (held_back and change.action is Action.DELETE)
    ]
    if blocked:
        raise blocked_refusal(blocked)
    uncounted = [change for change in plan.deletes if change.loss is None]
    if uncounted and not held_back:
        raise RefusedError(
            f"what {count(len(uncounted), 'delete')} would lose was not counted: "
            "the plan was made from a snapshot",
            hint="Plan against live state; --no-deletes does the rest.",
        )
    if plan.deletes and permit.deletes is None:
        raise RefusedError(
            f"the plan has {count(len(plan.deletes), 'delete')} "
            "and neither --allow-deletes nor --no-deletes was given",
            hint="--allow-deletes sends them; --no-deletes does the rest and holds them back.",
        )


async def apply_plan(
    plan: Plan,
    provider_for: ProviderFor,
    run: Run,
    *,
    check_freshness: bool,
    configuration: Configuration | None = None,
) -> Report:
    """Carry out ``plan``; see :func:`reconciler.apply.apply`.

    ``check_freshness``: time has passed since the plan was made. It is then held against today's
    live state, guards and counts first (:mod:`reconciler.workflow.renewal`; ``configuration`` is
    today's, where one is at hand): what is done already is skipped, and RefusedError is raised
    before any write when something that the plan touches has changed or may no longer be done. Of a
    partial plan the readable part is carried out, and the report ends with the code of the account
    that could not be read.
    """
    accounts = accounts_of(plan, configuration)
    providers = {account.handle: provider_for(account) for account in accounts}
    before = sum(provider.requests for provider in providers.values())
    done: tuple[Change, ...] = ()
    if check_freshness:
        done = await already_done(plan, providers, configuration, deletes=run.deletes)
    report = await apply(plan, providers, run, done=done)
    after = sum(provider.requests for provider in providers.values())
    code = report.exit_code or unread_code(plan)
    return replace(report, requests=after - before, exit_code=code)
