"""Words that the messages share: names in quotes, lists in prose, the nearest known name."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches
from functools import lru_cache
from heapq import nsmallest
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

_LONGEST = 60
_MOST_COMPARED = 200
_NEIGHBOURS = 16
_LIKE_ENOUGH = 0.6


def quoted(value: object) -> str:
    """``value`` in double quotes, cut where it is too long to be read."""
    text = str(value)
    return f'"{text[: _LONGEST - 1]}…"' if len(text) > _LONGEST else f'"{text}"'


def listed(words: Iterable[str], *, last: str = "and", most: int = 8) -> str:
    """``a, b and c``; more than ``most`` are counted."""
    known = list(words)
    if len(known) > most:
        return f"{', '.join(known[:most])} {last} {len(known) - most} more"
    return f" {last} ".join(filter(None, (", ".join(known[:-1]), *known[-1:])))


def listed_in_order(words: Collection[str], *, most: int = 8) -> str:
    """``words`` as :func:`listed` lists them when they are sorted; sorted once for all calls."""
    return _listed_in_order(tuple(words), most)


@lru_cache(maxsize=8)
def _listed_in_order(words: tuple[str, ...], most: int) -> str:
    # Cached, because a thousand mistakes may each list the same names.
    first = nsmallest(most, words)
    more = len(words) - len(first)
    return f"{', '.join(first)} and {more} more" if more else listed(first)


def nearest(word: str, candidates: Iterable[str], *, most: int = 1) -> Sequence[str]:
    """Those of ``candidates`` that ``word`` may have meant, the likeliest first.

    Bounded: of very many candidates only those are compared letter by letter that begin or end
    like it.
    """
    return _nearest(word, tuple(candidates), most)


@lru_cache(maxsize=1024)
def _nearest(word: str, candidates: tuple[str, ...], most: int) -> Sequence[str]:
    # Cached, because one word misspelt is often misspelt a thousand times.
    known = _index(candidates)
    wanted = _fold(word)
    if wanted in known.by_folded:
        return [known.by_folded[wanted]]
    if len(word) > 4 * _LONGEST:
        return []
    close = get_close_matches(wanted, known.around(wanted), most, _LIKE_ENOUGH)
    close = close or _beginning_alike(wanted, known.by_folded)[:most]
    return [known.by_folded[one] for one in close]


@lru_cache(maxsize=8)
def _index(candidates: tuple[str, ...]) -> _Index:
    by_folded: dict[str, str] = {}
    for candidate in candidates:
        by_folded.setdefault(_fold(candidate), candidate)
    backwards = [one[::-1] for one in by_folded] if len(by_folded) > _MOST_COMPARED else []
    return _Index(by_folded, sorted(by_folded), sorted(backwards))


@dataclass(frozen=True, slots=True)
class _Index:
    """Names by what they are folded to, in order from their beginnings and from their ends."""

    by_folded: dict[str, str]
    forwards: list[str]
    backwards: list[str]

    def around(self, word: str) -> list[str]:
        """The names worth comparing with ``word``: all of a few, else those that stand near it."""
        if not self.backwards:
            return list(self.by_folded)
        ends = (one[::-1] for one in _neighbours(self.backwards, word[::-1]))
        return list(dict.fromkeys([*_neighbours(self.forwards, word), *ends]))


def _neighbours(ordered: list[str], word: str) -> list[str]:
    at = bisect_left(ordered, word)
    return ordered[max(0, at - _NEIGHBOURS) : at + _NEIGHBOURS]


def did_you_mean(word: str, candidates: Iterable[str], *, most: int = 1) -> str | None:
    """``Did you mean "x"?``, or None when nothing is near."""
    names = [quoted(one) for one in nearest(word, candidates, most=most)]
    return f"Did you mean {listed(names, last='or')}?" if names else None


def _fold(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _beginning_alike(word: str, candidates: Iterable[str]) -> list[str]:
    """Longer names of which ``word`` is a part: "Dental" means "Dental North" to a person."""
    if len(word) < 3:
        return []
    found = list(islice((one for one in candidates if word in one), _NEIGHBOURS))
    return sorted(found, key=lambda one: SequenceMatcher(None, word, one).ratio(), reverse=True)
