"""Which two words are one word to a reader: inflected, misspelt or shortened.

Terms. A word is a run of letters, folded; a *stem* is a word without its ending, because "Cleaning"
and "Clearing" differ in one of five letters rather than of eight.

Method. The rules are strict where words are short, because short words lie close together: "Quote"
and "Quota", "hot" and "not", "Texts" and "Tests". People hardly ever mistype a first letter, and
prefixes that turn a meaning round ("unpaid", "outbound") begin with another one, so it must agree.
Words that are alike share a key, so that nobody has to compare all with all.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache
from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Likeness(Enum):
    """Why two names may be one."""

    APPEARANCE = "case, spacing, punctuation or letters that look the same"
    INFLECTED = "singular or plural"
    MISSPELT = "a typing error"
    SHORTENED = "an abbreviation"


_LONGEST = 24
"""Letters of the longest word whose spelling is compared: names may be hundreds in one piece."""
_LONGEST_SHORT = 5
"""Letters of an abbreviation: "Opp", "Appt", "Oppty"; what has more is a word."""
_TWO_ERRORS = 10
"""Letters of the shorter root from which on two typing errors pass."""
_VOWELS = frozenset("aeiou")
_ENDING = re.compile("(?<=...)(?:ings?|ed|ers?|ors?|es?|s|ly|al|ions?|ive)$")
_VERBAL = re.compile("(?<=...)(?:ings?|ed|es|s)$")
_NOT_CUT = re.compile("ing|ers?|ors?|ions?|ive|able|age|ity|ist|ous|ure|ant|ent|ate|ize|ership")
"""What makes another word of one, rather than being cut off from it."""
_RUN = re.compile(r"(.)\1+")

_OWN_WORDS = frozenset(
    """
    act add all angel angle auto backed backend call choose chose class conservation contact
    contract contrast conversation copy cost count desert dessert diner dinner event exist exit
    exits field filed filing filling form forth found fourth host identify identity inert insert
    internal interval invert later latter lead loose lose man mark massage message new news not
    open order out part patent patient planed planned point poll pool port post press quiet quite
    real sale stand team test thorough though through trail trial web
    """.split()  # noqa: SIM905 - a list of words reads better than seventy quoted ones
)
"""Words that are meant as they are written, though they lie close to others or begin them."""


@lru_cache(maxsize=4096)
def likeness(word: str, other: str, *, alone: bool) -> Likeness | None:
    """Why two different words may be one; None: they are two.

    ``alone``: whether they are all that their names hold; "Quote" and "Quoted" are two then.
    """
    if not (_is_spelt(word) and _is_spelt(other)) or {word, other} <= _OWN_WORDS:
        return None
    if _is_inflected(word, other, alone=alone):
        return Likeness.INFLECTED
    if _is_misspelt(word, other, most=2):
        return Likeness.MISSPELT
    short, long = sorted((_singular(word), _singular(other)), key=_by_length)
    return Likeness.SHORTENED if _is_shortened(short, long) else None


def misspelt_once(word: str, other: str) -> bool:
    """Whether one typing error makes ``other`` of ``word``."""
    return _is_spelt(word) and _is_spelt(other) and _is_misspelt(word, other, most=1)


def keys_once(word: str) -> Iterator[str]:
    """What ``word`` is filed under, and looked for, if only one typing error is asked about."""
    if _is_spelt(word):
        yield word
        yield _squeezed(word)
        yield from _without(word, 1)


_NO_KEYS: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())


@lru_cache(maxsize=4096)
def keys(word: str) -> tuple[frozenset[str], frozenset[str]]:
    """What ``word`` is to be filed under, and under what the words like it are.

    Of two words that are alike the first set of either and the second of the other have something
    in common. Long words are not filed with one another for an abbreviation that they share.
    """
    if not _is_spelt(word):
        return _NO_KEYS
    common = {*_bases(word), *keys_once(word)}
    if len(_root(word)) >= _TWO_ERRORS:
        common.update(_without(word, 2))
    one = _singular(word)
    ends = f"{one[0]}…{_consonants(one)[-1]}"
    heads = {f"{one[:length]}…" for length in range(3, _LONGEST_SHORT + 1)}
    as_short = {f"{one}…", ends} if len(one) <= _LONGEST_SHORT else set()
    filed = common | {f">{key}" for key in {ends, *heads}} | {f"<{key}" for key in as_short}
    wanted = common | {f"<{key}" for key in {ends, *heads}} | {f">{key}" for key in as_short}
    return frozenset(filed), frozenset(wanted)


@lru_cache(maxsize=4096)
def _is_spelt(word: str) -> bool:
    """Whether ``word`` is of letters that have a case: elsewhere one sign is a syllable or more."""
    return 0 < len(word) <= _LONGEST and all(one.upper() != one for one in word)


def _is_inflected(word: str, other: str, *, alone: bool) -> bool:
    if alone:
        return word in _plural_of(other) or other in _plural_of(word)
    return not {*_bases(word)}.isdisjoint(_bases(other))


def _bases(word: str) -> Iterator[str]:
    yield word
    yield from _plural_of(word)
    yield from _past_of(word)


def _plural_of(word: str) -> Iterator[str]:
    """What ``word`` may be the plural of."""
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        yield word[:-1]
        if word.endswith("ies"):
            yield word[:-3] + "y"
        elif word.endswith(("ses", "xes", "zes", "ches", "shes", "oes")):
            yield word[:-2]


def _past_of(word: str) -> Iterator[str]:
    """What ``word`` may be the past of, if that is long: "Call back" is not "Called back"."""
    if len(word) > 6 and word.endswith("ed"):
        yield word[:-1]
        if len(word) > 7:
            yield word[:-2]


def _singular(word: str) -> str:
    return next(_plural_of(word), word)


def _by_length(word: str) -> tuple[int, str]:
    return len(word), word


def _is_misspelt(word: str, other: str, *, most: int) -> bool:
    short, long = sorted((word, other), key=_by_length)
    if len(long) - len(short) > 2 or {_singular(short), _singular(long)} <= _OWN_WORDS:
        return False
    if _squeezed(short) == _squeezed(long):
        return len(short) > 3 and not _VOWELS.isdisjoint(short)
    at = next((at for at in range(len(short)) if short[at] != long[at]), len(short))
    if _is_swapped(short, long, at):
        return len(short) > (5 if at == 0 else 4)
    roots = _root(short), _root(long)  # equal ones: "Scheduler" and "Scheduled"
    if at == 0 or roots[0] == roots[1]:
        return False
    root = min(map(len, roots))
    if _is_slip(short, long, at, root):
        return True
    return most > 1 and root >= _TWO_ERRORS and short[-1] == long[-1] and _within_two(short, long)


def _is_slip(short: str, long: str, at: int, root: int) -> bool:
    """Whether one letter at ``at``, where the words begin to differ, was left out or mistaken."""
    if len(short) < len(long) and short[at:] == long[at + 1 :]:
        return _is_left_out(short, long, at)
    if len(short) == len(long) and short[at + 1 :] == long[at + 1 :]:
        return _stem(short) > 7 and root > 5 and at + 1 < len(short)
    return False


def _is_left_out(short: str, long: str, at: int) -> bool:
    """Whether the letter of ``long`` at ``at``, without which it is ``short``, is a slip."""
    if at == len(short):
        return len(short) > 8 and long[at] != "y"
    stem = _stem(long)
    again = long[at] in (long[at - 2 : at] + long[at + 1 : at + 3])
    return stem > 6 or (stem > 5 and again) or (len(short) > 3 and _VOWELS.isdisjoint(short))


def _is_swapped(word: str, other: str, at: int) -> bool:
    """Whether the letters at ``at`` and after it have changed places, and nothing else differs."""
    return word[at : at + 2] == other[at : at + 2][::-1] and word[at + 2 :] == other[at + 2 :]


def _within_two(short: str, long: str) -> bool:
    """Whether two deletions, insertions, swaps or replacements at most lead from one to other."""
    rows = [list(range(len(long) + 1))]
    for row, letter in enumerate(short, start=1):
        before, line = rows[-1], [row]
        for column, against in enumerate(long, start=1):
            cost = min(before[column], line[-1]) + 1
            cost = min(cost, before[column - 1] + (letter != against))
            if row > 1 and column > 1 and short[row - 2] == against and long[column - 2] == letter:
                cost = min(cost, rows[-2][column - 2] + 1)
            line.append(cost)
        rows.append(line)
    return rows[-1][-1] <= 2


def _is_shortened(short: str, long: str) -> bool:
    letters = len(short)
    if not 3 <= letters <= _LONGEST_SHORT or len(long) < letters + 3 or short in _OWN_WORDS:
        return False
    if long.startswith(short):
        # "Sched", "Opp", "Req" and "Promo" are cut before a vowel, or end with an "o".
        enough = letters > 3 or short[-1] == "q" or short[-2] == short[-1] not in _VOWELS
        cut = (short[-1] == "o") or (short[-1] not in _VOWELS and long[letters] in _VOWELS)
        return enough and cut and _NOT_CUT.fullmatch(long, letters) is None
    mine, theirs = _consonants(short), _consonants(long)
    if not _VOWELS.isdisjoint(short[1:]) or len(short) - (short[0] in _VOWELS) < 3:
        return False
    if short[0] != long[0] or mine[-1] != theirs[-1]:
        return False
    rest = iter(theirs)
    enough = short[:3] == long[:3] or 5 * len(mine) >= 3 * len(theirs)
    return enough and all(letter in rest for letter in mine)


def _consonants(word: str) -> str:
    """The first letter of ``word`` and the consonants behind it, doubled ones once."""
    return _squeezed(word[0] + "".join(one for one in word[1:] if one not in _VOWELS))


def _stem(word: str) -> int:
    """The letters of ``word`` without what number and tense put behind it."""
    return len(_VERBAL.sub("", word, count=1))


def _root(word: str) -> str:
    return _ENDING.sub("", word, count=1)


def _squeezed(word: str) -> str:
    return _RUN.sub(r"\1", word)


def _without(word: str, letters: int) -> Iterator[str]:
    """``word`` without any so many of its letters; short words have no such errors."""
    if len(word) > 4:
        for kept in combinations(word, len(word) - letters):
            yield "".join(kept)
