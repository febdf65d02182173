"""Reads any resource of the API for people: the server's own rows, complete across pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlsplit

from reconciler.callrail.catalog import RESOURCES, Resource
from reconciler.callrail.endpoints import API_URLS, origin
from reconciler.callrail.exchange import Method, Request, path
from reconciler.callrail.paging import PER_PAGE, Page, Paged, key_in, parse_page, read_all
from reconciler.callrail.wire import plain_row
from reconciler.errors import NotFoundError, ProtocolError, UsageError
from reconciler.model.state import Gateway

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from reconciler.callrail.api import ApiSession
    from reconciler.callrail.exchange import Answer

Row = Mapping[str, object]
_MOST_PAGES: Final = 4_000
_OURS: Final = frozenset({"action", "controller", "format", "agency_id", "account_id"})
"""What a ``next_page`` has of its own address (B); ours has it in its path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What to read: ``account`` is an id, None for ``accounts`` only; ``limit`` None means all.

    ``filters`` are pairs of a name of the catalog and a value; a name that takes several may come
    more than once.
    """

    resource: str
    account: str | None = None
    filters: tuple[tuple[str, str], ...] = ()
    limit: int | None = None


class Resources:
    """Everything that can be read, through one session."""

    def __init__(self, session: ApiSession) -> None:
        self._session = session

    async def accounts(self) -> tuple[Row, ...]:
        """The accounts that the key sees (B), each with ``id`` and ``name``."""
        return tuple([row async for row in self.rows(Query(resource="accounts"))])

    async def one(self, query: Query, row_id: str) -> Row:
        """The row of ``query`` with the id ``row_id``; of its filters only ``fields`` may be given.

        Costs one request where rows have an address of their own (A), else the whole listing.
        Raises NotFoundError when there is none, UsageError for a resource whose rows have no ids.
        """
        resource = _checked(query, one=True)
        if not resource.paged:
            raise UsageError(f"{query.resource!r} comes as a whole: there is no single one to get")
        if resource.single:
            return await _ResourceReading(self._session, resource, query).one(row_id)
        async for row in self.rows(query):
            if str(row.get("id")) == row_id:
                return row
        raise NotFoundError(f"{query.resource}: there is none with the id {row_id!r}")

    async def rows(self, query: Query) -> AsyncIterator[Row]:
        """The rows of ``query``, as they come.

        Raises UsageError for a resource or filter that the API does not have, or a missing one that
        it demands; else what every read raises.
        """
        resource = _checked(query)
        if query.limit is not None and query.limit <= 0:
            return
        left = query.limit
        async for row in _ResourceReading(self._session, resource, query).rows():
            yield row
            if left is not None:
                left -= 1
                if left == 0:
                    return


class _ResourceReading:
    """One read of one resource."""

    def __init__(self, session: ApiSession, resource: Resource, query: Query) -> None:
        self._session = session
        self._resource = resource
        self._query = query
        account = () if query.account is None else (query.account,)
        segments = ("v3", "a", *account, *resource.segments) if account else ("v3", "a.json")
        self._path = path(*segments)
        self._filters = parameters(resource, query.filters)
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

    async def one(self, row_id: str) -> Row:
        account = self._query.account
        inside: tuple[str, ...] = ("v3", "a")
        if account is not None:
            inside += (account, *self._resource.segments[:-1])
            inside += (self._resource.segments[-1].removesuffix(".json"),)
        answer = await self._session.call(
            Request(
                method=Method.GET,
                path=path(*inside, f"{row_id}.json"),
                query=self._filters,
                account=account,
            )
        )
        return plain_row(answer.payload)

    async def _single(self) -> AsyncIterator[Row]:
        payload = (await self._get(())).payload
        whole = plain_row(payload)
        rows = whole.get(self._resource.rows[0])
        if isinstance(rows, list):
            for row in rows:
                yield plain_row(row)
        else:
            yield whole

    async def _complete(self) -> AsyncIterator[Row]:
        listing: Paged[Row] = Paged(
            what=self._query.resource,
            fetch=self._numbered,
            key=_key,
            pause=self._session.run.pause,
        )
        for row in await read_all(listing):
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
        """Follow ``next_page`` (A); on to numbered pages when the server does not name it."""
        extra: tuple[tuple[str, str], ...] = (
            ("relative_pagination", "true"),
            ("per_page", self._per_page),
        )
        seen: set[tuple[tuple[str, str], ...]] = set()
        for _ in range(_MOST_PAGES):
            payload = plain_row((await self._get(extra)).payload)
            page = self._page(payload)
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
            raise ProtocolError("'next_page' is not an address")
        own = {origin(self._session.access.base), API_URLS[Gateway.CALLRAIL], ""}
        if origin(url) not in own or url.startswith("//"):
            raise ProtocolError("'next_page' leads to another server")
        own_names = {name for name, _ in self._filters} | _OURS
        try:
            pairs = parse_qsl(urlsplit(url).query, max_num_fields=100)
        except ValueError:
            raise ProtocolError("'next_page' is not an address") from None
        extra = tuple((name, value) for name, value in pairs if name not in own_names)
        if not extra:
            raise ProtocolError("'next_page' is not a page")
        return extra

    async def _numbered(self, number: int) -> Page[Row]:
        answer = await self._get((("page", str(number)), ("per_page", self._per_page)))
        return self._page(answer.payload)

    def _page(self, payload: object) -> Page[Row]:
        return parse_page(payload, rows=key_in(payload, self._resource.rows), parse=plain_row)

    async def _get(self, extra: tuple[tuple[str, str], ...]) -> Answer:
        return await self._session.call(
            Request(
                method=Method.GET,
                path=self._path,
                query=(*self._filters, *extra),
                account=self._query.account,
            )
        )


def _key(row: Row) -> str:
    return repr(row.get("id", row))


def _has_next(payload: Row) -> bool:
    has_next = payload.get("has_next_page", payload.get("next_page") is not None)
    if not isinstance(has_next, bool):
        raise ProtocolError("'has_next_page' is neither true nor false")
    return has_next


def _checked(query: Query, *, one: bool = False) -> Resource:
    resource = RESOURCES.get(query.resource)
    if resource is None:
        raise UsageError(f"there is no resource {query.resource!r}")
    if (query.account is None) != (not resource.segments):
        raise UsageError(f"{query.resource!r} and account {query.account!r} don't go together")
    given = [name for name, _ in query.filters]
    foreign = [name for name in given if name not in resource.filters]
    alone = one and resource.single
    missing = [name for name in resource.required if name not in given and not alone]
    if foreign or missing:
        wrong = f"takes no {foreign[0]!r}" if foreign else f"needs {missing[0]!r}"
        raise UsageError(f"{query.resource!r} {wrong}")
    return resource


def parameters(
    resource: Resource, filters: tuple[tuple[str, str], ...]
) -> tuple[tuple[str, str], ...]:
    """``filters`` as the API's own pairs (B).

    A value with a comma might be split where one is asked for (D), so it is sent as one of several.
    """
    given = [name for name, _ in filters]
    pairs = []
    for name, value in filters:
        known = resource.filters[name]
        many = known.several if given.count(name) > 1 or "," in value else None
        pairs.append((many or known.parameter, value))
    return tuple(pairs)
