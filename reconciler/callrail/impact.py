"""Counts the calls that bear a tag, and says how sure the number is.

``GET calls.json`` takes ``tags``, a filter by name (B), and ``per_page=1`` gives the count in
``total_records`` for one request. A server that ignores the filter would make every tag look busy,
and one that reads it differently would make every tag look idle, so the filter is tried out once:
a name that nobody bears must find nothing, and a name that a call does bear must find something.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from reconciler.callrail.exchange import Method, Request, path
from reconciler.callrail.paging import PER_PAGE, Page, parse_page
from reconciler.callrail.wire import plain_row
from reconciler.errors import ProtocolError, RejectedError
from reconciler.model.change import UNKNOWN, Count, Precision

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.callrail.session import Door
    from reconciler.model.tag import Place

_RETENTION_MONTHS: Final = 25
_SCANNED_PAGES: Final = 4
_NOBODY: Final = "reconciler-probe-8f1b6c02-no-such-tag"

CallPage = Page[Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class _Sample:
    """The latest calls of an account, as far as they were read."""

    calls: tuple[Mapping[str, object], ...]
    whole: bool


class CallCounter:
    """One account's calls, counted by tag."""

    def __init__(self, door: Door, account: str) -> None:
        self._door = door
        self._account = account
        self._once = asyncio.Lock()
        self._honoured: bool | None = None
        self._finds: bool | None = None
        self._dated = True

    async def count(self, place: Place, name: str) -> Count:
        """Calls of the retention period that bear ``name``, of the place's company if it has one.

        One request where the filter is known to work; a few more the first time. UNKNOWN where the
        server refuses to say. Raises AuthError, QuotaError or an ApiError.
        """
        try:
            found = await self._page(name, company_id=place.company_id)
            if await self._works(found, name):
                return self._judged(found.total or 0, whole=True)
            return await self._by_hand(place, name)
        except RejectedError:
            return UNKNOWN

    def _judged(self, calls: int, *, whole: bool) -> Count:
        """``calls`` as exact only where the ``whole`` retention period was counted."""
        if whole and self._dated:
            return Count(calls)
        return Count(calls, Precision.AT_LEAST) if calls else UNKNOWN

    async def _works(self, found: CallPage, name: str) -> bool:
        """Whether the filter can be believed, ``found`` being its answer for ``name``."""
        if found.total is None:
            return False
        if found.total and not any(name in tags_of(call) for call in found.rows):
            return False
        async with self._once:
            if self._honoured is None:
                self._honoured = (await self._page(_NOBODY)).total == 0
            if not self._honoured:
                return False
            if found.total:
                self._finds = True
            elif self._finds is None:
                self._finds = await self._finds_something()
        return self._finds is True

    async def _finds_something(self) -> bool:
        """Whether the filter finds a tag that some recent call is seen to bear.

        True also where no call bears any tag: then nothing is what every filter finds.
        """
        sample = await self._sample(pages=1)
        borne = next((tag for call in sample.calls for tag in tags_of(call)), None)
        if borne is None:
            return sample.whole
        return bool((await self._page(borne)).total)

    async def _by_hand(self, place: Place, name: str) -> Count:
        sample = await self._sample(pages=_SCANNED_PAGES, company_id=place.company_id)
        calls = sum(name in tags_of(call) for call in sample.calls)
        return self._judged(calls, whole=sample.whole)

    async def _sample(self, *, pages: int, company_id: str | None = None) -> _Sample:
        calls: list[Mapping[str, object]] = []
        for number in range(1, pages + 1):
            page = await self._page(None, company_id=company_id, number=number, per_page=PER_PAGE)
            calls += page.rows
            if not page.rows or (page.total is not None and len(calls) >= page.total):
                return _Sample(tuple(calls), whole=True)
        return _Sample(tuple(calls), whole=False)

    async def _page(
        self,
        name: str | None,
        *,
        company_id: str | None = None,
        number: int = 1,
        per_page: int = 1,
    ) -> CallPage:
        query = [("fields", "tags"), ("page", str(number)), ("per_page", str(per_page))]
        query += [("tags", name)] if name is not None else []
        query += [("company_id", company_id)] if company_id is not None else []
        if self._dated:
            start = ("start_date", retention_start(self._door.run.settings.clock.time()))
            try:
                return await self._get((*query, start))
            except RejectedError:
                # Its clock may be ahead of ours, or the period shorter: take what it gives.
                self._dated = False
        return await self._get(tuple(query))

    async def _get(self, query: tuple[tuple[str, str], ...]) -> CallPage:
        request = Request(
            method=Method.GET,
            path=path("v3", "a", self._account, "calls.json"),
            query=query,
            account=self._account,
        )
        answer = await self._door.call(request)
        return parse_page(answer.payload, rows="calls", parse=plain_row)


def retention_start(now: float) -> str:
    """The start of the retention period at ``now`` (seconds since 1970), as ISO 8601.

    A range that reaches further back is an error (A, B), so it is a day less than 25 months.
    """
    today = datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    months = today.year * 12 + today.month - 1 - _RETENTION_MONTHS
    first = today.replace(year=months // 12, month=months % 12 + 1, day=1)
    next_month = (first + timedelta(days=32)).replace(day=1)
    day = min(today.day, (next_month - first).days)
    return (first.replace(day=day) + timedelta(days=1)).isoformat()


def tags_of(call: Mapping[str, object]) -> Sequence[str]:
    """The names of a call's tags, listed as strings or as objects with ``name`` (C).

    Raises ProtocolError for anything else.
    """
    tags = call.get("tags")
    if tags is None:
        return ()
    names = [tag.get("name") if isinstance(tag, Mapping) else tag for tag in _listed(tags)]
    if not all(isinstance(name, str) for name in names):
        raise ProtocolError("a call's 'tags' are neither strings nor objects with a name")
    return [name for name in names if isinstance(name, str)]


def _listed(tags: object) -> Sequence[object]:
    if not isinstance(tags, list):
        raise ProtocolError("a call's 'tags' is no list")
    return tags
