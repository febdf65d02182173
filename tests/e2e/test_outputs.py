"""Where a run's result goes: files, pipes and streams that fail, and what the run says then."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from reconciler.sandbox import Options, Sandbox, Switches
from reconciler.sandbox.seeds.bulk import ACCOUNT
from tests.cli_runner import direct
from tests.e2e.test_installed import COMMAND, environment
from tests.e2e.workspace import Workspace

NEW_TAG = "- name: Nouvelle étiquette\n  color: blue1"
FORMS = ("json", "text", "markdown", "html", "gitlab")


def shell(workspace: Workspace, line: str, **more: str) -> subprocess.CompletedProcess[bytes]:
    """Run ``line`` in a shell that knows the command as $R."""
    return subprocess.run(
        ["bash", "-c", line],
        cwd=workspace.directory,
        env=environment(**direct(workspace.sandbox), R=COMMAND, **more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("command", ["plan --out no/plan.json", "apply --report json=no/r.json"])
def test_a_path_that_cannot_be_written_is_refused_before_any_request(
    workspace: Workspace, command: str
) -> None:
    workspace.declare(NEW_TAG)
    before = len(workspace.sandbox.log.entries)
    ran = workspace.run(command)
    assert ran.code == 64
    assert "no directory" in ran.err
    assert len(workspace.sandbox.log.entries) == before


def test_an_apply_whose_report_is_lost_reports_it_and_is_no_success(workspace: Workspace) -> None:
    workspace.declare(NEW_TAG)
    done = shell(workspace, '"$R" apply --auto-approve --report json=/dev/full')
    assert done.returncode == 3
    assert b"Applied: 1 done." in done.stdout
    assert b"/dev/full can't be written: No space left" in done.stderr


def test_a_device_or_pipe_is_written_to_and_not_replaced(workspace: Workspace) -> None:
    workspace.declare(NEW_TAG)
    done = shell(
        workspace, 'mkfifo p; cat p & "$R" plan -q --report json=p >plan.txt; wait; test -p p'
    )
    assert done.returncode == 0
    assert json.loads(done.stdout)["summary"]["create"] == 1
    assert Path("/dev/full").is_char_device()


def test_a_report_can_go_to_stderr_whatever_that_is(workspace: Workspace) -> None:
    workspace.declare(NEW_TAG)
    done = shell(workspace, '"$R" plan -q --report json=/dev/stderr 2>r.json >/dev/null')
    assert done.returncode == 0
    assert json.loads(workspace.read("r.json"))["summary"]["create"] == 1


def test_a_link_is_followed_and_stays_a_link(workspace: Workspace) -> None:
    workspace.declare(NEW_TAG)
    (workspace.directory / "link.json").symlink_to("plan.json")
    assert workspace.run("plan --out link.json").code == 0
    assert (workspace.directory / "link.json").is_symlink()
    assert json.loads(workspace.read("plan.json"))["format_version"] == "1"


def test_a_run_that_failed_leaves_no_older_report(workspace: Workspace) -> None:
    workspace.write("reconciler.yaml", "version: 1\nacounts: {}\n")
    for form in FORMS:
        workspace.write(f"r.{form}", "an older run's success")
    ran = workspace.run("plan", *(f"--report={form}=r.{form}" for form in FORMS))
    assert ran.code == 1
    for form in FORMS:
        assert "acounts" in workspace.read(f"r.{form}")
    assert json.loads(workspace.read("r.json"))["error"]["exit_code"] == 1


@pytest.mark.parametrize(
    ("command", "marker"), [("plan", "plan"), ("drift", "drift"), ("apply", "report")]
)
def test_the_comment_of_a_failed_run_is_found_again(
    workspace: Workspace, command: str, marker: str
) -> None:
    workspace.write("reconciler.yaml", "version: 1\nacounts: {}\n")
    assert workspace.run(f"{command} --report markdown=r.md").code == 1
    assert workspace.read("r.md").startswith(f"<!-- reconciler: {marker} -->\n### No plan")


def test_a_full_disk_behind_stdout_is_one_clear_error(workspace: Workspace) -> None:
    workspace.declare(NEW_TAG)
    done = shell(workspace, '"$R" plan >/dev/full')
    assert done.returncode == 1
    assert b"stdout can't be written: No space left" in done.stderr
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr


def test_a_full_disk_after_the_writes_keeps_the_exit_code_of_an_incomplete_apply(
    workspace: Workspace,
) -> None:
    workspace.declare(NEW_TAG)
    done = shell(workspace, '"$R" apply --auto-approve --format json >/dev/full')
    assert done.returncode == 3
    assert "Nouvelle étiquette" in workspace.tags()


@pytest.mark.parametrize("line", ['"$R" plan >&-', '"$R" plan 2>&-', '"$R" plan <&- >&- 2>&-'])
def test_a_closed_stream_is_nobody_listening(workspace: Workspace, line: str) -> None:
    workspace.declare(NEW_TAG)
    done = shell(workspace, line)
    assert done.returncode == 0
    assert done.stderr.replace(b"acme: reading tags\n", b"") == b""


def test_a_reader_that_goes_away_stops_no_apply_and_is_no_error(workspace: Workspace) -> None:
    workspace.declare(NEW_TAG)
    done = shell(
        workspace, '"$R" apply --auto-approve --format json 2> >(head -c1 >&2) | true; echo $?'
    )
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr
    assert "Nouvelle étiquette" in workspace.tags()


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_pipe_gets_utf_8_whatever_the_locale(workspace: Workspace, form: str) -> None:
    workspace.declare(NEW_TAG)
    done = shell(workspace, f'"$R" plan --format {form}', LC_ALL="C", PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert "Nouvelle étiquette" in done.stdout.decode("utf-8")


def test_help_into_a_closed_pipe_is_quiet(workspace: Workspace) -> None:
    done = shell(workspace, '"$R" --help | true')
    assert done.stderr == b""
    assert done.returncode == os.EX_OK


def test_a_refusal_of_a_block_is_explained_once_and_names_every_place(tmp_path: Path) -> None:
    options = Options(seed="bulk:12:3", quota=None, switches=Switches(writes="forbidden"))
    with Sandbox(options) as sandbox:
        workspace = Workspace.at(tmp_path, sandbox)
        head = f"version: 1\naccounts: {{bulk: {{id: {ACCOUNT}}}}}\n"
        workspace.declare("- name: Nowhere\n  companies: all", head=head)
        ran = workspace.run("apply --auto-approve")
    assert ran.code == 3
    live, problems = ran.err.split("error[APPLY001]")
    lines = [line for line in live.splitlines() if line.startswith("failed")]
    assert len(lines) == ran.out.count("+ create  Nowhere\n") > 1
    assert ["refused (403)" in line for line in lines] == [True] + [False] * (len(lines) - 1)
    assert f"(and in {len(lines) - 1} more place" in problems
    assert ran.out.count("refused (403)") == 1
