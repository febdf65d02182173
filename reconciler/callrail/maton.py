"""Maton's control plane: the OAuth connections through which the gateway reaches CallRail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reconciler.callrail.api import AmbiguousError
from reconciler.callrail.exchange import Method, Request, path
from reconciler.callrail.wire import object_id, plain_row
from reconciler.errors import ApiError, ProtocolError, UnknownOutcomeError

if TYPE_CHECKING:
    from reconciler.callrail.api import ApiSession

APP: Final = "callrail"
ACTIVE: Final = "ACTIVE"


@dataclass(frozen=True, slots=True, kw_only=True)
class MatonConnection:
    """A connection; ``status`` is ACTIVE, PENDING or FAILED (A), ``url`` where it is authorised.

    The times are ISO 8601 as the server gives them; None where it gives none.
    """

    id: str
    status: str
    app: str
    url: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


class Connections:
    """The connections of one Maton key (A).

    Only CallRail's are asked for; what other apps' Maton lists all the same is left out.
    """

    def __init__(self, session: ApiSession) -> None:
        self._session = session

    async def list(self, *, status: str | None = None) -> tuple[MatonConnection, ...]:
        """CallRail's connections, of one ``status`` if it is given."""
        query = [("app", APP)] + ([("status", status)] if status else [])
        payload = await self._get("connections", query=tuple(query))
        rows = payload.get("connections") if isinstance(payload, Mapping) else payload
        if not isinstance(rows, list):
            raise ProtocolError("the answer has no list 'connections'")
        return tuple(one for one in map(_connection, rows) if one.app == APP)

    async def get(self, connection: str) -> MatonConnection:
        """One connection. Raises NotFoundError when there is none of that id."""
        return _connection(await self._get("connections", connection))

    async def create(self) -> MatonConnection:
        """Begin a new connection; someone must open its ``url`` in a browser.

        The answer may leave ``url`` to :meth:`get`. Raises UnknownOutcomeError when it is lost; it
        is not repeated.
        """
        request = Request(method=Method.POST, path=path("connections"), body={"app": APP})
        try:
            made = _connection((await self._session.call(request)).payload)
        except (AmbiguousError, ProtocolError) as error:
            raise UnknownOutcomeError(
                f"the connection may or may not have been made: {error}",
                hint="Look with 'reconciler connections list'.",
            ) from error
        return made if made.url is not None else await self.get(made.id)

    async def delete(self, connection: str) -> None:
        """Delete a connection. Raises NotFoundError when there is none of that id."""
        request = Request(method=Method.DELETE, path=path("connections", connection))
        try:
            await self._session.call(request)
        except AmbiguousError as outcome:
            if any(live.id == connection for live in await self.list()):
                raise ApiError(f"the connection was not deleted: {outcome}") from outcome

    async def _get(self, *segments: str, query: tuple[tuple[str, str], ...] = ()) -> object:
        request = Request(method=Method.GET, path=path(*segments), query=query)
        return (await self._session.call(request)).payload


def _connection(payload: object) -> MatonConnection:
    row = plain_row(payload)
    if isinstance(row.get("connection"), Mapping):
        row = plain_row(row["connection"])
    status = row.get("status")
    if status is not None and not isinstance(status, str):
        raise ProtocolError("a connection's 'status' is not a string")
    return MatonConnection(
        id=_id(row),
        status=status or "PENDING",
        app=_text(row, "app") or APP,
        url=_url(row.get("url")),
        created_at=_text(row, "creation_time"),
        updated_at=_text(row, "last_updated_time"),
    )


def _id(row: Mapping[str, object]) -> str:
    """``connection_id`` (A), in Maton's SDK also ``connection_Id`` or ``id`` (C)."""
    given = (row.get(name) for name in ("connection_id", "connection_Id", "id"))
    return object_id(next((value for value in given if value is not None), None), "connection_id")


def _text(row: Mapping[str, object], field: str) -> str | None:
    value = row.get(field)
    return value if isinstance(value, str) else None


def _url(value: object) -> str | None:
    """An address that people are sent to: https, or http for a server on this machine."""
    if value is None:
        return None
    if not isinstance(value, str) or not value.startswith(
        ("https://", "http://127.0.0.1", "http://localhost", "http://[::1]")
    ):
        raise ProtocolError("a connection's 'url' is not an https address")
    if not value.isascii() or not value.isprintable() or " " in value or len(value) > 4_096:
        raise ProtocolError("a connection's 'url' holds what no address does")
    return value
