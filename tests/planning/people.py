"""What people do in CallRail, each deed in a few lines: for tests of what is told of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reconciler.model.news import News
from reconciler.model.tag import LiveTag, Status
from tests.builders import company

if TYPE_CHECKING:
    from collections.abc import Callable

    Events = tuple[tuple[News, ...], int | None, int | None]

NORTH = company("Dental North")
TRASH = "~trash 2026-11-25 {}"


@dataclass
class Account:
    """Live tags by id; a new one gets the next."""

    tags: dict[int, LiveTag] = field(default_factory=dict)
    next: int = 1

    def make(self, name: str, status: Status = Status.ENABLED) -> LiveTag:
        """A new tag of the company."""
        tag = LiveTag(self.next, name, "gray1", status, NORTH.id)
        self.tags[tag.id] = tag
        self.next += 1
        return tag

    def put(self, tag: LiveTag, **values: Any) -> None:
        """Change a tag."""
        self.tags[tag.id] = tag._replace(**values)


def rename(account: Account, one: LiveTag, _other: LiveTag) -> list[Events]:
    """To a name that nobody else has."""
    account.put(one, name=f"{one.name}, renamed")
    return [((News.RENAMED,), one.id, one.id)]


def delete(account: Account, one: LiveTag, _other: LiveTag) -> list[Events]:
    """For good."""
    del account.tags[one.id]
    return [((News.GONE,), one.id, None)]


def create(account: Account, one: LiveTag, _other: LiveTag) -> list[Events]:
    """One more."""
    return [((News.NEW,), None, account.make(f"{one.name}, new").id)]


def recolor(account: Account, one: LiveTag, _other: LiveTag) -> list[Events]:
    """To blue."""
    account.put(one, color="blue1")
    return [((News.RECOLORED,), one.id, one.id)]


def disable(account: Account, one: LiveTag, _other: LiveTag) -> list[Events]:
    """So that it can't be given any more."""
    account.put(one, status=Status.DISABLED)
    return [((News.DISABLED,), one.id, one.id)]


def swap(account: Account, one: LiveTag, other: LiveTag) -> list[Events]:
    """The names of two tags."""
    account.put(one, name=other.name)
    account.put(other, name=one.name)
    return [((News.RENAMED,), one.id, one.id), ((News.RENAMED,), other.id, other.id)]


def make_anew(account: Account, one: LiveTag, _other: LiveTag) -> list[Events]:
    """Delete it and create another under its name."""
    del account.tags[one.id]
    return [((News.ANEW,), one.id, account.make(one.name).id)]


def trash(account: Account, one: LiveTag, _other: LiveTag) -> list[Events]:
    """Move it to the trash."""
    account.put(one, name=TRASH.format(one.name), status=Status.DISABLED)
    return [((News.TRASHED,), one.id, one.id)]


def take_name(account: Account, one: LiveTag, other: LiveTag) -> list[Events]:
    """Delete a tag and give its name to another."""
    del account.tags[one.id]
    account.put(other, name=one.name)
    return [((News.GONE,), one.id, None), ((News.RENAMED,), other.id, other.id)]


DEEDS: tuple[Callable[[Account, LiveTag, LiveTag], list[Events]], ...] = (
    rename,
    delete,
    create,
    recolor,
    disable,
    swap,
    make_anew,
    trash,
    take_name,
)
