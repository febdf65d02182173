"""The colours that CallRail knows, and what a tag of each looks like on its screen."""

from __future__ import annotations

import re
from typing import Final, NamedTuple


class Shade(NamedTuple):
    """``text`` on ``background``, each as ``#rrggbb``."""

    text: str
    background: str


PALETTE: Final = {
    "gray1": Shade("#464646", "#e7e7e7"),
    "gray2": Shade("#ffffff", "#c2c2c2"),
    "blue1": Shade("#0f3778", "#b5cef7"),
    "blue2": Shade("#ffffff", "#4583ea"),
    "cyan1": Shade("#0d404a", "#96d7e5"),
    "cyan2": Shade("#ffffff", "#23a2bd"),
    "purple1": Shade("#3d0d90", "#e3d6ff"),
    "purple2": Shade("#ffffff", "#b997ff"),
    "pink1": Shade("#761e3a", "#fcd3e0"),
    "pink2": Shade("#9a4964", "#f890b2"),
    "pink3": Shade("#6b323b", "#ebdbde"),
    "pink4": Shade("#ffffff", "#cda6ac"),
    "red1": Shade("#8c1b00", "#f3b2a7"),
    "red2": Shade("#ffffff", "#fe4a22"),
    "orange1": Shade("#7f3306", "#ffc8ad"),
    "orange2": Shade("#ffffff", "#ff7529"),
    "orange3": Shade("#7d4900", "#ffdfb2"),
    "orange4": Shade("#ffffff", "#ffae38"),
    "yellow1": Shade("#594d00", "#fcea7c"),
    "yellow2": Shade("#694f00", "#fdeebf"),
    "green1": Shade("#054f2f", "#b1f0d2"),
    "green2": Shade("#044227", "#38d790"),
    "green3": Shade("#015531", "#a0ddc0"),
    "green4": Shade("#ffffff", "#00a863"),
}
"""Name -> what it looks like (B). The list is closed there, yet one account took ten of them only
(C): the server decides, and another name draws a warning."""


def rgb(value: str) -> tuple[int, int, int]:
    """Red, green and blue (0-255) of a ``#rrggbb``."""
    return int(value[1:3], 16), int(value[3:5], 16), int(value[5:7], 16)


_WORDS: Final = {
    "#000000": "black",
    "#ffffff": "white",
    "#808080": "grey gray silver",
    "#8b4513": "brown tan maroon",
    "#ff00ff": "magenta fuchsia",
    "#8a2be2": "violet indigo lilac lavender",
    "#008080": "teal turquoise aqua",
    "#0000c0": "navy",
    "#ffd700": "gold amber",
    "#32cd32": "lime",
    "#ff69b4": "rose salmon coral",
}
"""Words that people write for colours, by what they mean."""
_MEANT: Final = {word: value for value, words in _WORDS.items() for word in words.split()}
_HEX: Final = re.compile("#[0-9a-f]{6}")


def nearest_shade(color: str) -> str | None:
    """The known colour whose background comes nearest to a ``#rrggbb`` or a colour's word."""
    written = color.strip().casefold()
    value = written if _HEX.fullmatch(written) else _MEANT.get(written.rstrip("0123456789"))
    if value is None:
        return None
    wanted = rgb(value)
    return min(PALETTE, key=lambda name: _distance(rgb(PALETTE[name].background), wanted))


def _distance(one: tuple[int, int, int], other: tuple[int, int, int]) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))
