"""Counts requests against the limits, and says how long the next one has to wait.

Answers were recorded with ``X-Rate-Limit-Hourly-Allowed``, ``…-Hourly-Used`` and the same for a day
(C, not documented). Where they come, they say what is left, whoever used the rest, and the account
stops before a 429. Where they don't, only our own requests are known: a budget holds for them, and
a 429 pauses the account. The smaller of the two counts.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reconciler.callrail.retry import throttle
from reconciler.errors import QuotaError
from reconciler.model.plan import Allowance

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping

# While everything allowed is on its way there is no time to compute; look again soon.
_SOON = 0.05
HOUR: Final = 3_600.0
DAY: Final = 86_400.0
_HEADERS: Final = (("hour", "hourly", HOUR), ("day", "daily", DAY))
RATE_HEADERS: Final = tuple(
    f"x-rate-limit-{per}-{what}" for _, per, _ in _HEADERS for what in ("allowed", "used")
)
_LARGEST: Final = 1_000_000_000


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

    @property
    def running(self) -> int:
        """Requests on their way."""
        return self._running

    @property
    def oldest(self) -> float | None:
        """When the first of those that count has ended."""
        return self._stamps[0] if self._stamps else None


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


@dataclass(frozen=True, slots=True)
class _Told:
    """What an answer told of one window, at monotonic second ``at``.

    ``own`` of our requests counted then, ``pending`` of them on their way: those may be in ``used``
    or not.
    """

    allowed: int
    used: int
    at: float
    own: int
    pending: int


class Reported:
    """One window as the server counts it: everybody's requests, ours among them."""

    def __init__(self, per: str, seconds: float) -> None:
        self.per = per
        self._own = Window(0, seconds)
        self._told: _Told | None = None
        self._since = 0

    def enter(self) -> None:
        """A request of ours begins."""
        self._own.enter()
        self._since += 1

    def leave(self, now: float) -> None:
        """It ended."""
        self._own.leave(now)

    def tell(self, allowed: int, used: int, *, sent_at: float, now: float) -> None:
        """Take over what the answer to a request of ours says.

        Answers overtake each other: one that was sent before the last of them came may be older,
        so that the larger use of both counts.
        """
        before = self._told
        if before is not None and sent_at <= before.at and before.allowed == allowed:
            used = max(used, before.used)
        self._own.delay(now)
        self._told = _Told(allowed, used, now, self._own.used, self._own.running)
        self._since = 0

    def allowance(self, now: float) -> Allowance | None:
        """What is left as of ``now``; None where the server has not told, or too long ago."""
        told = self._told
        if told is None or told.at + self._own.seconds <= now:
            return None
        self._own.delay(now)
        expired = told.own + self._since - self._own.used
        left = told.allowed - told.used - told.pending - self._since + expired
        return Allowance(
            per=self.per,
            allowed=told.allowed,
            left=min(max(left, 0), told.allowed),
            others=max(0, told.used - told.own),
        )

    def delay(self, now: float) -> float:
        """Seconds until one more fits: until the oldest of our own no longer counts.

        That holds for windows that slide and for those that begin anew: ours was made in it.
        """
        found = self.allowance(now)
        if found is None or found.left > 0 or self._told is None:
            return 0.0
        oldest = self._own.oldest
        since = self._told.at if oldest is None else min(oldest, self._told.at)
        return max(since + self._own.seconds - now, _SOON)


class AccountQuota:
    """One account: requests so far, the budget, and the pause that a 429 asked for.

    ``account`` is what messages call it, empty for requests that belong to none. ``chosen``: the
    first of the limits is the configuration's ``requests_per_hour``.
    """

    def __init__(
        self, account: str, *, limits: Limits, max_wait: float, chosen: bool = False
    ) -> None:
        self.account = account
        self.requests = 0
        self.reported = tuple(Reported(per, seconds) for per, _, seconds in _HEADERS)
        self._limits = limits
        self._chosen = chosen
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

    @property
    def waiting_until(self) -> float:
        """When the last wait that was granted ends, on the clock's monotonic seconds."""
        return self._waiting_until

    def allowance(self, now: float) -> Allowance | None:
        """What the server says is left, of the hour or the day, whichever has less."""
        found = [one for one in (each.allowance(now) for each in self.reported) if one is not None]
        return min(found, key=lambda one: one.left, default=None)

    def delay(self, now: float) -> float:
        """Seconds until a request may be sent."""
        told = max(each.delay(now) for each in self.reported)
        return max(self._limits.delay(now), told, self._closed_until - now, 0.0)

    def grant(self, delay: float, *, now: float) -> float:
        """Allow a wait of ``delay`` seconds, or raise QuotaError when ``max_wait`` does not.

        Waits that overlap count once: it is the run that waits, not each of its requests. Returns
        the seconds by which this one makes the run wait longer than it was to wait already.
        """
        until = now + delay
        extra = max(0.0, until - max(now, self._waiting_until))
        if self._waited + extra > self._max_wait:
            raise self._exhausted(delay, now)
        self._waited += extra
        self._waiting_until = max(self._waiting_until, until)
        return extra

    def enter(self) -> None:
        """A request begins."""
        self.requests += 1
        self._limits.enter()
        for each in self.reported:
            each.enter()

    def leave(self, now: float) -> None:
        """It ended."""
        self._limits.leave(now)
        for each in self.reported:
            each.leave(now)

    def tell(self, headers: Mapping[str, str], *, sent_at: float, now: float) -> None:
        """Take over what an answer's ``headers`` (names in lower case) say of the quota."""
        for each, (_, per, _) in zip(self.reported, _HEADERS, strict=True):
            allowed = _number(headers.get(f"x-rate-limit-{per}-allowed"))
            used = _number(headers.get(f"x-rate-limit-{per}-used"))
            if allowed is not None and used is not None and allowed > 0:
                each.tell(allowed, used, sent_at=sent_at, now=now)
                self._adopt(allowed, each.per)

    def _adopt(self, allowed: int, per: str) -> None:
        """Let the server's limit take the place of the one that is only usual."""
        seconds = HOUR if per == "hour" else DAY
        for at, window in enumerate(self._limits.windows):
            if window.seconds == seconds and not (self._chosen and at == 0):
                window.limit = allowed

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

    def why(self, now: float) -> str:
        """What keeps the next request from being sent at ``now``."""
        whose = self.account or "the key"
        for each in self.reported:
            found = each.allowance(now)
            if found is not None and found.left == 0:
                used = (
                    f"the {found.allowed:,} requests per {found.per} that CallRail allows are used"
                )
                others = f" (others have used {found.others:,}, earlier runs included)"
                return f"{whose}: {used}{others if found.others else ''}"
        for at, window in enumerate(self._limits.windows):
            if window.used >= window.limit:
                per = "hour" if window.seconds == HOUR else duration(window.seconds)
                if self._chosen and at == 0:
                    key = f"requests_per_hour ({window.limit:,})"
                    return f"{whose}: this run has sent as many requests as {key} leaves it"
                return f"{whose}: this run has sent {window.limit:,} requests within one {per}"
        return f"{whose} has used up its quota (429)"

    def _exhausted(self, delay: float, now: float) -> QuotaError:
        left = max(0.0, self._max_wait - self._waited)
        bound = f"the {whole_duration(left)} that may be waited (--max-wait)"
        if self._waited:
            limit = duration(self._max_wait)
            bound = f"the {whole_duration(left)} that are left of --max-wait {limit}"
        return QuotaError(
            f"{self.why(now)}; the next is allowed in {duration(delay)}, longer than {bound}",
            hint="Run it again later: what is done is skipped, the rest goes on. "
            f"Or let it wait: --max-wait {duration(max(delay * 1.1, 60.0))}",
        )


def _number(text: str | None) -> int | None:
    """A header's count; None for what is none."""
    if text is None or not text.strip().isdecimal() or len(text) > 12:
        return None
    value = int(text)
    return value if value <= _LARGEST else None


def duration(seconds: float) -> str:
    """``seconds`` as people write it, rounded up: 45s, 12m, 2h."""
    whole = -int(-seconds // 1)
    if whole < 120:
        return f"{whole}s"
    minutes = -(-whole // 60)
    return f"{minutes}m" if minutes < 60 else f"{-(-minutes // 60)}h"


def whole_duration(seconds: float) -> str:
    """``seconds`` rounded down: what there is at least."""
    whole = int(seconds)
    if whole < 120:
        return f"{whole}s"
    return f"{whole // 60}m" if whole < 7_200 else f"{whole // 3_600}h"
