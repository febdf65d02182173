"""Tags on calls, forms and texts: put on, taken off, and what a tag's change means for them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.sandbox.assignments import CALL as CALLS
from tests.faults.colleague import Colleague, before_request
from tests.sandbox.client import ACCOUNT, CALL, COMPANY, MATON, Client
from tests.sandbox.test_usage import (
    FORM,
    OPPORTUNITY,
    PATHS,
    SCHEDULE,
    TEXT,
    everywhere,
    found,
    furnish,
    put,
    tags,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    Under = Callable[..., Client]

IDS = {"calls": CALL, "form_submissions": FORM, "sms-threads": TEXT}
NEW, OLD = "Schedule requested", "Opportunity"
BOTH = {"tags": [NEW], "append_tags": True}
TRASHED: dict[str, Any] = {"name": "~trash 2026-02-12 Opportunity", "disabled": True}


@pytest.fixture
def busy(under: Under) -> Under:
    """A sandbox under these switches whose call, form and text have the old tag."""

    def begin(*texts: str, **options: object) -> Client:
        client = furnish(under(*texts, **options))
        for resource in PATHS:
            assert put(client, resource, tags=[OLD]).status == 200
        return client

    return begin


def change(client: Client, tag_id: int = OPPORTUNITY, **fields: object) -> None:
    """Update a tag."""
    assert client.of("PUT", f"tags/{tag_id}.json", fields).status == 200


def finds(client: Client, resource: str, name: str) -> bool:
    """Whether the resource's listing finds its one interaction by this tag."""
    parameter = "search" if resource == "sms-threads" else "tags[]"
    return found(client, resource, (parameter, name.replace(" ", "%20"))) == [IDS[resource]]


@everywhere
@pytest.mark.parametrize("prefix", ["", "/callrail"], ids=["direct", "Maton"])
def test_one_update_sets_all_that_the_reference_names_through_both_gateways(
    busy: Under, resource: str, prefix: str
) -> None:
    direct = busy()
    client = Client(direct.sandbox, prefix, dict(MATON)) if prefix else direct
    body = {"note": "Called back", "lead_status": "good_lead", "value": "$5.00"}
    reply = put(client, resource, **BOTH, **body, customer_name="Ann Lee")
    assert (reply.status, reply.json["tags"]) == (200, [OLD, NEW])
    table = {"calls": "calls", "form_submissions": "forms", "sms-threads": "texts"}[resource]
    stored = client.sandbox.store.row(f"SELECT * FROM {table} WHERE id = ?", (IDS[resource],))
    assert stored is not None
    expected = {"note": "Called back", "lead_status": "good_lead", "value": 5.0}
    assert {name: stored[name] for name in expected} == expected
    assert stored["customer_name"] == "Ann Lee"


@everywhere
@pytest.mark.parametrize(
    ("setting", "flag", "bare_list"),
    [
        ("honoured", [OLD, NEW], [OLD, NEW]),
        ("flag", [OLD, NEW], [OLD]),
        ("list", [NEW], [OLD, NEW]),
        ("ignored", [NEW], [OLD]),
    ],
)
def test_which_form_of_append_adds(
    busy: Under, resource: str, setting: str, flag: list[str], bare_list: list[str]
) -> None:
    client = busy(f"append={setting}")
    assert put(client, resource, append_tags=[NEW]).json["tags"] == bare_list
    put(client, resource, tags=[OLD])
    assert put(client, resource, **BOTH).json["tags"] == flag


@everywhere
@pytest.mark.parametrize(("setting", "left"), [("kept", True), ("dropped", False)])
def test_whether_a_rename_keeps_assignments(
    busy: Under, resource: str, setting: str, *, left: bool
) -> None:
    client = busy(f"renamed_assignments={setting}")
    change(client, name=OLD, color="blue1")
    assert tags(client, resource) == [OLD], "the same name is no rename"
    change(client, **TRASHED)
    assert tags(client, resource) == ([TRASHED["name"]] if left else [])
    assert finds(client, resource, TRASHED["name"]) == left


@everywhere
@pytest.mark.parametrize(
    ("setting", "shown", "by_filter", "again"),
    [
        ("kept", [OLD], True, [OLD]),
        ("unfound", [OLD], False, [OLD]),
        ("hidden", [], False, [OLD]),
        ("dropped", [], False, []),
    ],
)
def test_whether_a_disable_keeps_assignments(
    busy: Under, resource: str, setting: str, shown: list[str], again: list[str], *, by_filter: bool
) -> None:
    client = busy(f"disabled_assignments={setting}")
    change(client, disabled=True)
    assert tags(client, resource) == shown
    assert finds(client, resource, OLD) == by_filter
    change(client, disabled=False)
    assert tags(client, resource) == again


@everywhere
@pytest.mark.parametrize(
    ("setting", "status", "after", "made"),
    [
        ("refused", 422, [OLD], 0),
        ("ignored", 200, [OLD], 0),
        ("applied", 200, [OLD, NEW], 0),
        ("another", 200, [OLD, NEW], 1),
    ],
)
def test_what_newly_applying_a_disabled_tag_gets(
    busy: Under, resource: str, setting: str, status: int, after: list[str], made: int
) -> None:
    client = busy(f"disabled_tags={setting}")
    change(client, SCHEDULE, disabled=True)
    assert put(client, resource, **BOTH).status == status
    assert tags(client, resource) == after
    assert len(client.sandbox.store.tags()) == 2 + made


@pytest.mark.parametrize(
    ("setting", "both", "account_only"),
    [("company", "own", "account's"), ("account", "account's", "account's"), ("own", "own", "new")],
)
def test_which_of_two_namesakes_an_append_means(
    busy: Under, setting: str, both: str, account_only: str
) -> None:
    client = busy(f"namesakes={setting}")
    names = {
        client.tag("Two"): "account's",
        client.tag("Two", COMPANY): "own",
        SCHEDULE: "account's",
    }
    put(client, "calls", tags=["Two", NEW])
    on_call = client.sandbox.app.assignments.of(CALLS, [CALL])[CALL]
    meant = {tag["name"]: names.get(tag["id"], "new") for tag in on_call}
    assert meant == {"Two": both, NEW: account_only}
    assert {tag["company_id"] for tag in on_call if tag["id"] not in names} <= {COMPANY}


@everywhere
def test_a_filter_that_is_late_by_reads_finds_the_old_state(busy: Under, resource: str) -> None:
    client = busy("tags_filter_delay=2")
    for _ in range(2):
        finds(client, resource, OLD)
    assert finds(client, resource, OLD)
    put(client, resource, **BOTH)
    change(client, name="Renamed")
    for old in (True, True, False):
        assert finds(client, resource, NEW) != old
        assert tags(client, resource) == ["Renamed", NEW], "rows are never late"
    assert finds(client, resource, "Renamed")
    assert client.of("DELETE", f"tags/{OPPORTUNITY}.json").status == 204
    assert [finds(client, resource, "Renamed") for _ in range(3)] == [True, True, False]


@everywhere
def test_a_filter_that_is_late_by_seconds_finds_the_old_state(busy: Under, resource: str) -> None:
    now = [0.0]
    client = busy("tags_filter_delay_seconds=4", clock=lambda: now[0])
    now[0] = 10.0
    put(client, resource, **BOTH)
    now[0] = 12.0
    put(client, resource, tags=[NEW])
    for moment, new, old in ((13.9, False, True), (14.1, True, True), (16.1, True, False)):
        now[0] = moment
        assert (finds(client, resource, NEW), finds(client, resource, OLD)) == (new, old)


def test_the_pages_of_a_late_listing_are_of_one_state(busy: Under) -> None:
    client = busy("tags_filter_delay=1")
    copy_call(client, 3)
    found(client, "calls", ("tags", OLD))
    put(client, "calls", tags=[])
    pages = [client.get("calls.json", tags=OLD, per_page=2, page=page)["calls"] for page in (1, 2)]
    assert len({row["id"] for page in pages for row in page}) == 4
    assert len(found(client, "calls", ("tags", OLD))) == 3


def copy_call(client: Client, count: int, **columns: object) -> None:
    """Insert calls like the page's, with the old tag."""
    store = client.sandbox.store
    row = store.row("SELECT * FROM calls WHERE id = ?", (CALL,)) or {}
    row.pop("moment", None)
    first = store.value("SELECT count(*) FROM calls")
    copies = [{**row, **columns, "id": f"CAL{first + number}"} for number in range(count)]
    store.insert("calls", copies)
    store.insert("call_tags", [{"call_id": one["id"], "tag_id": OPPORTUNITY} for one in copies])


def test_the_pages_of_a_filter_shrink_while_tags_are_taken_off(busy: Under) -> None:
    client = busy()
    copy_call(client, 13)
    reached = []
    for page in range(1, 5):
        for row in client.get("calls.json", tags=OLD, per_page=4, page=page)["calls"]:
            reached.append(row["id"])
            client.of("PUT", f"calls/{row['id']}.json", {"tags": [NEW]})
    assert len(reached) == 8
    assert len(found(client, "calls", ("tags", OLD))) == 6


@pytest.mark.parametrize("columns", [{"spam": 1}, {"start_time": "2023-12-01T10:00:00.000Z"}])
def test_what_no_listing_shows_keeps_its_tag(busy: Under, columns: dict[str, object]) -> None:
    client = busy()
    copy_call(client, 2, **columns)
    change(client, **TRASHED)
    query = {"tags[]": TRASHED["name"], "start_date": "2024-01-12"}
    assert client.get("calls.json", **query)["total_records"] == 1
    assert client.sandbox.store.calls_with(OPPORTUNITY) == 3


@everywhere
def test_a_colleague_acts_before_any_request_uncounted(busy: Under, resource: str) -> None:
    client = busy()
    colleague = Colleague(client.sandbox, ACCOUNT)
    client.sandbox.log.clear()
    steps = [
        (lambda: colleague.tag(IDS[resource], SCHEDULE), [OLD, NEW]),
        (lambda: colleague.untag(IDS[resource], OPPORTUNITY), [NEW]),
        (lambda: colleague.rename(SCHEDULE, "Theirs"), ["Theirs"]),
        (lambda: colleague.disable(SCHEDULE), ["Theirs"]),
        (lambda: colleague.delete(SCHEDULE), []),
    ]
    shown = [OLD]
    for act, after in steps:
        with before_request(client.sandbox, 2, act):
            assert tags(client, resource) == shown
            assert tags(client, resource) == (shown := after)
    assert len(client.sandbox.log.entries) == 2 * len(steps)


def test_requests_can_be_counted_by_the_hour_of_a_clock_that_is_turned(busy: Under) -> None:
    now = [0.0]
    client = busy(quota=100, clock=lambda: now[0])
    statuses = Counter[int]()
    for _ in range(5):
        for _ in range(101):
            statuses[put(client, "calls", **BOTH).status] += 1
        now[0] += 3_600.0
    assert client.sandbox.app.quota.refused == statuses[429] == 3 + 5
    passed = [one for one in client.sandbox.log.entries if one.counted and one.status == 200]
    assert Counter(one.moment // 3_600 for one in passed) == dict.fromkeys(range(5), 100)


CLIENT = """
import json, sys, urllib.request
url, headers, paths = json.loads(sys.stdin.read())
body = json.dumps({"tags": ["Schedule requested"], "append_tags": True}).encode()
for path in paths:
    asked = urllib.request.Request(url + path, body, headers, method="PUT")
    urllib.request.urlopen(asked).read()
"""


@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.parametrize(("action", "more"), [("kill-client", 0), ("kill-client-after-commit", 1)])
def test_a_client_can_be_killed_at_each_request_that_tags(
    busy: Under, nth: int, action: str, more: int
) -> None:
    client = busy()
    paths = [f"/v3/a/{ACCOUNT}/{path}" for path in PATHS.values()]
    client.sandbox.log.clear()
    with subprocess.Popen([sys.executable, "-c", CLIENT], stdin=subprocess.PIPE) as process:
        client.sandbox.faults.add(f"PUT * nth={nth} {action}={process.pid}")
        headers = client.headers | {"Content-Type": "application/json"}
        process.communicate(json.dumps([client.sandbox.url, headers, paths]).encode(), timeout=30)
    assert process.returncode == -9
    client.sandbox.faults.clear()
    assert [NEW in tags(client, resource) for resource in PATHS].count(True) == nth - 1 + more
