"""What a terminal can show, and the sequences that make it show it."""

from __future__ import annotations

from enum import IntEnum
from typing import Final, NamedTuple

from reconciler.model.palette import PALETTE, rgb


class Colors(IntEnum):
    """How many colours the sink can show."""

    NONE = 0
    BASIC = 16
    INDEXED = 256
    TRUE = 1 << 24


# On a terminal of 16 colours, and of 256: mid-tones, which are read on black and on white alike
# (contrast of 4 to 1 and more on both). Of the 16, yellow and cyan vanish on white, blue on black.
_GREEN: Final = ("32", "38;5;28")
_AMBER: Final = ("35", "38;5;130")
_RED: Final = ("1;31", "1;38;5;196")
_TEAL: Final = ("1", "38;5;31")

NO_BREAK: Final = "\u00a0"
"""A space at which no line ends: a chip's edges stay with its text."""


class Style(NamedTuple):
    """Wraps text that is already safe in SGR sequences; ``Style()`` leaves it as it is."""

    colors: Colors = Colors.NONE

    def bold(self, text: str) -> str:
        """What the eye should find."""
        return self._sgr("1", text)

    def dim(self, text: str) -> str:
        """What it may skip."""
        return self._sgr("2", text)

    def create(self, text: str) -> str:
        """Something comes into being."""
        return self._tone(_GREEN, text)

    def update(self, text: str) -> str:
        """Something changes; also warnings."""
        return self._tone(_AMBER, text)

    def delete(self, text: str) -> str:
        """Something is lost; also errors."""
        return self._tone(_RED, text)

    def note(self, text: str) -> str:
        """Places in files, and advice."""
        return self._tone(_TEAL, text)

    def chip(self, color: str) -> str:
        """A colour's name as CallRail's screen shows it, text on background; plain if unknown.

        ``color`` is safe text already.
        """
        shade = PALETTE.get(color)
        if shade is None or self.colors is Colors.NONE:
            return color
        text, background = rgb(shade.text), rgb(shade.background)
        if self.colors is Colors.TRUE:
            code = "38;2;{};{};{};48;2;{};{};{}".format(*text, *background)
        elif self.colors is Colors.INDEXED:
            code = f"38;5;{_cube(text)};48;5;{_cube(background)}"
        else:
            code = f"{97 if min(text) == 255 else 30};{_basic(background) + 10}"
        return self._sgr(code, f"{NO_BREAK}{color}{NO_BREAK}")

    def _tone(self, codes: tuple[str, str], text: str) -> str:
        return self._sgr(codes[self.colors > Colors.BASIC], text)

    def _sgr(self, code: str, text: str) -> str:
        if self.colors is Colors.NONE or not text:
            return text
        return f"\x1b[{code}m{text}\x1b[0m"


PLAIN: Final = Style()

_BASIC: Final = {
    31: (205, 49, 49),
    32: (13, 150, 80),
    33: (229, 190, 16),
    34: (36, 114, 200),
    35: (188, 63, 188),
    36: (17, 168, 205),
    90: (110, 118, 129),
    91: (241, 76, 76),
    95: (224, 110, 180),
}


def _cube(rgb: tuple[int, int, int]) -> int:
    """The nearest of the 6 x 6 x 6 colours that sit at 16-231."""
    red, green, blue = (
        min(range(6), key=lambda step: abs((0, 95, 135, 175, 215, 255)[step] - part))
        for part in rgb
    )
    return 16 + 36 * red + 6 * green + blue


def _basic(rgb: tuple[int, int, int]) -> int:
    return min(
        _BASIC,
        key=lambda code: sum((a - b) ** 2 for a, b in zip(_BASIC[code], rgb, strict=True)),
    )
