"""The command is killed (SIGKILL) at every request boundary of forty changes, and run again."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.faults.process import start
from tests.faults.workspace import APPLY, CHANGES, SUCCESS, WRITES, Workspace

if TYPE_CHECKING:
    import subprocess

BEFORE, COMMITTED, ANSWERED = "before the request", "after the commit", "after the answer"
MOMENTS = (BEFORE, COMMITTED, ANSWERED)
SAMPLE = [
    (1, BEFORE),
    (9, COMMITTED),
    (14, ANSWERED),
    (22, COMMITTED),
    (29, BEFORE),
    (40, ANSWERED),
]


def kill_at(workspace: Workspace, position: int, moment: str, *, parallelism: int) -> None:
    """Start an apply and have it die at the write of that position (from 1)."""
    method, nth = WRITES[position - 1]
    if moment == ANSWERED and position < CHANGES:
        following, number = WRITES[position]
        workspace.sandbox.faults.add(f"{following} tags after={number - 1} hang")
    process = start(workspace, *APPLY, "--parallelism", str(parallelism))
    action = {BEFORE: "kill-client", COMMITTED: "kill-client-after-commit"}.get(moment)
    if action:
        workspace.sandbox.faults.add(f"{method} tags nth={nth} {action}={process.pid}")
    else:
        _kill_after_outcomes(process, position)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    workspace.sandbox.faults.clear()


def _kill_after_outcomes(process: subprocess.Popen[str], count: int) -> None:
    """Kill as soon as the command has told of ``count`` outcomes."""
    assert process.stderr is not None
    reported = 0
    for line in process.stderr:
        reported += line.lstrip().startswith("done")
        if reported == count:
            break
    process.kill()


def survive(workspace: Workspace, position: int, moment: str, *, parallelism: int = 1) -> None:
    kill_at(workspace, position, moment, parallelism=parallelism)
    workspace.expect_no_harm()
    committed = len(workspace.sandbox.log.writes)
    if parallelism == 1:
        assert committed == position - (moment == BEFORE)
    ran, report = workspace.apply()
    assert ran.code == 0, ran.err
    assert {entry["result"] for entry in report["results"]} <= SUCCESS
    assert len(workspace.sandbox.log.writes) == CHANGES
    workspace.expect_rest()


@pytest.mark.parametrize(("position", "moment"), SAMPLE)
def test_a_killed_apply_converges_when_run_again(
    workspace: Workspace, position: int, moment: str
) -> None:
    survive(workspace, position, moment)


@pytest.mark.soak
@pytest.mark.parametrize("parallelism", [1, 10])
@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("position", range(1, CHANGES + 1))
def test_an_apply_killed_anywhere_converges_when_run_again(
    workspace: Workspace, position: int, moment: str, parallelism: int
) -> None:
    survive(workspace, position, moment, parallelism=parallelism)
