"""Reading live state from a server that counts, filters and answers oddly; and its quota."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.sandbox import Options, Sandbox
from reconciler.sandbox.seeds.bulk import ACCOUNT
from reconciler.sandbox.switches import set_switches
from tests.e2e.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path

HEAD = f"version: 1\naccounts:\n  bulk:\n    id: {ACCOUNT}\n"


def at(folder: Path, sandbox: Sandbox, tags: str, head: str = HEAD) -> Workspace:
    workspace = Workspace.at(folder, sandbox)
    workspace.declare(tags, head=head)
    return workspace


def large(*switches: str, **more: Any) -> Sandbox:
    """2,000 tags in 40 companies, and two on account level."""
    sandbox = Sandbox(
        replace(Options(seed="bulk:2000:40", **more), switches=set_switches(*switches))
    )
    for number, name in enumerate(("VIP", "Old")):
        sandbox.store.run(
            "INSERT INTO tags (id, account_id, company_id, name, color, background_color, status,"
            " created_at) VALUES (?, ?, NULL, ?, 'gray1', 'gray1', 'enabled', ?)",
            (90_000 + number, ACCOUNT, name, "2026-11-01T12:00:00.000Z"),
        )
    return sandbox


def test_account_level_as_declared_costs_one_request(tmp_path: Path) -> None:
    with large() as sandbox:
        workspace = at(tmp_path, sandbox, "- {name: VIP, color: gray1}")
        document = workspace.document("plan")
        assert (document["changes"], document["requests"]["plan"]) == ([], 1)
        assert document["companies_unread"] is True
        assert len(sandbox.log.entries) == 1


FILTERS = ["honoured", "ignored", "partial"]


@pytest.mark.parametrize("level", FILTERS)
def test_no_filter_makes_a_duplicate_or_hides_a_delete(level: str, tmp_path: Path) -> None:
    """90001 has an odd id and 90000 has not: one is hidden by the partial filter."""
    with large(f"level_filter={level}") as sandbox:
        tags = """\
            - {name: VIP, color: gray1}
            - {name: Old, state: absent, note: gone}
            - {name: New, color: blue1}
            """
        workspace = at(tmp_path, sandbox, tags)
        document = workspace.document("plan")
        found = {change["name"]: change["action"] for change in document["changes"]}
        assert found == {"Old": "delete", "New": "create"}
        assert document["summary"]["unmanaged"] == 2_000
        assert workspace.run("apply --auto-approve --allow-deletes").code == 0
        names = [row["name"] for row in sandbox.store.tags() if row["company_id"] is None]
        assert sorted(names) == ["New", "VIP"]
        assert workspace.document("plan")["changes"] == []


@pytest.mark.parametrize("company", ["own", "with-account", "ignored", "partial"])
def test_nor_does_that_of_companies(company: str, tmp_path: Path) -> None:
    with large(f"company_filter={company}") as sandbox:
        names = "\n".join(
            f"- {{name: Tag {one:06}, color: gray1, companies: [Company 0003]}}"
            for one in range(50)
        )
        workspace = at(tmp_path, sandbox, names)
        document = workspace.document("plan")
        assert document["summary"]["create"] == 0


def test_a_wrong_total_is_called_one(tmp_path: Path) -> None:
    with large("tag_totals=more") as sandbox:
        workspace = at(tmp_path, sandbox, "- {name: New}")
        ran = workspace.run("plan")
    assert ran.code == 1
    assert "the same in 4 reads" in ran.err
    assert "changing it right now" not in ran.err


@pytest.mark.parametrize("odd", ["no-status", "null-name"])
def test_an_odd_row_is_named_and_the_rest_goes_on(odd: str, tmp_path: Path) -> None:
    switch = set_switches(f"odd_tag={odd}", "odd_tag_id=3")
    with Sandbox(Options(seed="bulk:300:3", switches=switch)) as sandbox:
        workspace = at(tmp_path, sandbox, "- {name: New, color: blue1}")
        ran = workspace.run("apply --auto-approve")
        assert ran.code == 0, ran.err
        for message in ("[LIVE001]", "tag 3 ", "of bulk on page 1", "nothing is deleted in bulk"):
            assert message in ran.err
        assert len(workspace.writes) == 1


class TestQuota:
    """250 an hour, of which others have used most."""

    tags = "\n".join(f"- {{name: New {one:02}, color: blue1}}" for one in range(30))

    def test_plan_and_doctor_report_what_is_left(self, tmp_path: Path) -> None:
        with Sandbox(Options(seed="bulk:10", quota=250, others_used=240)) as sandbox:
            workspace = at(tmp_path, sandbox, self.tags)
            ran = workspace.run("plan")
            assert "8 of this hour's 250 are left (others have used 240, earlier" in ran.out
            assert "apply stops there and a later run goes on" in ran.out
            doctor = workspace.run("doctor")
            assert "of this hour's 250 are left (others have used 242, earlier" in doctor.out
            assert "1,000" not in doctor.out + ran.out

    def test_apply_stops_before_a_429(self, tmp_path: Path) -> None:
        with Sandbox(Options(seed="bulk:10", quota=250, others_used=240)) as sandbox:
            workspace = at(tmp_path, sandbox, self.tags)
            ran = workspace.run("apply --auto-approve --format json --max-wait 5s")
            assert ran.code == 6
            assert sandbox.app.quota.refused == 0
            report = json.loads(ran.out)
            assert report["summary"]["done"] == len(workspace.writes) <= 9
            assert "the 250 requests per hour that CallRail allows are used" in ran.out

    def test_without_headers_nothing_is_reported_of_what_is_left(self, tmp_path: Path) -> None:
        switches = set_switches("rate_headers=off")
        with Sandbox(Options(seed="bulk:10", switches=switches)) as sandbox:
            workspace = at(tmp_path, sandbox, self.tags)
            ran = workspace.run("plan")
            assert "Requests: 2 used to plan, 32 to apply.\n" in ran.out
            assert "does not report what is left" in workspace.run("doctor").out

    def test_the_configuration_leaves_the_rest_to_others(self, tmp_path: Path) -> None:
        head = HEAD.replace(ACCOUNT, f"{ACCOUNT}\n    requests_per_hour: 12")
        with Sandbox(Options(seed="bulk:10")) as sandbox:
            workspace = at(tmp_path, sandbox, self.tags, head)
            assert workspace.run("plan --out p.json").code == 0
            for command in ("apply --auto-approve --max-wait 5s", "apply p.json --max-wait 5s"):
                sandbox.log.clear()
                ran = workspace.run(command)
                assert ran.code == 6, ran.err
                assert len(sandbox.log.entries) <= 12
                assert "requests_per_hour (12)" in ran.out + ran.err
