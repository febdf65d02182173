"""Reads an account's tags and companies in the cheapest way that is provably complete."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from typing import TYPE_CHECKING, Generic, TypeVar

from reconciler.callrail.exchange import Method, Request, path
from reconciler.callrail.paging import (
    PER_PAGE,
    Page,
    Source,
    gather,
    parse_page,
    read_all,
    remaining_pages,
)
from reconciler.callrail.retry import backoff
from reconciler.callrail.wire import company, live_tag
from reconciler.errors import RejectedError
from reconciler.provider import Listing

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from reconciler.callrail.session import Door
    from reconciler.model.tag import Company, LiveTag

T = TypeVar("T")


class TagReader:
    """Listings of one account through one door."""

    def __init__(self, door: Door, account: str) -> None:
        self._door = door
        self._account = account
        self._filter_useless = False

    async def companies(self) -> tuple[Company, ...]:
        """Every company (A)."""
        return await read_all(
            Source(
                what="companies",
                fetch=lambda number: self._page("companies", number, company),
                key=lambda row: row.id,
                pause=self._pause,
            )
        )

    async def tags(self, companies: frozenset[str] | None) -> Listing:
        """Every tag, or at least those of ``companies``, in as few requests as the server allows.

        The first page of the whole listing tells the total, and roughly each company's share of
        it. When asking for each company should cost less than the other pages, the filter
        ``company_id`` (C) is used; what it means beyond the company's own tags is not known, so its
        answers are believed only when they prove that it works: see ``_of_companies``.
        """
        if companies is not None and not companies:
            return Listing(tags=())
        first = await self._page("tags", 1, live_tag)
        remaining = remaining_pages(first)
        narrow = companies is not None and not self._filter_useless and first.total is not None
        if narrow and companies is not None and _likely_pages(companies, first) < (remaining or 0):
            found = await self._of_companies(companies, first)
            if found is not None:
                return Listing(tags=found, unread=max(0, (first.total or 0) - len(found)))
            self._filter_useless = True
        return Listing(tags=await read_all(self._source(None), first=first))

    async def glance(self, company_id: str | None) -> tuple[LiveTag, ...]:
        """The first page of what the filter of one place (None: account level) lists.

        What it shows is live. What it does not show may be live all the same: on another page, or
        hidden by a filter that does not do what it says. Costs one request.
        """
        query = ("tag_level", "account") if company_id is None else ("company_id", company_id)
        return (await self._page("tags", 1, live_tag, (query,))).rows

    async def _of_companies(
        self, companies: frozenset[str], first: Page[LiveTag]
    ) -> tuple[LiveTag, ...] | None:
        """The own tags of ``companies``, or None when the filter can't be relied on.

        It can when it yields no other company's tags, at least one tag of those asked for, and all
        of them that stand on the ``first`` page of the whole listing. Tags of the account that come
        along are dropped.
        """
        try:
            answers = await gather(
                *(read_all(self._source(company_id)) for company_id in sorted(companies))
            )
        except RejectedError:
            return None
        own: list[LiveTag] = []
        for company_id, rows in zip(sorted(companies), answers, strict=True):
            if any(row.company_id not in {None, company_id} for row in rows):
                return None
            own += (row for row in rows if row.company_id == company_id)
        ids = {tag.id for tag in own}
        expected = {tag.id for tag in first.rows if tag.company_id in companies}
        return tuple(own) if ids and expected <= ids else None

    def _source(self, company_id: str | None) -> Source[LiveTag]:
        query = () if company_id is None else (("company_id", company_id),)
        return Source(
            what="tags",
            fetch=lambda number: self._page("tags", number, live_tag, query),
            key=lambda row: row.id,
            pause=self._pause,
        )

    async def _page(
        self,
        resource: str,
        number: int,
        parse: Callable[[object], T],
        query: tuple[tuple[str, str], ...] = (),
    ) -> Page[T]:
        answer = await self._door.call(
            Request(
                method=Method.GET,
                path=path("v3", "a", self._account, f"{resource}.json"),
                query=(*query, ("page", str(number)), ("per_page", str(PER_PAGE))),
                account=self._account,
            )
        )
        return parse_page(answer.payload, rows=resource, parse=parse)

    async def _pause(self, read: int) -> None:
        run = self._door.run
        await run.sleep(backoff(read, run.settings.random))


def _likely_pages(companies: frozenset[str], first: Page[LiveTag]) -> int:
    """What asking for each company should cost, were the listing everywhere as on its first page.

    At least one page each, however small its share.
    """
    if not first.rows:
        return len(companies)
    pages = Counter(tag.company_id for tag in first.rows)
    whole = (first.total or 0) / len(first.rows) ** 2
    return sum(max(1, math.ceil(pages[company] * whole)) for company in companies)


class Coalesced(Generic[T]):
    """Makes many wishes for a fresh read cost few reads.

    Whoever asks gets a read that began after the asking; all who ask while one read runs share the
    next one.
    """

    def __init__(self, read: Callable[[], Awaitable[T]]) -> None:
        self._read = read
        self._running: asyncio.Task[T] | None = None
        self._next: asyncio.Task[T] | None = None

    async def fresh(self) -> T:
        """The result of a read that begins after this call; raises what the read raises."""
        if self._next is None:
            self._next = asyncio.create_task(self._turn(self._running))
            self._next.add_done_callback(_seen)
        return await asyncio.shield(self._next)

    async def idle(self) -> None:
        """Return when no read runs and none is wished for."""
        while (task := self._next or self._running) is not None and not task.done():
            await asyncio.wait({task})

    async def close(self) -> None:
        """End what still runs."""
        tasks = [task for task in (self._running, self._next) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _turn(self, before: asyncio.Task[T] | None) -> T:
        if before is not None:
            await asyncio.wait({before})
        self._running, self._next = self._next, None
        return await self._read()


def _seen(task: asyncio.Task[T]) -> None:
    """Take note of a failure: asyncio complains of one when all who waited were cancelled."""
    if not task.cancelled():
        task.exception()
