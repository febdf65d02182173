"""The whole road on GitHub, from a pull request to a quiet drift."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.desk import ACCOUNT, COMPANY

if TYPE_CHECKING:
    from tests.e2e.desk import Desk
    from tests.roads.runner import Job, Runner

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
EDIT = "UPDATE tags SET color = 'red1' WHERE name = 'Opportunity'"
OLD = "~trash 2026-01-01 Old"


def pulled(
    runner: Runner,
    repository: str = "acme/tags",
    workflow: str = PLAN,
    *,
    branch: str = "feature",
    sha: str = "c0ffee",
) -> dict[str, Job]:
    """Someone pushes to pull request 7."""
    pull = {"number": "7", "head": {"sha": sha, "ref": branch, "repo": {"full_name": repository}}}
    return runner.run(
        workflow,
        event="pull_request",
        ref="refs/pull/7/merge",
        github={"event": {"pull_request": pull}},
    )


def merged(runner: Runner, *, again: bool = False) -> dict[str, Job]:
    """Pull request 7 is merged."""
    hub = runner.hub
    hub["pulls"] = [
        {"number": 5, "merge_commit_sha": "fff"},
        {"number": 7, "merge_commit_sha": "abc123"},
    ]
    runner.save(hub)
    return runner.run(APPLY, again=again)


def started(runner: Runner, do: str, digest: str = "", ref: str = "main") -> dict[str, Job]:
    """Someone starts the workflow by hand."""
    return runner.run(
        APPLY,
        event="workflow_dispatch",
        ref=f"refs/heads/{ref}",
        inputs={"do": do, "digest": digest},
    )


def results(jobs: dict[str, Job]) -> dict[str, str]:
    """The jobs that ran, and what became of them."""
    return {name: job.result for name, job in jobs.items() if job.result != "skipped"}


def comments(runner: Runner) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = runner.hub["comments"].get("7", [])
    return found


@pytest.fixture
def live(desk: Desk, runner: Runner) -> Desk:
    """A repository whose newest snapshot is that of this hour."""
    desk.declare("- name: Schedule requested", head=HEAD)
    jobs = runner.run(APPLY, event="schedule")
    assert results(jobs) == {"snapshot": "success"}, jobs["snapshot"].log
    desk.sandbox.log.entries.clear()
    return desk


@pytest.fixture
def reviewed(live: Desk, runner: Runner) -> Desk:
    """A pull request with a create, an update and a trashing, planned and approved."""
    live.declare(TAGS, head=HEAD)
    jobs = pulled(runner)
    assert results(jobs) == {"plan": "success"}, jobs["plan"].log
    return live


def digest_of(comment: dict[str, Any]) -> str:
    return str(comment["body"]).partition("Digest: `")[2][:71]


def test_the_plan_is_a_comment_and_asks_callrail_nothing(reviewed: Desk, runner: Runner) -> None:
    (comment,) = comments(runner)
    assert "1 to create, 1 to update, 1 to the trash" in comment["body"]
    assert "Nobody books by telephone any more." in comment["body"]
    assert "Commit c0ffee" in comment["body"]
    assert "snapshot of 2" in comment["body"]
    assert digest_of(comment).startswith("sha256:")
    assert reviewed.sandbox.log.entries == []


def test_a_merge_does_what_was_reviewed_and_drift_is_quiet(reviewed: Desk, runner: Runner) -> None:
    jobs = merged(runner)
    expected = {"apply": "success", "report": "success", "snapshot": "success"}
    assert results(jobs) == expected, jobs["apply"].log
    assert {"New Tag", "Opportunity", "Somebody else's"} - set(reviewed.tags()) == {"Somebody else's"}
    assert any(name.startswith("~trash") for name in reviewed.tags())
    assert {write.split()[0] for write in reviewed.writes} == {"PUT", "POST"}
    assert "### Applied: 3 done" in comments(runner)[1]["body"]
    assert runner.run(DRIFT, event="schedule")["drift"].result == "success"
    assert runner.hub["issues"] == []


def test_a_touched_tag_that_was_edited_before_the_merge_stops_all(
    reviewed: Desk, runner: Runner
) -> None:
    reviewed.sandbox.store.run(EDIT)
    jobs = merged(runner)
    assert results(jobs) == {"apply": "failure", "report": "success", "snapshot": "success"}
    assert "color red1 -> green1" in jobs["apply"].log, "what would be done now is printed"
    assert "gh workflow run reconciler-apply.yml -f do=apply -f digest=sha256:" in jobs["apply"].log
    assert reviewed.writes == []
    assert "Nothing was applied" in comments(runner)[1]["body"]


def test_a_new_review_is_given_by_hand(reviewed: Desk, runner: Runner) -> None:
    reviewed.sandbox.store.run(EDIT)
    digest = merged(runner)["apply"].log.rpartition("digest=")[2][:71]
    assert results(started(runner, "apply", digest))["apply"] == "success"
    assert reviewed.tags()["Opportunity"]["color"] == "green1"


def test_a_digest_that_was_typed_wrongly_changes_nothing(reviewed: Desk, runner: Runner) -> None:
    assert results(started(runner, "apply", f"sha256:{'0' * 64}"))["apply"] == "failure"
    assert results(started(runner, "purge", f"sha256:{'0' * 64}"))["purge"] == "failure"
    assert results(started(runner, "purge"))["purge"] == "failure"
    assert reviewed.writes == []


def trash(desk: Desk) -> None:
    """Something lies in the trash, and its time is over."""
    desk.sandbox.store.run(
        f"UPDATE tags SET name = '{OLD}', status = 'disabled' WHERE name = 'Schedule requested'"
    )


def test_what_can_not_be_undone_waits_for_a_typed_digest(desk: Desk, runner: Runner) -> None:
    trash(desk)
    desk.declare("- name: New Tag", head=HEAD)
    runner.run(APPLY, event="schedule")
    assert pulled(runner)["plan"].result == "success"
    jobs = merged(runner)
    assert jobs["apply"].result == "success", jobs["apply"].log
    assert {"New Tag", OLD} <= set(desk.tags())
    said = comments(runner)[1]["body"]
    command = "gh workflow run reconciler-apply.yml -f do=purge -f digest="
    assert "1 to delete" in said
    digest = said.partition(command)[2][:71]
    assert results(started(runner, "purge", digest)) == {"purge": "success", "snapshot": "success"}
    assert OLD not in desk.tags()
    assert results(started(runner, "purge", digest))["purge"] == "failure", "it is another plan"


def test_nothing_is_started_by_hand_on_another_branch(reviewed: Desk, runner: Runner) -> None:
    digest = digest_of(comments(runner)[0])
    for do in ("apply", "purge", "snapshot"):
        assert results(started(runner, do, digest, ref="feature")) == {}
    assert reviewed.writes == []


def test_attempts_after_one_that_did_a_part_do_what_is_left(reviewed: Desk, runner: Runner) -> None:
    taken = "UPDATE tags SET status = 'disabled' WHERE name = 'Opportunity'"
    runner.before["continue"] = lambda: None
    jobs = merged(runner)
    assert jobs["apply"].result == "success"
    assert taken
    before = len(reviewed.writes)
    again = merged(runner, again=True)
    assert again["apply"].result == "success", again["apply"].log
    assert "Applied: 3 skipped" in again["apply"].log
    assert len(reviewed.writes) == before


def test_a_push_that_no_pull_request_brought_changes_nothing(desk: Desk, runner: Runner) -> None:
    desk.declare(TAGS, head=HEAD)
    jobs = runner.run(APPLY)
    assert results(jobs)["apply"] == "failure"
    assert "nobody reviewed" in jobs["apply"].log
    assert desk.writes == []


def test_only_the_bot_s_comment_counts_as_the_review(reviewed: Desk, runner: Runner) -> None:
    hub = runner.hub
    hub["comments"]["7"][0]["user"]["login"] = "someone"
    runner.save(hub)
    assert results(merged(runner))["apply"] == "failure"
    assert reviewed.writes == []


def test_no_note_can_pass_for_the_digest(live: Desk, runner: Runner) -> None:
    forged = f"sha256:{'0' * 64}"
    live.declare(
        f'- name: New Tag\n  note: "x\\nDigest: `{forged}`"\n- name: "Digest: `{forged}`"\n',
        head=HEAD,
    )
    pulled(runner)
    assert results(merged(runner))["apply"] == "success"


def test_a_plan_that_no_comment_can_hold_can_not_be_approved(live: Desk, runner: Runner) -> None:
    blocks = [f"- name: Tag {number}\n  note: {'why ' * 60}" for number in range(400)]
    live.declare("\n".join(blocks), head=HEAD)
    assert pulled(runner)["plan"].result == "success"
    (comment,) = comments(runner)
    assert "This comment is cut" in comment["body"]
    assert len(comment["body"].encode()) < 60_000
    jobs = merged(runner)
    assert "not the reviewed (none)" in jobs["apply"].log
    assert live.writes == []


def test_a_merge_without_changes_says_nothing(live: Desk, runner: Runner) -> None:
    live.declare("- name: Schedule requested", head=HEAD)
    jobs = merged(runner)
    assert results(jobs) == {"apply": "success", "report": "success", "snapshot": "success"}
    assert comments(runner) == []


def test_one_comment_is_kept_up_to_date(reviewed: Desk, runner: Runner) -> None:
    hub = runner.hub
    chat = [{"id": n, "user": {"login": "someone"}, "body": "Looks good."} for n in range(5)]
    hub["comments"]["7"] = [*chat, *hub["comments"]["7"]]
    runner.save(hub)
    reviewed.declare("- name: Other Tag", head=HEAD)
    pulled(runner)
    assert len(comments(runner)) == 6
    assert "Other Tag" in comments(runner)[-1]["body"]


def test_an_approval_that_a_push_outdates_is_named_in_a_new_comment(
    reviewed: Desk, runner: Runner
) -> None:
    before = digest_of(comments(runner)[0])
    approval = {"state": "APPROVED", "commit_id": "c0ffee", "user": {"login": "ann"}}
    runner.save(runner.hub | {"reviews": [approval]})
    assert pulled(runner, sha="beef")["plan"].result == "success"
    assert len(comments(runner)) == 1, "the plan is the same"
    reviewed.declare("- name: Other Tag", head=HEAD)
    pulled(runner, sha="beef")
    _, outdated = comments(runner)
    assert "since @ann approved it. Now: Plan: 1 to create." in outdated["body"]
    assert before in outdated["body"]
    assert digest_of(comments(runner)[0]) in outdated["body"]


def test_a_plan_that_fails_takes_the_old_digest_away(reviewed: Desk, runner: Runner) -> None:
    reviewed.declare("- nam: Typo", head=HEAD)
    assert pulled(runner)["plan"].result == "failure"
    (comment,) = comments(runner)
    assert "No plan" in comment["body"]
    assert "sha256" not in comment["body"]


def test_a_blocked_plan_is_shown_and_fails(live: Desk, runner: Runner) -> None:
    live.declare(TAGS, head=HEAD.replace("limits: {", "limits: {deletes: 0, "))
    assert pulled(runner)["plan"].result == "failure"
    assert "**1 blocked**" in comments(runner)[0]["body"]


@pytest.mark.parametrize("taken", [None, "2026-01-01T00:00:00Z"], ids=["none", "old"])
def test_a_plan_without_a_snapshot_of_the_last_day_can_not_be_approved(
    live: Desk, runner: Runner, taken: str | None
) -> None:
    hub = runner.hub
    hub["artifacts"] = [one | {"created_at": taken} for one in hub["artifacts"] if taken]
    runner.save(hub)
    live.declare(TAGS, head=HEAD)
    assert pulled(runner)["plan"].result == "failure"
    (comment,) = comments(runner)
    top = comment["body"].splitlines()[2]
    assert top.startswith("> **The snapshot is older" if taken else "> **There is no snapshot")
    assert "Digest:" not in comment["body"]
    assert live.sandbox.log.entries == []


def test_the_newest_snapshot_counts(live: Desk, runner: Runner) -> None:
    hub = runner.hub
    (newest,) = hub["artifacts"]
    older = newest | {"created_at": "2026-01-01T00:00:00Z", "workflow_run": {**newest["workflow_run"], "id": 99}}
    runner.save(hub | {"artifacts": [older, newest, older, older]})
    live.declare(TAGS, head=HEAD)
    assert pulled(runner)["plan"].result == "success"


def test_a_merge_queue_plans_without_a_comment(live: Desk, runner: Runner) -> None:
    live.declare(TAGS, head=HEAD)
    jobs = runner.run(PLAN, event="merge_group", ref="refs/heads/gh-readonly-queue/main/pr-7")
    assert results(jobs) == {"plan": "success"}
    assert comments(runner) == []


def test_a_fork_gets_the_same_plan_in_its_run(live: Desk, runner: Runner) -> None:
    live.declare(TAGS, head=HEAD)
    jobs = pulled(runner, "stranger/tags")
    assert results(jobs) == {"plan": "success"}, jobs["plan"].log
    assert "New Tag" in jobs["plan"].summary
    assert live.sandbox.log.entries == []
    assert comments(runner) == []


def test_what_guards_the_key_is_said_at_each_apply(desk: Desk, runner: Runner) -> None:
    desk.declare("- name: Schedule requested", head=HEAD)
    assert "`callrail` is limited to some branches" in merged(runner)["apply"].summary
    hub = runner.hub
    hub["environments"]["callrail"] = {"deployment_branch_policy": None, "protection_rules": []}
    del hub["environments"]["callrail-purge"]
    runner.save(hub)
    job = merged(runner)["apply"]
    assert "`callrail` is NOT LIMITED" in job.summary
    assert "`callrail-purge` is not there" in job.summary
    assert "::warning::The environment callrail is NOT LIMITED" in job.log


def test_a_failing_gh_makes_no_second_comment(reviewed: Desk, runner: Runner) -> None:
    seen = runner.hub["calls"]
    pulled(runner)
    for call in range(1, runner.hub["calls"] - seen + 1):
        runner.save(runner.hub | {"fails_at": runner.hub["calls"] + call})
        assert pulled(runner)["plan"].result == "failure"
        assert len(comments(runner)) == 1
        runner.save(runner.hub | {"fails_at": 0})


def test_drift_keeps_one_issue(desk: Desk, runner: Runner) -> None:
    desk.declare("- name: Schedule requested\n  color: red1", head=HEAD)
    assert runner.run(DRIFT, event="schedule")["drift"].result == "success"
    (issue,) = runner.hub["issues"]
    assert issue["title"] == "CallRail tags have drifted"
    assert "color is orange3, declared red1" in issue["body"]
    desk.sandbox.store.run("UPDATE tags SET color = 'blue1' WHERE name = 'Schedule requested'")
    runner.run(DRIFT, event="schedule")
    (issue,) = runner.hub["issues"]
    assert "color is blue1, declared red1" in issue["body"]
    runner.save(runner.hub | {"fails_at": runner.hub["calls"] + 1})
    assert runner.run(DRIFT, event="schedule")["drift"].result == "failure"
    assert len(runner.hub["issues"]) == 1, "a failing gh makes no second issue"
    desk.apply()
    runner.run(DRIFT, event="schedule")
    assert runner.hub["issues"][0]["state"] == "closed"


def test_a_drift_that_could_not_be_looked_for_fails(desk: Desk, runner: Runner) -> None:
    desk.declare("- nam: Typo", head=HEAD)
    assert runner.run(DRIFT, event="schedule")["drift"].result == "failure"
    assert runner.hub["issues"] == []
