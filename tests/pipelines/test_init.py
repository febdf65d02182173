"""``init --ci``: the pipeline as it stands in the examples, whole or not at all."""

from __future__ import annotations

import json
import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

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
GITLAB = {"reconciler.yaml", ".gitlab/reconciler.txt", ".gitlab-ci.yml"}


def files(directory: Path) -> set[str]:
    return {str(path.relative_to(directory)) for path in directory.rglob("*") if not path.is_dir()}


@pytest.mark.parametrize(("system", "expected"), [("github", GITHUB), ("gitlab", GITLAB)])
def test_it_writes_the_examples(tmp_path: Path, system: str, expected: set[str]) -> None:
    ran = run("init", "--ci", system, cwd=tmp_path)
    assert ran.code == 0
    assert files(tmp_path) == expected
    for path, name in pipelines.PIPELINES[system].items():
        assert (tmp_path / path).read_text() == (ROOT / "examples" / name).read_text()


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


@pytest.mark.parametrize("there", sorted(GITHUB - {"reconciler.yaml"}))
def test_nothing_is_written_where_one_file_is_there(tmp_path: Path, there: str) -> None:
    (tmp_path / there).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / there).write_text("mine")
    ran = run("init", "--ci", "github", cwd=tmp_path)
    assert ran.code == 5
    assert there in ran.err
    assert files(tmp_path) == {there}
    assert (tmp_path / there).read_text() == "mine"


def test_a_link_that_leads_nowhere_counts_as_there(tmp_path: Path) -> None:
    (tmp_path / "reconciler.yaml").symlink_to(tmp_path / "nowhere")
    assert run("init", cwd=tmp_path).code == 5
    assert not (tmp_path / "nowhere").exists()


def test_an_imported_configuration_is_kept(tmp_path: Path) -> None:
    (tmp_path / "reconciler.yaml").write_text("version: 1\n")
    assert run("init", "--ci", "gitlab", cwd=tmp_path).code == 0
    assert (tmp_path / "reconciler.yaml").read_text() == "version: 1\n"
    assert files(tmp_path) == GITLAB


def test_a_file_that_cannot_be_written_takes_the_others_back(tmp_path: Path) -> None:
    (tmp_path / ".github").write_text("in the way")
    ran = run("init", "--ci", "github", cwd=tmp_path)
    assert ran.code == 64
    assert files(tmp_path) == {".github"}


@pytest.mark.parametrize(
    ("noted", "line"),
    [
        (None, "# It was installed from"),
        (
            {"url": "https://git.example/r", "vcs_info": {"vcs": "git", "commit_id": "abc"}},
            "callrail-reconciler @ git+https://git.example/r@abc",
        ),
        (
            {"url": "https://x.example/r.whl", "archive_info": {"hashes": {"sha256": "ff"}}},
            "callrail-reconciler @ https://x.example/r.whl#sha256=ff",
        ),
        ({"url": "file:///home/me/reconciler", "dir_info": {}}, "# It was installed from"),
    ],
    ids=["index", "git", "archive", "directory"],
)
def test_ci_installs_what_wrote_its_pipeline(
    monkeypatch: pytest.MonkeyPatch, noted: object, line: str
) -> None:
    installed_from(monkeypatch, noted)
    written = pipelines.pipeline_files("gitlab")[".gitlab/reconciler.txt"]
    assert written.splitlines()[1].startswith(line)


def installed_from(monkeypatch: pytest.MonkeyPatch, noted: object) -> None:
    text = None if noted is None else json.dumps(noted)
    package = SimpleNamespace(read_text=lambda _: text)
    monkeypatch.setattr(pipelines, "distribution", lambda _: package)


def test_github_installs_a_wheel_and_what_it_needs_by_hash(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wheel = {"url": "https://x.example/r.whl", "archive_info": {"hashes": {"sha256": "ff"}}}
    installed_from(monkeypatch, wheel)
    written = pipelines.pipeline_files("github")["reconciler-requirements.txt"]
    assert "\ncallrail-reconciler @ https://x.example/r.whl#sha256=ff\n" in written
    assert written.endswith((ROOT / "requirements/run.lock").read_text("utf-8"))
    assert pipelines.filled_in("github")


@pytest.mark.parametrize(
    "noted",
    [None, {"url": "https://git.example/r", "vcs_info": {"vcs": "git", "commit_id": "abc"}}],
    ids=["index", "git"],
)
def test_github_s_requirements_fail_loudly_until_they_are_filled_in(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, noted: object
) -> None:
    installed_from(monkeypatch, noted)
    assert not pipelines.filled_in("github")
    written = pipelines.pipeline_files("github")["reconciler-requirements.txt"]
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
