"""A bare HTTP client: nothing of the product's own, so that the sandbox is read by other eyes."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.sandbox import Sandbox

ACCOUNT = "ACC019c46b8a0807fbdb81c8bf12af91cb3"
COMPANY = "COM019c46b8a26376a9a4f29671dcdd49e9"
CALL = "CAL019c46b9fc277a7881e3728fea20869b"
CONNECTION = "75364cb9-7116-4367-a707-1113d426f17d"
DIRECT = {"Authorization": 'Token token="sandbox-callrail-key"'}
MATON = {"Authorization": "Bearer sandbox-maton-key"}


@dataclass(frozen=True)
class Reply:
    """A status, headers, and the body as bytes."""

    status: int
    headers: dict[str, str]
    raw: bytes

    @property
    def json(self) -> Any:
        """The body, which must be JSON and say so."""
        assert self.headers["Content-Type"].startswith("application/json")
        return json.loads(self.raw)


@dataclass
class Client:
    """Sends requests to one sandbox; ``prefix`` and ``headers`` choose the gateway."""

    sandbox: Sandbox
    prefix: str = ""
    headers: dict[str, str] = field(default_factory=lambda: dict(DIRECT))

    def send(self, method: str, path: str, body: object = None, **query: object) -> Reply:
        """One request on a connection of its own; ``path`` as written, ``body`` as JSON."""
        raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        target = self.prefix + path + ("?" + urlencode(query) if query else "")
        host = self.sandbox.url.removeprefix("http://")
        connection = http.client.HTTPConnection(host, timeout=5)
        try:
            connection.request(method, target, raw, self.headers)
            answer = connection.getresponse()
            return Reply(answer.status, dict(answer.headers), answer.read())
        finally:
            connection.close()

    def of(self, method: str, path: str, body: object = None, **query: object) -> Reply:
        """A request below the reference account: ``path`` is such as ``tags.json``."""
        return self.send(method, f"/v3/a/{ACCOUNT}/{path}", body, **query)

    def get(self, path: str, **query: object) -> Any:
        """The JSON of ``path`` below the account, which must be there."""
        reply = self.of("GET", path, **query)
        assert reply.status == 200, reply.raw
        return reply.json

    def names(self, **query: object) -> list[str]:
        """The names of the tags that one listing shows."""
        return [tag["name"] for tag in self.get("tags.json", **query)["tags"]]

    def tag(self, name: str, company: str | None = None, **fields: object) -> int:
        """Create a tag; gives its id."""
        place = {"tag_level": "company", "company_id": company} if company else {}
        body = {"name": name, "tag_level": "account", **place, **fields}
        reply = self.of("POST", "tags.json", body)
        assert reply.status == 201, reply.raw
        return int(reply.json["id"])

    def every(self, path: str, rows: str, **query: object) -> Iterator[dict[str, Any]]:
        """All rows of a listing, page after page."""
        page, seen = 1, 0
        while True:
            payload = self.get(path, page=page, per_page=250, **query)
            yield from payload[rows]
            seen += len(payload[rows])
            if seen >= payload["total_records"]:
                return
            page += 1
