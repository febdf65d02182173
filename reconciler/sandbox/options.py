"""What a sandbox is started with."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from reconciler.sandbox.switches import Switches

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.sandbox.faults import Fault

DIRECT_KEY = "sandbox-callrail-key"
MATON_KEY = "sandbox-maton-key"
LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """``seed`` is reference, agency, empty, or bulk:TAGS[:COMPANIES].

    ``latency`` is in seconds, a request. ``quota`` counts requests an account and
    ``quota_window`` seconds; None: no quota. ``reach``: key -> ids of the accounts it sees (a key
    that is not named sees all). ``clock`` gives seconds, for the quota; ``today`` is the day on
    which the seeded calls end.
    """

    host: str = "127.0.0.1"
    port: int = 0
    db: str | None = None
    seed: str = "reference"
    seed_number: int = 1
    latency: float = 0.0
    quota: int | None = 1_000
    quota_window: float = 3_600.0
    direct_keys: tuple[str, ...] = (DIRECT_KEY,)
    maton_keys: tuple[str, ...] = (MATON_KEY,)
    reach: dict[str, tuple[str, ...]] = field(default_factory=dict)
    switches: Switches = field(default_factory=Switches)
    faults: tuple[Fault, ...] = ()
    clock: Callable[[], float] = time.monotonic
    today: date = field(default_factory=date.today)
    log_requests: bool = False

    def __post_init__(self) -> None:
        """A look-alike that takes any key belongs on loopback."""
        if self.host not in LOOPBACK:
            raise ValueError(f"the sandbox serves loopback only, not {self.host}")
