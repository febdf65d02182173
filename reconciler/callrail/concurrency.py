"""Building blocks of asyncio: bounded slots, reads that are shared, values worked out once."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Hashable

K = TypeVar("K", bound="Hashable")
T = TypeVar("T")


class Slots:
    """At most ``count`` requests at once; of those that wait, the urgent go first."""

    def __init__(self, count: int) -> None:
        self._free = count
        self._urgent: deque[asyncio.Future[None]] = deque()
        self._others: deque[asyncio.Future[None]] = deque()

    @asynccontextmanager
    async def taken(self, *, urgent: bool) -> AsyncIterator[None]:
        """A context in which one slot is held."""
        if self._free > 0:
            self._free -= 1
        else:
            await self._wait(self._urgent if urgent else self._others)
        try:
            yield
        finally:
            self._release()

    async def _wait(self, queue: deque[asyncio.Future[None]]) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._release()
            raise

    def _release(self) -> None:
        for queue in (self._urgent, self._others):
            while queue:
                turn = queue.popleft()
                if not turn.done():
                    turn.set_result(None)
                    return
        self._free += 1


class SingleFlight(Generic[T]):
    """Many ask for a fresh read, and few are made.

    Whoever asks gets a read that began after the asking; all who ask while one read runs share the
    next one.
    """

    def __init__(self, read: Callable[[], Awaitable[T]]) -> None:
        self._read = read
        self._running: asyncio.Task[T] | None = None
        self._next: asyncio.Task[T] | None = None

    async def fresh(self) -> T:
        """The result of a read that begins after this call; raises what the read raises."""
        if self._next is None:
            self._next = asyncio.create_task(self._turn(self._running))
            self._next.add_done_callback(_retrieve)
        return await asyncio.shield(self._next)

    async def idle(self) -> None:
        """Return when no read runs and none is asked for."""
        while (task := self._next or self._running) is not None and not task.done():
            await asyncio.wait({task})

    async def close(self) -> None:
        """End what still runs."""
        tasks = [task for task in (self._running, self._next) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _turn(self, before: asyncio.Task[T] | None) -> T:
        if before is not None:
            await asyncio.wait({before})
        self._running, self._next = self._next, None
        return await self._read()


def _retrieve(task: asyncio.Task[T]) -> None:
    """Take note of a failure: asyncio complains of one when all who waited were cancelled."""
    if not task.cancelled():
        task.exception()


class Memo(Generic[K, T]):
    """``make`` of each key, called once a key. A call that fails is made again when asked again."""

    def __init__(self, make: Callable[[K], Awaitable[T]]) -> None:
        self._make = make
        self._made: dict[K, T] = {}
        self._locks: dict[K, asyncio.Lock] = {}

    async def of(self, key: K) -> T:
        """The value of ``key``; raises what making it raises."""
        async with self._locks.setdefault(key, asyncio.Lock()):
            if key not in self._made:
                self._made[key] = await self._make(key)
            return self._made[key]
