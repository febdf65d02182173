"""The whole road on GitHub, from a pull request to a quiet drift."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.workspace import ACCOUNT, COMPANY

if TYPE_CHECKING:
    from tests.e2e.workspace import Workspace
    from tests.pipelines.runner import Job, Runner

HEAD = f"version: 1\naccounts:\n  acme:\n    id: {ACCOUNT}\n    limits: {{delete_percent: 100}}\n"
TAGS = f"""
- name: New Tag
  color: blue1
- name: Opportunity
  companies: [{COMPANY}]
  color: green1
- name: Schedule requested
  state: absent
  note: Nobody books by telephone any more.
"""
PLAN, APPLY, DRIFT = "reconciler-plan.yml", "reconciler-apply.yml", "reconciler-drift.yml"


def pulled(runner: Runner, repository: str = "acme/tags", workflow: str = PLAN) -> dict[str, Job]:
    """Someone pushes to pull request 7."""
    pull = {"number": "7", "head": {"repo": {"full_name": repository}}}
    return runner.run(workflow, github={"event": {"pull_request": pull}})


def merged(runner: Runner, digest: str = "") -> dict[str, Job]:
    """Pull request 7 is merged, and approvers let the jobs go on."""
    hub = runner.hub
    hub["pulls"] = [
        {"number": 5, "merge_commit_sha": "fff"},
        {"number": 7, "merge_commit_sha": "abc123"},
    ]
    runner.save(hub)
    return runner.run(APPLY, github={"event": {}}, inputs={"digest": digest})


def results(jobs: dict[str, Job]) -> dict[str, str]:
    return {name: job.result for name, job in jobs.items()}


def comments(runner: Runner) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = runner.hub["comments"].get("7", [])
    return found


@pytest.fixture
def reviewed(workspace: Workspace, runner: Runner) -> Workspace:
    """A pull request with a create, an update and a delete, planned and approved."""
    workspace.declare(TAGS, head=HEAD)
    jobs = pulled(runner)
    assert results(jobs) == {"plan": "success", "fork": "skipped"}, jobs["plan"].log
    return workspace


def test_the_plan_is_a_comment_with_what_would_be_lost(reviewed: Workspace, runner: Runner) -> None:
    (comment,) = comments(runner)
    assert "1 to create, 1 to update, **1 to delete**" in comment["body"]
    assert "Nobody books by telephone any more." in comment["body"]
    assert reviewed.document("plan")["digest"] in comment["body"]
    assert reviewed.writes == []


def test_what_was_reviewed_is_applied_and_then_all_is_quiet(
    reviewed: Workspace, runner: Runner
) -> None:
    reviewed.sandbox.app.make_tag(ACCOUNT, "Somebody else's")
    jobs = merged(runner)
    assert results(jobs) == {"plan": "success", "apply": "success", "delete": "success"}
    assert set(reviewed.tags()) == {"New Tag", "Opportunity", "Somebody else's"}
    assert [write.split()[0] for write in reviewed.writes] == ["PUT", "POST", "DELETE"]
    assert runner.run(DRIFT, github={})["drift"].result == "success"
    assert runner.hub["issues"] == []


def test_a_touched_tag_that_was_edited_before_the_merge_stops_all(
    reviewed: Workspace, runner: Runner
) -> None:
    reviewed.sandbox.store.run("UPDATE tags SET color = 'red1' WHERE name = 'Opportunity'")
    jobs = merged(runner)
    assert results(jobs) == {"plan": "failure", "apply": "skipped", "delete": "skipped"}
    assert "review it anew" in jobs["plan"].log
    assert reviewed.writes == []


def test_a_new_review_is_given_by_hand(reviewed: Workspace, runner: Runner) -> None:
    reviewed.sandbox.store.run("UPDATE tags SET color = 'red1' WHERE name = 'Opportunity'")
    digest = reviewed.document("plan")["digest"]
    assert digest in merged(runner)["plan"].summary
    assert results(merged(runner, digest))["delete"] == "success"


def test_a_touched_tag_that_was_edited_while_approvers_slept_stops_all(
    reviewed: Workspace, runner: Runner
) -> None:
    edit = "UPDATE tags SET color = 'red1' WHERE name = 'Opportunity'"
    runner.before["apply"] = lambda: reviewed.sandbox.store.run(edit)
    jobs = merged(runner)
    assert results(jobs) == {"plan": "success", "apply": "failure", "delete": "skipped"}
    assert "stale" in jobs["apply"].log
    assert reviewed.writes == []


def test_deletes_wait_for_their_own_job(reviewed: Workspace, runner: Runner) -> None:
    seen: list[set[str]] = []
    runner.before["delete"] = lambda: seen.append(set(reviewed.tags()))
    merged(runner)
    assert seen == [{"New Tag", "Opportunity", "Schedule requested"}]


def test_a_push_that_no_pull_request_brought_changes_nothing(
    workspace: Workspace, runner: Runner
) -> None:
    workspace.declare(TAGS, head=HEAD)
    jobs = runner.run(APPLY, github={"event": {}})
    assert results(jobs)["apply"] == "skipped"
    assert "nobody reviewed" in jobs["plan"].log


def test_only_the_bot_s_comment_counts_as_the_review(reviewed: Workspace, runner: Runner) -> None:
    hub = runner.hub
    hub["comments"]["7"][0]["user"]["login"] = "someone"
    runner.save(hub)
    assert results(merged(runner))["apply"] == "skipped"


def test_no_note_can_pass_for_the_digest(workspace: Workspace, runner: Runner) -> None:
    forged = f"sha256:{'0' * 64}"
    workspace.declare(
        f'- name: New Tag\n  note: "x\\nDigest: `{forged}`"\n- name: "Digest: `{forged}`"\n',
        head=HEAD,
    )
    pulled(runner)
    assert results(merged(runner))["plan"] == "success"


def test_a_plan_that_no_comment_can_hold_can_not_be_approved(
    workspace: Workspace, runner: Runner
) -> None:
    blocks = [f"- name: Tag {number}\n  note: {'why ' * 60}" for number in range(400)]
    workspace.declare("\n".join(blocks), head=HEAD)
    assert pulled(runner)["plan"].result == "success"
    (comment,) = comments(runner)
    assert "This comment is cut" in comment["body"]
    assert len(comment["body"].encode()) < 60_000
    jobs = merged(runner)
    assert "not the reviewed (none)" in jobs["plan"].log
    assert jobs["apply"].result == "skipped"


def test_a_merge_without_changes_asks_nobody(workspace: Workspace, runner: Runner) -> None:
    workspace.declare("- name: Schedule requested", head=HEAD)
    assert results(merged(runner)) == {"plan": "success", "apply": "skipped", "delete": "skipped"}


def test_one_comment_is_kept_up_to_date(reviewed: Workspace, runner: Runner) -> None:
    hub = runner.hub
    chat = [{"id": n, "user": {"login": "someone"}, "body": "Looks good."} for n in range(5)]
    hub["comments"]["7"] = [*chat, *hub["comments"]["7"]]
    runner.save(hub)
    reviewed.declare("- name: Other Tag", head=HEAD)
    pulled(runner)
    assert len(comments(runner)) == 6
    assert "Other Tag" in comments(runner)[-1]["body"]


def test_a_plan_that_fails_takes_the_old_digest_away(reviewed: Workspace, runner: Runner) -> None:
    reviewed.declare("- nam: Typo", head=HEAD)
    assert pulled(runner)["plan"].result == "failure"
    (comment,) = comments(runner)
    assert "No plan" in comment["body"]
    assert "sha256" not in comment["body"]


def test_a_blocked_plan_is_shown_and_fails(workspace: Workspace, runner: Runner) -> None:
    workspace.declare(TAGS, head=HEAD.replace("limits: {", "limits: {deletes: 0, "))
    assert pulled(runner)["plan"].result == "failure"
    assert "**1 blocked**" in comments(runner)[0]["body"]


def test_a_fork_gets_a_plan_and_no_key(workspace: Workspace, runner: Runner) -> None:
    workspace.declare(TAGS, head=HEAD)
    assert workspace.run("snapshot --out live.json").code == 0
    before = len(workspace.sandbox.log.entries)
    jobs = pulled(runner, "stranger/tags")
    assert results(jobs) == {"plan": "skipped", "fork": "success"}, jobs["fork"].log
    assert "New Tag" in jobs["fork"].summary
    assert len(workspace.sandbox.log.entries) == before
    assert comments(runner) == []


def test_drift_keeps_one_issue(workspace: Workspace, runner: Runner) -> None:
    workspace.declare("- name: Schedule requested\n  color: red1", head=HEAD)
    assert runner.run(DRIFT, github={})["drift"].result == "success"
    (issue,) = runner.hub["issues"]
    assert issue["title"] == "CallRail tags have drifted"
    assert "color is orange3, declared red1" in issue["body"]
    workspace.sandbox.store.run("UPDATE tags SET color = 'blue1' WHERE name = 'Schedule requested'")
    runner.run(DRIFT, github={})
    (issue,) = runner.hub["issues"]
    assert "color is blue1, declared red1" in issue["body"]
    workspace.apply()
    runner.run(DRIFT, github={})
    assert runner.hub["issues"][0]["state"] == "closed"


def test_a_drift_that_could_not_be_looked_for_fails(workspace: Workspace, runner: Runner) -> None:
    workspace.declare("- nam: Typo", head=HEAD)
    assert runner.run(DRIFT, github={})["drift"].result == "failure"
    assert runner.hub["issues"] == []
