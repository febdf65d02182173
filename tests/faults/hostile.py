"""A server on loopback that answers whatever bytes a test wants, and remembers who asked."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable

    Answerer = Callable[["Asked"], bytes]


class Asked:
    """One request: ``line`` is method and path, ``headers`` are as sent (names in lower case)."""

    def __init__(self, line: str, headers: dict[str, str]) -> None:
        self.line, self.headers = line, headers


class Hostile:
    """Answers each request with the raw bytes of ``answer``, and closes the connection."""

    def __init__(self, answer: Answerer) -> None:
        self.asked: list[Asked] = []
        hostile = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                self.rfile.read(length)
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(f"{self.command} {self.path}", headers)
                hostile.asked.append(asked)
                self.wfile.write(answer(asked))

            do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - the library's names

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - same
                """Nothing: the test reads ``asked``."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: object, client_address: object) -> None:
                """A client that went away is no news."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def response(
    body: bytes, *, status: str = "200 OK", kind: str = "application/json", more: str = ""
) -> bytes:
    """A whole HTTP response; ``more`` is further header lines, each ending in CRLF."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    return head.encode("latin-1") + body


def listing(*rows: object, **page: object) -> bytes:
    """A page of tags; ``page`` replaces what it says of itself."""
    payload = {"page": 1, "per_page": 250, "total_records": len(rows), "tags": list(rows)}
    return response(json.dumps(payload | page).encode())


def tag(**fields: object) -> dict[str, object]:
    """A row of the listing, with ``fields`` replaced."""
    row: dict[str, object] = {
        "id": 1,
        "name": "Lead",
        "tag_level": "account",
        "color": "gray1",
        "background_color": "gray1",
        "company_id": None,
        "status": "enabled",
    }
    return row | fields
