"""Whether live state is still what a plan started from, change by change.

A saved plan is the approval of exactly these changes. Objects that it does not touch may have
moved on; one that it touches must be as it was, or already as it shall be.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reconciler.model.change import Action, Change
from reconciler.model.names import TRUNCATED_FROM, may_be_stored_as, tidied
from reconciler.model.tag import differing
from reconciler.text.quote import double_quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reconciler.model.tag import LiveTag


@dataclass(frozen=True, slots=True)
class Stale:
    """A change that no longer fits, and what stands in its way."""

    change: Change
    why: str


@dataclass(frozen=True, slots=True)
class Freshness:
    """``changes`` of one account, sorted by what live state says of them."""

    pending: tuple[Change, ...]
    done: tuple[Change, ...]
    stale: tuple[Stale, ...]


def freshness(changes: Sequence[Change], live: Iterable[LiveTag]) -> Freshness:
    """Compare each of an account's ``changes`` with its ``live`` tags."""
    tags = tuple(live)
    by_id = {tag.id: tag for tag in tags}
    named = _Named.of(changes, tags)
    pending: list[Change] = []
    done: list[Change] = []
    stale: list[Stale] = []
    for change in changes:
        namesakes = named.like(change)
        if change.action is Action.CREATE:
            verdict = _of_create(change, namesakes)
        else:
            verdict = _of_tag(change, by_id.get(change.live.id), namesakes)
        if isinstance(verdict, str):
            stale.append(Stale(change, verdict))
        else:
            (done if verdict else pending).append(change)
    return Freshness(tuple(pending), tuple(done), tuple(stale))


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
        touched = {(change.place.company_id, change.name) for change in changes}
        places = {one.place.company_id for one in changes if one.action is Action.CREATE}
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
        place, name = change.place.company_id, change.name
        found = self.exactly.get((place, name), [])
        if found or change.action is not Action.CREATE:
            return found
        whole = tidied(name)
        cut = sorted(length for length in self.cut if length < len(whole))
        near = (self.tidied.get((place, whole[:length]), []) for length in (*cut, len(whole)))
        return [tag for tags in near for tag in tags if may_be_stored_as(name, tag.name)]


def _of_create(change: Change, namesakes: Sequence[LiveTag]) -> bool | str:
    """True: done; False: to be done; text: why it is stale."""
    wish = change.after
    if not namesakes or wish is None:
        return False
    if any(set(differing(tag, wish)) <= {"name"} for tag in namesakes):
        return True
    return f"a tag of that name has appeared (id {namesakes[0].id}) and is not as planned"


def _of_tag(change: Change, tag: LiveTag | None, namesakes: Sequence[LiveTag]) -> bool | str:
    if tag is None:
        return True if change.after is None else f"its tag (id {change.tag_id}) is gone"
    if change.after is not None and _is_as_wanted(tag, change):
        return True
    if tag != change.live:
        return _moved(change.live, tag)
    if "name" in change.fields and namesakes:
        return f"another tag has the new name by now (id {namesakes[0].id})"
    return False


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


def _is_as_wanted(tag: LiveTag, change: Change) -> bool:
    """Whether a touched tag is as it shall be, its new name perhaps tidied by the server."""
    wanted = change.live.changed_to(change.after) if change.after else None
    if wanted is None or tag == change.live:
        return tag == wanted
    named = may_be_stored_as(wanted.name, tag.name) if "name" in change.fields else False
    return tag == wanted or (named and replace(tag, name=wanted.name) == wanted)
