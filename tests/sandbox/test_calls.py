"""Calls: their filters, pages, tags, and the figures made of them."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from reconciler.sandbox.switches import Switches
from tests.sandbox.client import ACCOUNT, CALL, COMPANY, Client, Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TRACKER = "TRK019c46b9f18174d68bb8d7985260a11f"


def company(agency: Client) -> str:
    return str(agency.get("companies.json")["companies"][0]["id"])


def test_fields_adds_what_it_names(direct: Client) -> None:
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
def test_a_filter_finds_what_fits(direct: Client, query: dict[str, object], found: int) -> None:
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
    direct: Client, query: dict[str, object]
) -> None:
    assert direct.of("GET", "calls.json", **query).status == 400


def test_25_months_back_are_still_there(direct: Client) -> None:
    assert direct.get("calls.json", start_date="2024-01-12")["total_records"] == 1


def test_calls_come_newest_first_or_as_asked(agency: Client) -> None:
    newest = [call["start_time"] for call in agency.get("calls.json")["calls"]]
    assert newest == sorted(newest, reverse=True)
    query = {"sort": "duration", "order": "asc", "date_range": "last_30_days"}
    durations = [call["duration"] for call in agency.get("calls.json", **query)["calls"]]
    assert durations == sorted(durations)


def follow(client: Client, **query: object) -> list[dict[str, Any]]:
    """Every page that the query of ``next_page`` leads to."""
    pages = [client.get("calls.json", relative_pagination="true", **query)]
    while pages[-1]["has_next_page"]:
        query = dict(parse_qsl(urlsplit(pages[-1]["next_page"]).query))
        pages.append(client.get("calls.json", **query))
    return pages


def test_relative_pages_lead_to_every_call_once(agency: Client) -> None:
    query = {"company_id": company(agency), "fields": "tags", "start_date": "2025-01-01"}
    pages = follow(agency, **query)
    found = [call["id"] for page in pages for call in page["calls"]]
    assert len(pages) > 1
    assert pages[-1]["next_page"] is None
    assert len(found) == len(set(found))
    assert len(found) == agency.get("calls.json", **query)["total_records"]
    assert "total_records" not in pages[0]


def test_the_next_page_is_on_callrail_s_own_host_even_through_maton(
    agency: Client, maton_agency: Client
) -> None:
    number = agency.send("GET", f"/v3/a/{ACCOUNT}.json").json["numeric_id"]
    for client in (agency, maton_agency):
        page = client.get("calls.json", relative_pagination="true", date_range="last_30_days")
        assert page["next_page"] == (
            f"https://api.callrail.com/v3/a/{number}/calls?action=index&agency_id={number}"
            "&date_range=last_30_days&format=json&offset=1&page=1&per_page=100"
            "&relative_pagination=true"
        )


@pytest.mark.parametrize("offset", ["-1", "1.5", "x"])
def test_an_offset_is_a_number_from_0(direct: Client, offset: str) -> None:
    query = {"relative_pagination": "true", "offset": offset}
    assert direct.of("GET", "calls.json", **query).status == 400


@pytest.fixture
def maton_agency(agency: Client) -> Client:
    from tests.sandbox.client import MATON

    return Client(agency.sandbox, "/callrail", dict(MATON))


def test_a_count_costs_one_row(agency: Client) -> None:
    payload = agency.get("calls.json", tags="Spam", per_page=1)
    bearing = agency.every("calls.json", "calls", tags="Spam", fields="tags")
    assert len(payload["calls"]) == 1
    assert payload["total_records"] == sum("Spam" in call["tags"] for call in bearing)


def test_an_update_sets_what_it_names(direct: Client) -> None:
    body = {
        "customer_name": "John Smith",
        "note": "Follow up scheduled",
        "lead_status": "good_lead",
        "value": "12.50",
    }
    reply = direct.of("PUT", f"calls/{CALL}.json", body)
    after = direct.get(f"calls/{CALL}.json", fields="note,lead_status,value,tags")
    assert (reply.status, reply.json) == (200, after)
    assert {key: after[key] for key in body} == body


def test_spam_is_hidden_from_lists_and_figures(direct: Client) -> None:
    direct.of("PUT", f"calls/{CALL}.json", {"spam": True})
    assert direct.get("calls.json")["calls"] == []
    assert direct.get("calls/summary.json")["total_results"] == {"total_calls": 0}
    assert direct.of("GET", f"calls/{CALL}.json").status == 404


def test_spam_can_be_set_and_not_be_undone(direct: Client) -> None:
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
    direct: Client, body: dict[str, object], tags: list[str]
) -> None:
    direct.of("PUT", f"calls/{CALL}.json", {"tag_list": ["Opportunity"]})
    assert direct.of("PUT", f"calls/{CALL}.json", body).json["tags"] == tags
    assert direct.get("calls.json", fields="tags")["calls"][0]["tags"] == tags
    assert len(direct.sandbox.store.tags()) == 2


def test_an_unknown_name_becomes_a_tag_of_the_call_s_company(direct: Client) -> None:
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
        {"note": "half", "customer_name": {"first": "John"}},
        {"note": "half", "value": [1]},
    ],
)
def test_a_refused_update_changes_nothing(direct: Client, body: dict[str, object]) -> None:
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
def test_a_summary_counts_and_groups(agency: Client, group: str, field: str) -> None:
    summary = agency.get("calls/summary.json", group_by=group, date_range="last_30_days")
    calls = agency.every("calls.json", "calls", fields=field, date_range="last_30_days")
    expected = Counter(call[field] for call in calls)
    grouped = {row["key"]: row["total_calls"] for row in summary["grouped_results"]}
    assert grouped == expected
    assert summary["total_results"] == {"total_calls": expected.total()}
    assert agency.of("GET", "calls/summary.json", group_by="mood").status == 400


def test_a_time_series_counts_by_day(agency: Client) -> None:
    series = agency.get("calls/timeseries.json", date_range="last_7_days")
    calls = agency.every("calls.json", "calls", date_range="last_7_days")
    expected = Counter(call["start_time"][:10] for call in calls)
    assert {row["date"]: row["total_calls"] for row in series["data"]} == expected
    assert all(row["key"] == row["date"] for row in series["data"])
    assert series["end_date"] == "2026-02-12T23:59:59-0500"


FITS: Mapping[str, Callable[[dict[str, Any]], object]] = {
    "first_call": lambda call: call["first_call"],
    "missed": lambda call: not call["answered"] or call["voicemail"],
    "voicemails": lambda call: call["voicemail"],
    "voicemail": lambda call: call["voicemail"],
    "answered": lambda call: call["answered"] and not call["voicemail"],
    "inbound": lambda call: call["direction"] == "inbound",
    "outbound": lambda call: call["direction"] == "outbound",
    "desktop": lambda call: call["device_type"] == "desktop",
    "mobile": lambda call: call["device_type"] == "mobile",
    "good_lead": lambda call: call["lead_status"] == "good_lead",
    "not_a_lead": lambda call: call["lead_status"] == "not_a_lead",
    "not_scored": lambda call: call["lead_status"] is None,
    "true": lambda call: call["first_call"],
    "120": lambda call: call["duration"] >= 120,
    "60": lambda call: call["duration"] <= 60,
}
"""Values of filters -> what they let through."""
FILTERS = [
    *(("call_type", value) for value in ("first_call", "missed", "voicemails", "inbound")),
    ("call_type", "outbound"),
    *(("answer_status", value) for value in ("answered", "missed", "voicemail")),
    *(("device", value) for value in ("desktop", "mobile")),
    ("direction", "inbound"),
    *(("lead_status", value) for value in ("good_lead", "not_a_lead", "not_scored")),
    ("first_time_callers", "true"),
    ("min_duration", "120"),
    ("max_duration", "60"),
]
ALL_FIELDS = "first_call,device_type,lead_status,source,customer_city,source_name,tags"
MONTH = {"date_range": "last_30_days", "fields": ALL_FIELDS}


@pytest.mark.parametrize(("name", "value"), FILTERS)
def test_every_filter_lets_through_what_fits(agency: Client, name: str, value: str) -> None:
    everything = list(agency.every("calls.json", "calls", **MONTH))
    expected = {call["id"] for call in everything if FITS[value](call)}
    found = {call["id"] for call in agency.every("calls.json", "calls", **MONTH, **{name: value})}
    assert found == expected
    assert len(found) < len(everything) or value == "inbound"


@pytest.mark.parametrize(
    "query",
    [
        {"call_type": "answered"},
        {"answer_status": "missing"},
        {"device": "fax"},
        {"direction": "up"},
        {"lead_status": "bad_lead"},
        {"min_duration": "long"},
    ],
)
def test_a_filter_that_takes_words_refuses_others(direct: Client, query: dict[str, object]) -> None:
    assert direct.of("GET", "calls.json", **query).status == 400


@pytest.mark.parametrize(
    "sort",
    [
        "customer_name",
        "customer_phone_number",
        "duration",
        "start_time",
        "source",
        "customer_city",
        "device_type",
        "answered",
        "first_call",
        "source_name",
        "lead_status",
    ],
)
def test_calls_can_be_sorted_by_what_the_reference_names(agency: Client, sort: str) -> None:
    calls = agency.every("calls.json", "calls", **MONTH, sort=sort, order="asc")
    # What has none comes first.
    keys = [(call[sort] is not None, call[sort] or 0) for call in calls]
    assert keys == sorted(keys)


@pytest.mark.parametrize("sort", ["tags", "customer_country", "landing_page_url"])
def test_other_sorts_change_the_order_and_nothing_else(agency: Client, sort: str) -> None:
    orders = [
        [call["id"] for call in agency.every("calls.json", "calls", **MONTH, **query)]
        for query in ({"sort": sort, "order": "asc"}, {"sort": sort, "order": "desc"}, {})
    ]
    assert len({frozenset(order) for order in orders}) == 1
    assert sort == "customer_country" or orders[0] != orders[1]


def test_a_search_finds_numbers_names_note_and_source(direct: Client) -> None:
    direct.of("PUT", f"calls/{CALL}.json", {"note": "Asked for PRICES"})
    for text, found in {
        "prices": 1,
        "18017846712": 1,
        "google_my": 1,
        "john d": 1,
        "%": 0,
        "_ohn": 0,
    }.items():
        assert direct.get("calls.json", search=text)["total_records"] == found


def test_trackers_can_be_several(direct: Client) -> None:
    path = f"/v3/a/{ACCOUNT}/calls/summary.json?tracker_ids[]=TRK1&tracker_ids[]={TRACKER}"
    assert direct.send("GET", path).json["total_results"] == {"total_calls": 1}
    path = f"/v3/a/{ACCOUNT}/calls/summary.json?tracker_ids[]=TRK1"
    assert direct.send("GET", path).json["total_results"] == {"total_calls": 0}


def test_summaries_split_tags_at_a_comma_for_certain(direct: Client) -> None:
    direct.of("PUT", f"calls/{CALL}.json", {"tags": ["Opportunity"]})
    both = "Opportunity,Schedule requested"
    assert direct.get("calls/summary.json", tags=both)["total_results"] == {"total_calls": 1}
    assert direct.get("calls.json", tags=both)["total_records"] == 0


def test_next_page_can_be_on_the_host_that_was_asked(agency: Client, maton_agency: Client) -> None:
    agency.sandbox.app.switches = Switches(next_page="same")
    try:
        for client in (agency, maton_agency):
            page = client.get("calls.json", relative_pagination="true", date_range="last_30_days")
            base = client.sandbox.url + client.prefix
            assert page["next_page"].startswith(base)
            path = page["next_page"].removeprefix(base)
            following = client.send("GET", path).json["calls"]
            assert following
            assert {call["id"] for call in following}.isdisjoint(
                call["id"] for call in page["calls"]
            )
    finally:
        agency.sandbox.app.switches = Switches()


def links(reply: Reply) -> dict[str, str]:
    """Relation -> address, of a Link header."""
    parts = re.findall(r'<([^>]*)>; rel="(\w+)"', reply.headers.get("Link", ""))
    return {name: address for address, name in parts}


def test_pages_are_linked_by_a_header(agency: Client, maton_agency: Client) -> None:
    first = agency.of("GET", "tags.json", per_page=50)
    found = links(first)
    assert set(found) == {"next", "last"}
    assert found["next"].startswith(agency.sandbox.url)
    second = agency.send("GET", found["next"].removeprefix(agency.sandbox.url))
    assert second.json["page"] == 2
    assert set(links(second)) == {"first", "prev", "next", "last"}
    last = agency.send("GET", found["last"].removeprefix(agency.sandbox.url))
    assert set(links(last)) == {"first", "prev"}
    assert len(last.json["tags"]) <= 50
    through = links(maton_agency.of("GET", "tags.json", per_page=50))
    assert through["next"].startswith(f"https://api.callrail.com/v3/a/{ACCOUNT}/tags.json?")
    assert links(agency.of("GET", "tags.json", per_page=250, company_id="COM1")) == {}
