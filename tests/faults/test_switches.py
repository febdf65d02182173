"""The main job under both settings of everything that CallRail does not document."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import pytest

from reconciler.model.state import Gateway
from reconciler.sandbox import Switches
from reconciler.sandbox.switches import set_switch
from tests.callrail.clients import run
from tests.faults.scene import (
    CHANGES,
    Ledger,
    check_truthful,
    check_within_the_plan,
    plan_and_apply,
    scene,
    settings,
)

if TYPE_CHECKING:
    from pathlib import Path

OTHER_TESTS = {"oauth": "expired", "writes": "forbidden"}
"""Under these settings nothing can be done; what is said then is tested elsewhere."""
NUMBERS = {"page_cap": ("1", "7", "250"), "read_delay": ("0", "1", "2"), "activation": ("1",)}
SETTINGS = [
    f"{one.name}={value}"
    for one in fields(Switches)
    for value in NUMBERS.get(one.name, one.metadata.get("choices", ()))
    if OTHER_TESTS.get(one.name) != value
]


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("gateway", list(Gateway))
def test_40_changes_and_an_empty_second_plan(
    tmp_path: Path, setting: str, gateway: Gateway
) -> None:
    # A delay of one listing makes the second plan look before the closing look is shown.
    sandbox, configuration = scene(tmp_path, switches=set_switch(Switches(), setting))
    with sandbox:
        ledger = Ledger.open(sandbox)
        report = run(plan_and_apply(configuration, settings(sandbox, gateway)))
        assert (report.exit_code, len(report.plan.changes)) == (0, CHANGES), report.differences
        check_truthful(ledger, report)
        check_within_the_plan(ledger, report.plan.changes)
        again = run(plan_and_apply(configuration, settings(sandbox, gateway)))
        assert again.plan.changes == ()


@pytest.mark.parametrize("over", ["clamp", "error"])
def test_a_cap_below_what_is_asked_for_is_lived_with_or_named(tmp_path: Path, over: str) -> None:
    switches = Switches(page_cap=100, over_cap=over)
    sandbox, configuration = scene(tmp_path, switches=switches)
    with sandbox:
        if over == "clamp":
            assert run(plan_and_apply(configuration, settings(sandbox))).exit_code == 0
        else:
            from reconciler.errors import RejectedError

            with pytest.raises(RejectedError, match="per_page may be at most 100"):
                run(plan_and_apply(configuration, settings(sandbox)))
            assert sandbox.log.writes == []


def test_writes_that_are_forbidden_exit_4_and_nothing_is_said_to_be_done(tmp_path: Path) -> None:
    sandbox, configuration = scene(tmp_path, switches=Switches(writes="forbidden"))
    with sandbox:
        report = run(plan_and_apply(configuration, settings(sandbox)))
        assert report.exit_code == 4
        assert {outcome.result.value for outcome in report.outcomes} == {"not_tried"}
        assert sandbox.log.writes == []
