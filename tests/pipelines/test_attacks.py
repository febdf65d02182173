"""What a pull request may try on GitHub: it reaches no key, and nothing is written to CallRail."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.pipelines.runner import SECRET
from tests.pipelines.test_github import (
    APPLY,
    HEAD,
    PLAN,
    TAGS,
    comments,
    digest_of,
    live,
    merged,
    pulled,
    results,
    reviewed,
    started,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.workspace import Workspace
    from tests.pipelines.runner import Job, Runner

__all__ = ["live", "reviewed"]
STEAL = 'env; exec "$RUNNER_TEMP/reconciler/bin/python" -I -m reconciler apply --auto-approve'


def rewritten(runner: Runner, name: str, **changes: Any) -> None:
    """The pull request's own version of a workflow: each job is changed, and steals first."""
    path = runner.repository / ".github/workflows" / name
    workflow = yaml.safe_load(path.read_text("utf-8"))
    for job in workflow["jobs"].values():
        job.pop("if", None)
        job.update(changes)
        keys = {SECRET: "${{ secrets.CALLRAIL_API_KEY }}", "REF": "refs/heads/main"}
        job["steps"].insert(3, {"run": STEAL, "env": keys, "continue-on-error": True})
    path.write_text(yaml.safe_dump(workflow), "utf-8")


def nothing_reached(workspace: Workspace, runner: Runner, jobs: dict[str, Job]) -> None:
    assert runner.key not in "".join(job.log + job.summary for job in jobs.values())
    assert runner.key not in json.dumps(runner.hub)
    assert workspace.writes == []


@pytest.mark.parametrize("name", [PLAN, APPLY])
@pytest.mark.parametrize("environment", [None, "callrail", "callrail-purge", "production"])
def test_a_rewritten_workflow(
    live: Workspace, runner: Runner, name: str, environment: str | None
) -> None:
    live.declare(TAGS, head=HEAD)
    rewritten(runner, name, **({"environment": environment} if environment else {}))
    nothing_reached(live, runner, pulled(runner, workflow=name))
    # The same file can ask to run on a push to the very branch, or be started by hand there.
    for event in ("push", "workflow_dispatch"):
        jobs = runner.run(name, event=event, ref="refs/heads/feature", inputs={"do": "apply"})
        nothing_reached(live, runner, jobs)


def test_a_rewritten_workflow_where_any_branch_may_use_the_environment(
    live: Workspace, runner: Runner
) -> None:
    """What limiting it is for: the attack is a real one."""
    hub = runner.hub
    hub["environments"]["callrail"] = {"deployment_branch_policy": None, "protection_rules": []}
    runner.save(hub)
    live.declare(TAGS, head=HEAD.replace("{", "{deletes: 9, "))
    rewritten(runner, PLAN, environment="callrail")
    assert runner.key in pulled(runner)["plan"].log


def test_rewritten_requirements(live: Workspace, runner: Runner) -> None:
    """What a requirement brings along runs as the command itself."""
    live.declare(TAGS, head=HEAD)
    installed = runner.scratch / "python"
    kept = installed.read_text("utf-8")
    installed.write_text(f"#!/bin/bash\nenv\n{kept}", "utf-8")
    nothing_reached(live, runner, pulled(runner))
    installed.write_text("#!/bin/bash\nenv; exit 0\n", "utf-8")
    nothing_reached(live, runner, pulled(runner))


@pytest.mark.parametrize(
    "head",
    [
        HEAD.replace("limits:", "api_key_env: GITHUB_TOKEN\n    limits:"),
        HEAD.replace("limits:", "api_key_env: CALLRAIL_API_KEY\n    limits:"),
        HEAD + "gateway: maton\n",
    ],
    ids=["another secret", "the key", "the gateway"],
)
def test_a_hostile_configuration(live: Workspace, runner: Runner, head: str) -> None:
    live.declare(TAGS, head=head)
    nothing_reached(live, runner, pulled(runner))
    assert live.sandbox.log.entries == []


@pytest.mark.parametrize(
    ("repository", "branch"), [("acme/tags", "feature"), ("stranger/tags", "main")]
)
def test_a_planted_snapshot(live: Workspace, runner: Runner, repository: str, branch: str) -> None:
    live.declare(TAGS, head=HEAD)
    pulled(runner)
    honest = digest_of(comments(runner)[0])
    pulled(runner, repository, branch=branch)
    forged = live.directory.parent / "live.json"
    document = json.loads((runner.scratch / "jobs/plan/temp/live/live.json").read_text())
    document["accounts"][0]["tags"] = []
    forged.write_text(json.dumps(document), "utf-8")
    for name in ("live", "accepted"):
        runner.keep(name, forged)
    jobs = pulled(runner)
    assert results(jobs) == {"plan": "success"}, jobs["plan"].log
    assert digest_of(comments(runner)[0]) == honest


def test_a_forged_comment_or_plan_is_no_approval(reviewed: Workspace, runner: Runner) -> None:
    hub = runner.hub
    comment = hub["comments"]["7"][0]
    comment["body"] = comment["body"].replace(digest_of(comment), f"sha256:{'1' * 64}")
    runner.save(hub)
    assert results(merged(runner))["apply"] == "failure"
    assert reviewed.writes == []


@pytest.mark.parametrize("do", ["apply", "purge"])
def test_a_token_that_starts_workflows(reviewed: Workspace, runner: Runner, do: str) -> None:
    """A pull request's own workflow can ask for a token with which it starts others on main."""
    for digest in (digest_of(comments(runner)[0]), reviewed.document("plan")["digest"]):
        assert results(started(runner, do, digest, by="Bot")) == {"snapshot": "success"}
    assert reviewed.writes == []


PLANTED = ("venv", "pip", "reconciler", "json", "yaml", "click", "sitecustomize", "ensurepip")


def test_planted_modules(tmp_path: Path, workspace: Workspace) -> None:
    """The real Python makes and fills an environment beside files that are called as its own."""
    workflow = yaml.safe_load(workspace.read(f".github/workflows/{PLAN}"))
    (install,) = [one for one in workflow["jobs"]["plan"]["steps"] if one.get("name") == "Install"]
    ran = tmp_path / "ran"
    for number, name in enumerate(PLANTED):
        path = f"{name}.py" if number % 2 else f"{name}/__init__.py"
        (workspace.directory / path).parent.mkdir(exist_ok=True)
        workspace.write(path, f"open({str(ran)!r}, 'a').write({name!r})\n")
        (workspace.directory / f"{name}.pyc").write_bytes(b"")
    workspace.write("reconciler-requirements.txt", "")
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "python").symlink_to(sys.executable)
    environ = {
        "PATH": f"{programs}:/usr/bin:/bin",
        "RUNNER_TEMP": str(tmp_path),
        "PYTHONPATH": str(workspace.directory),
        "HOME": str(tmp_path),
    }
    done = subprocess.run(
        ["/bin/bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", install["run"]],
        cwd=workspace.directory, env=environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "reconciler/bin/python").exists()
    assert not ran.exists()


@pytest.mark.parametrize("name", ["out", "plan.json", "plan.md", "live.json", "live", "report.md"])
def test_planted_links(reviewed: Workspace, runner: Runner, name: str, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine", "utf-8")
    (reviewed.directory / name).symlink_to(victim)
    assert pulled(runner)["plan"].result == "success"
    jobs = merged(runner)
    assert jobs["apply"].result == "success", jobs["apply"].log
    assert victim.read_text("utf-8") == "mine"
    assert victim.stat().st_nlink == 1


def test_hostile_names_in_a_refusal(live: Workspace, runner: Runner) -> None:
    names = "\n".join(f"- name: {json.dumps(name)}" for name in BREAKOUTS)
    live.declare(names, head=HEAD)
    pulled(runner)
    live.declare("- name: Schedule requested\n  color: red1", head=HEAD)
    job = merged(runner)["apply"]
    assert job.result == "failure"
    refusal = comments(runner)[1]["body"]
    shown = [line for line in refusal.splitlines() if "@everyone" in line or "evil" in line]
    assert len(shown) == len(BREAKOUTS)
    assert all(line.startswith("    ") for line in shown)
    assert not [line for line in job.log.splitlines() if line.startswith("::set-output")]


BREAKOUTS = (
    "``` @everyone",
    "::set-output name=evil::x",
    "--> @everyone",
    "](https://evil.example)",
)
HOSTILE = (
    "$(touch owned)",
    "`touch owned`",
    "'; touch owned; '",
    "::set-output name=digest::x",
    "-->  <!-- reconciler: plan --> @everyone",
    "${{ secrets.CALLRAIL_API_KEY }}",
    "](https://evil.example) ![x](https://evil.example/x.png)",
    "Digest: sha256:0",
    "EOF\u200b%0Ahas_changes=false",
)


def test_hostile_names(live: Workspace, runner: Runner) -> None:
    names = "\n".join(f"- name: {json.dumps(name)}\n  note: {json.dumps(name)}" for name in HOSTILE)
    live.declare(names, head=HEAD)
    jobs = pulled(runner, branch="$(touch owned)`touch owned`")
    nothing_reached(live, runner, jobs)
    if jobs["plan"].result == "success":
        assert merged(runner)["apply"].result == "success"
    for place in (live.directory, runner.scratch):
        assert not list(place.rglob("owned"))
    assert not [line for line in jobs["plan"].log.splitlines() if line.startswith("::set-output")]
