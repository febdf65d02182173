"""Counts requests against the limits, and says how long the next one has to wait.

Answers were recorded with ``X-Rate-Limit-Hourly-Allowed``, ``…-Hourly-Used`` and the same for a day
(C, not documented). Where they come, they say what is left, whoever used the rest, and the account
stops before a 429. Where they don't, only our own requests are known: a budget holds for them, and
a 429 pauses the account. The smaller of the two counts.
"""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

from reconciler.callrail.retry import throttle
from reconciler.errors import QuotaError
from reconciler.model.plan import Allowance

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Mapping

# While everything allowed is on its way there is no time to compute; check again soon.
_SOON = 0.05
HOUR: Final = 3_600.0
DAY: Final = 86_400.0
_PER: Final = {HOUR: "hour", DAY: "day"}
_HEADERS: Final = {HOUR: "x-rate-limit-hourly", DAY: "x-rate-limit-daily"}
RATE_HEADERS: Final = tuple(
    f"{name}-{what}" for name in _HEADERS.values() for what in ("allowed", "used")
)
_LARGEST: Final = 1_000_000_000


class _Report(NamedTuple):
    """What an answer reported of a window, at monotonic second ``at``.

    ``own`` of our requests counted then, ``pending`` of them on their way: those may be in ``used``
    or not.
    """

    allowed: int
    used: int
    at: float
    own: int
    pending: int


class Window:
    """At most ``limit`` requests in any ``seconds``: ours as we count them, all as the server does.

    ``chosen``: the limit is the configuration's own, which no server raises.
    """

    def __init__(self, limit: float, seconds: float, *, chosen: bool = False) -> None:
        self.limit = limit
        self.seconds = seconds
        self.chosen = chosen
        self._running = 0
        self._stamps: deque[float] = deque()
        self._report: _Report | None = None
        self._since_report = 0

    def delay(self, now: float) -> float:
        """Seconds until one more fits; 0 when it fits now."""
        self._expire(now)
        delay = 0.0
        if self._running + len(self._stamps) >= self.limit:
            delay = self._stamps[0] + self.seconds - now if self._stamps else _SOON
        if self._report is None:
            return delay
        return max(delay, self._reported_delay(self._report, now))

    def enter(self) -> None:
        """A request begins."""
        self._running += 1
        self._since_report += 1

    def leave(self, now: float) -> None:
        """It ended. The server counted it before ``now``, so its window ends there first."""
        self._running -= 1
        self._stamps.append(now)

    @property
    def used(self) -> int:
        """Requests of ours that still count, as of the last ``delay``."""
        return self._running + len(self._stamps)

    def report(self, headers: Mapping[str, str], *, sent_at: float, now: float) -> None:
        """Take over what the answer to a request of ours says of this window, if it does.

        Answers overtake each other: one that was sent before the last of them came may be older,
        so that the larger use of both counts.
        """
        name = _HEADERS.get(self.seconds)
        if self.chosen or name is None:
            return
        allowed, used = (
            _number(headers.get(f"{name}-allowed")),
            _number(headers.get(f"{name}-used")),
        )
        if not allowed or used is None:
            return
        before = self._report
        if before is not None and sent_at <= before.at and before.allowed == allowed:
            used = max(used, before.used)
        self._expire(now)
        self._report = _Report(allowed, used, now, self.used, self._running)
        self._since_report = 0
        if not math.isinf(self.limit):
            # The server's limit takes the place of the one that is only usual.
            self.limit = allowed

    def allowance(self, now: float) -> Allowance | None:
        """What is left as of ``now``; None where the server reported nothing, or too long ago."""
        report = self._report
        if report is None or report.at + self.seconds <= now:
            return None
        self._expire(now)
        expired = report.own + self._since_report - self.used
        left = report.allowed - report.used - report.pending - self._since_report + expired
        return Allowance(
            per=_PER[self.seconds],
            allowed=report.allowed,
            left=min(max(left, 0), report.allowed),
            others=max(0, report.used - report.own),
        )

    def _reported_delay(self, report: _Report, now: float) -> float:
        """Seconds until the oldest of our own no longer counts for the server.

        That holds for windows that slide and for those that begin anew: ours was made in it.
        """
        found = self.allowance(now)
        if found is None or found.left > 0:
            return 0.0
        since = min(self._stamps[0], report.at) if self._stamps else report.at
        return max(since + self.seconds - now, _SOON)

    def _expire(self, now: float) -> None:
        while self._stamps and self._stamps[0] + self.seconds <= now:
            self._stamps.popleft()


class RateLimits:
    """Several windows that all have to agree."""

    def __init__(self, windows: Iterable[tuple[float, float]]) -> None:
        self.windows = [Window(limit, seconds) for limit, seconds in windows]

    def delay(self, now: float) -> float:
        """Seconds until one more fits in all of them."""
        return max([window.delay(now) for window in self.windows], default=0.0)

    def enter(self) -> None:
        """A request begins."""
        for window in self.windows:
            window.enter()

    def leave(self, now: float) -> None:
        """It ended."""
        for window in self.windows:
            window.leave(now)


class AccountQuota(RateLimits):
    """One account: requests so far, the budget, and the pause that a 429 asked for.

    ``account`` is what messages call it, empty for requests that belong to none. ``chosen`` is the
    configuration's ``requests_per_hour``, which holds beside the usual ``windows``.
    """

    def __init__(
        self,
        account: str,
        windows: Iterable[tuple[float, float]],
        *,
        max_wait: float,
        chosen: int | None = None,
    ) -> None:
        super().__init__(windows)
        # The server may report a window that has no limit of ours.
        missing = _PER.keys() - {window.seconds for window in self.windows}
        self.windows += [Window(math.inf, seconds) for seconds in sorted(missing)]
        if chosen is not None:
            self.windows.insert(0, Window(chosen, HOUR, chosen=True))
        self.account = account
        self.requests = 0
        self.waited = 0.0
        """Seconds that the run has waited for this account's quota."""
        self._max_wait = max_wait
        self._waiting_until = -math.inf
        self._closed_until = -math.inf
        self._closed_since = -math.inf
        self._in_a_row = 0

    @property
    def waiting_until(self) -> float:
        """When the last wait that was granted ends, on the clock's monotonic seconds."""
        return self._waiting_until

    def allowance(self, now: float) -> Allowance | None:
        """What the server says is left, of the hour or the day, whichever has less."""
        found = [one for window in self.windows if (one := window.allowance(now)) is not None]
        return min(found, key=lambda one: one.left, default=None)

    def delay(self, now: float) -> float:
        """Seconds until a request may be sent."""
        return max(super().delay(now), self._closed_until - now, 0.0)

    def grant(self, delay: float, *, now: float) -> float:
        """Allow a wait of ``delay`` seconds, or raise QuotaError when ``max_wait`` does not.

        Waits that overlap count once: it is the run that waits, not each of its requests. Returns
        the seconds by which this one makes the run wait longer than it was to wait already.
        """
        until = now + delay
        extra = max(0.0, until - max(now, self._waiting_until))
        if self.waited + extra > self._max_wait:
            raise self._exhausted(delay, now)
        self.waited += extra
        self._waiting_until = max(self._waiting_until, until)
        return extra

    def enter(self) -> None:
        """A request begins."""
        self.requests += 1
        super().enter()

    def report(self, headers: Mapping[str, str], *, sent_at: float, now: float) -> None:
        """Take over what an answer's ``headers`` (names in lower case) say of the quota."""
        for window in self.windows:
            window.report(headers, sent_at=sent_at, now=now)

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
        for window in self.windows:
            found = window.allowance(now)
            if found is not None and found.left == 0:
                used = (
                    f"the {found.allowed:,} requests per {found.per} that CallRail allows are used"
                )
                others = f" (others have used {found.others:,}, earlier runs included)"
                return f"{whose}: {used}{others if found.others else ''}"
        for window in self.windows:
            if window.used >= window.limit and window.chosen:
                key = f"requests_per_hour ({window.limit:,})"
                return f"{whose}: this run has sent as many requests as {key} leaves it"
            if window.used >= window.limit:
                per = "hour" if window.seconds == HOUR else duration(window.seconds)
                return f"{whose}: this run has sent {window.limit:,} requests within one {per}"
        return f"{whose} has used up its quota (429)"

    def _exhausted(self, delay: float, now: float) -> QuotaError:
        left = max(0.0, self._max_wait - self.waited)
        bound = f"the {whole_duration(left)} that may be waited (--max-wait)"
        if self.waited:
            limit = duration(self._max_wait)
            bound = f"the {whole_duration(left)} that are left of --max-wait {limit}"
        return QuotaError(
            f"{self.why(now)}; the next is allowed in {duration(delay)}, longer than {bound}",
            hint="Run it again later: what was written is skipped, the rest goes on. "
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
