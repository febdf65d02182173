"""Every exit code, reached through the installed command."""

from __future__ import annotations

import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from reconciler.sandbox import Options, Sandbox
from tests.cli_runner import direct
from tests.e2e.test_installed import COMMAND, command, environment
from tests.e2e.workspace import COMPANY, Workspace

if TYPE_CHECKING:
    from pathlib import Path

NEW = "- name: New Tag\n  color: blue1\n"
BAD = "- name: Bad\n  color: mauve\n"
DELETE = f"- name: Opportunity\n  companies: [{COMPANY}]\n  state: absent\n  note: Over.\n"
KEPT = "- name: Schedule requested\n"


@pytest.mark.parametrize(
    ("code", "tags", "line"),
    [
        (0, KEPT, "plan --detailed-exitcode"),
        (0, NEW, "plan"),
        (0, NEW, "apply --auto-approve"),
        (0, KEPT, "drift"),
        (0, DELETE, "apply --auto-approve --no-deletes"),
        (1, "- nam: Typo", "plan"),
        (1, "- nam: Typo", "validate"),
        (2, NEW, "plan --detailed-exitcode"),
        (2, NEW, "drift"),
        (3, NEW + BAD, "apply --auto-approve"),
        (5, DELETE, "apply --auto-approve"),
        (5, NEW, "apply"),
        (64, NEW, "plan --nonsense"),
        (64, NEW, "plan --account nobody"),
        (1, NEW, "show nothing.json"),
    ],
)
def test_exit_code(workspace: Workspace, code: int, tags: str, line: str) -> None:
    workspace.declare(tags)
    done = command(*line.split(), cwd=workspace.directory, **direct(workspace.sandbox))
    assert done.returncode == code, done.stderr


def test_exit_code_4(workspace: Workspace) -> None:
    workspace.declare(NEW)
    assert command("plan", cwd=workspace.directory).returncode == 4
    wrong = direct(workspace.sandbox) | {"CALLRAIL_API_KEY": "not-the-key"}
    assert command("plan", cwd=workspace.directory, **wrong).returncode == 4


def test_exit_code_6_and_running_again_goes_on(tmp_path: Path) -> None:
    now = 0.0
    with Sandbox(Options(seed="reference", quota=3, clock=lambda: now)) as sandbox:
        workspace = Workspace.at(tmp_path, sandbox)
        workspace.declare("\n".join(f"- name: Tag {number}" for number in range(4)))
        line = ("apply", "--auto-approve", "--max-wait", "0", "--parallelism", "1")
        done = command(*line, cwd=tmp_path, **direct(sandbox))
        assert done.returncode == 6, done.stdout + done.stderr
        for hours in range(1, 4):
            now = 3_601.0 * hours
            done = command(*line, cwd=tmp_path, **direct(sandbox))
        assert {f"Tag {number}" for number in range(4)} < set(workspace.tags())


def test_exit_code_6_after_so_many_requests(workspace: Workspace) -> None:
    workspace.declare("\n".join(f"- name: Tag {number}" for number in range(4)))
    line = ("apply", "--auto-approve", "--max-requests", "4", "--parallelism", "1")
    codes: list[int] = []
    while (not codes or codes[-1] == 6) and len(codes) < 9:
        sent = len(workspace.sandbox.log.entries)
        codes.append(
            command(*line, cwd=workspace.directory, **direct(workspace.sandbox)).returncode
        )
        assert len(workspace.sandbox.log.entries) - sent <= 4
    assert codes[0] == 6
    assert codes[-1] == 0
    assert {f"Tag {number}" for number in range(4)} < set(workspace.tags())


def test_what_is_done_is_skipped_is_reported_of_writes_alone(workspace: Workspace) -> None:
    done = "what is done is skipped"
    workspace.declare("\n".join(f"- name: Tag {number}" for number in range(4)))
    read = workspace.run("audit --usage --max-requests 3")
    assert (read.code, done in read.err) == (6, False)
    assert "Nothing was written. Let it send more: the next run reads all of it anew." in read.err
    written = workspace.run("apply --auto-approve --max-requests 4 --parallelism 1")
    assert workspace.writes
    assert (written.code, done in written.out + written.err) == (6, True)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_exit_code_of_a_signal(workspace: Workspace, number: signal.Signals, code: int) -> None:
    workspace.declare(NEW)
    workspace.sandbox.faults.add("GET tags.json hang")
    process = subprocess.Popen(
        [COMMAND, "plan"],
        cwd=workspace.directory,
        env=environment(**direct(workspace.sandbox)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while not workspace.sandbox.log.count("GET"):
        time.sleep(0.02)
    process.send_signal(number)
    assert process.wait(timeout=10) == code
