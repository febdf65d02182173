"""Where tags are used: calls, forms, text threads, message flows and call flows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.sandbox.switches import Switches, set_switch
from tests.sandbox.client import ACCOUNT, CALL, COMPANY, Client, Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Under = Callable[..., Client]

FORM, TEXT, FLOW = "FOR1", "KxYzA", "MFL1"
TRACKER = "TRK019c46b9f18174d68bb8d7985260a11f"
OPPORTUNITY, SCHEDULE = 7886728, 7886733
PATHS = {
    "calls": f"calls/{CALL}.json",
    "form_submissions": f"form_submissions/{FORM}.json",
    "sms-threads": f"sms-threads/{TEXT}.json",
}
KEYS = {"calls": "calls", "form_submissions": "form_submissions", "sms-threads": "sms_threads"}
everywhere = pytest.mark.parametrize("resource", PATHS)


def furnish(client: Client) -> Client:
    """Add a form, a thread and two flows that apply the reference page's two tags."""
    store = client.sandbox.store
    place = {"account_id": ACCOUNT, "company_id": COMPANY, "customer_name": "LEE ANN"}
    form = {**place, "id": FORM, "submitted_at": "2026-02-11T07:46:28.000Z"}
    text = {**place, "id": TEXT, "last_message_at": "2026-02-11T07:46:28.000Z"}
    text |= {"customer_phone_number": "+15185550101", "state": "active"}
    store.insert("forms", [form])
    store.insert("texts", [text])
    step = {"id": "MFS01", "type": "tag", "initial_step": True, "next_step_id": None}
    flow = {
        "id": FLOW,
        "account_id": ACCOUNT,
        "name": "After hours",
        "updated_at": "2026-02-01T00:00:00.000Z",
        "tracker_ids": json.dumps([TRACKER]),
        "initial_step_id": "MFS01",
        "steps": json.dumps({"MFS01": {**step, "tag_ids": [OPPORTUNITY, SCHEDULE]}}),
    }
    store.insert("message_flows", [flow])
    call_flow = {
        "type": "advanced",
        "recording_enabled": False,
        "initial_step_id": "CRS1",
        "steps": [
            {"id": 344000001, "type": "tag", "tag_ids": [OPPORTUNITY], "next_step_id": 344000002},
            {"id": 344000002, "type": "dial", "destination_number": "+15185550123"},
        ],
    }
    store.run("UPDATE trackers SET call_flow = ?", (json.dumps(call_flow),))
    return client


@pytest.fixture
def under(start: Callable[..., Client]) -> Under:
    """A furnished sandbox with the switches of texts such as ``append=ignored``."""

    def begin(*texts: str) -> Client:
        switches = Switches()
        for text in texts:
            switches = set_switch(switches, text)
        return furnish(start(switches=switches))

    return begin


@pytest.fixture
def used(under: Under) -> Client:
    return under()


def put(client: Client, resource: str, **body: object) -> Reply:
    return client.of("PUT", PATHS[resource], body)


def tags(client: Client, resource: str) -> Any:
    return client.get(PATHS[resource], fields="tags")["tags"]


def found(client: Client, resource: str, *pairs: tuple[str, str]) -> list[str]:
    """The ids that a listing with these parameters shows; a name may come twice."""
    query = "&".join(f"{name}={value}" for name, value in pairs)
    reply = client.send("GET", f"/v3/a/{ACCOUNT}/{resource}.json?{query}")
    assert reply.status == 200, reply.raw
    assert reply.json["total_records"] == len(reply.json[KEYS[resource]])
    return [row["id"] for row in reply.json[KEYS[resource]]]


def a_form(client: Client, form_id: str, *names: str) -> None:
    row = {"id": form_id, "account_id": ACCOUNT, "company_id": COMPANY}
    client.sandbox.store.insert("forms", [row | {"submitted_at": "2026-02-11T08:00:00.000Z"}])
    assert client.of("PUT", f"form_submissions/{form_id}.json", {"tags": names}).status == 200


@everywhere
@pytest.mark.parametrize(
    ("body", "after"),
    [
        ({"tags": ["Schedule requested"]}, ["Schedule requested"]),
        ({"tag_list": ["Schedule requested"]}, ["Schedule requested"]),
        (
            {"tags": ["Schedule requested"], "append_tags": True},
            ["Opportunity", "Schedule requested"],
        ),
        (
            {"tags": ["Schedule requested"], "append_tags": "true"},
            ["Opportunity", "Schedule requested"],
        ),
        (
            {"tag_list": ["Schedule requested"], "append_tags": True},
            ["Opportunity", "Schedule requested"],
        ),
        ({"append_tags": ["Schedule requested"]}, ["Opportunity", "Schedule requested"]),
        ({"tags": ["Opportunity"], "append_tags": True}, ["Opportunity"]),
        ({"tags": ["Schedule requested"], "append_tags": False}, ["Schedule requested"]),
        ({"tags": []}, []),
        ({"append_tags": True}, ["Opportunity"]),
        ({"note": "x"}, ["Opportunity"]),
    ],
)
def test_tags_replace_unless_they_are_appended(
    used: Client, resource: str, body: dict[str, object], after: list[str]
) -> None:
    put(used, resource, tags=["Opportunity"])
    assert put(used, resource, **body).json["tags"] == after
    assert tags(used, resource) == after
    assert len(used.sandbox.store.tags()) == 2


@everywhere
def test_an_unknown_name_becomes_a_tag_of_the_interaction_s_company(
    used: Client, resource: str
) -> None:
    put(used, resource, tags=["Ad hoc"], append_tags=True)
    made = used.get("tags.json", company_id=COMPANY)["tags"][-1]
    assert (made["name"], made["company_id"]) == ("Ad hoc", COMPANY)
    assert tags(used, resource) == ["Ad hoc"]


@everywhere
def test_where_names_make_no_tags_an_unknown_one_is_left_out(under: Under, resource: str) -> None:
    client = under("auto_create_tags=off")
    put(client, resource, tags=["Ad hoc", "Opportunity"])
    assert tags(client, resource) == ["Opportunity"]
    assert len(client.sandbox.store.tags()) == 2


@everywhere
@pytest.mark.parametrize(("setting", "status"), [("refused", 422), ("ignored", 200)])
def test_a_disabled_tag_stays_and_can_t_be_newly_applied(
    under: Under, resource: str, setting: str, status: int
) -> None:
    client = under(f"disabled_tags={setting}")
    put(client, resource, tags=["Opportunity"])
    assert client.of("PUT", f"tags/{OPPORTUNITY}.json", {"disabled": True}).status == 200
    both = {"tags": ["Opportunity", "Schedule requested"]}
    assert put(client, resource, **both).status == 200
    assert tags(client, resource) == ["Opportunity", "Schedule requested"]
    put(client, resource, tags=[])
    assert put(client, resource, tags=["Opportunity"]).status == status
    assert tags(client, resource) == []


@everywhere
def test_the_company_s_own_tag_goes_before_the_account_s_of_the_same_name(
    used: Client, resource: str
) -> None:
    both = used.tag("Both"), used.tag("Both", COMPANY)
    put(used, resource, tags=["Both"])
    assert used.of("DELETE", f"tags/{both[0]}.json").status == 204
    assert tags(used, resource) == ["Both"]
    assert used.of("DELETE", f"tags/{both[1]}.json").status == 204
    assert tags(used, resource) == []


def applied(client: Client) -> tuple[list[int], list[str]]:
    """Tag ids of the message flow, tag names of the call flow."""
    flow = client.get(f"message-flows/{FLOW}.json")
    tracker = client.get(f"trackers/{TRACKER}.json")
    return flow["steps"]["MFS01"]["tag_ids"], tracker["call_flow"]["steps"][0]["tags"]


def test_a_deleted_tag_leaves_everything_that_had_it(used: Client) -> None:
    for resource in PATHS:
        put(used, resource, tags=["Opportunity", "Schedule requested"])
    assert applied(used) == ([OPPORTUNITY, SCHEDULE], ["Opportunity"])
    assert used.of("DELETE", f"tags/{OPPORTUNITY}.json").status == 204
    assert [tags(used, resource) for resource in PATHS] == [["Schedule requested"]] * 3
    assert applied(used) == ([SCHEDULE], [])


def test_a_new_name_is_followed_everywhere(used: Client) -> None:
    for resource in PATHS:
        put(used, resource, tags=["Opportunity"])
    used.of("PUT", f"tags/{OPPORTUNITY}.json", {"name": "Lead"})
    assert [tags(used, resource) for resource in PATHS] == [["Lead"]] * 3
    assert applied(used) == ([OPPORTUNITY, SCHEDULE], ["Lead"])
    assert found(used, "calls", ("tags", "Lead")) == [CALL]
    assert found(used, "calls", ("tags", "Opportunity")) == []


@pytest.mark.parametrize(
    ("pairs", "ids"),
    [
        ((("tags", "Opportunity"),), ["FOR1"]),
        ((("tags", "opportunity"),), []),
        ((("tags[]", "Opportunity"), ("tags[]", "A,B")), ["FOR1", "FOR2"]),
        ((("tags[]", "A,B"),), ["FOR2"]),
        ((("tags", "A,B"),), ["FOR2"]),
        ((("tags", "Opportunity"), ("company_id", "COM1")), []),
        ((), ["FOR1", "FOR2", "FOR3"]),
    ],
)
def test_tags_find_what_has_any_of_them(
    used: Client, pairs: Sequence[tuple[str, str]], ids: list[str]
) -> None:
    a_form(used, "FOR2", "A,B")
    a_form(used, "FOR3", "A")
    put(used, "form_submissions", tags=["Opportunity"])
    assert sorted(found(used, "form_submissions", *pairs)) == ids


def test_where_a_comma_splits_only_the_list_form_finds_such_a_name(under: Under) -> None:
    client = under("tags_comma=split")
    a_form(client, "FOR2", "A,B")
    a_form(client, "FOR3", "A")
    assert found(client, "form_submissions", ("tags", "A,B")) == ["FOR3"]
    assert found(client, "form_submissions", ("tags[]", "A,B")) == ["FOR2"]


def test_tags_as_a_text_and_as_a_list_don_t_go_together(used: Client) -> None:
    path = f"/v3/a/{ACCOUNT}/calls.json?tags=A&tags[]=B"
    assert used.send("GET", path).status == 400


@pytest.mark.parametrize(
    ("setting", "ids"),
    [
        ("honoured", {"FOR2", "FOR4", "FOR6"}),
        ("ignored", {"FOR1", "FOR2", "FOR3", "FOR4", "FOR5", "FOR6"}),
        ("nocase", {"FOR2", "FOR3", "FOR4", "FOR5", "FOR6"}),
    ],
)
def test_the_filter_of_forms_under_each_switch(under: Under, setting: str, ids: set[str]) -> None:
    client = under(f"form_tags_filter={setting}")
    for number in range(2, 7):
        a_form(client, f"FOR{number}", "X" if number % 2 == 0 else "x")
    assert set(found(client, "form_submissions", ("tags", "X"))) == ids
    assert found(client, "calls", ("tags", "X")) == [], "calls have a switch of their own"


def test_a_partial_filter_leaves_out_some_of_what_fits(under: Under) -> None:
    client = under("form_tags_filter=partial")
    for number in range(2, 8):
        a_form(client, f"FOR{number}", "X")
    assert len(found(client, "form_submissions", ("tags", "X"))) == 3


@pytest.mark.parametrize("resource", ["calls", "form_submissions"])
@pytest.mark.parametrize(
    ("setting", "shown"),
    [
        ("names", ["Opportunity", "Schedule requested"]),
        ("null", None),
        ("empty", []),
        (
            "objects",
            [
                {"id": OPPORTUNITY, "name": "Opportunity", "color": "gray1"},
                {"id": SCHEDULE, "name": "Schedule requested", "color": "orange3"},
            ],
        ),
        (
            "unnamed",
            [
                {"id": OPPORTUNITY, "color": "gray1"},
                {"id": SCHEDULE, "name": "Schedule requested", "color": "orange3"},
            ],
        ),
    ],
)
def test_how_rows_show_their_tags(under: Under, resource: str, setting: str, shown: object) -> None:
    name = "call_tags" if resource == "calls" else "form_tags"
    client = under(f"{name}={setting}")
    put(client, resource, tags=["Opportunity", "Schedule requested"])
    assert tags(client, resource) == shown


@pytest.mark.parametrize("resource", ["calls", "form_submissions"])
def test_tags_are_shown_where_fields_asks_for_them(under: Under, resource: str) -> None:
    client = under("call_tags=missing", "form_tags=missing")
    assert "tags" not in client.get(PATHS[resource], fields="tags")
    client.sandbox.app.switches = Switches()
    assert "tags" not in client.get(PATHS[resource])
    assert "tags" in client.get(PATHS[resource], fields="note,tags")


def test_a_form_is_shown_as_the_reference_shows_it(used: Client) -> None:
    form = used.get("form_submissions.json")["form_submissions"][0]
    assert form["form_data"] == {}
    assert form["first_form"] is False
    assert form["submitted_at"] == "2026-02-11T07:46:28.000Z"
    assert set(form) >= {"company_id", "person_id", "form_url", "referrer", "source", "medium"}


def test_a_thread_is_shown_as_the_reference_shows_it(used: Client) -> None:
    put(used, "sms-threads", tags=["Opportunity"], value="$5.00", lead_status="good_lead")
    assert used.get("sms-threads.json")["sms_threads"] == [
        {
            "id": TEXT,
            "notes": None,
            "tags": ["Opportunity"],
            "value": 5.0,
            "lead_qualification": "good_lead",
            "company_id": COMPANY,
            "initial_tracker_id": None,
            "current_tracker_id": None,
            "customer_name": "LEE ANN",
            "customer_phone_number": "+15185550101",
            "state": "active",
            "company_time_zone": "America/Los_Angeles",
        }
    ]


def test_the_key_of_threads_is_as_the_switch_sets(under: Under) -> None:
    assert "sms-threads" in under("threads_key=sms-threads").get("sms-threads.json")


@pytest.mark.parametrize(
    ("setting", "search", "finds"),
    [
        ("honoured", "lee", True),
        ("honoured", "5550101", True),
        ("honoured", "OPPORT", True),
        ("honoured", "Schedule", False),
        ("honoured", "Opportunity knocks", False),
        ("honoured", "%", False),
        ("ignored", "nobody", True),
        ("fuzzy", "Opportunity knocks", True),
        ("fuzzy", "nobody", False),
        ("tagless", "Opportunity", False),
        ("tagless", "lee", True),
    ],
)
def test_threads_are_searched_by_number_name_and_tag(
    under: Under, setting: str, search: str, *, finds: bool
) -> None:
    client = under(f"text_search={setting}")
    put(client, "sms-threads", tags=["Opportunity"])
    listed = client.get("sms-threads.json", search=search)
    assert listed["total_records"] == len(listed["sms_threads"]) == int(finds)


def test_message_flows_are_listed_without_their_steps(used: Client) -> None:
    summary = {
        "id": FLOW,
        "name": "After hours",
        "updated_at": "2026-02-01T00:00:00.000Z",
        "tracker_ids": [TRACKER],
    }
    listed = used.get("message-flows.json")
    assert (listed["total_records"], listed["message-flows"]) == (1, [summary])
    whole = used.get(f"message-flows/{FLOW}.json")
    assert whole == {
        **summary,
        "initial_step_id": "MFS01",
        "steps": {
            "MFS01": {
                "id": "MFS01",
                "type": "tag",
                "initial_step": True,
                "next_step_id": None,
                "tag_ids": [OPPORTUNITY, SCHEDULE],
            }
        },
    }
    assert used.of("GET", "message-flows/MFL2.json").status == 404
    assert used.of("PUT", f"message-flows/{FLOW}.json", {}).status == 405


@pytest.mark.parametrize(
    ("setting", "named"),
    [
        ("name", {"tags": ["Opportunity"]}),
        ("id", {"tag_ids": [OPPORTUNITY]}),
        ("objects", {"tags": [{"id": OPPORTUNITY, "name": "Opportunity"}]}),
    ],
)
def test_the_tag_step_of_a_call_flow_names_its_tags(
    under: Under, setting: str, named: dict[str, object]
) -> None:
    flow = under(f"flow_tags={setting}").get("trackers.json")["trackers"][0]["call_flow"]
    assert flow["type"] == "advanced"
    assert flow["steps"] == [
        {"id": 344000001, "type": "tag", "next_step_id": 344000002, **named},
        {"id": 344000002, "type": "dial", "destination_number": "+15185550123"},
    ]


@everywhere
@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"value": "$1.00"}, 200),
        ({"value": "1,250.50"}, 200),
        ({"value": None, "note": None, "lead_status": None, "customer_name": ""}, 200),
        ({"note": "half", "value": "much"}, 422),
        ({"note": "half", "value": "nan"}, 422),
        ({"note": "half", "value": [1]}, 422),
        ({"note": "half", "lead_status": "bad_lead"}, 422),
        ({"note": "half", "lead_status": 7}, 422),
        ({"note": "half", "lead_status": "previously_marked_good_lead"}, 400),
        ({"note": "half", "customer_name": {"first": "John"}}, 422),
        ({"note": "half", "tags": "Opportunity"}, 422),
        ({"note": "half", "append_tags": 7}, 422),
        ({"note": "half", "tags": ["Ad hoc", 7]}, 422),
        ({"note": "half", "tags": ["Ad hoc", " "]}, 422),
    ],
)
def test_an_update_takes_effect_whole_or_not_at_all(
    used: Client, resource: str, body: dict[str, object], status: int
) -> None:
    before = used.get(PATHS[resource], fields="tags,note,lead_status,value")
    assert put(used, resource, **body).status == status
    if status != 200:
        assert used.get(PATHS[resource], fields="tags,note,lead_status,value") == before
        assert len(used.sandbox.store.tags()) == 2


def test_a_lead_marked_before_can_t_be_made_a_good_one(used: Client) -> None:
    used.sandbox.store.run("UPDATE calls SET lead_status = 'previously_marked_good_lead'")
    assert put(used, "calls", lead_status="good_lead").status == 400
    assert put(used, "calls", note="still", lead_status="not_a_lead").status == 200


def test_without_form_tracking_everything_about_forms_is_forbidden(under: Under) -> None:
    client = under("form_tracking=off")
    for path in ("form_submissions.json", PATHS["form_submissions"], "forms/summary.json"):
        assert client.of("GET", path).status == 403
    assert put(client, "form_submissions", tags=[]).status == 403
    assert client.of("GET", "calls.json").status == 200


def test_threads_can_be_read_at_their_older_address(used: Client) -> None:
    put(used, "sms-threads", tags=["Opportunity"])
    (row,) = used.get("text-messages.json", start_date="2026-01-01")["conversations"]
    assert row["last_message_at"] == "2026-02-11T07:46:28.000Z"
    assert "tags" not in row


@pytest.mark.parametrize(
    ("setting", "found_ids"),
    [("honoured", []), ("nocase", [CALL]), ("ignored", [CALL]), ("partial", [])],
)
def test_the_filter_of_calls_under_each_switch(
    under: Under, setting: str, found_ids: list[str]
) -> None:
    client = under(f"tags_filter={setting}")
    put(client, "calls", tags=["Opportunity"])
    assert found(client, "calls", ("tags", "OPPORTUNITY")) == found_ids


def test_pages_need_not_be_linked(under: Under) -> None:
    for setting, linked in (("on", True), ("off", False)):
        reply = under(f"link_header={setting}").of("GET", "tags.json", per_page=1)
        assert ("Link" in reply.headers) is linked
