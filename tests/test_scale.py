"""What the largest agency may cost: memory at its height, and steps that grow with the tags."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from reconciler.document import dump, snapshot_document
from reconciler.model.state import LiveAccount
from reconciler.model.tag import Company, LiveTag, Status
from reconciler.planning import draft
from reconciler.planning.differ import changed_fields
from tests.builders import ACME
from tests.wishes import declare, desired

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DECLARED = 50
COMPANIES = 1_000
MOST_MEGABYTES = 250

PLAN = """\
import resource, sys
from reconciler.cli.main import main
code = main(["plan", "--live", "live.json", "--detailed-exitcode"], {})
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10, file=sys.stderr)
sys.exit(code)
"""


class Name(str):
    """Text whose comparisons are calls, so that a loop over names shows in :func:`calls_of`."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return str.__eq__(self, other)

    def __lt__(self, other: str) -> bool:
        return str.__lt__(self, other)

    def __hash__(self) -> int:
        return str.__hash__(self)


def live_account(companies: int, declared: int = DECLARED) -> LiveAccount:
    """Every company has every tag; each tenth tag is gray and not blue."""
    known = [Company(f"COM{n:032x}", f"Clinic {n}") for n in range(companies)]
    tags = (
        LiveTag(n * declared + k + 1, Name(f"Tag {k}"), "blue1" if (n + k) % 10 else "gray1",
                Status.ENABLED, one.id)
        for n, one in enumerate(known)
        for k in range(declared)
    )  # fmt: skip
    return LiveAccount(account=ACME, tags=tuple(tags), companies={one.id: one for one in known})


def test_fifty_tags_in_a_thousand_companies_plan_in_a_quarter_of_a_gigabyte(
    tmp_path: Path,
) -> None:
    blocks = "".join(
        f"  - {{name: Tag {k}, color: blue1, companies: all}}\n" for k in range(DECLARED)
    )
    head = f"version: 1\naccounts: {{acme: {{id: {ACME.id}}}}}\ntags:\n"
    (tmp_path / "reconciler.yaml").write_text(head + blocks)
    document = snapshot_document([live_account(COMPANIES)], created_at="2026-01-01T00:00:00Z",
                                 tool_version="0")  # fmt: skip
    (tmp_path / "live.json").write_text(dump(document))
    ran = subprocess.run(
        [sys.executable, "-c", PLAN], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 2, ran.stderr
    assert "5,000 to update" in ran.stdout
    assert int(ran.stderr.split()[-1]) < MOST_MEGABYTES


def calls_of(action: Callable[[], object]) -> int:
    """How many functions ``action`` calls: the same on any machine, however busy."""
    count = 0

    def note(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        action()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("axis", ["companies", "names"])
def test_the_work_of_planning_grows_with_the_tags_and_no_faster(axis: str) -> None:
    def work(size: int) -> int:
        many = (size, 5) if axis == "companies" else (5, size)
        live = live_account(*many)
        wish = desired(
            companies=[
                (one, tuple(declare(Name(f"Tag {k}"), color="blue1") for k in range(many[1])))
                for one in live.companies.values()
            ]
        )
        few = replace(live, tags=live.tags[:: 2 if axis == "names" else 1])
        changed_fields.cache_clear()
        return calls_of(lambda: draft(wish, few))

    work(10)  # what is imported at the first difference is no work of planning
    assert work(800) < 2.2 * work(400)
