"""Words that the messages share: names in quotes, lists in prose, the nearest known name."""

from __future__ import annotations

import unicodedata
from difflib import SequenceMatcher, get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_LONGEST = 60
_MOST_COMPARED = 2_000
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


def nearest(word: str, candidates: Iterable[str], *, most: int = 1) -> Sequence[str]:
    """Those of ``candidates`` that ``word`` may have meant, the likeliest first.

    Bounded: of very many candidates only the first are compared letter by letter.
    """
    return _nearest(word, tuple(candidates), most)


@lru_cache(maxsize=1024)
def _nearest(word: str, candidates: tuple[str, ...], most: int) -> Sequence[str]:
    # Cached, because one word misspelt is often misspelt a thousand times.
    by_folded: dict[str, str] = {}
    for candidate in candidates:
        by_folded.setdefault(_fold(candidate), candidate)
    wanted = _fold(word)
    if wanted in by_folded:
        return [by_folded[wanted]]
    if len(word) > 4 * _LONGEST:
        return []
    close = get_close_matches(wanted, list(by_folded)[:_MOST_COMPARED], most, _LIKE_ENOUGH)
    close = close or _beginning_alike(wanted, by_folded)[:most]
    return [by_folded[one] for one in close]


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
    found = [one for one in candidates if word in one]
    return sorted(found, key=lambda one: SequenceMatcher(None, word, one).ratio(), reverse=True)
