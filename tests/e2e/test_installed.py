"""The installed command as a process of its own: start-up, pipes, signals, the demo."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reconciler import __version__
from tests.cli_runner import direct

if TYPE_CHECKING:
    from reconciler.sandbox import Sandbox
    from tests.e2e.workspace import Workspace

COMMAND = str(Path(sys.executable).with_name("reconciler"))
SLOW = (
    *("httpx", "jsonschema", "deepdiff", "rich", "jinja2", "yaml"),
    *("sqlite3", "http.server", "asyncio"),
)
MEDIUM = ("logging", "json", "dataclasses", "pathlib", "traceback", "reconciler.sandbox")
NOT_FOR_NO_CHANGE = (
    *("jsonschema", "deepdiff", "rich", "jinja2", "sqlite3", "http.server"),
    *("reconciler.executor", "reconciler.render.outcomes"),
    *("reconciler.schema", "reconciler.document.plan", "reconciler.sandbox"),
    *("reconciler.callrail.maton", "reconciler.callrail.resources"),
)


def environment(**more: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    coverage = {name: value for name, value in os.environ.items() if name.startswith("COV")}
    return {**kept, **coverage, **more}


def command(*argv: str, cwd: Path, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *argv],
        cwd=cwd,
        env=environment(**more),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def loaded(argv: list[str], *, cwd: Path, **environ: str) -> set[str]:
    """The modules that a process has imported when the command has run."""
    script = (
        "import sys\nfrom reconciler.cli.main import main\n"
        f"code = main({argv!r}, {environ!r})\n"
        "print(*(name for name, module in sys.modules.items() if module), file=sys.stderr)\n"
        "sys.exit(code)"
    )
    # Coverage, where it measures, is in the process too and imports some of these itself.
    unmeasured = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env=unmeasured,
        cwd=cwd,
    )
    return set(done.stderr.strip().splitlines()[-1].split())


@pytest.mark.parametrize("flag", ["--help", "--version", "plan --help", "sandbox --help"])
def test_help_imports_nothing_slow(flag: str, tmp_path: Path) -> None:
    assert loaded(flag.split(), cwd=tmp_path).isdisjoint(SLOW)


@pytest.mark.parametrize("flag", ["--help", "--version", "plan --help"])
def test_help_of_what_reads_nothing_imports_hardly_anything(flag: str, tmp_path: Path) -> None:
    assert loaded(flag.split(), cwd=tmp_path).isdisjoint(MEDIUM)


def test_a_plan_without_a_difference_imports_only_what_it_needs(workspace: Workspace) -> None:
    workspace.declare("- name: Opportunity\n  color: gray1\n  companies: all")
    found = loaded(
        ["plan", "--detailed-exitcode"], cwd=workspace.directory, **direct(workspace.sandbox)
    )
    assert found.isdisjoint(NOT_FOR_NO_CHANGE)
    assert {"httpx", "yaml"} <= found


def test_version(tmp_path: Path) -> None:
    assert command("--version", cwd=tmp_path).stdout == f"reconciler {__version__}\n"


def test_every_exit_code_stands_in_the_help(tmp_path: Path) -> None:
    text = command("--help", cwd=tmp_path).stdout
    for code in (0, 1, 2, 3, 4, 5, 6, 64, 129):
        assert f"\n  {code}" in text


def test_plan_and_apply_as_processes(workspace: Workspace) -> None:
    workspace.declare("- name: New Tag\n  color: blue1")
    environ = direct(workspace.sandbox)
    plan = command("plan", "--format", "json", cwd=workspace.directory, **environ)
    assert json.loads(plan.stdout)["summary"]["create"] == 1
    apply = command("apply", "--auto-approve", cwd=workspace.directory, **environ)
    assert apply.returncode == 0, apply.stderr
    again = command("plan", "--detailed-exitcode", cwd=workspace.directory, **environ)
    assert again.returncode == 0
    assert "No changes." in again.stdout


def test_piped_output_holds_no_escape_sequences(workspace: Workspace) -> None:
    workspace.declare("- name: New Tag\n  color: blue1")
    environ = direct(workspace.sandbox)
    done = command("plan", cwd=workspace.directory, **environ)
    assert "\x1b" not in done.stdout + done.stderr
    coloured = command("plan", "--color", "always", cwd=workspace.directory, **environ)
    assert "\x1b[" in coloured.stdout


def test_a_reader_that_goes_away_is_no_traceback(workspace: Workspace) -> None:
    workspace.declare("- name: New Tag")
    line = f"{COMMAND} plan | true"
    done = subprocess.run(
        ["/bin/sh", "-c", line],
        cwd=workspace.directory,
        env=environment(**direct(workspace.sandbox)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_finishes_what_runs_and_reports_the_rest(
    workspace: Workspace, number: signal.Signals, code: int
) -> None:
    blocks = "\n".join(f"- name: Tag {index:02}" for index in range(20))
    workspace.declare(blocks)
    workspace.sandbox.faults.add("POST tags.json after=3 delay=400ms")
    process = subprocess.Popen(
        [COMMAND, "apply", "--auto-approve", "--parallelism", "2", "--format", "json"],
        cwd=workspace.directory,
        env=environment(**direct(workspace.sandbox)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    _wait_for_writes(workspace.sandbox, 3)
    began = time.monotonic()
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert process.returncode == code, err
    assert time.monotonic() - began < 7
    report = json.loads(out)
    done = {entry["name"] for entry in report["results"] if entry["result"] == "done"}
    assert done == set(workspace.tags()) - {"Schedule requested", "Opportunity"}
    assert {entry["result"] for entry in report["results"]} == {"done", "not_tried"}


def test_a_second_signal_ends_at_once(workspace: Workspace) -> None:
    workspace.declare("- name: A")
    workspace.sandbox.faults.add("POST tags.json hang")
    process = subprocess.Popen(
        [COMMAND, "apply", "--auto-approve"],
        cwd=workspace.directory,
        env=environment(**direct(workspace.sandbox)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while not workspace.sandbox.log.count("POST"):
        time.sleep(0.02)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=10) == 130
    assert time.monotonic() - began < 2


def _wait_for_writes(sandbox: Sandbox, count: int) -> None:
    end = time.monotonic() + 20
    while len(sandbox.log.writes) < count and time.monotonic() < end:
        time.sleep(0.01)


def test_the_demo_ends_in_rest(tmp_path: Path) -> None:
    done = command("demo", "--keep", str(tmp_path / "kept"), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for sign in ("+ create", "~ update", "> merge", "- trash"):
        assert f"done       {sign}" in done.stderr
    assert "taken back (in the trash since " in done.stdout
    assert done.stdout.rstrip().count("No changes. Live state matches the configuration.") == 1
    assert "warning" not in done.stderr
    assert len(done.stdout.splitlines()) <= 95
    assert (tmp_path / "kept" / "plan.json").exists()
