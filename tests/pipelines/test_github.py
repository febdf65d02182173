"""The whole pipeline on GitHub, from a pull request to a quiet drift."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.sandbox import Options, Sandbox
from tests.e2e.workspace import ACCOUNT, COMPANY
from tests.pipelines.conftest import repository
from tests.pipelines.runner import RUNS, Attempt
from tests.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Callable

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


def merged(runner: Runner, *, attempt: Attempt = Attempt.FIRST, before: str = "") -> dict[str, Job]:
    """Pull request 7 is merged; ``before`` is the commit that the branch had."""
    hub = runner.hub
    hub["pulls"] = [
        {"number": 5, "merge_commit_sha": "fff"},
        {"number": 7, "merge_commit_sha": "abc123"},
    ]
    runner.save(hub)
    return runner.run(APPLY, attempt=attempt, github={"event": {"before": before}})


def started(
    runner: Runner, do: str, digest: str = "", ref: str = "main", *, by: str = "User"
) -> dict[str, Job]:
    """Someone starts the workflow by hand."""
    return runner.run(
        APPLY,
        event="workflow_dispatch",
        ref=f"refs/heads/{ref}",
        inputs={"do": do, "digest": digest},
        github={"event": {"sender": {"type": by}}},
    )


def results(jobs: dict[str, Job]) -> dict[str, str]:
    """The jobs that ran, and what became of them."""
    return {name: job.result for name, job in jobs.items() if job.result != "skipped"}


def comments(runner: Runner) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = runner.hub["comments"].get("7", [])
    return found


@pytest.fixture
def live(workspace: Workspace, runner: Runner) -> Workspace:
    """A repository whose newest snapshot is that of this hour."""
    workspace.declare("- name: Schedule requested", head=HEAD)
    jobs = runner.run(APPLY, event="schedule")
    assert results(jobs) == {"snapshot": "success"}, jobs["snapshot"].log
    workspace.sandbox.log.entries.clear()
    return workspace


@pytest.fixture
def reviewed(live: Workspace, runner: Runner) -> Workspace:
    """A pull request with a create, an update and a trashing, planned and approved."""
    live.declare(TAGS, head=HEAD)
    jobs = pulled(runner)
    assert results(jobs) == {"plan": "success"}, jobs["plan"].log
    return live


def digest_of(comment: dict[str, Any]) -> str:
    return str(comment["body"]).partition("Digest: `")[2][:71]


def test_the_plan_is_a_comment_and_asks_callrail_nothing(
    reviewed: Workspace, runner: Runner
) -> None:
    (comment,) = comments(runner)
    assert "1 to create, 1 to update, **1 to delete**" in comment["body"]
    assert "Nobody books by telephone any more." in comment["body"]
    (plan,) = [row for row in runner.hub["artifacts"] if row["name"] == "plan"]
    (live,) = [row for row in runner.hub["artifacts"] if row["name"] == "live"]
    folder = Path(plan["folder"])
    assert (folder / "plan.html").is_file()
    page = f"{RUNS}/{runner.number}/artifacts/{plan['id']}"
    assert (
        f"<sub>Commit c0ffee · [run]({RUNS}/{runner.number}) · [page]({page}) · "
        f"snapshot of {live['created_at']}, 0 minutes old</sub>"
    ) in comment["body"]
    assert digest_of(comment) == json.loads((folder / "plan.json").read_text("utf-8"))["digest"]
    assert reviewed.sandbox.log.entries == []


def test_a_merge_does_what_was_reviewed_and_drift_is_quiet(
    reviewed: Workspace, runner: Runner
) -> None:
    jobs = merged(runner)
    expected = {"apply": "success", "report": "success", "snapshot": "success"}
    assert results(jobs) == expected, jobs["apply"].log
    assert set(reviewed.tags()) == {"New Tag", "Opportunity", "Schedule requested"}
    assert sorted(write.split()[0] for write in reviewed.writes) == ["POST", "PUT"]
    body = comments(runner)[1]["body"]
    assert "2 done, 1 held back" in body
    assert results(started(runner, "purge", typed(body))) == {
        "purge": "success", "snapshot": "success",
    }  # fmt: skip
    assert set(reviewed.tags()) == {"New Tag", "Opportunity"}
    assert runner.run(DRIFT, event="schedule")["drift"].result == "success"
    assert runner.hub["issues"] == []


def test_a_touched_tag_that_was_edited_before_the_merge_stops_all(
    reviewed: Workspace, runner: Runner
) -> None:
    reviewed.sandbox.store.run(EDIT)
    jobs = merged(runner)
    assert results(jobs) == {"apply": "failure", "report": "success", "snapshot": "success"}
    log = jobs["apply"].log
    assert 'why: live state: its color is "red1" now, not "gray1"' in log
    assert "Only in the reviewed plan: 1 change" in log
    assert "Only in the plan of now: 1 change" in jobs["apply"].summary
    assert "Why: live state" in log
    assert "gh workflow run reconciler-apply.yml -f do=apply -f digest=sha256:" in log
    assert reviewed.writes == []
    body = comments(runner)[1]["body"]
    assert "### Nothing was applied" in body
    assert '\n          why: live state: its color is "red1" now, not "gray1"\n' in body
    assert "\n```sh\ngh workflow run reconciler-apply.yml -f do=apply -f digest=sha256:" in body


def test_without_the_reviewed_plan_no_difference_is_shown(
    reviewed: Workspace, runner: Runner
) -> None:
    reviewed.sandbox.store.run(EDIT)
    hub = runner.hub
    hub["artifacts"] = [row for row in hub["artifacts"] if row["name"] != "plan"]
    runner.save(hub)
    job = merged(runner)["apply"]
    assert job.result == "failure"
    assert "The reviewed plan is not at hand" in job.log
    assert "color red1 -> green1" in job.log, "the whole plan is printed"
    assert "-f digest=sha256:" in job.log
    assert reviewed.writes == []


def test_another_plan_than_the_comment_s_is_not_shown_as_the_reviewed(
    reviewed: Workspace, runner: Runner
) -> None:
    hub = runner.hub
    kept = hub["comments"]["7"]
    reviewed.declare("- name: Somebody else's", head=HEAD)
    pulled(runner)
    (planned,) = [row for row in runner.hub["artifacts"] if row["name"] == "plan"][:1]
    hub["artifacts"] = [row for row in hub["artifacts"] if row["name"] != "plan"]
    run = {**planned["workflow_run"], "id": runner.number - 1}
    runner.save(hub | {"artifacts": [*hub["artifacts"], {**planned, "workflow_run": run}]})
    assert comments(runner) == kept
    reviewed.declare(TAGS, head=HEAD)
    reviewed.sandbox.store.run(EDIT)
    job = merged(runner)["apply"]
    assert "The reviewed plan is not at hand" in job.log
    assert "Somebody else's" not in job.log


def test_a_difference_that_no_comment_can_hold_is_cut(reviewed: Workspace, runner: Runner) -> None:
    reviewed.declare("\n".join(f"- name: {'Long ' * 40}{one}" for one in range(400)), head=HEAD)
    assert merged(runner)["apply"].result == "failure"
    body = comments(runner)[1]["body"]
    assert 40_000 < len(body) < 65_536
    assert body.count("```") == 2, "the command stands below it"


def test_another_configuration_is_named_as_the_reason(reviewed: Workspace, runner: Runner) -> None:
    reviewed.declare(TAGS.replace("green1", "red1"), head=HEAD)
    log = merged(runner)["apply"].log
    assert "why: the configuration" in log
    assert "Why: the configuration is not the reviewed one" in log


def test_a_new_review_is_given_by_hand(reviewed: Workspace, runner: Runner) -> None:
    reviewed.sandbox.store.run(EDIT)
    digest = merged(runner)["apply"].log.rpartition("digest=")[2][:71]
    assert results(started(runner, "apply", digest))["apply"] == "success"
    assert reviewed.tags()["Opportunity"]["color"] == "green1"


def test_a_digest_that_was_typed_wrongly_changes_nothing(
    reviewed: Workspace, runner: Runner
) -> None:
    assert results(started(runner, "apply", f"sha256:{'0' * 64}"))["apply"] == "failure"
    assert results(started(runner, "purge", f"sha256:{'0' * 64}"))["purge"] == "failure"
    assert results(started(runner, "purge"))["purge"] == "failure"
    assert reviewed.writes == []


def typed(comment: str) -> str:
    """The digest that ``comment`` asks to be typed in."""
    return comment.partition("gh workflow run reconciler-apply.yml -f do=purge -f digest=")[2][:71]


def trash(workspace: Workspace) -> None:
    """Something lies in the trash, and its time is over."""
    workspace.sandbox.store.run(
        f"UPDATE tags SET name = '{OLD}', status = 'disabled' WHERE name = 'Schedule requested'"
    )


def test_what_can_not_be_undone_waits_for_a_typed_digest(
    workspace: Workspace, runner: Runner
) -> None:
    trash(workspace)
    workspace.declare("- name: New Tag", head=HEAD)
    runner.run(APPLY, event="schedule")
    assert pulled(runner)["plan"].result == "success"
    jobs = merged(runner)
    assert jobs["apply"].result == "success", jobs["apply"].log
    assert {"New Tag", OLD} <= set(workspace.tags())
    body = comments(runner)[1]["body"]
    assert "1 to delete" in body
    digest = typed(body)
    assert results(started(runner, "purge", digest)) == {"purge": "success", "snapshot": "success"}
    assert OLD not in workspace.tags()
    assert results(started(runner, "purge", digest))["purge"] == "failure", "it is another plan"


def test_nothing_is_started_by_hand_on_another_branch(reviewed: Workspace, runner: Runner) -> None:
    digest = digest_of(comments(runner)[0])
    for do in ("apply", "purge", "snapshot"):
        assert results(started(runner, do, digest, ref="feature")) == {}
    assert reviewed.writes == []


def test_all_jobs_run_again_find_everything_done(reviewed: Workspace, runner: Runner) -> None:
    assert merged(runner)["apply"].result == "success"
    before = list(reviewed.writes)
    again = merged(runner, attempt=Attempt.ALL_JOBS)
    assert again["apply"].result == "success", again["apply"].log
    assert "2 skipped" in again["apply"].log
    assert reviewed.writes == before


def test_an_old_run_brings_nothing_back(reviewed: Workspace, runner: Runner) -> None:
    merged(runner)
    reviewed.sandbox.store.run("UPDATE tags SET color = 'gray1' WHERE name = 'Opportunity'")
    before = list(reviewed.writes)
    runner.save(runner.hub | {"tip": "later"})
    jobs = merged(runner, attempt=Attempt.ALL_JOBS)
    assert jobs["apply"].result == "failure"
    assert "main has moved on to later" in jobs["apply"].log
    assert reviewed.writes == before


def requests_until_the_first_write(folder: Path) -> int:
    """Of all of it."""
    with Sandbox(Options(seed="reference")) as sandbox:
        play(folder, sandbox, lambda _: None)
        methods = [entry.method for entry in sandbox.log.entries]
    return next(at for at, method in enumerate(methods) if method != "GET")


@pytest.mark.parametrize("writes", [0, 1], ids=["at once", "in the middle"])
def test_a_merge_goes_on_where_the_quota_ended_it(tmp_path: Path, writes: int) -> None:
    now = [1_800_000_000.0]
    quota = requests_until_the_first_write(tmp_path / "whole") + writes
    options = Options(seed="reference", daily_quota=quota, clock=lambda: now[0])
    with Sandbox(options) as sandbox:

        def a_day_later(workspace: Workspace) -> None:
            assert len(workspace.writes) == writes
            now[0] += 90_000

        workspace, _, jobs = play(tmp_path / "cut", sandbox, a_day_later)
        assert results(jobs)["apply"] == results(jobs)["continue"] == "success"
        assert set(workspace.tags()) == {"New Tag", "Opportunity", "Schedule requested"}
        assert len(workspace.writes) == 2


def test_after_the_second_quota_running_failed_jobs_again_goes_on(tmp_path: Path) -> None:
    now = [1_800_000_000.0]
    quota = requests_until_the_first_write(tmp_path / "whole") + 1
    options = Options(seed="reference", daily_quota=quota, clock=lambda: now[0])
    with Sandbox(options) as sandbox:
        workspace, runner, jobs = play(tmp_path / "cut", sandbox, lambda _: None)
        assert (jobs["apply"].result, jobs["continue"].result) == ("success", "failure")
        assert "whenever failed jobs are run again" in comments(runner)[1]["body"]
        now[0] += 90_000
        jobs = merged(runner, attempt=Attempt.FAILED_JOBS)
        assert jobs["continue"].result == jobs["report"].result == "success"
        assert "1 done, 1 skipped, 1 held back" in comments(runner)[1]["body"]
        assert len(workspace.writes) == 2


def play(
    folder: Path, sandbox: Sandbox, between: Callable[[Workspace], None]
) -> tuple[Workspace, Runner, dict[str, Job]]:
    """From a snapshot to a merge, with something ``between`` its jobs that apply."""
    folder.mkdir()
    workspace, runner = repository(folder, sandbox)
    workspace.declare("- name: Schedule requested", head=HEAD)
    runner.run(APPLY, event="schedule")
    workspace.declare(TAGS, head=HEAD)
    pulled(runner)
    runner.before["continue"] = lambda: between(workspace)
    return workspace, runner, merged(runner)


@pytest.fixture
def history(live: Workspace, runner: Runner) -> Repository:
    """The repository with a history, and a pull request on top of it that is planned."""
    live.declare(BOTH, head=HEAD)
    repository = Repository.at(runner.repository)
    repository.commit()
    repository.git("update-ref", "refs/remotes/origin/main", "HEAD")
    live.declare(f"{BOTH}\n- name: New Tag", head=HEAD)
    repository.commit()
    assert pulled(runner)["plan"].result == "success"
    return repository


BOTH = f"- name: Schedule requested\n- {{name: Opportunity, companies: [{COMPANY}], color: gray1}}"


def test_drift_between_review_and_merge_is_left_to_others(
    history: Repository, workspace: Workspace, runner: Runner
) -> None:
    workspace.sandbox.store.run(EDIT)
    jobs = merged(runner, before=history.git("rev-parse", "HEAD^"))
    assert jobs["apply"].result == "success", jobs["apply"].log
    assert [write.split()[0] for write in workspace.writes] == ["POST"]
    assert workspace.tags()["Opportunity"]["color"] == "red1"
    assert runner.run(DRIFT, event="schedule")["drift"].result == "success"
    assert "color is red1, declared gray1" in runner.hub["issues"][0]["body"]


def test_drift_before_the_review_is_shown_and_not_approved_by_it(
    history: Repository, workspace: Workspace, runner: Runner
) -> None:
    workspace.sandbox.store.run(EDIT)
    runner.run(APPLY, event="schedule")
    pulled(runner)
    assert "<b>Drift</b>" in comments(runner)[0]["body"]
    assert "Digest of this change" in comments(runner)[0]["body"]
    jobs = merged(runner, before=history.git("rev-parse", "HEAD^"))
    assert jobs["apply"].result == "success", jobs["apply"].log
    assert [write.split()[0] for write in workspace.writes] == ["POST"]


def test_three_merges_in_a_row_are_each_applied(
    history: Repository, workspace: Workspace, runner: Runner
) -> None:
    assert merged(runner, before=history.git("rev-parse", "HEAD^"))["apply"].result == "success"
    tags = f"{BOTH}\n- name: New Tag"
    for name in ("Second", "Third"):
        tags += f"\n- name: {name}"
        history.git("update-ref", "refs/remotes/origin/main", "HEAD")
        workspace.declare(tags, head=HEAD)
        history.commit()
        pulled(runner)
        jobs = merged(runner, before=history.git("rev-parse", "HEAD^"))
        assert jobs["apply"].result == "success", jobs["apply"].log
    assert {"New Tag", "Second", "Third"} <= set(workspace.tags())


def test_a_push_that_no_pull_request_brought_changes_nothing(
    workspace: Workspace, runner: Runner
) -> None:
    workspace.declare(TAGS, head=HEAD)
    jobs = runner.run(APPLY)
    assert results(jobs)["apply"] == "failure"
    assert "nobody reviewed" in jobs["apply"].log
    assert workspace.writes == []


def test_only_the_bot_s_comment_counts_as_the_review(reviewed: Workspace, runner: Runner) -> None:
    hub = runner.hub
    hub["comments"]["7"][0]["user"]["login"] = "someone"
    runner.save(hub)
    assert results(merged(runner))["apply"] == "failure"
    assert reviewed.writes == []


def test_no_note_can_pass_for_the_digest(live: Workspace, runner: Runner) -> None:
    forged = f"sha256:{'0' * 64}"
    live.declare(
        f'- name: New Tag\n  note: "x\\nDigest: `{forged}`"\n- name: "Digest: `{forged}`"\n'
        f'- name: Own\n  note: "x\\nDigest of this change: `{forged}`"\n',
        head=HEAD,
    )
    pulled(runner)
    assert results(merged(runner))["apply"] == "success"


def test_a_plan_that_no_comment_can_hold_can_not_be_approved(
    live: Workspace, runner: Runner
) -> None:
    blocks = [f"- name: Tag {number}\n  note: {'why ' * 60}" for number in range(400)]
    live.declare("\n".join(blocks), head=HEAD)
    assert pulled(runner)["plan"].result == "success"
    (comment,) = comments(runner)
    assert "This comment is cut" in comment["body"]
    assert len(comment["body"].encode()) < 60_000
    jobs = merged(runner)
    assert "and no plan was approved" in jobs["apply"].log
    assert live.writes == []


def test_a_merge_without_changes_reports_nothing(live: Workspace, runner: Runner) -> None:
    live.declare("- name: Schedule requested", head=HEAD)
    jobs = merged(runner)
    assert results(jobs) == {"apply": "success", "report": "success", "snapshot": "success"}
    assert comments(runner) == []


def test_one_comment_is_kept_up_to_date(reviewed: Workspace, runner: Runner) -> None:
    hub = runner.hub
    chat = [{"id": n, "user": {"login": "someone"}, "body": "Looks good."} for n in range(5)]
    hub["comments"]["7"] = [*chat, *hub["comments"]["7"]]
    runner.save(hub)
    reviewed.declare("- name: Other Tag", head=HEAD)
    pulled(runner)
    assert len(comments(runner)) == 6
    assert "Other Tag" in comments(runner)[-1]["body"]


def test_an_approval_that_a_push_outdates_is_named_in_a_new_comment(
    reviewed: Workspace, runner: Runner
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


def test_a_plan_that_fails_takes_the_old_digest_away(reviewed: Workspace, runner: Runner) -> None:
    reviewed.declare("- nam: Typo", head=HEAD)
    assert pulled(runner)["plan"].result == "failure"
    (comment,) = comments(runner)
    assert "No plan" in comment["body"]
    assert "sha256" not in comment["body"]


def test_a_blocked_plan_is_shown_and_fails(live: Workspace, runner: Runner) -> None:
    live.declare(TAGS, head=HEAD.replace("limits: {", "limits: {deletes: 0, "))
    assert pulled(runner)["plan"].result == "failure"
    assert "**1 blocked**" in comments(runner)[0]["body"]


@pytest.mark.parametrize("taken", [None, "2026-01-01T00:00:00Z"], ids=["none", "old"])
def test_a_plan_without_a_snapshot_of_the_last_day_can_not_be_approved(
    live: Workspace, runner: Runner, taken: str | None
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
    assert ("· no snapshot</sub>" in comment["body"]) == (taken is None)
    assert live.sandbox.log.entries == []


def test_the_newest_snapshot_counts(live: Workspace, runner: Runner) -> None:
    hub = runner.hub
    (newest,) = hub["artifacts"]
    older = newest | {
        "created_at": "2026-01-01T00:00:00Z",
        "workflow_run": {**newest["workflow_run"], "id": 99},
    }
    runner.save(hub | {"artifacts": [older, newest, older, older]})
    live.declare(TAGS, head=HEAD)
    assert pulled(runner)["plan"].result == "success"


def test_a_merge_queue_plans_without_a_comment(live: Workspace, runner: Runner) -> None:
    live.declare(TAGS, head=HEAD)
    jobs = runner.run(PLAN, event="merge_group", ref="refs/heads/gh-readonly-queue/main/pr-7")
    assert results(jobs) == {"plan": "success"}
    assert comments(runner) == []


def test_a_fork_gets_the_same_plan_in_its_run(live: Workspace, runner: Runner) -> None:
    live.declare(TAGS, head=HEAD)
    jobs = pulled(runner, "stranger/tags")
    assert results(jobs) == {"plan": "success"}, jobs["plan"].log
    assert "New Tag" in jobs["plan"].summary
    assert live.sandbox.log.entries == []
    assert comments(runner) == []


def test_what_guards_the_key_is_reported_at_each_apply(
    workspace: Workspace, runner: Runner
) -> None:
    workspace.declare("- name: Schedule requested", head=HEAD)
    assert "`callrail` is limited to some branches" in merged(runner)["apply"].summary
    hub = runner.hub
    hub["environments"]["callrail"] = {"deployment_branch_policy": None, "protection_rules": []}
    del hub["environments"]["callrail-purge"]
    runner.save(hub)
    job = merged(runner)["apply"]
    assert "`callrail` is NOT LIMITED" in job.summary
    assert "`callrail-purge` is not there" in job.summary
    assert "::warning::The environment callrail is NOT LIMITED" in job.log


def test_a_failing_gh_makes_no_second_comment(reviewed: Workspace, runner: Runner) -> None:
    seen = runner.hub["calls"]
    pulled(runner)
    for call in range(1, runner.hub["calls"] - seen + 1):
        runner.save(runner.hub | {"fails_at": runner.hub["calls"] + call})
        assert pulled(runner)["plan"].result == "failure"
        assert len(comments(runner)) == 1
        runner.save(runner.hub | {"fails_at": 0})


def test_drift_keeps_one_issue(workspace: Workspace, runner: Runner) -> None:
    workspace.declare("- name: Schedule requested\n  color: red1", head=HEAD)
    assert runner.run(DRIFT, event="schedule")["drift"].result == "success"
    (issue,) = runner.hub["issues"]
    assert issue["title"] == "CallRail tags have drifted"
    assert "color is orange3, declared red1" in issue["body"]
    workspace.sandbox.store.run("UPDATE tags SET color = 'blue1' WHERE name = 'Schedule requested'")
    runner.run(DRIFT, event="schedule")
    (issue,) = runner.hub["issues"]
    assert "color is blue1, declared red1" in issue["body"]
    runner.save(runner.hub | {"fails_at": runner.hub["calls"] + 1})
    assert runner.run(DRIFT, event="schedule")["drift"].result == "failure"
    assert len(runner.hub["issues"]) == 1, "a failing gh makes no second issue"
    workspace.apply()
    runner.run(DRIFT, event="schedule")
    assert runner.hub["issues"][0]["state"] == "closed"


def test_a_drift_that_could_not_be_read_fails(workspace: Workspace, runner: Runner) -> None:
    workspace.declare("- nam: Typo", head=HEAD)
    assert runner.run(DRIFT, event="schedule")["drift"].result == "failure"
    assert runner.hub["issues"] == []
