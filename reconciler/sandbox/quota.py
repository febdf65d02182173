"""Requests per account and window: over a limit, 429 (and nothing counted, as a sliding window)."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True, slots=True)
class QuotaWindow:
    """At most ``allowed`` requests (None: any) in ``seconds``; ``name`` as in the headers."""

    name: str
    allowed: int | None
    seconds: float


class Quota:
    """Sliding windows over the requests of each account.

    ``used_before``: requests of each account that somebody else made just before the start.
    """

    def __init__(
        self, windows: Sequence[QuotaWindow], clock: Callable[[], float], *, used_before: int = 0
    ) -> None:
        self._windows = [window for window in windows if window.allowed is not None]
        self._clock = clock
        self._lock = threading.Lock()
        started = clock()
        self._times: defaultdict[tuple[str, str], deque[float]] = defaultdict(
            lambda: deque([started] * used_before)
        )
        self.refused = 0

    def take(self, account: str) -> float | None:
        """None when the request may pass, else the seconds until one may."""
        with self._lock:
            now = self._clock()
            waits = [
                times[len(times) - (window.allowed or 0)] + window.seconds - now
                for window in self._windows
                if len(times := self._within(account, window, now)) >= (window.allowed or 0)
            ]
            if waits:
                self.refused += 1
                return max(waits)
            for window in self._windows:
                self._times[account, window.name].append(now)
            return None

    def use(self, account: str, requests: int) -> None:
        """Count requests that somebody else makes now, whatever the limits."""
        with self._lock:
            now = self._clock()
            for window in self._windows:
                self._times[account, window.name].extend([now] * requests)

    def headers(self, account: str) -> dict[str, str]:
        """``X-Rate-Limit-*`` as answers of CallRail were seen to carry them (C)."""
        found: dict[str, str] = {}
        with self._lock:
            for window in self._windows:
                used = len(self._within(account, window, self._clock()))
                found[f"X-Rate-Limit-{window.name}-Allowed"] = str(window.allowed)
                found[f"X-Rate-Limit-{window.name}-Used"] = str(used)
        return found

    def _within(self, account: str, window: QuotaWindow, now: float) -> deque[float]:
        times = self._times[account, window.name]
        while times and times[0] <= now - window.seconds:
            times.popleft()
        return times
