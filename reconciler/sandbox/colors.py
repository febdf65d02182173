"""The colours that a server may take for tags (switch palette)."""

from __future__ import annotations

from typing import Final


def _shades(hues: str, *, most: int) -> frozenset[str]:
    """Shades 1 to ``most`` of each of the ``hues``."""
    return frozenset(f"{hue}{number}" for hue in hues.split() for number in range(1, most + 1))


REFERENCE: Final = _shades("gray blue cyan purple red yellow", most=2) | _shades(
    "pink orange green", most=4
)
"""The closed list of the reference, 24 colours (B)."""
PAGE: Final = (
    _shades("gray red", most=1) | _shades("blue green", most=2) | _shades("orange", most=3)
)
"""Those that the page names before its "etc." (A)."""
NARROW: Final = _shades("orange yellow green blue purple pink", most=1) | _shades(
    "red gray", most=2
)
"""All that one author's account took (C)."""
PALETTES: Final = {"reference": REFERENCE, "page": PAGE, "narrow": NARROW}
PLAIN: Final = "gray1"
"""A new tag's colour where none is given."""
