"""The only clock of planning and applying."""

from __future__ import annotations

from datetime import UTC, date, datetime


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """This day, in UTC: from it the time in the trash is counted, on every machine alike."""
    return now().date()
