"""Date ranges: what listings and figures cover, with and without being asked."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from reconciler.sandbox.switches import Switches
from tests.sandbox.client import ACCOUNT, COMPANY, Client

if TYPE_CHECKING:
    from collections.abc import Callable

TODAY = date(2026, 11, 25)
DAYS = (
    "2026-11-25",
    "2026-11-24",
    "2026-11-18",
    "2026-11-17",
    "2026-11-01",
    "2026-10-31",
    "2026-10-26",
    "2026-10-25",
    "2026-01-01",
    "2025-12-31",
    "2025-01-01",
    "2024-12-31",
    "2024-10-25",
)
"""The first and the last days of presets, and their neighbours."""
LISTINGS = {
    "calls.json": "calls",
    "form_submissions.json": "form_submissions",
    "sms-threads.json": "sms_threads",
}


@pytest.fixture
def dated(start: Callable[..., Client]) -> Client:
    """A call, a form and a thread on each of the days, at noon in the account's zone."""
    client = start(today=TODAY)
    store = client.sandbox.store
    store.run("DELETE FROM calls")
    place = {"account_id": ACCOUNT, "company_id": COMPANY}
    for table, column in (
        ("calls", "start_time"),
        ("forms", "submitted_at"),
        ("texts", "last_message_at"),
    ):
        store.insert(
            table,
            [{**place, "id": f"ID{day}", column: f"{day}T20:00:00.000Z"} for day in DAYS],
        )
    store.run("UPDATE calls SET answered = 1, duration = 60, direction = 'inbound'")
    return client


def found(client: Client, path: str, **query: object) -> list[str]:
    """The days of what a listing shows, the latest first."""
    rows = client.get(path, **query)[LISTINGS[path]]
    return sorted((row["id"].removeprefix("ID") for row in rows), reverse=True)


@pytest.mark.parametrize("path", LISTINGS)
def test_without_a_range_the_last_7_days_are_covered(dated: Client, path: str) -> None:
    assert found(dated, path) == list(DAYS[:3])


@pytest.mark.parametrize(
    ("preset", "first", "last"),
    [
        ("recent", "2026-11-18", "2026-11-25"),
        ("today", "2026-11-25", "2026-11-25"),
        ("yesterday", "2026-11-24", "2026-11-24"),
        ("last_7_days", "2026-11-18", "2026-11-25"),
        ("last_30_days", "2026-10-26", "2026-11-25"),
        ("this_month", "2026-11-01", "2026-11-25"),
        ("last_month", "2026-10-01", "2026-10-31"),
        ("this_year", "2026-01-01", "2026-11-25"),
        ("last_year", "2025-01-01", "2025-12-31"),
    ],
)
@pytest.mark.parametrize("path", ["calls.json", "form_submissions.json"])
def test_a_preset_covers_its_first_and_last_day(
    dated: Client, path: str, preset: str, first: str, last: str
) -> None:
    assert found(dated, path, date_range=preset) == [day for day in DAYS if first <= day <= last]
    if path == "calls.json":
        figures = dated.get("calls/summary.json", date_range=preset)
        assert figures["start_date"].startswith(f"{first}T00:00:00-0")
        assert figures["end_date"].startswith(f"{last}T23:59:59-0")


def test_all_time_is_beyond_what_is_kept(dated: Client) -> None:
    assert dated.of("GET", "calls.json", date_range="all_time").status == 400
    dated.sandbox.app.switches = Switches(all_time="served")
    assert found(dated, "calls.json", date_range="all_time") == list(DAYS)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"start_date": "2024-10-25"}, 200),
        ({"start_date": "2024-10-24"}, 400),
        ({"start_date": "2024-10-25T00:00:00-07:00"}, 200),
        ({"start_date": "2024-10-24T23:59:59-07:00"}, 400),
        ({"start_date": "2024-10-25T00:00:00", "time_zone": "America/Los_Angeles"}, 200),
        ({"start_date": "last week"}, 400),
        ({"date_range": "last_decade"}, 400),
        ({"time_zone": "Nowhere/Land"}, 400),
    ],
)
def test_nothing_can_be_asked_for_beyond_25_months(
    dated: Client, query: dict[str, object], status: int
) -> None:
    for path in ("calls.json", "form_submissions.json", "calls/summary.json"):
        assert dated.of("GET", path, **query).status == status


@pytest.mark.parametrize(
    ("query", "days"),
    [
        ({"start_date": "2026-11-24"}, DAYS[:2]),
        ({"start_date": "2026-11-17", "end_date": "2026-11-18"}, DAYS[2:4]),
        ({"end_date": "2024-12-31"}, DAYS[-2:]),
        ({"start_date": "2026-11-24T12:00:00"}, DAYS[:2]),
        ({"start_date": "2026-11-24T12:00:01"}, DAYS[:1]),
        ({"start_date": "2026-11-24T12:00:01", "time_zone": "America/New_York"}, DAYS[:2]),
        ({"start_date": "2026-11-24T20:00:01Z"}, DAYS[:1]),
        ({"date_range": "today", "time_zone": "Eastern Time (US & Canada)"}, DAYS[:1]),
        ({"date_range": "today", "start_date": "2026-11-18"}, DAYS[:3]),
    ],
)
def test_a_range_is_in_the_account_s_zone_unless_it_names_another(
    dated: Client, query: dict[str, object], days: tuple[str, ...]
) -> None:
    assert found(dated, "calls.json", **query) == list(days)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"start_date": "2026-11-17", "end_date": "2026-11-18"}, 200),
        ({"start_date": "2026-11-17"}, 400),
        ({"end_date": "2026-11-17"}, 400),
        ({"start_date": "2026-11-17T00:00:00Z", "end_date": "2026-11-18"}, 400),
    ],
)
def test_threads_take_whole_days_and_both_ends_or_none(
    dated: Client, query: dict[str, object], status: int
) -> None:
    assert dated.of("GET", "sms-threads.json", **query).status == status
    if status == 200:
        assert found(dated, "sms-threads.json", **query) == list(DAYS[2:4])


@pytest.mark.parametrize(
    ("interval", "since", "keys"),
    [
        ("day", "2026-11-23", ["2026-11-23", "2026-11-24", "2026-11-25"]),
        ("week", "2026-11-15", ["2026-11-09", "2026-11-16", "2026-11-23"]),
        ("month", "2026-10-20", ["2026-10-01", "2026-11-01"]),
        ("year", "2025-06-01", ["2025-01-01", "2026-01-01"]),
    ],
)
def test_a_time_series_has_a_point_for_each_interval(
    dated: Client, interval: str, since: str, keys: list[str]
) -> None:
    series = dated.get("calls/timeseries.json", interval=interval, start_date=since)
    assert [point["key"] for point in series["data"]] == keys
    assert [point["date"] for point in series["data"]] == keys
    total = sum(point["total_calls"] for point in series["data"])
    assert total == len([day for day in DAYS if day >= since])


def test_a_time_series_by_the_hour(dated: Client) -> None:
    series = dated.get("calls/timeseries.json", interval="hour", date_range="today")
    assert len(series["data"]) == 24
    assert [point["key"] for point in series["data"] if point["total_calls"]] == [
        "2026-11-25T12:00:00"
    ]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"start_date": "2026-05-10"}, 200),
        ({"start_date": "2026-05-09"}, 400),
        ({"start_date": "2026-05-09", "interval": "week"}, 200),
        ({"interval": "decade"}, 400),
        ({"fields": "total_calls,nonsense"}, 400),
    ],
)
def test_a_time_series_has_200_points_at_most(
    dated: Client, query: dict[str, object], status: int
) -> None:
    assert dated.of("GET", "calls/timeseries.json", **query).status == status


def test_calls_and_forms_have_figures(dated: Client) -> None:
    dated.sandbox.store.run("UPDATE forms SET lead_status = 'good_lead', first_form = 1")
    dated.sandbox.store.run("UPDATE calls SET answered = 0 WHERE id = 'ID2026-11-25'")
    fields = "missed_calls,answered_calls,first_time_callers,average_duration,leads"
    query = {"fields": f"{fields},formatted_average_duration", "group_by": "company"}
    summary = dated.get("calls/summary.json", **query)
    figures = {
        "missed_calls": 1,
        "answered_calls": 2,
        "first_time_callers": 0,
        "average_duration": 60,
        "leads": 0,
        "formatted_average_duration": "1m 0s",
    }
    assert summary["total_results"] == figures
    assert summary["grouped_by"] == "company"
    assert summary["grouped_results"] == [{"key": "My Company", **figures}]
    forms = dated.get("forms/summary.json", fields="total_forms,first_forms,leads")
    assert forms["total_results"] == {"total_forms": 3, "first_forms": 3, "leads": 3}
    assert dated.get("forms/summary.json")["total_results"] == {"total_forms": 3}
