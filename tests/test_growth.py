"""Four times the work makes four times the calls, not sixteen; counted, never timed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.callrail.paging import parse_page
from reconciler.callrail.wire import live_tag
from reconciler.config import load
from reconciler.model.plan import AccountUse
from reconciler.model.state import LiveAccount
from reconciler.model.tag import Company, LiveTag, Status
from reconciler.planning import assemble, draft, guard
from reconciler.render import text
from tests.builders import ACME
from tests.callrail.tag_server import tag_rows

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reconciler.config import Configuration
    from reconciler.model.state import DesiredAccount

SMALL, LARGE = 150, 600
ROOM = 1.15
"""Sorting and small constants; what grows with the square is at 4."""


def calls(work: Callable[[], object]) -> int:
    """Functions that ``work`` calls, those of C included."""
    count = 0

    def note(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def assert_linear(work_of: Callable[[int], Callable[[], object]]) -> None:
    for size in (SMALL, LARGE):
        work_of(size)()  # what is made once and kept: imports, patterns, what names look like
    small, large = calls(work_of(SMALL)), calls(work_of(LARGE))
    assert large <= small * (LARGE / SMALL) * ROOM, (small, large)


def configured(folder: Path, tags: int, rest: str) -> Configuration:
    blocks = "".join(f"  - {{name: Tag {one:04}, color: red1{rest}}}\n" for one in range(tags))
    head = f"version: 1\naccounts: {{acme: {{id: {ACME.id}}}}}\ntags:\n"
    folder.mkdir(exist_ok=True)
    (folder / "reconciler.yaml").write_text(head + blocks, "utf-8")
    return load([folder / "reconciler.yaml"])


def companies(count: int) -> list[Company]:
    return [Company(f"COM{one}", f"Company {one:04}") for one in range(count)]


def drafted(desired: DesiredAccount, live: list[LiveTag]) -> Callable[[], object]:
    account = LiveAccount(account=ACME, tags=tuple(live), companies=desired.companies)

    def work() -> None:
        found = draft(desired, account)
        changes = guard(found, found.changes)
        text.plan(assemble([(found, AccountUse(account=ACME), changes)]))

    return work


@pytest.mark.parametrize("rest", ["", ", companies: all", ", companies: [Company 0001]"])
def test_loading(rest: str, tmp_path: Path) -> None:
    assert_linear(lambda size: lambda: configured(tmp_path, size, rest))


def test_selecting_companies(tmp_path: Path) -> None:
    configuration = configured(tmp_path, 3, ", companies: ['Company *'], except: [Company 0001]")
    assert_linear(lambda size: lambda: configuration.resolve({"acme": companies(size)}))


def test_selecting_one_company_for_each_tag(tmp_path: Path) -> None:
    def work_of(size: int) -> Callable[[], object]:
        blocks = (f"  - {{name: T{n}, companies: [Company {n:04}]}}\n" for n in range(size))
        path = tmp_path / "reconciler.yaml"
        head = "version: 1\naccounts: {acme: {id: ACC1}}\ntags:\n"
        path.write_text(head + "".join(blocks), "utf-8")
        configuration = load([path])
        return lambda: configuration.resolve({"acme": companies(size)})

    assert_linear(work_of)


@pytest.mark.parametrize("color", ["red1", "blue1"])
def test_planning_and_showing_many_tags(color: str, tmp_path: Path) -> None:
    def work_of(size: int) -> Callable[[], object]:
        (desired,) = configured(tmp_path, size, "").resolve({}).accounts
        live = [
            LiveTag(one, f"Tag {one:04}", color, Status.ENABLED, None) for one in range(size * 2)
        ]
        return drafted(desired, live)

    assert_linear(work_of)


def test_planning_and_showing_many_companies(tmp_path: Path) -> None:
    configuration = configured(tmp_path, 3, ", companies: all")

    def work_of(size: int) -> Callable[[], object]:
        (desired,) = configuration.resolve({"acme": companies(size)}).accounts
        live = [
            LiveTag(one, "Tag 0000", "blue1", Status.ENABLED, f"COM{one}") for one in range(size)
        ]
        return drafted(desired, live)

    assert_linear(work_of)


def test_reading_pages() -> None:
    def work_of(size: int) -> Callable[[], object]:
        payload = {"tags": tag_rows(size), "page": 1, "total_records": size}
        return lambda: parse_page(payload, rows="tags", parse=live_tag)

    assert_linear(work_of)
