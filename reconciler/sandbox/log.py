"""What was asked of the sandbox and what took effect: the truth that reports are held against."""

from __future__ import annotations

import threading
from dataclasses import dataclass


@dataclass(slots=True)
class LogEntry:
    """One request. ``committed``: it changed something; ``status`` None: it got no answer."""

    number: int
    method: str
    path: str
    query: str
    route: str | None = None
    account: str | None = None
    status: int | None = None
    committed: bool = False
    body: object = None
    request_from: str | None = None
    """Header Request-From, by which software names itself (B)."""
    connection: str | None = None
    """Header Maton-Connection."""
    moment: float = 0.0
    """When it was counted, by the sandbox's clock."""
    counted: bool = False
    """Whether it was about an account's quota."""

    @property
    def is_write(self) -> bool:
        """Whether it asked for a change."""
        return self.method in {"POST", "PUT", "DELETE"}


class Log:
    """Every request in the order in which it came."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.entries: list[LogEntry] = []
        self._running = 0
        self.peak = 0
        """Most requests that ran at once."""

    def begin(self, method: str, path: str, query: str) -> LogEntry:
        """Note a request that came in."""
        with self._lock:
            entry = LogEntry(len(self.entries) + 1, method, path, query)
            self.entries.append(entry)
            self._running += 1
            self.peak = max(self.peak, self._running)
            return entry

    def end(self) -> None:
        """Note that a request is over."""
        with self._lock:
            self._running -= 1

    @property
    def running(self) -> int:
        """Requests that are being served."""
        with self._lock:
            return self._running

    def clear(self) -> None:
        """Forget what was."""
        with self._lock:
            self.entries.clear()
            self.peak = 0

    @property
    def writes(self) -> list[LogEntry]:
        """Requests for a change that took effect."""
        return [entry for entry in self.entries if entry.committed]

    def count(self, method: str = "*", path: str = "") -> int:
        """Requests of ``method`` whose path contains ``path``."""
        return sum(
            1 for entry in self.entries if method in {"*", entry.method} and path in entry.path
        )
