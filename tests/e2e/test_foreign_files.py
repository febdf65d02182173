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

    from tests.e2e.desk import Desk

TAG = "- name: Returning client\n  color: blue1"
SECRET = "token: hunter2hunter2\n\t["


@pytest.fixture
def secret(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that is nobody's configuration, called like one."""
    path = tmp_path_factory.mktemp("home") / "hosts.yml"
    path.write_text(SECRET)
    return path


def expect_unread(desk: Desk, line: str) -> None:
    ran = desk.run(line)
    assert ran.code == 1, ran.out + ran.err
    assert "not read" in ran.out + ran.err
    assert "hunter2" not in ran.out + ran.err


@pytest.mark.parametrize("command", ["validate", "plan", "drift", "import", "apply"])
def test_no_link_shows_a_line_of_another_file(desk: Desk, secret: Path, command: str) -> None:
    desk.environ["GITHUB_ACTIONS"] = "true"
    (desk.directory / "reconciler.yaml").symlink_to(secret)
    expect_unread(desk, command)
    (desk.directory / "reconciler.yaml").unlink()
    desk.declare(TAG)
    (desk.directory / "more").symlink_to(secret.parent, target_is_directory=True)
    expect_unread(desk, f"{command} -c .")
    desk.environ["RECONCILER_CONFIG"] = "more"
    expect_unread(desk, command)


def test_no_file_of_another_name_is_shown(desk: Desk) -> None:
    for name in ("shadow", ".netrc", "config.json", ".git-credentials"):
        desk.write(name, SECRET)
        expect_unread(desk, f"validate -c {name}")


def with_source(desk: Desk, source: Source) -> None:
    """Save a plan that fails when it is applied, declared at ``source``."""
    desk.declare("- name: Returning client\n  color: nocolour")
    assert desk.run("plan --out plan.json").code == 0
    plan = load_plan(desk.read("plan.json"))
    changes = tuple(replace(change, source=source) for change in plan.changes)
    warnings = tuple(
        one._replace(marks=tuple(mark._replace(source=source, text="") for mark in one.marks))
        for one in plan.warnings
    )
    altered = replace(plan, changes=changes, warnings=warnings)
    desk.write("plan.json", dump(plan_document(altered)))


@pytest.mark.parametrize("github", ["true", ""])
@pytest.mark.parametrize("command", ["show plan.json", "apply plan.json"])
def test_a_saved_plan_makes_no_file_readable(
    desk: Desk, secret: Path, command: str, github: str
) -> None:
    desk.environ["GITHUB_ACTIONS"] = github
    with_source(desk, Source(str(secret), 1, 1))
    for config in ("", " -c reconciler.yaml"):
        if config and command.startswith("show"):
            continue
        ran = desk.run(command + config)
        assert "hosts.yml:1" in ran.out + ran.err
        assert "hunter2" not in ran.out + ran.err


def test_a_line_of_the_configuration_is_shown_where_it_is_loaded(desk: Desk) -> None:
    desk.sandbox.faults.add("POST * status=422")
    desk.declare(TAG)
    assert desk.run("plan --out plan.json").code == 0
    assert "| - name: Returning client" in _squeezed(desk.run("apply --auto-approve").err)
    assert "| - name: Returning" in _squeezed(desk.run("apply plan.json -c reconciler.yaml").err)
    desk.write("elsewhere.yaml", desk.read("reconciler.yaml"))
    (desk.directory / "reconciler.yaml").unlink()
    assert "| - name: Returning" not in _squeezed(desk.run("apply plan.json").err)


def _squeezed(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_what_is_written_is_the_owners_to_read(desk: Desk, umask: int) -> None:
    desk.declare(TAG)
    desk.write("r.json", "someone's")
    (desk.directory / "r.json").chmod(0o666)
    before = os.umask(umask)
    try:
        assert desk.run("snapshot --out live.json").code == 0
        reports = "--report json=r.json --report html=r.html --report gitlab=r.gitlab"
        assert desk.run(f"plan --out plan.json {reports}").code == 0
        assert desk.run("apply plan.json --report markdown=r.md").code == 0
    finally:
        os.umask(before)
    for name in ("live.json", "plan.json", "r.json", "r.html", "r.gitlab", "r.md"):
        assert stat.S_IMODE((desk.directory / name).stat().st_mode) == 0o600, name


@pytest.mark.parametrize("flag", ["--out {}", "--report json={}", "--report html={}"])
def test_nothing_is_written_where_a_link_leads_out(desk: Desk, secret: Path, flag: str) -> None:
    desk.declare(TAG)
    (desk.directory / "file").symlink_to(secret)
    (desk.directory / "folder").symlink_to(secret.parent, target_is_directory=True)
    (desk.directory / "loop").symlink_to("loop")
    for path in ("file", "folder/hosts.yml", "folder/new.json", "loop"):
        ran = desk.run(f"plan {flag.format(path)}")
        assert ran.code == 64, path
        assert "symbolic link" in ran.err
    assert desk.sandbox.log.entries == []
    assert secret.read_text() == SECRET
    assert [path.name for path in secret.parent.iterdir()] == ["hosts.yml"]


def test_links_that_stay_are_written_through(desk: Desk) -> None:
    desk.declare(TAG)
    (desk.directory / "out").mkdir()
    (desk.directory / "here").symlink_to("out", target_is_directory=True)
    assert desk.run(f"plan --out here/plan.json --report json={desk.directory}/r.json").code == 0
    assert (desk.directory / "out" / "plan.json").exists()


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
def test_a_failed_run_leaves_no_older_plan(desk: Desk, line: str) -> None:
    desk.declare(TAG)
    assert desk.run("plan --out plan.json").code == 0
    (desk.directory / "link.json").symlink_to("plan.json")
    desk.write("reconciler.yaml", BROKEN)
    assert desk.run(line).code in {1, 64}
    ran = desk.run("apply plan.json")
    assert ran.code == 1
    assert "plan.json can't be read" in ran.err
    assert desk.writes == []


def test_a_run_that_meets_no_server_leaves_no_older_plan(desk: Desk) -> None:
    desk.declare(TAG)
    assert desk.run("plan --out plan.json").code == 0
    desk.environ["RECONCILER_API_URL"] = "http://127.0.0.1:9"
    assert desk.run("plan --out plan.json").code == 1
    assert not (desk.directory / "plan.json").exists()


def test_a_plan_that_was_written_stays_whatever_comes_after(desk: Desk) -> None:
    desk.declare("- name: Returning client\n  state: absent\n  note: gone")
    assert desk.run("plan --out plan.json --detailed-exitcode --report json=/dev/full").code == 1
    assert json.loads(desk.read("plan.json"))["format_version"] == "1"


def test_what_is_no_plan_is_not_removed_by_a_run_that_fails(desk: Desk) -> None:
    desk.write("reconciler.yaml", BROKEN)
    desk.write("notes", "mine")
    assert desk.run("plan --out reconciler.yaml").code == 1
    assert desk.run("plan --out notes").code == 1
    assert (desk.read("reconciler.yaml"), desk.read("notes")) == (BROKEN, "mine")


def test_a_snapshot_that_is_read_is_not_removed_first(desk: Desk) -> None:
    desk.declare(TAG)
    assert desk.run("snapshot --out live.json").code == 0
    assert desk.run("plan --live live.json --out ./live.json").code == 0
    assert "digest" in desk.read("live.json")
