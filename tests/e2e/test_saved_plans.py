"""What was reviewed is what is applied, or nothing is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.e2e.workspace import COMPANY, HEAD

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.workspace import Workspace

CHANGES = """
- name: New Tag
  color: blue1
- name: Schedule requested
  color: red1
"""
DELETE = f"""
- name: Opportunity
  companies: [{COMPANY}]
  state: absent
  note: Over.
"""


def saved(workspace: Workspace) -> None:
    workspace.declare(CHANGES)
    assert workspace.run("plan --out plan.json").code == 0


def test_a_touched_tag_that_changed_makes_the_plan_stale(workspace: Workspace) -> None:
    saved(workspace)
    workspace.sandbox.store.run("UPDATE tags SET color = 'green1' WHERE id = 7886733")
    ran = workspace.run("apply plan.json")
    assert ran.code == 5
    assert "stale" in ran.err
    assert workspace.writes == []


def test_a_tag_that_appeared_with_the_name_of_a_create_makes_it_stale(workspace: Workspace) -> None:
    saved(workspace)
    workspace.sandbox.app.make_tag("ACC019c46b8a0807fbdb81c8bf12af91cb3", "New Tag")
    assert workspace.run("apply plan.json").code == 5
    assert workspace.writes == []


def test_untouched_tags_may_move_on(workspace: Workspace) -> None:
    saved(workspace)
    workspace.sandbox.store.run("UPDATE tags SET color = 'green1' WHERE id = 7886728")
    assert workspace.run("apply plan.json").code == 0
    assert len(workspace.writes) == 2


def test_changes_made_already_are_skipped(workspace: Workspace) -> None:
    saved(workspace)
    workspace.sandbox.store.run("UPDATE tags SET color = 'red1' WHERE id = 7886733")
    report = workspace.document("apply plan.json")
    results = {entry["name"]: entry["result"] for entry in report["results"]}
    assert results == {"New Tag": "done", "Schedule requested": "skipped"}


def edited(text: str) -> str:
    document = json.loads(text)
    document["changes"][0]["name"] = document["changes"][0]["after"]["name"] = "Other"
    return json.dumps(document)


def shortened(text: str) -> str:
    document = json.loads(text)
    del document["changes"][0]
    return json.dumps(document)


UNUSABLE: dict[str, tuple[Callable[[str], str], int, str]] = {
    "edited": (edited, 5, "altered after it was written"),
    "shortened": (shortened, 5, "altered after it was written"),
    "another digest": (lambda text: text.replace("sha256:", "sha256:0", 1), 5, "altered"),
    "cut short": (lambda text: text[:-40], 1, "cut short"),
    "newer": (
        lambda text: text.replace('"format_version": "1"', '"format_version": "2"'),
        1,
        "format version '2'",
    ),
    "empty": (lambda _: "", 1, "is empty"),
    "a report": (lambda text: text.replace('"changes"', '"results"'), 1, "this is a report"),
    "a configuration": (lambda _: "version: 1\n", 1, "is not JSON"),
    "nested deeply": (lambda _: '{"changes": ' + "[" * 100_000, 1, "nested too deeply"),
    "a field twice": (lambda text: "{" + '"digest": "sha256:1",' + text[1:], 1, "stands twice"),
}


@pytest.mark.parametrize("name", UNUSABLE)
@pytest.mark.parametrize("command", ["apply", "apply --allow-deletes --auto-approve", "show"])
def test_an_unsound_plan_is_refused_before_any_request(
    workspace: Workspace, name: str, command: str
) -> None:
    spoil, code, message = UNUSABLE[name]
    saved(workspace)
    workspace.write("plan.json", spoil(workspace.read("plan.json")))
    before = len(workspace.sandbox.log.entries)
    ran = workspace.run(f"{command} plan.json")
    assert (ran.code, message in ran.err) == (code, True), ran.err
    assert len(workspace.sandbox.log.entries) == before


def test_a_snapshot_is_not_a_plan(workspace: Workspace) -> None:
    saved(workspace)
    workspace.run("snapshot --out live.json")
    ran = workspace.run("apply live.json")
    assert ran.code == 1
    assert "error: live.json: this is a snapshot, not a saved plan" in ran.err


def test_a_giant_plan_is_refused_without_being_read(workspace: Workspace) -> None:
    saved(workspace)
    with (workspace.directory / "plan.json").open("r+b") as stream:
        stream.truncate(65 << 20)
    ran = workspace.run("apply plan.json")
    assert ran.code == 1
    assert "larger than 64 MiB" in ran.err


def test_a_plan_for_an_account_of_others_is_refused_before_any_request(
    workspace: Workspace,
) -> None:
    saved(workspace)
    workspace.declare(CHANGES, head=HEAD.replace("91cb3", "91cb4"))
    before = len(workspace.sandbox.log.entries)
    ran = workspace.run("apply plan.json --config reconciler.yaml")
    assert ran.code == 5
    assert "an account that the configuration does not name" in ran.err
    assert len(workspace.sandbox.log.entries) == before


def test_applying_a_saved_plan_does_not_report_what_was_left_of_the_quota_then(
    workspace: Workspace,
) -> None:
    workspace.declare(CHANGES)
    assert "are left" in workspace.run("plan --out plan.json").out
    assert "are left" not in workspace.run("apply plan.json --no-deletes").out


def test_a_snapshot_counts_what_it_saved(workspace: Workspace) -> None:
    workspace.declare(CHANGES)
    assert " of 1 account to live.json" in workspace.run("snapshot --out live.json").err


def test_the_second_apply_of_a_plan_does_nothing(workspace: Workspace) -> None:
    workspace.declare(CHANGES + DELETE, head=HEAD + "    limits: {delete_percent: 100}\n")
    workspace.run("plan --out plan.json")
    assert workspace.run("apply plan.json --allow-deletes").code == 0
    writes = list(workspace.writes)
    again = workspace.run("apply plan.json --allow-deletes")
    assert again.code == 0
    assert "3 skipped" in again.out
    assert workspace.writes == writes


def test_the_halves_of_a_plan_are_applied_one_after_the_other(workspace: Workspace) -> None:
    workspace.declare(CHANGES + DELETE, head=HEAD + "    limits: {delete_percent: 100}\n")
    workspace.run("plan --out plan.json")
    first = workspace.document("apply plan.json --no-deletes")
    assert first["summary"]["held_back"] == 1
    second = workspace.run("apply plan.json --allow-deletes")
    assert second.code == 0, second.out
    assert workspace.run("plan --detailed-exitcode").code == 0


def test_a_blocked_plan_is_saved_shown_and_never_applied(workspace: Workspace) -> None:
    workspace.declare(CHANGES + DELETE, head=HEAD + "    limits: {deletes: 0}\n")
    assert workspace.run("plan --out plan.json").code == 5
    assert (
        "blocked: acme: 1 delete is more than limits.deletes 0"
        in workspace.run("show plan.json").out
    )
    before = len(workspace.sandbox.log.entries)
    assert workspace.run("apply plan.json --allow-deletes").code == 5
    assert len(workspace.sandbox.log.entries) == before


def test_a_saved_plan_with_deletes_needs_the_flag_too(workspace: Workspace) -> None:
    workspace.declare(
        "- name: Schedule requested\n  state: absent\n  note: Over.\n"
        f"- name: Opportunity\n  companies: [{COMPANY}]\n  color: blue1"
    )
    workspace.run("plan --out plan.json")
    assert workspace.run("apply plan.json").code == 5
    assert workspace.run("apply plan.json --no-deletes").code == 0
    assert "Schedule requested" in workspace.tags()
    assert workspace.run("apply plan.json --allow-deletes").code == 0
    assert "Schedule requested" not in workspace.tags()


def test_show_is_offline_and_joins_plans(workspace: Workspace) -> None:
    saved(workspace)
    before = len(workspace.sandbox.log.entries)
    shown = workspace.run("show plan.json")
    assert shown.code == 0
    assert "+ create  New Tag" in shown.out
    assert len(workspace.sandbox.log.entries) == before
    for form in ("json", "markdown", "html"):
        assert workspace.run(f"show plan.json --format {form}").code == 0


def test_reports_are_written_beside_the_result(workspace: Workspace) -> None:
    workspace.declare(CHANGES)
    ran = workspace.run(
        "plan --report markdown=plan.md --report html=plan.html --report gitlab=gl.json"
    )
    assert ran.code == 0
    assert json.loads(workspace.read("gl.json")) == {"create": 1, "update": 1, "delete": 0}
    assert "New Tag" in workspace.read("plan.md")
    assert workspace.read("plan.html").lower().startswith("<!doctype html>")


def test_drift_exits_2_on_any_difference_and_0_at_rest(workspace: Workspace) -> None:
    workspace.declare(CHANGES)
    assert workspace.run("drift").code == 2
    workspace.apply()
    assert workspace.run("drift").code == 0


def test_a_snapshot_gives_the_same_plan_without_a_network(workspace: Workspace) -> None:
    workspace.declare(CHANGES)
    online = workspace.document("plan")
    assert workspace.run("snapshot --out live.json").code == 0
    before = len(workspace.sandbox.log.entries)
    workspace.environ.clear()
    offline = workspace.document("plan --live live.json")
    assert len(workspace.sandbox.log.entries) == before
    assert offline["digest"] == online["digest"]
    assert offline["summary"] == online["summary"]


def test_an_offline_plan_with_deletes_is_counted_before_it_is_applied(workspace: Workspace) -> None:
    workspace.declare(
        "- name: Schedule requested\n  state: absent\n  note: Over.\n"
        f"- name: Opportunity\n  companies: [{COMPANY}]",
        head=HEAD + "    trash: off\n",
    )
    workspace.run("snapshot --out live.json")
    workspace.run("plan --live live.json --out plan.json")
    ran = workspace.run("apply plan.json --allow-deletes")
    assert ran.code == 5
    assert "counted" in ran.err


def test_an_offline_plan_moves_to_the_trash_what_nobody_counted(workspace: Workspace) -> None:
    workspace.declare("- name: Schedule requested\n  state: absent\n  note: Over.\n- name: Kept\n")
    workspace.run("snapshot --out live.json")
    workspace.run("plan --live live.json --out plan.json")
    ran = workspace.run("apply plan.json")
    assert ran.code == 0, ran.err
    (name,) = (one for one in workspace.tags() if one.endswith("Schedule requested"))
    assert name.startswith("~trash ")
    assert workspace.tags()[name]["status"] == "disabled"


def test_github_gets_annotations_a_summary_and_outputs(workspace: Workspace) -> None:
    workspace.declare(CHANGES + "  protect_me: no\n")
    workspace.environ |= {
        "GITHUB_ACTIONS": "true",
        "GITHUB_OUTPUT": str(workspace.directory / "out"),
        "GITHUB_STEP_SUMMARY": str(workspace.directory / "summary"),
    }
    ran = workspace.run("plan")
    assert "::error file=reconciler.yaml,line=" in ran.err
    workspace.declare(CHANGES)
    digest = workspace.document("plan")["digest"]
    assert f"digest={digest}\n" in workspace.read("out")
    assert "New Tag" in workspace.read("summary")
