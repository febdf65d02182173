"""Reads a listing whole, and proves that it is: or gives no listing at all.

A page has ``page``, ``per_page``, ``total_records`` and sometimes ``total_pages`` (A). The first
page fixes the total and the size of a page; the others are read concurrently. Then ids must be
unique, their number the total, and the total the same on every page. Rows that move between pages
while we read break one of these, so the listing is read again, a few times; reads that contradict
themselves all in the same way show no movement but a server that counts wrongly. A listing is
bounded in all: rows, pages, bytes, seconds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import chain
from typing import TYPE_CHECKING, Final, Generic, NamedTuple, TypeVar

from reconciler.callrail.wire import count
from reconciler.concurrency import side_by_side
from reconciler.errors import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable, Iterable

    from reconciler.callrail.api import ApiSession, Query

PER_PAGE: Final = 250
READS: Final = 4
_MOST_RECORDS: Final = 1_000_000
_MOST_PAGES: Final = 4_000
_MOST_BYTES: Final = 512 * 1024 * 1024
_MOST_SECONDS: Final = 3_600.0

T = TypeVar("T")


class Page(NamedTuple, Generic[T]):
    """One page's rows, and what it says of the whole; None where it says nothing.

    ``size`` is what its answer had, in bytes.
    """

    rows: tuple[T, ...]
    number: int | None
    per_page: int | None
    total: int | None
    pages: int | None
    size: int = 0


class Paged(NamedTuple, Generic[T]):
    """A listing: ``fetch`` reads a page by its number from 1, ``key`` is what makes a row unique.

    ``pause`` waits before the listing is read again; it is given how often it was read. ``clock``
    gives the seconds that reading takes, without what is waited for the quota.
    """

    what: str
    fetch: Callable[[int], Awaitable[Page[T]]]
    key: Callable[[T], Hashable]
    pause: Callable[[int], Awaitable[None]]
    clock: Callable[[], float] = lambda: 0.0


class ShiftingError(Exception):
    """The pages of one read contradict each other.

    ``args[0]`` says how. ``seen``: the keys of the rows that came, where it is about them; two
    reads that failed alike in both met no change between them.
    """

    def __init__(self, reason: str, seen: Iterable[Hashable] = ()) -> None:
        super().__init__(reason)
        self.evidence = reason, hash(frozenset(seen))


def parse_page(
    payload: object, *, rows: str, parse: Callable[[object], T], size: int = 0
) -> Page[T]:
    """A page from its payload, whose list stands under the key ``rows``.

    Raises ProtocolError when it is not a page, or says what no listing can be.
    """
    if not isinstance(payload, Mapping) or not isinstance(payload.get(rows), list):
        raise ProtocolError(f"the answer is not a page: it has no list {rows!r}")
    return Page(
        rows=tuple(map(parse, payload[rows])),
        number=count(payload.get("page"), "page"),
        per_page=count(payload.get("per_page"), "per_page"),
        total=count(payload.get("total_records"), "total_records"),
        pages=count(payload.get("total_pages"), "total_pages"),
        size=size,
    )


def key_in(payload: object, keys: tuple[str, ...]) -> str:
    """The first of ``keys`` that is in ``payload``; the first of all where none is."""
    there = payload if isinstance(payload, Mapping) else {}
    return next((key for key in keys if key in there), keys[0])


async def fetch_page(
    session: ApiSession,
    account: str,
    file: str,
    number: int,
    *,
    rows: tuple[str, ...],
    parse: Callable[[object], T],
    query: Query = (),
) -> Page[T]:
    """The page ``number`` of a ``file`` of ``account``, whose list stands under one of ``rows``.

    Raises AuthError, QuotaError or an ApiError.
    """
    asked = (*query, ("page", str(number)), ("per_page", str(PER_PAGE)))
    answer = await session.get(account, file, query=asked)
    key = key_in(answer.payload, rows)
    return parse_page(answer.payload, rows=key, parse=parse, size=answer.size)


def listing_of(
    session: ApiSession,
    account: str,
    file: str,
    *,
    rows: tuple[str, ...],
    parse: Callable[[object], T],
    key: Callable[[T], Hashable],
    query: Query = (),
) -> Paged[T]:
    """All pages of a ``file``; see :func:`fetch_page`."""

    async def fetch(number: int) -> Page[T]:
        return await fetch_page(session, account, file, number, rows=rows, parse=parse, query=query)

    return paged(session, account, what=rows[0], fetch=fetch, key=key)


def paged(
    session: ApiSession,
    account: str,
    *,
    what: str,
    fetch: Callable[[int], Awaitable[Page[T]]],
    key: Callable[[T], Hashable],
) -> Paged[T]:
    """A listing of ``account``, with the run's pauses and its clock."""
    run = session.run
    return Paged(
        what=what,
        fetch=fetch,
        key=key,
        pause=run.pause,
        clock=lambda: run.now() - run.quota(account).waited,
    )


async def read_all(source: Paged[T], *, first: Page[T] | None = None) -> tuple[T, ...]:
    """Every row of ``source``, in the server's order.

    ``first`` is page 1 where it was read already. Costs one request a page on a server that keeps
    still. Raises ProtocolError when the pages contradict each other every time.
    """
    shifts: list[ShiftingError] = []
    for read in range(1, READS + 1):
        try:
            page = first if first is not None and read == 1 else await source.fetch(1)
            return await _read(source, page)
        except ShiftingError as shift:
            shifts.append(shift)
        if read < READS:
            await source.pause(read)
    reason = str(shifts[-1])
    if len({shift.evidence for shift in shifts}) == 1:
        raise ProtocolError(
            f"{source.what}: {reason}, the same in {READS} reads: the server's count or its pages "
            "are wrong",
            hint="Nothing changed between the reads, so waiting will not help. Nothing is done by "
            "such a listing: tell CallRail's support which account it is.",
        )
    raise ProtocolError(
        f"{source.what}: the listing is unstable: {reason} ({READS} reads)",
        hint="Someone or something is changing it right now: run it again later.",
    )


def remaining_pages(first: Page[T]) -> int | None:
    """How many pages follow ``first``; None where it does not say."""
    if first.total is None:
        return None if first.pages is None else max(0, first.pages - 1)
    if len(first.rows) >= first.total:
        return 0
    return -(-first.total // len(first.rows)) - 1 if first.rows else 0


async def _read(source: Paged[T], first: Page[T]) -> tuple[T, ...]:
    _check_number(first, 1)
    if (first.total or 0) > _MOST_RECORDS or (first.pages or 0) > _MOST_PAGES:
        raise ProtocolError(
            f"the server reports {first.total:,} records" if first.total else "too many pages",
            hint=f"More than {_MOST_RECORDS:,} records are not read.",
        )
    remaining = remaining_pages(first)
    bounds = _Bounds(source, first)
    if remaining is None:
        rest = await _follow(source, first, bounds)
    else:
        if remaining >= _MOST_PAGES:
            raise ProtocolError(f"{source.what}: {remaining + 1:,} pages are too many")
        _check_pages(first, remaining)
        numbers = range(2, remaining + 2)
        rest = await side_by_side(_fetch(source, number, first, bounds) for number in numbers)
    rows = tuple(chain.from_iterable(page.rows for page in (first, *rest)))
    keys = list(map(source.key, rows))
    if first.total is not None and len(rows) != first.total:
        reason = f"{first.total:,} records were announced and {len(rows):,} came"
        raise ShiftingError(reason, keys)
    if len(set(keys)) != len(rows):
        twice = next(key for key, times in Counter(keys).items() if times > 1)
        raise ShiftingError(f"the record {twice} came twice", keys)
    return rows


class _Bounds(Generic[T]):
    """What one read may take in all, however small each of its pages is."""

    def __init__(self, source: Paged[T], first: Page[T]) -> None:
        self._source = source
        self._until = source.clock() + _MOST_SECONDS
        self._rows = self._bytes = 0
        self.add(first)

    def add(self, page: Page[T]) -> None:
        """Count ``page``; raises ProtocolError where the listing gets too large."""
        self._rows += len(page.rows)
        self._bytes += page.size
        over = None
        if self._rows > _MOST_RECORDS:
            over = f"more than {_MOST_RECORDS:,} records"
        elif self._bytes > _MOST_BYTES:
            over = f"more than {_MOST_BYTES >> 20:,} MiB"
        elif self._source.clock() > self._until:
            over = f"not read within {_MOST_SECONDS:,.0f} s of work"
        if over is not None:
            raise ProtocolError(f"{self._source.what}: {over}: the listing is given up")


async def _fetch(source: Paged[T], number: int, first: Page[T], bounds: _Bounds[T]) -> Page[T]:
    page = await source.fetch(number)
    bounds.add(page)
    _check_number(page, number)
    if page.total != first.total:
        raise ShiftingError(f"the total changed from {first.total} to {page.total} between pages")
    return page


async def _follow(source: Paged[T], first: Page[T], bounds: _Bounds[T]) -> list[Page[T]]:
    """Pages after ``first`` of a listing that shows no total: until a short or an empty one."""
    rest: list[Page[T]] = []
    size = min(first.per_page or PER_PAGE, PER_PAGE)
    # A first page that is short by an unechoed cap looks like a last one; the next page shows.
    last = first if first.per_page is None else None
    page = first
    while page.rows and (len(page.rows) >= size or page is last):
        if len(rest) >= _MOST_PAGES:
            raise ProtocolError(f"{source.what}: more than {_MOST_PAGES:,} pages")
        page = await _fetch(source, len(rest) + 2, first, bounds)
        size = len(first.rows)
        rest.append(page)
    return rest


def _check_number(page: Page[T], number: int) -> None:
    if page.number is not None and page.number != number:
        raise ShiftingError(f"page {number} was asked for and page {page.number} came")


def _check_pages(first: Page[T], remaining: int) -> None:
    if first.total is None or first.pages is None or first.pages <= 1 + remaining:
        return
    raise ShiftingError(f"{first.total:,} records were announced, but on {first.pages:,} pages")
