"""What a run's client is given from outside: keys, addresses, limits, time, the signal to stop."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from reconciler.callrail.redact import Redactor
from reconciler.errors import Interrupted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reconciler.callrail.credentials import Credential
    from reconciler.callrail.exchange import OpenTransport

_WITH_SLEEP: Final[int | None] = getattr(time, "CLOCK_BOOTTIME", None)


class Clock(Protocol):
    """Where the client gets its time and does its waiting; a test may turn it."""

    def monotonic(self) -> float:
        """Seconds that never go back; only differences mean something."""

    def time(self) -> float:
        """Seconds since 1970, for the dates of servers."""

    async def sleep(self, seconds: float) -> None:
        """Return after ``seconds``."""


class SystemClock:
    """The machine's own clock."""

    def monotonic(self) -> float:
        """Seconds that never go back; those that the machine sleeps count where it reports them.

        What was read before a laptop was closed is old when it is opened again.
        """
        if _WITH_SLEEP is not None:
            return time.clock_gettime(_WITH_SLEEP)
        return time.monotonic()

    def time(self) -> float:
        """Seconds since 1970."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Return after ``seconds``."""
        await asyncio.sleep(seconds)


class Stop:
    """Set once, by a signal handler on the event loop: no request begins, and waiting ends."""

    def __init__(self) -> None:
        self._signal: int | None = None
        self._event = asyncio.Event()
        self._listeners: list[Callable[[], None]] = []

    @property
    def signal_number(self) -> int | None:
        """The signal that asked for the end; None while none has."""
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


class Timeouts(NamedTuple):
    """Seconds. ``total`` bounds a request from first to last byte, however slowly bytes come.

    ``grace`` is what a running request may still take once the end was asked for.
    """

    connect: float = 10.0
    read: float = 30.0
    total: float = 60.0
    grace: float = 5.0


class QuotaSettings(NamedTuple):
    """What may be sent: pairs of (requests, seconds). The defaults are the page's (A).

    ``account`` is an account's limits, ``gateway`` Maton's for the whole process (C).
    """

    account: tuple[tuple[int, float], ...] = ((1_000, 3_600.0), (10_000, 86_400.0))
    gateway: tuple[tuple[int, float], ...] = ((10, 1.0),)


class Sent(NamedTuple):
    """One request that was made, for progress and logs; ``status`` is None without an answer."""

    method: str
    path: str
    account: str | None
    status: int | None
    seconds: float
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A run's client.

    ``credential`` is the run's key (None: every account has its own); ``account_credentials``
    holds, by handle, the keys of accounts that have their own. ``api_url`` and ``control_url``
    replace the bases. ``parallelism`` bounds the requests that run at once, over all accounts.
    ``max_wait`` is how many seconds an account's requests may wait on its quota, in all.
    ``max_requests``: so many may be sent, over all accounts (None: any number).
    ``transport`` makes the connections to a base; None: over the network.
    """

    credential: Credential | None = None
    account_credentials: Mapping[str, Credential] = field(default_factory=dict)
    api_url: str | None = None
    control_url: str | None = None
    parallelism: int = 10
    max_wait: float = 60.0
    max_requests: int | None = None
    quota: QuotaSettings = field(default_factory=QuotaSettings)
    timeouts: Timeouts = field(default_factory=Timeouts)
    clock: Clock = field(default_factory=SystemClock)
    random: random.Random = field(default_factory=random.Random)
    stop: Stop = field(default_factory=Stop)
    redactor: Redactor = field(default_factory=Redactor)
    on_request: Callable[[Sent], None] | None = None
    transport: Callable[[str], OpenTransport] | None = None

    def __post_init__(self) -> None:
        """Refuse limits that would let nothing through."""
        if self.parallelism < 1 or self.max_wait < 0:
            raise ValueError("parallelism is at least 1 and max_wait at least 0")
