"""What a shell completes: commands, flags, formats, and handles of the configuration at hand."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.cli.handles import handles_at_hand
from tests.cli_runner import run

COMMAND = Path(sys.executable).with_name("reconciler")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_for_each_shell(shell: str) -> None:
    ran = run("completion", shell)
    assert ran.code == 0
    assert f"_RECONCILER_COMPLETE={shell}_complete" in ran.out


def completed(line: str, cwd: Path) -> list[str]:
    """The words that bash is offered for the last, begun word of ``line``."""
    words = line.split(" ")
    done = subprocess.run(
        [COMMAND],
        cwd=cwd,
        env={
            **os.environ,
            "_RECONCILER_COMPLETE": "bash_complete",
            "COMP_WORDS": line,
            "COMP_CWORD": str(len(words) - 1),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    return [one.partition(",")[2] for one in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("reconciler pl", ["plan"]),
        ("reconciler s", ["show", "snapshot", "sandbox", "schema"]),
        ("reconciler connections cr", ["create"]),
        ("reconciler plan --det", ["--detailed-exitcode"]),
        ("reconciler plan --format m", ["markdown"]),
        ("reconciler plan --report g", ["gitlab="]),
        ("reconciler plan --account b", ["beacon"]),
        ("reconciler get call-", ["call-summary", "call-timeseries"]),
        ("reconciler sandbox --seed r", ["reference"]),
        ("reconciler completion z", ["zsh"]),
    ],
)
def test_a_begun_word_is_completed(line: str, found: list[str], tmp_path: Path) -> None:
    text = "version: 1\naccounts:\n  acme: {id: A}\n  beacon:\n    id: B\n"
    (tmp_path / "reconciler.yaml").write_text(text)
    assert completed(line, tmp_path) == found


def test_handles_are_found_at_a_glance(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(
        "# accounts:\naccounts:  # ours\n    one:\n        id: A\n\n    # two:\n    two: {id: B}\n"
        "tags:\n  - x\n"
    )
    assert handles_at_hand([str(path)]) == ["one", "two"]
    assert handles_at_hand([str(tmp_path), str(tmp_path / "none.yaml")]) == []
