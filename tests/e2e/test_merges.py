"""Several spellings become one tag from the command line, and nothing is taken off a call."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

import pytest

from reconciler.sandbox import Options, Sandbox
from reconciler.sandbox.seeds import pair
from reconciler.sandbox.seeds.agency import MISSPELT
from tests.e2e.workspace import ACCOUNT, HEAD, Workspace

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
def workspace(tmp_path: Path, agency: Sandbox) -> Workspace:
    workspace = Workspace.at(tmp_path, agency)
    workspace.declare(ONE_NAME)
    return workspace


def names_by_call(workspace: Workspace) -> dict[str, set[str]]:
    """The names of each call's tags, folded, without what the trash puts before them."""
    rows = workspace.sandbox.store.rows(
        "SELECT call_id, name FROM call_tags JOIN tags ON tags.id = call_tags.tag_id"
    )
    found: dict[str, set[str]] = {}
    for row in rows:
        name = row["name"].rpartition("~trash ")[2]
        found.setdefault(row["call_id"], set()).add(name[11:] if name != row["name"] else name)
    return found


def test_a_saved_merge_is_applied_and_the_next_plan_is_empty(workspace: Workspace) -> None:
    before = names_by_call(workspace)
    plan = workspace.document("plan --out plan.json")
    merges = [change for change in plan["changes"] if change["action"] == "merge"]
    assert merges
    assert plan["summary"]["merge"] == len(merges)
    ran = workspace.run("apply plan.json --report json=report.json")
    assert ran.code == 0, ran.out + ran.err
    report = json.loads(workspace.read("report.json"))
    done = [one for one in report["results"] if one["action"] == "merge"]
    assert {one["result"] for one in done} == {"done"}
    assert all(one["appended"]["left"] == 0 for one in done)
    assert all(one["kept"]["before"] > 0 for one in report["results"] if "kept" in one)
    assert workspace.run("plan --detailed-exitcode").code == 0
    after = names_by_call(workspace)
    for call, names in before.items():
        if names & {"Oppty", "opportunity"}:
            assert "Opportunity" in after[call] or after[call] == names
        assert not names - {"Oppty", "opportunity"} - after[call]
    assert "Opportunity" in workspace.run("undo report.json").out


PROMOTION = """
- name: Robocall
  color: red1
  merged_from:
    - {name: Spam, companies: [Law North, Law East]}
    - {name: Wrong number, companies: ["Law *"]}
"""
CORNER = "ACC019c46b8a0807fbdb81c8bf12af91cb5"


def ids_by_call(sandbox: Sandbox) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for row in sandbox.store.rows("SELECT call_id, tag_id FROM call_tags"):
        found.setdefault(row["call_id"], set()).add(row["tag_id"])
    return found


def test_companies_tags_become_one_that_the_same_plan_creates(tmp_path: Path) -> None:
    """Stopped half way, the same plan goes on on another machine; then the next one is empty."""
    with Sandbox(Options(seed="agency", quota=None)) as sandbox:
        here, there = tmp_path / "here", tmp_path / "there"
        workspaces = []
        for folder in (here, there):
            folder.mkdir()
            workspaces.append(Workspace.at(folder, sandbox))
            workspaces[-1].declare(PROMOTION, head=HEAD.replace(ACCOUNT, CORNER))
        plan = workspaces[0].document("plan --out plan.json")
        given_up = {one["tag_id"] for one in plan["changes"] if one["action"] == "merge"}
        assert len(given_up) >= 2
        assert [one["name"] for one in plan["changes"] if one["action"] == "create"] == ["Robocall"]
        before = ids_by_call(sandbox)
        stopped = workspaces[0].run("apply plan.json --max-requests 60")
        assert (stopped.code, "are left" in stopped.out) == (6, True), stopped.out + stopped.err
        expect_a_snapshot_plans_as_live_state_does(workspaces[0])
        workspaces[1].write("plan.json", workspaces[0].read("plan.json"))
        ran = workspaces[1].run("apply plan.json --report json=report.json")
        assert ran.code == 0, ran.out + ran.err
        made = workspaces[1].tags()["Robocall"]
        assert (made["company_id"], made["color"]) == (None, "red1")
        for call, tags in ids_by_call(sandbox).items():
            assert tags == before[call] | ({made["id"]} if tags & given_up else set())
        assert workspaces[1].run("plan --detailed-exitcode").code == 0
        expect_a_snapshot_plans_as_live_state_does(workspaces[1])
        assert "taken back (in the trash since " in workspaces[1].run("undo report.json").out


def expect_a_snapshot_plans_as_live_state_does(workspace: Workspace) -> None:
    """What is left of merges is in the snapshot: pipelines plan from it, without a key."""
    assert workspace.run("snapshot --usage --out now.json").code == 0
    live = workspace.document("plan")
    offline = workspace.document("plan --live now.json")
    assert (offline["changes"], offline["digest"]) == (live["changes"], live["digest"])


def test_tags_in_the_trash_of_a_merge_cost_few_requests_of_each_later_plan(tmp_path: Path) -> None:
    with Sandbox(Options(seed="agency", quota=None)) as sandbox:
        workspace = Workspace.at(tmp_path, sandbox)
        workspace.declare(ONE_NAME)
        assert workspace.run("apply --auto-approve").code == 0
        trashed = [name for name in workspace.tags() if name.startswith("~trash")]
        plan = workspace.document("plan")
        assert plan["changes"] == []
        # Companies, tags; each kind's first page and dates; a question for each tag and kind.
        assert plan["requests"]["plan"] <= 2 + 3 * 3 + 3 * len(trashed)


def test_nothing_is_promoted_into_a_tag_that_could_not_be_created(tmp_path: Path) -> None:
    with Sandbox(Options(seed="agency", quota=None)) as sandbox:
        workspace = Workspace.at(tmp_path, sandbox)
        workspace.declare(PROMOTION, head=HEAD.replace(ACCOUNT, CORNER))
        sandbox.faults.add("POST tags status=403")
        ran = workspace.run("apply --auto-approve")
        assert ran.code == 3
        assert 'there is no "Robocall" on account level' in ran.out
        assert len([one for one in workspace.writes if one.startswith("PUT")]) == 0


PAIR_HEAD = f"{HEAD.replace(ACCOUNT, pair.ACCOUNT)}    limits: {{delete_percent: 50}}\n"
SPELLINGS = f"""
- name: {pair.NEW_NAME}
  companies: all
  merged_from: [{pair.OLD_NAME}]
"""
GOING = """
- {name: Old campaign, companies: all, state: absent, note: Over.}
- {name: Unused, companies: all, state: absent, note: Over.}
"""
STRANGERS = """
- {name: Fresh, companies: all}
- {name: Also fresh}
"""


def more_tags(sandbox: Sandbox) -> None:
    """A tag that some calls have too, and one that nothing has."""
    for number, name in enumerate(("Old campaign", "Unused"), 1):
        row = {"id": number, "account_id": pair.ACCOUNT, "company_id": pair.COMPANY, "name": name}
        row |= {"color": "gray1", "background_color": "gray1", "status": "enabled"}
        sandbox.store.insert("tags", [row])
    calls = [row["id"] for row in sandbox.store.rows("SELECT id FROM calls LIMIT 7")]
    sandbox.store.insert("call_tags", [{"call_id": one, "tag_id": 1} for one in calls])


@pytest.mark.parametrize("numbers", ["40:7", "7:40", "300:290", "3:0", "7:40:3"])
@pytest.mark.parametrize(
    "tags",
    [SPELLINGS, SPELLINGS + STRANGERS, SPELLINGS + GOING, GOING],
    ids=["merge", "with creates", "with what goes", "without a merge"],
)
def test_a_saved_plan_takes_the_requests_that_it_forecasts(
    numbers: str, tags: str, tmp_path: Path
) -> None:
    with Sandbox(Options(seed=f"pair:{numbers}", quota=None)) as sandbox:
        more_tags(sandbox)
        workspace = Workspace.at(tmp_path, sandbox)
        workspace.declare(tags, head=PAIR_HEAD)
        forecast = workspace.document("plan --out plan.json")["requests"]["apply"]
        sent = len(sandbox.log.entries)
        ran = workspace.run("apply plan.json --allow-deletes")
        assert ran.code == 0, ran.out + ran.err
        # What had both already is counted and needs no write.
        both = 3 if numbers == "7:40:3" and "merged_from" in tags else 0
        assert len(sandbox.log.entries) - sent == forecast - both


ACCOUNTS = "".join(
    f"  account-{n}: {{id: ACC019c46b8a0807fbdb81c8bf12af91cb{n}}}\n" for n in (3, 4, 5)
)
TIDY = "".join(
    f"- {{name: {right}, companies: all, state: any, merged_from: {json.dumps(wrong)}}}\n"
    for right, wrong in MISSPELT.items()
)


@pytest.mark.soak
def test_an_agency_is_tidied_for_little_more_than_a_request_an_interaction(tmp_path: Path) -> None:
    with Sandbox(Options(seed="agency", quota=None)) as sandbox:
        workspace = Workspace.at(tmp_path, sandbox)
        workspace.declare(TIDY, head=f"version: 1\naccounts:\n{ACCOUNTS}")
        plan = workspace.document("plan --out plan.json")
        merges = [one for one in plan["changes"] if one["action"] == "merge"]
        counts = [one["loss"][kind] for one in merges for kind in ("calls", "forms", "texts")]
        pages = sum(-(-one["count"] // 250) for one in counts)
        sent = len(sandbox.log.entries)
        assert workspace.run("apply plan.json").code == 0
        # What is read once more because it has become old depends on how long the writes take.
        requests = [
            one
            for one in sandbox.log.entries[sent:]
            if "~trash" in unquote_plus(one.query)
            or re.search(r"/(calls|form_submissions|sms-threads|tags)/", one.path)
        ]
        smaller = sum(one.method == "PUT" and "/tags/" not in one.path for one in requests)
        others = len(plan["changes"]) - len(merges)
        assert smaller > 300
        assert len(requests) - others <= 1.05 * (smaller + pages + len(merges))
