"""What rows of interactions show of a tag's name, and how much that proves; reads nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from reconciler.callrail.interactions import ids
from reconciler.model.change import Count

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reconciler.callrail.interactions import Row, RowPage
    from reconciler.model.usage import NameAt

ENOUGH: Final = 6
"""Least rows that must be found as they are shown: a filter that knows half of them finds three."""
_STAND_INS: Final = 4
"""Most names that are asked for to get them."""


class Trait(Enum):
    """What in a name a server could stumble over."""

    CAPITAL = auto()
    BLANK = auto()
    COMMA = auto()


class Fit(Enum):
    """What a row that was found shows of the name that was asked for."""

    HAS = auto()
    LIKE = auto()
    """A name that differs in case or blanks only: another tag, or this one, tidied."""
    SILENT = auto()
    """Not its tags, or not all of them."""
    LACKS = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Some of a listing's rows; ``whole``: they are all of them. ``total`` as the server has it.

    ``sound``: there are as many of them as the server's own numbers make it.
    """

    rows: tuple[Row, ...]
    total: int | None
    whole: bool
    sound: bool = True

    @classmethod
    def of(cls, page: RowPage) -> Rows:
        """The rows of a first page."""
        count, total = len(page.rows), page.total
        if total is None:
            return cls(rows=page.rows, total=None, whole=not count, sound=False)
        full = count if page.per_page is None else page.per_page
        sound = count == min(total, full) and len(ids(page.rows)) == count
        return cls(rows=page.rows, total=total, whole=count == total, sound=sound)


def traits(name: str) -> frozenset[Trait]:
    """What in ``name`` a server could stumble over."""
    found = {
        Trait.CAPITAL: name != name.lower(),
        Trait.BLANK: any(character.isspace() for character in name),
        Trait.COMMA: "," in name,
    }
    return frozenset(trait for trait, has in found.items() if has)


def fit(row: Row, name: str, *, empty_lacks: bool) -> Fit:
    """What ``row`` shows; ``empty_lacks``: a row that shows no tags has none."""
    if name in row.names:
        return Fit.HAS
    if not row.certain:
        return Fit.SILENT
    if any(folded(one) == folded(name) for one in row.names):
        return Fit.LIKE
    return Fit.LACKS if row.names or empty_lacks else Fit.SILENT


def folded(name: str) -> str:
    """``name`` as a server may take it: without case, with single blanks."""
    return " ".join(name.casefold().split())


def explained(row: Row, name: str) -> bool:
    """Whether a search for ``name`` may have found ``row`` by something other than its tags."""
    return any(word in row.described for word in name.casefold().split())


def holds(found: Rows, shown: set[str]) -> bool:
    """Whether ``found`` has the interactions ``shown``; both are listed in the same order."""
    if found.whole or len(shown) <= len(found.rows):
        return shown <= ids(found.rows)
    enough = found.total is None or len(shown) <= found.total
    return enough and ids(found.rows) <= shown


def counted(rows: Iterable[Row], asked: NameAt, *, empty_lacks: bool) -> Count:
    """The rows that have the tag; one that does not say so, or not whose it is, may have it."""
    least = maybe = silent = 0
    for row in rows:
        if asked.company_id is not None and row.company_id not in {None, asked.company_id}:
            continue
        shown = fit(row, asked.name, empty_lacks=empty_lacks)
        sure = asked.company_id is None or row.company_id is not None
        least += shown is Fit.HAS and sure
        maybe += shown is Fit.LIKE or (shown is Fit.HAS and not sure)
        silent += shown is Fit.SILENT
    return Count.between(least, None if silent else least + maybe)


def all_certain(rows: Iterable[Row]) -> bool:
    """Whether each row shows all of its tags."""
    return all(row.certain for row in rows)


def stand_ins(rows: Sequence[Row], spelling: str, needed: frozenset[Trait]) -> list[str]:
    """Few names that ``rows`` show, the commonest, with as many of the ``needed`` traits as any."""
    # Asked for by "tags", a name with a comma may be taken for two.
    times = Counter(
        name for row in rows for name in row.names if spelling != "tags" or "," not in name
    )
    chosen: list[str] = []
    missing = needed
    while times and len(chosen) < _STAND_INS and (missing or not evident(rows, chosen)):
        best = max(times, key=lambda name: (len(traits(name) & missing), times[name], name))
        if evident(rows, chosen) and not traits(best) & missing:
            break
        chosen.append(best)
        missing -= traits(best)
        del times[best]
    return chosen


def traits_of(names: Iterable[str]) -> frozenset[Trait]:
    """The traits that any of ``names`` has."""
    return frozenset(trait for name in names for trait in traits(name))


def with_trait(name: str, trait: Trait) -> str:
    """What a server that stumbles over ``trait`` would take for ``name``."""
    made = {Trait.CAPITAL: name.upper(), Trait.BLANK: f"{name} {name}"}
    return made.get(trait, f"{name},{name}")


def evident(rows: Sequence[Row], names: Sequence[str]) -> bool:
    """Whether ``rows`` show ``names`` often enough: a filter may know only some of them."""
    return sum(name in row.names for row in rows for name in names) >= ENOUGH
