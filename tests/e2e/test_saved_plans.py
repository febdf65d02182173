"""What was reviewed is what is applied, or nothing is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.e2e.desk import COMPANY, HEAD

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.desk import Desk

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


def saved(desk: Desk) -> None:
    desk.declare(CHANGES)
    assert desk.run("plan --out plan.json").code == 0


def test_a_touched_tag_that_changed_makes_the_plan_stale(desk: Desk) -> None:
    saved(desk)
    desk.sandbox.store.run("UPDATE tags SET color = 'green1' WHERE id = 7886733")
    ran = desk.run("apply plan.json")
    assert ran.code == 5
    assert "stale" in ran.err
    assert desk.writes == []


def test_a_tag_that_appeared_with_the_name_of_a_create_makes_it_stale(desk: Desk) -> None:
    saved(desk)
    desk.sandbox.app.make_tag("ACC019c46b8a0807fbdb81c8bf12af91cb3", "New Tag")
    assert desk.run("apply plan.json").code == 5
    assert desk.writes == []


def test_untouched_tags_may_move_on(desk: Desk) -> None:
    saved(desk)
    desk.sandbox.store.run("UPDATE tags SET color = 'green1' WHERE id = 7886728")
    assert desk.run("apply plan.json").code == 0
    assert len(desk.writes) == 2


def test_changes_made_already_are_skipped(desk: Desk) -> None:
    saved(desk)
    desk.sandbox.store.run("UPDATE tags SET color = 'red1' WHERE id = 7886733")
    report = desk.document("apply plan.json")
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
def test_an_unsound_plan_is_refused_before_any_request(desk: Desk, name: str, command: str) -> None:
    spoil, code, said = UNUSABLE[name]
    saved(desk)
    desk.write("plan.json", spoil(desk.read("plan.json")))
    before = len(desk.sandbox.log.entries)
    ran = desk.run(f"{command} plan.json")
    assert (ran.code, said in ran.err) == (code, True), ran.err
    assert len(desk.sandbox.log.entries) == before


def test_a_snapshot_is_no_plan(desk: Desk) -> None:
    saved(desk)
    desk.run("snapshot --out live.json")
    ran = desk.run("apply live.json")
    assert ran.code == 1
    assert "this is a snapshot" in ran.err


def test_a_giant_plan_is_refused_without_being_read(desk: Desk) -> None:
    saved(desk)
    with (desk.directory / "plan.json").open("r+b") as stream:
        stream.truncate(65 << 20)
    ran = desk.run("apply plan.json")
    assert ran.code == 1
    assert "larger than 64 MiB" in ran.err


def test_a_plan_for_an_account_of_others_is_refused_before_any_request(desk: Desk) -> None:
    saved(desk)
    desk.declare(CHANGES, head=HEAD.replace("91cb3", "91cb4"))
    before = len(desk.sandbox.log.entries)
    ran = desk.run("apply plan.json --config reconciler.yaml")
    assert ran.code == 5
    assert "an account that the configuration does not name" in ran.err
    assert len(desk.sandbox.log.entries) == before


def test_applying_a_saved_plan_does_not_say_what_was_left_of_the_quota_then(desk: Desk) -> None:
    desk.declare(CHANGES)
    assert "are left" in desk.run("plan --out plan.json").out
    assert "are left" not in desk.run("apply plan.json --no-deletes").out


def test_a_snapshot_counts_what_it_saved(desk: Desk) -> None:
    desk.declare(CHANGES)
    assert " of 1 account to live.json" in desk.run("snapshot --out live.json").err


def test_the_second_apply_of_a_plan_does_nothing(desk: Desk) -> None:
    desk.declare(CHANGES + DELETE, head=HEAD + "    limits: {delete_percent: 100}\n")
    desk.run("plan --out plan.json")
    assert desk.run("apply plan.json --allow-deletes").code == 0
    writes = list(desk.writes)
    again = desk.run("apply plan.json --allow-deletes")
    assert again.code == 0
    assert "3 skipped" in again.out
    assert desk.writes == writes


def test_the_halves_of_a_plan_are_applied_one_after_the_other(desk: Desk) -> None:
    desk.declare(CHANGES + DELETE, head=HEAD + "    limits: {delete_percent: 100}\n")
    desk.run("plan --out plan.json")
    first = desk.document("apply plan.json --no-deletes")
    assert first["summary"]["held_back"] == 1
    second = desk.run("apply plan.json --allow-deletes")
    assert second.code == 0, second.out
    assert desk.run("plan --detailed-exitcode").code == 0


def test_a_blocked_plan_is_saved_shown_and_never_applied(desk: Desk) -> None:
    desk.declare(CHANGES + DELETE, head=HEAD + "    limits: {deletes: 0}\n")
    assert desk.run("plan --out plan.json").code == 5
    assert "blocked: acme: 1 delete is more than limits.deletes 0" in desk.run("show plan.json").out
    before = len(desk.sandbox.log.entries)
    assert desk.run("apply plan.json --allow-deletes").code == 5
    assert len(desk.sandbox.log.entries) == before


def test_a_saved_plan_with_deletes_needs_the_flag_too(desk: Desk) -> None:
    desk.declare(
        "- name: Schedule requested\n  state: absent\n  note: Over.\n"
        f"- name: Opportunity\n  companies: [{COMPANY}]\n  color: blue1"
    )
    desk.run("plan --out plan.json")
    assert desk.run("apply plan.json").code == 5
    assert desk.run("apply plan.json --no-deletes").code == 0
    assert "Schedule requested" in desk.tags()
    assert desk.run("apply plan.json --allow-deletes").code == 0
    assert "Schedule requested" not in desk.tags()


def test_show_is_offline_and_joins_plans(desk: Desk) -> None:
    saved(desk)
    before = len(desk.sandbox.log.entries)
    shown = desk.run("show plan.json")
    assert shown.code == 0
    assert "+ create  New Tag" in shown.out
    assert len(desk.sandbox.log.entries) == before
    for form in ("json", "markdown", "html"):
        assert desk.run(f"show plan.json --format {form}").code == 0


def test_reports_are_written_beside_the_result(desk: Desk) -> None:
    desk.declare(CHANGES)
    ran = desk.run("plan --report markdown=plan.md --report html=plan.html --report gitlab=gl.json")
    assert ran.code == 0
    assert json.loads(desk.read("gl.json")) == {"create": 1, "update": 1, "delete": 0}
    assert "New Tag" in desk.read("plan.md")
    assert desk.read("plan.html").lower().startswith("<!doctype html>")


def test_drift_exits_2_on_any_difference_and_0_at_rest(desk: Desk) -> None:
    desk.declare(CHANGES)
    assert desk.run("drift").code == 2
    desk.apply()
    assert desk.run("drift").code == 0


def test_a_snapshot_gives_the_same_plan_without_a_network(desk: Desk) -> None:
    desk.declare(CHANGES)
    online = desk.document("plan")
    assert desk.run("snapshot --out live.json").code == 0
    before = len(desk.sandbox.log.entries)
    desk.environ.clear()
    offline = desk.document("plan --live live.json")
    assert len(desk.sandbox.log.entries) == before
    assert offline["digest"] == online["digest"]
    assert offline["summary"] == online["summary"]


def test_an_offline_plan_with_deletes_is_counted_before_it_is_applied(desk: Desk) -> None:
    desk.declare(
        "- name: Schedule requested\n  state: absent\n  note: Over.\n"
        f"- name: Opportunity\n  companies: [{COMPANY}]",
        head=HEAD + "    trash: off\n",
    )
    desk.run("snapshot --out live.json")
    desk.run("plan --live live.json --out plan.json")
    ran = desk.run("apply plan.json --allow-deletes")
    assert ran.code == 5
    assert "counted" in ran.err


def test_an_offline_plan_moves_to_the_trash_what_nobody_counted(desk: Desk) -> None:
    desk.declare("- name: Schedule requested\n  state: absent\n  note: Over.\n- name: Kept\n")
    desk.run("snapshot --out live.json")
    desk.run("plan --live live.json --out plan.json")
    ran = desk.run("apply plan.json")
    assert ran.code == 0, ran.err
    (name,) = (one for one in desk.tags() if one.endswith("Schedule requested"))
    assert name.startswith("~trash ")
    assert desk.tags()[name]["status"] == "disabled"


def test_github_gets_annotations_a_summary_and_outputs(desk: Desk) -> None:
    desk.declare(CHANGES + "  protect_me: no\n")
    desk.environ |= {
        "GITHUB_ACTIONS": "true",
        "GITHUB_OUTPUT": str(desk.directory / "out"),
        "GITHUB_STEP_SUMMARY": str(desk.directory / "summary"),
    }
    ran = desk.run("plan")
    assert "::error file=reconciler.yaml,line=" in ran.err
    desk.declare(CHANGES)
    digest = desk.document("plan")["digest"]
    assert f"digest={digest}\n" in desk.read("out")
    assert "New Tag" in desk.read("summary")
