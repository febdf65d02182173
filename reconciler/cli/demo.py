"""``demo``: the main job, on the embedded sandbox, by the very commands that a user types."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.examples import example
from reconciler.errors import ReconcilerError
from reconciler.sandbox import Options, Sandbox
from reconciler.text.plural import count, number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.cli.console import Console

EXAMPLE = "tidying.yaml"
RETIRED = "    state: absent\n"
"""The line by which the example retires a tag."""


def run(keep: str | None, console: Console) -> int:
    """Tidy a firm of a drifted agency, take one tag back and plan again; 0: it ends in rest."""
    with tempfile.TemporaryDirectory(prefix="reconciler-demo-") as scratch:
        directory = Path(keep or scratch)
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "reconciler.yaml").write_text(example(EXAMPLE), encoding="utf-8")
        with Sandbox(Options(seed="agency")) as sandbox:
            before = sandbox.app.assignments.every()
            console.show(
                "A sandbox stands in for CallRail: 3 accounts, 60 companies, tags that drifted, "
                f"and the calls,\nforms and texts that have them. It serves {sandbox.url}.\n"
            )
            _play(directory, _environment(console, sandbox), console)
            if lost := before - sandbox.app.assignments.every():
                raise ReconcilerError(f"{count(len(lost), 'tag')} were taken off")
    console.show(
        "\nDone: the last plan is empty, and of the "
        f"{number(len(before))} tags on calls, forms and texts none was taken off."
    )
    return 0


def _environment(console: Console, sandbox: Sandbox) -> dict[str, str]:
    kept = {
        name: value
        for name, value in console.environ.items()
        if not name.startswith(("RECONCILER_", "CALLRAIL_", "MATON_", "GITHUB_"))
    }
    return {
        **kept,
        "RECONCILER_API_URL": sandbox.url,
        "CALLRAIL_API_KEY": sandbox.options.direct_keys[0],
    }


def _play(directory: Path, environment: Mapping[str, str], console: Console) -> None:
    _step("plan --out plan.json", directory, environment, console)
    _step("apply plan.json", directory, environment, console)
    configuration = directory / "reconciler.yaml"
    text = configuration.read_text("utf-8")
    configuration.write_text(text.replace(RETIRED, ""), encoding="utf-8")
    console.show(
        "\nRetiring a tag was a mistake. The commit is reverted: `state: absent` is gone, and the\n"
        "tag comes back with all that had it."
    )
    _step("apply --auto-approve", directory, environment, console)
    _step("plan --detailed-exitcode", directory, environment, console)


def _step(line: str, directory: Path, environment: Mapping[str, str], console: Console) -> None:
    """One command, as a process of its own; raises ReconcilerError when it fails."""
    console.show(f"\n{console.style(sys.stderr).bold('$ reconciler ' + line)}")
    command = [sys.executable, "-m", "reconciler", *shlex.split(line)]
    done = subprocess.run(command, cwd=directory, env=dict(environment), check=False)  # noqa: S603 - our own command
    if done.returncode != os.EX_OK:
        raise ReconcilerError(f"`reconciler {line}` ended with exit code {done.returncode}")
