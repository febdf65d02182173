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


_SHORTEST_CUT: Final = 10
"""No server cuts names below this; a shorter start is another name, not the same one cut."""


def is_tidied(stored: str, wanted: str) -> bool:
    """Whether a server that was given ``wanted`` may have stored it as ``stored`` (D).

    It may trim and collapse blanks, change case and Unicode form, drop what is invisible, and cut
    a long name. ``wanted`` itself is such a form.
    """
    kept, asked = _tidied(stored), _tidied(wanted)
    return kept == asked or (len(kept) >= _SHORTEST_CUT and asked.startswith(kept))


@lru_cache(maxsize=65536)
def _tidied(name: str) -> str:
    """What all such forms of one name have in common."""
    visible = (
        " " if one.isspace() else one
        for one in unicodedata.normalize("NFKC", name)
        if one.isspace() or unicodedata.category(one) not in {"Cc", "Cf"}
    )
    folded = unicodedata.normalize("NFKC", "".join(visible).casefold())
    return " ".join(folded.split())
