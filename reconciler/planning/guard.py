"""The objections that stop an account's deletes, all counted before the first write.

A plan is shown in full with what blocks it and then refused; the limits are lifted in the
configuration, where the lifting is reviewed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.model.change import NONE, Action, Change
from reconciler.model.names import glob
from reconciler.model.tag import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reconciler.model.tag import Place
    from reconciler.planning.draft import Draft

Objection = tuple[str, "Callable[[Change], bool]"]

SEVERAL = 2
"""A place with fewer live tags may be emptied: there is nothing to mistake it for."""


def guard(draft: Draft, changes: Sequence[Change]) -> tuple[Change, ...]:
    """``changes`` of ``draft`` (with their loss counted, where it was) and what blocks each."""
    objections = [*_limits(draft, changes), *_emptied_places(draft, changes)]
    return tuple(
        replace(change, blocked_by="; ".join(reasons)) if reasons else change
        for change in changes
        for reasons in [_reasons(change, draft.account.policy.protect, objections)]
    )


def _reasons(change: Change, protect: Sequence[str], objections: Sequence[Objection]) -> list[str]:
    reasons = [text for text, applies in objections if applies(change)]
    if _takes_out_of_use(change) and change.before is not None:
        shields = [pattern for pattern in protect if glob(pattern)(change.before.name)]
        reasons[:0] = [f'protect "{pattern}" forbids it' for pattern in shields[:1]]
    return reasons


def _takes_out_of_use(change: Change) -> bool:
    if change.action is Action.DELETE:
        return True
    return (
        change.after is not None
        and change.after.status is Status.DISABLED
        and "status" in change.fields
    )


def _limits(draft: Draft, changes: Sequence[Change]) -> list[Objection]:
    deletes = [change for change in changes if _is_delete(change)]
    limits = draft.account.policy.limits
    count = len(deletes)
    objections: list[Objection] = []
    if count > limits.deletes:
        text = f"{count} deletes in the account are more than limits.deletes {limits.deletes}"
        objections.append((text, _is_delete))
    if count > 1 and count * 100 > limits.delete_percent * draft.live:
        text = (
            f"{count} deletes of {draft.live} live tags are more than "
            f"limits.delete_percent {limits.delete_percent}"
        )
        objections.append((text, _is_delete))
    lost = _loss_objection(deletes, limits.calls)
    return [*objections, (lost, _is_delete)] if lost else objections


def _loss_objection(deletes: Sequence[Change], limit: int) -> str | None:
    """What to say when more interactions lose a tag than may; unknown counts as more."""
    lost = sum((one.loss.interactions for one in deletes if one.loss is not None), start=NONE)
    if lost.least > limit:
        return f"{lost.least:,} interactions lose a tag, more than limits.calls {limit:,}"
    if lost.most is None:
        least = f"at least {lost.least:,} and " if lost.least else ""
        return f"{least}an unknown number of interactions lose a tag (limits.calls {limit:,})"
    if lost.most > limit:
        return f"up to {lost.most:,} interactions lose a tag, more than limits.calls {limit:,}"
    return None


def _emptied_places(draft: Draft, changes: Sequence[Change]) -> list[Objection]:
    lost = Counter(change.place for change in changes if _is_delete(change))
    gained = Counter(change.place for change in changes if change.action is Action.CREATE)
    return [
        (f"it would leave none of the {live} live tags of {place}", _is_delete_in(place))
        for place, count in lost.items()
        for live in [draft.live_in.get(place, 0)]
        if live >= SEVERAL and live - count + gained[place] <= 0
    ]


def _is_delete(change: Change) -> bool:
    return change.action is Action.DELETE


def _is_delete_in(place: Place) -> Callable[[Change], bool]:
    return lambda change: _is_delete(change) and change.place == place
