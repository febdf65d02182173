"""By what the changes of a plan are put together for who reads them."""

from __future__ import annotations

from enum import StrEnum


class GroupBy(StrEnum):
    """The heading that a change stands under: where its tag lives, or what it is called."""

    PLACE = "place"
    TAG = "tag"
