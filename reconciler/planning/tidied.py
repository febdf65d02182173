"""Which live names a server may have made of a declared one.

Equal but for case, blanks and Unicode form, or cut short: a server may have stored the declared
name so, and creating the declared one again and again would make a duplicate a run. What a reader
takes for a declared name is wider, and told by ``text/alike.py``.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from reconciler.model.names import SHORTEST_CUT, TRUNCATED_FROM, may_be_stored_as, tidied

if TYPE_CHECKING:
    from collections.abc import Iterable


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
