"""One account that can't be read stops no other, and nothing passes for the whole."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from reconciler.document import load_plan
from reconciler.sandbox import Options, Sandbox
from reconciler.sandbox.faults import parse_fault
from tests.e2e.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

IDS = {
    "acme": "ACC019c46b8a0807fbdb81c8bf12af91cb3",
    "beacon": "ACC019c46b8a0807fbdb81c8bf12af91cb4",
    "corner": "ACC019c46b8a0807fbdb81c8bf12af91cb5",
    "dorado": "ACC019c46b8a0807fbdb81c8bf12af91cb6",
}
HEAD = "version: 1\naccounts:\n" + "".join(f"  {one}: {{id: {IDS[one]}}}\n" for one in IDS)
READ = ["acme", "beacon", "corner"]


@pytest.fixture(scope="module")
def agency() -> Iterator[Sandbox]:
    """Three accounts; the fourth of the configuration answers 403 to everything."""
    fault = parse_fault(f"* {IDS['dorado']} status=403")
    with Sandbox(Options(seed="agency", faults=(fault,))) as running:
        yield running


@pytest.fixture
def workspace(tmp_path: Path, agency: Sandbox) -> Workspace:
    workspace = Workspace.at(tmp_path, agency)
    workspace.declare("- {name: Follow up tomorrow, color: blue1}", head=HEAD)
    return workspace


def test_three_of_four_accounts_are_planned_and_the_fourth_is_named(workspace: Workspace) -> None:
    ran = workspace.run("plan")
    assert ran.code == 4
    assert [line for line in ran.out.splitlines() if "create  Follow up" in line]
    assert "Plan: 3 to create" in ran.out
    assert "Partial: dorado could not be read, so nothing is planned there: " in ran.out
    assert ran.err.count("dorado could not be read") == 1
    assert ran.err.count("error:") == 1


def test_the_document_reports_it_and_counts_what_was_sent(workspace: Workspace) -> None:
    workspace.sandbox.log.clear()
    document = workspace.document("plan")
    assert [change["account"] for change in document["changes"]] == READ
    (unread,) = document["unread"]
    assert (unread["account"], unread["code"], unread["exit_code"]) == ("dorado", "auth", 4)
    assert document["requests"]["plan"] == len(workspace.sandbox.log.entries)
    assert [one["handle"] for one in document["accounts"]] == READ


@pytest.mark.parametrize("command", ["plan --detailed-exitcode", "drift"])
def test_the_failure_s_code_comes_before_that_of_a_difference(
    workspace: Workspace, command: str
) -> None:
    assert workspace.run(command).code == 4


def test_without_a_difference_it_does_not_report_that_all_is_well(workspace: Workspace) -> None:
    workspace.declare("- {name: Nobody has it, state: absent, note: gone}", head=HEAD)
    for command in ("plan", "drift"):
        ran = workspace.run(command, "--report", "markdown=p.md", "--report", "html=p.html")
        assert ran.code == 4
        for text in (ran.out, workspace.read("p.md"), workspace.read("p.html")):
            assert "Live state matches" not in text
            assert "could not be read" in text
            assert "dorado" in text


def test_a_blocked_partial_plan_reports_both_and_keeps_the_failure_s_code(
    workspace: Workspace,
) -> None:
    head = HEAD.replace("}\n", ", protect: ['*']}\n", 1)
    workspace.declare("- {name: Opportunity, state: absent, note: gone}", head=head)
    ran = workspace.run("plan")
    assert ran.code == 4, ran.out
    assert "blocked" in ran.err


def test_github_and_gitlab_get_the_result(workspace: Workspace) -> None:
    workspace.environ |= {
        "GITHUB_ACTIONS": "true",
        "GITHUB_OUTPUT": str(workspace.directory / "output"),
        "GITHUB_STEP_SUMMARY": str(workspace.directory / "summary"),
    }
    ran = workspace.run("plan", "--report", "gitlab=tf.json")
    assert "partial=true" in workspace.read("output")
    assert "Partial plan" in workspace.read("summary")
    assert "::error title=reconciler unread::dorado could not be read" in ran.err
    assert json.loads(workspace.read("tf.json"))["unread"] == ["dorado"]


@pytest.mark.parametrize("saved", [True, False])
def test_apply_does_the_readable_part_and_ends_with_the_code(
    tmp_path: Path, *, saved: bool
) -> None:
    fault = parse_fault(f"* {IDS['dorado']} status=403")
    with Sandbox(Options(seed="agency", faults=(fault,))) as running:
        workspace = Workspace.at(tmp_path, running)
        workspace.declare("- {name: Follow up tomorrow, color: blue1}", head=HEAD)
        if saved:
            assert workspace.run("plan --out plan.json").code == 4
            assert [one.account for one in load_plan(workspace.read("plan.json")).unread] == [
                "dorado"
            ]
        ran = workspace.run("apply", *(["plan.json"] if saved else ["--auto-approve"]))
        assert ran.code == 4
        assert len(workspace.writes) == 3
        assert "Incomplete: 3 done." in ran.out
        assert "dorado could not be read, so nothing is planned there" in ran.out
        report = json.loads(workspace.run("apply --auto-approve --format json").out)
        assert (report["exit_code"], report["unread"][0]["account"]) == (4, "dorado")


def test_where_no_account_can_be_read_there_is_no_plan(tmp_path: Path) -> None:
    with Sandbox(
        Options(seed="agency", faults=(parse_fault("* tags.json status=403"),))
    ) as running:
        workspace = Workspace.at(tmp_path, running)
        workspace.declare("- {name: Follow up tomorrow}", head=HEAD)
        ran = workspace.run("plan")
        assert (ran.code, ran.out) == (4, "")
        assert "error: acme: " in ran.err


def test_a_snapshot_is_whole_or_it_is_none(workspace: Workspace) -> None:
    ran = workspace.run("snapshot --out live.json")
    assert ran.code == 4
    assert "dorado: " in ran.err
    assert not (workspace.directory / "live.json").exists()


def test_selectors_are_held_against_the_accounts_that_were_read(workspace: Workspace) -> None:
    workspace.declare("- {name: Opportunity, color: blue1, companies: [Only in dorado]}", head=HEAD)
    ran = workspace.run("plan")
    assert ran.code == 4
    assert "matches no company" not in ran.err
