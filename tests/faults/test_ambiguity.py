"""One write of forty, or all from one on, meets a fault: the command's report stays true."""

from __future__ import annotations

import pytest

from tests.faults.workspace import CHANGES, WRITES, Workspace

FAULTS = [
    "reset-before-commit",
    "reset-after-commit",
    "hang",
    "hang-after-commit",
    "truncate",
    "status=500",
    "status-after-commit=500",
    "body=html",
    "redirect=http://127.0.0.1:9/",
    "status=429",
    "status=422",
    "status=401",
]
ONCE, FROM_THERE = "once", "from there on"
FEW = [
    # A silent server costs a second of waiting a write, so it is silent for the last ones only.
    (fault, position, extent)
    for fault in FAULTS
    for position, extent in (
        (36 if fault.startswith("hang") else 1, FROM_THERE),
        (20, ONCE),
        (33, ONCE),
    )
]


def strike(workspace: Workspace, position: int, fault: str, extent: str) -> None:
    """Apply while ``fault`` meets the write of that position, or all writes from it on."""
    first, nth = WRITES[position - 1]
    if extent == ONCE:
        workspace.sandbox.faults.add(f"{first} tags nth={nth} {fault}")
    else:
        workspace.sandbox.faults.add(f"{first} tags after={nth - 1} {fault}")
        later = {method for method, _ in WRITES[position:]} - {first}
        for method in later:
            workspace.sandbox.faults.add(f"{method} tags times=1000 {fault}")
    ran, report = workspace.apply()
    workspace.expect_no_harm()
    workspace.expect_true(report, ran.code)
    workspace.sandbox.faults.clear()
    ran, _ = workspace.apply()
    assert ran.code == 0, ran.out + ran.err
    workspace.expect_rest()


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(("fault", "position", "extent"), FEW)
def test_a_fault_leaves_a_true_report(
    workspace: Workspace, fault: str, position: int, extent: str
) -> None:
    strike(workspace, position, fault, extent)


@pytest.mark.soak
@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("extent", [ONCE, FROM_THERE])
@pytest.mark.parametrize("position", range(1, CHANGES + 1))
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_anywhere_leaves_a_true_report(
    workspace: Workspace, position: int, fault: str, extent: str
) -> None:
    strike(workspace, position, fault, extent)
