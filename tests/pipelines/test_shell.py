"""The other pipelines' shell under a fake runner: the action, many accounts, GitLab."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from reconciler.sandbox import Options, Sandbox
from tests.pipelines.conftest import repository
from tests.pipelines.runner import ROOT, SECRET, Runner
from tests.pipelines.test_road import comments, pulled, results

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from tests.e2e.workspace import Workspace

TAGS = "- name: New Tag\n  color: blue1"
GITLAB: dict[str, Any] = yaml.safe_load((ROOT / "examples/ci/gitlab/gitlab-ci.yml").read_text())


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


def job(runner: Runner, name: str, *, key: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a job of the pipeline for GitLab, whose lines make one script."""
    lines = [*GITLAB["default"]["before_script"], *GITLAB[name]["script"]]
    environ = {SECRET: runner.key} if key else {}
    return runner.bash("\n".join(lines), runner.repository, environ | {"GITHUB_ACTIONS": ""})


@pytest.fixture
def gitlab(workspace: Workspace) -> Workspace:
    """A repository with the pipeline for GitLab."""
    assert workspace.run("init --ci gitlab").code == 0
    return workspace


def test_gitlab_s_jobs_play_the_road(gitlab: Workspace, runner: Runner) -> None:
    gitlab.declare(
        TAGS + "\n- name: Schedule requested\n  state: absent\n  note: Over.",
        head="version: 1\naccounts:\n  acme:\n    id: ACC019c46b8a0807fbdb81c8bf12af91cb3\n"
        "    limits: {delete_percent: 100}\n",
    )
    assert job(runner, "validate", key=False).returncode == 0
    assert gitlab.read("code-quality.json") == "[]\n"
    assert job(runner, "plan").returncode == 0
    assert gitlab.read("counts.json") == '{"create": 1, "update": 0, "delete": 1}\n'
    assert job(runner, "drift").returncode == 2
    assert job(runner, "apply").returncode == 0
    assert set(gitlab.tags()) == {"New Tag", "Opportunity", "Schedule requested"}
    assert job(runner, "delete").returncode == 0
    assert set(gitlab.tags()) == {"New Tag", "Opportunity"}
    assert job(runner, "drift").returncode == 0


def test_gitlab_plans_a_fork_without_a_key(gitlab: Workspace, runner: Runner) -> None:
    gitlab.declare(TAGS)
    gitlab.run("snapshot --out live.json")
    done = job(runner, "plan-offline", key=False)
    assert done.returncode == 0, done.stderr
    assert "New Tag" in done.stdout


def test_gitlab_shows_mistakes_beside_their_lines(gitlab: Workspace, runner: Runner) -> None:
    gitlab.declare("- nam: Typo")
    assert job(runner, "validate", key=False).returncode == 1
    assert '"begin": 6' in gitlab.read("code-quality.json")


def test_only_jobs_behind_a_protected_environment_write() -> None:
    jobs = {name: one for name, one in GITLAB.items() if "script" in one}
    writes = {name for name, one in jobs.items() if "reconciler apply" in str(one["script"])}
    assert writes == {"apply", "delete"}
    for name in writes:
        assert GITLAB[name]["resource_group"] == "callrail"
        assert GITLAB[name]["rules"][0]["when"] == "manual"
    assert GITLAB["apply"]["environment"] != GITLAB["delete"]["environment"]
