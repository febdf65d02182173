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


@lru_cache(maxsize=65536)
def skeleton(name: str) -> str:
    """What is left of ``name`` for a reader in a hurry: equal skeletons look alike.

    Case, width, accents, spacing, punctuation and letters borrowed from other scripts are folded.
    """
    folded = unicodedata.normalize("NFKD", name.casefold()).translate(_CONFUSABLE)
    kept = "".join(character for character in folded if character.isalnum())
    # A name of punctuation or emoji alone would fold to nothing and look like every other one.
    return kept or "".join(folded.split())


TRUNCATED_FROM: Final = 64
"""The shortest name that can be what a server left of a longer one (no length is published: D)."""


@lru_cache(maxsize=65536)
def tidied(name: str) -> str:
    """What is left of ``name`` when case, blanks, Unicode form and the invisible are folded.

    A server may store a name with these changed (D), so two names that are equal here may be one
    tag: the one that was asked for and the one that was stored.
    """
    visible = "".join(
        one
        for one in unicodedata.normalize("NFKC", name)
        if one.isspace() or unicodedata.category(one) not in {"Cc", "Cf"}
    )
    folded = unicodedata.normalize("NFKC", visible.casefold())
    return " ".join(folded.split())


def may_be_stored_as(wanted: str, stored: str, *, cut_from: int = TRUNCATED_FROM) -> bool:
    """Whether a server that tidies or cuts names could have made ``stored`` of ``wanted``.

    ``cut_from``: the shortest name that passes for a cut one. A tag that was not there before the
    request may be more than one that was.
    """
    if tidied(wanted) == tidied(stored):
        return True
    long_enough = cut_from <= len(stored) < len(wanted)
    return long_enough and tidied(wanted).startswith(tidied(stored))


def can_be_declared(name: str) -> bool:
    """Whether the language certainly takes ``name``: NFC, visible, no blank at an end."""
    return name.isprintable() and name == name.strip() and unicodedata.is_normalized("NFC", name)
