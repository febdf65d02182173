"""Several spellings become one tag from the command line, and nothing is taken off a call."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from reconciler.sandbox import Options, Sandbox
from tests.e2e.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ONE_NAME = """
- name: Opportunity
  companies: all
  state: any
  merged_from: [Oppty, opportunity]
"""


@pytest.fixture(scope="module")
def agency() -> Iterator[Sandbox]:
    with Sandbox(Options(seed="agency", quota=None)) as sandbox:
        yield sandbox


@pytest.fixture
def desk(tmp_path: Path, agency: Sandbox) -> Desk:
    desk = Desk.at(tmp_path, agency)
    desk.declare(ONE_NAME)
    return desk


def names_by_call(desk: Desk) -> dict[str, set[str]]:
    """The names of each call's tags, folded, without what the trash puts before them."""
    rows = desk.sandbox.store.rows(
        "SELECT call_id, name FROM call_tags JOIN tags ON tags.id = call_tags.tag_id"
    )
    found: dict[str, set[str]] = {}
    for row in rows:
        name = row["name"].rpartition("~trash ")[2]
        found.setdefault(row["call_id"], set()).add(name[11:] if name != row["name"] else name)
    return found


def test_a_saved_merge_is_applied_and_the_next_plan_is_empty(desk: Desk) -> None:
    before = names_by_call(desk)
    plan = desk.document("plan --out plan.json")
    merges = [change for change in plan["changes"] if change["action"] == "merge"]
    assert merges
    assert plan["summary"]["merge"] == len(merges)
    ran = desk.run("apply plan.json --report json=report.json")
    assert ran.code == 0, ran.out + ran.err
    report = json.loads(desk.read("report.json"))
    done = [one for one in report["results"] if one["action"] == "merge"]
    assert {one["result"] for one in done} == {"done"}
    assert all(one["appended"]["left"] == 0 for one in done)
    assert all(one["kept"]["before"] > 0 for one in report["results"] if "kept" in one)
    assert desk.run("plan --detailed-exitcode").code == 0
    after = names_by_call(desk)
    for call, names in before.items():
        if names & {"Oppty", "opportunity"}:
            assert "Opportunity" in after[call] or after[call] == names
        assert not names - {"Oppty", "opportunity"} - after[call]
    assert "Opportunity" in desk.run("undo report.json").out
