"""A signal ends the command well: what runs is finished, and the report is true."""

from __future__ import annotations

import json
import os
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.process import start
from tests.faults.workspace import APPLY, CHANGES, WRITES, Workspace

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

BOUND = 7.0
AT_ONCE = 2.0
BOTH = [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
HANGUP = pytest.param(
    signal.SIGHUP,
    129,
    marks=pytest.mark.skipif(
        signal.getsignal(signal.SIGHUP) is signal.SIG_IGN, reason="under nohup it stays ignored"
    ),
)
SLOW = "* tags delay=100ms"


def until(what: Callable[[], object]) -> None:
    """Wait for ``what`` to come true."""
    end = time.monotonic() + 20
    while not what():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)


def stop(process: subprocess.Popen[str], number: signal.Signals) -> tuple[int, str, float]:
    """Send the signal; with exit code, stdout, and the seconds that the end took."""
    began = time.monotonic()
    process.send_signal(number)
    out, _ = process.communicate(timeout=30)
    return process.returncode, out, time.monotonic() - began


def results(report: dict[str, Any]) -> set[str]:
    return {entry["result"] for entry in report["results"]}


@pytest.mark.parametrize(("number", "code"), [*BOTH, HANGUP])
@pytest.mark.parametrize("position", [3, 16, 29])
def test_a_signal_while_writing_finishes_what_runs(
    workspace: Workspace, number: signal.Signals, code: int, position: int
) -> None:
    workspace.sandbox.faults.add(SLOW)
    process = start(
        workspace, *APPLY, "--parallelism", "4", "--format", "json", "--report", "json=report.json"
    )
    until(lambda: len(workspace.sandbox.log.writes) >= position)
    ended, out, seconds = stop(process, number)
    assert (ended, seconds < BOUND) == (code, True)
    report = json.loads(out)
    assert results(report) == {"done", "not_tried"}
    workspace.expect_true(report, code)
    assert json.loads((workspace.directory / "report.json").read_text("utf-8")) == report
    assert report["summary"]["done"] == len(workspace.sandbox.log.writes) < CHANGES


def test_a_signal_does_not_wait_for_a_server_that_hangs(workspace: Workspace) -> None:
    workspace.sandbox.faults.add("POST tags nth=2 hang-after-commit")
    process = start(workspace, *APPLY, "--format", "json")
    until(lambda: len(workspace.sandbox.log.writes) >= 28)
    ended, out, seconds = stop(process, signal.SIGINT)
    assert (ended, seconds < BOUND) == (130, True)
    report = json.loads(out)
    assert report["summary"]["unknown"] == 1
    workspace.expect_true(report, 130)


@pytest.mark.parametrize(("number", "code"), BOTH)
@pytest.mark.parametrize("path", ["companies", "tags", "calls"])
@pytest.mark.parametrize("command", [("plan",), APPLY])
def test_a_signal_while_planning_ends_at_once_with_nothing_changed(
    workspace: Workspace, number: signal.Signals, code: int, path: str, command: tuple[str, ...]
) -> None:
    workspace.sandbox.faults.add(f"GET {path} hang")
    process = start(workspace, *command, "--format", "json")
    until(lambda: workspace.sandbox.log.count("GET", path))
    ended, out, seconds = stop(process, number)
    assert (ended, seconds < BOUND) == (code, True)
    assert json.loads(out)
    assert workspace.sandbox.store.tags() == workspace.before


def test_a_signal_while_a_saved_plan_is_checked_changes_nothing(workspace: Workspace) -> None:
    assert workspace.run("plan", "--out", "saved.json").code == 0
    workspace.sandbox.faults.add("GET tags hang")
    process = start(workspace, "apply", "saved.json", "--allow-deletes", "--format", "json")
    until(lambda: workspace.sandbox.log.entries[-1].status is None)
    ended, out, seconds = stop(process, signal.SIGINT)
    assert (ended, seconds < BOUND) == (130, True)
    assert results(json.loads(out)) == {"not_tried"}
    assert workspace.sandbox.store.tags() == workspace.before


def test_a_signal_in_the_verification_leaves_the_report(workspace: Workspace) -> None:
    process = start(workspace, *APPLY, "--format", "json")
    until(lambda: workspace.sandbox.log.count("DELETE"))
    workspace.sandbox.faults.add("GET tags hang")
    until(lambda: workspace.sandbox.log.entries[-1].method == "GET")
    ended, out, seconds = stop(process, signal.SIGINT)
    report = json.loads(out)
    assert (ended, seconds < BOUND, report["verified"]) == (130, True, False)
    assert report["summary"]["done"] == len(WRITES)


@pytest.mark.parametrize(("number", "_code"), BOTH)
def test_a_signal_while_the_report_is_written_leaves_it_whole(
    workspace: Workspace, number: signal.Signals, _code: int
) -> None:
    os.mkfifo(workspace.directory / "report")
    process = start(workspace, *APPLY, "--report", "json=report")
    assert process.stdout is not None
    # What follows the text is the report, which waits for someone to read it.
    assert any(line.startswith("Digest:") for line in process.stdout)
    assert any(line.startswith("Verified:") for line in process.stdout)
    time.sleep(0.3)
    process.send_signal(number)
    time.sleep(0.3)
    assert process.poll() is None
    report = json.loads((workspace.directory / "report").read_text("utf-8"))
    process.communicate(timeout=30)
    assert (process.returncode, report["exit_code"]) == (0, 0)
    assert report["summary"]["done"] == CHANGES


@pytest.mark.parametrize(("number", "code"), BOTH)
def test_a_second_signal_ends_at_once(
    workspace: Workspace, number: signal.Signals, code: int
) -> None:
    workspace.sandbox.faults.add("PUT tags hang")
    process = start(workspace, *APPLY)
    until(lambda: workspace.sandbox.log.count("PUT"))
    process.send_signal(number)
    time.sleep(0.2)
    ended, _, seconds = stop(process, number)
    assert (ended, seconds < AT_ONCE) == (code, True)
