"""Calls and what is counted of them; and the resources that are only shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from reconciler.sandbox import Options, Sandbox, Switches
from reconciler.sandbox.seeds.reference import ACCOUNT, COMPANY, TRACKER
from tests.sandbox.conftest import TODAY
from tests.sandbox.speaking import BEARER, get, send

if TYPE_CHECKING:
    from collections.abc import Iterator

CALL = "calls/CAL019c46b9fc277a7881e3728fea20869b.json"


def total(sandbox: Sandbox, **query: object) -> int:
    return int(get(sandbox, "calls.json", per_page=1, **query)["total_records"])


def test_the_call_of_the_page(page: Sandbox) -> None:
    listed = get(page, "calls.json")
    assert (listed["total_pages"], listed["total_records"]) == (1, 1)
    (call,) = listed["calls"]
    assert call == get(page, CALL)
    assert (call["customer_name"], call["duration"], call["answered"]) == ("John Doe", 36, False)
    assert "tags" not in call


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"company_id": COMPANY}, 1),
        ({"company_id": "COM1"}, 0),
        ({"tracker_id": TRACKER}, 1),
        ({"tracker_id": "TRK1"}, 0),
        ({"search": "john"}, 1),
        ({"search": "8886757"}, 1),
        ({"search": "jane"}, 0),
        ({"start_date": "2026-02-10", "end_date": "2026-02-10"}, 1),
        ({"start_date": "2026-02-11"}, 0),
        ({"end_date": "2026-02-09"}, 0),
        ({"date_range": "today"}, 0),
        ({"date_range": "last_month"}, 0),
        ({"tags": "Opportunity"}, 0),
    ],
)
def test_filters_of_calls(page: Sandbox, query: dict[str, Any], count: int) -> None:
    assert total(page, **query) == count


@pytest.mark.parametrize(
    "query",
    [
        {"start_date": "2024-01-01"},
        {"start_date": "yesterday"},
        {"date_range": "last_century"},
        {"sort": "secret"},
        {"order": "sideways"},
    ],
)
def test_filters_that_make_no_sense_are_refused(page: Sandbox, query: dict[str, Any]) -> None:
    assert send(page, "GET", "calls.json", **query).status == 400


@pytest.mark.parametrize("preset", ["recent", "yesterday", "last_7_days", "last_30_days"])
def test_presets_are_parts_of_the_whole(agency: Sandbox, preset: str) -> None:
    assert 0 < total(agency, date_range=preset) < total(agency)


def test_presets_of_months_do_not_overlap(agency: Sandbox) -> None:
    month = TODAY.replace(day=1).isoformat()
    assert total(agency, date_range="this_month") == total(agency, start_date=month)
    assert total(agency, date_range="last_month") == total(
        agency, start_date="2026-05-01", end_date="2026-05-31"
    )


def test_pages_of_calls_are_disjoint_and_sorted(agency: Sandbox) -> None:
    pages = [get(agency, "calls.json", page=number, per_page=250) for number in (1, 2)]
    calls = [call for page in pages for call in page["calls"]]
    assert len({call["id"] for call in calls}) == 500
    times = [call["start_time"] for call in calls]
    assert times == sorted(times, reverse=True)
    durations = get(agency, "calls.json", sort="duration", order="asc", per_page=50)["calls"]
    assert [call["duration"] for call in durations] == sorted(c["duration"] for c in durations)


def follow(sandbox: Sandbox, prefix: str, headers: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Pages of relative pagination, by the addresses that they name."""
    path = f"{prefix}/v3/a/{ACCOUNT}/calls.json?relative_pagination=true&date_range=last_7_days"
    while path:
        page = send(sandbox, "GET", path, headers=headers).json
        yield page
        assert page["has_next_page"] is (page["next_page"] is not None)
        path = (page["next_page"] or "").removeprefix(sandbox.url)


def test_relative_pagination_leads_through_all_and_stays_behind_its_door(agency: Sandbox) -> None:
    pages = list(follow(agency, "/callrail", BEARER))
    ids = [call["id"] for page in pages for call in page["calls"]]
    assert len(ids) == len(set(ids)) == total(agency, date_range="last_7_days")
    assert "total_records" not in pages[0]
    assert pages[0]["next_page"].startswith(f"{agency.gateway_url}/v3/a/{ACCOUNT}/calls.json?")


@pytest.mark.parametrize(("switch", "shape"), [("names", str), ("objects", dict)])
def test_calls_list_their_tags_as_the_switch_says(switch: str, shape: type) -> None:
    with Sandbox(Options(switches=Switches(call_tags=switch))) as sandbox:
        send(sandbox, "PUT", CALL, body={"append_tags": ["Opportunity"]})
        (tag,) = get(sandbox, CALL, fields="tags")["tags"]
        assert isinstance(tag, shape)
        assert "Opportunity" in (tag, *getattr(tag, "values", tuple)())


def test_tag_list_replaces_and_append_tags_adds(page: Sandbox) -> None:
    bodies = ({"tag_list": ["Opportunity"]}, {"append_tags": ["B"]}, {"tag_list": ["C"]})
    tags = [send(page, "PUT", CALL, body=body).json["tags"] for body in bodies]
    assert tags == [["Opportunity"], ["Opportunity", "B"], ["C"]]
    assert send(page, "PUT", CALL, body={"tags": []}).json["tags"] == []


def test_an_unknown_name_on_a_call_becomes_a_tag_of_its_company(page: Sandbox) -> None:
    send(page, "PUT", CALL, body={"append_tags": ["Made up", "Schedule requested"]})
    made = page.store.tags()[-1]
    assert (made["name"], made["company_id"], len(page.store.tags())) == ("Made up", COMPANY, 3)
    assert total(page, tags="Made up") == 1


def test_unknown_names_make_no_tags_where_the_switch_is_off() -> None:
    with Sandbox(Options(switches=Switches(auto_create_tags="off"))) as sandbox:
        heard = send(sandbox, "PUT", CALL, body={"append_tags": ["Made up"]})
        assert heard.json["tags"] == []
        assert len(sandbox.store.tags()) == 2


def test_the_tags_filter_may_do_nothing() -> None:
    with Sandbox(Options(switches=Switches(tags_filter="ignored"))) as sandbox:
        assert total(sandbox, tags="Nobody has this") == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"tag_list": "Opportunity"}, 422),
        ({"tag_list": [1]}, 422),
        ({"lead_status": "maybe"}, 422),
        ({"value": {"no": "number"}}, 400),
        ({"lead_status": "good_lead", "note": "Called back", "value": 12.5}, 200),
    ],
)
def test_updates_of_calls(page: Sandbox, body: dict[str, object], status: int) -> None:
    assert send(page, "PUT", CALL, body=body).status == status


def test_a_refused_update_of_a_call_changes_nothing(page: Sandbox) -> None:
    send(page, "PUT", CALL, body={"tag_list": ["Opportunity"]})
    send(page, "PUT", CALL, body={"note": "x", "tag_list": [7]})
    call = get(page, CALL, fields="tags,note")
    assert (call["tags"], call["note"]) == (["Opportunity"], "")


def test_spam_hides_a_call_from_lists(page: Sandbox) -> None:
    send(page, "PUT", CALL, body={"spam": True})
    assert total(page) == 0


@pytest.mark.parametrize("path", ["calls/CAL1.json", CALL.removesuffix(".json")])
def test_no_such_call(page: Sandbox, path: str) -> None:
    assert send(page, "GET", path).status == 404
    assert send(page, "PUT", path, body={}).status == 404


@pytest.mark.parametrize("group", ["company", "source", "tracker"])
def test_the_summary_s_groups_add_up(agency: Sandbox, group: str) -> None:
    summary = get(agency, "calls/summary.json", group_by=group)
    counts = [row["total_calls"] for row in summary["grouped_results"]]
    assert sum(counts) == summary["total_results"]["total_calls"] == total(agency)
    assert counts == sorted(counts, reverse=True)


def test_a_group_that_does_not_exist_is_refused(page: Sandbox) -> None:
    assert send(page, "GET", "calls/summary.json", group_by="mood").status == 400


def test_the_time_series_adds_up(agency: Sandbox) -> None:
    series = get(agency, "calls/timeseries.json", date_range="last_7_days")
    assert sum(day["total_calls"] for day in series["data"]) == total(
        agency, date_range="last_7_days"
    )
    assert series["end_date"].startswith(TODAY.isoformat())


@pytest.mark.parametrize("name", ["companies", "trackers", "users"])
def test_what_is_listed_can_be_shown_alone(agency: Sandbox, name: str) -> None:
    row = get(agency, f"{name}.json", per_page=1)[name][0]
    assert get(agency, f"{name}/{row['id']}.json") == row


def test_the_account_is_the_page_s(page: Sandbox) -> None:
    account = get(page, f"/v3/a/{ACCOUNT}.json")
    assert (account["id"], account["name"], account["numeric_id"]) == (
        ACCOUNT,
        "My Account",
        518664017,
    )


def test_integrations_demand_a_company(agency: Sandbox) -> None:
    assert send(agency, "GET", "integrations.json").status == 400
    company = get(agency, "companies.json", per_page=1)["companies"][0]["id"]
    found = get(agency, "integrations.json", company_id=company)["integrations"]
    assert all(set(row) == {"id", "type", "state", "config"} for row in found)


def test_notifications_are_listed_by_company(agency: Sandbox) -> None:
    every = get(agency, "notifications.json", per_page=250)["notifications"]
    one = every[0]["company_id"]
    mine = get(agency, "notifications.json", company_id=one)["notifications"]
    assert mine == [row for row in every if row["company_id"] == one]
