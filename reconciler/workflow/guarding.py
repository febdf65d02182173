"""An account's draft, counted and guarded over the whole configuration, then narrowed.

``--company`` and ``--tag`` limit what is shown and sent and lower no guard: a run that takes
something away is measured as the whole one would be, so that ten narrowed runs can't do what one
may not. The same holds for drift that is left out (``--only this-change``). What narrowing costs:
where a narrowed run deletes or disables, all that the configuration concerns in that account is
read, and what its other deletes would lose is counted too. A narrowed run that takes nothing away,
the common one, reads no more than its own places.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, TypeGuard

from reconciler.concurrency import side_by_side
from reconciler.model.change import Delete, Reason, Update
from reconciler.model.plan import NOTHING_BEYOND, Beyond, is_of_this_change
from reconciler.planning import draft, guard
from reconciler.planning.guard import is_disable, is_removal, takes_away, totals
from reconciler.planning.narrowing import EVERYTHING, Narrowing
from reconciler.planning.trash import deleted_if_unused
from reconciler.planning.usage_advice import warn_of_usage
from reconciler.text.plural import count

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reconciler.model.change import Change, Loss
    from reconciler.model.problem import Problem
    from reconciler.model.state import DesiredAccount, LiveAccount
    from reconciler.model.trash import Day
    from reconciler.planning import Draft
    from reconciler.planning.since import Past
    from reconciler.provider import Provider

COUNTED_WHEN_BLOCKED = 100
"""Removals that are blocked anyway are counted up to this many an account; each costs requests."""

COUNTED_RIVALS = 20
"""Former names, live side by side, that are counted up to this many an account."""


def concerned(desired: DesiredAccount, narrowing: Narrowing) -> frozenset[str | None] | None:
    """Places that the work concerns (None among them: account level).

    None: so many kinds of them that everything is read.
    """
    covers = narrowing.covers_company
    places = frozenset(
        one
        for one in (*desired.tags, *desired.promoted)
        if covers(None if one is None else desired.companies.get(one))
    )
    return None if not places or (None in places and len(places) > 1) else places


async def usage_of(provider: Provider, change: Update | Delete) -> Loss:
    """What has the tag of ``change``; flows only where they can't apply it any more."""
    return await provider.usage(change.place, change.before, flows=takes_away(change))


async def with_losses(
    provider: Provider, changes: Sequence[Change], at_risk: Sequence[Update | Delete]
) -> tuple[Change, ...]:
    """``changes`` with what those ``at_risk`` among them would lose counted."""
    losses = await side_by_side(usage_of(provider, change) for change in at_risk)
    counted: dict[Change, Change] = {
        change: replace(change, loss=loss) for change, loss in zip(at_risk, losses, strict=True)
    }
    return tuple(counted.get(change, change) for change in changes)


async def warn_of_flows(
    provider: Provider, handle: str, changes: Sequence[Change]
) -> Sequence[Problem]:
    """What must be reported of counts, and of flows that apply a tag which ``changes`` disable."""
    disabled = [change for change in changes if is_disable(change)]
    found = await side_by_side(provider.flows(change.place, change.before) for change in disabled)
    flows = [one.number for one in found]
    return warn_of_usage(handle, list(zip(disabled, flows, strict=True)), provider.uncounted)


class Guarded(NamedTuple):
    """A run's changes with what blocks them, and what lies ``beyond`` the run."""

    changes: tuple[Change, ...]
    beyond: Beyond = NOTHING_BEYOND


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarding:
    """How an account is counted and guarded.

    ``today`` is the day by which the trash goes. ``without_drift``: leave out what the
    configuration before this change plans as well. ``count``: count what has the tags that go;
    ``count_all``: those that are disabled and renamed too. ``past``: the account as a snapshot has
    it. ``log`` gets one line of progress at a time.
    """

    provider: Provider
    narrowing: Narrowing
    today: Day
    without_drift: bool = False
    count: bool
    count_all: bool
    log: Callable[[str], None]
    past: Past | None = None

    def needs_all(self, drafted: Draft, unread: int | None) -> bool:
        """Whether guards must see more than the draft rests on: ``unread`` tags were left out.

        That is so where a narrowed run takes something away; and where tags are ignored, which
        may be among the unread ones and must not swell the number that percents are of. ``unread``
        None: nobody knows how many.
        """
        if unread == 0 or not any(map(takes_away, drafted.changes)):
            return False
        return self.narrowing != EVERYTHING or bool(drafted.account.policy.ignore)

    async def guarded(self, desired: DesiredAccount, live: LiveAccount, drafted: Draft) -> Guarded:
        """Count and guard what was ``drafted``; ``live`` is all that :meth:`needs_all` asks for."""
        changes: tuple[Change, ...] = drafted.changes
        others: tuple[Change, ...] = ()
        if self.without_drift:
            others = tuple(one for one in changes if not is_of_this_change(one))
            changes = tuple(filter(is_of_this_change, changes))
        if self.narrowing != EVERYTHING and any(map(takes_away, drafted.changes)):
            whole = draft(desired, live, today=self.today, past=self.past).changes
            others += tuple(change for change in whole if not self.narrowing.covers(change))
        every, shown = (*changes, *others), len(changes)
        if self.count:
            every = await self._counted(every, guard(drafted, changes, others=others))
        changes, others = every[:shown], every[shown:]
        return Guarded(
            changes=guard(drafted, changes, others=others),
            beyond=totals(others),
        )

    async def with_uses(self, drafted: Draft) -> Draft:
        """``drafted`` with what rival former names are on, where that is few enough to ask."""
        rivals = [(one.place, tag) for one in drafted.contests for tag in one.tags]
        if not self.count or not rivals or len(rivals) > COUNTED_RIVALS:
            return drafted
        self.log(f"counting what uses {len(rivals)} former names")
        uses = await side_by_side(
            self.provider.usage(place, tag, flows=False) for place, tag in rivals
        )
        found = {(place, tag.id): use for (place, tag), use in zip(rivals, uses, strict=True)}
        return drafted.with_uses(found)

    async def _counted(
        self, changes: tuple[Change, ...], guarded: Sequence[Change]
    ) -> tuple[Change, ...]:
        """``changes`` with what has their tags counted, where that must be known; what was to go to
        the trash and turns out to be unused is deleted.

        The first of them are those of this run, which stand in ``guarded`` with what blocks them.
        """
        at_risk = [change for change in changes if self._at_risk(change)]
        if any(change.blocked_by is not None for change in guarded):
            # Blocked whatever the others lose: only what is shown is worth its requests.
            shown = list(zip(changes, guarded, strict=False))
            at_risk = [change for change, _ in shown if self._at_risk(change)]
            if len(at_risk) > COUNTED_WHEN_BLOCKED:
                free = (change for change, one in shown if one.blocked_by is None)
                at_risk = [change for change in free if self._at_risk(change)]
        if not at_risk:
            return changes
        self.log(f"counting what uses {count(len(at_risk), 'tag')}")
        return tuple(map(deleted_if_unused, await with_losses(self.provider, changes, at_risk)))

    def _at_risk(self, change: Change) -> TypeGuard[Update | Delete]:
        match change:
            case Update(fields=fields):
                changed = "name" in fields or "status" in fields
                # A rename that nobody wrote down is shown with what it concerns.
                counted = self.count_all or change.reason is Reason.RENAMED_BACK
                return is_removal(change) or (counted and changed)
            case _:
                return is_removal(change)
