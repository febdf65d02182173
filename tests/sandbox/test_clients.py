"""Public clients as judges: they work against the sandbox with the base address alone changed.

None of them is needed to work on this project: a test is skipped where its client is not
installed. How to run all of them stands in tests/README.md; the last test needs curl only.
"""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.sandbox import Options, Sandbox, Switches
from tests.sandbox.client import ACCOUNT, COMPANY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEY, MATON_KEY = "sandbox-callrail-key", "sandbox-maton-key"
# What the clients do on import is theirs.
pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture
def agency() -> Iterator[Sandbox]:
    """The agency as it is today, for clients that take dates from their own clock."""
    today = datetime.now(UTC).date()
    with Sandbox(Options(seed="agency", quota=None, today=today)) as running:
        yield running


@pytest.fixture
def mcp(agency: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Calls a tool of callrail-mcp by its name; gives what it answers."""
    server = pytest.importorskip("callrail_mcp.server")
    monkeypatch.setenv("CALLRAIL_BASE_URL", f"{agency.url}/v3/")
    monkeypatch.setenv("CALLRAIL_API_KEY", KEY)
    monkeypatch.setenv("CALLRAIL_ACCOUNT_ID", ACCOUNT)
    monkeypatch.setattr(server, "_client", None, raising=False)

    def call(tool: str, **arguments: object) -> Any:
        answer = json.loads(getattr(server, tool)(**arguments))
        assert not answer.get("error"), answer
        return answer

    return call


def test_callrail_mcp_reads_everything(mcp: Callable[..., Any]) -> None:
    company = mcp("list_companies")["companies"][0]["id"]
    for tool, key in (
        ("list_accounts", "accounts"),
        ("list_trackers", "trackers"),
        ("list_users", "users"),
        ("list_tags", "tags"),
        ("list_notifications", "notifications"),
    ):
        assert mcp(tool)[key], tool
    assert mcp("list_integrations", company_id=company)["integrations"]
    tags = ["Opportunity", "Spam"]
    for tool, key in (
        ("list_calls", "calls"),
        ("list_form_submissions", "form_submissions"),
    ):
        assert mcp(tool, days=90, tags=tags, fields="tags", time_zone="America/New_York")[key]
    assert mcp("list_text_messages", days=90)["conversations"]
    assert mcp("list_sms_threads", days=90, search="Opp")["sms_threads"]
    fields = "total_calls,missed_calls,abandoned_calls,average_duration,leads"
    for group in ("company", "source", "last_requested_page"):
        assert mcp("call_stats", group_by=group, fields=fields)["grouped_results"]
    assert len(mcp("call_timeseries", days=10)["data"]) == 11
    assert mcp("form_stats", group_by="form_name")["total_results"]["total_forms"]
    assert mcp("usage_summary", days=7)


def test_callrail_mcp_writes_tags_calls_forms_and_threads(mcp: Callable[..., Any]) -> None:
    company = mcp("list_companies")["companies"][0]["id"]
    tag = mcp("create_tag", name="Asked", company_id=company, color="cyan1")
    changed = mcp("update_tag", tag_id=str(tag["id"]), name="Asked twice", disabled=True)
    assert (changed["name"], changed["status"]) == ("Asked twice", "disabled")
    assert mcp("delete_tag", tag_id=str(tag["id"]))
    call = mcp("list_calls", days=90)["calls"][0]["id"]
    mcp("update_call", call_id=call, tags=["Opportunity"], note="x", lead_status="not_a_lead")
    added = mcp("add_call_tags", call_id=call, tags=["Spam"])
    assert sorted(added["tags"]) == ["Opportunity", "Spam"]
    assert mcp("remove_call_tags", call_id=call, tags=["Spam"])["tags"] == ["Opportunity"]
    form = mcp("list_form_submissions", days=90)["form_submissions"][0]["id"]
    assert mcp("update_form_submission", submission_id=form, tags=["Opportunity"], value=5.0)
    thread = mcp("list_sms_threads", days=90)["sms_threads"][0]["id"]
    shown = mcp("update_sms_thread", thread_id=thread, tags=["Opportunity"], value=3.5)
    assert "Opportunity" in shown["tags"]
    assert shown["value"] == 3.5


def test_pycallrail_pages_calls_both_ways_and_tags_them(agency: Sandbox) -> None:
    pycallrail = pytest.importorskip("pycallrail.callrail")
    # It follows next_page as it stands, to whatever host it names.
    agency.app.switches = Switches(next_page="same")
    api = pycallrail.CallRail(api_key=KEY)
    api.BASE_URL = f"{agency.url}/v3/"
    account = api.list_accounts()[0]
    relative = {call.id for call in account.list_calls()}
    offset = {call.id for call in account.list_calls(pagination_type="OFFSET")}
    assert relative == offset
    assert len(relative) > 100
    company = account.list_companies()[0]
    tag = account.create_tag(name="Asked", company_id=company.id, color="gray1")
    assert tag.name == "Asked"
    call = account.list_calls(fields="tags")[0]
    call.update(tags=["Opportunity"], append_tags=True)
    tags = agency.store.value(
        "SELECT count(*) FROM call_tags JOIN tags ON id = tag_id WHERE call_id = ? AND name = ?",
        (call.id, "Opportunity"),
    )
    assert tags == 1


def test_maton_s_sdk_passes_requests_on_and_keeps_connections(agency: Sandbox) -> None:
    maton = pytest.importorskip("maton_ai")
    client = maton.Maton(api_key=MATON_KEY, base_url=agency.url, telemetry=False)
    assert len(client.connections.list(app="callrail", status="ACTIVE")["connections"]) == 1
    made = client.connections.create(app="callrail")["connection"]
    assert made["status"] == "PENDING"
    assert client.connections.get(made["connection_id"])["connection"]["status"] == "ACTIVE"
    client.connections.delete(made["connection_id"])
    assert len(client.connections.list()["connections"]) == 1


CALL = "calls/CAL019c46b9fc277a7881e3728fea20869b.json"
LINES = (
    "-X GET {a}.json",
    "-X GET {a}/{account}/companies.json",
    "-g -X GET {a}/{account}/calls.json?tags[]=Opportunity&tags[]=Spam&fields=tags",
    """-X POST -d '{{"name": "Asked", "company_id": "{company}"}}' {a}/{account}/tags.json""",
    """-X PUT -d '{{"name": "Lead", "disabled": "true"}}' {a}/{account}/tags/7886728.json""",
    """-X PUT -d '{{"tags": ["Schedule requested"], "append_tags": true}}' {a}/{account}/{call}""",
    "-X DELETE {a}/{account}/tags/7886728.json",
)
"""Requests as the reference writes them for curl (B), without the header that carries the key."""


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("token", [f"Token token={KEY}", f'Token token="{KEY}"'])
def test_curl_lines_as_people_type_them(token: str) -> None:
    header = ["-H", f"Authorization: {token}", "-H", "Content-Type: application/json"]
    with Sandbox(Options(today=date(2026, 2, 12))) as sandbox:
        base = f"{sandbox.url}/v3/a"
        for line in LINES:
            words = line.format(a=base, account=ACCOUNT, company=COMPANY, call=CALL)
            command = ["curl", "-s", "-w", "\n%{http_code}", *header, *shlex.split(words)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            body, _, status = done.stdout.rpartition("\n")
            assert status[0] == "2", (line, body)
        assert [tag["name"] for tag in sandbox.store.tags()] == ["Schedule requested", "Asked"]
