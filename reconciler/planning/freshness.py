"""Whether live state is still what a plan started from, change by change.

A saved plan is the approval of exactly these changes. Objects that it does not touch may have
moved on; one that it touches must be as it was, or already as it shall be.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, assert_never

from reconciler.model.change import Create, Delete, Merge, Update
from reconciler.model.names import TRUNCATED_FROM, may_be_stored_as, tidied
from reconciler.model.tag import differing
from reconciler.model.trash import kept, parse
from reconciler.text.quote import double_quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from reconciler.model.change import Change
    from reconciler.model.tag import LiveTag


class Standing(Enum):
    """What live state says of a change that still fits."""

    PENDING = auto()
    DONE = auto()


@dataclass(frozen=True, slots=True)
class Stale:
    """A change that no longer fits, and what stands in its way."""

    change: Change
    why: str


@dataclass(frozen=True, slots=True)
class Freshness:
    """``changes`` of one account, sorted by what live state says of them.

    ``made``: the live tags of the creates that are done.
    """

    pending: tuple[Change, ...]
    done: tuple[Change, ...]
    stale: tuple[Stale, ...]
    made: Mapping[Change, LiveTag]


def freshness(changes: Sequence[Change], live: Iterable[LiveTag]) -> Freshness:
    """Compare each of an account's ``changes`` with its ``live`` tags."""
    tags = tuple(live)
    by_id = {tag.id: tag for tag in tags}
    named = _Named.of(changes, tags)
    pending: list[Change] = []
    done: list[Change] = []
    stale: list[Stale] = []
    made: dict[Change, LiveTag] = {}
    for change in changes:
        namesakes = named.like(change)
        match _standing(change, by_id, namesakes):
            case Stale() as one:
                stale.append(one)
            case Standing.DONE:
                done.append(change)
                if isinstance(change, Create):
                    made[change] = next(one for one in namesakes if _is_made(change, one))
            case Standing.PENDING:
                pending.append(change)
    return Freshness(tuple(pending), tuple(done), tuple(stale), made)


Key = tuple[str | None, str]
"""Company id (None: account level) and a name."""


@dataclass(frozen=True, slots=True)
class _Named:
    """Live tags in the places of the changes: by name ``exactly`` as written and, where something
    is created, as ``tidied`` by a server (D). ``cut`` holds the lengths of tidied names that may
    have been cut.
    """

    exactly: dict[Key, list[LiveTag]]
    tidied: dict[Key, list[LiveTag]]
    cut: set[int]

    @classmethod
    def of(cls, changes: Sequence[Change], tags: Iterable[LiveTag]) -> _Named:
        touched = {(change.place.company_id, change.names[-1]) for change in changes}
        places = {one.place.company_id for one in changes if isinstance(one, Create)}
        named = cls({}, {}, set())
        for tag in tags:
            if (tag.company_id, tag.name) in touched:
                named.exactly.setdefault((tag.company_id, tag.name), []).append(tag)
            if tag.company_id in places:
                name = tidied(tag.name)
                named.tidied.setdefault((tag.company_id, name), []).append(tag)
                if len(tag.name) >= TRUNCATED_FROM:
                    named.cut.add(len(name))
        return named

    def like(self, change: Change) -> list[LiveTag]:
        """The tags that are called as ``change`` asks; for a create, also as stored tidied.

        No create is planned beside a tag of which the server may have tidied its name, so one that
        is there now has appeared since, most likely by an earlier run of the same plan.
        """
        place, name = change.place.company_id, change.names[-1]
        found = self.exactly.get((place, name), [])
        if found or not isinstance(change, Create):
            return found
        whole = tidied(name)
        cut = sorted(length for length in self.cut if length < len(whole))
        near = (self.tidied.get((place, whole[:length]), []) for length in (*cut, len(whole)))
        return [tag for tags in near for tag in tags if may_be_stored_as(name, tag.name)]


def _standing(
    change: Change, live: Mapping[int, LiveTag], namesakes: Sequence[LiveTag]
) -> Standing | Stale:
    match change:
        case Create():
            return _of_create(change, namesakes)
        case Update():
            return _of_update(change, live.get(change.tag_id), namesakes)
        case Merge():
            return _of_merge(change, live, namesakes)
        case Delete():
            tag = live.get(change.tag_id)
            if tag is None:
                return Standing.DONE
            return _unmoved(change, tag)
    assert_never(change)


def _of_create(change: Create, namesakes: Sequence[LiveTag]) -> Standing | Stale:
    if not namesakes:
        return Standing.PENDING
    if any(_is_made(change, tag) for tag in namesakes):
        return Standing.DONE
    why = f"a tag of that name has appeared (id {namesakes[0].id}) and is not as planned"
    return Stale(change, why)


def _is_made(change: Create, tag: LiveTag) -> bool:
    return set(differing(tag, change.after)) <= {"name"}


def _of_update(
    change: Update, tag: LiveTag | None, namesakes: Sequence[LiveTag]
) -> Standing | Stale:
    if tag is None:
        return Stale(change, f"its tag (id {change.tag_id}) is gone")
    if _is_as_desired(tag, change):
        return Standing.DONE
    if tag == change.before and "name" in change.fields and namesakes:
        return Stale(change, f"another tag has the new name by now (id {namesakes[0].id})")
    return _unmoved(change, tag)


def _of_merge(
    change: Merge, live: Mapping[int, LiveTag], namesakes: Sequence[LiveTag]
) -> Standing | Stale:
    """A merge is pending as long as both tags are there: what is left only its interactions say.

    Each of the two may be as planned, or already as it shall be. Of one that is to be created, and
    of a name that the account's takes over first, those changes tell.
    """
    was = parse(change.trash_name)
    if was is None or (change.trash_name, was.kept) not in {
        (change.before.name, was.kept),
        (change.trash_name, kept(change.before.name)),
    }:
        return Stale(change, f"{_shown(change.trash_name)} is not its name in the trash")
    before = live.get(change.before.id)
    if before is None:
        return Stale(change, f"its tag (id {change.before.id}) is gone")
    if before not in {change.before, change.trashed}:
        return Stale(change, _moved(change.before, before))
    why = None if change.into is None else _why_not_into(change, change.into, live, namesakes)
    return Standing.PENDING if why is None else Stale(change, why)


def _why_not_into(
    change: Merge, planned: LiveTag, live: Mapping[int, LiveTag], namesakes: Sequence[LiveTag]
) -> str | None:
    """What has become of the tag that survives; None: it is as planned, or as it will be."""
    into = live.get(planned.id)
    if into is None:
        return f"its tag (id {planned.id}) is gone"
    if into != planned and differing(into, change.after):
        return f"the tag that survives has changed: {_moved(planned, into)}"
    own = {change.before.id, planned.id}
    others = [tag for tag in namesakes if tag.id not in own and not change.promotes]
    if others and into.name != change.after.name:
        return f"another tag has the new name by now (id {others[0].id})"
    return None


def _unmoved(change: Update | Delete, tag: LiveTag) -> Standing | Stale:
    return Standing.PENDING if tag == change.before else Stale(change, _moved(change.before, tag))


def _moved(planned: LiveTag, tag: LiveTag) -> str:
    """How ``tag`` differs from what was ``planned``: ``its color is red1 now, not gray1``."""
    parts = [
        f"its {field} is {_shown(now)} now, not {_shown(was)}"
        for field, now, was in (
            ("name", tag.name, planned.name),
            ("color", tag.color, planned.color),
            ("status", tag.status.value, planned.status.value),
            ("company", tag.company_id, planned.company_id),
        )
        if now != was
    ]
    return " and ".join(parts)


def _shown(value: str | None) -> str:
    return "none" if value is None else double_quoted(value)


def _is_as_desired(tag: LiveTag, change: Update) -> bool:
    """Whether a touched tag is as it shall be, its new name perhaps tidied by the server."""
    before, desired = change.before, change.before.changed_to(change.after)
    if tag in {before, desired}:
        return tag == desired
    named = "name" in change.fields and may_be_stored_as(desired.name, tag.name)
    return named and tag._replace(name=desired.name) == desired
