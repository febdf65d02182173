"""An HTTP server for tests that does exactly what it is reported, also what no server should."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable
from typing import Self
from urllib.parse import parse_qsl, urlsplit

from tests.callrail.stand_in import Call, Handler, Reply


class WireServer:
    """Serves ``handler`` on loopback, in the test's own event loop."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.calls: list[Call] = []
        self.running = 0
        self.peak = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    @property
    def lines(self) -> list[str]:
        return [call.line for call in self.calls]

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accepted, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        # A connection that was just accepted gets here in the loop's next turns.
        for _turn in range(3):
            await asyncio.sleep(0)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0)

    def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a connection, and close it even if its task is cancelled before it begins."""
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _task: writer.close())

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (call := await _read(reader)) is not None:
                self.calls.append(call)
                self.running += 1
                self.peak = max(self.peak, self.running)
                try:
                    reply = self.handler(call)
                    if isinstance(reply, Awaitable):
                        reply = await reply
                finally:
                    self.running -= 1
                if not await _send(writer, reply):
                    return
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass


async def _read(reader: asyncio.StreamReader) -> Call | None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.strip().split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    method, target, _ = first.split(" ")
    parts = urlsplit(target)
    return Call(
        method=method,
        path=parts.path,
        query=dict(parse_qsl(parts.query, keep_blank_values=True)),
        pairs=tuple(parse_qsl(parts.query, keep_blank_values=True)),
        headers=headers,
        body=json.loads(body) if body else None,
    )


async def _send(writer: asyncio.StreamWriter, reply: Reply) -> bool:
    """Send ``reply``; whether the connection may be used again."""
    if reply.hang:
        await asyncio.sleep(3_600)
    if reply.reset:
        raw = writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
        return False
    body = reply.body
    if body is None:
        body = b"" if reply.payload is None else json.dumps(reply.payload).encode()
    headers = {"Content-Type": "application/json", **reply.headers}
    headers["Content-Length"] = str(len(body) if reply.announce is None else reply.announce)
    head = f"HTTP/1.1 {reply.status} X\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(head.encode() + b"\r\n")
    if reply.drip:
        for byte in body:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(reply.drip)
    writer.write(b"" if reply.drip else body)
    await writer.drain()
    return reply.announce is None or reply.announce == len(body)
