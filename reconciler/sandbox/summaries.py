"""The figures made of calls and forms: summaries, grouped or not, and time series."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from reconciler.sandbox.answers import Asked, Refusal, Response, Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.sandbox.calls import Calls
    from reconciler.sandbox.dates import Period
    from reconciler.sandbox.forms import Forms

Figure = Callable[["Sequence[Row]"], object]
MOST_POINTS = 200
"""More points than these are refused (B)."""


def _by_a_person(row: Row) -> bool:
    """Whether a call was answered; voicemail is a missed call (C)."""
    return bool(row["answered"]) and not row["voicemail"]


def _how_many(fits: Callable[[Row], object]) -> Figure:
    return lambda rows: sum(1 for row in rows if fits(row))


def _average(rows: Sequence[Row]) -> int:
    return round(sum(row["duration"] or 0 for row in rows) / len(rows)) if rows else 0


def _formatted(rows: Sequence[Row]) -> str:
    minutes, seconds = divmod(_average(rows), 60)
    return f"{minutes}m {seconds}s" if minutes else f"{seconds}s"


_LEADS = _how_many(lambda row: row["lead_status"] == "good_lead")
CALL_FIGURES: Mapping[str, Figure] = {
    "total_calls": len,
    "missed_calls": _how_many(lambda row: not _by_a_person(row)),
    "answered_calls": _how_many(_by_a_person),
    "abandoned_calls": lambda rows: 0,  # noqa: ARG005 - nobody hangs up here
    "first_time_callers": _how_many(lambda row: row["first_call"]),
    "average_duration": _average,
    "formatted_average_duration": _formatted,
    "leads": _LEADS,
}
FORM_FIGURES: Mapping[str, Figure] = {
    "total_forms": len,
    "first_forms": _how_many(lambda row: row["first_form"]),
    "leads": _LEADS,
}
GROUPS = {
    "source": "source",
    "keywords": "keywords",
    "campaign": "campaign",
    "referrer": "referrer",
    "landing_page": "landing_page_url",
    "company": "company_name",
    "company_id": "company_id",
    # Known to clients (C); no call or form of the sandbox has them.
    "last_requested_page": "last_requested_url",
    "form_name": "form_name",
    # These two are on the page (A) and not in the reference.
    "tracker": "tracker_id",
    "medium": "medium",
}
INTERVALS = ("hour", "day", "week", "month", "year")


@dataclass(frozen=True, slots=True)
class Summaries:
    """The figures of one kind of interaction; the first of ``figures`` is the default."""

    source: Calls | Forms
    figures: Mapping[str, Figure]

    def summary(self, account_id: str, asked: Asked) -> Response:
        """All in one, and by group where ``group_by`` asks for it."""
        chosen, period, rows = self._read(account_id, asked)
        payload: Row = {**period.described(), "total_results": _figures(rows, chosen)}
        group = asked.one("group_by")
        if group is not None:
            if group not in GROUPS:
                raise Refusal(400, f"group_by must be one of: {', '.join(GROUPS)}")
            payload |= {"grouped_by": group, "grouped_results": _grouped(rows, group, chosen)}
        return Response(payload=payload)

    def timeseries(self, account_id: str, asked: Asked) -> Response:
        """One point an interval, those without anything too."""
        chosen, period, rows = self._read(account_id, asked)
        interval = asked.one("interval") or "day"
        if interval not in INTERVALS:
            raise Refusal(400, "interval is not one of those possible")
        points: dict[str, list[Row]] = {}
        for key in _keys(period, interval):
            points[key] = []
            if len(points) > MOST_POINTS:
                raise Refusal(400, f"the range has more than {MOST_POINTS} points")
        zone = period.start.tzinfo
        for row in rows:
            moment = datetime.fromisoformat(row[self.source.moment]).astimezone(zone)
            points[_key(moment, interval)].append(row)
        data = [{"key": key, "date": key, **_figures(of, chosen)} for key, of in points.items()]
        return Response(payload={**period.described(), "data": data})

    def _read(
        self, account_id: str, asked: Asked
    ) -> tuple[Mapping[str, Figure], Period, Sequence[Row]]:
        chosen = self._chosen(asked)
        period = self.source.period(account_id, asked)
        return chosen, period, self.source.all_rows(account_id, asked)

    def _chosen(self, asked: Asked) -> Mapping[str, Figure]:
        names = [name for name in (asked.one("fields") or "").split(",") if name]
        unknown = [name for name in names if name not in self.figures]
        if unknown:
            raise Refusal(400, f"fields must be some of: {', '.join(self.figures)}")
        default = next(iter(self.figures))
        return {name: self.figures[name] for name in names or [default]}


def _figures(rows: Sequence[Row], chosen: Mapping[str, Figure]) -> Row:
    return {name: figure(rows) for name, figure in chosen.items()}


def _grouped(rows: Sequence[Row], group: str, chosen: Mapping[str, Figure]) -> list[Row]:
    """A row a group, the largest first."""
    groups: dict[object, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.get(GROUPS[group]), []).append(row)
    largest = sorted(groups.items(), key=lambda item: (-len(item[1]), str(item[0])))
    return [{"key": key, **_figures(of, chosen)} for key, of in largest]


def _keys(period: Period, interval: str) -> Iterator[str]:
    """The key of each interval that the period touches."""
    step = timedelta(hours=1) if interval == "hour" else timedelta(days=1)
    moment, last = period.start, None
    while moment <= period.end:
        key = _key(moment, interval)
        if key != last:
            yield key
        last, moment = key, moment + step


def _key(moment: datetime, interval: str) -> str:
    """The interval that a moment is in: by its first day, or its hour."""
    day = moment.date()
    match interval:
        case "hour":
            return moment.strftime("%Y-%m-%dT%H:00:00")
        case "week":
            return (day - timedelta(days=day.weekday())).isoformat()
        case "month":
            return day.replace(day=1).isoformat()
        case "year":
            return day.replace(month=1, day=1).isoformat()
    return day.isoformat()
