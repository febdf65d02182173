"""Each fault of the table at each of 40 changes: the report is true and nothing is done twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.callrail import connect
from reconciler.model.state import Gateway
from reconciler.sandbox import Fault, Switches
from reconciler.sandbox.faults import Do
from tests.callrail.clients import run
from tests.callrail.test_ambiguity import FAULTS
from tests.faults.scene import (
    CREATES,
    DELETES,
    UPDATES,
    Ledger,
    check_truthful,
    check_within_the_plan,
    plan_and_apply,
    scene,
    settings,
)

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.config import Configuration
    from reconciler.sandbox import Sandbox

POSITIONS = [
    *(("PUT", nth) for nth in range(1, UPDATES + 1)),
    *(("POST", nth) for nth in range(1, CREATES + 1)),
    *(("DELETE", nth) for nth in range(1, DELETES + 1)),
]
ALL = [*FAULTS, (Do.GZIP_BOMB, ""), (Do.STATUS, "401"), (Do.FLOOD, "33")]
SAMPLE = [("PUT", 3), ("POST", 5), ("DELETE", 4)]
LIBERTIES = (
    Switches(),
    Switches(unique_names="exact", created_status="200", second_delete="204"),
    Switches(read_delay=1, update_body="empty", error_shape="errors"),
)


def strike(
    directory: Path, fault: Fault, switches: Switches, gateway: Gateway = Gateway.CALLRAIL
) -> None:
    """Apply under ``fault``, hold the report against the server; the next run converges."""
    sandbox, configuration = scene(directory, faults=(fault,), switches=switches)
    with sandbox:
        ledger = Ledger.open(sandbox)
        report = run(plan_and_apply(configuration, settings(sandbox, gateway)))
        changes = report.plan.changes
        assert ledger.duplicates() == []
        check_within_the_plan(ledger, changes)
        check_truthful(ledger, report)
        sandbox.faults.clear()
        run(until_listings_show_all(sandbox, configuration))
        assert run(plan_and_apply(configuration, settings(sandbox, gateway))).exit_code == 0
        assert ledger.duplicates() == []
        check_within_the_plan(ledger, changes)
        assert run(plan_and_apply(configuration, settings(sandbox, gateway))).plan.changes == ()


async def until_listings_show_all(sandbox: Sandbox, configuration: Configuration) -> None:
    """Read until a delay of listings is over: a new process can't know what an old one made."""
    chosen = settings(sandbox)
    async with connect(chosen) as client:
        for _ in range(sandbox.app.switches.read_delay):
            await client.provider(configuration.accounts[0]).tags()


@pytest.mark.parametrize(("action", "value"), ALL)
@pytest.mark.parametrize(("method", "nth"), SAMPLE)
def test_a_fault_in_an_apply_leaves_a_true_report(
    tmp_path: Path, method: str, nth: int, action: Do, value: str
) -> None:
    strike(tmp_path, Fault(do=action, method=method, value=value, nth=nth), Switches())


@pytest.mark.soak
@pytest.mark.parametrize("gateway", list(Gateway))
@pytest.mark.parametrize(("action", "value"), ALL)
@pytest.mark.parametrize(("method", "nth"), POSITIONS)
def test_a_fault_anywhere_in_an_apply_leaves_a_true_report(
    tmp_path: Path, method: str, nth: int, action: Do, value: str, gateway: Gateway
) -> None:
    # The liberties take turns: every fault meets each of them at a third of the positions.
    switches = LIBERTIES[nth % len(LIBERTIES)]
    strike(tmp_path, Fault(do=action, method=method, value=value, nth=nth), switches, gateway)
