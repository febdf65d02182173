"""A row that is no tag as we know them takes nothing else with it, unless it may matter."""

from __future__ import annotations

import pytest

from tests.callrail.clients import straight
from tests.callrail.stand_in import StandIn, tag_row, tag_rows

ODD: list[tuple[dict[str, object], str | None, bool, str]] = [
    ({"status": None}, "odd one", True, "'status' is missing, not a string"),
    ({"status": "archived"}, "odd one", True, "a tag's 'status' is 'archived'"),
    ({"name": None}, None, True, "'name' is missing, not a string"),
    ({"tag_level": "agency"}, "odd one", False, "a tag's 'tag_level' is 'agency'"),
    ({"company_id": "COM1"}, "odd one", False, "a tag of level account has company_id 'COM1'"),
    ({"color": 7}, "odd one", True, "a tag's 'color' is 7, not a string"),
    ({"id": None}, "odd one", True, "a tag's 'id' is missing, not a positive integer"),
]


@pytest.mark.parametrize(("change", "name", "placed", "why"), ODD)
async def test_an_odd_row_is_set_apart_with_what_is_known_of_it(
    change: dict[str, object], name: str | None, why: str, *, placed: bool
) -> None:
    server = StandIn(tags=[*tag_rows(300), {**tag_row(4_711, "odd one"), **change}])

    listing = await straight(server).tags()
    assert len(listing.tags) == 300
    (odd,) = listing.odd
    assert (odd.name, odd.placed, odd.page) == (name, placed, 2)
    assert odd.id == ("missing" if "id" in change else "4711")
    assert why in odd.why


async def test_an_odd_row_counts_in_the_proof_of_the_listing() -> None:
    """Without it 301 records would be announced and 300 come."""
    server = StandIn(tags=[*tag_rows(300), {**tag_row(5, "five again"), "status": None}])

    with pytest.raises(Exception, match="the record 5 came twice"):
        await straight(server).tags()
