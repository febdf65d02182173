"""What a run costs, the quota that it stays within, and where it stops when that is used up."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from reconciler.config import load
from reconciler.sandbox import Options, Sandbox
from tests.callrail.clients import FakeClock, run
from tests.e2e.desk import Desk
from tests.faults.scene import BULK, HEAD, plan_and_apply, scene, settings

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def recolour(count: int, extra: Iterable[str] = ()) -> str:
    """A configuration that changes ``count`` tags of account level."""
    blocks = [f"- {{name: Tag {number:06}, color: blue2}}" for number in range(count)]
    return HEAD + "".join(f"  {block}\n" for block in [*blocks, *extra])


def desk_at(directory: Path, sandbox: Sandbox, text: str) -> Desk:
    desk = Desk.at(directory, sandbox)
    desk.write("reconciler.yaml", text)
    return desk


def converge(directory: Path, changes: int, quota: int) -> None:
    """Apply ``changes`` under a quota of fewer an hour, on a clock that both sides share."""
    clock = FakeClock()
    path = directory / "reconciler.yaml"
    path.write_text(recolour(changes), "utf-8")
    options = Options(seed=f"bulk:{changes}", quota=quota, clock=clock.monotonic)
    with Sandbox(options) as sandbox:
        from reconciler.callrail import Quota

        chosen = settings(
            sandbox, clock=clock, max_wait=7_200.0, quota=Quota(account=((quota, 3_600.0),))
        )
        report = run(plan_and_apply(load([path]), chosen))
        assert (report.exit_code, len(report.plan.changes)) == (0, changes)
        assert sandbox.app.quota.refused == 0
        assert clock.now > 3_600.0
        assert {row["color"] for row in sandbox.store.tags()} == {"blue2"}


def test_more_changes_than_the_quota_converge_and_cause_no_429(tmp_path: Path) -> None:
    converge(tmp_path, 240, 200)


@pytest.mark.soak
def test_1200_changes_converge_within_1000_an_hour_and_cause_no_429(tmp_path: Path) -> None:
    converge(tmp_path, 1_200, 1_000)


def test_a_used_up_quota_exits_6_says_what_is_left_and_goes_on_when_run_again(
    tmp_path: Path,
) -> None:
    clock = FakeClock()
    with Sandbox(Options(seed="bulk:60", quota=40, clock=clock.monotonic)) as sandbox:
        desk = desk_at(tmp_path, sandbox, recolour(60))
        apply = ["apply", "--auto-approve", "--max-wait", "0s", "--format", "json"]
        first = desk.run(" ".join(apply))
        assert first.code == 6, first.err
        results = [entry["result"] for entry in json.loads(first.out)["results"]]
        assert results.count("done") == len(desk.writes)
        assert results.count("not_tried") == 60 - len(desk.writes) > 0
        assert "Run it again later" in first.err
        clock.now += 3_600.0
        second = desk.run(" ".join(apply))
        assert second.code == 0, second.err
        assert len(desk.writes) == 60


def test_a_plan_that_meets_a_used_up_quota_exits_6(tmp_path: Path) -> None:
    with Sandbox(Options(seed="bulk:300", quota=1)) as sandbox:
        ran = desk_at(tmp_path, sandbox, recolour(1)).run("plan --max-wait 0s")
        assert (ran.code, ran.out) == (6, "")


def test_40_changes_among_1000_tags_cost_40_requests_and_two_listings(tmp_path: Path) -> None:
    extra = [f"- {{name: New {number}}}" for number in range(10)]
    gone = (f"Tag {number:06}" for number in range(900, 915))
    extra += [f"- {{name: {name}, state: absent, note: gone}}" for name in gone]
    # With the ten that are made there are 1,000 tags: four pages throughout.
    with Sandbox(Options(seed="bulk:990")) as sandbox:
        desk = desk_at(tmp_path, sandbox, recolour(15, extra))
        assert desk.run("plan --out plan.json").code == 0
        requests = json.loads(desk.read("plan.json"))["requests"]
        sandbox.log.clear()
        assert desk.run("apply --auto-approve --allow-deletes").code == 0
        spent = len(sandbox.log.entries) - requests["plan"]
        assert len(desk.writes) == 40
        assert spent <= 40 + 2 * 4
        assert spent <= requests["apply"]


@pytest.mark.parametrize("where", ["", ", companies: all"])
def test_a_plan_without_changes_costs_the_floor(tmp_path: Path, where: str) -> None:
    with Sandbox(Options(seed="bulk:1000:2" if where else "bulk:1000")) as sandbox:
        desk = desk_at(tmp_path, sandbox, HEAD + f"  - {{name: Tag 000000{where}}}\n")
        assert desk.run("plan --detailed-exitcode").code == 0
        listings = [entry.path.rpartition("/")[2] for entry in sandbox.log.entries]
        assert listings.count("companies.json") == (1 if where else 0)
        assert listings.count("tags.json") <= 4
        assert len(listings) <= 5


def test_what_apply_will_cost_is_shown_before_the_first_write(tmp_path: Path) -> None:
    sandbox, _configuration = scene(tmp_path)
    with sandbox:
        ran = Desk.at(tmp_path, sandbox).run("plan")
        # 40 changes, and the listing up to three times.
        assert "43 to apply" in ran.out, ran.out
        assert sandbox.log.writes == []
        assert BULK not in ran.err
