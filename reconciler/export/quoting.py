"""Text as YAML writes it, safe whatever it holds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reconciler.config.scalars import resolve
from reconciler.text.quote import double_quoted
from reconciler.text.visible import is_visible

if TYPE_CHECKING:
    from collections.abc import Iterable

_PLAIN_MARKS = frozenset(" _-./()'&+")
_MISREAD = re.compile(r"(?i)y|n|yes|no|on|off|null|true|false")
"""Words that YAML 1.1 readers, and people who know them, take for something else."""
_LINE_WIDTH = 100


def scalar(text: str) -> str:
    """``text`` as a YAML scalar of one line: plain where that is safe, else in double quotes."""
    plain = (
        text[:1].isalpha()
        and not text.endswith(" ")
        and all(one.isalnum() or one in _PLAIN_MARKS for one in text)
        and is_visible(text)
        and isinstance(resolve(text), str)
        and not _MISREAD.fullmatch(text)
    )
    return text if plain else double_quoted(text)


def sequence(key: str, items: Iterable[str], *, indent: int) -> list[str]:
    """The lines of ``key`` with a list of texts: on one line where they fit."""
    written = [scalar(item) for item in items]
    pad = " " * indent
    flow = f"{pad}{key}: [{', '.join(written)}]"
    if len(flow) <= _LINE_WIDTH:
        return [flow]
    return [f"{pad}{key}:", *(f"{pad}  - {item}" for item in written)]
