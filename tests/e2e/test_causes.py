"""What a pull request changes and what has drifted, by an admin in a git repository."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.workspace import COMPANY, HEAD
from tests.repository import Repository

if TYPE_CHECKING:
    from tests.e2e.workspace import Workspace

pytestmark = pytest.mark.usefixtures("repository")

BASE = """
- name: Schedule requested
  color: gray1
- name: VIP
  color: red1
- name: Gone
"""
CHANGED = """
- name: Schedule requested
  color: gray1
- name: VIP
  color: blue1
- name: Premium
"""


@pytest.fixture
def repository(workspace: Workspace) -> Repository:
    """The workspace's directory: BASE on main, CHANGED at hand, on a branch."""
    workspace.environ |= {"PATH": os.environ["PATH"], "HOME": str(workspace.directory)}
    made = Repository.at(workspace.directory)
    workspace.declare(BASE)
    made.commit()
    made.git("checkout", "-q", "-b", "change")
    workspace.declare(CHANGED)
    return made


def test_each_change_has_its_cause_and_what_is_undone_is_listed(workspace: Workspace) -> None:
    document = workspace.document("plan --base main")
    found = {change["name"]: change["cause"] for change in document["changes"]}
    assert found == {"Schedule requested": "drift", "VIP": "both", "Premium": "this change"}
    assert [change["name"] for change in document["base"]["undone"]] == ["Gone"]
    shown = workspace.run("plan --base main").out
    assert "+ create  Premium              [this change]\n" in shown
    assert "Causes: 1 from this change, 1 from both, 1 drift; base: main (" in shown
    assert "No longer planned, since this change:\n  acme · account: create Gone\n" in shown
    assert f"Digest of this change: {document['base']['digest']}\n" in shown


def test_a_base_costs_no_request(workspace: Workspace) -> None:
    alone = workspace.document("plan")["requests"]["plan"]
    before = len(workspace.sandbox.log.entries)
    assert workspace.document("plan --base main")["requests"]["plan"] == alone
    assert len(workspace.sandbox.log.entries) - before == alone


def test_without_a_base_nothing_is_reported(workspace: Workspace) -> None:
    document = workspace.document("plan")
    assert "base" not in document
    assert {change["cause"] for change in document["changes"]} == {None}
    assert "Causes" not in workspace.run("plan").out


def test_the_comment_counts_this_change_and_folds_drift(workspace: Workspace) -> None:
    shown = workspace.run("plan --base main --format markdown").out
    assert "### This change: 2 to create\n" in shown
    assert "<details><summary><b>Drift</b>: 1 change that the base plans as well" in shown
    folded = shown[shown.index("<b>Drift</b>") :]
    assert "Schedule requested" in folded
    assert "Premium" not in folded[: folded.index("No longer planned")]


def test_only_this_change_is_applied(workspace: Workspace) -> None:
    digest = workspace.document("plan --base main")["base"]["digest"]
    line = "apply --base main --only this-change --auto-approve --expect-digest"
    assert workspace.run(line, digest).code == 0
    assert workspace.tags()["Schedule requested"]["color"] == "orange3"
    assert {"VIP", "Premium"} <= set(workspace.tags())
    left = workspace.run("plan --base main --only this-change --detailed-exitcode")
    assert left.code == 0
    assert left.out.startswith("No changes from this change; 1 change of drift left out.\n")


def test_drift_between_review_and_merge_voids_no_approval(workspace: Workspace) -> None:
    document = workspace.document("plan --base main")
    workspace.sandbox.store.run("UPDATE tags SET color = 'green1' WHERE name = 'Opportunity'")
    workspace.sandbox.store.run("UPDATE tags SET color = 'red1' WHERE name = 'Schedule requested'")
    line = "apply --auto-approve --expect-digest"
    assert workspace.run(line, document["digest"]).code == 5
    only = "apply --base main --only this-change --auto-approve --expect-digest"
    assert workspace.run(only, document["base"]["digest"]).code == 0
    assert workspace.tags()["Schedule requested"]["color"] == "red1"


def test_a_change_of_what_it_touches_voids_it(workspace: Workspace) -> None:
    digest = workspace.document("plan --base main")["base"]["digest"]
    workspace.sandbox.app.make_tag("ACC019c46b8a0807fbdb81c8bf12af91cb3", "VIP")
    only = "apply --base main --only this-change --auto-approve --expect-digest"
    assert workspace.run(only, digest).code == 5
    assert workspace.writes == []


def test_a_saved_plan_holds_only_these(workspace: Workspace) -> None:
    assert workspace.run("plan --base main --only this-change --out plan.json").code == 0
    document = json.loads(workspace.read("plan.json"))
    assert {change["name"] for change in document["changes"]} == {"VIP", "Premium"}
    assert document["base"]["drift_left_out"] == 1
    assert document["base"]["digest"] == document["digest"]
    assert workspace.run("apply plan.json --only this-change").code == 64
    assert workspace.run("apply plan.json").code == 0
    assert workspace.tags()["Schedule requested"]["color"] == "orange3"


def test_a_merge_takes_along_the_create_that_it_needs(
    workspace: Workspace, repository: Repository
) -> None:
    repository.git("checkout", "-q", "--force", "main")
    workspace.declare("- name: Opportunity\n- {name: Schedule requested, color: gray1}")
    repository.commit()
    merged = "- {name: Opportunity, merged_from: [{name: Opportunity, companies: all}]}"
    workspace.declare(f"{merged}\n- {{name: Schedule requested, color: gray1}}")
    causes = {
        (change["action"], change["name"]): change["cause"]
        for change in workspace.document("plan --base main")["changes"]
    }
    assert causes == {
        ("create", "Opportunity"): "both",
        ("merge", "Opportunity"): "both",
        ("update", "Schedule requested"): "drift",
    }
    done = workspace.run("apply --base main --only this-change --auto-approve")
    assert done.code == 0, done.out + done.err
    assert workspace.run("plan --base main --only this-change --detailed-exitcode").code == 0
    assert workspace.tags()["Schedule requested"]["color"] == "orange3"


def test_limits_count_drift_that_is_left_out(workspace: Workspace, repository: Repository) -> None:
    off = "- {name: %s, state: disabled}"
    for name in ("One", "Two"):
        workspace.sandbox.app.make_tag("ACC019c46b8a0807fbdb81c8bf12af91cb3", name)
    head = HEAD + "    limits: {disables: 1}\n"
    workspace.declare(off % "One", head=head)
    repository.commit()
    workspace.declare("\n".join([off % "One", off % "Two"]), head=head)
    ran = workspace.run("plan --base HEAD --only this-change --format json")
    assert ran.code == 5
    (change,) = json.loads(ran.out)["changes"]
    assert (change["name"], change["cause"]) == ("Two", "this change")
    assert "limits.disables 1" in change["blocked_by"]


def test_without_a_cause_it_is_refused_before_anything_is_read(workspace: Workspace) -> None:
    before = len(workspace.sandbox.log.entries)
    ran = workspace.run("apply --base nowhere --only this-change --auto-approve")
    assert ran.code == 5
    assert 'which changes are drift is unknown: there is no commit "nowhere" here' in ran.err
    assert len(workspace.sandbox.log.entries) == before
    assert workspace.run("plan --only this-change").code == 64
    assert workspace.run("plan --base=-h").code == 64


def unknown(workspace: Workspace, line: str = "plan --base main") -> str:
    document = workspace.document(line)
    assert {change["cause"] for change in document["changes"]} == {None}
    assert document["base"]["digest"] is None
    shown = workspace.run(line)
    assert shown.code == 0
    why: str = document["base"]["unknown"]
    assert f"Causes: unknown: {why}.\n" in shown.out
    return why


def test_no_such_commit(workspace: Workspace) -> None:
    assert unknown(workspace, "plan --base nowhere") == 'there is no commit "nowhere" here'


def test_a_base_that_does_not_parse(workspace: Workspace, repository: Repository) -> None:
    repository.git("checkout", "-q", "--force", "main")
    repository.commit(reconciler="version: 1\ntags: [\n")
    workspace.declare(CHANGED)
    assert unknown(workspace).startswith("main:reconciler.yaml:")


def test_a_base_whose_selectors_match_nothing(workspace: Workspace, repository: Repository) -> None:
    repository.git("checkout", "-q", "--force", "main")
    workspace.declare("- {name: X, companies: [Nowhere]}")
    repository.commit()
    workspace.declare(f"- {{name: X, companies: [{COMPANY}]}}")
    assert 'main:reconciler.yaml:6:27: "Nowhere"' in unknown(workspace)


def test_companies_that_nobody_read_report_nothing(
    workspace: Workspace, repository: Repository
) -> None:
    repository.git("checkout", "-q", "--force", "main")
    workspace.declare("- {name: X, companies: [Nowhere]}\n- name: Y")
    repository.commit()
    workspace.declare("- {name: Y}\n- {name: Z}")
    document = workspace.document("plan --base main")
    causes = {change["name"]: change["cause"] for change in document["changes"]}
    assert causes == {"Y": "drift", "Z": "this change"}
    assert document["base"]["undone"] == []


@pytest.mark.parametrize(
    ("name", "value"),
    [("GITHUB_BASE_REF", "main"), ("CI_MERGE_REQUEST_DIFF_BASE_SHA", "main")],
)
def test_the_base_of_the_request(
    name: str, value: str, workspace: Workspace, repository: Repository
) -> None:
    repository.git("update-ref", "refs/remotes/origin/main", "main")
    workspace.environ[name] = value
    base: dict[str, Any] = workspace.document("plan")["base"]
    assert base["unknown"] is None
    assert base["ref"] == ("origin/main" if name.startswith("GITHUB") else "main")
    assert "base" not in workspace.document("drift")


def test_an_account_that_only_the_base_declares_is_named(
    workspace: Workspace, repository: Repository
) -> None:
    repository.git("checkout", "-q", "--force", "main")
    more = HEAD + "  old:\n    id: ACC019c46b8a0807fbdb81c8bf12af91cb9\n"
    workspace.declare("- {name: Y, accounts: [acme]}", head=more)
    repository.commit()
    workspace.declare("- {name: Y}")
    document = workspace.document("plan --base main")
    assert document["base"]["unread"] == ["old"]
    assert "  old: not declared any more, and not read\n" in workspace.run("plan --base main").out
    assert workspace.document("plan --base main --account acme")["base"]["unread"] == []
