"""Tags as the reference page shows them, and under each liberty that CallRail leaves itself."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.sandbox import Options, Sandbox, Switches
from reconciler.sandbox.seeds.bulk import ACCOUNT as BULK
from reconciler.sandbox.seeds.reference import COMPANY
from tests.sandbox.speaking import get, send

SCHEDULE: dict[str, Any] = {
    "id": 7886733,
    "name": "Schedule requested",
    "tag_level": "account",
    "color": "orange3",
    "background_color": "gray1",
    "company_id": None,
    "status": "enabled",
}
OPPORTUNITY: dict[str, Any] = {
    "id": 7886728,
    "name": "Opportunity",
    "tag_level": "company",
    "color": "gray1",
    "background_color": "gray1",
    "company_id": COMPANY,
    "status": "enabled",
}
ONE = "tags/7886733.json"


def make(sandbox: Sandbox, **body: object) -> Any:
    return send(sandbox, "POST", "tags.json", body={"tag_level": "account"} | body)


def test_the_list_is_the_page_s(page: Sandbox) -> None:
    listed = get(page, "tags.json")
    assert listed["tags"] == [OPPORTUNITY, SCHEDULE]
    rest = {name: value for name, value in listed.items() if name != "tags"}
    assert rest == {"page": 1, "per_page": 100, "total_records": 2}


@pytest.mark.parametrize(
    ("switch", "there"), [("documented", False), ("always", True), ("never", False)]
)
def test_total_pages_comes_as_the_switch_says(switch: str, *, there: bool) -> None:
    with Sandbox(Options(switches=Switches(total_pages=switch))) as sandbox:
        assert ("total_pages" in get(sandbox, "tags.json")) is there
        assert ("total_pages" in get(sandbox, "companies.json")) is (switch != "never")


def test_pages_are_cut_and_capped_at_250() -> None:
    with Sandbox(Options(seed="bulk:600")) as sandbox:
        path = f"/v3/a/{BULK}/tags.json"
        pages = [get(sandbox, path, page=number, per_page=1_000) for number in (1, 2, 3, 4)]
        assert [len(page["tags"]) for page in pages] == [250, 250, 100, 0]
        assert {(page["per_page"], page["total_records"]) for page in pages} == {(250, 600)}
        ids = [tag["id"] for page in pages for tag in page["tags"]]
        assert ids == sorted(set(ids))


def test_more_than_the_cap_may_be_an_error() -> None:
    with Sandbox(Options(switches=Switches(page_cap=50, over_cap="error"))) as sandbox:
        assert send(sandbox, "GET", "tags.json", per_page=51).status == 400
        assert send(sandbox, "GET", "tags.json", per_page=50).status == 200


@pytest.mark.parametrize("number", ["0", "-1", "x", "1.5", "²", "9" * 30])
@pytest.mark.parametrize("name", ["page", "per_page"])
def test_a_page_that_is_no_number_is_refused(page: Sandbox, name: str, number: str) -> None:
    query: dict[str, Any] = {name: number}
    assert send(page, "GET", "tags.json", **query).status == 400


@pytest.mark.parametrize(
    ("switch", "names"),
    [
        ("own", ["Opportunity"]),
        ("with-account", ["Opportunity", "Schedule requested"]),
        ("ignored", ["Opportunity", "Schedule requested"]),
    ],
)
@pytest.mark.parametrize("delay", [0, 1])
def test_the_company_filter_means_what_the_switch_says(
    switch: str, names: list[str], delay: int
) -> None:
    switches = Switches(company_filter=switch, read_delay=delay)
    with Sandbox(Options(switches=switches)) as sandbox:
        make(sandbox, name="Late", tag_level="company", company_id="no such")
        listed = get(sandbox, "tags.json", company_id=COMPANY)
        assert [tag["name"] for tag in listed["tags"]] == names


def test_a_tag_is_made_as_the_page_shows(page: Sandbox) -> None:
    heard = make(page, name="New", color="blue1", tag_level="company", company_id=COMPANY)
    assert heard.status == 201
    made = {key: value for key, value in heard.json.items() if key != "id"}
    assert made == {key: value for key, value in OPPORTUNITY.items() if key != "id"} | {
        "name": "New",
        "color": "blue1",
    }
    assert make(page, name="Plain").json["color"] == "gray1"


@pytest.mark.parametrize(
    "body",
    [
        {"name": "A", "tag_level": "team"},
        {"name": "A", "tag_level": "company"},
        {"name": "A", "tag_level": "company", "company_id": "COM1"},
        {"name": " "},
        {"name": None},
        {"name": "A", "color": "pink9"},
        {"name": "A", "color": 7},
        {"name": "half of a pair \ud83d"},
    ],
)
def test_what_can_not_be_made_is_refused(page: Sandbox, body: dict[str, object]) -> None:
    assert make(page, **body).status in {400, 422}
    assert page.log.writes == []
    assert len(page.store.tags()) == 2


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_object_is_refused(page: Sandbox, body: bytes) -> None:
    assert send(page, "POST", "tags.json", body=body).status == 400


def test_a_body_without_bounds_is_not_read(page: Sandbox) -> None:
    assert send(page, "POST", "tags.json", body=b" " * (1 << 20) + b"{}").status == 413


@pytest.mark.parametrize(
    ("switch", "name", "status"),
    [
        ("off", "Schedule requested", 201),
        ("exact", "Schedule requested", 422),
        ("exact", "schedule REQUESTED", 201),
        ("nocase", "schedule REQUESTED", 422),
        ("exact", "Opportunity", 201),
    ],
)
def test_names_are_unique_in_a_place_as_the_switch_says(
    switch: str, name: str, status: int
) -> None:
    with Sandbox(Options(switches=Switches(unique_names=switch))) as sandbox:
        assert make(sandbox, name=name).status == status


@pytest.mark.parametrize(
    ("palette", "color", "status"),
    [("any", "mauve", 201), ("documented", "purple1", 400), ("narrow", "purple1", 201)],
)
def test_the_palette_is_the_switch_s(palette: str, color: str, status: int) -> None:
    with Sandbox(Options(switches=Switches(palette=palette))) as sandbox:
        assert make(sandbox, name="A", color=color).status == status


@pytest.mark.parametrize(
    ("body", "changed"),
    [
        ({"name": "Renamed"}, {"name": "Renamed"}),
        ({"color": "red1"}, {"color": "red1"}),
        ({"disabled": True}, {"status": "disabled"}),
        ({"disabled": False}, {}),
        ({}, {}),
        ({"tag_level": "company", "company_id": COMPANY, "background_color": "red1"}, {}),
    ],
)
def test_an_update_changes_what_it_names_and_nothing_else(
    page: Sandbox, body: object, changed: dict[str, object]
) -> None:
    heard = send(page, "PUT", ONE, body=body)
    assert (heard.status, heard.json) == (200, SCHEDULE | changed)
    assert get(page, "tags.json")["tags"] == [OPPORTUNITY, SCHEDULE | changed]


@pytest.mark.parametrize("body", [{"disabled": "yes"}, {"name": ""}, {"color": "mauve"}])
def test_an_update_that_is_refused_changes_nothing(page: Sandbox, body: object) -> None:
    assert send(page, "PUT", ONE, body=body).status in {400, 422}
    assert get(page, "tags.json")["tags"] == [OPPORTUNITY, SCHEDULE]


def test_an_update_may_answer_with_nothing() -> None:
    with Sandbox(Options(switches=Switches(update_body="empty"))) as sandbox:
        heard = send(sandbox, "PUT", ONE, body={"color": "red1"})
        assert (heard.status, heard.body) == (204, b"")


def test_a_delete_takes_the_tag_off_every_call(page: Sandbox) -> None:
    call = "calls/CAL019c46b9fc277a7881e3728fea20869b.json"
    send(page, "PUT", call, body={"tag_list": ["Opportunity", "Schedule requested"]})
    assert page.store.calls_with(7886733) == 1
    heard = send(page, "DELETE", ONE)
    assert (heard.status, heard.body) == (204, b"")
    assert get(page, call, fields="tags")["tags"] == ["Opportunity"]
    assert page.store.calls_with(7886733) == 0


@pytest.mark.parametrize(("switch", "status"), [("404", 404), ("204", 204)])
def test_a_second_delete_answers_as_the_switch_says(switch: str, status: int) -> None:
    with Sandbox(Options(switches=Switches(second_delete=switch))) as sandbox:
        assert send(sandbox, "DELETE", ONE).status == 204
        assert send(sandbox, "DELETE", ONE).status == status
        assert len(sandbox.log.writes) == 1


@pytest.mark.parametrize("part", ["7886733", "x.json", "0.json", f"{'9' * 40}.json", "%2e%2e.json"])
def test_an_id_that_is_none_is_not_found(page: Sandbox, part: str) -> None:
    assert send(page, "DELETE", f"tags/{part}").status in {400, 404}
    assert len(page.store.tags()) == 2


def test_one_tag_is_shown_where_the_switch_allows_it(page: Sandbox) -> None:
    assert send(page, "GET", ONE).status == 404
    with Sandbox(Options(switches=Switches(single_tag="on"))) as sandbox:
        assert get(sandbox, ONE) == SCHEDULE


def test_listings_lag_behind_as_many_times_as_the_switch_says() -> None:
    with Sandbox(Options(switches=Switches(read_delay=2))) as sandbox:
        make(sandbox, name="New")
        totals = [get(sandbox, "tags.json")["total_records"] for _ in range(3)]
        assert totals == [2, 2, 3]


def test_ids_are_never_given_twice(page: Sandbox) -> None:
    first = make(page, name="A").json["id"]
    send(page, "DELETE", f"tags/{first}.json")
    assert make(page, name="B").json["id"] > first


def test_a_sandbox_s_switches_can_be_set_while_it_runs(page: Sandbox) -> None:
    page.app.switches = Switches(writes="forbidden")
    assert send(page, "DELETE", ONE).status == 403
    assert send(page, "GET", "tags.json").status == 200
