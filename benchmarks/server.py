"""A lean CallRail for measuring: as many tags as asked for, pages ready to send, and a clock.

The sandbox is faithful and slow; here a page of 250 tags is a join of strings, so that what is
measured is the client. A process of its own: ``python -m benchmarks.server`` prints its address.
It serves listings of tags, companies and calls, takes creates, and changes of tags and calls;
``/bench/…`` steers it.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCOUNT = "ACC00000000000000000000000000000b01"
COLORS = ("gray1", "blue1", "green1", "orange1", "red1")
KEY = "benchmark-key"
HOURLY = 100_000
"""Requests that are allowed in an hour: waiting for them is not what is measured."""


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
    names: list[str] = field(default_factory=list)
    """Those of ``tags``."""
    calls: list[list[int]] = field(default_factory=list)
    """The positions in ``tags`` of each one's tags; all of them came in today."""
    requests: int = 0
    first_write: float = 0.0
    last_write: float = 0.0

    @classmethod
    def of(cls, *, tags: int, companies: int, latency: float, top: int = 0, calls: int = 0) -> Self:
        """``tags`` tags, evenly over ``companies`` companies (0: on account level).

        Beside those of companies ``top`` more stand on account level. ``calls`` have the last tag.
        """
        account = cls(latency, calls=[[tags - 1] for _ in range(calls)])
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
        self.names.append(name)
        if company is None:
            self.top.append(self.tags[-1])
        return self.tags[-1]

    def answer(self, method: str, target: str, body: bytes) -> str:
        """The body that answers a request."""
        url = urlsplit(target)
        name = url.path.rpartition("/")[2].removesuffix(".json")
        if method == "POST":
            desired = json.loads(body)
            row = json.loads(self.add(desired["name"], desired["color"], desired.get("company_id")))
            # The reference's own answers to writes have the id as text.
            return json.dumps({**row, "id": str(row["id"])})
        asked = dict(parse_qsl(url.query))
        if "/tags/" in url.path:
            return self._change_tag(int(name) - 1, json.loads(body))
        if "/calls/" in url.path:
            return self._call(int(name[3:], 16), json.loads(body) if body else {})
        rows = self._rows(name, asked)
        page, size = int(asked.get("page", 1)), int(asked.get("per_page", 100))
        shown = ",".join(rows[(page - 1) * size : page * size])
        head = f'"page":{page},"per_page":{size},"total_records":{len(rows)}'
        return f'{{{head},"{name}":[{shown}]}}'

    def _rows(self, name: str, asked: dict[str, str]) -> list[str]:
        match name:
            case "companies":
                return self.companies
            case "tags":
                return self._of_level(asked.get("tag_level"))
            case "calls":
                return self._found(asked)
        return []

    def _found(self, asked: dict[str, str]) -> list[str]:
        """The calls of a day or period, and of those that have a tag."""
        today = date.today().isoformat()  # noqa: DTZ011 - the client's day will do
        if not asked.get("start_date", today) <= today <= asked.get("end_date", today):
            return []
        named = asked.get("tags") in self.names
        wanted = self.names.index(asked["tags"]) if named else -1
        has = (one for one, tags in enumerate(self.calls) if "tags" not in asked or wanted in tags)
        return [self._call(one, {}) for one in has]

    def _call(self, number: int, desired: dict[str, Any]) -> str:
        """A call as JSON, once it has the tags that are added to it."""
        self.calls[number] += map(self.names.index, desired.get("tags", ()))
        tags = [self.names[one] for one in self.calls[number]]
        return json.dumps({"id": f"CAL{number:032x}", "company_id": company_id(0), "tags": tags})

    def _change_tag(self, position: int, desired: dict[str, Any]) -> str:
        row = json.loads(self.tags[position])
        disabled = str(desired.get("disabled", row["status"] == "disabled")).lower() == "true"
        row |= {"name": desired.get("name", row["name"])}
        row["status"] = "disabled" if disabled else "enabled"
        before = self.tags[position]
        self.tags[position], self.names[position] = json.dumps(row), row["name"]
        self.top = [self.tags[position] if one == before else one for one in self.top]
        return self.tags[position]

    def _of_level(self, level: str | None) -> list[str]:
        if level == "company":
            return [row for row in self.tags if '"tag_level": "company"' in row]
        return self.tags if level is None else self.top


@dataclass(slots=True)
class Service:
    """The account that is served now."""

    account: Account = field(default_factory=Account)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
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
            writes = method == "POST" or (method == "PUT" and "/calls/" in target)
            if writes and not account.first_write:
                account.first_write = time.perf_counter()
            if account.latency:
                await asyncio.sleep(account.latency)
            text = account.answer(method, target, body)
            if writes:
                account.last_write = time.perf_counter()
        payload = text.encode()
        head = (
            f"HTTP/1.1 {201 if method == 'POST' else 200} OK\r\n"
            f"X-Rate-Limit-Hourly-Allowed: {HOURLY}\r\nX-Rate-Limit-Hourly-Used: 0\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(payload)}\r\n\r\n"
        )
        return head.encode() + payload

    def _steer(self, target: str) -> str:
        """``/bench/set?tags=…&companies=…&latency=…&top=…&calls=…`` and ``/bench/seen``."""
        url = urlsplit(target)
        if url.path == "/bench/set":
            desired = dict(parse_qsl(url.query))
            self.account = Account.of(
                tags=int(desired["tags"]),
                companies=int(desired["companies"]),
                latency=float(desired["latency"]),
                top=int(desired["top"]),
                calls=int(desired["calls"]),
            )
        writing = self.account.last_write - self.account.first_write
        return json.dumps({"requests": self.account.requests, "writing": writing})


def _length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(rest.split(b"\r\n", 1)[0]) if found else 0


async def _main() -> None:
    server = await asyncio.start_server(Service().serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


class Server:
    """The running server, from outside."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.url = f"http://127.0.0.1:{port}"

    def set_up(
        self,
        *,
        tags: int,
        companies: int = 0,
        latency: float = 0.0,
        top: int = 0,
        calls: int = 0,
    ) -> None:
        """Start from this state; see :meth:`Account.of`."""
        query = f"tags={tags}&companies={companies}&latency={latency}&top={top}&calls={calls}"
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
