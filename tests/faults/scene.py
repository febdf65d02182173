"""A 40-change apply over three companies, and the truths that hold whatever goes wrong in it."""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reconciler.apply import Run
from reconciler.callrail import Credential, Settings, Timeouts, connect
from reconciler.config import load
from reconciler.model.change import Action
from reconciler.model.outcome import Result
from reconciler.model.state import Gateway
from reconciler.planning import Narrowing
from reconciler.sandbox import Options, Sandbox
from reconciler.sandbox.options import DIRECT_KEY, MATON_KEY
from reconciler.workflow.apply import apply_plan
from reconciler.workflow.plan import PlanRequest, make_plan
from tests.callrail.clients import FakeClock

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from reconciler.callrail import Client
    from reconciler.config import Configuration
    from reconciler.model.change import Change
    from reconciler.model.outcome import Outcome, Report
    from reconciler.model.plan import Plan

BULK = "ACC00000000000000000000000000000b01"
SEED = "bulk:60:3"
UPDATES, CREATES, DELETES = 14, 14, 12
CHANGES = UPDATES + CREATES + DELETES
QUICK = Timeouts(connect=1.0, read=0.4, total=0.7, grace=0.2)
HEAD = f"""\
version: 1
accounts:
  bulk:
    id: {BULK}
    limits: {{deletes: 100, delete_percent: 100}}
tags:
"""


def configuration_text() -> str:
    """14 recolours and renames in one company, 14 creates beside it, 12 deletes in a third."""
    blocks = []
    for number in range(UPDATES):
        name = f"Tag {number:06}"
        if number % 2:
            blocks.append(
                f"- {{name: Renamed {number}, renamed_from: {name}, companies: [{_c(0)}]}}"
            )
        else:
            # Colours that the strictest sandbox takes; number 6 is blue already.
            color = "red1" if number == 6 else "blue1"
            blocks.append(f"- {{name: {name}, color: {color}, companies: [{_c(0)}]}}")
    for number in range(CREATES):
        where = f", companies: [{_c(1)}]" if number % 2 else ""
        blocks.append(f"- {{name: New {number}, color: green1{where}}}")
    blocks += [
        f"- {{name: Tag {number:06}, state: absent, note: gone, companies: [{_c(2)}]}}"
        for number in range(DELETES)
    ]
    return HEAD + "".join(f"  {block}\n" for block in blocks)


def _c(number: int) -> str:
    return f"Company {number:04}"


def scene(directory: Path, **options: Any) -> tuple[Sandbox, Configuration]:
    """A sandbox to close, and the configuration (also written to ``directory``)."""
    path = directory / "reconciler.yaml"
    path.write_text(configuration_text(), "utf-8")
    return Sandbox(Options(seed=SEED, **options)), load([path])


@dataclass
class Silent:
    """A watcher that only collects."""

    heard: list[Outcome] = field(default_factory=list)

    def outcome(self, outcome: Outcome) -> None:
        """One change has ended."""
        self.heard.append(outcome)


def todays_clock() -> FakeClock:
    """A clock that agrees with the sandbox on the day: calls are counted 25 months back."""
    return FakeClock(wall=time.time())


def settings(sandbox: Sandbox, gateway: Gateway = Gateway.CALLRAIL, **changes: Any) -> Settings:
    """A client's settings that wait on a clock that never waits, and give a silent server up."""
    direct = gateway is Gateway.CALLRAIL
    credential = Credential(
        gateway=gateway,
        key=DIRECT_KEY if direct else MATON_KEY,
        origin_description="a test",
    )
    url = sandbox.url if direct else sandbox.gateway_url
    values: dict[str, Any] = {
        "clock": todays_clock(),
        "timeouts": QUICK,
        "random": random.Random(7),
    }
    return Settings(
        credential=credential, api_url=url, control_url=sandbox.control_url, **(values | changes)
    )


async def plan_with(client: Client, configuration: Configuration) -> Plan:
    """What is to be done."""
    return await make_plan(configuration, client.provider, PlanRequest(narrowing=Narrowing()))


async def carry_out(
    client: Client, plan: Plan, chosen: Settings, *, check_freshness: bool = False
) -> Report:
    """Do it, deletes too."""
    run = Run(watcher=Silent(), parallelism=chosen.parallelism, settle=chosen.clock.sleep)
    return await apply_plan(plan, client.provider, run, check_freshness=check_freshness)


async def plan_and_apply(configuration: Configuration, chosen: Settings) -> Report:
    """One run of ``apply --auto-approve --allow-deletes``."""
    async with connect(chosen) as client:
        return await carry_out(client, await plan_with(client, configuration), chosen)


@dataclass(frozen=True)
class Ledger:
    """What was live before, and what a plan approved, to hold the server's own books against."""

    sandbox: Sandbox
    before: dict[int, dict[str, Any]]

    @classmethod
    def open(cls, sandbox: Sandbox) -> Ledger:
        """Take stock."""
        return cls(sandbox, {row["id"]: row for row in sandbox.store.tags()})

    def duplicates(self) -> list[str]:
        """Names that a place holds more than once."""
        places = Counter((row["company_id"], row["name"]) for row in self.sandbox.store.tags())
        return [f"{name} x {count}" for (_, name), count in places.items() if count > 1]

    def lost(self, approved: Iterable[int]) -> set[int]:
        """Tags that were live and are gone without an approved delete."""
        now = {row["id"] for row in self.sandbox.store.tags()}
        return set(self.before) - now - set(approved)

    def created(self) -> Counter[tuple[str | None, str]]:
        """Place and name of each create that the server committed."""
        return Counter(
            (entry.body.get("company_id"), entry.body["name"])
            for entry in self.sandbox.log.writes
            if entry.method == "POST" and isinstance(entry.body, dict)
        )

    def deleted(self) -> set[int]:
        """Ids of the deletes that the server committed."""
        return {
            int(entry.path.rpartition("/")[2].removesuffix(".json"))
            for entry in self.sandbox.log.writes
            if entry.method == "DELETE"
        }


def until_quiet(sandbox: Sandbox) -> None:
    """Wait for requests that were on their way when the client died, read or not yet read."""
    end, calm = time.monotonic() + 10, 0
    while calm < 5 and time.monotonic() < end:
        calm = 0 if sandbox.log.running else calm + 1
        time.sleep(0.01)


def deletes_of(changes: Iterable[Change]) -> set[int]:
    """Ids that were approved to go."""
    return {change.live.id for change in changes if change.action is Action.DELETE}


def creates_of(changes: Iterable[Change]) -> Counter[tuple[str | None, str]]:
    """Places and names that were approved to come."""
    return Counter(
        (change.place.company_id, change.name)
        for change in changes
        if change.action is Action.CREATE
    )


def check_within_the_plan(ledger: Ledger, changes: Iterable[Change]) -> None:
    """No write but those that ``changes`` approve: promises 1 to 3."""
    changes = tuple(changes)
    assert ledger.created() <= creates_of(changes)
    assert ledger.deleted() <= deletes_of(changes)
    assert ledger.lost(deletes_of(changes)) == set()
    for change in changes:
        if change.action is Action.DELETE and change.live.id in ledger.deleted():
            row, live = ledger.before[change.live.id], change.live
            assert (row["name"], row["color"], row["status"]) == (
                live.name,
                live.color,
                live.status,
            )


def check_truthful(ledger: Ledger, report: Report) -> None:
    """Each outcome is what the server's store and log show: promise 5."""
    rows = {row["id"]: row for row in ledger.sandbox.store.tags()}
    for outcome in report.outcomes:
        if outcome.result is not Result.UNKNOWN:
            shown = _is_made(outcome.change, rows)
            assert shown is outcome.result.succeeded, (outcome, rows.get(outcome.tag_id or 0))
    results = {outcome.result for outcome in report.outcomes}
    clean = results <= {Result.DONE, Result.ADOPTED, Result.SKIPPED} and report.verified
    assert (report.exit_code == 0) is clean


def _is_made(change: Change, rows: dict[int, dict[str, Any]]) -> bool:
    if change.action is Action.DELETE:
        return change.live.id not in rows
    if change.action is Action.CREATE:
        place, name = change.place.company_id, change.name
        return any((row["company_id"], row["name"]) == (place, name) for row in rows.values())
    assert change.after is not None
    row = rows.get(change.live.id)
    return (
        row is not None
        and (row["name"], row["status"])
        == (
            change.after.name,
            change.after.status.value,
        )
        and change.after.color in {None, row["color"]}
    )
