"""What a tag in the trash is called, and so since when it is there: the one place that knows.

``~trash 2026-11-25 NAME``; ``~trash 2026-11-25.2 NAME`` where the place has that name already. The
name is the only state: any machine reads from it what the tag was called and when its time is over.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeAlias

from reconciler.text.alike import folded

if TYPE_CHECKING:
    from collections.abc import Iterable

Day: TypeAlias = date
"""A day as planning has it handed in; nothing here asks a clock."""

LONGEST: Final = 255
"""Characters of a trash name at most; no limit is published (D), and this one is common."""


_PREFIX: Final = "~trash "
_FORM: Final = re.compile(
    r"~trash ([0-9]{4}-[0-9]{2}-[0-9]{2})(?:\.([1-9][0-9]{0,5}))? (.+)", re.DOTALL
)


@dataclass(frozen=True, slots=True, order=True)
class TrashName:
    """A trash name, read: since which ``day``, the how manieth of that day, and what was ``kept``
    of the name. Orders by age.
    """

    day: Day
    number: int
    kept: str

    def due(self, days: int) -> Day | None:
        """The day after so many ``days`` there; None: beyond the calendar."""
        try:
            return self.day + timedelta(days=days)
        except OverflowError:
            return None

    def __str__(self) -> str:
        number = "" if self.number == 1 else f".{self.number}"
        return f"{_PREFIX}{self.day.isoformat()}{number} {self.kept}"


@lru_cache(maxsize=4096)
def parse(name: str) -> TrashName | None:
    """``name`` as a trash name; None where it is none."""
    found = _FORM.fullmatch(name) if name.startswith(_PREFIX) else None
    if found is None:
        return None
    try:
        day = date.fromisoformat(found[1])
    except ValueError:
        return None
    return TrashName(day, int(found[2] or 1), found[3])


def trash_name(name: str, day: Day, taken: Iterable[str]) -> str:
    """What a tag called ``name`` is called in the trash from ``day`` on.

    ``taken``: the names of its place, folded by :func:`seen`, that it must differ from.
    """
    names, number = frozenset(taken), 1
    while seen(found := str(TrashName(day, number, kept(name)))) in names:
        number += 1
    return found


def seen(name: str) -> str:
    """``name`` as a server compares it that takes names of other case for equal (D)."""
    return folded(name)


def kept(name: str) -> str:
    """What a trash name keeps of ``name``: all, or as much as fits of its ends.

    Between them stands what tells it from another long name with the same ends, so that it is never
    taken back under that one.
    """
    room = LONGEST - len(f"{_PREFIX}2026-11-25.999999 ")
    if len(name) <= room:
        return name
    middle = f"…{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}…"
    head = (room - len(middle)) // 2
    tail = room - len(middle) - head
    return f"{name[:head].rstrip()}{middle}{name[-tail:].lstrip()}"


@lru_cache(maxsize=4096)
def original(name: str) -> str:
    """What people call the tag ``name``, be it in the trash or not."""
    found = parse(name)
    return name if found is None else found.kept


def undated(name: str) -> str:
    """``name`` without the day, where it is a trash name: the same whenever that is planned."""
    found = parse(name)
    return name if found is None else f"{_PREFIX}{found.kept}"
