"""How far long work has come, for whoever waits: a line that renews itself, or plain lines."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

PATIENCE = 0.3
"""Seconds of work before the line appears; quick runs stay still."""
_REFRESH = 0.1
ERASE = "\r\x1b[K"


class Progress(Protocol):
    """Hears of work, its steps (one line each), and finished parts of a known whole."""

    def working(self, text: str, detail: Callable[[], str]) -> AbstractContextManager[None]:
        """Shows ``text``, or the newest step, and what ``detail`` says at any moment."""

    def step(self, text: str) -> None:
        """Another step begins."""

    def counting(self, text: str, total: int) -> AbstractContextManager[Callable[[], None]]:
        """Count to ``total``: call the result once for each finished part."""

    def erase(self) -> None:
        """Make room: something else is about to be written."""

    def paused(self) -> AbstractContextManager[None]:
        """Nothing is drawn in it: somebody is asked."""


class PlainProgress:
    """Steps as lines, for logs; parts are not counted (each has its own line)."""

    def __init__(self, log: Callable[[str], None]) -> None:
        self._log = log

    @contextmanager
    def working(self, _text: str, _detail: Callable[[], str]) -> Iterator[None]:
        """Nothing: the steps have lines of their own."""
        yield

    def step(self, text: str) -> None:
        """A line."""
        self._log(text)

    @contextmanager
    def counting(self, text: str, total: int) -> Iterator[Callable[[], None]]:
        """A line at the beginning."""
        self._log(f"{text}: {total:,} to do")
        yield lambda: None

    def erase(self) -> None:
        """Nothing: what is written stays."""

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Nothing is drawn anyway."""
        yield


class LiveProgress:
    """The last line of a terminal. A thread of its own draws it, for the work may keep the loop."""

    def __init__(self, write: Callable[[str], None], columns: Callable[[], int]) -> None:
        self._write = write
        self._columns = columns
        self._lock = threading.RLock()
        self._text = ""
        self._detail: Callable[[], str] = str
        self._drawn = False
        self._ended = threading.Event()
        self._drawer: threading.Thread | None = None

    @contextmanager
    def working(self, text: str, detail: Callable[[], str]) -> Iterator[None]:
        """The line, from :data:`PATIENCE` seconds of work on."""
        self._text, self._detail = text, detail
        self._ended = threading.Event()
        drawer = threading.Thread(target=self._draw, args=(self._ended,), daemon=True)
        drawer.start()
        try:
            yield
        finally:
            self._ended.set()
            drawer.join()
            self.erase()

    def step(self, text: str) -> None:
        """What the line says from now on."""
        self._text = text

    @contextmanager
    def counting(self, text: str, total: int) -> Iterator[Callable[[], None]]:
        """What the line says: how many of how many."""
        done = 0

        def advance() -> None:
            nonlocal done
            done += 1
            self._text = f"{text}: {done:,} of {total:,}"

        self._text = f"{text}: 0 of {total:,}"
        yield advance

    def erase(self) -> None:
        """Take the line away; it comes back at the next refresh."""
        with self._lock:
            if self._drawn:
                self._drawn = False
                self._write(ERASE)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Without the line, until what is in it ends."""
        with self._lock:
            self.erase()
            yield

    def _draw(self, ended: threading.Event) -> None:
        began = time.monotonic()
        if ended.wait(PATIENCE):
            return
        while not ended.is_set():
            seconds = int(time.monotonic() - began)
            detail = ", ".join(filter(None, (self._detail(), f"{seconds}s" if seconds else "")))
            line = f"{self._text} ({detail})" if detail else self._text
            with self._lock:
                self._write(f"{ERASE}{line[: self._columns() - 1]}")
                self._drawn = True
            ended.wait(_REFRESH)
