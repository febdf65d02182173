"""The colours that CallRail is known to take; any other draws a warning, for the server decides."""

from __future__ import annotations

PALETTE = (
    "gray1",
    "gray2",
    "blue1",
    "blue2",
    "green1",
    "green2",
    "orange1",
    "orange2",
    "orange3",
    "red1",
    "red2",
    "yellow1",
    "purple1",
    "pink1",
)
"""The API page's examples and what another account was seen to take; neither list is closed."""
