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
MANAGER_KEY = "sandbox-manager-key"
MATON_KEY = "sandbox-maton-key"
ROLES = ("admin", "manager", "reporting")
LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """``seed`` is reference, agency, empty, bulk:TAGS[:COMPANIES] or pair:OLD:NEW[:BOTH].

    ``latency`` is in seconds per request. ``quota`` counts requests per account and
    ``quota_window`` seconds (None: no quota at all), ``daily_quota`` those of 24 windows (None:
    any); trial accounts had 250 and 2,500. ``others_used``: requests of each account's quotas that
    somebody else had used when the sandbox started. ``reach``: key -> ids of the accounts it sees
    (a key that is not named sees all). ``roles``: key -> admin, manager or reporting (a key that
    is not named is an administrator's). ``clock`` gives seconds, for quotas and for listings that
    lag; ``today`` is the day on which the seeded calls end.
    """

    host: str = "127.0.0.1"
    port: int = 0
    db: str | None = None
    seed: str = "reference"
    seed_number: int = 1
    latency: float = 0.0
    quota: int | None = 1_000
    quota_window: float = 3_600.0
    daily_quota: int | None = 10_000
    others_used: int = 0
    direct_keys: tuple[str, ...] = (DIRECT_KEY, MANAGER_KEY)
    maton_keys: tuple[str, ...] = (MATON_KEY,)
    reach: dict[str, tuple[str, ...]] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=lambda: {MANAGER_KEY: "manager"})
    switches: Switches = field(default_factory=Switches)
    faults: tuple[Fault, ...] = ()
    clock: Callable[[], float] = time.monotonic
    today: date = field(default_factory=date.today)
    log_requests: bool = False

    def __post_init__(self) -> None:
        """Refuse other hosts than loopback, where a look-alike belongs, and unknown roles."""
        if self.host not in LOOPBACK:
            raise ValueError(f"the sandbox serves loopback only, not {self.host}")
        for role in self.roles.values():
            if role not in ROLES:
                raise ValueError(f"no role {role!r}; there are {', '.join(ROLES)}")
