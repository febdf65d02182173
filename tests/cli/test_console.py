"""The streams: one object a line where the log is JSON, and colours by the conventions."""

from __future__ import annotations

import json
from contextlib import redirect_stderr
from datetime import datetime
from io import StringIO
from typing import TYPE_CHECKING

import pytest

from reconciler.cli.console import Console
from reconciler.cli.values import Color
from reconciler.render.style import Colors

if TYPE_CHECKING:
    from tests.e2e.workspace import Workspace

TAGS = "- name: New Tag\n  color: blue1\n- name: Opportunity\n  companies: all\n"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("plan -vv", 0),
        ("plan --account nobody", 64),
        ("plan --tag nothing", 64),
        ("apply --auto-approve --format json", 0),
        ("apply", 5),
        ("drift --format markdown", 2),
        ("snapshot --out live.json", 0),
        ("show nothing.json -vv", 1),
    ],
)
@pytest.mark.parametrize("github", ["", "true"])
def test_every_line_of_a_json_log_is_an_object(
    workspace: Workspace, line: str, code: int, github: str
) -> None:
    workspace.environ["GITHUB_ACTIONS"] = github
    workspace.declare(TAGS)
    ran = workspace.run(line, "--log-format", "json")
    assert ran.code == code
    entries = [json.loads(one) for one in ran.err.splitlines()]
    assert entries or line == "snapshot --out live.json"
    for entry in entries:
        assert datetime.fromisoformat(entry["time"]).tzinfo is not None
        assert entry["level"] in {"debug", "info", "warning", "error"}
        assert entry["message"]
        assert "\x1b" not in entry["message"]


def test_a_problem_is_an_object_with_its_place(workspace: Workspace) -> None:
    workspace.declare("- nam: Typo")
    ran = workspace.run("validate --log-format json")
    (first, *_) = (json.loads(one) for one in ran.err.splitlines())
    assert first["level"] == "error"
    assert first["source"].endswith("reconciler.yaml:6:5")


class Screen(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environ", "color", "terminal", "coloured"),
    [
        ({}, Color.AUTO, True, True),
        ({}, Color.AUTO, False, False),
        ({"TERM": "dumb"}, Color.AUTO, True, False),
        ({"NO_COLOR": "1"}, Color.AUTO, True, False),
        ({"NO_COLOR": ""}, Color.AUTO, True, True),
        ({"FORCE_COLOR": "1"}, Color.AUTO, False, True),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, Color.AUTO, False, True),
        ({"FORCE_COLOR": ""}, Color.AUTO, False, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, Color.AUTO, True, False),
        ({"NO_COLOR": "1"}, Color.ALWAYS, False, True),
        ({"FORCE_COLOR": "1"}, Color.NEVER, True, False),
    ],
)
def test_colours_follow_flag_environment_and_terminal(
    environ: dict[str, str], color: Color, terminal: bool, coloured: bool
) -> None:
    console = Console(environ)
    console.configure(color=color)
    with redirect_stderr(Screen() if terminal else StringIO()) as stream:
        assert (console.style(stream).colors is not Colors.NONE) == coloured


def test_v_logs_what_is_read_decided_and_sent(workspace: Workspace) -> None:
    workspace.declare(TAGS)
    quiet, log = workspace.run("plan").err, workspace.run("plan -v").err
    for part in (
        "read reconciler.yaml",
        "requests go to http",
        "acme: read with",
        'decided: create "New Tag"',
    ):
        assert part in log
        assert part not in quiet
    assert "GET /v3/a/" not in log
    assert "GET /v3/a/" in workspace.run("plan -vv").err
    assert "done" in workspace.run("apply --auto-approve -v").err


def test_what_the_run_logs_has_its_level_once(workspace: Workspace) -> None:
    workspace.declare("- name: Returning client")
    lines = workspace.run("plan -vv --log-format json").err.splitlines()
    logged = [json.loads(line) for line in lines]
    assert {"info", "debug"} <= {one["level"] for one in logged}
    assert not [one for one in logged if one["message"].startswith(("info:", "debug:"))]
    assert "\ninfo: " in workspace.run("plan -v").err
