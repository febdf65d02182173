r"""Which characters can't be seen, or do more than be seen: the one table, and what uses it.

*Hidden* is what must be written out to be seen: controls, bidirectional, invisible, private and
unassigned characters, spaces other than the plain one, lone surrogates and the fillers below.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_CONTROLS = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
"""But for the tab and the two line ends, which make up a file."""
_TURNING = "\u2028-\u202e\u2066-\u2069"
"""Separators of lines and paragraphs; embeddings, overrides and isolates of direction."""
_BLANKS = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters and signs by category that are drawn as a blank of some width."""
_NOTHING = "\u034f\u17b4\u17b5\u180b-\u180f\ufe00-\ufe0d\U000e0000-\U000e0fff"
"""Printable by category, yet drawn as nothing: joiners, tags, selectors of variants (but for the
two that choose between emoji and text).
"""

NOT_IN_A_FILE: Final = re.compile(f"[{_CONTROLS}{_TURNING}\ufeff\ufffe\uffff]")
"""What may make a file read as something else than it is."""
NOT_IN_A_LINE: Final = re.compile(f"[{_CONTROLS}\t\n\r{_TURNING}\ud800-\udfff]")
"""What the schema of configurations calls no line."""
BLANKS: Final = re.compile(f"[{_BLANKS}]")

_FILLERS = re.compile(f"[{_BLANKS}{_NOTHING}]")
_MAYBE_HIDDEN = re.compile(rf"[^\w -~]|[{_BLANKS}{_NOTHING}]")
"""All that is hidden and little else: letters and digits of any script are seen."""


def is_hidden(character: str) -> bool:
    """Whether ``character`` must be written out to be seen."""
    return not character.isprintable() or _FILLERS.match(character) is not None


def is_visible(text: str) -> bool:
    """Whether no character of ``text`` is hidden."""
    return text.isprintable() and _FILLERS.search(text) is None


def is_mark(character: str) -> bool:
    """Whether ``character`` is drawn on the one before it."""
    return unicodedata.category(character) in {"Mn", "Me"}


def has_no_width(character: str) -> bool:
    """Whether a reader misses nothing without it: marks, joiners, controls, fillers."""
    if " " <= character <= "~" or character.isspace():
        return False
    return is_mark(character) or is_control(character) or _FILLERS.match(character) is not None


def is_control(character: str) -> bool:
    """Whether ``character`` only acts on others: a control or a format character, no blank."""
    return not character.isspace() and unicodedata.category(character) in {"Cc", "Cf"}


def escaped(character: str) -> str:
    r"""``\x1b``, ``\u202e``, ``\U000e0041``: as Python and YAML read it in double quotes."""
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def without_hidden(text: str, write: Callable[[str], str] = escaped) -> str:
    """``text`` with what ``write`` gives for each hidden character in its place."""
    if text.isascii() and text.isprintable():
        return text
    return _MAYBE_HIDDEN.sub(
        lambda found: write(found[0]) if is_hidden(found[0]) else found[0], text
    )


def safe_text(text: str, *, limit: int = 300) -> str:
    """Foreign ``text`` on one line of at most ``limit`` characters, blanks for what is hidden."""
    return cut(" ".join(without_hidden(text[:_MOST_READ], lambda _: " ").split()), limit)


_MOST_READ = 4_000


def cut(text: str, limit: int) -> str:
    """``text`` in at most ``limit`` characters; an ellipsis stands for the rest."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
