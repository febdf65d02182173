"""`rehearse`: a plan applied to a copy, with an answer lost at every write, and nothing sent."""

from __future__ import annotations

import asyncio
import re
import socket
import sqlite3
from datetime import date
from typing import TYPE_CHECKING

import pytest

from reconciler.callrail.transport import HttpxTransport
from reconciler.cli.rehearse import run as rehearse  # noqa: F401 - imported before nothing may be
from reconciler.cli.replica import SandboxReplica, uses
from reconciler.document import load_plan, load_snapshot
from reconciler.executor import Deletes
from reconciler.render import rehearsal
from reconciler.sandbox import Options, Sandbox
from reconciler.workflow.apply import ApplyRequest, Waited
from reconciler.workflow.rehearse import Answers
from reconciler.workflow.rehearse import rehearse as rehearsed
from tests.e2e.workspace import COMPANY, HEAD, Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reconciler.model.rehearsal import Rehearsal

CHANGES = f"""
- name: New tag
  color: blue1
- name: Booked
  color: red1
  renamed_from: [Schedule requested]
- name: Opportunity
  companies: [{COMPANY}]
  state: absent
  note: Over.
"""
TIDY = """
- {name: Opportunity, companies: all, color: blue1, merged_from: [Oppty, opportunity, Oportunity]}
- {name: Appointment booked, companies: all, merged_from: [Appt booked, appointment booked]}
- {name: Price shopper, companies: all, merged_from: [Price Shopper, price-shopper]}
- {name: Existing customer, companies: all, renamed_from: [Existing Customer]}
- {name: Do not use, companies: all, state: absent, note: Ended.}
- {name: Spam, merged_from: [{name: Spam, companies: [Dental South]}]}
- {name: Summer 2025, companies: all, state: absent, note: Ended.}
"""
GENEROUS = "{deletes: 99, disables: 99, delete_percent: 50, interactions: 999, flows: 9}"


@pytest.fixture(scope="module")
def agency() -> Iterator[Sandbox]:
    with Sandbox(Options(seed="agency", today=date(2026, 2, 12))) as running:
        yield running


def planned(workspace: Workspace, tags: str = CHANGES, head: str = HEAD) -> None:
    workspace.declare(tags, head=head)
    assert workspace.run("plan --out plan.json").code == 0
    assert workspace.run("snapshot --out live.json").code == 0


def test_the_tidying_up_of_an_agency_goes_well_though_every_answer_is_lost(
    tmp_path: Path, agency: Sandbox
) -> None:
    workspace = Workspace.at(tmp_path, agency)
    planned(workspace, TIDY, f"{HEAD}    limits: {GENEROUS}\n")
    plan = load_plan(workspace.read("plan.json"))
    summary = plan.summary
    assert min(summary.merge, summary.trash, summary.create, summary.update) > 1
    agency.log.clear()
    ran = workspace.run("rehearse plan.json --live live.json")
    assert ran.code == 0, ran.out
    assert agency.log.entries == []
    last = ran.out.splitlines()[-1]
    found = re.fullmatch(
        r"(\d+) changes, (\d+) requests, empty afterwards; 0 duplicates, 0 lost under (\d+) faults",
        last,
    )
    assert found is not None, last
    changes, requests, faults = map(int, found.groups())
    assert changes == len(plan.changes)
    assert faults >= changes
    (costly,) = re.findall(r"lost: all .* ([\d,]+) requests", ran.out)
    assert int(costly.replace(",", "")) < 3 * requests
    assert ran.out.count("\ndone ") == changes
    # And so it goes for real.
    assert workspace.run("apply plan.json --allow-deletes").code == 0
    assert requests == pytest.approx(len(agency.log.entries), rel=0.3)


@pytest.fixture
def with_plan(workspace: Workspace) -> Workspace:
    planned(workspace)
    return workspace


@pytest.fixture
def sealed(with_plan: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """Where nothing can go out."""

    def refuse(*_args: object, **_more: object) -> None:
        raise AssertionError("something went out")

    for name in ("connect", "connect_ex", "sendto", "bind"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(HttpxTransport, "__init__", refuse)
    monkeypatch.setattr(HttpxTransport, "send", refuse)
    return with_plan


def test_offline_nothing_goes_out(sealed: Workspace) -> None:
    sealed.environ = {}
    ran = sealed.run("rehearse plan.json --live live.json")
    assert ran.code == 0, ran.err
    assert ran.out.endswith("0 duplicates, 0 lost under 3 faults\n")


def test_without_a_snapshot_live_state_is_read_and_not_written(
    with_plan: Workspace,
) -> None:
    before = with_plan.tags()
    with_plan.sandbox.log.clear()
    ran = with_plan.run("rehearse plan.json")
    assert ran.code == 0, ran.err
    assert {entry.method for entry in with_plan.sandbox.log.entries} == {"GET"}
    assert with_plan.tags() == before


def test_it_reports_what_it_does_step_by_step(with_plan: Workspace) -> None:
    ran = with_plan.run("rehearse plan.json --live live.json")
    assert re.sub(r"\d+ requests", "N requests", ran.out) == (
        "A copy of live.json, in this process; from here on nothing is sent.\n"
        "Copied: 1 account, 1 company, 2 tags; 1 interaction by the plan's counts.\n"
        "\n"
        "done       ~ update  acme · account  Booked\n"
        "done       + create  acme · account  New tag\n"
        "done       - delete  acme · My Company  Opportunity\n"
        "As planned: all 3 changes made, N requests.\n"
        "Applied once more, it writes nothing.\n"
        "\n"
        "With the first answer to each of 3 writes lost: all 3 changes made, N requests.\n"
        "Applied once more, it writes nothing.\n"
        "\n"
        "3 changes, N requests, empty afterwards; 0 duplicates, 0 lost under 3 faults\n"
    )


def test_a_plan_that_apply_refuses_is_refused_here_too(workspace: Workspace) -> None:
    workspace.declare(CHANGES)
    workspace.run("plan --out plan.json")
    workspace.sandbox.store.run("UPDATE tags SET color = 'green1'")
    ran = workspace.run("rehearse plan.json")
    assert ran.code == 5
    assert "the plan is stale" in ran.err
    assert "afterwards" not in ran.out


@pytest.mark.parametrize(
    ("switch", "message"),
    [
        ("names=lower", '"New tag" is not there'),
        ("renamed_assignments=dropped", '1 interaction without "Schedule requested" (id 7886733)'),
        ("writes=forbidden", "403"),
    ],
)
def test_what_goes_wrong_is_named(with_plan: Workspace, switch: str, message: str) -> None:
    shown = on_a_server_with(switch, with_plan)
    assert not shown.sound
    text = rehearsal.rehearsal(shown)
    assert message in text
    assert shown.faulty is None


def on_a_server_with(switch: str, workspace: Workspace) -> Rehearsal:
    plan, live = load_plan(workspace.read("plan.json")), load_snapshot(workspace.read("live.json"))

    made = []

    def replica(answers: Answers) -> SandboxReplica:
        has = uses(plan.changes)
        made.append(SandboxReplica(live, has, answers, parallelism=1, switches=(switch,)))
        return made[-1]

    def request(_answers: Answers) -> ApplyRequest:
        return ApplyRequest(
            waited=Waited.IN_A_FILE, deletes=Deletes.SEND, watcher=Silent(), parallelism=1
        )

    shown = asyncio.run(rehearsed(plan, replica, request))
    for one in made:
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            one.held()
    return shown


class Silent:
    def outcome(self, _outcome: object) -> None:
        pass


def test_the_quota_passes_in_fast_motion(workspace: Workspace) -> None:
    tags = "".join(f"- {{name: Tag {number:02}}}\n" for number in range(30))
    planned(workspace, tags, f"{HEAD}    requests_per_hour: 10\n")
    ran = workspace.run("rehearse plan.json --live live.json")
    assert ran.code == 0, ran.out[-500:]
    assert re.search(r"\d\d requests, 180 minutes of waiting in fast motion\.\n", ran.out)
    assert "waiting" not in ran.err
    assert ran.out.endswith("0 lost under 30 faults\n")
