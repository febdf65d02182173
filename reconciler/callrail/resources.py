"""Reads any resource of the API for people: the server's own rows, complete across pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlsplit

from reconciler.callrail.endpoints import API_URLS, origin
from reconciler.callrail.exchange import Method, Request, path
from reconciler.callrail.paging import PER_PAGE, Page, Source, parse_page, read_all
from reconciler.callrail.retry import backoff
from reconciler.callrail.wire import plain_row
from reconciler.errors import NotFoundError, ProtocolError, UsageError
from reconciler.model.state import Gateway

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from reconciler.callrail.exchange import Answer
    from reconciler.callrail.session import Door

Row = Mapping[str, object]
_RANGE = ("date_range", "start_date", "end_date")
_MOST_PAGES: Final = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A resource of the reference page: its path below the account, and the filters that it takes.

    ``rows`` is the key of the list in the answer. ``paged`` is False for one that comes in one
    piece; ``relative`` is True for one that takes relative pagination,
    ``single`` for one whose rows have an address of their own.
    """

    segments: tuple[str, ...]
    rows: str
    filters: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    paged: bool = True
    relative: bool = False
    single: bool = False


RESOURCES: Final[Mapping[str, Resource]] = {
    "accounts": Resource(segments=(), rows="accounts"),
    "companies": Resource(segments=("companies.json",), rows="companies", single=True),
    "tags": Resource(segments=("tags.json",), rows="tags", filters=("company_id",)),
    "calls": Resource(
        segments=("calls.json",),
        rows="calls",
        filters=(
            *_RANGE,
            "company_id",
            "tracker_id",
            "search",
            "tags",
            "fields",
            "sort",
            "order",
        ),
        relative=True,
        single=True,
    ),
    "call-summary": Resource(
        segments=("calls", "summary.json"),
        rows="grouped_results",
        filters=(*_RANGE, "company_id", "group_by"),
        paged=False,
    ),
    "call-timeseries": Resource(
        segments=("calls", "timeseries.json"),
        rows="data",
        filters=(*_RANGE, "company_id"),
        paged=False,
    ),
    "trackers": Resource(
        segments=("trackers.json",), rows="trackers", filters=("company_id",), single=True
    ),
    "users": Resource(segments=("users.json",), rows="users", filters=("company_id",), single=True),
    "integrations": Resource(
        segments=("integrations.json",),
        rows="integrations",
        filters=("company_id",),
        required=("company_id",),
    ),
    "notifications": Resource(segments=("notifications.json",), rows="notifications"),
}
"""The names that ``reconciler get`` takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What to read: ``account`` is an id, None for ``accounts`` only; ``limit`` None means all."""

    resource: str
    account: str | None = None
    filters: tuple[tuple[str, str], ...] = ()
    limit: int | None = None


class Resources:
    """Everything that can be read, through one door."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def accounts(self) -> tuple[Row, ...]:
        """The accounts that the key sees (B), each with ``id`` and ``name``."""
        return tuple([row async for row in self.rows(Query(resource="accounts"))])

    async def rows(self, query: Query) -> AsyncIterator[Row]:
        """The rows of ``query``, as they come.

        Raises UsageError for a resource or filter that the API does not have, or a missing one that
        it demands; else what every read raises.
        """
        resource = _checked(query)
        if query.limit is not None and query.limit <= 0:
            return
        left = query.limit
        reading = _Reading(self._door, resource, query)
        async for row in reading.rows():
            yield row
            if left is not None:
                left -= 1
                if left == 0:
                    return

    async def row(self, query: Query, identifier: str) -> Row:
        """The one row of ``query``'s resource whose id is ``identifier``.

        Fields are honoured; where the API has no address for a single row, the listing is read.
        Raises UsageError for what has no rows with ids, NotFoundError when there is none of that
        id; else what every read raises.
        """
        resource = _checked(query)
        if not resource.paged:
            raise UsageError(f"{query.resource} has no single rows: leave the id out")
        if not resource.single or query.account is None:
            whole = replace(query, limit=None)
            async for row in self.rows(whole):
                if str(row.get("id")) == identifier:
                    return row
            raise NotFoundError(f"there is no {identifier} among the {query.resource}")
        answer = await self._door.call(
            Request(
                method=Method.GET,
                path=path("v3", "a", query.account, query.resource, f"{identifier}.json"),
                query=query.filters,
                account=query.account,
            )
        )
        return plain_row(answer.payload)


class _Reading:
    """One read of one resource."""

    def __init__(self, door: Door, resource: Resource, query: Query) -> None:
        self._door = door
        self._resource = resource
        self._query = query
        account = () if query.account is None else (query.account,)
        segments = ("v3", "a", *account, *resource.segments) if account else ("v3", "a.json")
        self._path = path(*segments)
        limit = query.limit if query.limit is not None else PER_PAGE
        self._per_page = str(min(limit, PER_PAGE))

    async def rows(self) -> AsyncIterator[Row]:
        if not self._resource.paged:
            reading = self._single()
        elif self._resource.relative:
            reading = self._relative()
        elif self._query.limit is not None:
            reading = self._sequential(None)
        else:
            reading = self._complete()
        async for row in reading:
            yield row

    async def _single(self) -> AsyncIterator[Row]:
        payload = (await self._get(())).payload
        whole = plain_row(payload)
        rows = whole.get(self._resource.rows)
        if isinstance(rows, list):
            for row in rows:
                yield plain_row(row)
        else:
            yield whole

    async def _complete(self) -> AsyncIterator[Row]:
        source: Source[Row] = Source(
            what=self._query.resource,
            fetch=self._numbered,
            key=_key,
            pause=self._pause,
        )
        for row in await read_all(source):
            yield row

    async def _sequential(self, first: Page[Row] | None) -> AsyncIterator[Row]:
        """Page after page, for a reader who may stop early."""
        seen: set[str] = set()
        page = first if first is not None else await self._numbered(1)
        for number in range(2, _MOST_PAGES + 2):
            # A row that was added meanwhile pushes others to the next page: they come twice.
            for row in page.rows:
                if _key(row) not in seen:
                    seen.add(_key(row))
                    yield row
            if page.total is not None and len(seen) >= page.total:
                return
            if not page.rows or (page.pages is not None and number > page.pages):
                break
            page = await self._numbered(number)
        if page.total is not None and len(seen) < page.total:
            raise ProtocolError(
                f"{self._query.resource}: {page.total:,} records were announced "
                f"and {len(seen):,} came",
                hint="They may be changing right now: run it again.",
            )

    async def _relative(self) -> AsyncIterator[Row]:
        """Follow ``next_page`` (A); on to numbered pages when the server does not speak of it."""
        extra: tuple[tuple[str, str], ...] = (
            ("relative_pagination", "true"),
            ("per_page", self._per_page),
        )
        seen: set[tuple[tuple[str, str], ...]] = set()
        for _ in range(_MOST_PAGES):
            payload = plain_row((await self._get(extra)).payload)
            page = parse_page(payload, rows=self._resource.rows, parse=plain_row)
            if "has_next_page" not in payload and "next_page" not in payload:
                async for row in self._sequential(page):
                    yield row
                return
            for row in page.rows:
                yield row
            if not _has_next(payload):
                return
            seen.add(extra)
            extra = self._next(payload.get("next_page"))
            if extra in seen:
                raise ProtocolError(f"{self._query.resource}: the next page is one that was read")
        raise ProtocolError(f"{self._query.resource}: more than {_MOST_PAGES:,} pages")

    def _next(self, url: object) -> tuple[tuple[str, str], ...]:
        """The query of the next page; only that is taken, the address stays ours.

        Through the gateway the API's own origin is named, because that is where the page came from.
        """
        if not isinstance(url, str):
            raise ProtocolError("'next_page' is no address")
        own = {origin(self._door.access.base), API_URLS[Gateway.CALLRAIL], ""}
        if origin(url) not in own or url.startswith("//"):
            raise ProtocolError("'next_page' leads to another server")
        filters = {name for name, _ in self._query.filters}
        pairs = parse_qsl(urlsplit(url).query, max_num_fields=50)
        extra = tuple((name, value) for name, value in pairs if name not in filters)
        if not extra:
            raise ProtocolError("'next_page' names no page")
        return extra

    async def _numbered(self, number: int) -> Page[Row]:
        answer = await self._get((("page", str(number)), ("per_page", self._per_page)))
        return parse_page(answer.payload, rows=self._resource.rows, parse=plain_row)

    async def _get(self, extra: tuple[tuple[str, str], ...]) -> Answer:
        return await self._door.call(
            Request(
                method=Method.GET,
                path=self._path,
                query=(*self._query.filters, *extra),
                account=self._query.account,
            )
        )

    async def _pause(self, read: int) -> None:
        run = self._door.run
        await run.sleep(backoff(read, run.settings.random))


def _key(row: Row) -> str:
    return repr(row.get("id", row))


def _has_next(payload: Row) -> bool:
    has_next = payload.get("has_next_page", payload.get("next_page") is not None)
    if not isinstance(has_next, bool):
        raise ProtocolError("'has_next_page' is neither true nor false")
    return has_next


def _checked(query: Query) -> Resource:
    resource = RESOURCES.get(query.resource)
    if resource is None:
        raise UsageError(f"there is no resource {query.resource!r}")
    if (query.account is None) != (not resource.segments):
        raise UsageError(f"{query.resource!r} and account {query.account!r} don't go together")
    given = [name for name, _ in query.filters]
    foreign = [name for name in given if name not in resource.filters]
    missing = [name for name in resource.required if name not in given]
    if foreign or missing:
        wrong = f"takes no {foreign[0]!r}" if foreign else f"needs {missing[0]!r}"
        raise UsageError(f"{query.resource!r} {wrong}")
    return resource
