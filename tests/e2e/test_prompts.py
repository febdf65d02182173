"""Asking at a real terminal: what is a yes, and what is not."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli_runner import direct
from tests.e2e.test_installed import COMMAND, environment
from tests.e2e.workspace import COMPANY

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.workspace import Workspace

    Process = subprocess.Popen[bytes]

NEW = "- name: New Tag\n  color: blue1\n"
DELETE = f"- name: Opportunity\n  companies: [{COMPANY}]\n  state: absent\n  note: Over.\n"


def answer(
    workspace: Workspace,
    text: str,
    *flags: str,
    before: Callable[[Process], object] = lambda _: None,
) -> tuple[int, str]:
    """Exit code and screen of ``reconciler apply`` at a terminal where ``text`` is typed."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [COMMAND, "apply", *flags],
        cwd=workspace.directory,
        env=environment(TERM="xterm", **direct(workspace.sandbox)),
        stdin=slave,
        stdout=slave,
        stderr=slave,
        close_fds=True,
    )
    os.close(slave)
    screen, asked = b"", False
    with contextlib.suppress(OSError):  # how a terminal says that nobody writes to it any more
        while select.select([master], [], [], 30)[0] and (chunk := os.read(master, 4096)):
            screen += chunk
            if not asked and b"is a yes: " in screen:
                asked = True
                before(process)
                os.write(master, text.encode())
    os.close(master)  # which ends whoever still waits for an answer
    return process.wait(timeout=30), screen.decode()


def interrupt(process: Process) -> None:
    """What Ctrl-C sends, once the question is waited at (state S of Linux's /proc)."""
    state = Path(f"/proc/{process.pid}/stat")
    while state.exists() and state.read_text().rpartition(")")[2].split()[0] != "S":
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)


def test_yes_is_a_yes(workspace: Workspace) -> None:
    workspace.declare(NEW)
    code, screen = answer(workspace, "yes\n")
    assert code == 0, screen
    assert "Only 'yes' is a yes" in screen
    assert "New Tag" in workspace.tags()


@pytest.mark.parametrize("text", ["y\n", "YES\n", "Yes\n", "\n", "no\n", "yes please\n", "\x04"])
def test_nothing_else_is_a_yes(workspace: Workspace, text: str) -> None:
    workspace.declare(NEW)
    code, screen = answer(workspace, text)
    assert code == 5, screen
    assert workspace.writes == []


@pytest.mark.parametrize(
    ("text", "code"), [("delete 1\n", 0), ("yes\n", 5), ("delete 2\n", 5), ("delete\n", 5)]
)
def test_deletes_are_answered_with_their_number(workspace: Workspace, text: str, code: int) -> None:
    workspace.declare(NEW + DELETE)
    found, screen = answer(workspace, text, "--allow-deletes")
    assert found == code, screen
    assert ("Opportunity" in workspace.tags()) is (code != 0)


def test_held_back_deletes_are_not_asked_about(workspace: Workspace) -> None:
    workspace.declare(NEW + DELETE)
    code, screen = answer(workspace, "yes\n", "--no-deletes")
    assert code == 0, screen
    assert "Send 1 change?" in screen
    assert set(workspace.tags()) == {"New Tag", "Opportunity", "Schedule requested"}


def test_deletes_without_their_flag_are_refused_before_anyone_is_asked(
    workspace: Workspace,
) -> None:
    workspace.declare(NEW + DELETE)
    code, screen = answer(workspace, "delete 1\n")
    assert code == 5
    assert "is a yes" not in screen


def test_nobody_is_asked_about_nothing(workspace: Workspace) -> None:
    workspace.declare("- name: Schedule requested")
    code, screen = answer(workspace, "no\n")
    assert code == 0
    assert "is a yes" not in screen


def test_what_changes_while_the_question_stands_makes_the_answer_void(workspace: Workspace) -> None:
    workspace.declare("- name: Schedule requested\n  color: red1\n")
    edit = "UPDATE tags SET color = 'blue1' WHERE name = 'Schedule requested'"
    code, screen = answer(workspace, "yes\n", before=lambda _: workspace.sandbox.store.run(edit))
    assert code == 5, screen
    assert "stale" in screen
    assert workspace.writes == []


def test_ctrl_c_at_the_question_is_no_yes(workspace: Workspace) -> None:
    workspace.declare(NEW)
    code, screen = answer(workspace, "", before=interrupt)
    assert code == 130, screen
    assert workspace.writes == []
    assert "Traceback" not in screen
