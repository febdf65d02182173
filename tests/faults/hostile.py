"""A server on a real socket that answers with whatever bytes it is told to."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

Chunks = bytes | Iterable[bytes]
"""What is sent: at once, or piece by piece as it is made."""


@dataclass(frozen=True)
class Asked:
    """A request: its first line's parts, and the head with all its headers as text."""

    method: str
    target: str
    head: str


@dataclass
class Hostile:
    """The address, every request that came, and every connection that was made."""

    url: str
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0


def answer(
    payload: object = None, *, status: int = 200, body: bytes | None = None, **headers: str
) -> bytes:
    """An honest frame around ``payload`` as JSON, or around ``body``."""
    content = json.dumps(payload).encode() if body is None else body
    lines = {"Content-Type": "application/json", "Content-Length": str(len(content)), **headers}
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} Said\r\n{head}\r\n".encode("latin-1") + content


@contextmanager
def hostile(handler: Callable[[Asked], Chunks]) -> Iterator[Hostile]:
    """Serve ``handler`` on loopback, one request a connection; its chunks are sent as they come."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        server = Hostile(f"http://127.0.0.1:{listener.getsockname()[1]}")

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    server.connections += 1
                    threading.Thread(target=serve, args=(connection,), daemon=True).start()

        def serve(connection: socket.socket) -> None:
            with suppress(OSError), connection:
                asked = _read(connection)
                if asked is not None:
                    server.asked.append(asked)
                    chunks = handler(asked)
                    for chunk in [chunks] if isinstance(chunks, bytes) else chunks:
                        connection.sendall(chunk)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def _read(connection: socket.socket) -> Asked | None:
    """The head of a request, and its body out of the way."""
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65_536)
        if not chunk:
            return None
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    text = head.decode("latin-1")
    lengths = [line for line in text.lower().split("\r\n") if line.startswith("content-length:")]
    missing = int(lengths[0].partition(":")[2]) - len(body) if lengths else 0
    while missing > 0:
        missing -= len(connection.recv(65_536)) or missing
    method, target, _ = text.split(" ", 2)
    return Asked(method, target, text)
