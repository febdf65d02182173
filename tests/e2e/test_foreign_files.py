"""Files that a pull request or an artifact may hold: what is read, what is shown, what is left."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from reconciler.document import dump, load_plan, plan_document
from reconciler.model.problem import Source

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.workspace import Workspace

TAG = "- name: Returning client\n  color: blue1"
SECRET = "token: hunter2hunter2\n\t["


@pytest.fixture
def secret(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that is nobody's configuration, called like one."""
    path = tmp_path_factory.mktemp("home") / "hosts.yml"
    path.write_text(SECRET)
    return path


def expect_unread(workspace: Workspace, line: str) -> None:
    ran = workspace.run(line)
    assert ran.code == 1, ran.out + ran.err
    assert "not read" in ran.out + ran.err
    assert "hunter2" not in ran.out + ran.err


@pytest.mark.parametrize("command", ["validate", "plan", "drift", "import", "apply"])
def test_no_link_shows_a_line_of_another_file(
    workspace: Workspace, secret: Path, command: str
) -> None:
    workspace.environ["GITHUB_ACTIONS"] = "true"
    (workspace.directory / "reconciler.yaml").symlink_to(secret)
    expect_unread(workspace, command)
    (workspace.directory / "reconciler.yaml").unlink()
    workspace.declare(TAG)
    (workspace.directory / "more").symlink_to(secret.parent, target_is_directory=True)
    expect_unread(workspace, f"{command} -c .")
    workspace.environ["RECONCILER_CONFIG"] = "more"
    expect_unread(workspace, command)


def test_no_file_of_another_name_is_shown(workspace: Workspace) -> None:
    for name in ("shadow", ".netrc", "config.json", ".git-credentials"):
        workspace.write(name, SECRET)
        expect_unread(workspace, f"validate -c {name}")


def with_source(workspace: Workspace, source: Source) -> None:
    """Save a plan that fails when it is applied, declared at ``source``."""
    workspace.declare("- name: Returning client\n  color: nocolour")
    assert workspace.run("plan --out plan.json").code == 0
    plan = load_plan(workspace.read("plan.json"))
    changes = tuple(replace(change, source=source) for change in plan.changes)
    warnings = tuple(
        one._replace(marks=tuple(mark._replace(source=source, text="") for mark in one.marks))
        for one in plan.warnings
    )
    altered = replace(plan, changes=changes, warnings=warnings)
    workspace.write("plan.json", dump(plan_document(altered)))


@pytest.mark.parametrize("github", ["true", ""])
@pytest.mark.parametrize("command", ["show plan.json", "apply plan.json"])
def test_a_saved_plan_makes_no_file_readable(
    workspace: Workspace, secret: Path, command: str, github: str
) -> None:
    workspace.environ["GITHUB_ACTIONS"] = github
    with_source(workspace, Source(str(secret), 1, 1))
    for config in ("", " -c reconciler.yaml"):
        if config and command.startswith("show"):
            continue
        ran = workspace.run(command + config)
        assert "hosts.yml:1" in ran.out + ran.err
        assert "hunter2" not in ran.out + ran.err


def test_a_line_of_the_configuration_is_shown_where_it_is_loaded(workspace: Workspace) -> None:
    workspace.sandbox.faults.add("POST * status=422")
    workspace.declare(TAG)
    assert workspace.run("plan --out plan.json").code == 0
    assert "| - name: Returning client" in _squeezed(workspace.run("apply --auto-approve").err)
    assert "| - name: Returning" in _squeezed(
        workspace.run("apply plan.json -c reconciler.yaml").err
    )
    workspace.write("elsewhere.yaml", workspace.read("reconciler.yaml"))
    (workspace.directory / "reconciler.yaml").unlink()
    assert "| - name: Returning" not in _squeezed(workspace.run("apply plan.json").err)


def _squeezed(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_what_is_written_is_the_owners_to_read(workspace: Workspace, umask: int) -> None:
    workspace.declare(TAG)
    workspace.write("r.json", "someone's")
    (workspace.directory / "r.json").chmod(0o666)
    before = os.umask(umask)
    try:
        assert workspace.run("snapshot --out live.json").code == 0
        reports = "--report json=r.json --report html=r.html --report gitlab=r.gitlab"
        assert workspace.run(f"plan --out plan.json {reports}").code == 0
        assert workspace.run("apply plan.json --report markdown=r.md").code == 0
    finally:
        os.umask(before)
    for name in ("live.json", "plan.json", "r.json", "r.html", "r.gitlab", "r.md"):
        assert stat.S_IMODE((workspace.directory / name).stat().st_mode) == 0o600, name


@pytest.mark.parametrize("flag", ["--out {}", "--report json={}", "--report html={}"])
def test_nothing_is_written_where_a_link_leads_out(
    workspace: Workspace, secret: Path, flag: str
) -> None:
    workspace.declare(TAG)
    (workspace.directory / "file").symlink_to(secret)
    (workspace.directory / "folder").symlink_to(secret.parent, target_is_directory=True)
    (workspace.directory / "loop").symlink_to("loop")
    for path in ("file", "folder/hosts.yml", "folder/new.json", "loop"):
        ran = workspace.run(f"plan {flag.format(path)}")
        assert ran.code == 64, path
        assert "symbolic link" in ran.err
    assert workspace.sandbox.log.entries == []
    assert secret.read_text() == SECRET
    assert [path.name for path in secret.parent.iterdir()] == ["hosts.yml"]


def test_links_that_stay_are_written_through(workspace: Workspace) -> None:
    workspace.declare(TAG)
    (workspace.directory / "out").mkdir()
    (workspace.directory / "here").symlink_to("out", target_is_directory=True)
    assert (
        workspace.run(f"plan --out here/plan.json --report json={workspace.directory}/r.json").code
        == 0
    )
    assert (workspace.directory / "out" / "plan.json").exists()


BROKEN = "version: 1\nacounts: {}\n"


@pytest.mark.parametrize(
    "line",
    [
        "plan --out plan.json",
        "plan --out=plan.json --bogus",
        "plan --out plan.json --format xml",
        "plan --out link.json",
        "plan --out plan.json --report json=no/r.json",
    ],
)
def test_a_failed_run_leaves_no_older_plan(workspace: Workspace, line: str) -> None:
    workspace.declare(TAG)
    assert workspace.run("plan --out plan.json").code == 0
    (workspace.directory / "link.json").symlink_to("plan.json")
    workspace.write("reconciler.yaml", BROKEN)
    assert workspace.run(line).code in {1, 64}
    ran = workspace.run("apply plan.json")
    assert ran.code == 1
    assert "plan.json can't be read" in ran.err
    assert workspace.writes == []


def test_a_run_that_meets_no_server_leaves_no_older_plan(workspace: Workspace) -> None:
    workspace.declare(TAG)
    assert workspace.run("plan --out plan.json").code == 0
    workspace.environ["RECONCILER_API_URL"] = "http://127.0.0.1:9"
    assert workspace.run("plan --out plan.json").code == 1
    assert not (workspace.directory / "plan.json").exists()


def test_a_plan_that_was_written_stays_whatever_comes_after(workspace: Workspace) -> None:
    workspace.declare("- name: Returning client\n  state: absent\n  note: gone")
    assert (
        workspace.run("plan --out plan.json --detailed-exitcode --report json=/dev/full").code == 1
    )
    assert json.loads(workspace.read("plan.json"))["format_version"] == "1"


def test_what_is_no_plan_is_not_removed_by_a_run_that_fails(workspace: Workspace) -> None:
    workspace.write("reconciler.yaml", BROKEN)
    workspace.write("notes", "mine")
    assert workspace.run("plan --out reconciler.yaml").code == 1
    assert workspace.run("plan --out notes").code == 1
    assert (workspace.read("reconciler.yaml"), workspace.read("notes")) == (BROKEN, "mine")


def test_a_snapshot_that_is_read_is_not_removed_first(workspace: Workspace) -> None:
    workspace.declare(TAG)
    assert workspace.run("snapshot --out live.json").code == 0
    assert workspace.run("plan --live live.json --out ./live.json").code == 0
    assert "digest" in workspace.read("live.json")
