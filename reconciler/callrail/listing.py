"""Reads an account's tags and companies in the cheapest way that is provably complete.

Terms. A *filter* is ``tag_level`` or ``company_id`` of ``GET tags.json`` (B). It may be honoured,
ignored, or honoured in part: rows that it should yield are missing, because an index lags or
because it means something else than we read into it.

Premise. A filter that is ignored shows rows of other places, and is found out by one page. One that
is honoured in part can't be seen in its own answer. What it hides would be created a second time,
so nothing may rest on a tag's absence from such an answer.

Method. A filtered answer counts as *unproven*: good for what it shows, and for nothing else.
Whoever needs more asks for a proof, and that is made on the whole: the parts that filters yield
must add up to the total of the listing without a filter. For account level the parts are both
values of ``tag_level``; for companies all of them and account level. Where the proof costs more
than the other pages, or fails, everything is read. A proof holds for the run.

``sort=name`` (B) is not used: tags of one name in many companies have no order among themselves,
and could change places between two pages.
"""

from __future__ import annotations

import math
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Final

from reconciler.callrail.paging import (
    PER_PAGE,
    Page,
    Paged,
    fetch_page,
    listing_of,
    paged,
    read_all,
    remaining_pages,
)
from reconciler.callrail.wire import company, listed_tag
from reconciler.concurrency import side_by_side
from reconciler.errors import ProtocolError, RejectedError
from reconciler.model.tag import Level, LiveTag
from reconciler.provider import Listing, OddTag

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reconciler.callrail.api import ApiSession, Query
    from reconciler.model.tag import Company

Row = LiveTag | OddTag

ACCOUNT_LEVEL: Final = frozenset({None})
_OF_ACCOUNT: Final = (("tag_level", Level.ACCOUNT.value),)
_OF_COMPANIES: Final = (("tag_level", Level.COMPANY.value),)


class TagReader:
    """Listings of one account through one session."""

    def __init__(self, session: ApiSession, account: str) -> None:
        self._session = session
        self._account = account
        self._known: tuple[Company, ...] | None = None
        self._useless: set[str] = set()
        self._proven: dict[str, int] = {}
        """Filter -> tags of other places, when it was proven."""
        self._one_page = False

    async def companies(self) -> tuple[Company, ...]:
        """Every company (A)."""
        listing = listing_of(
            self._session,
            self._account,
            "companies.json",
            rows=("companies",),
            parse=company,
            key=lambda row: row.id,
        )
        self._known = await read_all(listing)
        return self._known

    async def tags(self, places: frozenset[str | None] | None, *, proven: bool = False) -> Listing:
        """See :meth:`reconciler.provider.Provider.tags`."""
        if places is not None and not places:
            return Listing(tags=())
        if places is None or (None in places and places != ACCOUNT_LEVEL):
            return await self._whole()
        if places == ACCOUNT_LEVEL:
            return await self._account_level(proven=proven)
        return await self._of_companies(frozenset(filter(None, places)), proven=proven)

    async def _whole(self, first: Page[Row] | None = None) -> Listing:
        rows = await read_all(self._paged(()), first=first)
        self._one_page = len(rows) <= PER_PAGE
        return _listing(rows, cost=max(1, -(-len(rows) // PER_PAGE)))

    async def _account_level(self, *, proven: bool) -> Listing:
        """Tags of account level; unproven for one request where they fit on a page."""
        if self._one_page or "tag_level" in self._useless:
            return await self._whole()
        if proven and "tag_level" not in self._proven:
            return await self._proven_level()
        rows = await self._filtered(_OF_ACCOUNT)
        if rows is None or any(_place(row) != (None,) for row in rows):
            self._useless.add("tag_level")
            return await self._whole()
        others = self._proven.get("tag_level")
        return _listing(rows, unread=others, proven=others is not None)

    async def _proven_level(self) -> Listing:
        """The same with the proof, or everything where that is cheaper or the proof fails."""
        first = await self._tags_page(1)
        remaining = remaining_pages(first)
        if first.total is None or not remaining:
            return await self._whole(first)
        if _likely_pages(ACCOUNT_LEVEL, first) + 1 >= remaining:
            return await self._whole(first)
        rows = await self._filtered(_OF_ACCOUNT)
        if rows and all(_place(row) == (None,) for row in rows):
            others = await self._tags_page(1, _OF_COMPANIES)
            seen = {_key(row) for row in rows}
            if (
                others.total is not None
                and others.total + len(rows) == first.total
                and not any(_place(row) == (None,) for row in others.rows)
                and all(_key(row) in seen for row in first.rows if _place(row) == (None,))
            ):
                self._proven["tag_level"] = others.total
                cost = -(-len(rows) // PER_PAGE) + 2
                return _listing(rows, unread=others.total, cost=cost)
        self._useless.add("tag_level")
        return await self._whole(first)

    async def first_page(self, company_id: str | None) -> tuple[LiveTag, ...]:
        """The first page of what the filter of one place (None: account level) lists.

        What it shows is live. What it does not show may be live all the same: on another page, or
        hidden by a filter that does not do what it says. Costs one request.
        """
        query = _OF_ACCOUNT if company_id is None else (("company_id", company_id),)
        page = await self._tags_page(1, query)
        return tuple(row for row in page.rows if isinstance(row, LiveTag))

    async def _of_companies(self, companies: frozenset[str], *, proven: bool) -> Listing:
        """Own tags of ``companies``, by the filter where that is cheaper than everything.

        The first page of the whole listing has the total, and roughly each company's share.
        """
        first = await self._tags_page(1)
        remaining = remaining_pages(first) or 0
        pages = _likely_pages(companies, first)
        if proven and "company_id" not in self._proven:
            pages += self._cost_of_proof(companies)
        if "company_id" in self._useless or first.total is None or pages >= remaining:
            return await self._whole(first)
        rows = await self._own(companies, first)
        if rows is not None and proven and not await self._adds_up(companies, rows, first.total):
            rows = None
        if rows is None:
            self._useless.add("company_id")
            return await self._whole(first)
        others = max(0, first.total - len(rows))
        sure = "company_id" in self._proven
        # Another run knows no companies and reads everything where it needs to be sure.
        cost = remaining + 1 if sure else None
        return _listing(rows, unread=others, proven=sure, cost=cost)

    async def _own(self, companies: frozenset[str], first: Page[Row]) -> Sequence[Row] | None:
        """The own tags of ``companies``; None where the filter is seen to be no good.

        It is where it yields another company's tags, none of those asked for, or not all of those
        that stand on the ``first`` page of everything. Tags of account level that come along are
        dropped.
        """
        asked = sorted(companies)
        answers = await side_by_side(self._filtered((("company_id", one),)) for one in asked)
        own: list[Row] = []
        for company_id, rows in zip(asked, answers, strict=True):
            if rows is None or any(_place(row) not in {(None,), (company_id,)} for row in rows):
                return None
            own += (row for row in rows if _place(row) == (company_id,))
        seen = {_key(row) for row in own}
        expected = {_key(row) for row in first.rows if _place(row)[0] in companies}
        return own if seen and expected <= seen else None

    def _cost_of_proof(self, companies: frozenset[str]) -> int:
        """Requests that show the shares of all other places; beyond any where they are unknown."""
        if self._known is None or not companies <= {one.id for one in self._known}:
            return 1 << 30
        return len(self._known) - len(companies) + 1

    async def _adds_up(self, companies: frozenset[str], own: Sequence[Row], total: int) -> bool:
        """Whether ``own`` and the shares of all other places are the ``total`` of everything."""
        if "company_id" in self._proven:
            return True
        rest = [one.id for one in self._known or () if one.id not in companies]
        queries: list[tuple[Query, str | None]] = [((("company_id", one),), one) for one in rest]
        queries.append((_OF_ACCOUNT, None))
        shares = await side_by_side(self._share(query, place) for query, place in queries)
        proven = sum(share if share is not None else total for share in shares) + len(own) == total
        if proven and None not in shares:
            self._proven["company_id"] = total - len(own)
        return "company_id" in self._proven

    async def _share(self, query: Query, place: str | None) -> int | None:
        """How many tags ``place`` has, by a filter that shows them alone; else None."""
        page = await self._tags_page(1, query)
        good = all(_place(row) == (place,) for row in page.rows)
        return page.total if good else None

    async def _filtered(self, query: Query) -> tuple[Row, ...] | None:
        """What ``query`` yields, or None where the server refuses it or contradicts itself."""
        try:
            return await read_all(self._paged(query))
        except (RejectedError, ProtocolError):
            return None

    def _paged(self, query: Query) -> Paged[Row]:
        fetch = partial(self._tags_page, query=query)
        return paged(self._session, self._account, what="tags", fetch=fetch, key=_key)

    async def _tags_page(self, number: int, query: Query = ()) -> Page[Row]:
        parse = partial(listed_tag, page=number)
        return await fetch_page(
            self._session,
            self._account,
            "tags.json",
            number,
            rows=("tags",),
            parse=parse,
            query=query,
        )


def _listing(
    rows: Iterable[Row],
    *,
    unread: int | None = 0,
    proven: bool = True,
    cost: int | None = None,
) -> Listing:
    tags: list[LiveTag] = []
    odd: list[OddTag] = []
    for row in rows:
        if isinstance(row, LiveTag):
            tags.append(row)
        else:
            odd.append(row)
    return Listing(tags=tuple(tags), odd=tuple(odd), unread=unread, proven=proven, cost=cost)


def _place(row: Row) -> tuple[str | None, ...]:
    """The row's company id or None, as the one item; three of nothing where it shows no place."""
    if isinstance(row, OddTag) and not row.placed:
        return (None, None, None)
    return (row.company_id,)


def _key(row: Row) -> int | tuple[str, int]:
    if isinstance(row, LiveTag):
        return row.id
    return int(row.id) if row.id.isdecimal() else ("odd", id(row))


def _likely_pages(places: frozenset[str | None] | frozenset[str], first: Page[Row]) -> int:
    """What asking for each place should cost, were the listing everywhere as on its first page.

    At least one page each, however small its share.
    """
    if not first.rows:
        return len(places)
    shares = Counter([row.company_id for row in first.rows])
    whole = (first.total or 0) / len(first.rows) ** 2
    return sum(max(1, math.ceil(shares[place] * whole)) for place in places)
