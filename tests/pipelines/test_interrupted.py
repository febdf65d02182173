"""A merge on GitHub that is cancelled, loses its machine or its API: what is done is reported."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.pipelines.runner import Attempt, start_cold
from tests.pipelines.test_github import DRIFT, HEAD, comments, live, merged, pulled, results

if TYPE_CHECKING:
    from tests.e2e.workspace import Workspace
    from tests.pipelines.runner import Runner

__all__ = ["live"]
NAMES = [f"Tag {number}" for number in range(30)]
SLOW = "* tags delay=200ms"


@pytest.fixture
def reviewed(live: Workspace, runner: Runner) -> Workspace:
    """A pull request with more than is written at once, planned and approved."""
    tags = "\n".join(f"- name: {name}" for name in ["Schedule requested", *NAMES])
    live.declare(tags, head=HEAD)
    assert pulled(runner)["plan"].result == "success"
    return live


def stop_in_the_middle(workspace: Workspace, runner: Runner, number: signal.Signals) -> None:
    """Once the second write is answered; the signal goes to the command itself."""
    start_cold(runner.scratch)
    workspace.sandbox.faults.add(SLOW)
    runner.stop = lambda: number if len(workspace.writes) > 1 else None


def applied_once(workspace: Workspace) -> bool:
    """Whether all is there, and nothing was made twice."""
    live = [row["name"] for row in workspace.sandbox.store.tags()]
    return {*NAMES} <= {*live} and len(live) == len({*live}) and len(workspace.writes) == len(NAMES)


@pytest.mark.parametrize("attempt", [Attempt.FAILED_JOBS, Attempt.ALL_JOBS])
def test_a_cancelled_run_reports_what_it_did_and_goes_on(
    reviewed: Workspace, runner: Runner, attempt: Attempt
) -> None:
    stop_in_the_middle(reviewed, runner, signal.SIGINT)
    jobs = merged(runner)
    assert results(jobs) == {"apply": "cancelled", "report": "success"}
    done = len(reviewed.writes)
    assert 1 < done < len(NAMES)
    _, report = comments(runner)
    assert f"{done} done, {len(NAMES) - done} not tried" in report["body"]
    assert "The job was cancelled" in report["body"]
    reviewed.sandbox.faults.clear()
    jobs = merged(runner, attempt=attempt)
    assert results(jobs) == {"apply": "success", "report": "success", "snapshot": "success"}
    assert applied_once(reviewed)
    _, report = comments(runner)
    assert f"{len(NAMES) - done} done, {done} skipped" in report["body"]


def test_a_machine_that_is_lost_makes_no_run_that_applied_nothing(
    reviewed: Workspace, runner: Runner
) -> None:
    stop_in_the_middle(reviewed, runner, signal.SIGKILL)
    jobs = merged(runner)
    assert results(jobs) == {"apply": "failure", "report": "success", "snapshot": "success"}
    _, report = comments(runner)
    assert "### It is not known what was applied" in report["body"]
    reviewed.sandbox.faults.clear()
    assert merged(runner, attempt=Attempt.FAILED_JOBS)["apply"].result == "success"
    assert applied_once(reviewed)
    assert "not known" not in comments(runner)[1]["body"]


@pytest.mark.parametrize("attempt", [Attempt.FIRST, Attempt.ALL_JOBS])
def test_whichever_call_of_gh_fails_running_failed_jobs_again_mends_it(
    live: Workspace, runner: Runner, attempt: Attempt
) -> None:
    live.declare("- name: Schedule requested\n- name: New Tag", head=HEAD)
    pulled(runner)
    if attempt is Attempt.ALL_JOBS:
        merged(runner)
    start = runner.hub
    merged(runner, attempt=attempt)
    calls = [(one.method, one.path) for one in runner.github.asked[start["calls"] :]]
    first = attempt is Attempt.FIRST
    assert calls[-1][0] == ("POST" if first else "PATCH"), "the outcome is reported last"
    for number, call in enumerate(calls, start=1):
        if first:
            live.sandbox.store.run("DELETE FROM tags WHERE name = 'New Tag'")
        before = len(live.writes)
        runner.save(start | {"fails_at": start["calls"] + number})
        jobs = merged(runner, attempt=attempt)
        if "failure" in results(jobs).values():
            runner.save(runner.hub | {"fails_at": 0})
            jobs = merged(runner, attempt=Attempt.FAILED_JOBS)
        else:
            assert "not known: GitHub does not say" in jobs["apply"].summary, call
        assert {*results(jobs).values()} == {"success"}, call
        assert len(live.writes) - before == first, call
        _, report = comments(runner)
        assert ("1 done" if first else "1 skipped") in report["body"], call


@pytest.mark.parametrize(
    ("color", "state"), [("gray1", "open"), ("blue1", "open"), ("orange3", "closed")]
)
def test_whichever_call_of_gh_fails_drift_keeps_one_issue(
    live: Workspace, runner: Runner, color: str, state: str
) -> None:
    """As it is opened, updated, and closed."""
    live.declare("- name: Schedule requested\n  color: orange3", head=HEAD)
    if color != "gray1":
        recolor(live, "gray1")
        runner.run(DRIFT, event="schedule")
    recolor(live, color)
    start = runner.hub
    runner.run(DRIFT, event="schedule")
    made = runner.hub["calls"] - start["calls"]
    for call in range(1, made + 1):
        runner.save(start | {"fails_at": start["calls"] + call})
        assert runner.run(DRIFT, event="schedule")["drift"].result == "failure"
        again = runner.run(DRIFT, event="schedule", attempt=Attempt.FAILED_JOBS)
        assert again["drift"].result == "success"
        (issue,) = runner.hub["issues"]
        assert issue["state"] == state
        if state == "open":
            assert f"color is {color}, declared orange3" in issue["body"]


def recolor(workspace: Workspace, color: str) -> None:
    """Somebody does it by hand."""
    edit = "UPDATE tags SET color = ? WHERE name = 'Schedule requested'"
    workspace.sandbox.store.run(edit, (color,))
