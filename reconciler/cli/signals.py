"""SIGINT, SIGTERM and SIGHUP: the first ends the work well, the second ends it at once."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from reconciler.errors import Interrupted

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

Result = TypeVar("Result")

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Signals:
    """What was asked for, and who wants to know.

    In :meth:`watch` the first signal cancels the work; in :meth:`finish_running` it is only noted:
    requests that are out are finished and reported.
    """

    def __init__(self) -> None:
        self.number: int | None = None
        self._task: asyncio.Task[object] | None = None
        self._listeners: list[Callable[[], None]] = []

    def on_stop(self, listener: Callable[[], None]) -> None:
        """Have ``listener`` called at the first signal."""
        self._listeners.append(listener)

    async def watch(self, work: Coroutine[object, object, Result]) -> Result:
        """Run ``work``, which a signal cancels; raises Interrupted when it was cancelled."""
        task: asyncio.Task[Result] = asyncio.get_running_loop().create_task(work)
        with self.finish_running():
            self._task = task
            try:
                return await task
            except asyncio.CancelledError:
                raise Interrupted(self.number or signal.SIGINT) from None
            finally:
                self._task = None

    @contextmanager
    def finish_running(self) -> Iterator[None]:
        """Writes are out in it: a signal is noted and does not cut them off.

        One that whoever started us has set to be ignored (``nohup``) stays ignored.
        """
        loop = asyncio.get_running_loop()
        handled = [one for one in STOPPING if signal.getsignal(one) is not signal.SIG_IGN]
        for number in handled:
            loop.add_signal_handler(number, self._handle, int(number))
        try:
            yield
        finally:
            for number in handled:
                loop.remove_signal_handler(number)

    def _handle(self, number: int) -> None:
        if self.number is not None:
            os._exit(128 + number)
        self.number = number
        for listener in self._listeners:
            listener()
        if self._task is not None:
            self._task.cancel()
