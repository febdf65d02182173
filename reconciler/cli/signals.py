"""SIGINT, SIGTERM and SIGHUP: the first ends the work well, the second ends it at once."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING, Any, TypeVar

from reconciler.errors import Interrupted

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

Result = TypeVar("Result")

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Signals:
    """What was asked for, and who wants to know.

    While only reading, the first signal cancels the work. After :meth:`finish_running` it is
    only noted: requests that are out are finished and reported.
    """

    def __init__(self) -> None:
        self.number: int | None = None
        self._finishing = False
        self._task: asyncio.Task[Any] | None = None
        self._listeners: list[Callable[[], None]] = []

    def finish_running(self) -> None:
        """From here on writes are out: a signal must not cut them off."""
        self._finishing = True

    def on_stop(self, listener: Callable[[], None]) -> None:
        """Have ``listener`` called at the first signal."""
        self._listeners.append(listener)

    async def watch(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Run ``work`` with the signals handled; raises Interrupted when it was cancelled.

        One that whoever started us has set to be ignored (``nohup``) stays ignored.
        """
        loop = asyncio.get_running_loop()
        task: asyncio.Task[Result] = loop.create_task(work)
        self._task = task
        handled = [one for one in STOPPING if signal.getsignal(one) is not signal.SIG_IGN]
        for number in handled:
            loop.add_signal_handler(number, self._handle, int(number))
        try:
            return await task
        except asyncio.CancelledError:
            raise Interrupted(self.number or signal.SIGINT) from None
        finally:
            for number in handled:
                loop.remove_signal_handler(number)

    def _handle(self, number: int) -> None:
        if self.number is not None:
            os._exit(128 + number)
        self.number = number
        for listener in self._listeners:
            listener()
        if not self._finishing and self._task is not None:
            self._task.cancel()
