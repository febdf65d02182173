"""Numbers and lists in sentences."""

from __future__ import annotations

from functools import lru_cache
from heapq import nsmallest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


def number(value: int) -> str:
    """With thousands apart: ``1,234``."""
    return f"{value:,}"


def count(value: int, noun: str, many: str | None = None) -> str:
    """``1 call``, ``1,234 calls``; ``many`` is the plural where it takes more than an s."""
    return f"{value:,} {noun if value == 1 else many or f'{noun}s'}"


def few(words: Iterable[object], most: int = 3) -> str:
    """``a, b, c``; what is beyond ``most`` is counted: ``a, b, c and 2 more``."""
    known = tuple(words)
    shown = _shown(len(known), most)
    more = f" and {len(known) - shown:,} more" if len(known) > shown else ""
    return ", ".join(map(str, known[:shown])) + more


def listed(words: Iterable[str], *, last: str = "and", most: int = 8) -> str:
    """``a, b and c``; what is beyond ``most`` is counted."""
    known = list(words)
    shown = _shown(len(known), most)
    if len(known) > shown:
        return f"{', '.join(known[:shown])} {last} {len(known) - shown:,} more"
    return f" {last} ".join(filter(None, (", ".join(known[:-1]), *known[-1:])))


def _shown(known: int, most: int) -> int:
    """How many of ``known`` are named; "and 1 more" would take the place of the one."""
    return known if known <= most + 1 else most


def listed_in_order(words: Collection[str], *, most: int = 8) -> str:
    """``words`` as :func:`listed` lists them when they are sorted; sorted once for all calls."""
    return _listed_in_order(tuple(words), most)


@lru_cache(maxsize=8)
def _listed_in_order(words: tuple[str, ...], most: int) -> str:
    # Cached, because a thousand mistakes may each list the same names.
    shown = _shown(len(words), most)
    first = nsmallest(shown, words)
    return few((*first, *words[shown:]), most) if len(words) > shown else listed(first, most=shown)
