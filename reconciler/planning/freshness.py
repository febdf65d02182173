"""Whether live state is still what a plan started from, change by change.

A saved plan is the approval of exactly these changes. Objects that it does not touch may have
moved on; one that it touches must be as it was, or already as it shall be.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from reconciler.model.change import Action, Change

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reconciler.model.tag import LiveTag, Tag


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
    touched = {(change.place.company_id, change.name) for change in changes}
    by_name: dict[tuple[str | None, str], list[LiveTag]] = {}
    for tag in tags:
        if (tag.company_id, tag.name) in touched:
            by_name.setdefault((tag.company_id, tag.name), []).append(tag)
    pending: list[Change] = []
    done: list[Change] = []
    stale: list[Stale] = []
    for change in changes:
        namesakes = by_name.get((change.place.company_id, change.name), [])
        if change.action is Action.CREATE:
            verdict = _of_create(change, namesakes)
        else:
            verdict = _of_tag(change, by_id.get(change.live.id), namesakes)
        if isinstance(verdict, str):
            stale.append(Stale(change, verdict))
        else:
            (done if verdict else pending).append(change)
    return Freshness(tuple(pending), tuple(done), tuple(stale))


def _of_create(change: Change, namesakes: Sequence[LiveTag]) -> bool | str:
    """True: done; False: to be done; text: why it is stale."""
    if not namesakes or change.after is None:
        return False
    if any(tag.satisfies(change.after) for tag in namesakes):
        return True
    return f"a tag of that name has appeared (id {namesakes[0].id}) and is not as planned"


def _of_tag(change: Change, tag: LiveTag | None, namesakes: Sequence[LiveTag]) -> bool | str:
    if tag is None:
        return True if change.after is None else f"its tag (id {change.tag_id}) is gone"
    if change.after is not None and tag == replace(change.live, **_fields(change.after)):
        return True
    if tag != change.live:
        return "it is no longer as it was when it was planned"
    if "name" in change.fields and namesakes:
        return f"another tag bears the new name by now (id {namesakes[0].id})"
    return False


def _fields(tag: Tag) -> dict[str, Any]:
    return {"name": tag.name, "color": tag.color, "status": tag.status}
