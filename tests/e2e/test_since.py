"""A snapshot beside live state: `diff`, and `--since` of plan, drift and apply, over the wire."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.sandbox.faults import parse_fault
from tests.e2e.workspace import ACCOUNT, COMPANY, HEAD

if TYPE_CHECKING:
    from tests.e2e.workspace import Workspace

NAME = "Schedule requested"
DECLARED = f"""
- name: {NAME}
  color: orange3
- name: Opportunity
  companies: [{COMPANY}]
"""


@pytest.fixture(autouse=True)
def then(workspace: Workspace) -> None:
    """A snapshot, taken while all was as declared; a call has the account's tag."""
    call = workspace.sandbox.store.value("SELECT id FROM calls")
    workspace.sandbox.store.insert(
        "call_tags", [{"call_id": call, "tag_id": workspace.tags()[NAME]["id"]}]
    )
    workspace.declare(DECLARED)
    workspace.apply()
    assert workspace.run("snapshot --usage --out then.json").code == 0
    assert workspace.run("snapshot --out bare.json").code == 0
    workspace.sandbox.log.clear()


def rename(workspace: Workspace, old: str, new: str) -> int:
    """Somebody renames a tag in CallRail; its id."""
    tag_id: int = workspace.tags()[old]["id"]
    workspace.sandbox.store.run("UPDATE tags SET name = ? WHERE id = ?", (new, tag_id))
    return tag_id


def test_a_renamed_tag_is_renamed_back_by_a_saved_plan_without_the_snapshot(
    workspace: Workspace,
) -> None:
    tag_id = rename(workspace, NAME, "Booking")
    assert "+ create  Schedule requested" in workspace.run("plan").out
    ran = workspace.run("plan --since then.json --out plan.json")
    assert ran.code == 0
    assert f"~ update  {NAME}   name Booking -> {NAME}, 1 call has it" in ran.out
    assert "[PLAN011]" in ran.err
    (change,) = json.loads(workspace.read("plan.json"))["changes"]
    assert (change["reason"], change["since"], change["tag_id"]) == (
        "renamed_back",
        "renamed",
        tag_id,
    )
    (workspace.directory / "then.json").unlink()
    assert "renamed since the snapshot" in workspace.run("show plan.json").out
    assert workspace.run("apply plan.json").code == 0
    assert workspace.tags()[NAME]["id"] == tag_id
    assert workspace.run("plan --detailed-exitcode").code == 0
    assert len(workspace.writes) == 1


def test_apply_takes_the_same_evidence_and_a_saved_plan_takes_none(workspace: Workspace) -> None:
    tag_id = rename(workspace, NAME, "Booking")
    assert workspace.run("apply --auto-approve --since then.json").code == 0
    assert workspace.tags()[NAME]["id"] == tag_id
    workspace.run("plan --out plan.json")
    ran = workspace.run("apply plan.json --since then.json")
    assert (ran.code, "a saved plan is applied as it was reviewed" in ran.err) == (64, True)


def test_what_was_reviewed_has_the_same_digest_with_and_without_the_snapshot(
    workspace: Workspace,
) -> None:
    rename(workspace, NAME, "Booking")
    with_it = workspace.document("plan --since then.json")
    again = workspace.document("plan --since bare.json")
    assert with_it["digest"] == again["digest"] != workspace.document("plan")["digest"]
    ran = workspace.run(f"apply --auto-approve --expect-digest {with_it['digest']}")
    assert (ran.code, workspace.writes) == (5, [])


def test_drift_reports_news_and_counts_what_is_older(workspace: Workspace) -> None:
    assert workspace.run("drift --since then.json").code == 0
    workspace.declare(DECLARED + "- name: Never made\n")
    quiet = workspace.run("drift --since then.json")
    assert quiet.code == 0
    assert quiet.out.startswith("No drift since ")
    assert ": 1 older difference not listed; 2 as declared.\n" in quiet.out
    rename(workspace, NAME, "Booking")
    workspace.sandbox.store.run("DELETE FROM tags WHERE name = 'Opportunity'")
    reported = workspace.run("drift --since then.json")
    assert reported.code == 2
    assert f"acme · account · {NAME}: called Booking now, 1 call has it" in reported.out
    assert "Deleted since " in reported.out
    assert "Never made" not in reported.out
    document = workspace.document("drift --since then.json")
    assert document["since"]["older"] == 1
    assert [one["since"] for one in document["changes"]] == ["renamed", "gone"]


def test_drift_reports_a_name_that_is_on_another_tag_though_all_is_as_declared(
    workspace: Workspace,
) -> None:
    old = rename(workspace, NAME, "Booking")
    row = {**workspace.tags()["Booking"], "id": old + 1000, "name": NAME}
    workspace.sandbox.store.insert("tags", [row])
    assert workspace.run("drift").code == 0
    reported = workspace.run("drift --since then.json")
    assert reported.code == 2
    assert "1 declared name is on another tag" in reported.out
    assert 'the one that had the name is called "Booking"' in reported.out


def test_an_account_that_the_snapshot_lacks_is_named_and_none_is_refused(
    workspace: Workspace,
) -> None:
    other = "ACC019c46b8a0807fbdb81c8bf12af91cb9"
    spoilt: Any = json.loads(workspace.read("then.json"))
    spoilt["accounts"][0]["id"] = other
    workspace.write("other.json", json.dumps(spoilt))
    ran = workspace.run("plan --since other.json")
    assert (ran.code, "holds none of the configuration's accounts" in ran.err) == (64, True)
    row = {"id": other, "name": "Other", "numeric_id": 2, "created_at": ""}
    workspace.sandbox.store.insert("accounts", [row])
    both = HEAD.replace("tags:\n", "") + f"  other: {{id: {other}}}\n"
    workspace.declare("- name: Everywhere\n", head=both)
    assert "; other is not in that snapshot." in workspace.run("plan --since then.json").out
    reported = workspace.run("drift --since then.json").out
    assert "Not in the snapshot, so all of them is listed:\n  other\n" in reported
    assert "other · account: Everywhere" in reported
    assert "1 older difference not listed" in reported


def test_a_diff_with_live_state_is_cheap_and_by_id(workspace: Workspace) -> None:
    tag_id = rename(workspace, NAME, "Booking")
    assert workspace.run("diff bare.json").code == 0
    ran = workspace.run("diff then.json --detailed-exitcode")
    assert ran.code == 2
    assert f"Renamed:\n  {tag_id} in acme · account: {NAME} -> Booking\n" in ran.out
    assert len(workspace.sandbox.log.entries) == 4
    counted = workspace.document("diff then.json --usage")["tags"]
    assert [one["has"]["calls"]["count"] for one in counted] == [1]
    (workspace.directory / "reconciler.yaml").unlink()
    assert f"{tag_id} in acme" in workspace.run("diff then.json").out


def test_two_snapshots_need_no_key(workspace: Workspace) -> None:
    rename(workspace, NAME, "Booking")
    workspace.run("snapshot --usage --out now.json")
    workspace.environ.clear()
    ran = workspace.run("diff then.json now.json --report csv=diff.csv --tag Book*")
    assert (ran.code, f"{NAME} -> Booking" in ran.out) == (0, True)
    assert "renamed" in workspace.read("diff.csv")
    back = workspace.run("diff now.json then.json -q")
    assert f"Booking -> {NAME}" in back.out
    for flag, word in (("--account", "akme"), ("--company", "Nobody"), ("--tag", "Nothing")):
        assert workspace.run(f"diff then.json now.json {flag} {word}").code == 64
    assert workspace.run("diff then.json now.json --usage").code == 64


def test_different_accounts_and_one_that_can_not_be_read_are_reported(workspace: Workspace) -> None:
    other: Any = json.loads(workspace.read("then.json"))
    other["accounts"][0] |= {"id": "ACC2", "handle": "other"}
    workspace.write("other.json", json.dumps(other))
    ran = workspace.run("diff then.json other.json")
    assert (ran.code, "the two hold different accounts" in ran.err) == (64, True)
    other["accounts"] += json.loads(workspace.read("then.json"))["accounts"]
    workspace.write("both.json", json.dumps(other))
    assert "Only in the newer one" in workspace.run("diff then.json both.json").out
    assert "Only in the older one" in workspace.run("diff both.json then.json").out
    (workspace.directory / "reconciler.yaml").unlink()
    ran = workspace.run("diff both.json --detailed-exitcode")
    assert ran.code not in {0, 2}
    assert "Accounts that could not be read:\n  other: " in ran.out
    assert "other could not be read" in ran.err
    workspace.sandbox.faults.add(parse_fault(f"* {ACCOUNT} status=403"))
    ran = workspace.run("diff then.json")
    assert (ran.code, "acme: " in ran.err) == (4, True)


def test_a_plan_against_a_counted_snapshot_knows_what_would_lose_a_tag(
    workspace: Workspace,
) -> None:
    workspace.declare(
        f"- name: {NAME}\n  state: absent\n  note: Over.\n- name: Kept\n",
        head=HEAD + "    trash: off\n",
    )
    assert "1 call loses the tag" in workspace.run("plan --live then.json").out
    assert "loses the tag" not in workspace.run("plan --live bare.json").out
