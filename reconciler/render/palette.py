"""The colours that tags have, as a person sees them."""

from __future__ import annotations

from typing import Final

HEX: Final = {
    "gray1": "#8a94a0",
    "gray2": "#4f5b67",
    "blue1": "#3d8fd9",
    "blue2": "#1b4f9c",
    "green1": "#3faa5a",
    "green2": "#1d6b3a",
    "orange1": "#f5b95b",
    "orange2": "#ee8a2d",
    "orange3": "#d1591b",
    "red1": "#df4a4a",
    "red2": "#9e2231",
    "yellow1": "#e6c620",
    "purple1": "#8a57c2",
    "pink1": "#e06ba8",
}
"""Name -> ``#rrggbb``. CallRail publishes the names alone; these are close to what each one says,
apart enough to be told from each other, and readable on light and on dark."""


def rgb(name: str) -> tuple[int, int, int] | None:
    """Red, green and blue (0-255) of a colour name; None for one that is not known."""
    value = HEX.get(name)
    if value is None:
        return None
    return int(value[1:3], 16), int(value[3:5], 16), int(value[5:7], 16)
