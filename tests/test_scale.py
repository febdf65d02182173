"""A thousand companies: what a plan of 50 declared tags over 50,000 live ones may cost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reconciler.document import dump, snapshot_document
from reconciler.model.plan import AccountUse
from reconciler.model.state import LiveAccount
from reconciler.model.tag import Company, LiveTag, Status
from reconciler.planning import assemble, guard
from tests.builders import ACME
from tests.config.writing import loaded
from tests.expectations import draft

if TYPE_CHECKING:
    from reconciler.config import Configuration

TAGS = 50
MOST_MEGABYTES = 250
PEAK = """\
import sys
from pathlib import Path
from reconciler.cli.main import main
code = main(sys.argv[1:], {})
status = Path("/proc/self/status").read_text()
print(code, int(status.split("VmHWM:")[1].split()[0]) // 1024, file=sys.stderr)
"""
# Not getrusage: a child begins with the peak of the process that started it.


def configuration(color: str = "blue1") -> str:
    blocks = "".join(
        f"  - {{name: Tag {n}, color: {color}, companies: all}}\n" for n in range(TAGS)
    )
    return f"version: 1\naccounts: {{acme: {{id: {ACME.id}}}}}\ntags:\n{blocks}"


def agency(companies: int) -> LiveAccount:
    """Every company with all of the declared tags, gray."""
    known = {f"COM{n}": Company(f"COM{n}", f"Company {n}") for n in range(companies)}
    tags = tuple(
        LiveTag(at * TAGS + n + 1, f"Tag {n}", "gray1", Status.ENABLED, one)
        for at, one in enumerate(known)
        for n in range(TAGS)
    )
    return LiveAccount(account=ACME, tags=tags, companies=known)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="measured as Linux tells it")
def test_fifty_thousand_live_tags_are_planned_in_a_quarter_of_a_gigabyte(tmp_path: Path) -> None:
    (tmp_path / "reconciler.yaml").write_text(configuration(), "utf-8")
    live = dump(snapshot_document([agency(1_000)], created_at="2026-01-01", tool_version="0"))
    (tmp_path / "live.json").write_text(live, "utf-8")
    argv = ["plan", "--live", "live.json"]
    ran = subprocess.run(
        [sys.executable, "-c", PEAK, *argv],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    code, megabytes = map(int, ran.stderr.split()[-2:])
    assert code == 0
    assert "50,000 to update" in ran.stdout
    assert megabytes < MOST_MEGABYTES


def test_the_work_of_a_plan_grows_in_step_with_the_live_tags(tmp_path: Path) -> None:
    wanted = loaded(tmp_path, configuration())
    few, many = calls_made(wanted, companies=20), calls_made(wanted, companies=2_000)
    assert many < few * 105


def calls_made(wanted: Configuration, *, companies: int) -> int:
    """Functions called on the way from companies and tags to a plan: no clock, no chance."""
    live = agency(companies)
    count = 0

    def tick(_frame: object, event: str, _arg: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(tick)
    try:
        (desired,) = wanted.resolve({"acme": tuple(live.companies.values())}).accounts
        drafted = draft(desired, live)
        plan = assemble([(drafted, AccountUse(account=ACME), guard(drafted, drafted.changes))])
    finally:
        sys.setprofile(None)
    assert len(plan.changes) == len(live.tags)
    return count
