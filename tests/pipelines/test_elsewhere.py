"""Other systems than GitHub and GitLab: their files are what schemas allow, and what they run."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from reconciler.cli.group import EXIT_CODES
from reconciler.sandbox import Options, Sandbox
from tests.e2e.workspace import Workspace
from tests.pipelines.runner import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = (ROOT / "docs/ci.md").read_text("utf-8")
AZURE = ROOT / "examples/ci/azure/azure-pipelines.yml"
INSTALL = ROOT / "examples/ci/azure/install.yml"
BITBUCKET = ROOT / "examples/ci/bitbucket/bitbucket-pipelines.yml"
CHECK = Path(sys.executable).with_name("check-jsonschema")
DECLARED = """
- name: Quote requested
- name: Old campaign
  state: absent
  note: Over.
"""


@pytest.mark.parametrize(
    "flags",
    [
        ("--data-transform=azure-pipelines", "--regex-variant=nonunicode", AZURE, INSTALL),
        (BITBUCKET,),
    ],
    ids=["azure", "bitbucket"],
)
def test_the_files_are_what_their_schemas_allow(flags: tuple[str | Path, ...]) -> None:
    kind = "azure" if AZURE in flags else "bitbucket"
    command = [CHECK, f"--builtin-schema=vendor.{kind}-pipelines", *flags]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def azure_jobs() -> dict[str, dict[str, Any]]:
    """Jobs by name, each with its steps."""
    jobs = {}
    for job in yaml.safe_load(AZURE.read_text("utf-8"))["jobs"]:
        steps = job.get("steps") or job["strategy"]["runOnce"]["deploy"]["steps"]
        jobs[job.get("job") or job["deployment"]] = {**job, "steps": steps}
    return jobs


def azure_scripts() -> dict[str, str]:
    """What each job runs in a shell."""
    return {
        name: "\n".join(
            step["bash"].replace("exec ", "") for step in job["steps"] if "bash" in step
        )
        for name, job in azure_jobs().items()
    }


def bitbucket_steps() -> dict[str, dict[str, Any]]:
    """Steps by the name of their job."""
    pipelines = yaml.safe_load(BITBUCKET.read_text("utf-8"))["pipelines"]
    (plan,) = pipelines["pull-requests"]["**"]
    (apply,) = pipelines["branches"]["main"]
    custom = {name: steps[-1] for name, steps in pipelines["custom"].items()}
    steps = {"plan": plan, "apply": apply, **custom}
    return {name: step["step"] for name, step in steps.items()}


def bitbucket_scripts() -> dict[str, str]:
    """What each job runs in a shell, but for the installation."""
    return {name: "\n".join(step["script"][2:]) for name, step in bitbucket_steps().items()}


JOBS = ("plan", "apply", "purge", "snapshot", "drift")


def test_both_have_the_five_jobs_of_the_page() -> None:
    named = re.findall(r"^\| ([a-z]+) \| .* `reconciler ", PAGE, re.MULTILINE)
    assert sorted(named) == sorted(JOBS) == sorted(azure_scripts()) == sorted(bitbucket_scripts())


def test_no_pull_request_reaches_a_key() -> None:
    assert "variables" not in azure_jobs()["plan"]
    assert "API_KEY" not in str(azure_jobs()["plan"])
    assert azure_jobs()["plan"]["condition"] == "eq(variables['Build.Reason'], 'PullRequest')"
    for name in ("apply", "purge"):
        assert (
            "eq(variables['Build.SourceBranch'], 'refs/heads/main')"
            in azure_jobs()[name]["condition"]
        )
    assert "deployment" not in bitbucket_steps()["plan"]
    assert all("deployment" in step for name, step in bitbucket_steps().items() if name != "plan")


@pytest.mark.parametrize(
    "scripts", [azure_scripts(), bitbucket_scripts()], ids=["azure", "bitbucket"]
)
def test_every_command_runs_isolated_and_only_purge_deletes(scripts: dict[str, str]) -> None:
    for name, script in scripts.items():
        commands = re.findall(r"^(.*)-m reconciler (.*)$", script, re.MULTILINE)
        assert commands
        assert all(before.endswith(" -I ") for before, _ in commands)
        assert ("--allow-deletes" in script) == (name == "purge")
        assert ("--no-deletes" in script) == (name == "apply")


def test_everything_is_installed_by_hash() -> None:
    for path in (INSTALL, BITBUCKET):
        installs = re.findall(r"pip install (.*)", path.read_text("utf-8"))
        assert installs
        assert all(
            "--require-hashes --requirement reconciler-requirements.txt" in one for one in installs
        )


def test_the_pages_exit_codes_are_those_of_the_help() -> None:
    table = PAGE.partition("## Exit codes\n")[2].partition("\n## ")[0]
    codes = re.findall(r"^\| ([0-9, ]+) \|", table, re.MULTILINE)
    assert codes == [code for code, _meaning in EXIT_CODES]


def test_what_the_page_points_at_is_there() -> None:
    for path in re.findall(r"\]\(([^)#]+)", PAGE):
        assert (ROOT / "docs" / path).exists(), path


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """A checkout on main with a remote, and a tag that is in nobody's use."""
    with Sandbox(Options(seed="reference")) as sandbox:
        repository = tmp_path / "repository"
        repository.mkdir()
        workspace = Workspace.at(repository, sandbox)
        workspace.declare("- name: Old campaign")
        workspace.apply()
        workspace.declare(DECLARED)
        program = tmp_path / "reconciler" / "bin" / "python"
        program.parent.mkdir(parents=True)
        program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n', "utf-8")
        program.chmod(0o755)
        git = "git -c init.defaultBranch=main -c user.name=a -c user.email=a@example.com"
        shell(
            workspace,
            f"{git} init -q --bare ../origin; {git} init -q; {git} add .; {git} commit -qm a",
        )
        shell(workspace, f"{git} remote add origin ../origin; {git} push -q origin main")
        yield workspace


def shell(workspace: Workspace, script: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a job's script in the checkout as a runner does."""
    temporary = str(workspace.directory.parent)
    quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "HOME": temporary}
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script.replace("/opt/", f"{temporary}/")],
        cwd=workspace.directory,
        env={"PATH": os.environ["PATH"], "AGENT_TEMPDIRECTORY": temporary, **quiet, **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def digest(text: str) -> str:
    return str(re.findall(r"^Digest: (sha256:[0-9a-f]{64})$", text, re.MULTILINE)[-1])


@pytest.mark.parametrize(
    "scripts", [azure_scripts(), bitbucket_scripts()], ids=["azure", "bitbucket"]
)
def test_the_jobs_lead_from_a_pull_request_to_a_quiet_drift(
    workspace: Workspace, scripts: dict[str, str]
) -> None:
    assert shell(workspace, scripts["snapshot"], **workspace.environ).returncode == 0
    shell(
        workspace, "cp live.json ..; git checkout -qf main; git branch -q -D callrail-live || true"
    )
    without_key = {"RECONCILER_API_URL": workspace.environ["RECONCILER_API_URL"]}
    plan = shell(workspace, scripts["plan"], **without_key)
    assert plan.returncode == 0, plan.stderr
    assert "+ create  Quote requested" in plan.stdout
    assert "- trash   Old campaign" in plan.stdout  # nobody knows offline that it is not in use
    before = len(workspace.writes)
    assert shell(workspace, scripts["drift"], **workspace.environ).returncode == 2
    assert len(workspace.writes) == before
    apply = shell(workspace, scripts["apply"], **workspace.environ)
    assert apply.returncode == 0, apply.stderr
    assert {"Quote requested", "Old campaign"} <= workspace.tags().keys()
    shell(workspace, "git checkout -qf main")
    wrong = shell(workspace, scripts["purge"], DIGEST=f"sha256:{0:064}", **workspace.environ)
    assert wrong.returncode == 5
    assert "Old campaign" in workspace.tags()
    purge = shell(workspace, scripts["purge"], DIGEST=digest(apply.stdout), **workspace.environ)
    assert purge.returncode == 0, purge.stderr
    assert "Old campaign" not in workspace.tags()
    assert shell(workspace, scripts["drift"], **workspace.environ).returncode == 0


def test_the_pages_own_commands_lead_there_too(workspace: Workspace) -> None:
    workspace.declare("- name: Quote requested")
    (script,) = re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = shell(workspace, script, **workspace.environ, PATH=path)
    assert done.returncode == 0, done.stderr
    assert "Quote requested" in workspace.tags()
