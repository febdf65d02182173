"""What answers say of an account's quota, where they say it.

``X-Rate-Limit-{Hourly,Daily}-{Allowed,Used}`` were seen in recorded answers (C) and are not
documented: what is missing or no number says nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_WINDOWS: Final = {"hour": "x-rate-limit-hourly", "day": "x-rate-limit-daily"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """Requests that an account may send in one ``window`` (hour or day), and those it has sent."""

    window: str
    allowed: int
    used: int

    @property
    def left(self) -> int:
        """Requests that are left; never less than none."""
        return max(0, self.allowed - self.used)


def allowances(headers: Mapping[str, str]) -> tuple[Allowance, ...]:
    """The windows that ``headers`` (names in lower case) speak of, the hour first."""
    found = []
    for window, prefix in _WINDOWS.items():
        allowed, used = (_number(headers.get(f"{prefix}-{what}")) for what in ("allowed", "used"))
        if allowed is not None and used is not None:
            found.append(Allowance(window=window, allowed=allowed, used=used))
    return tuple(found)


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and re.fullmatch(r"[0-9]{1,9}", text.strip()) else None
