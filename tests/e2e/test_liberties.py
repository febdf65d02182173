"""The main job whatever CallRail does where its documentation is silent, through both doors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.sandbox import Options, Sandbox
from reconciler.sandbox.switches import Switches, set_switch
from tests.cli_runner import direct, gateway
from tests.e2e.desk import COMPANY, Desk

if TYPE_CHECKING:
    from pathlib import Path

DOORS = {"direct": direct, "gateway": gateway}
LIBERTIES = [
    *(f"unique_names={setting}" for setting in ("off", "exact", "nocase")),
    *(f"palette={setting}" for setting in ("any", "reference", "page", "narrow")),
    *(f"company_filter={setting}" for setting in ("own", "with-account", "ignored")),
    *(f"tags_filter={setting}" for setting in ("honoured", "ignored")),
    *(f"second_delete={setting}" for setting in ("404", "204", "403")),
    *(f"read_delay={setting}" for setting in ("0", "1")),
    *(f"page_cap={setting}" for setting in ("250", "2")),
    *(f"total_pages={setting}" for setting in ("some", "always", "never")),
    *(f"error_shape={setting}" for setting in ("error", "errors", "html")),
    *(f"call_tags={setting}" for setting in ("names", "objects")),
    *(f"created_status={setting}" for setting in ("201", "200")),
    *(f"update_answer={setting}" for setting in ("tag", "none")),
]
WISHES = f"""
- name: New everywhere
  color: blue1
- name: New here
  color: red1
  companies: [{COMPANY}]
- name: Appointment requested
  renamed_from: Schedule requested
  color: green1
- name: Opportunity
  companies: all
  state: absent
  note: Replaced by the account's own.
"""


@pytest.mark.parametrize("door", sorted(DOORS))
@pytest.mark.parametrize("liberty", LIBERTIES)
def test_the_main_job_ends_in_an_empty_plan(tmp_path: Path, liberty: str, door: str) -> None:
    options = Options(switches=set_switch(Switches(), liberty))
    with Sandbox(options) as sandbox:
        desk = Desk(tmp_path, sandbox, DOORS[door](sandbox))
        desk.declare(WISHES)
        done = desk.run("apply --auto-approve --allow-deletes")
        assert done.code == 0, done.out + done.err
        again = desk.run("plan --detailed-exitcode")
        assert again.code == 0, again.out + again.err
        tags = desk.tags()
    held = {name: (tag["color"], tag["company_id"]) for name, tag in tags.items()}
    assert held == {
        "Appointment requested": ("green1", None),
        "New everywhere": ("blue1", None),
        "New here": ("red1", COMPANY),
    }
    methods = sorted(entry.method for entry in sandbox.log.writes)
    assert methods == ["DELETE", "POST", "POST", "PUT"]


@pytest.mark.parametrize("shape", ["error", "errors", "html"])
def test_a_refused_colour_is_told_in_every_shape_of_error(tmp_path: Path, shape: str) -> None:
    switches = set_switch(Switches(palette="narrow"), f"error_shape={shape}")
    with Sandbox(Options(switches=switches)) as sandbox:
        desk = Desk.at(tmp_path, sandbox)
        desk.declare("- name: X\n  color: blue2")
        ran = desk.run("apply --auto-approve")
        assert ran.code == 3
        assert "reconciler.yaml:6:" in ran.out + ran.err
        assert desk.writes == []
