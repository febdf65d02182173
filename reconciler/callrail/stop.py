"""The wish to end: once it is set no request begins, and waiting ends at once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from reconciler.errors import Interrupted

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.callrail.clock import Clock


class Stop:
    """Set once, by a signal handler on the event loop; never taken back."""

    def __init__(self) -> None:
        self._signal: int | None = None
        self._event = asyncio.Event()
        self._listeners: list[Callable[[], None]] = []

    @property
    def signal_number(self) -> int | None:
        """The signal that asked for the end; None while nobody has."""
        return self._signal

    def set(self, signal_number: int) -> None:
        """Ask for the end; ``signal_number`` is 1, 2 or 15. Call it on the loop."""
        if self._signal is not None:
            return
        self._signal = signal_number
        self._event.set()
        for listener in self._listeners:
            listener()

    def when_set(self, listener: Callable[[], None]) -> None:
        """Have ``listener`` called when the end is asked for."""
        self._listeners.append(listener)

    def check(self) -> None:
        """Raise Interrupted when the end was asked for."""
        if self._signal is not None:
            raise Interrupted(self._signal)

    async def sleep(self, clock: Clock, seconds: float) -> None:
        """Wait for ``seconds`` of ``clock``; raises Interrupted as soon as the end is asked for."""
        self.check()
        if seconds <= 0:
            return
        waits = (
            asyncio.ensure_future(clock.sleep(seconds)),
            asyncio.ensure_future(self._event.wait()),
        )
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        self.check()
