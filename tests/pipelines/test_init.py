"""``init --ci``: the pipeline as it stands in the examples, whole or not at all."""

from __future__ import annotations

import json
import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
import yaml

from reconciler import __version__
from reconciler.cli import pipelines
from tests.cli_runner import run
from tests.pipelines.runner import ROOT

if TYPE_CHECKING:
    from pathlib import Path

GITHUB = {
    "reconciler.yaml",
    "reconciler-requirements.txt",
    ".github/workflows/reconciler-plan.yml",
    ".github/workflows/reconciler-apply.yml",
    ".github/workflows/reconciler-drift.yml",
}
GITLAB = {"reconciler.yaml", "reconciler-requirements.txt", ".gitlab-ci.yml"}
UPDATES = ".github/dependabot.yml"
ACCOUNT = "ACC019c46b8a0807fbdb81c8bf12af91cb"
CONFIGURATION = f"""\
version: 1
accounts:
  acme: {{id: {ACCOUNT}3, api_key_env: ACME_API_KEY}}
  beacon: {{id: {ACCOUNT}4, api_key_env: CALLRAIL_API_KEY}}
tags:
  - name: Spam
"""


def files(directory: Path) -> set[str]:
    return {str(path.relative_to(directory)) for path in directory.rglob("*") if not path.is_dir()}


@pytest.mark.parametrize(
    ("system", "expected"), [("github", {*GITHUB, UPDATES}), ("gitlab", GITLAB)]
)
def test_it_writes_the_examples_with_a_stamp(
    tmp_path: Path, system: str, expected: set[str]
) -> None:
    ran = run("init", "--ci", system, cwd=tmp_path)
    assert ran.code == 0
    assert files(tmp_path) == expected
    for path, name in pipelines.PIPELINES[system].items():
        stamp, text = (tmp_path / path).read_text().split("\n#\n", 1)
        assert stamp.startswith(f"# Written by reconciler {__version__}. ")
        assert text == (ROOT / "examples" / name).read_text()
    assert "is in no Git repository: the files belong at the top of one" in ran.err


@pytest.mark.parametrize(
    ("noted", "branch"),
    [("trunk", '"trunk"'), ("release/1", '"release/1"'), ("x]\n", "main"), ("", "main")],
)
def test_it_applies_what_is_merged_to_the_default_branch(
    tmp_path: Path, noted: str, branch: str
) -> None:
    head = tmp_path / ".git/refs/remotes/origin/HEAD"
    head.parent.mkdir(parents=True)
    head.write_text(f"ref: refs/remotes/origin/{noted}\n")
    assert run("init", "--ci", "github", cwd=tmp_path).code == 0
    written = (tmp_path / ".github/workflows/reconciler-apply.yml").read_text()
    assert f"\n    branches: [{branch}]\n" in written


@pytest.mark.parametrize(
    ("head", "branch"),
    [("ref: refs/heads/trunk\n", '"trunk"'), (f"{'0' * 40}\n", "main"), (None, "main")],
    ids=["on a branch", "on a commit", "a worktree"],
)
def test_what_was_never_cloned_applies_the_branch_that_is_checked_out(
    tmp_path: Path, head: str | None, branch: str
) -> None:
    if head is None:
        (tmp_path / ".git").write_text("gitdir: elsewhere\n")
    else:
        (tmp_path / ".git").mkdir()
        (tmp_path / ".git/HEAD").write_text(head)
    ran = run("init", "--ci", "github", cwd=tmp_path)
    assert ran.code == 0
    written = (tmp_path / ".github/workflows/reconciler-apply.yml").read_text()
    assert f"\n    branches: [{branch}]\n" in written
    assert f"It applies what is merged to {branch.strip(chr(34))}.\n" in ran.err


@pytest.mark.parametrize("folder", ["tags", "a b/it's [x]"])
def test_a_configuration_in_a_folder_has_its_pipeline_at_the_top(
    tmp_path: Path, folder: str
) -> None:
    (tmp_path / ".git").mkdir()
    home = tmp_path / folder
    home.mkdir(parents=True)
    assert run("init", ".", "--ci", "github", cwd=home).code == 0
    ours = {"reconciler.yaml", "reconciler-requirements.txt"}
    assert files(tmp_path) == {*(GITHUB - ours), UPDATES, *(f"{folder}/{one}" for one in ours)}
    for name in ("plan", "apply", "drift"):
        text = (tmp_path / f".github/workflows/reconciler-{name}.yml").read_text()
        document = yaml.safe_load(text)
        assert document["env"]["FOLDER"] == folder
        steps = [step for job in document["jobs"].values() for step in job["steps"]]
        inside = [one for one in steps if "reconciler/bin/python" in one.get("run", "")]
        assert len(inside) > 1
        assert {one["working-directory"] for one in inside} == {"${{ env.FOLDER }}"}
        if name == "apply":
            # The text's `on` is a truth value to YAML 1.1.
            (first, requirements) = document[True]["push"]["paths"]
            assert requirements == "reconciler-requirements.txt"
            assert first == folder.replace("[", r"\[").replace("]", r"\]") + "/**"
    updates = yaml.safe_load((tmp_path / UPDATES).read_text())["updates"]
    assert [one["directory"] for one in updates] == ["/", f"/{folder}"]


def test_a_configuration_at_the_top_is_applied_when_any_configuration_is_pushed(
    tmp_path: Path,
) -> None:
    assert run("init", "--ci", "github", cwd=tmp_path).code == 0
    text = (tmp_path / ".github/workflows/reconciler-apply.yml").read_text()
    expected = ["**.yaml", "**.yml", "reconciler-requirements.txt"]
    assert yaml.safe_load(text)[True]["push"]["paths"] == expected
    # A check that pull requests need must report, whatever they change.
    text = (tmp_path / ".github/workflows/reconciler-plan.yml").read_text()
    assert yaml.safe_load(text)[True] == {"pull_request": None, "merge_group": None}
    updates = yaml.safe_load((tmp_path / UPDATES).read_text())["updates"]
    assert [one["directory"] for one in updates] == ["/", "/"]


def test_updates_that_are_there_are_kept_and_it_is_reported_what_they_need(tmp_path: Path) -> None:
    (tmp_path / ".github").mkdir()
    (tmp_path / UPDATES).write_text("version: 2\n")
    ran = run("init", "--ci", "github", cwd=tmp_path)
    assert ran.code == 0
    assert (tmp_path / UPDATES).read_text() == "version: 2\n"
    assert f"{UPDATES} is there already: let it update github-actions, and pip in /.\n" in ran.err


def test_keys_of_accounts_are_passed_on_by_name(tmp_path: Path) -> None:
    (tmp_path / "reconciler.yaml").write_text(CONFIGURATION)
    assert run("init", "--ci", "github", cwd=tmp_path).code == 0
    for name, steps_with_a_key in (("plan", 0), ("apply", 7), ("drift", 1)):
        text = (tmp_path / f".github/workflows/reconciler-{name}.yml").read_text()
        jobs = yaml.safe_load(text)["jobs"].values()
        environs = [step.get("env", {}) for job in jobs for step in job["steps"]]
        keys = [one for one in environs if "MATON_API_KEY" in one]
        assert len(keys) == steps_with_a_key, name
        assert {one["ACME_API_KEY"] for one in keys} <= {"${{ secrets.ACME_API_KEY }}"}
        assert text.count("ACME_API_KEY") == 2 * steps_with_a_key


def test_each_account_is_planned_on_a_machine_of_its_own_where_that_is_asked_for(
    tmp_path: Path,
) -> None:
    (tmp_path / "reconciler.yaml").write_text(CONFIGURATION)
    assert run("init", "--ci", "github", "--each-account", cwd=tmp_path).code == 0
    text = (tmp_path / ".github/workflows/reconciler-plan.yml").read_text()
    jobs = yaml.safe_load(text)["jobs"]
    assert jobs["account"]["strategy"]["matrix"] == {"account": ["acme", "beacon"]}
    assert "ACCOUNTS: acme beacon\n" in text


@pytest.mark.parametrize("line", ["--ci github", "--ci gitlab", ""])
def test_a_machine_for_each_takes_several_accounts_on_github(tmp_path: Path, line: str) -> None:
    if "gitlab" in line:
        (tmp_path / "reconciler.yaml").write_text(CONFIGURATION)
    ran = run("init", *line.split(), "--each-account", cwd=tmp_path)
    assert ran.code == 64
    assert "--each-account is " in ran.err
    assert files(tmp_path) <= {"reconciler.yaml"}


def test_a_configuration_that_can_t_be_read_gets_no_pipeline(tmp_path: Path) -> None:
    (tmp_path / "reconciler.yaml").write_text("version: 1\nacounts: {}\n")
    ran = run("init", "--ci", "github", cwd=tmp_path)
    assert ran.code == 1
    assert "reconciler.yaml:2:1" in ran.err
    assert files(tmp_path) == {"reconciler.yaml"}


@pytest.mark.parametrize("system", ["github", "gitlab"])
def test_what_was_just_written_differs_in_nothing(tmp_path: Path, system: str) -> None:
    assert run("init", "--ci", system, cwd=tmp_path).code == 0
    there = files(tmp_path)
    ran = run("init", "--ci", system, "--diff", cwd=tmp_path)
    assert (ran.code, ran.out) == (0, "")
    assert f"The pipeline is the one that reconciler {__version__} writes." in ran.err
    assert files(tmp_path) == there


def test_the_difference_is_from_what_is_there_to_what_would_be_written(tmp_path: Path) -> None:
    assert run("init", "--ci", "github", cwd=tmp_path).code == 0
    drift = tmp_path / ".github/workflows/reconciler-drift.yml"
    drift.write_bytes(
        drift.read_bytes().replace(b"17 5 * * *", b"0 9 * * 1").replace(b"\n", b"\r\n")
    )
    (tmp_path / ".github/workflows/reconciler-plan.yml").unlink()
    requirements = tmp_path / "reconciler-requirements.txt"
    text = requirements.read_text()
    # Where the wheel is was filled in by hand: that is no difference.
    requirements.write_text(text.replace(f"sha256:{'0' * 64}", f"sha256:{'a' * 64}"))
    ran = run("init", "--ci", "github", "--diff", cwd=tmp_path)
    assert ran.code == 2
    assert '-    - cron: "0 9 * * 1"\n+    - cron: "17 5 * * *"\n' in ran.out
    assert "--- not there\n" in ran.out
    assert "+name: reconciler plan\n" in ran.out
    assert ran.out.count("\n+++ ") == 2


def test_a_difference_is_one_of_a_pipeline(tmp_path: Path) -> None:
    ran = run("init", "--diff", cwd=tmp_path)
    assert ran.code == 64
    assert "Add --ci github or --ci gitlab." in ran.err


@pytest.mark.parametrize("there", sorted(GITHUB - {"reconciler.yaml"}))
def test_nothing_is_written_where_one_file_is_there(tmp_path: Path, there: str) -> None:
    (tmp_path / there).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / there).write_text("mine")
    ran = run("init", "--ci", "github", cwd=tmp_path)
    assert ran.code == 5
    assert there in ran.err
    assert "Compare: reconciler init --ci github --diff." in ran.err
    assert files(tmp_path) == {there}
    assert (tmp_path / there).read_text() == "mine"


def test_a_link_that_leads_nowhere_counts_as_there(tmp_path: Path) -> None:
    (tmp_path / "reconciler.yaml").symlink_to(tmp_path / "nowhere")
    assert run("init", cwd=tmp_path).code == 5
    assert not (tmp_path / "nowhere").exists()


def test_an_imported_configuration_is_kept(tmp_path: Path) -> None:
    (tmp_path / "reconciler.yaml").write_text(CONFIGURATION)
    assert run("init", "--ci", "gitlab", cwd=tmp_path).code == 0
    assert (tmp_path / "reconciler.yaml").read_text() == CONFIGURATION
    assert files(tmp_path) == GITLAB


def test_a_file_that_cannot_be_written_takes_the_others_back(tmp_path: Path) -> None:
    (tmp_path / ".github").write_text("in the way")
    ran = run("init", "--ci", "github", cwd=tmp_path)
    assert ran.code == 64
    assert files(tmp_path) == {".github"}


def installed_from(monkeypatch: pytest.MonkeyPatch, noted: object) -> None:
    text = None if noted is None else json.dumps(noted)
    package = SimpleNamespace(read_text=lambda _: text)
    monkeypatch.setattr(pipelines, "distribution", lambda _: package)


def test_ci_installs_a_wheel_and_what_it_needs_by_hash(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wheel = {"url": "https://x.example/r.whl", "archive_info": {"hashes": {"sha256": "ff"}}}
    installed_from(monkeypatch, wheel)
    written = pipelines.requirements(pipelines.own_line())
    assert "\ncallrail-reconciler @ https://x.example/r.whl#sha256=ff\n" in written
    assert written.endswith((ROOT / "requirements/run.lock").read_text("utf-8"))


@pytest.mark.parametrize(
    "noted",
    [
        None,
        {"url": "https://git.example/r", "vcs_info": {"vcs": "git", "commit_id": "abc"}},
        {"url": "file:///home/me/reconciler", "dir_info": {}},
    ],
    ids=["index", "git", "directory"],
)
def test_requirements_fail_loudly_until_they_are_filled_in(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, noted: object
) -> None:
    installed_from(monkeypatch, noted)
    assert pipelines.own_line() is None
    written = pipelines.requirements(None)
    (line,) = [one for one in written.splitlines() if "callrail" in one and one[0] != "#"]
    (tmp_path / "one.txt").write_text(f"{line}\n")
    flags = ["--no-deps", "--no-index", "--require-hashes", "--requirement", "one.txt"]
    done = subprocess.run(
        [sys.executable, "-I", "-m", "pip", "install", *flags],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "No such file" in done.stderr
