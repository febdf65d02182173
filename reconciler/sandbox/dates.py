"""Date ranges: what calls, summaries and threads cover, as one rule for all of them."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from reconciler.sandbox.answers import Asked, Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

RETENTION_MONTHS = 25
"""How long records are kept (A, B)."""
DAY = timedelta(days=1)
LAST_MOMENT = timedelta(milliseconds=1)
RAILS_ZONES: Mapping[str, str] = {
    "Eastern Time (US & Canada)": "America/New_York",
    "Central Time (US & Canada)": "America/Chicago",
    "Mountain Time (US & Canada)": "America/Denver",
    "Pacific Time (US & Canada)": "America/Los_Angeles",
    "UTC": "Etc/UTC",
}
"""The names that answers show (A), and what the rest of the world calls the zones."""


@dataclass(frozen=True, slots=True)
class Period:
    """From ``start`` to ``end``, both inclusive and to the millisecond, in one time zone."""

    start: datetime
    end: datetime
    zone_name: str

    def described(self) -> dict[str, object]:
        """The period as summaries show it (A)."""
        shown = {name: rails for rails, name in RAILS_ZONES.items()}
        return {
            "start_date": self.start.strftime("%Y-%m-%dT%H:%M:%S%z"),
            "end_date": self.end.strftime("%Y-%m-%dT%H:%M:%S%z"),
            "time_zone": shown.get(self.zone_name, self.zone_name),
        }

    def parameters(self) -> dict[str, object]:
        """``:start`` and ``:end`` for SQL, in a form that julianday reads."""
        return {
            "start": self.start.isoformat(timespec="milliseconds"),
            "end": self.end.isoformat(timespec="milliseconds"),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """What a range depends on: the day it is, the account's zone, whether all_time is served."""

    today: date
    zone_name: str
    all_time: bool

    def period(self, asked: Asked) -> Period:
        """The range that ``asked`` is about: the last 7 days where it names none (B).

        Raises Refusal for what is no date, preset or zone, and beyond the retention.
        """
        zone_name, zone = self._zone(asked)
        first, last = self._preset(asked.one("date_range") or "recent")
        start, end = _start(first, zone), _end(last, zone)
        if asked.one("start_date"):
            start, end = _start(asked.query["start_date"], zone), _end(self.today, zone)
        if asked.one("end_date"):
            end = _end(asked.query["end_date"], zone)
            start = start if asked.one("start_date") else _start(self.oldest, zone)
        if start < _start(self.oldest, zone):
            raise Refusal(400, "the date range reaches further back than 25 months")
        return Period(start.astimezone(zone), end.astimezone(zone), zone_name)

    def days(self, asked: Asked) -> Period:
        """The range of a listing that takes days only, and both ends or none (B: threads)."""
        given = [asked.query[name] for name in ("start_date", "end_date") if asked.one(name)]
        if len(given) == 1:
            raise Refusal(400, "start_date and end_date must be given together")
        if not all(_is_day(text) for text in given):
            raise Refusal(400, "dates must be written YYYY-MM-DD")
        return self.period(asked)

    @property
    def oldest(self) -> date:
        """The first day of the retention period."""
        return _months_before(self.today, RETENTION_MONTHS)

    def _zone(self, asked: Asked) -> tuple[str, tzinfo]:
        name = asked.one("time_zone")
        if name is None:
            return self.zone_name, _zone(self.zone_name) or UTC
        zone = _zone(name)
        if zone is None:
            raise Refusal(400, f"{name} is not a time zone")
        return RAILS_ZONES.get(name, name), zone

    def _preset(self, name: str) -> tuple[date, date]:
        """The first and the last day of a preset."""
        today = self.today
        month = today.replace(day=1)
        presets = {
            "recent": (today - 7 * DAY, today),
            "today": (today, today),
            "yesterday": (today - DAY, today - DAY),
            "last_7_days": (today - 7 * DAY, today),
            "last_30_days": (today - 30 * DAY, today),
            "this_month": (month, today),
            "last_month": ((month - DAY).replace(day=1), month - DAY),
            "this_year": (date(today.year, 1, 1), today),
            "last_year": (date(today.year - 1, 1, 1), date(today.year - 1, 12, 31)),
            # What is no longer kept can't be asked for (B).
            "all_time": (self.oldest if self.all_time else date(2011, 1, 1), today),
        }
        if name not in presets:
            raise Refusal(400, "date_range is not one of those possible")
        return presets[name]


def _start(moment: str | date, zone: tzinfo) -> datetime:
    """The first moment of what is meant."""
    read = _read(moment, zone)
    return read if isinstance(read, datetime) else datetime.combine(read, time(), zone)


def _end(moment: str | date, zone: tzinfo) -> datetime:
    """The last moment that belongs to it: a day is meant to its end."""
    read = _read(moment, zone)
    if isinstance(read, datetime):
        return read
    return datetime.combine(read + DAY, time(), zone) - LAST_MOMENT


def _read(moment: str | date, zone: tzinfo) -> date | datetime:
    """A day, or a moment in the zone that it names itself, else in ``zone``."""
    if isinstance(moment, date):
        return moment
    try:
        if _is_day(moment):
            return date.fromisoformat(moment)
        read = datetime.fromisoformat(moment)
    except ValueError:
        raise Refusal(400, f"{moment} is not an ISO 8601 date") from None
    return read if read.tzinfo else read.replace(tzinfo=zone)


def _is_day(text: str) -> bool:
    return len(text) == len("YYYY-MM-DD") and text[4::3] == "--"


def _zone(name: str) -> tzinfo | None:
    """A zone by either name; None where there is none, or no data of it on this machine."""
    try:
        return ZoneInfo(RAILS_ZONES.get(name, name))
    except (ValueError, OSError, KeyError):
        return None


def _months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
