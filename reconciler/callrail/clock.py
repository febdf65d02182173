"""Time as the client sees it, so that a test can turn it."""

from __future__ import annotations

import asyncio
import time
from typing import Final, Protocol

_WITH_SLEEP: Final[int | None] = getattr(time, "CLOCK_BOOTTIME", None)


class Clock(Protocol):
    """Where the client gets its time and does its waiting."""

    def monotonic(self) -> float:
        """Seconds that never go back; only differences mean something."""

    def time(self) -> float:
        """Seconds since 1970, for dates that servers speak in."""

    async def sleep(self, seconds: float) -> None:
        """Return after ``seconds``."""


class SystemClock:
    """The machine's own clock."""

    def monotonic(self) -> float:
        """Seconds that never go back; those that the machine sleeps count where it tells them.

        What was read before a laptop was closed is old when it is opened again.
        """
        if _WITH_SLEEP is not None:
            return time.clock_gettime(_WITH_SLEEP)
        return time.monotonic()

    def time(self) -> float:
        """Seconds since 1970."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Return after ``seconds``."""
        await asyncio.sleep(seconds)
