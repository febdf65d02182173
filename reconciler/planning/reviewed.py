"""What a plan does otherwise than the one that was reviewed, change by change, and why.

A plan is compared by what its digest covers: two have the same digest exactly when nothing is
found here. Why they differ follows from live state, where it is at hand, and from what both were
planned on: the same configuration leaves only live state.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from reconciler.model.change import Create, Delete, Update
from reconciler.model.plan import effect, fingerprints, reached
from reconciler.planning.freshness import freshness

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from reconciler.model.change import Change
    from reconciler.model.plan import Plan
    from reconciler.model.tag import LiveTag

    Live = Mapping[str, Sequence[LiveTag]]
    """Live tags by their account's id; an account that is not in it was not read."""


class Why(StrEnum):
    """What a change is planned otherwise for."""

    LIVE = "live state"
    CONFIGURATION = "the configuration"
    ACCESS = "how the account is reached"
    EITHER = "live state or the configuration"


class Deviation(NamedTuple):
    """A change that only one of the two plans has; ``detail`` says more, as far as it is known."""

    change: Change
    why: Why
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """``dropped``: only ``reviewed`` has them; ``added``: only ``now`` has them. ``same``: so many
    are in both.
    """

    reviewed: Plan
    now: Plan
    dropped: tuple[Deviation, ...]
    added: tuple[Deviation, ...]
    same: int

    @property
    def why(self) -> tuple[Why, ...]:
        """Each reason once, in their order."""
        found = {one.why for one in (*self.dropped, *self.added)}
        return tuple(why for why in Why if why in found)


def differences(reviewed: Plan, now: Plan, live: Live | None = None) -> Differences:
    """What ``now`` does otherwise than ``reviewed``. ``live``: live state as ``now`` found it.

    Where drift is left out of ``now`` it is left out of ``reviewed``, as its approval did.
    """
    leaves_drift = now.base is not None and now.base.drift is not None
    if leaves_drift and reviewed.causes_known:
        reviewed = reviewed.this_change
    before, after = (dict(fingerprints(plan)) for plan in (reviewed, now))
    dropped = [change for line, change in before.items() if line not in after]
    added = [change for line, change in after.items() if line not in before]
    clues = _Clues.of(reviewed, now, dropped, added, live or {})
    deviations = tuple(map(clues.dropped, dropped))
    paired = {one.change.touches: one.why for one in deviations}
    return Differences(
        reviewed=reviewed,
        now=now,
        dropped=deviations,
        added=tuple(Deviation(one, paired.get(one.touches) or clues.added(one)) for one in added),
        same=len(before) - len(dropped),
    )


@dataclass(frozen=True, slots=True)
class _Clues:
    """What shows why.

    ``moved``: what became in live state of the changes that it no longer fits; it still fits those
    in ``unmoved``. ``instead``: what is planned now, by the tag that it touches. ``alike``: whether
    both plans are of one configuration. ``access``: ids of accounts that are reached otherwise.
    """

    moved: Mapping[Change, str]
    unmoved: frozenset[Change]
    instead: Mapping[Hashable, Change]
    alike: bool
    access: frozenset[str]

    @classmethod
    def of(
        cls,
        reviewed: Plan,
        now: Plan,
        dropped: Sequence[Change],
        added: Sequence[Change],
        live: Live,
    ) -> _Clues:
        moved: dict[Change, str] = {}
        unmoved: set[Change] = set()
        for account, tags in live.items():
            found = freshness([one for one in dropped if one.place.account.id == account], tags)
            moved |= {one.change: one.why for one in found.stale}
            moved |= dict.fromkeys(found.done, "it is so already")
            unmoved |= {*found.pending}
        was, will_be = reached(reviewed), reached(now)
        both = was.keys() & will_be.keys()
        return cls(
            moved=moved,
            unmoved=frozenset(unmoved),
            instead={one.touches: one for one in added},
            alike=_of_one_configuration(reviewed, now),
            access=frozenset(one for one in both if was[one] != will_be[one]),
        )

    def dropped(self, change: Change) -> Deviation:
        """Why ``change`` is not planned any more, or otherwise."""
        other = self.instead.get(change.touches)
        if change in self.moved:
            return Deviation(change, Why.LIVE, self.moved[change])
        if change.place.account.id in self.access:
            return Deviation(change, Why.ACCESS)
        if other is not None and effect(other) == effect(change):
            return Deviation(change, Why.EITHER, _judged(change, other))
        if self.alike or (other is not None and _start(other) != _start(change)):
            return Deviation(change, Why.LIVE)
        # Whether a tag goes depends on what has it, too, and that is no part of the tag.
        goes = _goes(change) or (other is not None and _goes(other))
        unmoved = change in self.unmoved and not goes
        return Deviation(change, Why.CONFIGURATION if unmoved else Why.EITHER)

    def added(self, change: Change) -> Why:
        """Why ``change`` is planned now, where nothing was planned for its tag."""
        if change.place.account.id in self.access:
            return Why.ACCESS
        return Why.LIVE if self.alike else Why.EITHER


def _of_one_configuration(reviewed: Plan, now: Plan) -> bool:
    """Whether both were made of the same change to the same commit, by the same version."""
    commits = [plan.base and plan.base.commit for plan in (reviewed, now)]
    known = commits[0] is not None and commits[0] == commits[1]
    return known and reviewed.tool_version == now.tool_version


def _judged(was: Change, now: Change) -> str:
    """What is thought otherwise of two changes that do the same."""
    if (was.blocked_by is None) != (now.blocked_by is None):
        return "it is blocked now" if was.blocked_by is None else "it is not blocked any more"
    return "what has the tag is known otherwise now"


def _start(change: Change) -> LiveTag | None:
    return None if isinstance(change, Create) else change.before


def _goes(change: Change) -> bool:
    return isinstance(change, Delete) or (isinstance(change, Update) and change.trashes)
