"""What a run's client is told from outside: keys, addresses, limits, time."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.callrail.clock import Clock, SystemClock
from reconciler.callrail.redact import Redactor
from reconciler.callrail.stop import Stop

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reconciler.callrail.credentials import Credential


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds. ``total`` bounds a request from first to last byte, whatever it drips.

    ``grace`` is what a running request may still take once the end was asked for.
    """

    connect: float = 10.0
    read: float = 30.0
    total: float = 60.0
    grace: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """What an account may send: pairs of (requests, seconds). The defaults are the page's (A).

    ``gateway`` is Maton's limit for the whole process (C).
    """

    account: tuple[tuple[int, float], ...] = ((1_000, 3_600.0), (10_000, 86_400.0))
    gateway: tuple[tuple[int, float], ...] = ((10, 1.0),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
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

    ``credential`` opens the door (None: every account has its own key); ``account_credentials``
    holds, by handle, the keys of accounts that have their own. ``api_url`` and ``control_url``
    replace the bases. ``parallelism`` bounds the requests that run at once, over all accounts.
    ``max_wait`` is how many seconds an account's requests may wait on its quota, in all.
    ``settle`` are the seconds before the first and the second look after a write whose answer was
    lost.
    """

    credential: Credential | None = None
    account_credentials: Mapping[str, Credential] = field(default_factory=dict)
    api_url: str | None = None
    control_url: str | None = None
    parallelism: int = 10
    max_wait: float = 60.0
    settle: tuple[float, float] = (0.5, 2.0)
    quota: Quota = field(default_factory=Quota)
    timeouts: Timeouts = field(default_factory=Timeouts)
    clock: Clock = field(default_factory=SystemClock)
    random: random.Random = field(default_factory=random.Random)
    stop: Stop = field(default_factory=Stop)
    redactor: Redactor = field(default_factory=Redactor)
    on_request: Callable[[Sent], None] | None = None

    def __post_init__(self) -> None:
        """Refuse limits that would let nothing through."""
        if self.parallelism < 1 or self.max_wait < 0:
            raise ValueError("parallelism is at least 1 and max_wait at least 0")
