"""What loses a tag that is deleted: counted, at least or unknown, shown where one reads first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.sandbox import Options, Sandbox
from reconciler.sandbox.switches import Switches
from tests.e2e.desk import ACCOUNT, Desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli_runner import Ran

BUSY = "- name: Opportunity\n  state: absent\n  note: Over.\n"
IDLE = "- name: Never used\n  state: absent\n  note: Over.\n"


@pytest.fixture(scope="module", params=["honoured", "ignored"])
def agency(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """An agency with thousands of calls, whose server honours the filter or does not."""
    switches = Switches(tags_filter=request.param)
    with Sandbox(Options(seed="agency", quota=None, switches=switches)) as sandbox:
        sandbox.app.make_tag(ACCOUNT, "Never used")
        yield sandbox


@pytest.fixture
def desk(tmp_path: Path, agency: Sandbox) -> Desk:
    """A desk at the agency."""
    return Desk.at(tmp_path, agency)


@pytest.fixture
def honest(desk: Desk) -> bool:
    """Whether the server honours the filter."""
    return desk.sandbox.options.switches.tags_filter == "honoured"


def refused(desk: Desk) -> Ran:
    """Apply with deletes allowed; expect a refusal and no write."""
    ran = desk.run("apply --auto-approve --allow-deletes")
    assert ran.code == 5
    assert desk.writes == []
    return ran


def test_more_calls_than_the_limit_are_refused(desk: Desk, honest: bool) -> None:
    desk.declare(BUSY)
    (change,) = desk.document("plan")["changes"]
    assert change["loss"]["calls"]["precision"] == ("exact" if honest else "at_least")
    assert change["loss"]["calls"]["count"] > 100
    assert "more than limits.interactions 100" in refused(desk).err


def test_an_unknown_number_counts_as_more(desk: Desk, honest: bool) -> None:
    desk.declare(IDLE)
    (change,) = desk.document("plan")["changes"]
    if honest:
        assert change["loss"]["calls"] == {"count": 0, "precision": "exact"}
        assert change["blocked_by"] is None
    else:
        assert change["loss"]["calls"] == {"count": None, "precision": "unknown"}
        assert "an unknown number of interactions lose their tag" in refused(desk).err


@pytest.mark.parametrize("tags", [BUSY, IDLE], ids=["busy", "idle"])
def test_it_stands_where_the_eye_falls_first(desk: Desk, honest: bool, tags: str) -> None:
    desk.declare(tags + "- name: Another\n- name: A third\n")
    desk.run("plan --report text=t --report markdown=m --report html=h")
    said = "lose" if honest else "at least" if tags == BUSY else "unknown"
    top = "\n".join(desk.read("m").splitlines()[:7])
    assert said in top
    assert "[!CAUTION]" in top
    page = desk.read("h")
    assert page.index('<section class="alarm"><h2>1 delete, for good') < page.index("Every change")
    lost = "nothing" if honest and tags == IDLE else ""
    assert any(line.startswith(f"Lost: {lost}") for line in desk.read("t").splitlines())


def test_impact_counts_what_is_disabled_and_renamed(desk: Desk) -> None:
    desk.declare("- name: Lead won\n  renamed_from: Opportunity\n")
    assert desk.document("plan")["changes"][0]["loss"] is None
    plain = desk.document("plan")["requests"]["plan"]
    counted = desk.document("plan --impact")
    assert counted["changes"][0]["loss"]["calls"]["count"] > 100
    assert counted["requests"]["plan"] > plain
