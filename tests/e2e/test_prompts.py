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
from tests.e2e.desk import COMPANY
from tests.e2e.test_installed import COMMAND, environment

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.desk import Desk

    Process = subprocess.Popen[bytes]

NEW = "- name: New Tag\n  color: blue1\n"
DELETE = f"- name: Opportunity\n  companies: [{COMPANY}]\n  state: absent\n  note: Over.\n"


def answer(
    desk: Desk, text: str, *flags: str, before: Callable[[Process], object] = lambda _: None
) -> tuple[int, str]:
    """Exit code and screen of ``reconciler apply`` at a terminal where ``text`` is typed."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [COMMAND, "apply", *flags],
        cwd=desk.directory,
        env=environment(TERM="xterm", **direct(desk.sandbox)),
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


def test_yes_is_a_yes(desk: Desk) -> None:
    desk.declare(NEW)
    code, screen = answer(desk, "yes\n")
    assert code == 0, screen
    assert "Only 'yes' is a yes" in screen
    assert "New Tag" in desk.tags()


@pytest.mark.parametrize("text", ["y\n", "YES\n", "Yes\n", "\n", "no\n", "yes please\n", "\x04"])
def test_nothing_else_is_a_yes(desk: Desk, text: str) -> None:
    desk.declare(NEW)
    code, screen = answer(desk, text)
    assert code == 5, screen
    assert desk.writes == []


@pytest.mark.parametrize(
    ("text", "code"), [("delete 1\n", 0), ("yes\n", 5), ("delete 2\n", 5), ("delete\n", 5)]
)
def test_deletes_are_answered_with_their_number(desk: Desk, text: str, code: int) -> None:
    desk.declare(NEW + DELETE)
    found, screen = answer(desk, text, "--allow-deletes")
    assert found == code, screen
    assert ("Opportunity" in desk.tags()) is (code != 0)


def test_held_back_deletes_are_not_asked_about(desk: Desk) -> None:
    desk.declare(NEW + DELETE)
    code, screen = answer(desk, "yes\n", "--no-deletes")
    assert code == 0, screen
    assert "Send 1 change?" in screen
    assert set(desk.tags()) == {"New Tag", "Opportunity", "Schedule requested"}


def test_deletes_without_their_flag_are_refused_before_anyone_is_asked(desk: Desk) -> None:
    desk.declare(NEW + DELETE)
    code, screen = answer(desk, "delete 1\n")
    assert code == 5
    assert "is a yes" not in screen


def test_nobody_is_asked_about_nothing(desk: Desk) -> None:
    desk.declare("- name: Schedule requested")
    code, screen = answer(desk, "no\n")
    assert code == 0
    assert "is a yes" not in screen


def test_what_changes_while_the_question_stands_makes_the_answer_void(desk: Desk) -> None:
    desk.declare("- name: Schedule requested\n  color: red1\n")
    edit = "UPDATE tags SET color = 'blue1' WHERE name = 'Schedule requested'"
    code, screen = answer(desk, "yes\n", before=lambda _: desk.sandbox.store.run(edit))
    assert code == 5, screen
    assert "stale" in screen
    assert desk.writes == []


def test_ctrl_c_at_the_question_is_no_yes(desk: Desk) -> None:
    desk.declare(NEW)
    code, screen = answer(desk, "", before=interrupt)
    assert code == 130, screen
    assert desk.writes == []
    assert "Traceback" not in screen
