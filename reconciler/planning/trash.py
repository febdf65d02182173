"""What goes to the trash, what is taken back from it, and what has lain there long enough.

Terms. The *trash* of a place are its tags with trash names (:mod:`reconciler.model.trash`):
disabled, out of every pick list, and still on all that had them. A *purge* is the delete of one
whose time is over.

Premise. A delete takes a tag off everything for ever; a rename and a disable take it off nothing.
So what shall go is renamed and disabled where anything uses it, or may. What lies in the trash is
of no other concern: nobody declared it, it looks like nothing, and is nobody's former name.

Method. A name that is declared again takes the newest of its name back, by one update. Time alone
deletes nothing: a purge is planned, guarded and approved as every delete.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from reconciler.model.change import Delete, Loss, Reason, Update
from reconciler.model.codes import PlanCode
from reconciler.model.plan import TrashedTag
from reconciler.model.problem import Problem, Severity
from reconciler.model.tag import Status, Tag, differing
from reconciler.model.trash import parse, seen, trash_name
from reconciler.planning.guard import is_removal
from reconciler.text.plural import count

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from reconciler.model.change import Change
    from reconciler.model.state import Account, Declaration, Limits
    from reconciler.model.tag import LiveTag, Place
    from reconciler.model.trash import Day


def newest_first(trash: Iterable[LiveTag]) -> Mapping[str, list[LiveTag]]:
    """The tags in the ``trash`` of a place by what their names keep, the youngest of each first."""
    found: dict[str, list[LiveTag]] = defaultdict(list)
    aged = [(name, tag) for tag in trash if (name := parse(tag.name)) is not None]
    for name, tag in sorted(aged, key=lambda one: (one[0], one[1].id), reverse=True):
        found[name.kept].append(tag)
    return found


def due(tag: LiveTag, days: int | None) -> Day | None:
    """The day from which on ``tag``, that lies in the trash, may be purged; None: never.

    ``days`` is how long the account keeps it. One that someone enabled by hand is in use again.
    """
    name = parse(tag.name)
    if name is None or days is None or tag.status is Status.ENABLED:
        return None
    return name.due(days)


def is_due(tag: LiveTag, days: int | None, today: Day) -> bool:
    """Whether the time of ``tag`` in the trash is over."""
    day = due(tag, days)
    return day is not None and day <= today


def within_limits(
    changes: Sequence[Change], limits: Limits, live: int
) -> tuple[list[Change], list[Delete]]:
    """``changes`` of an account with the oldest purges that ``limits`` allow beside all else that
    goes, and the purges that wait; ``live`` tags are what percents are of.

    Tags become due by time alone: were all of them planned, a plan that was within its limits
    yesterday would be refused today, and every one after it.
    """
    due_now = [one for one in changes if isinstance(one, Delete) and one.reason is Reason.PURGE]
    others = sum(map(is_removal, changes)) - len(due_now)
    most = min(limits.deletes, max(1, limits.delete_percent * live // 100))
    due_now.sort(key=lambda one: (parse(one.before.name), one.tag_id))
    waiting = due_now[max(0, most - others) :]
    left = {one.tag_id for one in waiting}
    return [one for one in changes if one.tag_id is None or one.tag_id not in left], waiting


def wait_for_limits(account: Account, waiting: int, purged: int) -> Problem:
    """The warning that so many purges are ``waiting`` while the oldest are ``purged``."""
    limits = account.policy.limits
    goes = f"the {purged:,} oldest are purged" if purged else "none is purged"
    goes = "the oldest is purged" if purged == 1 else goes
    return Problem(
        code=PlanCode.PURGES_WAIT.value,
        message=f"{account.handle}: {count(waiting + purged, 'tag is', 'tags are')} due in the "
        f"trash, and {goes}: limits.deletes {limits.deletes:,} and limits.delete_percent "
        f"{limits.delete_percent} allow no more",
        hint="The next plan has the next ones; or raise the limits, where that is reviewed.",
        severity=Severity.WARNING,
    )


def trashed(place: Place, tag: LiveTag, days: int | None) -> TrashedTag:
    """``tag`` as plans list what stays in the trash."""
    return TrashedTag(place=place, tag=tag, due=due(tag, days))


def trashing(
    place: Place,
    declaration: Declaration | None,
    tag: LiveTag,
    *,
    taken: set[str],
    today: Day,
) -> Update:
    """The update that moves ``tag`` to the trash; ``declaration`` asks for its absence.

    ``taken``: the place's trash names, folded by :func:`reconciler.model.trash.seen`; the new one
    is added.
    """
    name = trash_name(tag.name, today, taken)
    taken.add(seen(name))
    after = Tag(name, tag.color, Status.DISABLED)
    return Update(
        place=place,
        before=tag,
        after=after,
        fields=differing(tag, after),
        reason=Reason.TRASH,
        source=declaration.source if declaration else None,
        note=declaration.note if declaration else None,
    )


def restoring(place: Place, declaration: Declaration, tag: LiveTag) -> Update:
    """The update that takes ``tag`` back from the trash, as ``declaration`` asks for it."""
    after = restored_as(declaration, tag)
    return Update(
        place=place,
        before=tag,
        after=after,
        fields=differing(tag, after),
        reason=Reason.RESTORED,
        source=declaration.source,
        note=declaration.note,
    )


def restored_as(declaration: Declaration, tag: LiveTag) -> Tag:
    """What ``tag`` is once it is taken back: enabled, as one that is created would be, where the
    ``declaration`` leaves the status open.
    """
    color = tag.color if declaration.color is None else declaration.color
    return Tag(declaration.name, color, declaration.status or Status.ENABLED)


def deleted_if_unused(change: Change) -> Change:
    """``change``; where it moves to the trash what certainly nothing uses, the delete instead."""
    match change:
        case Update(reason=Reason.TRASH, loss=Loss() as loss) if (
            loss.interactions.none and loss.flows.none
        ):
            return Delete(
                place=change.place,
                before=change.before,
                reason=Reason.UNMANAGED if change.source is None else Reason.STATE,
                source=change.source,
                note=change.note,
                blocked_by=change.blocked_by,
                cause=change.cause,
                loss=loss,
            )
    return change
