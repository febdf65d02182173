"""How far long work has come, for whoever waits."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATIENCE = 0.3
"""Seconds of work before a live line appears; quick runs stay still."""


class Progress(Protocol):
    """Hears of steps (one line each) and of finished parts of a known whole."""

    def step(self, text: str) -> None:
        """Another step begins."""

    def showing(self, text: str, total: int) -> AbstractContextManager[Callable[[], None]]:
        """Count to ``total``: call the result once for each finished part."""


def plain_progress(say: Callable[[str], None]) -> Progress:
    """Progress as plain lines, for logs; parts are not counted (each has its own line)."""
    return _Plain(say)


def live_progress() -> Progress:
    """Progress as one line that renews itself, on a terminal's stderr."""
    return _Live()


class _Plain:
    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say

    def step(self, text: str) -> None:
        self._say(text)

    @contextmanager
    def showing(self, text: str, total: int) -> Iterator[Callable[[], None]]:
        self._say(f"{text}: {total:,} to do")
        yield lambda: None


class _Live:
    """A status line; nothing is shown, and rich not imported, before the work proves long."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def step(self, text: str) -> None:
        """Steps of reading pass too quickly to be worth a line of their own."""

    @contextmanager
    def showing(self, text: str, total: int) -> Iterator[Callable[[], None]]:
        from reconciler.cli.console import live_bar

        with live_bar(text, total) as advance:
            yield advance
