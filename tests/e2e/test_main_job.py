"""The reference page's payloads drive the main job, through both gateways."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli_runner import direct, gateway
from tests.e2e.workspace import COMPANY, HEAD, Workspace

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.sandbox import Sandbox

GATEWAYS = {"direct": direct, "gateway": gateway}


@pytest.fixture(params=sorted(GATEWAYS))
def either(request: pytest.FixtureRequest, tmp_path: Path, sandbox: Sandbox) -> Workspace:
    """A workspace at each gateway in turn."""
    return Workspace(tmp_path, sandbox, GATEWAYS[request.param](sandbox))


@pytest.mark.parametrize("place", ["", f"\n  companies: [{COMPANY}]", "\n  companies: all"])
def test_a_tag_is_created_recoloured_disabled_and_deleted(either: Workspace, place: str) -> None:
    either.declare(f"- name: New Tag\n  color: blue1{place}")
    either.apply()
    made = either.tags()["New Tag"]
    assert (made["color"], made["status"]) == ("blue1", "enabled")
    assert made["company_id"] == (COMPANY if place else None)

    either.declare(f"- name: New Tag\n  color: green1{place}")
    either.apply()
    assert either.tags()["New Tag"]["color"] == "green1"

    either.declare(f"- name: New Tag\n  color: green1\n  state: disabled{place}")
    either.apply()
    assert either.tags()["New Tag"]["status"] == "disabled"

    either.declare(f"- name: New Tag\n  state: absent\n  note: Was a try.{place}")
    either.apply("--allow-deletes")
    assert "New Tag" not in either.tags()


def test_the_page_s_tags_are_recoloured_and_renamed_in_place(either: Workspace) -> None:
    before = either.tags()
    either.declare(
        """
        - name: Appointment requested
          renamed_from: Schedule requested
          color: green1
        - name: Opportunity
          companies: all
          color: blue1
        """
    )
    either.apply()
    after = either.tags()
    assert after["Appointment requested"]["id"] == before["Schedule requested"]["id"]
    assert after["Opportunity"]["color"] == "blue1"
    assert sorted(either.writes) == [
        f"PUT {_prefix(either)}/tags/7886728.json",
        f"PUT {_prefix(either)}/tags/7886733.json",
    ]


def _prefix(workspace: Workspace) -> str:
    prefix = "/callrail" if "MATON_API_KEY" in workspace.environ else ""
    return f"{prefix}/v3/a/ACC019c46b8a0807fbdb81c8bf12af91cb3"


def test_only_what_differs_is_sent(workspace: Workspace) -> None:
    workspace.declare("- name: Schedule requested\n  color: red1\n- name: Plain")
    workspace.apply()
    bodies = [entry.body for entry in workspace.sandbox.log.writes]
    assert bodies == [{"color": "red1"}, {"name": "Plain", "tag_level": "account"}]


def test_a_connection_is_named_to_the_gateway(tmp_path: Path, sandbox: Sandbox) -> None:
    workspace = Workspace(tmp_path, sandbox, gateway(sandbox))
    workspace.declare("- name: Schedule requested", head=HEAD + "    connection: not-one-of-mine\n")
    assert workspace.run("plan").code == 1
    workspace.declare(
        "- name: Schedule requested",
        head=HEAD + "    connection: 75364cb9-7116-4367-a707-1113d426f17d\n",
    )
    assert workspace.run("plan").code == 0


def test_a_saved_plan_is_applied_once(workspace: Workspace) -> None:
    workspace.declare("- name: New Tag\n  color: blue1")
    assert workspace.run("plan --out plan.json").code == 0
    assert workspace.run("apply plan.json").code == 0
    again = workspace.run("apply plan.json")
    assert again.code == 0
    assert len(workspace.writes) == 1
    assert "1 skipped" in again.out or "already" in again.out


def test_detailed_exitcode_is_2_for_a_difference_and_0_for_none(workspace: Workspace) -> None:
    workspace.declare("- name: New Tag")
    assert workspace.run("plan").code == 0
    assert workspace.run("plan --detailed-exitcode").code == 2
    workspace.apply()


def test_a_plan_costs_the_listing_and_no_request_more(workspace: Workspace) -> None:
    workspace.declare("- name: Schedule requested")
    document = workspace.document("plan")
    assert len(workspace.sandbox.log.entries) == 1
    assert document["requests"] == {"plan": 1, "apply": 0}


def test_companies_are_listed_only_where_they_are_named(workspace: Workspace) -> None:
    workspace.declare("- name: Opportunity\n  companies: all")
    workspace.run("plan")
    paths = [entry.path.rsplit("/", 1)[1] for entry in workspace.sandbox.log.entries]
    assert sorted(paths) == ["companies.json", "tags.json"]
