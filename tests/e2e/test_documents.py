"""With ``--format json``, stdout is one valid document whatever happens, errors included."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from reconciler.model.plan import Plan
from reconciler.schema import load_schema
from tests.cli_runner import gateway
from tests.e2e.desk import COMPANY, HEAD

if TYPE_CHECKING:
    from tests.e2e.desk import Desk

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


def document(desk: Desk, line: str, *, code: int, schema: str | None) -> Any:
    """What ``reconciler LINE --format json`` prints, which must be a document of ``schema``."""
    ran = desk.run(f"{line} --format json")
    assert ran.code == code, ran.out + ran.err
    found = json.loads(ran.out)
    if schema is not None:
        jsonschema.Draft202012Validator(load_schema(schema)).validate(found)
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
def test_what_went_well(desk: Desk, line: str, code: int, schema: str) -> None:
    desk.declare(TAGS + DELETE)
    assert desk.run("snapshot --out live.json").code == 0
    assert desk.run("plan --out plan.json").code == 0
    desk.write("beacon.yaml", HEAD.replace("acme", "beacon").replace("91cb3", "91cb4") + "tags: []")
    other = json.loads(desk.read("plan.json").replace("acme", "beacon").replace("91cb3", "91cb4"))
    other |= {"changes": [], "warnings": [], "summary": dict.fromkeys(other["summary"], 0)}
    other["digest"] = Plan(accounts=(), changes=()).digest
    desk.write("other.json", json.dumps(other))
    document(desk, line, code=code, schema=schema)


def test_a_snapshot_is_one_too(desk: Desk) -> None:
    desk.declare(TAGS)
    found = json.loads(desk.run("snapshot").out)
    jsonschema.Draft202012Validator(load_schema("snapshot")).validate(found)


@pytest.mark.parametrize("line", EVERY)
def test_wrong_usage(desk: Desk, line: str) -> None:
    found = document(desk, f"{line} --nonsense", code=64, schema="error")
    assert found["error"]["exit_code"] == 64


@pytest.mark.parametrize("line", ["plan", "apply --auto-approve", "drift", "get tags", "doctor"])
def test_a_wrong_configuration(desk: Desk, line: str) -> None:
    desk.declare("- nam: Typo")
    ran = desk.run(f"{line} --format json")
    assert ran.code == 1, ran.err
    json.loads(ran.out)


def test_a_wrong_configuration_is_what_validate_is_for(desk: Desk) -> None:
    desk.declare("- nam: Typo")
    assert document(desk, "validate", code=1, schema="problems")["problems"]


@pytest.mark.parametrize("line", ONLINE)
def test_a_wrong_key(desk: Desk, line: str) -> None:
    desk.declare(TAGS)
    desk.environ = gateway(desk.sandbox) | {"MATON_API_KEY": "not-the-key"}
    found = document(desk, line, code=4, schema="error")
    assert found["error"]["exit_code"] == 4


@pytest.mark.parametrize("line", ["plan", "apply --auto-approve", "get tags", "connections list"])
def test_no_network(desk: Desk, line: str) -> None:
    desk.declare(TAGS)
    desk.environ = gateway(desk.sandbox)
    desk.environ |= {"RECONCILER_API_URL": NOWHERE, "RECONCILER_CONTROL_URL": NOWHERE}
    document(desk, line, code=1, schema="error")


@pytest.mark.parametrize("line", ["show gone.json", "apply gone.json", "plan --live gone.json"])
def test_a_file_that_is_not_there(desk: Desk, line: str) -> None:
    desk.declare(TAGS)
    document(desk, line, code=1, schema="error")


def test_a_refusal_is_a_report_of_what_was_not_tried(desk: Desk) -> None:
    desk.declare(TAGS + DELETE)
    for line in ("apply", "apply --auto-approve", "apply --auto-approve --expect-digest sha256:0"):
        found = document(desk, line, code=5, schema="report")
        assert {row["result"] for row in found["results"]} == {"not_tried"}


def test_a_blocked_plan_is_a_plan(desk: Desk) -> None:
    desk.declare(TAGS + DELETE, head=HEAD + "    limits: {deletes: 0}\n")
    assert document(desk, "plan", code=5, schema="plan")["summary"]["blocked"] == 1
    document(desk, "apply --auto-approve --allow-deletes", code=5, schema="report")


def test_a_failure_half_way_is_a_report(desk: Desk) -> None:
    desk.declare(TAGS + "- name: Bad\n  color: mauve\n")
    found = document(desk, "apply --auto-approve", code=3, schema="report")
    assert {row["name"]: row["result"] for row in found["results"]} == {
        "New Tag": "done",
        "Bad": "failed",
    }


@pytest.mark.parametrize("form", ["text", "markdown", "html", "json", "gitlab"])
def test_the_report_is_written_when_refused_too(desk: Desk, form: str) -> None:
    desk.declare(TAGS + DELETE)
    assert desk.run(f"apply --auto-approve --report {form}=report").code == 5
    assert desk.read("report").strip()
