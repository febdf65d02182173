"""How names are matched by globs and told apart by people who read them."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import chain
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
    # What stands between two stars is taken where it is first found, and never looked for again:
    # no other place could help the rest. So a pattern of many stars can't try all the ways.
    first, *rest = (_literal(part) for part in re.split(r"\*+", pattern))
    between = "".join(f"(?>.*?{part})" for part in rest[:-1])
    end = f".*{rest[-1]}" if rest else ""
    matches = re.compile(f"{first}{between}{end}", re.DOTALL).fullmatch
    return lambda name: matches(name) is not None


def _literal(part: str) -> str:
    return "".join("." if character == "?" else re.escape(character) for character in part)


def is_glob(pattern: str) -> bool:
    """Whether ``pattern`` holds a wildcard."""
    return "*" in pattern or "?" in pattern


def any_glob(patterns: Iterable[str]) -> Callable[[str], bool]:
    """A test for names that at least one of ``patterns`` matches; no pattern matches nothing."""
    return _any(tuple(patterns))


@lru_cache(maxsize=256)
def _any(patterns: tuple[str, ...]) -> Callable[[str], bool]:
    """Patterns by what they begin with, or end with where that is a wildcard: few are tried."""
    starts: dict[str, list[Callable[[str], bool]]] = {}
    ends: dict[str, list[Callable[[str], bool]]] = {}
    for pattern in dict.fromkeys(patterns):
        parts = re.split(r"[*?]+", pattern)
        by, key = (starts, parts[0]) if parts[0] else (ends, parts[-1])
        by.setdefault(key, []).append(glob(pattern))
    heads, tails = sorted(set(map(len, starts))), sorted(set(map(len, ends)))

    def matches(name: str) -> bool:
        near = (starts.get(name[:length], ()) for length in heads)
        far = (ends.get(name[len(name) - length :], ()) for length in tails if length <= len(name))
        return any(test(name) for tests in chain(near, far) for test in tests)

    return matches


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
