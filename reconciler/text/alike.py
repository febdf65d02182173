"""Which names a reader may take for one: by their looks, and by how their words are spelt."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING

from reconciler.text.spelling import Likeness, keys, keys_once, likeness, misspelt_once
from reconciler.text.visible import BLANKS, has_no_width

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    Words = tuple[str, ...]

_WORD = re.compile(r"[^\W\d_]+|\d+")
_MOST_MISSPELT = 2
"""Words of one name in which typing errors pass."""
_SHORTEST_JOINED = 7
"""Letters from which on names of different words are compared as if they had no blanks."""


@lru_cache(maxsize=4096)
def alike(name: str, other: str) -> Likeness | None:
    """Why a reader may take ``name`` for ``other``; None: hardly anyone does.

    Word by word, in their order: each is the same in both, or inflected, misspelt or shortened in
    one. Digits that differ are never alike, and neither are names of which one has a word more.
    """
    if skeleton(name) == skeleton(other):
        return Likeness.APPEARANCE
    mine, theirs = _words(name), _words(other)
    if len(mine) != len(theirs):
        return _joined_alike("".join(mine), "".join(theirs))
    pairs = [pair for pair in zip(mine, theirs, strict=True) if pair[0] != pair[1]]
    kinds = dict.fromkeys(Likeness, 0)
    for one, another in pairs:
        kind = likeness(one, another, alone=len(mine) == 1)
        if kind is None:
            return None
        kinds[kind] += 1
    if not pairs or kinds[Likeness.MISSPELT] > _MOST_MISSPELT:
        return None
    return next(kind for kind in reversed(Likeness) if kinds[kind])


def _joined_alike(name: str, other: str) -> Likeness | None:
    """The likeness of two names written without blanks: "Folow up" and "Followup"."""
    enough = min(len(name), len(other)) >= _SHORTEST_JOINED
    return Likeness.MISSPELT if enough and misspelt_once(name, other) else None


@lru_cache(maxsize=4096)
def _words(name: str) -> Words:
    return tuple(_WORD.findall(folded(name)))


class Names:
    """Names among which those that are alike to one are found without comparing it with all."""

    def __init__(self, names: Iterable[str]) -> None:
        self._by_skeleton: dict[str, list[str]] = defaultdict(list)
        self._by_words: dict[Words, list[str]] = defaultdict(list)
        self._begun: set[Words] = set()
        self._filed: dict[str, dict[str, None]] = defaultdict(dict)
        self._joined: dict[str, dict[str, None]] = defaultdict(dict)
        for name in dict.fromkeys(names):
            self._file(name)

    def _file(self, name: str) -> None:
        words = _words(name)
        self._by_skeleton[skeleton(name)].append(name)
        self._by_words[words].append(name)
        self._begun.update(words[:length] for length in range(len(words) + 1))
        for word in words:
            for key in keys(word)[0]:
                self._filed[key][word] = None
        for key in keys_once("".join(words)):
            self._joined[key][name] = None

    def like(self, name: str) -> list[str]:
        """Those that are alike to ``name``, itself left out, sorted."""
        words = _words(name)
        near = {*self._by_skeleton.get(skeleton(name), ())}
        near.update(other for found in self._near(words) for other in self._by_words[found])
        for key in keys_once("".join(words)):
            near.update(self._joined.get(key, ()))
        return sorted(other for other in near if other != name and alike(name, other))

    def _near(self, words: Words) -> Iterator[Words]:
        """The words of names that are like ``words``, one by one."""
        begun: list[Words] = [()]
        for word in words:
            like = {word}
            for key in keys(word)[1]:
                like.update(self._filed.get(key, ()))
            begun = [
                longer for one in begun for each in like if (longer := (*one, each)) in self._begun
            ]
        return (one for one in begun if one in self._by_words)


def groups(names: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """Names that may be one, each group in the order in which they are given; no group of one.

    Likeness is handed on: "Oppty" and "Oportunity" are in one group with "Opportunity", to which
    both are alike. An abbreviation that may stand for several is in none of their groups.
    """
    group = {name: [name] for name in names}
    order = {name: number for number, name in enumerate(group)}
    first: dict[object, str] = {}
    for name in order:
        _join(group, first.setdefault((skeleton(name), _words(name)), name), name)
    known = Names(first.values())
    shortened: dict[str, list[str]] = defaultdict(list)
    for name in first.values():
        for other in known.like(name):
            if alike(name, other) is not Likeness.SHORTENED:
                _join(group, name, other)
            elif len(name) < len(other):
                shortened[name].append(other)
    for short, longer in shortened.items():
        if len({id(group[name]) for name in longer}) == 1:
            _join(group, short, longer[0])
    found = {id(one): sorted(one, key=order.__getitem__) for one in group.values() if len(one) > 1}
    return tuple(map(tuple, sorted(found.values(), key=lambda one: order[one[0]])))


def _join(group: dict[str, list[str]], name: str, other: str) -> None:
    """Make one group of the two, the smaller one put into the larger."""
    small, large = sorted((group[name], group[other]), key=len)
    if small is not large:
        large.extend(small)
        for one in small:
            group[one] = large


@lru_cache(maxsize=65536)
def as_seen(name: str) -> str:
    """``name`` as it looks, character by character: equal for spellings that nobody tells apart.

    Case, width, accents, letters borrowed from other scripts and kinds of blanks, dashes and
    quotes are folded; what can't be seen is left out, a run of blanks is one space. Punctuation
    stays, and blanks do inside a name: "Lead hot" is not "Leadhot".
    """
    return " ".join(folded(name).split())


def skeleton(name: str) -> str:
    """What is left of ``name`` for a reader in a hurry: equal skeletons look alike.

    Coarser than :func:`as_seen`: spacing and punctuation are folded as well.
    """
    if name.isascii() and (kept := name.lower().translate(_DROPPED)):
        return kept
    return _skeleton(name)


_DROPPED = {code: None for code in range(128) if not chr(code).isalnum()}


@lru_cache(maxsize=65536)
def _skeleton(name: str) -> str:
    seen = folded(name)
    kept = "".join(character for character in seen if character.isalnum())
    # A name of punctuation or emoji alone would fold to nothing and look like every other one.
    return kept or "".join(seen.split())


def difference(name: str, other: str) -> str:
    """In what two names that look alike differ; the eye can't tell some of it."""
    one_folded, other_folded = name.casefold(), other.casefold()
    if one_folded == other_folded:
        return "case"
    if "".join(one_folded.split()) == "".join(other_folded.split()):
        return "spacing"
    for one, rest in ((name, other), (other, name)):
        for character in one:
            if not character.isascii() and character not in rest:
                title = unicodedata.name(character, "a character without a name")
                return f"a look-alike character: U+{ord(character):04X}, {title}"
    return "punctuation"


def folded(text: str) -> str:
    """``text`` without what nobody tells apart; blanks stay as they are."""
    if text.isascii() and text.isprintable():
        return text.lower()
    # Twice: mathematical letters get their case only by decomposition, and "ẞ" decomposes to
    # nothing before its case is folded.
    result = unicodedata.normalize("NFKD", text).casefold()
    result = unicodedata.normalize("NFKD", result).casefold().translate(_CONFUSABLE)
    return "".join(
        character
        for character in BLANKS.sub(" ", result).translate(_PUNCTUATION)
        if not has_no_width(character)
    )


# Letters of other scripts that look like a Latin one, after case folding. Digits are left as they
# are: "Tier 1" and "Tier l" are rarely meant to be one tag, and a false alarm costs attention.
_CONFUSABLE = str.maketrans(
    {
        # Cyrillic
        "а": "a", "в": "b", "е": "e", "һ": "h", "і": "i", "ј": "j", "к": "k", "м": "m", "н": "h",
        "о": "o", "р": "p", "с": "c", "т": "t", "у": "y", "х": "x", "ѕ": "s", "ԁ": "d", "ԛ": "q",
        "ԝ": "w", "ѵ": "v",
        # Greek
        "α": "a", "β": "b", "ε": "e", "η": "n", "ι": "i", "κ": "k", "μ": "u", "ν": "v", "ο": "o",
        "ρ": "p", "τ": "t", "υ": "u", "χ": "x", "ω": "w",
        # Latin letters that are not composed of one
        "ı": "i", "ɩ": "i", "ɡ": "g", "ɑ": "a", "ø": "o", "đ": "d", "ł": "l",
    }
)  # fmt: skip


_PUNCTUATION = str.maketrans(
    {
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u0060\u00b4", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033", '"'),
        "\u2044": "/",
        "\u2215": "/",
    }
)
