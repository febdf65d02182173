"""What a handler gives back: an answer, or a refusal that becomes one."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

Row = dict[str, Any]
FORBIDDEN = "You do not have permission to perform the requested action"


@dataclass(slots=True)
class Response:
    """Status, JSON payload (None: no body) and whether something was changed."""

    status: int = 200
    payload: object = None
    committed: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    content_type: str = "application/json; charset=utf-8"

    def body(self) -> bytes:
        """The bytes to send."""
        if self.raw is not None:
            return self.raw
        return b"" if self.payload is None else json.dumps(self.payload).encode()


class Refusal(Exception):  # noqa: N818 - an answer, not a fault of the program
    """A request that gets ``status`` and the error ``message``."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = dict(headers or {})


class GatewayRefusal(Refusal):
    """A refusal of Maton's own; CallRail never saw the request."""


def refused(refusal: Refusal, shape: str) -> Response:
    """A refusal of CallRail's in the ``shape`` of switch error_shape."""
    if shape == "html":
        page = f"<html><body><h1>{refusal.status}</h1></body></html>".encode()
        return Response(refusal.status, raw=page, content_type="text/html", headers=refusal.headers)
    payloads: dict[str, object] = {
        "error": {"error": refusal.message},
        "errors": {"errors": [refusal.message]},
        "errors-map": {"errors": {"base": [refusal.message]}},
    }
    return Response(refusal.status, payloads[shape], headers=refusal.headers)


def refused_by_gateway(refusal: Refusal, shape: str) -> Response:
    """A refusal of Maton's own in the ``shape`` of switch gateway_errors (C)."""
    payloads: dict[str, object] = {
        "message": {"message": refusal.message},
        "error": {"error": {"message": refusal.message}},
        "detail": {"detail": refusal.message},
        "detail-list": {"detail": [{"loc": ["header"], "msg": refusal.message}]},
    }
    return Response(refusal.status, payloads[shape], headers=refusal.headers)


@dataclass(frozen=True, slots=True)
class Asked:
    """A parsed request: ``parts`` of the path below the account, query and JSON body.

    ``query`` holds the last value of each parameter, ``pairs`` every one in order; ``role`` is that
    of the key's user, ``base`` what the client's address has before ``/v3``.
    """

    method: str
    parts: tuple[str, ...]
    query: Mapping[str, str]
    body: Any = None
    pairs: tuple[tuple[str, str], ...] = ()
    role: str = "admin"
    base: str = ""

    def one(self, name: str) -> str | None:
        """A query parameter, None where it is missing or empty."""
        return self.query.get(name) or None

    def many(self, name: str) -> tuple[str, ...]:
        """All values of a query parameter that may repeat, such as ``tags[]``."""
        return tuple(value for key, value in self.pairs if key == name)

    def object(self) -> Mapping[str, Any]:
        """The body, which must be a JSON object."""
        if not isinstance(self.body, dict):
            raise Refusal(400, "the body must be a JSON object")
        return self.body
