from __future__ import annotations

import pytest

from reconciler.errors import NotFoundError, ProtocolError
from tests.callrail.clients import scenario
from tests.callrail.stand_in import StandIn, tag_row, tag_rows


def of_companies(count: int, companies: int) -> list[dict[str, object]]:
    return [
        tag_row(number, f"tag {number}", company=f"COM{number % companies}")
        for number in range(1, count + 1)
    ]


@pytest.mark.parametrize(
    ("tags", "requests"), [(0, 1), (1, 1), (249, 1), (250, 1), (251, 2), (1_000, 4), (1_001, 5)]
)
async def test_a_listing_costs_one_request_a_page_of_250(tags: int, requests: int) -> None:
    async with scenario(StandIn(tags=tag_rows(tags))) as s:
        listing = await s.provider.tags()
        assert [tag.id for tag in listing.tags] == list(range(1, tags + 1))
        assert s.provider.requests == s.client.requests == len(s.server.calls) == requests


async def test_a_smaller_page_cap_is_honoured() -> None:
    async with scenario(StandIn(tags=tag_rows(95), page_cap=10)) as s:
        assert len((await s.provider.tags()).tags) == 95
        assert len(s.server.calls) == 10


async def test_pages_after_the_first_are_read_concurrently() -> None:
    async def work() -> None:
        from asyncio import sleep

        tags = StandIn(tags=tag_rows(2_000))

        async def slowly(call: object) -> object:
            await sleep(0.02)
            return tags(call)  # type: ignore[arg-type]

        async with scenario(slowly) as s:  # type: ignore[arg-type]
            assert len((await s.provider.tags()).tags) == 2_000
            assert s.server.peak >= 5

    await work()


async def test_a_page_that_shifts_is_read_again() -> None:
    server = StandIn(tags=tag_rows(600))

    def shift(call: object) -> None:
        if server.listings == 1 and len(server.tags) == 600:
            server.tags.insert(0, tag_row(9_999, "new"))

    server.before = shift
    async with scenario(server) as s:
        assert len((await s.provider.tags()).tags) == 601


async def test_a_listing_that_never_keeps_still_gives_no_plan() -> None:
    server = StandIn(tags=tag_rows(600))

    def shift(call: object) -> None:
        server.tags.insert(0, tag_row(len(server.tags) + 1, "new"))

    server.before = shift
    async with scenario(server) as s:
        with pytest.raises(ProtocolError, match="unstable"):
            await s.provider.tags()
        assert server.listings == 4


async def test_few_companies_are_read_by_the_filter_when_that_is_cheaper() -> None:
    async with scenario(StandIn(tags=of_companies(2_000, 20))) as s:
        listing = await s.provider.tags({"COM3"})
        assert len(listing.tags) == 100
        assert listing.unread == 1_900
        assert len(s.server.calls) == 2


async def test_account_tags_that_the_filter_brings_along_are_dropped() -> None:
    rows = [*of_companies(2_000, 20), tag_row(5_000, "account")]

    async with scenario(StandIn(tags=rows, filter_by_company="with account")) as s:
        listing = await s.provider.tags({"COM3"})
        assert {tag.company_id for tag in listing.tags} == {"COM3"}


@pytest.mark.parametrize("meaning", ["ignored", "nothing"])
async def test_a_filter_that_does_not_work_is_not_believed(meaning: str) -> None:
    tags = StandIn(tags=of_companies(2_000, 20), filter_by_company=meaning)
    async with scenario(tags) as s:
        listing = await s.provider.tags({"COM3"})
        assert len(listing.tags) == 2_000
        assert listing.unread == 0


async def test_an_account_that_is_not_there_names_those_that_are() -> None:
    async with scenario(StandIn(account="ACC2")) as s:
        with pytest.raises(NotFoundError) as caught:
            await s.provider.tags()
        assert "ACC1" in caught.value.message
        assert "ACC2 (My Account)" in (caught.value.hint or "")


async def test_companies_are_read_whole_with_the_disabled_ones_marked() -> None:
    rows: list[dict[str, object]] = [
        {"id": f"COM{n}", "name": f"Company {n}", "status": "active" if n % 2 else "disabled"}
        for n in range(300)
    ]

    async with scenario(StandIn(companies=rows)) as s:
        companies = await s.provider.companies()
        assert len(companies) == 300
        assert sum(company.active for company in companies) == 150


async def test_large_companies_are_not_asked_for_one_by_one() -> None:
    async with scenario(StandIn(tags=of_companies(1_000, 2))) as s:
        await s.provider.tags({"COM0", "COM1"})
        result = s.client.requests
    assert result == 4
