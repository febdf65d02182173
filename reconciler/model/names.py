"""How names are matched by globs, and what a server may store of them."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Final

from reconciler.text.alike import as_seen, folded
from reconciler.text.visible import is_control

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


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


def _pattern_as_seen(pattern: str) -> str:
    """``pattern`` for names as they are seen: its wildcards stay, the text between is folded.

    A blank beside a wildcard separates words there, so it stays; at the ends it goes, as a name's.
    Text that folds to nothing must not leave its wildcard alone, which would match every name: it
    becomes what is in no name, and such a pattern matches exactly or not at all.
    """
    seen = "".join(
        part if part in ("*", "?", "") else _literal_as_seen(part)
        for part in re.split(r"([*?])", pattern)
    )
    begin = seen.lstrip() if seen.lstrip()[:1] not in ("*", "?") else seen
    return begin.rstrip() if begin.rstrip()[-1:] not in ("*", "?") else begin


def _literal_as_seen(part: str) -> str:
    return re.sub(r"\s+", " ", folded(part)).translate(_LITERAL) or _NOTHING


_NOTHING = "\ue002"
"""In a pattern: a character that no folded name has."""

_LITERAL = {ord("*"): "\ue000", ord("?"): "\ue001", ord(_NOTHING): "\ue003"}
"""Wide and small forms of the wildcards fold to them, and are no wildcards where they stand."""


SHORTEST_CUT: Final = 10
"""No server cuts names below this; a shorter start is another name, not the same one cut."""

TRUNCATED_FROM: Final = 64
"""The shortest name that can be what a server left of a longer one (no length is published: D)."""


@lru_cache(maxsize=65536)
def tidied(name: str) -> str:
    """What is left of ``name`` when case, blanks, Unicode form and the invisible are folded.

    A server may store a name with these changed (D), so two names that are equal here may be one
    tag: the one that was asked for and the one that was stored.
    """
    if name.isascii() and name.isprintable():
        return " ".join(name.lower().split())
    kept = (one for one in unicodedata.normalize("NFKC", name) if not is_control(one))
    return " ".join(unicodedata.normalize("NFKC", "".join(kept).casefold()).split())


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
