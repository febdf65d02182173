"""Requests an account and hour: over it, 429 (and nothing counted, as a sliding window)."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Quota:
    """A sliding window; ``limit`` None lets everything through."""

    def __init__(self, limit: int | None, window: float, clock: Callable[[], float]) -> None:
        self._limit, self._window, self._clock = limit, window, clock
        self._lock = threading.Lock()
        self._times: defaultdict[str, deque[float]] = defaultdict(deque)
        self.refused = 0

    def take(self, account: str) -> float | None:
        """None when the request may pass, else the seconds until one may."""
        if self._limit is None:
            return None
        with self._lock:
            now, times = self._clock(), self._times[account]
            while times and times[0] <= now - self._window:
                times.popleft()
            if len(times) >= self._limit:
                self.refused += 1
                return times[0] + self._window - now
            times.append(now)
            return None
