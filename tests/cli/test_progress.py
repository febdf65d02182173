"""The line that shows how far long work is: late, alone, counted, and gone at the end."""

from __future__ import annotations

import time
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from typing import TYPE_CHECKING

from reconciler.cli import progress
from reconciler.cli.console import Console
from reconciler.cli.progress import ERASE, LiveProgress, PlainProgress

if TYPE_CHECKING:
    import pytest


class Screen(StringIO):
    def isatty(self) -> bool:
        return True


def live() -> tuple[LiveProgress, list[str]]:
    drawn: list[str] = []
    return LiveProgress(drawn.append, lambda: 40), drawn


def test_quick_work_draws_nothing() -> None:
    line, drawn = live()
    with line.working("Reading", str):
        pass
    assert drawn == []


def test_long_work_is_shown_with_its_newest_step_and_taken_away() -> None:
    line, drawn = live()
    began = time.monotonic()
    with line.working("Reading", lambda: "3 requests"):
        while not drawn:
            time.sleep(0.01)
        assert time.monotonic() - began < 1
        line.step("acme: reading tags")
        time.sleep(3 * progress._REFRESH)
    assert drawn[0] == f"{ERASE}Reading (3 requests)"
    assert f"{ERASE}acme: reading tags (3 requests)" in drawn
    assert drawn[-1] == ERASE


def test_changes_are_counted_and_the_line_stays_within_the_terminal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    line, drawn = live()
    with line.working("Reading", lambda: "x" * 100), line.counting("Applying", 3) as advance:
        advance()
        time.sleep(3 * progress._REFRESH)
    assert any("Applying: 1 of 3 (" in one for one in drawn)
    assert max(map(len, drawn)) <= len(ERASE) + 39


def test_what_is_written_meanwhile_finds_an_empty_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    console = Console({})
    with redirect_stdout(StringIO()), redirect_stderr(Screen()) as screen:
        console.configure()
        with console.working("Reading"):
            time.sleep(3 * progress._REFRESH)
            console.log("a message")
            time.sleep(3 * progress._REFRESH)
            console.result("the result")
    shown = screen.getvalue()
    assert f"{ERASE}a message\n" in shown
    assert shown.endswith(ERASE)


def test_a_log_gets_steps_as_lines() -> None:
    lines: list[str] = []
    plain = PlainProgress(lines.append)
    with plain.working("Reading", str), plain.counting("Applying", 2) as advance:
        plain.step("acme: reading tags")
        advance()
    assert lines == ["Applying: 2 to do", "acme: reading tags"]
