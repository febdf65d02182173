"""How many columns of a terminal a text takes, by rich's tables of wide and joined characters."""

from __future__ import annotations

import re
from typing import Final

_STYLES: Final = re.compile(r"\x1b\[[0-9;]*m")


def cells(text: str) -> int:
    """The columns of visible ``text``: two for East Asian wide characters and emoji, none for
    marks and for the sequences that set colours.
    """
    if "\x1b" in text:
        text = _STYLES.sub("", text)
    if text.isascii():
        return len(text)
    from rich.cells import cell_len  # noqa: PLC0415 - most runs print plain letters only

    return cell_len(text)
