"""Values that are worked out once, however many ask for them at the same time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable

K = TypeVar("K", bound="Hashable")
T = TypeVar("T")


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
