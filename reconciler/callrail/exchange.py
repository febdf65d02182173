"""One request, what can come back of it, and the port through which it goes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, Protocol

from reconciler.errors import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Mapping

_SEGMENT = re.compile(r"[A-Za-z0-9_-]{1,128}(\.json)?")


class Method(StrEnum):
    """The methods that the API takes (B); PUT is a partial update."""

    GET = "GET"
    POST = "POST"
    PUT = "PUT"
    DELETE = "DELETE"


class Request(NamedTuple):
    """What to ask: ``path`` starts at ``/v3`` (or the control plane's root).

    ``account`` is the id whose quota the request uses; None where it belongs to no account.
    """

    method: Method
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: Mapping[str, object] | None = None
    account: str | None = None


class Flaw(StrEnum):
    """What makes an answer's body unusable."""

    UNREADABLE = "unreadable"
    """Empty, cut short or no strict JSON: it may be an accident, so a read tries again."""
    NOT_THE_API = "not the API"
    """HTML, compressed or oversize: this is not the API speaking."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A response that arrived whole. ``headers`` holds the few that matter, in lower case.

    ``payload`` is None where there is no usable JSON; ``flaw`` then says why and ``message``
    describes it. For an error status ``message`` is the server's own,
    bounded and safe for a terminal. ``size``: bytes of the body.
    """

    status: int
    payload: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    flaw: Flaw | None = None
    message: str = ""
    size: int = 0


class NotSent(NamedTuple):
    """The request certainly reached nobody; ``hopeless`` when trying again can't help."""

    reason: str
    hopeless: bool = False


class Ambiguous(NamedTuple):
    """The request may or may not have been acted on."""

    reason: str


Exchange = Answer | NotSent | Ambiguous


class Transport(Protocol):
    """One origin's connections."""

    async def send(self, request: Request, *, headers: Mapping[str, str]) -> Exchange:
        """Send ``request`` once, with ``headers`` that hold the key; no failure is raised."""


class OpenTransport(Transport, Protocol):
    """The same, as a run holds them."""

    def shorten_timeouts(self) -> None:
        """Give running requests little time and no more: the end was asked for."""

    async def close(self) -> None:
        """Close all connections."""


def path(*segments: str) -> str:
    """Join ``segments`` to a path that can only mean what it says.

    Raises ProtocolError for a segment that is not a plain id or file name: an id that holds a slash
    or dots would lead elsewhere.
    """
    for segment in segments:
        if _SEGMENT.fullmatch(segment) is None:
            raise ProtocolError(
                f"{segment[:40]!r} is not an id: it can't be put into an address",
                hint="Ids hold letters, digits, '-' and '_' only, such as ACC019c46b8a0807.",
            )
    return "/" + "/".join(segments)
