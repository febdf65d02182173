"""From the first write on, whatever breaks on our own side, there is a true report and its code."""

from __future__ import annotations

import json
import resource
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.process import COMMAND, environment, start
from tests.faults.test_signals import until
from tests.faults.workspace import APPLY, CHANGES, Workspace

if TYPE_CHECKING:
    from collections.abc import Mapping

FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="no device that is always full")


def ended(workspace: Workspace, *argv: str, **streams: Any) -> subprocess.CompletedProcess[str]:
    """The command run to its end, with streams of the test's choice."""
    return subprocess.run(
        [COMMAND, *argv],
        cwd=workspace.directory,
        env=environment(**workspace.environ),
        text=True,
        timeout=60,
        check=False,
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams},
    )


def summary(workspace: Workspace, report: Mapping[str, Any], code: int) -> dict[str, int]:
    """The counts of a report that must be true."""
    workspace.expect_true(dict(report), code)
    found: dict[str, int] = report["summary"]
    return found


def without_coverage(err: str) -> str:
    """``err`` without what the measuring of the tests says when it can't save its data."""
    return err.partition("Exception ignored in atexit callback")[0]


@needs_full
def test_a_full_stdout_costs_the_success_but_not_the_work(workspace: Workspace) -> None:
    with FULL.open("w") as full:
        flags = ("--format", "json", "--report", "json=report.json")
        ran = ended(workspace, *APPLY, *flags, stdout=full)
    assert ran.returncode == 3
    assert "stdout can't be written" in ran.stderr
    assert f"What was done: {CHANGES} done" in ran.stderr
    report = json.loads((workspace.directory / "report.json").read_text("utf-8"))
    assert summary(workspace, report, 0)["done"] == CHANGES


@needs_full
def test_a_full_stderr_ends_nothing(workspace: Workspace) -> None:
    with FULL.open("w") as full:
        ran = ended(workspace, *APPLY, "--format", "json", stderr=full)
    assert ran.returncode == 0
    assert summary(workspace, json.loads(ran.stdout), 0)["done"] == CHANGES


def test_no_descriptor_left_in_the_middle_is_reported(workspace: Workspace) -> None:
    workspace.sandbox.faults.add("* tags delay=50ms")
    process = start(
        workspace, *APPLY, "--format", "json", "--parallelism", "2", "--report", "html=report.html"
    )
    until(lambda: len(workspace.sandbox.log.writes) >= 5)
    resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (3, 3))
    out, err = process.communicate(timeout=60)
    report = json.loads(out)
    assert process.returncode == 3, err
    assert "report.html" in err
    assert "Traceback" not in without_coverage(err)
    assert summary(workspace, {**report, "exit_code": 3}, 3)["done"] >= 5


def test_a_server_that_is_down_is_not_called_a_refusal(workspace: Workspace) -> None:
    assert workspace.run("plan", "--out", "saved.json").code == 0
    workspace.sandbox.close()
    ran = workspace.run("apply", "saved.json", "--allow-deletes", "--format", "json")
    report = json.loads(ran.out)
    assert report["exit_code"] == ran.code != 0
    assert report["summary"]["not_tried"] == CHANGES
    assert "bulk: " in ran.err
    assert "can't be reached" in ran.err
    assert "refused" not in {entry["message"] for entry in report["results"]}
    assert report["verification"] == "nothing_written"
