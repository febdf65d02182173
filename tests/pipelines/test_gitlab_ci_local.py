"""GitLab's pipeline as gitlab-ci-local reads and plays it, where that is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.pipelines.runner import SECRET
from tests.pipelines.test_gitlab import HEAD, MERGE, NEW, runner, sandbox, workspace

if TYPE_CHECKING:
    from tests.e2e.workspace import Workspace
    from tests.pipelines.gitlab import Runner

__all__ = ["runner", "sandbox", "workspace"]

pytestmark = [
    pytest.mark.skipif(not shutil.which(program), reason=f"{program} is not installed")
    for program in ("gitlab-ci-local", "rsync")
]


def git(where: Workspace, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-c", "user.name=A", "-c", "user.email=a@example.test", *arguments],
        cwd=where.directory, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return done.stdout.strip()


def play(runner: Runner, source: str, **more: str) -> str:
    """Play the pipeline that ``source`` starts, which must end green; what its jobs printed."""
    variables = {
        **runner.environ,
        "CI_PIPELINE_SOURCE": source,
        "CI_PROJECT_DIR": str(runner.repository),
        "CI_API_V4_URL": runner.hub.url,
        "CI_PROJECT_ID": "1",
        "CI_JOB_TOKEN": "job-token",
        "CI_COMMIT_SHA": "abc123",
        "RECONCILER_GITLAB_TOKEN": "notes-token",
        **more,
    }
    if source != MERGE:
        variables[SECRET] = runner.key
    flags = [f"--variable={name}={value}" for name, value in variables.items()]
    done = subprocess.run(
        ["gitlab-ci-local", "--force-shell-executor", f"--home={runner.scratch}", *flags],
        cwd=runner.repository,
        env={"PATH": f"{runner.path}:{os.environ['PATH']}", "HOME": str(runner.scratch)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "json schema validated" in done.stderr
    return done.stdout


def test_what_is_reviewed_is_applied(runner: Runner, workspace: Workspace) -> None:
    git(workspace, "init", "--initial-branch", "main")
    git(workspace, "remote", "add", "origin", "git@gitlab.example:acme/tags.git")
    git(workspace, "add", "--all")
    git(workspace, "commit", "--message", "Declare what is live")
    play(runner, "schedule")
    runner.hub.live = runner.hub.package
    before = git(workspace, "rev-parse", "HEAD")
    git(workspace, "checkout", "-b", "feature")
    workspace.write("reconciler.yaml", HEAD + "- {name: Opportunity, companies: all}\n" + NEW)
    git(workspace, "commit", "--all", "--message", "Add a tag")
    variables = {"CI_MERGE_REQUEST_IID": "3", "CI_MERGE_REQUEST_PROJECT_ID": "1"}
    assert "+ create  New Tag" in play(runner, MERGE, **variables)
    git(workspace, "checkout", "main")
    git(workspace, "merge", "feature")
    runner.hub.merged["abc123"] = [3]
    play(runner, "push", CI_COMMIT_BEFORE_SHA=before)
    assert "New Tag" in workspace.tags()
    assert [one["body"].splitlines()[1] for one in runner.hub.notes[3]] == [
        "### Plan: 1 to create",
        "### Applied: 1 done",
    ]
