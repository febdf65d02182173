"""The workflows' calls as GitHub's own command makes them, against a stand-in for GitHub."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import yaml

from reconciler.sandbox import Options, Sandbox
from tests.pipelines.conftest import repository
from tests.pipelines.github import GH
from tests.pipelines.runner import ROOT, STAND_IN, Attempt
from tests.pipelines.test_github import APPLY, DRIFT, HEAD, TAGS, comments, merged, pulled

if TYPE_CHECKING:
    from pathlib import Path

    from tests.pipelines.github import Request
    from tests.pipelines.runner import Runner

own_command = pytest.mark.skipif(GH is None, reason="needs GitHub's own command, gh")
NUMBERS = re.compile(r"\b\d+\b|\babc123\b")


def whole(folder: Path, command: str) -> Runner:
    """From a snapshot to an issue that is closed, with an approval outdated on the way."""
    with Sandbox(Options(seed="reference")) as sandbox:
        workspace, runner = repository(folder, sandbox)
        runner.install_gh(command)
        workspace.declare("- name: Schedule requested", head=HEAD)
        runner.run(APPLY, event="schedule")
        workspace.declare(TAGS, head=HEAD)
        pulled(runner)
        approval = {"state": "APPROVED", "commit_id": "c0ffee", "user": {"login": "ann"}}
        runner.save(runner.hub | {"reviews": [approval] * 3})
        workspace.declare("- name: Other Tag\n  color: red1", head=HEAD)
        pulled(runner, sha="beef")
        for attempt in (Attempt.FIRST, Attempt.ALL_JOBS):
            assert merged(runner, attempt=attempt)["report"].result == "success"
        for color in ("gray1", "gray2", "red1"):
            sandbox.store.run(f"UPDATE tags SET color = '{color}' WHERE name = 'Other Tag'")
            assert runner.run(DRIFT, event="schedule")["drift"].result == "success"
    return runner


def shape(request: Request) -> tuple[str, str, dict[str, str], list[str]]:
    """What was asked, whatever it is called there and says."""
    path = NUMBERS.sub("N", request.path.partition("acme/tags/")[2])
    return request.method, path, dict(request.query), sorted(request.fields)


@own_command
def test_the_stand_in_asks_what_github_s_own_command_asks(tmp_path: Path) -> None:
    """And all goes the same way with both, so either may play it elsewhere."""
    runners = []
    for name, command in (("own", str(GH)), ("stand-in", STAND_IN)):
        (tmp_path / name).mkdir()
        runners.append(whole(tmp_path / name, command))
    own, stand_in = runners
    assert list(map(shape, own.github.asked)) == list(map(shape, stand_in.github.asked))
    asked = {(method, path) for method, path, _, _ in map(shape, own.github.asked)}
    assert asked == {
        ("GET", "actions/artifacts"),
        ("GET", "actions/runs/N/artifacts"),
        ("GET", "commits/N/pulls"),
        ("GET", "environments/callrail"),
        ("GET", "environments/callrail-purge"),
        ("GET", "git/ref/heads/main"),
        ("GET", "issues"),
        ("GET", "issues/N/comments"),
        ("GET", "pulls/N/reviews"),
        ("PATCH", "issues/N"),
        ("PATCH", "issues/comments/N"),
        ("POST", "issues"),
        ("POST", "issues/N/comments"),
    }
    for runner in runners:
        plan, outdated, report = comments(runner)
        assert "Other Tag" in plan["body"]
        assert "since @ann approved it" in outdated["body"]
        assert "1 skipped" in report["body"]
        assert [issue["state"] for issue in runner.hub["issues"]] == ["closed"]


def test_workflows_call_github_s_api_alone() -> None:
    """Not its other commands, which ask by ways that no stand-in has."""
    for path in sorted((ROOT / "examples/ci/github").iterdir()):
        jobs = yaml.safe_load(path.read_text("utf-8"))["jobs"].values()
        scripts = [step.get("run", "") for job in jobs for step in job["steps"]]
        lines = [ln for script in scripts for ln in script.splitlines() if re.search(r"\bgh ", ln)]
        for line in lines:
            shown = "gh workflow run" in line and re.search(r"echo|printf|\"gh", line)
            assert shown or re.search(r"(^|\$\()\s*gh api ", line), line
