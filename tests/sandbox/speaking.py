"""Plain HTTP with the standard library, so that the sandbox is not judged by our own client."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from reconciler.sandbox.options import DIRECT_KEY, MATON_KEY
from reconciler.sandbox.seeds.reference import ACCOUNT

if TYPE_CHECKING:
    from reconciler.sandbox import Sandbox

DIRECT = {"Authorization": f'Token token="{DIRECT_KEY}"'}
BEARER = {"Authorization": f"Bearer {MATON_KEY}"}


@dataclass(frozen=True)
class Heard:
    """An answer: ``json`` is None where the body is empty or no JSON."""

    status: int
    body: bytes
    headers: dict[str, str]

    @property
    def json(self) -> Any:
        """The payload."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


def send(
    sandbox: Sandbox,
    method: str,
    path: str,
    *,
    body: object = None,
    headers: dict[str, str] | None = None,
    **query: Any,
) -> Heard:
    """Send one request; ``path`` is below the account unless it starts with a slash."""
    if not path.startswith("/"):
        path = f"/v3/a/{ACCOUNT}/{path}"
    if query:
        path += "?" + urlencode(query)
    connection = http.client.HTTPConnection(urlsplit(sandbox.url).netloc, timeout=10)
    try:
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        connection.request(method, path, body=data, headers=DIRECT if headers is None else headers)
        answer = connection.getresponse()
        heard = {name.lower(): value for name, value in answer.getheaders()}
        return Heard(answer.status, answer.read(), heard)
    finally:
        connection.close()


def get(sandbox: Sandbox, path: str, **query: Any) -> Any:
    """The payload of a GET that must succeed."""
    heard = send(sandbox, "GET", path, **query)
    assert heard.status == 200, heard.body
    return heard.json
