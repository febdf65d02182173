"""Counts requests against the limits, and says how long the next one has to wait.

A fresh process can't know what was used before it, nor what others use: the API shows no figure.
So the budget holds for our own requests, and a 429 pauses the account.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from reconciler.callrail.retry import throttle
from reconciler.errors import QuotaError

if TYPE_CHECKING:
    import random

# While everything allowed is on its way there is no time to compute; look again soon.
_SOON = 0.05


class Window:
    """At most ``limit`` requests in any ``seconds``."""

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit = limit
        self.seconds = seconds
        self._running = 0
        self._stamps: deque[float] = deque()

    def delay(self, now: float) -> float:
        """Seconds until one more fits; 0 when it fits now."""
        while self._stamps and self._stamps[0] + self.seconds <= now:
            self._stamps.popleft()
        if self._running + len(self._stamps) < self.limit:
            return 0.0
        return self._stamps[0] + self.seconds - now if self._stamps else _SOON

    def enter(self) -> None:
        """A request begins."""
        self._running += 1

    def leave(self, now: float) -> None:
        """It ended. The server counted it before ``now``, so its window ends there first."""
        self._running -= 1
        self._stamps.append(now)

    @property
    def used(self) -> int:
        """Requests that still count, as of the last look."""
        return self._running + len(self._stamps)


class Limits:
    """Several windows that all have to agree."""

    def __init__(self, windows: tuple[tuple[int, float], ...]) -> None:
        self.windows = tuple(Window(limit, seconds) for limit, seconds in windows)

    def delay(self, now: float) -> float:
        """Seconds until one more fits in all of them."""
        return max((window.delay(now) for window in self.windows), default=0.0)

    def enter(self) -> None:
        """A request begins."""
        for window in self.windows:
            window.enter()

    def leave(self, now: float) -> None:
        """It ended."""
        for window in self.windows:
            window.leave(now)


class AccountQuota:
    """One account: requests so far, the budget, and the pause that a 429 asked for."""

    def __init__(self, account: str, *, limits: Limits, max_wait: float) -> None:
        self.account = account
        self.requests = 0
        self._limits = limits
        self._max_wait = max_wait
        self._waited = 0.0
        self._waiting_until = float("-inf")
        self._closed_until = float("-inf")
        self._closed_since = float("-inf")
        self._in_a_row = 0

    @property
    def waited(self) -> float:
        """Seconds that the run has waited for this account's quota."""
        return self._waited

    def delay(self, now: float) -> float:
        """Seconds until a request may be sent."""
        return max(self._limits.delay(now), self._closed_until - now, 0.0)

    def grant(self, delay: float, *, now: float) -> float:
        """Allow a wait of ``delay`` seconds, or raise QuotaError when ``max_wait`` does not.

        Waits that overlap count once: it is the run that waits, not each of its requests. Returns
        the seconds by which this one makes the run wait longer than it was to wait already.
        """
        until = now + delay
        extra = max(0.0, until - max(now, self._waiting_until))
        if self._waited + extra > self._max_wait:
            raise self._exhausted(delay)
        self._waited += extra
        self._waiting_until = max(self._waiting_until, until)
        return extra

    def enter(self) -> None:
        """A request begins."""
        self.requests += 1
        self._limits.enter()

    def leave(self, now: float) -> None:
        """It ended."""
        self._limits.leave(now)

    def accepted(self, *, sent_at: float) -> None:
        """A request that was sent at ``sent_at`` met no 429."""
        if sent_at > self._closed_since:
            self._in_a_row = 0

    def throttled(
        self, *, sent_at: float, now: float, after: float | None, rnd: random.Random
    ) -> None:
        """A request that was sent at ``sent_at`` met a 429 which asks for ``after`` seconds.

        Those that were already running when the account closed say nothing new, unless they ask
        for more.
        """
        if sent_at > self._closed_since:
            self._in_a_row += 1
            self._closed_since = now
            pause = throttle(self._in_a_row, rnd)
            self._closed_until = max(self._closed_until, now + pause)
        if after is not None:
            self._closed_until = max(self._closed_until, now + after)

    def _exhausted(self, delay: float) -> QuotaError:
        full = [window for window in self._limits.windows if window.used >= window.limit]
        if full:
            allowed = f"{full[-1].limit:,} requests in {duration(full[-1].seconds)}"
            what = f"this run has used the {allowed} that account {self.account} has"
        else:
            whose = f"account {self.account}" if self.account else "the key"
            what = f"{whose} has used up its quota (429)"
        return QuotaError(
            f"{what}; the next is allowed in {duration(delay)}, "
            f"longer than the {duration(self._max_wait)} that may be waited",
            hint="Run it again later: what is done is skipped, the rest goes on. "
            f"Or let it wait: --max-wait {duration(max(delay * 1.1, 60.0))}",
        )


def duration(seconds: float) -> str:
    """``seconds`` as people write it, rounded up: 45s, 12m, 2h."""
    whole = -int(-seconds // 1)
    if whole < 120:
        return f"{whole}s"
    minutes = -(-whole // 60)
    return f"{minutes}m" if minutes < 60 else f"{-(-minutes // 60)}h"
