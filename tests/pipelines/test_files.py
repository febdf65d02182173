"""What stands in the pipelines' files: their schemas, their linters, and what they must not do."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.pipelines.runner import ROOT

BIN = Path(sys.executable).parent
GITHUB = sorted((ROOT / "examples/ci/github").glob("*.yml"))
OWN = sorted((ROOT / ".github/workflows").glob("*.yml"))
GITLAB = ROOT / "examples/ci/gitlab/gitlab-ci.yml"
ACTION = ROOT / "action.yml"


def run(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("schema", "paths"),
    [
        ("github-workflows", [*GITHUB, *OWN]),
        ("github-actions", [ACTION]),
        ("dependabot", [ROOT / ".github/dependabot.yml"]),
        ("gitlab-ci", [GITLAB]),
    ],
)
def test_the_files_are_what_their_schemas_allow(schema: str, paths: list[Path]) -> None:
    run(BIN / "check-jsonschema", "--builtin-schema", f"vendor.{schema}", *paths)


def test_zizmor_finds_nothing_even_as_an_auditor() -> None:
    own = ROOT / ".github"
    run(BIN / "zizmor", "--offline", "--no-config", "--persona=auditor", *GITHUB, own, ACTION)


@pytest.mark.skipif(shutil.which("actionlint") is None, reason="actionlint is not installed")
def test_actionlint_finds_nothing() -> None:
    run("actionlint", *GITHUB, *OWN)


def test_pre_commit_takes_the_manifest() -> None:
    run(BIN / "pre-commit", "validate-manifest", ROOT / ".pre-commit-hooks.yaml")


def scripts(path: Path) -> list[str]:
    document = yaml.safe_load(path.read_text("utf-8"))
    jobs = document["jobs"].values() if "jobs" in document else [document["runs"]]
    return [step["run"] for job in jobs for step in job.get("steps", ()) if "run" in step]


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
@pytest.mark.parametrize("path", [*GITHUB, *OWN, ACTION], ids=lambda path: path.stem)
def test_shellcheck_finds_nothing(path: Path, tmp_path: Path) -> None:
    for number, script in enumerate(scripts(path)):
        (tmp_path / f"{number}.sh").write_text(script, "utf-8")
    run("shellcheck", "--shell", "bash", *tmp_path.iterdir())


@pytest.mark.parametrize("path", [*GITHUB, *OWN, ACTION], ids=lambda path: path.stem)
def test_no_expression_reaches_a_shell(path: Path) -> None:
    assert scripts(path)
    assert not [script for script in scripts(path) if "${{" in script]


@pytest.mark.parametrize("path", [*GITHUB, *OWN, ACTION], ids=lambda path: path.stem)
def test_every_action_is_pinned_to_a_commit_with_its_version(path: Path) -> None:
    uses = re.findall(r"uses: (?!\./)(.*)", path.read_text("utf-8"))
    assert uses
    pinned = re.compile(r"(actions/[a-z-]+|pypa/gh-action-pypi-publish)@[0-9a-f]{40} # v[\d.]+\d")
    assert all(pinned.fullmatch(one) for one in uses)


@pytest.mark.parametrize("path", GITHUB, ids=lambda path: path.stem)
def test_jobs_get_no_more_than_they_need(path: Path) -> None:
    workflow: dict[Any, Any] = yaml.safe_load(path.read_text("utf-8"))
    triggers = workflow[True]  # YAML 1.1 reads `on` as true
    assert "pull_request_target" not in triggers
    assert workflow["permissions"] == {}
    assert workflow["defaults"]["run"]["shell"] == "bash", "with pipefail"
    for job in workflow["jobs"].values():
        assert "concurrency" in {*workflow, *job}
        assert job["permissions"]["contents"] == "read"
        assert "environment" in job or "secrets." not in str(job)
        assert job["timeout-minutes"] <= 60


def test_what_publishes_has_no_secret_and_runs_after_the_tests() -> None:
    workflow: dict[Any, Any] = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text())
    jobs = workflow["jobs"]
    assert "secrets." not in str(workflow)
    assert list(workflow[True]) == ["push"]
    assert list(workflow[True]["push"]) == ["tags"]
    assert workflow["permissions"] == {}
    signing = [name for name, job in jobs.items() if job["permissions"].get("id-token") == "write"]
    assert signing == ["attest", "publish"]
    assert jobs["publish"]["environment"]["name"] == "pypi"
    assert (jobs["attest"]["needs"], jobs["publish"]["needs"]) == (["test", "build"], "attest")
    for name in signing:
        assert not [
            step for step in jobs[name]["steps"] if "run" in step or "checkout" in str(step)
        ]


def test_every_python_that_the_package_names_is_tested() -> None:
    matrix = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text("utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    named = [one.rpartition(" ")[2] for one in project["classifiers"] if ":: Python :: 3." in one]
    assert matrix["jobs"]["test"]["strategy"]["matrix"]["python"] == named


def test_whoever_writes_waits_in_line_and_nobody_is_dropped() -> None:
    jobs = yaml.safe_load((ROOT / "examples/ci/github/apply.yml").read_text("utf-8"))["jobs"]
    writing = {name for name, job in jobs.items() if " apply " in str(job["steps"])}
    assert writing == {"apply", "continue", "purge"}
    for name in writing:
        assert jobs[name]["concurrency"] == {
            "group": "reconciler-write", "cancel-in-progress": False, "queue": "max",
        }  # fmt: skip
    deleting = {name for name, job in jobs.items() if "--allow-deletes" in str(job["steps"])}
    assert deleting == {"purge"}
    environments = {name: job.get("environment") for name, job in jobs.items()}
    assert environments == {
        "apply": "callrail", "continue": "callrail", "purge": "callrail-purge", "report": None,
        "snapshot": "callrail",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["plan", "many-accounts"])
def test_what_pull_requests_run_has_no_key(name: str) -> None:
    text = (ROOT / f"examples/ci/github/{name}.yml").read_text("utf-8")
    assert "secrets" not in text
    assert "environment:" not in text


@pytest.mark.parametrize("path", [*GITHUB, ACTION], ids=lambda path: path.stem)
def test_every_python_starts_isolated(path: Path) -> None:
    for script in scripts(path):
        starts = re.findall(r"(?:python|\$PYTHON)\"? ([^\s\]]+)", script)
        assert set(starts) <= {"-I"}


@pytest.mark.parametrize("path", [ROOT / "examples/ci/github/apply.yml", ACTION], ids=str)
def test_what_writes_replaces_its_shell_so_that_a_cancel_reaches_it(path: Path) -> None:
    writes = [one for one in scripts(path) if re.search(r"-m reconciler (apply|\"\$)", one)]
    assert writes
    for script in writes:
        last = script.replace("\\\n", "").strip().splitlines()[-1]
        assert last.startswith("exec ")


@pytest.mark.parametrize("name", ["run", "build", "dev", "release"])
def test_a_lock_names_no_place_to_get_packages_from(name: str) -> None:
    lock = (ROOT / f"requirements/{name}.lock").read_text("utf-8")
    assert "--hash=sha256:" in lock
    assert "://" not in lock
