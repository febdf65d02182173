from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.callrail.paging import Page, Paged, parse_page, read_all
from reconciler.concurrency import side_by_side
from reconciler.errors import ProtocolError


async def read(
    pages: dict[int, dict[str, object]], *, cap: int = 250
) -> tuple[tuple[object, ...], int]:
    """The rows of a server that has ``pages``, and how many requests they cost."""
    asked = 0

    async def fetch(number: int) -> Page[object]:
        nonlocal asked
        asked += 1
        payload = {"rows": [], **pages.get(number, {})}
        return parse_page(payload, rows="rows", parse=lambda row: row)

    async def pause(_: int) -> None:
        await asyncio.sleep(0)

    source: Paged[object] = Paged(what="rows", fetch=fetch, key=str, pause=pause)
    return await read_all(source), asked


def cut(count: int, size: int, **totals: object) -> dict[int, dict[str, object]]:
    return {
        start // size + 1: {"rows": list(range(start, min(start + size, count))), **totals}
        for start in range(0, max(count, 1), size)
    }


@given(
    st.integers(0, 1_200),
    st.sampled_from([1, 7, 100, 250]),
    st.sets(st.sampled_from(["total_pages", "per_page"])),
)
async def test_any_honest_listing_is_read_whole(count: int, size: int, reported: set[str]) -> None:
    known = {"total_pages": max(1, -(-count // size)), "per_page": size}
    totals = {"total_records": count} | {name: known[name] for name in reported}
    rows, asked = await read(cut(count, size, **totals))
    assert rows == tuple(range(count))
    assert asked == max(1, -(-count // size))


@pytest.mark.parametrize(
    ("count", "totals", "asked"),
    [
        (0, {}, 1),
        (6, {"per_page": 100}, 1),
        (6, {}, 2),
        (100, {"per_page": 100}, 2),
        (250, {"per_page": 100}, 3),
        (250, {"total_pages": 3}, 3),
        (300, {"per_page": 100}, 4),
    ],
)
async def test_a_listing_that_shows_no_total_is_followed_to_its_end(
    count: int, totals: dict[str, object], asked: int
) -> None:
    rows, cost = await read(cut(count, 100, **totals))
    assert (len(rows), cost) == (count, asked)


@pytest.mark.parametrize(
    "pages",
    [
        cut(5, 250, total_records=6),
        cut(5, 250, total_records=4),
        cut(0, 250, total_records=6),
        cut(500, 250, total_records=501),
        cut(500, 250, total_records=500, total_pages=3),
        {1: {"rows": [1, 1], "total_records": 2}},
        {1: {"rows": [1, 2], "total_records": 4}, 2: {"rows": [2, 3], "total_records": 4}},
        {1: {"rows": [1, 2], "total_records": 4}, 2: {"rows": [3, 4], "total_records": 5}},
        {1: {"rows": [1, 2], "total_records": 4}, 2: {"rows": [3, 4]}},
        {1: {"rows": [1, 2], "total_records": 4, "page": 2}},
        {1: {"rows": [1, 2], "total_records": 4, "page": 1}, 2: {"rows": [1], "page": 1}},
    ],
    ids=range(11),
)
async def test_pages_that_contradict_each_other_give_no_listing(
    pages: dict[int, dict[str, object]],
) -> None:
    with pytest.raises(ProtocolError, match="the same in 4 reads") as caught:
        await read(pages)
    assert "changing" not in f"{caught.value.message} {caught.value.hint}"


async def test_a_listing_that_moves_between_its_reads_is_called_unstable() -> None:
    class Growing(dict[int, dict[str, object]]):
        reads = 0

        def get(self, number: int, default: object = None) -> dict[str, object]:
            self.reads += 1
            return {"rows": list(range(self.reads)), "total_records": self.reads + 1}

    with pytest.raises(ProtocolError, match="unstable") as caught:
        await read(Growing())
    assert "changing it right now" in (caught.value.hint or "")


async def test_a_record_that_came_twice_is_named() -> None:
    with pytest.raises(ProtocolError, match="the record 7 came twice, the same in 4 reads"):
        await read({1: {"rows": [7, 7], "total_records": 2}})


@pytest.mark.parametrize(
    ("size", "seconds", "totals"),
    [(2**28, 0.0, "more than 512 MiB"), (1, 1_000.0, "not read within 3,600 s")],
)
async def test_a_listing_is_bounded_in_all(size: int, seconds: float, totals: str) -> None:
    now = 0.0

    async def fetch(number: int) -> Page[object]:
        nonlocal now
        now += seconds
        payload = {"rows": [number], "total_records": 100}
        return parse_page(payload, rows="rows", parse=lambda row: row, size=size)

    async def pause(_: int) -> None:
        raise AssertionError("a listing that is too large is not read again")

    source: Paged[object] = Paged(what="rows", fetch=fetch, key=str, pause=pause, clock=lambda: now)
    with pytest.raises(ProtocolError, match=totals):
        await read_all(source)


async def test_an_endless_listing_is_given_up() -> None:
    class Endless(dict[int, dict[str, object]]):
        def get(self, number: int, default: object = None) -> dict[str, object]:
            return {"rows": [number]}

    with pytest.raises(ProtocolError, match="more than"):
        await read(Endless())


async def test_one_row_a_page_of_a_million_is_not_read() -> None:
    with pytest.raises(ProtocolError, match="too many"):
        await read({1: {"rows": [1], "total_records": 900_000}})


async def test_the_first_failure_is_raised_as_it_is_and_ends_the_others() -> None:
    ended: list[bool] = []

    async def fail() -> None:
        raise ProtocolError("first")

    async def wait() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(True)

    with pytest.raises(ProtocolError, match="first"):
        await side_by_side([wait(), fail()])
    assert ended == [True]
