"""What ``doctor`` says of key, address, accounts, role and quota: only what it has seen."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.callrail import endpoints
from reconciler.model.state import Gateway
from reconciler.sandbox import Options, Sandbox
from reconciler.sandbox.options import MANAGER_KEY
from reconciler.sandbox.switches import Switches
from tests.cli_runner import direct, gateway
from tests.e2e.workspace import ACCOUNT, HEAD, Workspace
from tests.faults.conftest import skip_waits
from tests.faults.hostile import Asked, answer, hostile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOWHERE = "http://127.0.0.1:9"


def findings(workspace: Workspace) -> dict[str, dict[str, Any]]:
    found = json.loads(workspace.run("doctor --format json").out)
    return {one["what"]: one for one in found}


def test_the_key_is_reported_by_gateway_and_variable(workspace: Workspace) -> None:
    workspace.environ["ACME_API_KEY"] = workspace.environ["CALLRAIL_API_KEY"]
    workspace.declare("- name: A", head=HEAD + "    api_key_env: ACME_API_KEY\n")
    found = findings(workspace)
    assert found["key"]["message"] == "a key for callrail, from CALLRAIL_API_KEY"
    assert found["key of acme"]["message"] == "a key for callrail of its own, from ACME_API_KEY"
    assert found["gateway"]["message"] == f"callrail, at {workspace.sandbox.url}"


def test_accounts_are_reported_by_handle_number_and_id(workspace: Workspace) -> None:
    workspace.declare("- name: A")
    found = findings(workspace)
    message = f"518664017 is My Account: its id is {ACCOUNT}, acme in the configuration"
    assert found["number 518664017"]["message"] == message
    assert found["account acme"]["message"].startswith("My Account; active companies: 1")


def test_who_wrote_the_number_gets_the_id(workspace: Workspace) -> None:
    workspace.declare("- name: A", head='version: 1\naccounts:\n  acme: {id: "518664017"}\n')
    found = findings(workspace)["account acme"]
    assert (found["state"], found["message"]) == (
        "failed",
        f"518664017 is My Account: its id is {ACCOUNT}",
    )
    ran = workspace.run("plan")
    assert ran.code == 1
    assert f"518664017 is My Account: its id is {ACCOUNT}" in ran.out + ran.err


def test_the_quota_is_reported_as_the_answers_report_it(tmp_path: Path) -> None:
    with Sandbox(Options(quota=250, others_used=240)) as sandbox:
        workspace = Workspace.at(tmp_path, sandbox)
        workspace.declare("- name: A")
        found = findings(workspace)["quota of acme"]
    assert found["state"] == "warning"
    assert (
        "of this hour's 250 are left (others have used 240, earlier runs included)"
        in found["message"]
    )


def test_where_the_answers_report_no_quota_none_is_made_up(tmp_path: Path) -> None:
    with Sandbox(Options(switches=replace(Switches(), rate_headers="off"))) as sandbox:
        workspace = Workspace.at(tmp_path, sandbox)
        workspace.declare("- name: A")
        found = findings(workspace)["quota of acme"]
    assert found["message"] == "the server does not report what is left"


def users(rows: list[dict[str, str]], *, status: int = 200) -> Callable[[Asked], bytes]:
    """A server where the users' listing answers ``status``, or ``rows``."""

    def handle(asked: Asked) -> bytes:
        whole = {"page": 1, "per_page": 250, "total_pages": 1}
        path = asked.target
        if "/users.json" in path:
            payload = {"users": rows, "total_records": len(rows)} | whole
            return answer(payload if status == 200 else {"error": "no"}, status=status)
        if "/companies.json" in path:
            return answer({"companies": [], "total_records": 0} | whole)
        if "/tags.json" in path:
            return answer({"tags": [], "total_records": 0} | whole)
        accounts = [{"id": ACCOUNT, "name": "Acme"}]
        return answer({"accounts": accounts, "total_records": 1} | whole)

    return handle


@pytest.mark.parametrize(
    ("rows", "status", "message"),
    [
        (
            [{"role": "manager"}, {"role": "reporting"}],
            200,
            "is an administrator (manager, reporting)",
        ),
        ([], 403, "the key may not list users, so it may be a manager's"),
        ([{"role": "admin"}], 200, "the one user that the key sees is an admin"),
    ],
)
def test_a_role_is_reported_where_it_can_be_seen(
    workspace: Workspace, rows: list[dict[str, str]], status: int, message: str
) -> None:
    workspace.declare("- name: A")
    with hostile(users(rows, status=status)) as server:
        workspace.environ["RECONCILER_API_URL"] = server.url
        ran = workspace.run("doctor --format json")
        found = {one["what"]: one for one in json.loads(ran.out)}["role in acme"]
    assert message in found["message"]
    assert ("account-level" in (found["hint"] or "")) == (found["state"] == "warning")
    assert ran.code == 0


def test_a_role_that_can_not_be_seen_is_not_reported(workspace: Workspace) -> None:
    workspace.environ["CALLRAIL_API_KEY"] = MANAGER_KEY
    workspace.declare("- name: A")
    rows = [{"role": "admin"}, {"role": "manager"}]
    with hostile(users(rows)) as server:
        workspace.environ["RECONCILER_API_URL"] = server.url
        assert "role in acme" not in findings(workspace)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits that pass at once."""
    skip_waits(monkeypatch)


@pytest.fixture
def moved(monkeypatch: pytest.MonkeyPatch) -> None:
    """Maton's newer names answer nothing."""
    monkeypatch.setitem(endpoints.API_URLS, Gateway.MATON, f"{NOWHERE}/callrail")
    monkeypatch.setattr(endpoints, "CONTROL_URL", NOWHERE)


@pytest.mark.usefixtures("moved", "impatient")
def test_the_older_name_of_maton_is_tried_and_reported(
    tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(endpoints.OLDER_API_URLS, Gateway.MATON, sandbox.gateway_url)
    monkeypatch.setattr(endpoints, "OLDER_CONTROL_URL", sandbox.control_url)
    key = {"MATON_API_KEY": gateway(sandbox)["MATON_API_KEY"]}
    workspace = Workspace(tmp_path, sandbox, key)
    workspace.declare("- name: A")
    found = findings(workspace)
    assert found["server"]["state"] == "failed"
    assert f"{NOWHERE} can't be reached" in found["server"]["message"]
    assert f"export RECONCILER_API_URL={sandbox.gateway_url}" in found["server"]["hint"]
    assert sandbox.control_url in found["control plane"]["message"]
    assert "is active" in found["connection"]["message"]
    sandbox.log.clear()
    for command in ("plan", "apply --auto-approve", "get tags", "connections list"):
        ran = workspace.run(command)
        assert ran.code == 1, command
        assert "can't be reached" in ran.out + ran.err
    assert sandbox.log.entries == [], "only doctor goes to the older name"


@pytest.mark.usefixtures("moved", "impatient")
def test_a_key_of_callrail_is_never_tried_at_maton(
    tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(endpoints.API_URLS, Gateway.CALLRAIL, NOWHERE)
    monkeypatch.setitem(endpoints.OLDER_API_URLS, Gateway.MATON, sandbox.url)
    workspace = Workspace(
        tmp_path, sandbox, {"CALLRAIL_API_KEY": direct(sandbox)["CALLRAIL_API_KEY"]}
    )
    assert "older" not in json.dumps(findings(workspace)["server"])
    assert sandbox.log.entries == []


@pytest.mark.usefixtures("impatient")
def test_an_address_that_was_chosen_is_not_replaced(
    tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(endpoints.OLDER_API_URLS, Gateway.MATON, sandbox.gateway_url)
    workspace = Workspace(tmp_path, sandbox, gateway(sandbox) | {"RECONCILER_API_URL": NOWHERE})
    found = findings(workspace)["server"]
    assert found["state"] == "failed"
    assert sandbox.gateway_url not in (found["hint"] or "")
