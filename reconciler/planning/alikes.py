"""Which live names a reader, or a server, takes for a declared one.

Three grades. *Tidied*: equal but for case, blanks and Unicode form, or cut short; a server may have
stored the declared name so, and creating the declared one again and again would make a duplicate a
run. *Look-alike*: equal skeletons. *Spelling*: nearly equal skeletons ("Oportunity").
"""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from reconciler.model.names import SHORTEST_CUT, TRUNCATED_FROM, may_be_stored_as, tidied
from reconciler.text.alike import skeleton
from reconciler.text.nearest import likeness

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_SPELLING = 0.8
"""Least likeness of two spellings of one word; below it, "Quote" and "Quota" would still pass."""
_SPELLING_PAIRS = 20_000
"""Pairs of names compared by spelling in a place at most: some 20 us each."""


class Tidied:
    """Live names of a place, found by what a server could have made them of.

    ``longest``: letters of the longest live name there. A server that cuts names has none above its
    limit, so a name that begins with a live one of just that length may be it. What names may have
    been cut to is looked up by the lengths that there are: thousands may begin alike.
    """

    def __init__(self, names: Iterable[str], *, longest: int = 0) -> None:
        self._limit = longest if longest >= SHORTEST_CUT else TRUNCATED_FROM
        self._by_key: dict[str, list[str]] = defaultdict(list)
        self._cut: set[int] = set()
        for name in names:
            key = tidied(name)
            self._by_key[key].append(name)
            if len(name) >= TRUNCATED_FROM:
                self._cut.add(len(key))

    def of(self, name: str) -> list[str]:
        """The live names that may be ``name`` as a server stored it, sorted."""
        key = tidied(name)
        found = set(self._by_key.get(key, ()))
        if len(name) > self._limit:
            found.update(self._by_key.get(tidied(name[: self._limit]), ()))
        if len(name) > TRUNCATED_FROM:
            begin = (key[:length] for length in self._cut if length < len(key))
            near = (one for start in begin for one in self._by_key.get(start, ()))
            found.update(one for one in near if may_be_stored_as(name, one))
        return sorted(found)


class Alikes:
    """``names`` of a place, found by what they look like.

    ``declared``: how many declared names will be asked for at most; of many pairs only equal
    skeletons are found, the same in every run.
    """

    def __init__(self, names: Iterable[str], declared: int) -> None:
        self._names = sorted(names)
        self._by_skeleton: dict[str, list[str]] = defaultdict(list)
        for name in self._names:
            self._by_skeleton[skeleton(name)].append(name)
        self._spelling = len(self._names) * declared <= _SPELLING_PAIRS

    def of(self, name: str) -> Sequence[str]:
        """The look-alikes of ``name``; where there are none, the one that is spelt most like it."""
        found = self._by_skeleton.get(skeleton(name), [])
        return found if found or not self._spelling else self._nearest(name)

    def _nearest(self, name: str) -> Sequence[str]:
        best: list[str] = []
        likeness = _SPELLING
        for candidate in self._names:
            ratio = _ratio(skeleton(name), skeleton(candidate))
            if ratio > likeness:
                best, likeness = [candidate], ratio
        return best


_ratio = lru_cache(maxsize=65536)(partial(likeness, least=_SPELLING))
"""Likeness of two skeletons; one pair is met in many places."""
