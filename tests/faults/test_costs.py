"""What work costs in requests: the floor for a plan, the quota kept without meeting a 429."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from reconciler.sandbox.seeds.bulk import COLORS
from tests.faults.workspace import APPLY, HEAD, Workspace, sandbox

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from reconciler.sandbox import Sandbox
    from tests.faults.conftest import Skipped

TAGS = 1_000
LISTING = 4
HOUR = 3_600.0


def blocks(rows: Iterable[tuple[str, str]], more: str = "") -> str:
    lines = (f"  - {{name: {name}, color: {color}{more}}}\n" for name, color in rows)
    return HEAD + "tags:\n" + "".join(lines)


def as_seeded(count: int) -> list[tuple[str, str]]:
    """Names and colours of the bulk seed."""
    return [(f"Tag {number:06}", COLORS[number % len(COLORS)]) for number in range(count)]


def asked(running: Sandbox) -> Counter[str]:
    """Requests by method and resource, since the last time that it was asked."""
    counts = Counter(f"{one.method} {one.path.split('/')[4]}" for one in running.log.entries)
    running.log.clear()
    return counts


def test_a_plan_without_changes_costs_the_listing_and_no_more(tmp_path: Path) -> None:
    with sandbox(seed=f"bulk:{TAGS}") as running:
        workspace = Workspace.at(tmp_path, running, text=blocks(as_seeded(TAGS)))
        assert workspace.run("plan", "--detailed-exitcode").code == 0
        assert asked(running) == {"GET tags.json": LISTING}
        assert workspace.run(*APPLY).code == 0
        assert asked(running) == {"GET tags.json": LISTING}


def test_companies_are_read_only_where_they_are_named(tmp_path: Path) -> None:
    with sandbox(seed=f"bulk:{TAGS}:10") as running:
        text = blocks(as_seeded(TAGS // 10), more=", companies: all")
        workspace = Workspace.at(tmp_path, running, text=text)
        assert workspace.run("plan", "--detailed-exitcode").code == 0
        assert asked(running) == {"GET tags.json": LISTING, "GET companies.json": 1}


def test_forty_changes_cost_forty_requests_and_two_reads(tmp_path: Path) -> None:
    with sandbox(seed=f"bulk:{TAGS - 20}") as running:
        rows = as_seeded(TAGS - 20)
        recoloured = [(name, "blue2") for name, _ in rows[:20]]
        made = [(f"New {number}", "red1") for number in range(20)]
        workspace = Workspace.at(tmp_path, running, text=blocks([*recoloured, *rows[20:], *made]))
        assert workspace.run("plan", "--out", "saved.json").code == 0
        assert asked(running) == {"GET tags.json": LISTING}
        assert workspace.run("apply", "saved.json").code == 0
        cost = {"PUT tags": 20, "POST tags.json": 20, "GET tags.json": 2 * LISTING}
        assert asked(running) == cost
        assert workspace.run("plan", "--detailed-exitcode").code == 0


@pytest.fixture
def hourly(tmp_path: Path, skipping: Skipped) -> Iterable[Workspace]:
    """1,200 tags to make under a quota of 1,000 an hour, on the client's own skipped time."""
    with sandbox(seed="bulk:1", quota=TAGS, clock=skipping.monotonic) as running:
        rows = [(f"New {number:04}", "red1") for number in range(1_200)]
        yield Workspace.at(tmp_path, running, text=blocks(rows))


def test_1200_changes_wait_for_the_quota_and_meet_no_429(hourly: Workspace) -> None:
    assert hourly.run(*APPLY, "--max-wait", "2h").code == 0
    assert hourly.sandbox.app.quota.refused == 0
    assert len(hourly.sandbox.store.tags()) == 1_201
    assert hourly.duplicates() == []


def test_1200_changes_go_on_in_the_next_run(hourly: Workspace, skipping: Skipped) -> None:
    ran, report = hourly.apply("--max-wait", "10s")
    assert ran.code == 6
    hourly.expect_true(report, 6)
    summary = report["summary"]
    assert summary["done"] == len(hourly.sandbox.log.writes)
    assert summary["done"] + summary["not_tried"] == 1_200
    assert hourly.sandbox.app.quota.refused == 0
    skipping.seconds += HOUR
    again, rest = hourly.apply("--max-wait", "10s")
    assert (again.code, rest["summary"]["done"]) == (0, summary["not_tried"])
    assert hourly.sandbox.app.quota.refused == 0
    hourly.expect_rest()
