"""Filters of tag listings: used where they save requests, and believed where they are proven."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.callrail.clients import scenario, straight
from tests.callrail.stand_in import Reply, StandIn, tag_row

if TYPE_CHECKING:
    from collections.abc import Collection

    from reconciler.provider import Listing
    from tests.callrail.stand_in import Call

ACCOUNT_TAGS = 30
COMPANIES = 40
EACH = 50
ALL = ACCOUNT_TAGS + COMPANIES * EACH
WHOLE = -(-ALL // 250)


def rows() -> list[dict[str, object]]:
    """2,030 tags: every 70th or so on account level, the others in 40 companies."""
    found = [
        tag_row(number, f"tag {number}", company=f"COM{number % COMPANIES}")
        for number in range(1, COMPANIES * EACH + 1)
    ]
    for number in range(ACCOUNT_TAGS):
        found.insert(number * 60, tag_row(10_000 + number, f"account {number}"))
    return found


class Filtering(StandIn):
    """Honours both filters; ``hidden`` ids are missing from filtered answers."""

    level = "honoured"
    hidden: frozenset[int] = frozenset()
    queries: list[dict[str, str]]

    def answer(self, call: Call) -> Reply:
        self.queries = [*getattr(self, "queries", []), dict(call.query)]
        wanted = call.query.get("tag_level")
        filtered = wanted is not None or "company_id" in call.query
        if call.path.endswith("/tags.json") and wanted is not None and self.level == "refused":
            return Reply(status=400, payload={"error": "unknown parameter"})
        everything, self.filter_by_level = self.tags, self.level != "ignored"
        if filtered:
            self.tags = [row for row in everything if row["id"] not in self.hidden]
        if wanted is not None and self.level == "nothing":
            self.tags = []
        try:
            return super().answer(call)
        finally:
            self.tags = everything


async def read(
    server: StandIn, places: Collection[str | None] | None, *, proven: bool = False
) -> tuple[Listing, int]:
    provider = straight(server)
    return await provider.tags(places, proven=proven), provider.requests


async def test_account_level_alone_costs_one_request_in_a_large_account() -> None:
    listing, requests = await read(Filtering(tags=rows()), {None})
    assert (len(listing.tags), requests) == (ACCOUNT_TAGS, 1)
    assert (listing.proven, listing.unread) == (False, None)


async def test_its_proof_is_made_on_the_whole_for_two_more() -> None:
    listing, requests = await read(Filtering(tags=rows()), {None}, proven=True)
    assert (len(listing.tags), requests) == (ACCOUNT_TAGS, 3)
    assert (listing.proven, listing.unread, listing.cost) == (True, COMPANIES * EACH, 3)


async def test_a_proof_holds_for_the_run() -> None:
    provider = straight(Filtering(tags=rows()))
    await provider.tags({None}, proven=True)
    before = provider.requests
    listing = await provider.tags({None}, proven=True)
    assert (listing.proven, provider.requests - before) == (True, 1)


@pytest.mark.parametrize("level", ["ignored", "refused", "nothing"])
async def test_a_level_filter_that_does_not_work_is_found_out(level: str) -> None:
    server = Filtering(tags=rows())
    server.level = level
    listing, _ = await read(server, {None}, proven=True)
    assert listing.proven
    assert len(listing.tags) == ALL


@pytest.mark.parametrize("level", ["ignored", "refused"])
async def test_one_that_is_ignored_or_refused_shows_it_without_a_proof(level: str) -> None:
    server = Filtering(tags=rows())
    server.level = level
    listing, requests = await read(server, {None})
    assert (listing.proven, len(listing.tags)) == (True, ALL)
    assert requests <= 2 * WHOLE


@pytest.mark.parametrize("hidden", [1, 7, ACCOUNT_TAGS - 1])
async def test_one_that_is_honoured_in_part_gives_no_proof(hidden: int) -> None:
    """Rows that it leaves out, among them none of the first page of everything."""
    server = Filtering(tags=rows())
    server.hidden = frozenset(10_000 + ACCOUNT_TAGS - 1 - number for number in range(hidden))
    unproven, _ = await read(server, {None})
    assert (len(unproven.tags), unproven.proven) == (ACCOUNT_TAGS - hidden, False)
    listing, requests = await read(server, {None}, proven=True)
    assert (len(listing.tags), listing.proven) == (ALL, True)
    assert requests <= WHOLE + 2


async def test_a_small_account_is_read_whole_where_a_proof_is_wanted() -> None:
    server = Filtering(tags=rows()[:200])
    listing, requests = await read(server, {None}, proven=True)
    assert (len(listing.tags), listing.unread, requests, listing.cost) == (200, 0, 1, 1)


async def test_where_most_tags_are_of_account_level_everything_is_read() -> None:
    server = Filtering(tags=[tag_row(number, f"tag {number}") for number in range(1, 1_001)])
    listing, requests = await read(server, {None}, proven=True)
    assert (len(listing.tags), requests) == (1_000, 4)


async def test_companies_are_unproven_where_their_filter_is_used() -> None:
    listing, requests = await read(Filtering(tags=rows()), {"COM3"})
    assert (len(listing.tags), requests, listing.proven) == (EACH, 2, False)


async def test_companies_are_read_whole_where_a_proof_would_cost_more() -> None:
    listing, requests = await read(Filtering(tags=rows()), {"COM3"}, proven=True)
    assert (len(listing.tags), requests, listing.proven) == (ALL, WHOLE, True)


def few_large_companies() -> list[dict[str, object]]:
    return [
        tag_row(number, f"tag {number}", company=f"COM{number % 5}") for number in range(1, 5001)
    ]


@pytest.mark.parametrize(("hidden", "proven_by_sum"), [((), True), ((4_998,), False)])
async def test_shares_of_all_companies_prove_the_filter_where_that_is_cheaper(
    hidden: tuple[int, ...], *, proven_by_sum: bool
) -> None:
    """4,998 is of COM3, and far from the first page."""
    known: list[dict[str, object]] = [
        {"id": f"COM{number}", "name": f"Company {number}", "status": "active"}
        for number in range(5)
    ]

    server = Filtering(tags=few_large_companies(), companies=known)
    server.hidden = frozenset(hidden)
    provider = straight(server)
    await provider.companies()
    listing = await provider.tags({"COM3"}, proven=True)
    assert listing.proven
    assert {tag.id for tag in listing.tags} >= {4_998}
    assert (len(listing.tags) == 1_000) is proven_by_sum


async def test_both_levels_are_read_whole() -> None:
    listing, requests = await read(Filtering(tags=rows()), {None, "COM3"})
    assert (len(listing.tags), requests) == (ALL, WHOLE)


async def test_a_create_after_an_unproven_reading_reads_everything_first() -> None:
    """Nothing may be made because a filter does not show it."""
    from tests.callrail.clients import ACCOUNT_PLACE, desired

    server = Filtering(tags=rows())
    server.hidden = frozenset({10_000 + ACCOUNT_TAGS - 1})

    async with scenario(server) as s:
        await s.provider.tags({None})
        server.queries = []
        await s.provider.create(ACCOUNT_PLACE, desired("account 999"))
        assert any("tag_level" not in query for query in server.queries)
