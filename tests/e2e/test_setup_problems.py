"""``doctor``, ``get`` and ``connections`` where something is wrong: what is reported, and done."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from reconciler.sandbox import Options, Sandbox, Switches
from tests.cli_runner import direct, gateway
from tests.e2e.workspace import ACCOUNT, Workspace

if TYPE_CHECKING:
    from pathlib import Path

NEAR = ACCOUNT[:-3] + "cb4"


@pytest.fixture
def at_maton(tmp_path: Path, sandbox: Sandbox) -> Workspace:
    return Workspace(tmp_path, sandbox, gateway(sandbox))


def findings(workspace: Workspace, *flags: str) -> dict[str, dict[str, str]]:
    """What the doctor found, by what it looked at."""
    found = json.loads(workspace.run("doctor --format json", *flags).out)
    return {one["what"]: one for one in found}


def test_doctor_counts_companies_and_tries_the_tags(workspace: Workspace) -> None:
    workspace.declare("- name: A")
    assert "active companies: 1, tags can be read" in findings(workspace)["account acme"]["message"]


def test_doctor_reports_one_problem_once(at_maton: Workspace) -> None:
    at_maton.environ["MATON_API_KEY"] = "another"
    found = findings(at_maton)
    assert "401" in found["connection"]["message"]
    assert found["server"]["message"] == "the same as for connection"
    assert at_maton.run("doctor").code == 4


def test_doctor_speaks_of_no_quota_where_nobody_answered(workspace: Workspace) -> None:
    workspace.environ["CALLRAIL_API_KEY"] = "another"
    assert "quota" not in findings(workspace)


def test_doctor_reports_an_expired_grant(tmp_path: Path) -> None:
    with Sandbox(Options(switches=Switches(oauth="expired"))) as sandbox:
        found = findings(Workspace(tmp_path, sandbox, gateway(sandbox)))
    assert found["connection"]["state"] == "ok"
    assert "connections create" in found["server"]["hint"]


def test_doctor_names_the_accounts_that_a_wrong_one_could_be(workspace: Workspace) -> None:
    workspace.declare("- name: A", head=f"version: 1\naccounts:\n  acme: {{id: {NEAR}}}\n")
    found = findings(workspace)["account acme"]
    assert found["state"] == "failed"
    assert f"{ACCOUNT} (My Account)" in found["hint"]


def test_doctor_reports_a_used_up_quota(tmp_path: Path) -> None:
    with Sandbox(Options(quota=1)) as sandbox:
        workspace = Workspace.at(tmp_path, sandbox)
        workspace.declare("- name: A")
        assert workspace.run("doctor --max-wait 0s").code == 6


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({}, "none is used"),
        ({"HTTPS_PROXY": "http://user:secret@proxy:1"}, "none is used"),
    ],
)
def test_doctor_knows_that_loopback_needs_no_proxy(
    workspace: Workspace, environ: dict[str, str], message: str
) -> None:
    workspace.environ |= environ
    assert findings(workspace)["proxy"]["message"] == message


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"HTTPS_PROXY": "http://u:secret@p:1"}, "requests go through the proxy of HTTPS_PROXY"),
        ({"all_proxy": "http://p:1"}, "requests go through the proxy of all_proxy"),
        ({"HTTP_PROXY": "http://p:1"}, "none is used"),
        (
            {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "localhost, .callrail.com"},
            "none is used: NO_PROXY names api.callrail.com",
        ),
    ],
)
def test_the_proxy_in_use_is_named_without_its_address(
    environ: dict[str, str], message: str
) -> None:
    from reconciler.cli.doctor import proxy_for

    assert proxy_for("https://api.callrail.com", environ) == message


def test_get_reports_an_unknown_account_and_those_it_could_be(tmp_path: Path) -> None:
    with Sandbox(Options(seed="agency")) as sandbox:
        workspace = Workspace.at(tmp_path, sandbox)
        ran = workspace.run(f"get tags --account {ACCOUNT[:-1]}c")
        assert (ran.code, ran.out) == (1, "")
        assert "there is no account" in ran.err
        assert "ACC019c46b8a0807fbdb81c8bf12af91cb5 (Corner Legal)" in ran.err
        assert "none was chosen" in workspace.run("get tags").err


def test_get_of_one_that_is_not_there_does_not_blame_the_account(workspace: Workspace) -> None:
    ran = workspace.run(f"get calls CAL1 --account {ACCOUNT}")
    assert ran.code == 1
    assert "there is no account" not in ran.err


def test_a_summary_has_its_figures_in_columns(workspace: Workspace) -> None:
    assert (
        workspace.run("get call-summary --format csv").out.splitlines()[0].endswith("total_calls")
    )
    assert "{" not in workspace.run("get call-summary").out


@pytest.mark.parametrize("environ_of", [direct, gateway])
def test_get_all_calls_is_complete_through_both_gateways(
    tmp_path: Path, environ_of: object
) -> None:
    with Sandbox(Options(seed="agency", quota=None)) as sandbox:
        environ = direct(sandbox) if environ_of is direct else gateway(sandbox)
        workspace = Workspace(tmp_path, sandbox, environ)
        account = "ACC019c46b8a0807fbdb81c8bf12af91cb5"
        since = f"--start-date {sandbox.options.today - timedelta(days=730)}"
        rows = json.loads(workspace.run(f"get calls --account {account} {since} --format json").out)
        held = "SELECT count(*) FROM calls WHERE account_id = ? AND spam = 0"
        assert len({row["id"] for row in rows}) == sandbox.store.value(held, (account,))


def test_connections_wait_until_active(at_maton: Workspace) -> None:
    at_maton.sandbox.app.switches = Switches(activation=1)
    ran = at_maton.run("connections create --wait --format json")
    assert json.loads(ran.out)[0]["status"] == "ACTIVE"
    assert "https://connect.maton.ai/" in ran.err


def test_connections_stop_waiting_in_the_end(at_maton: Workspace) -> None:
    ran = at_maton.run("connections create --wait --max-wait 0s")
    assert ran.code == 6
    assert "still PENDING" in ran.err


def test_a_pending_connection_shows_its_address(at_maton: Workspace) -> None:
    made = json.loads(at_maton.run("connections create --format json").out)[0]
    listed = at_maton.run("connections list")
    assert made["url"] in listed.err
    assert "https" not in listed.out


@pytest.mark.parametrize("line", ["get nope", "delete nope --auto-approve"])
def test_a_connection_that_is_not_there(at_maton: Workspace, line: str) -> None:
    ran = at_maton.run(f"connections {line}")
    assert ran.code == 1
    assert "there is no connection nope" in ran.err
    assert "connections list" in ran.err


def test_connections_ask_for_maton_s_key(workspace: Workspace) -> None:
    ran = workspace.run("connections list")
    assert ran.code == 4
    assert "MATON_API_KEY is not set" in ran.err
