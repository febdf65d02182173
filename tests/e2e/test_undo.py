"""`undo`: what an apply did goes back, by its report, and nothing else is touched."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.document import dump, load_report, report_document
from tests.e2e.workspace import COMPANY

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.workspace import Workspace

CHANGES = f"""
- name: New tag
  color: blue1
- name: Booked
  color: red1
  renamed_from: [Schedule requested]
- name: Opportunity
  companies: [{COMPANY}]
  state: disabled
"""
DELETE = f"""
- name: Opportunity
  companies: [{COMPANY}]
  state: absent
  note: Over.
"""


def live(workspace: Workspace) -> dict[int, tuple[str, str, str]]:
    rows = workspace.sandbox.store.rows("SELECT id, name, color, status FROM tags")
    return {row["id"]: (row["name"], row["color"], row["status"]) for row in rows}


def applied(workspace: Workspace, changes: str = CHANGES, flags: str = "") -> dict[str, Any]:
    """The report of an apply, which stands in report.json."""
    workspace.declare(changes)
    workspace.run(f"apply --auto-approve --report json=report.json {flags}")
    found: dict[str, Any] = json.loads((workspace.directory / "report.json").read_text())
    return found


def test_it_takes_back_all_but_that_created_tags_stay_disabled(workspace: Workspace) -> None:
    before = live(workspace)
    applied(workspace)
    assert live(workspace) != before
    assert workspace.run("undo report.json --out undo.json").code == 0
    assert workspace.run("apply undo.json").code == 0
    after = live(workspace)
    (made,) = after.keys() - before.keys()
    assert after.pop(made) == ("New tag", "blue1", "disabled")
    assert after == before


def test_undone_twice_there_is_nothing_to_do(workspace: Workspace) -> None:
    applied(workspace)
    workspace.run("undo report.json --out undo.json")
    workspace.run("apply undo.json")
    ran = workspace.run("undo report.json")
    assert ran.code == 0
    assert "No changes. What the apply did is undone" in ran.out
    assert "0 to delete; 3 as before already." in ran.out
    writes = len(workspace.writes)
    assert workspace.run("apply undo.json").code == 0
    assert len(workspace.writes) == writes


def test_it_is_shown_like_any_plan_with_why(workspace: Workspace) -> None:
    applied(workspace)
    text = workspace.run("undo report.json").out
    assert "name Booked -> Schedule requested, color red1 -> " in text
    assert "status enabled -> disabled; made by that apply; disabled, not deleted" in text
    document = workspace.document("undo report.json")
    assert {change["reason"] for change in document["changes"]} == {"undo"}
    assert (
        document["undoes"]
        == json.loads((workspace.directory / "report.json").read_text())["digest"]
    )
    for form in ("markdown", "html"):
        assert "New tag" in workspace.run(f"undo report.json --format {form}").out
    assert (
        workspace.run("undo report.json --out undo.json").out == workspace.run("show undo.json").out
    )


def test_what_has_moved_on_since_is_named_and_left_alone(workspace: Workspace) -> None:
    applied(workspace)
    workspace.sandbox.store.run("UPDATE tags SET color = 'green1' WHERE name = 'Booked'")
    ran = workspace.run("undo report.json --out undo.json")
    assert ran.code == 0
    assert '"Booked" is left alone: its color is "green1" now, not "red1"' in ran.err
    workspace.run("apply undo.json")
    assert ("Booked", "green1", "enabled") in live(workspace).values()


def test_a_name_that_someone_else_has_by_now_is_not_taken_back(workspace: Workspace) -> None:
    applied(workspace)
    workspace.sandbox.app.make_tag("ACC019c46b8a0807fbdb81c8bf12af91cb3", "Schedule requested")
    ran = workspace.run("undo report.json")
    assert "another tag has the new name by now" in ran.err
    assert "Booked" not in ran.out


def test_a_delete_is_named_and_not_undone(workspace: Workspace) -> None:
    applied(workspace, DELETE, "--allow-deletes")
    ran = workspace.run("undo report.json")
    assert ran.code == 0
    assert '"Opportunity" was deleted, and that can\'t be undone' in ran.err
    assert "0 to create, 0 to update" in ran.out


def test_what_failed_or_was_not_tried_is_not_undone(workspace: Workspace) -> None:
    applied(workspace, "\n- name: One\n  color: blue1\n- name: Two\n  color: magenta\n")
    document = workspace.document("undo report.json")
    assert [change["name"] for change in document["changes"]] == ["One"]
    assert "1 change of the report did not succeed" in workspace.run("undo report.json").err


def test_what_was_skipped_was_not_this_apply_s_doing(workspace: Workspace) -> None:
    workspace.declare(CHANGES)
    workspace.run("plan --out plan.json")
    workspace.run("apply plan.json")
    workspace.run("apply plan.json --report json=report.json")
    assert workspace.document("undo report.json")["changes"] == []


def test_today_s_guards_hold_for_it(workspace: Workspace) -> None:
    applied(workspace, "\n- name: New tag\n  color: blue1\n")
    path = workspace.directory / "reconciler.yaml"
    path.write_text(path.read_text().replace("    id:", "    protect: [New*]\n    id:"))
    ran = workspace.run("undo report.json --out undo.json")
    assert ran.code == 5
    assert 'protect "New*" forbids to disable it' in ran.err
    assert workspace.run("apply undo.json").code == 5


def test_without_a_configuration_the_report_shows_how_to_get_there(workspace: Workspace) -> None:
    applied(workspace)
    (workspace.directory / "reconciler.yaml").unlink()
    assert workspace.run("undo report.json --out undo.json").code == 0
    assert workspace.run("apply undo.json").code == 0


def edited(text: str) -> str:
    document = json.loads(text)
    document["results"][0]["after"]["name"] = document["results"][0]["name"] = "Other"
    return json.dumps(document)


def another_tag(text: str) -> str:
    document = json.loads(text)
    change = next(one for one in document["results"] if one["action"] == "update")
    change["tag_id"] += 1
    return json.dumps(document)


def another_result(text: str) -> str:
    document = json.loads(text)
    document["results"][0]["result"] = "failed"
    return json.dumps(document)


UNUSABLE: dict[str, tuple[Callable[[str], str], int, str]] = {
    "edited": (edited, 5, "altered after it was written"),
    "another tag": (another_tag, 5, "altered after it was written"),
    "another result": (another_result, 5, "summary.done contradicts the rest of it"),
    "cut short": (lambda text: text[:-40], 1, "cut short"),
    "newer": (
        lambda text: text.replace('"format_version": "1"', '"format_version": "2"'),
        1,
        "format version '2'",
    ),
    "a plan": (lambda text: text.replace('"results"', '"changes"'), 1, "this is a plan"),
    "a field too many": (lambda text: text.replace("{", '{"x": 1,', 1), 1, "not a field"),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_an_unsound_report_is_refused_before_any_request(workspace: Workspace, case: str) -> None:
    applied(workspace)
    change, code, text = UNUSABLE[case]
    path = workspace.directory / "report.json"
    path.write_text(change(path.read_text()))
    requests = len(workspace.sandbox.log.entries)
    ran = workspace.run("undo report.json --out undo.json")
    assert (ran.code, len(workspace.sandbox.log.entries)) == (code, requests), ran.err
    assert text in ran.err
    assert not (workspace.directory / "undo.json").exists()


def rewritten(workspace: Workspace, **of_account: str) -> None:
    """A report that someone changed with care: it is sound, and its digest is right."""
    path = workspace.directory / "report.json"
    report = load_report(path.read_text())
    accounts = tuple(replace(use, **of_account) for use in report.plan.accounts)  # type: ignore[arg-type]
    forged = replace(report, plan=replace(report.plan, accounts=accounts))
    path.write_text(dump(report_document(forged, exit_code=0)))


def test_a_report_can_not_choose_any_secret(workspace: Workspace) -> None:
    applied(workspace)
    (workspace.directory / "reconciler.yaml").unlink()
    rewritten(workspace, api_key_env="DATABASE_PASSWORD")
    workspace.environ["DATABASE_PASSWORD"] = "hunter2-hunter2"
    requests = len(workspace.sandbox.log.entries)
    ran = workspace.run("undo report.json")
    assert ran.code != 0
    assert "DATABASE_PASSWORD" in ran.err
    assert "hunter2" not in ran.err + ran.out
    assert len(workspace.sandbox.log.entries) == requests


def test_nor_how_an_account_of_the_configuration_is_reached(workspace: Workspace) -> None:
    applied(workspace)
    rewritten(workspace, api_key_env="OTHER_API_KEY")
    document = workspace.document("undo report.json")
    assert document["accounts"][0]["api_key_env"] is None
