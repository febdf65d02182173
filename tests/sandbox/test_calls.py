"""Calls: their filters, pages, tags, and the figures made of them."""

from __future__ import annotations

from collections import Counter
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.sandbox.talk import ACCOUNT, CALL, COMPANY, Talk

TRACKER = "TRK019c46b9f18174d68bb8d7985260a11f"


def company(agency: Talk) -> str:
    return str(agency.get("companies.json")["companies"][0]["id"])


def test_fields_adds_what_it_names(direct: Talk) -> None:
    plain = direct.get(f"calls/{CALL}.json")
    more = direct.get(f"calls/{CALL}.json", fields="company_id,company_name,tags,nonsense")
    added = {"company_id": COMPANY, "company_name": "My Company", "tags": []}
    assert more == plain | added
    assert direct.get("calls.json", fields="tags")["calls"] == [plain | {"tags": []}]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"company_id": COMPANY}, 1),
        ({"company_id": "COM1"}, 0),
        ({"tracker_id": TRACKER}, 1),
        ({"tracker_id": "TRK1"}, 0),
        ({"search": "john"}, 1),
        ({"search": "8886757190"}, 1),
        ({"search": "Jane"}, 0),
        ({"tags": "Opportunity"}, 0),
        ({"start_date": "2026-02-10"}, 1),
        ({"start_date": "2026-02-11"}, 0),
        ({"end_date": "2026-02-10"}, 1),
        ({"end_date": "2026-02-10T00:45:19.781-08:00"}, 1),
        ({"end_date": "2026-02-10T00:45:19.780-08:00"}, 0),
        ({"end_date": "2026-02-10T08:45:20Z"}, 1),
        ({"end_date": "2026-02-09"}, 0),
        ({"date_range": "recent"}, 1),
        ({"date_range": "today"}, 0),
        ({"date_range": "yesterday"}, 0),
        ({"date_range": "last_7_days"}, 1),
        ({"date_range": "last_30_days"}, 1),
        ({"date_range": "this_month"}, 1),
        ({"date_range": "last_month"}, 0),
    ],
)
def test_a_filter_finds_what_fits(direct: Talk, query: dict[str, object], found: int) -> None:
    assert direct.get("calls.json", **query)["total_records"] == found


@pytest.mark.parametrize(
    "query",
    [
        {"start_date": "2024-01-05"},
        {"start_date": "2023-12-31", "end_date": "2024-01-31"},
        {"start_date": "last week"},
        {"date_range": "last_decade"},
        {"sort": "id; DROP TABLE calls"},
        {"order": "sideways"},
    ],
)
def test_a_range_or_order_that_is_not_to_be_had_is_400(
    direct: Talk, query: dict[str, object]
) -> None:
    assert direct.of("GET", "calls.json", **query).status == 400


def test_25_months_back_are_still_there(direct: Talk) -> None:
    assert direct.get("calls.json", start_date="2024-01-12")["total_records"] == 1


def test_calls_come_newest_first_or_as_told(agency: Talk) -> None:
    newest = [call["start_time"] for call in agency.get("calls.json")["calls"]]
    assert newest == sorted(newest, reverse=True)
    query = {"sort": "duration", "order": "asc", "date_range": "last_30_days"}
    durations = [call["duration"] for call in agency.get("calls.json", **query)["calls"]]
    assert durations == sorted(durations)


def follow(talk: Talk, **query: object) -> list[dict[str, Any]]:
    """Every page that the query of ``next_page`` leads to."""
    pages = [talk.get("calls.json", relative_pagination="true", **query)]
    while pages[-1]["has_next_page"]:
        query = dict(parse_qsl(urlsplit(pages[-1]["next_page"]).query))
        pages.append(talk.get("calls.json", **query))
    return pages


def test_relative_pages_lead_to_every_call_once(agency: Talk) -> None:
    query = {"company_id": company(agency), "fields": "tags", "start_date": "2025-01-01"}
    pages = follow(agency, **query)
    found = [call["id"] for page in pages for call in page["calls"]]
    assert len(pages) > 1
    assert pages[-1]["next_page"] is None
    assert len(found) == len(set(found))
    assert len(found) == agency.get("calls.json", **query)["total_records"]
    assert "total_records" not in pages[0]


def test_the_next_page_is_on_callrail_s_own_host_even_through_maton(
    agency: Talk, maton_agency: Talk
) -> None:
    number = agency.send("GET", f"/v3/a/{ACCOUNT}.json").json["numeric_id"]
    for talk in (agency, maton_agency):
        page = talk.get("calls.json", relative_pagination="true", date_range="last_30_days")
        assert page["next_page"] == (
            f"https://api.callrail.com/v3/a/{number}/calls?action=index&agency_id={number}"
            "&date_range=last_30_days&format=json&offset=1&page=1&per_page=100"
            "&relative_pagination=true"
        )


@pytest.mark.parametrize("offset", ["-1", "1.5", "x"])
def test_an_offset_is_a_number_from_0(direct: Talk, offset: str) -> None:
    query = {"relative_pagination": "true", "offset": offset}
    assert direct.of("GET", "calls.json", **query).status == 400


@pytest.fixture
def maton_agency(agency: Talk) -> Talk:
    from tests.sandbox.talk import MATON

    return Talk(agency.sandbox, "/callrail", dict(MATON))


def test_a_count_costs_one_row(agency: Talk) -> None:
    payload = agency.get("calls.json", tags="Spam", per_page=1)
    bearing = agency.every("calls.json", "calls", tags="Spam", fields="tags")
    assert len(payload["calls"]) == 1
    assert payload["total_records"] == sum("Spam" in call["tags"] for call in bearing)


def test_an_update_sets_what_it_names(direct: Talk) -> None:
    body = {
        "customer_name": "John Smith",
        "note": "Follow up scheduled",
        "lead_status": "good_lead",
        "value": 12.5,
    }
    reply = direct.of("PUT", f"calls/{CALL}.json", body)
    after = direct.get(f"calls/{CALL}.json", fields="note,lead_status,value,tags")
    assert (reply.status, reply.json) == (200, after)
    assert {key: after[key] for key in body} == body


def test_spam_is_hidden_from_lists_and_figures(direct: Talk) -> None:
    direct.of("PUT", f"calls/{CALL}.json", {"spam": True})
    assert direct.get("calls.json")["calls"] == []
    assert direct.get("calls/summary.json")["total_results"] == {"total_calls": 0}
    assert direct.get(f"calls/{CALL}.json")["id"] == CALL, "one asked for by id is shown"


def test_spam_can_be_set_and_not_be_undone(direct: Talk) -> None:
    for spam, listed in ((False, 1), (True, 0), (False, 0)):
        assert direct.of("PUT", f"calls/{CALL}.json", {"spam": spam}).status == 200
        assert direct.get("calls.json")["total_records"] == listed


@pytest.mark.parametrize(
    ("body", "tags"),
    [
        ({"tag_list": ["Schedule requested"]}, ["Schedule requested"]),
        ({"tags": ["Schedule requested"]}, ["Schedule requested"]),
        ({"append_tags": ["Schedule requested"]}, ["Opportunity", "Schedule requested"]),
        ({"append_tags": ["Opportunity"]}, ["Opportunity"]),
        ({"tag_list": []}, []),
        ({"note": "x"}, ["Opportunity"]),
    ],
)
def test_tags_are_replaced_or_appended(
    direct: Talk, body: dict[str, object], tags: list[str]
) -> None:
    direct.of("PUT", f"calls/{CALL}.json", {"tag_list": ["Opportunity"]})
    assert direct.of("PUT", f"calls/{CALL}.json", body).json["tags"] == tags
    assert direct.get("calls.json", fields="tags")["calls"][0]["tags"] == tags
    assert len(direct.sandbox.store.tags()) == 2


def test_an_unknown_name_becomes_a_tag_of_the_call_s_company(direct: Talk) -> None:
    direct.of("PUT", f"calls/{CALL}.json", {"append_tags": ["Ad hoc"]})
    made = direct.get("tags.json", company_id=COMPANY)["tags"][-1]
    assert (made["name"], made["tag_level"], made["company_id"]) == ("Ad hoc", "company", COMPANY)


@pytest.mark.parametrize(
    "body",
    [
        {"note": "half", "tag_list": "Opportunity"},
        {"note": "half", "append_tags": [7]},
        {"note": "half", "lead_status": "bad_lead"},
        {"note": "half", "lead_status": 7},
        {"note": "half", "spam": "yes"},
        {"note": "half", "spam": None},
        {"note": "half", "customer_name": {"first": "John"}},
        {"note": "half", "value": [1]},
    ],
)
def test_a_refused_update_changes_nothing(direct: Talk, body: dict[str, object]) -> None:
    assert direct.of("PUT", f"calls/{CALL}.json", body).status == 422
    assert direct.get(f"calls/{CALL}.json", fields="note")["note"] == ""


@pytest.mark.parametrize(
    ("group", "field"),
    [
        ("company", "company_name"),
        ("company_id", "company_id"),
        ("tracker", "tracker_id"),
        ("source", "source"),
        ("landing_page", "landing_page_url"),
    ],
)
def test_a_summary_counts_and_groups(agency: Talk, group: str, field: str) -> None:
    summary = agency.get("calls/summary.json", group_by=group, date_range="last_30_days")
    calls = agency.every("calls.json", "calls", fields=field, date_range="last_30_days")
    expected = Counter(call[field] for call in calls)
    grouped = {row["key"]: row["total_calls"] for row in summary["grouped_results"]}
    assert grouped == expected
    assert summary["total_results"] == {"total_calls": expected.total()}
    assert agency.of("GET", "calls/summary.json", group_by="mood").status == 400


def test_a_time_series_counts_by_day(agency: Talk) -> None:
    series = agency.get("calls/timeseries.json", date_range="last_7_days")
    calls = agency.every("calls.json", "calls", date_range="last_7_days")
    expected = Counter(call["start_time"][:10] for call in calls)
    assert {row["date"]: row["total_calls"] for row in series["data"]} == expected
    assert all(row["key"] == row["date"] for row in series["data"])
    assert series["end_date"] == "2026-02-12T23:59:59-0500"
