"""A lean CallRail for measuring: as many tags as asked for, pages ready to send, and a clock.

The sandbox is faithful and slow; here a page of 250 tags is a join of strings, so that what is
measured is the client. A process of its own: ``python -m benchmarks.server`` prints its address.
It serves listings of tags and companies and takes creates; ``/bench/…`` steers it.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCOUNT = "ACC00000000000000000000000000000b01"
COLORS = ("gray1", "blue1", "green1", "orange1", "red1")
KEY = "benchmark-key"


def tag_name(number: int) -> str:
    return f"Tag {number:06}"


def company_name(number: int) -> str:
    return f"Company {number:04}"


def company_id(number: int) -> str:
    return f"COM{number:032x}"


def color(number: int) -> str:
    return COLORS[number % len(COLORS)]


@dataclass(slots=True)
class Account:
    """What is served, and what was asked. ``latency`` in seconds."""

    latency: float = 0.0
    tags: list[str] = field(default_factory=list)
    top: list[str] = field(default_factory=list)
    """Those of ``tags`` on account level."""
    companies: list[str] = field(default_factory=list)
    requests: int = 0
    first_write: float = 0.0
    last_write: float = 0.0

    @classmethod
    def of(cls, *, tags: int, companies: int, latency: float, top: int = 0) -> Self:
        """``tags`` tags, evenly over ``companies`` companies (0: on account level).

        Beside those of companies ``top`` more stand on account level.
        """
        account = cls(latency)
        for number in range(top):
            account.add(tag_name(number), color(number), None)
        for number in range(tags):
            within, of = divmod(number, companies) if companies else (number, None)
            account.add(tag_name(within), color(within), None if of is None else company_id(of))
        account.companies = [
            json.dumps({"id": company_id(one), "name": company_name(one), "status": "active"})
            for one in range(companies)
        ]
        return account

    def add(self, name: str, color: str, company: str | None) -> str:
        """Make a tag; its row as JSON."""
        row = {
            "id": len(self.tags) + 1,
            "name": name,
            "tag_level": "company" if company else "account",
            "company_id": company,
            "color": color,
            "background_color": "gray1",
            "status": "enabled",
            "created_at": "2026-01-01T00:00:00.000Z",
        }
        self.tags.append(json.dumps(row))
        if company is None:
            self.top.append(self.tags[-1])
        return self.tags[-1]

    def answer(self, method: str, target: str, body: bytes) -> str:
        """The body that answers a request."""
        url = urlsplit(target)
        name = url.path.rpartition("/")[2].removesuffix(".json")
        if method == "POST":
            wish = json.loads(body)
            row = json.loads(self.add(wish["name"], wish["color"], wish.get("company_id")))
            # The reference's own answers to writes have the id as text.
            return json.dumps({**row, "id": str(row["id"])})
        asked = dict(parse_qsl(url.query))
        rows = self.companies if name == "companies" else self._of_level(asked.get("tag_level"))
        page, size = int(asked.get("page", 1)), int(asked.get("per_page", 100))
        shown = ",".join(rows[(page - 1) * size : page * size])
        head = f'"page":{page},"per_page":{size},"total_records":{len(rows)}'
        return f'{{{head},"{name}":[{shown}]}}'

    def _of_level(self, level: str | None) -> list[str]:
        if level == "company":
            return [row for row in self.tags if '"tag_level": "company"' in row]
        return self.tags if level is None else self.top


@dataclass(slots=True)
class Service:
    """The account that is served now."""

    account: Account = field(default_factory=Account)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until the client closes it."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                method, target, _ = head.decode("latin-1").split(" ", 2)
                length = _length(head)
                body = await reader.readexactly(length) if length else b""
                writer.write(await self._response(method, target, body))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def _response(self, method: str, target: str, body: bytes) -> bytes:
        account = self.account
        if target.startswith("/bench/"):
            text = self._steer(target)
        else:
            account.requests += 1
            if method == "POST" and not account.first_write:
                account.first_write = time.perf_counter()
            if account.latency:
                await asyncio.sleep(account.latency)
            text = account.answer(method, target, body)
            if method == "POST":
                account.last_write = time.perf_counter()
        payload = text.encode()
        head = (
            f"HTTP/1.1 {201 if method == 'POST' else 200} OK\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(payload)}\r\n\r\n"
        )
        return head.encode() + payload

    def _steer(self, target: str) -> str:
        """``/bench/set?tags=…&companies=…&latency=…&top=…`` and ``/bench/seen``."""
        url = urlsplit(target)
        if url.path == "/bench/set":
            wish = dict(parse_qsl(url.query))
            self.account = Account.of(
                tags=int(wish["tags"]),
                companies=int(wish["companies"]),
                latency=float(wish["latency"]),
                top=int(wish["top"]),
            )
        writing = self.account.last_write - self.account.first_write
        return json.dumps({"requests": self.account.requests, "writing": writing})


def _length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(rest.split(b"\r\n", 1)[0]) if found else 0


async def _main() -> None:
    server = await asyncio.start_server(Service().talk, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


class Server:
    """The running server, from outside."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.url = f"http://127.0.0.1:{port}"

    def set_up(self, *, tags: int, companies: int = 0, latency: float = 0.0, top: int = 0) -> None:
        """Start from this state; see :meth:`Account.of`."""
        query = f"tags={tags}&companies={companies}&latency={latency}&top={top}"
        self._get(f"/bench/set?{query}")

    def seen(self) -> dict[str, float]:
        """Requests since then, and seconds from the first write to the last one's answer."""
        found: dict[str, float] = self._get("/bench/seen")
        return found

    def _get(self, target: str) -> Any:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=60)
        connection.request("GET", target)
        answer = json.loads(connection.getresponse().read())
        connection.close()
        return answer


@contextmanager
def running() -> Iterator[Server]:
    """A server for as long as the context lasts."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.server"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield Server(int(process.stdout.readline()))
    finally:
        process.kill()
        process.communicate()


if __name__ == "__main__":
    asyncio.run(_main())
