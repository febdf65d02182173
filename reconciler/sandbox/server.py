"""The sandbox as a running server, and the socket-level faults that it can commit."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import signal
import socket
import struct
import sys
import threading
import time
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

from reconciler.sandbox.answers import Refusal, Response
from reconciler.sandbox.app import PREFIX, App
from reconciler.sandbox.faults import Do, Fault, Faults
from reconciler.sandbox.log import Log, LogEntry
from reconciler.sandbox.options import Options
from reconciler.sandbox.seeds import seed_store
from reconciler.sandbox.store import Store

if TYPE_CHECKING:
    from types import TracebackType

LARGEST_BODY = 1 << 20
POLL = 0.01
"""Seconds between two looks at whether to stop: closing waits for one of them."""
BODIES = {
    "html": (b"<html><body>It works!</body></html>", "text/html"),
    "empty": (b"", "application/json"),
    "list": (b"[]", "application/json"),
    "null": (b"null", "application/json"),
    "number": (b"17", "application/json"),
    "deep": (b"[" * 100_000, "application/json"),
    "nan": (b'{"page": NaN}', "application/json"),
    "text": (b"OK", "text/plain"),
}


class Sandbox:
    """A running look-alike; use it as a context manager or call :meth:`close`."""

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        self.log = Log()
        self.faults = Faults(self.options.faults)
        self.closing = threading.Event()
        self.store = Store(self.options.db)
        try:
            if self.store.is_empty:
                seed_store(self.store, self.options)
            self.app = App(self.options, self.store)
            self.server = _Server(self)
        except BaseException:
            # Nobody gets a sandbox to close: a port that is taken, a seed that there is none of.
            self.store.close()
            raise
        host, port = self.server.server_address[:2]
        self.url = f"http://{host!s}:{port}"
        self.gateway_url = self.url + PREFIX
        self.control_url = self.url
        self._thread = threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": POLL}, daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Stop serving; hanging requests are let go."""
        self.closing.set()
        self.server.shutdown()
        self._thread.join()
        self.server.server_close()
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        super().__init__((sandbox.options.host, sandbox.options.port), _RequestHandler)

    def verify_request(self, request: Any, client_address: Any) -> bool:  # noqa: ARG002 - the library's signature
        """Whether to serve the connection that was just accepted."""
        return not self.sandbox.faults.refuses()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            super().handle_error(request, client_address)

    def server_close(self) -> None:
        """Close the listening socket; threads that serve a client end with it."""
        self.socket.close()


class _Cut(Exception):  # noqa: N818 - done on purpose
    """The connection was cut on purpose; nothing more is to be sent."""


class _RequestHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60
    # What the library refuses by itself (an unknown method, a line too long) is JSON as well.
    error_content_type = "application/json; charset=utf-8"
    error_message_format = '{"error": "bad request"}'
    server: _Server

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_GET  # noqa: N815 - the library's names

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Requests are logged in one form, by :meth:`_notify`."""

    def _serve(self) -> None:
        sandbox = self.server.sandbox
        path, _, query = self.path.partition("?")
        entry = sandbox.log.begin(self.command, path, query)
        try:
            self._answer(entry)
        except _Cut:
            self.close_connection = True
        finally:
            sandbox.log.end()
            self._notify(entry)

    def _answer(self, entry: LogEntry) -> None:
        sandbox = self.server.sandbox
        body = self._body()
        if sandbox.options.latency:
            time.sleep(sandbox.options.latency)
        struck = sandbox.faults.strike(entry.method, entry.path)
        early = self._before(entry, struck)
        if sandbox.faults.before_commit is not None:
            sandbox.faults.before_commit(entry.method, entry.path)
        if early is not None:
            self._send(entry, early, struck)
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        if entry.method in {"PATCH", "HEAD"}:
            answer = sandbox.app.error(Refusal(405, "method not allowed"))
        elif body is None:
            answer = sandbox.app.error(Refusal(413, "the body is too large, or of unknown length"))
        else:
            answer = sandbox.app.answer(entry, headers, body)
        entry.committed = answer.committed
        if sandbox.faults.after_commit is not None:
            sandbox.faults.after_commit(entry.method, entry.path)
        self._send(entry, self._after(answer, struck), struck)

    def _body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "0")
        known = re.fullmatch("[0-9]{1,9}", length) and "Transfer-Encoding" not in self.headers
        if not known or int(length) > LARGEST_BODY:
            self.close_connection = True
            return None
        return self.rfile.read(int(length))

    def _before(self, entry: LogEntry, struck: list[Fault]) -> Response | None:
        """Commit the faults that come before the request takes effect."""
        answer = None
        for fault in struck:
            match fault.do:
                case Do.DELAY:
                    self.server.sandbox.closing.wait(_seconds(fault, 1.0))
                case Do.RESET:
                    self._reset()
                case Do.HANG:
                    self._hang()
                case Do.KILL_CLIENT:
                    os.kill(int(fault.value), signal.SIGKILL)
                    raise _Cut
                case Do.STATUS:
                    answer = self._status(fault)
                case Do.REDIRECT:
                    answer = Response(302, {}, headers={"Location": fault.value})
                case Do.SHIFT_PAGES:
                    self._shift(entry)
        return answer

    def _status(self, fault: Fault) -> Response:
        """``503`` or, with a Retry-After, ``429:7`` and ``429:Thu, 01 Jan 2099 …``."""
        status, _, retry_after = fault.value.partition(":")
        headers = {"Retry-After": retry_after} if retry_after else None
        refusal = Refusal(int(status or 503), "the sandbox was asked to", headers)
        return self.server.sandbox.app.error(refusal)

    def _after(self, answer: Response, struck: list[Fault]) -> Response:
        """Commit the faults that come after it took effect."""
        for fault in struck:
            match fault.do:
                case Do.RESET_AFTER:
                    self._reset()
                case Do.HANG_AFTER:
                    self._hang()
                case Do.KILL_CLIENT_AFTER:
                    os.kill(int(fault.value), signal.SIGKILL)
                    raise _Cut
                case Do.STATUS_AFTER:
                    answer = self._status(fault)
                case _:
                    answer = _replaced(answer, fault)
        return answer

    def _send(self, entry: LogEntry, answer: Response, struck: list[Fault]) -> None:
        entry.status = answer.status
        body = b"" if entry.method == "HEAD" else answer.body()
        lines = [f"HTTP/1.1 {answer.status} {self.responses.get(answer.status, ('OK',))[0]}"]
        if answer.status != 204:
            lines.append(f"Content-Type: {answer.content_type}")
            lines.append(f"Content-Length: {len(body)}")
        lines.append(f"Date: {self.date_time_string()}")
        lines += [f"{name}: {value}" for name, value in answer.headers.items()]
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")
        for fault in struck:
            if fault.do is Do.TRUNCATE:
                self.wfile.write(head + body[: len(body) // 2])
                self.close_connection = True
                return
            if fault.do is Do.DRIP:
                self._drip(head + body, _seconds(fault, 0.05))
                return
        self.wfile.write(head + body)
        if self.server.sandbox.faults.answered is not None:
            self.server.sandbox.faults.answered(entry.method, entry.path)
        for fault in struck:
            if fault.do is Do.KILL_CLIENT_ANSWERED:
                os.kill(int(fault.value), signal.SIGKILL)

    def _drip(self, data: bytes, pause: float) -> None:
        for byte in data:
            self.wfile.write(bytes([byte]))
            if self.server.sandbox.closing.wait(pause):
                raise _Cut

    def _reset(self) -> None:
        """End the connection with RST instead of FIN."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # The library's files would keep the socket open.
        self.rfile.close()
        self.connection.close()
        raise _Cut

    def _hang(self) -> None:
        """Say nothing until the client leaves or the sandbox closes."""
        self.connection.settimeout(0.1)
        while not self.server.sandbox.closing.is_set():
            with contextlib.suppress(TimeoutError):
                if not self.connection.recv(1, socket.MSG_PEEK):
                    break
                time.sleep(0.05)
        raise _Cut

    def _shift(self, entry: LogEntry) -> None:
        parts = entry.path.split("/v3/a/")
        if len(parts) > 1:
            account = parts[1].split("/")[0]
            self.server.sandbox.app.make_tag(account, f"Shift {entry.number}")

    def _notify(self, entry: LogEntry) -> None:
        if self.server.sandbox.options.log_requests:
            query = f"?{entry.query}" if entry.query else ""
            status = entry.status if entry.status is not None else "no answer"
            line = json.dumps(f"{entry.method} {entry.path}{query}")[1:-1]
            # One write: print alone would send the end of the line as a second one.
            print(f"{line} -> {status}\n", end="", file=sys.stderr, flush=True)  # noqa: T201 - its own log


def _replaced(answer: Response, fault: Fault) -> Response:
    """What ``fault`` makes of ``answer``."""
    match fault.do:
        case Do.BODY:
            raw, content_type = BODIES[fault.value or "html"]
            return Response(200, raw=raw, content_type=content_type)
        case Do.GZIP_BOMB:
            return Response(200, raw=_bomb(), headers={"Content-Encoding": "gzip"})
        case Do.FLOOD:
            return Response(200, raw=b" " * (int(_seconds(fault, 64)) << 20))
        case Do.LYING_TOTAL:
            _total(answer, int(_seconds(fault, 1)))
        case Do.DUPLICATE_ROW:
            _repeat(answer)
    return answer


@functools.cache
def _bomb() -> bytes:
    """200 MiB in 200 KB: one packed MiB again and again, because packing them all takes seconds."""
    mib, times = b" " * (1 << 20), 200
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    # After a full flush nothing refers to what came before, so that the bytes can be repeated.
    packed = packer.compress(mib) + packer.flush(zlib.Z_FULL_FLUSH)
    checksum = 0
    for _ in range(times):
        checksum = zlib.crc32(mib, checksum)
    head = b"\x1f\x8b\x08\0\0\0\0\0\2\xff"
    tail = packer.flush() + struct.pack("<LL", checksum, len(mib) * times)
    return head + packed * times + tail


def _seconds(fault: Fault, default: float) -> float:
    text = fault.value.removesuffix("ms")
    scale = 0.001 if text != fault.value else 1.0
    text = text.removesuffix("s")
    return float(text) * scale if text else default


def _total(answer: Response, more: int) -> None:
    if isinstance(answer.payload, dict) and "total_records" in answer.payload:
        answer.payload["total_records"] += more


def _repeat(answer: Response) -> None:
    if isinstance(answer.payload, dict):
        for rows in answer.payload.values():
            if isinstance(rows, list) and rows:
                rows[-1] = rows[0]
