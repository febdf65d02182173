"""The other pipelines' shell under a fake runner: the action, many accounts."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from reconciler.sandbox import Options, Sandbox
from tests.pipelines.conftest import repository
from tests.pipelines.runner import ROOT, SECRET, Runner
from tests.pipelines.test_github import comments, pulled, results

if TYPE_CHECKING:
    import subprocess

    from tests.e2e.workspace import Workspace

TAGS = "- name: New Tag\n  color: blue1"


def act(runner: Runner, args: str) -> subprocess.CompletedProcess[str]:
    """Run the action's last step, with this Python where its own would be installed."""
    (step,) = [
        step
        for step in yaml.safe_load((ROOT / "action.yml").read_text())["runs"]["steps"]
        if step.get("id") == "run"
    ]
    python = runner.scratch / "reconciler/bin/python"
    python.parent.mkdir(parents=True, exist_ok=True)
    if not python.exists():
        python.write_text(f'#!/bin/bash\nexec "{sys.executable}" "$@"\n')
        python.chmod(0o755)
    return runner.bash(
        step["run"],
        runner.repository,
        {
            "RUNNER_TEMP": str(runner.scratch),
            "ARGS": args,
            SECRET: runner.key,
            "GITHUB_OUTPUT": str(runner.scratch / "output"),
        },
    )


def test_the_action_takes_one_argument_a_line(workspace: Workspace, runner: Runner) -> None:
    workspace.declare(TAGS)
    done = act(runner, "plan\n--tag=New Tag\n--out=a plan.json\n")
    assert done.returncode == 0, done.stderr
    assert (workspace.directory / "a plan.json").exists()
    assert "create=1\n" in (runner.scratch / "output").read_text()


def test_the_action_s_arguments_are_never_shell(workspace: Workspace, runner: Runner) -> None:
    workspace.declare(TAGS)
    for args in ("plan\n--tag=$(touch owned)", "plan\n--tag=`touch owned`; touch owned"):
        assert act(runner, args).returncode == 64, "no tag is called so"
    assert not (workspace.directory / "owned").exists()


def test_the_action_runs_no_module_of_the_repository(workspace: Workspace, runner: Runner) -> None:
    workspace.write("yaml.py", "raise SystemExit(99)")
    workspace.declare(TAGS)
    assert act(runner, "plan").returncode == 0


def test_the_action_passes_the_exit_code_on(workspace: Workspace, runner: Runner) -> None:
    workspace.declare(TAGS)
    assert act(runner, "drift").returncode == 2


@pytest.mark.parametrize("handles", ["acme, beacon", "acme, gone"], ids=["all", "one is missing"])
def test_many_accounts_are_planned_apart_and_joined(tmp_path: Path, handles: str) -> None:
    with Sandbox(Options(seed="agency")) as sandbox:
        workspace, runner = repository(tmp_path, sandbox)
        shutil.copy(ROOT / "examples/agency.yaml", workspace.directory / "reconciler.yaml")
        workflow = (ROOT / "examples/ci/github/many-accounts.yml").read_text("utf-8")
        for written in ("acme, beacon", "acme beacon"):
            workflow = workflow.replace(
                written, handles if "," in written else handles.replace(",", "")
            )
        workspace.write(".github/workflows/many-accounts.yml", workflow)
        assert workspace.run("snapshot --out live.json").code == 0
        runner.keep("live", workspace.directory / "live.json")
        sandbox.log.entries.clear()
        jobs = pulled(runner, workflow="many-accounts.yml")
        assert sandbox.log.entries == []
    (comment,) = comments(runner)
    whole = "gone" not in handles
    expected = "success" if whole else "failure"
    assert results(jobs) == {"account": expected, "join": expected}, jobs["join"].log
    for handle in handles.split(", "):
        assert f"<code>{handle}</code>" in comment["body"] or f"`{handle}`" in comment["body"]
    assert ("Digest: `" in comment["body"]) == whole
    assert ("**No plan** for `gone`" in comment["body"]) != whole
    (kept,) = [row for row in runner.hub["artifacts"] if row["name"] == "plan"]
    joined = json.loads((Path(kept["folder"]) / "plan.json").read_text("utf-8"))
    assert (joined["digest"] in comment["body"]) == whole, "it is what is approved"
