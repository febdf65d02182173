"""How names are matched by globs and told apart by people who read them."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

BLANK: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0d\uffa0"
    "\U000e0000-\U000e0fff]"
)
"""Printable by category, yet drawn as nothing or as blank: fillers, joiners, selectors of variants
(but for the two that choose between emoji and text).
"""

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


def glob(pattern: str) -> Callable[[str], bool]:
    """A test for whole names; ``*`` is any run of characters, ``?`` any one, all else itself."""
    return _compiled(pattern)


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> Callable[[str], bool]:
    if not is_glob(pattern):
        return pattern.__eq__
    # A run of stars means what one star means, and would make the matcher try them all.
    parts = re.split(r"(\*+|\?)", pattern)
    source = "".join(
        ".*?" if part.startswith("*") else "." if part == "?" else re.escape(part) for part in parts
    )
    matches = re.compile(source, re.DOTALL).fullmatch
    return lambda name: matches(name) is not None


def is_glob(pattern: str) -> bool:
    """Whether ``pattern`` holds a wildcard."""
    return "*" in pattern or "?" in pattern


def any_glob(patterns: Iterable[str]) -> Callable[[str], bool]:
    """A test for names that at least one of ``patterns`` matches; no pattern matches nothing."""
    tests = tuple(map(glob, patterns))
    if not tests:
        return lambda _name: False
    return lambda name: any(test(name) for test in tests)


def any_alike(patterns: Iterable[str]) -> Callable[[str], bool]:
    """A test for names that a person would read as matched by one of ``patterns``.

    What :func:`any_glob` matches is matched here too; beside it, every spelling that looks the
    same: other case, composed or decomposed, wide or narrow, letters of other scripts, blanks of
    any kind, characters that can't be seen. Guards use it: a protected name stays protected
    however it came to be written. One character of a name may look like several ("ß" as "ss");
    ``?`` then takes the name as it is written, or one of them.
    """
    written = tuple(patterns)
    if not written:
        return lambda _name: False
    exactly = any_glob(written)
    seen = any_glob(dict.fromkeys(map(_pattern_as_seen, written)))
    return lambda name: exactly(name) or seen(as_seen(name).translate(_LITERAL))


def which_alike(patterns: Iterable[str], name: str) -> str | None:
    """The first of ``patterns`` that :func:`any_alike` matches ``name`` by; None: none does."""
    return next((one for one in patterns if any_alike((one,))(name)), None)


@lru_cache(maxsize=65536)
def as_seen(name: str) -> str:
    """``name`` as it looks, character by character: equal for spellings that nobody tells apart.

    Case, width, accents, letters borrowed from other scripts and kinds of blanks, dashes and
    quotes are folded; what can't be seen is left out, a run of blanks is one space. Punctuation
    stays, and blanks do inside a name: "Lead hot" is not "Leadhot".
    """
    return " ".join(_folded(name).split())


def _pattern_as_seen(pattern: str) -> str:
    """``pattern`` for names as they are seen: its wildcards stay, the text between is folded.

    A blank beside a wildcard separates words there, so it stays; at the ends it goes, as a name's.
    Text that folds to nothing must not leave its wildcard alone, which would match every name: it
    becomes what is in no name, and such a pattern matches exactly or not at all.
    """
    folded = "".join(
        part if part in ("*", "?", "") else _literal_as_seen(part)
        for part in re.split(r"([*?])", pattern)
    )
    begin = folded.lstrip() if folded.lstrip()[:1] not in ("*", "?") else folded
    return begin.rstrip() if begin.rstrip()[-1:] not in ("*", "?") else begin


def _literal_as_seen(part: str) -> str:
    return re.sub(r"\s+", " ", _folded(part)).translate(_LITERAL) or _NOTHING


_NOTHING = "\ue002"
"""In a pattern: a character that no folded name has."""

_LITERAL = {ord("*"): "\ue000", ord("?"): "\ue001", ord(_NOTHING): "\ue003"}
"""Wide and small forms of the wildcards fold to them, and are no wildcards where they stand."""


@lru_cache(maxsize=65536)
def skeleton(name: str) -> str:
    """What is left of ``name`` for a reader in a hurry: equal skeletons look alike.

    Coarser than :func:`as_seen`: spacing and punctuation are folded as well.
    """
    folded = _folded(name)
    kept = "".join(character for character in folded if character.isalnum())
    # A name of punctuation or emoji alone would fold to nothing and look like every other one.
    return kept or "".join(folded.split())


TRUNCATED_FROM: Final = 64
"""The shortest name that can be what a server left of a longer one (no length is published: D)."""


def tidied(name: str) -> str:
    """What is left of ``name`` when case, blanks and Unicode form are folded.

    A server may store a name with these changed (D), so two names that are equal here may be one
    tag: the one that was asked for and the one that was stored.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return " ".join(folded.split())


def may_be_stored_as(wanted: str, stored: str) -> bool:
    """Whether a server that tidies or cuts names could have made ``stored`` of ``wanted``."""
    if tidied(wanted) == tidied(stored):
        return True
    long_enough = TRUNCATED_FROM <= len(stored) < len(wanted)
    return long_enough and tidied(wanted).startswith(tidied(stored))


def can_be_declared(name: str) -> bool:
    """Whether the language certainly takes ``name``: NFC, visible, no blank at an end."""
    return name.isprintable() and name == name.strip() and unicodedata.is_normalized("NFC", name)


def _folded(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text.lower()
    # Twice: mathematical letters get their case only by decomposition, and "ẞ" decomposes to
    # nothing before its case is folded.
    folded = unicodedata.normalize("NFKD", text).casefold()
    folded = unicodedata.normalize("NFKD", folded).casefold().translate(_CONFUSABLE)
    return "".join(
        character
        for character in _DRAWN_BLANK.sub(" ", folded).translate(_PUNCTUATION)
        if not _is_unseen(character)
    )


_DRAWN_BLANK = re.compile("[\u115f\u1160\u2800\u3164\uffa0]")
"""Letters and signs by category that are drawn as a blank of some width."""

_PUNCTUATION = str.maketrans(
    {
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u0060\u00b4", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033", '"'),
        "\u2044": "/",
        "\u2215": "/",
    }
)


def _is_unseen(character: str) -> bool:
    """Marks above and below letters, joiners, controls: no width of their own."""
    if " " <= character <= "~" or character.isspace():
        return False
    category = unicodedata.category(character)
    return category in _UNSEEN or BLANK.match(character) is not None


_UNSEEN = frozenset(("Mn", "Me", "Cf", "Cc"))
