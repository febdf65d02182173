"""What happens to a tag that is deleted, and how it comes back, over the wire."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.e2e.workspace import ACCOUNT, HEAD

if TYPE_CHECKING:
    from tests.e2e.workspace import Workspace

NAME = "Schedule requested"
GONE = f"- name: {NAME}\n  state: absent\n  note: Over.\n- name: Kept\n"
BACK = f"- name: {NAME}\n- name: Kept\n"


@pytest.fixture(autouse=True)
def used(workspace: Workspace) -> None:
    """A call has the tag."""
    call = workspace.sandbox.store.value("SELECT id FROM calls")
    workspace.sandbox.store.insert(
        "call_tags", [{"call_id": call, "tag_id": workspace.tags()[NAME]["id"]}]
    )


def day(ago: int) -> str:
    return (datetime.now(UTC).date() - timedelta(days=ago)).isoformat()


def calls(workspace: Workspace, tag_id: int) -> set[str]:
    """The calls that have the tag, whatever it is called."""
    rows = workspace.sandbox.store.rows("SELECT call_id FROM call_tags WHERE tag_id = ?", (tag_id,))
    return {row["call_id"] for row in rows}


def test_a_deleted_tag_keeps_its_calls_and_comes_back_when_it_is_declared_again(
    workspace: Workspace,
) -> None:
    before = workspace.tags()[NAME]
    had = calls(workspace, before["id"])
    assert had
    workspace.declare(GONE)
    workspace.apply()
    there = workspace.tags()[f"~trash {day(0)} {NAME}"]
    assert (there["id"], there["status"]) == (before["id"], "disabled")
    assert calls(workspace, before["id"]) == had
    workspace.declare(BACK)
    workspace.apply()
    assert workspace.tags()[NAME] == before
    assert calls(workspace, before["id"]) == had


def test_the_trash_is_listed_with_the_day_on_which_each_is_due(workspace: Workspace) -> None:
    workspace.declare(GONE, head=HEAD + "    trash: 10d\n")
    workspace.apply()
    (row,) = json.loads(workspace.run("get tags --trash --format json").out)
    assert (row["was"], row["since"], row["due"]) == (NAME, day(0), day(-10))
    assert NAME in workspace.run("get tags --trash").out
    assert f"{NAME}: from {day(-10)} on a plan deletes it" in workspace.run("plan").out
    assert workspace.run("get calls --trash").code == 64


def test_a_purge_needs_leave_to_delete_and_is_held_back_without(workspace: Workspace) -> None:
    workspace.sandbox.app.make_tag(ACCOUNT, f"~trash {day(31)} Old")
    workspace.declare("- name: Kept\n")
    assert "0 to delete" in workspace.run("plan").out, "someone has enabled it"
    workspace.sandbox.store.run("UPDATE tags SET status = 'disabled' WHERE name LIKE '%Old'")
    assert "- purge   ~trash" in workspace.run("plan").out
    assert workspace.run("apply --auto-approve").code == 5
    assert workspace.run("apply --auto-approve --no-deletes").code == 0
    assert f"~trash {day(31)} Old" in workspace.tags()
    workspace.apply("--allow-deletes")
    assert f"~trash {day(31)} Old" not in workspace.tags()


def test_it_goes_last_and_not_at_all_once_something_failed(workspace: Workspace) -> None:
    workspace.declare(GONE + "- name: Refused\n  color: puce\n")
    workspace.sandbox.faults.add("POST tags.json status=422")
    ran = workspace.run("apply --auto-approve")
    assert ran.code == 3
    assert NAME in workspace.tags()


def test_a_saved_plan_is_measured_by_what_has_the_tag_when_it_is_applied(
    workspace: Workspace,
) -> None:
    before = workspace.tags()[NAME]["id"]
    (row,) = workspace.sandbox.store.rows("SELECT * FROM calls")
    written = {name: value for name, value in row.items() if name != "moment"}
    workspace.sandbox.store.insert("calls", [{**written, "id": "CAL2"}])
    workspace.sandbox.store.insert("call_tags", [{"call_id": "CAL2", "tag_id": before}])
    workspace.declare(GONE)
    assert "2 calls keep it" in workspace.run("plan --out plan.json").out
    workspace.sandbox.store.run("DELETE FROM call_tags WHERE call_id = 'CAL2'")
    ran = workspace.run("apply plan.json")
    assert ran.code == 0, ran.out + ran.err
    assert "1 interaction before, 1 after" in ran.out


def test_a_flow_that_took_the_tag_up_since_the_review_refuses_the_saved_plan(
    workspace: Workspace,
) -> None:
    workspace.declare(GONE)
    assert workspace.run("plan --out plan.json").code == 0
    step = {
        "id": "MFS01",
        "type": "tag",
        "next_step_id": None,
        "tag_ids": [workspace.tags()[NAME]["id"]],
    }
    flow = {"id": "MFL1", "account_id": ACCOUNT, "name": "Flow", "tracker_ids": "[]"}
    flow |= {"initial_step_id": "MFS01", "steps": json.dumps({"MFS01": step}), "updated_at": ""}
    workspace.sandbox.store.insert("message_flows", [flow])
    ran = workspace.run("apply plan.json")
    assert (ran.code, NAME in workspace.tags()) == (5, True)
    assert "limits.flows 0" in ran.err


def test_an_import_leaves_the_trash_out(workspace: Workspace) -> None:
    workspace.declare(GONE)
    workspace.apply()
    assert "~trash" not in workspace.run("import", "--account", "acme").out
    assert workspace.run("validate").code == 0
    workspace.declare(f'- name: "~trash {day(0)} {NAME}"\n')
    ran = workspace.run("validate")
    assert ran.code == 1
    assert "a name may not be that of a tag in the trash" in ran.err
