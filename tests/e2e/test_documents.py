"""With ``--format json``, stdout is one valid document whatever happens, errors included."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.model.plan import Plan
from tests.cli_runner import gateway
from tests.e2e.workspace import COMPANY, HEAD
from tests.schemas import validate

if TYPE_CHECKING:
    from tests.e2e.workspace import Workspace

TAGS = "- name: New Tag\n  color: blue1\n"
DELETE = f"- name: Opportunity\n  companies: [{COMPANY}]\n  state: absent\n  note: Over.\n"
NOWHERE = "http://127.0.0.1:9"
"""The port `discard`, where nobody listens."""

ONLINE = [
    "plan",
    "apply --auto-approve",
    "drift",
    "get tags",
    "get accounts",
    "connections list",
    "connections create",
    "connections get 75364cb9-7116-4367-a707-1113d426f17d",
]
EVERY = [*ONLINE, "validate", "show plan.json", "apply plan.json", "doctor"]


def document(workspace: Workspace, line: str, *, code: int, schema: str | None) -> Any:
    """What ``reconciler LINE --format json`` prints, which must be a document of ``schema``."""
    ran = workspace.run(f"{line} --format json")
    assert ran.code == code, ran.out + ran.err
    found = json.loads(ran.out)
    if schema is not None:
        validate(found, schema)
    return found


@pytest.mark.parametrize(
    ("line", "code", "schema"),
    [
        ("validate", 0, "problems"),
        ("plan", 0, "plan"),
        ("plan --detailed-exitcode --show-unmanaged --impact", 2, "plan"),
        ("plan --live live.json", 0, "plan"),
        ("show plan.json", 0, "plan"),
        ("show plan.json other.json", 0, "plan"),
        ("drift", 2, "plan"),
        ("drift --live live.json", 2, "plan"),
        ("apply --auto-approve --no-deletes", 0, "report"),
        ("apply --auto-approve --allow-deletes", 0, "report"),
        ("apply plan.json --allow-deletes", 0, "report"),
    ],
)
def test_what_went_well(workspace: Workspace, line: str, code: int, schema: str) -> None:
    workspace.declare(TAGS + DELETE)
    assert workspace.run("snapshot --out live.json").code == 0
    assert workspace.run("plan --out plan.json").code == 0
    workspace.write(
        "beacon.yaml", HEAD.replace("acme", "beacon").replace("91cb3", "91cb4") + "tags: []"
    )
    other = json.loads(
        workspace.read("plan.json").replace("acme", "beacon").replace("91cb3", "91cb4")
    )
    other |= {"changes": [], "warnings": [], "summary": dict.fromkeys(other["summary"], 0)}
    other["digest"] = Plan(accounts=(), changes=()).digest
    workspace.write("other.json", json.dumps(other))
    document(workspace, line, code=code, schema=schema)


def test_a_snapshot_is_one_too(workspace: Workspace) -> None:
    workspace.declare(TAGS)
    found = json.loads(workspace.run("snapshot").out)
    validate(found, "snapshot")


@pytest.mark.parametrize("line", EVERY)
def test_wrong_usage(workspace: Workspace, line: str) -> None:
    found = document(workspace, f"{line} --nonsense", code=64, schema="error")
    assert found["error"]["exit_code"] == 64


@pytest.mark.parametrize("line", ["plan", "apply --auto-approve", "drift", "get tags", "doctor"])
def test_a_wrong_configuration(workspace: Workspace, line: str) -> None:
    workspace.declare("- nam: Typo")
    ran = workspace.run(f"{line} --format json")
    assert ran.code == 1, ran.err
    json.loads(ran.out)


def test_a_wrong_configuration_is_what_validate_is_for(workspace: Workspace) -> None:
    workspace.declare("- nam: Typo")
    assert document(workspace, "validate", code=1, schema="problems")["problems"]


@pytest.mark.parametrize("line", ONLINE)
def test_a_wrong_key(workspace: Workspace, line: str) -> None:
    workspace.declare(TAGS)
    workspace.environ = gateway(workspace.sandbox) | {"MATON_API_KEY": "not-the-key"}
    found = document(workspace, line, code=4, schema="error")
    assert found["error"]["exit_code"] == 4


@pytest.mark.parametrize("line", ["plan", "apply --auto-approve", "get tags", "connections list"])
def test_no_network(workspace: Workspace, line: str) -> None:
    workspace.declare(TAGS)
    workspace.environ = gateway(workspace.sandbox)
    workspace.environ |= {"RECONCILER_API_URL": NOWHERE, "RECONCILER_CONTROL_URL": NOWHERE}
    document(workspace, line, code=1, schema="error")


@pytest.mark.parametrize("line", ["show gone.json", "apply gone.json", "plan --live gone.json"])
def test_a_file_that_is_not_there(workspace: Workspace, line: str) -> None:
    workspace.declare(TAGS)
    document(workspace, line, code=1, schema="error")


def test_a_refusal_is_a_report_of_what_was_not_tried(workspace: Workspace) -> None:
    workspace.declare(TAGS + DELETE)
    for line in ("apply", "apply --auto-approve", "apply --auto-approve --expect-digest sha256:0"):
        found = document(workspace, line, code=5, schema="report")
        assert {row["result"] for row in found["results"]} == {"not_tried"}


def test_a_blocked_plan_is_a_plan(workspace: Workspace) -> None:
    workspace.declare(TAGS + DELETE, head=HEAD + "    limits: {deletes: 0}\n")
    assert document(workspace, "plan", code=5, schema="plan")["summary"]["blocked"] == 1
    document(workspace, "apply --auto-approve --allow-deletes", code=5, schema="report")


def test_a_failure_half_way_is_a_report(workspace: Workspace) -> None:
    workspace.declare(TAGS + "- name: Bad\n  color: mauve\n")
    found = document(workspace, "apply --auto-approve", code=3, schema="report")
    assert {row["name"]: row["result"] for row in found["results"]} == {
        "New Tag": "done",
        "Bad": "failed",
    }


@pytest.mark.parametrize("form", ["text", "markdown", "html", "json", "gitlab"])
def test_the_report_is_written_when_refused_too(workspace: Workspace, form: str) -> None:
    workspace.declare(TAGS + DELETE)
    assert workspace.run(f"apply --auto-approve --report {form}=report").code == 5
    assert workspace.read("report").strip()
