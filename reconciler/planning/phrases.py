"""Places and names, as a warning that covers many of them lists them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.model.tag import Place

_NAMED_PLACES = 3


def where(places: Sequence[Place]) -> str:
    """The first few of ``places``, and how many more there are."""
    named = ", ".join(map(str, places[:_NAMED_PLACES]))
    more = len(places) - _NAMED_PLACES
    return f"{named} and {more:,} more" if more > 0 else named
