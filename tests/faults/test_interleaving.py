"""Others who write between any two requests of an apply: another run of the plan, another admin.

What is between two requests takes three seconds here, which is longer than a read is relied on. A
write that races a read by less can't be told: the API has no conditional write.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.callrail.client import connect
from reconciler.callrail.credentials import Credential
from reconciler.callrail.runtime import Settings
from reconciler.callrail.transport import HttpxTransport
from reconciler.cli.exit_code import exit_code
from reconciler.document import load_plan
from reconciler.executor import Deletes
from reconciler.model.change import Delete
from reconciler.model.outcome import Report, Result
from reconciler.model.state import Gateway
from reconciler.sandbox.options import DIRECT_KEY
from reconciler.sandbox.seeds.bulk import ACCOUNT
from reconciler.workflow.apply import ApplyRequest, Waited, apply
from tests.callrail.clients import FakeClock
from tests.faults.workspace import HEAD, Workspace, sandbox

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reconciler.callrail.client import Client
    from reconciler.callrail.exchange import Exchange, Request
    from reconciler.model.plan import Plan
    from reconciler.model.state import Account
    from reconciler.provider import Provider
    from reconciler.sandbox import Sandbox

PAUSE = 3.0
MOST_REQUESTS = 24
"""More than an apply of this plan sends, reads after pauses included."""
RECOLOURED, RENAMED, ABSENT, KEPT = "Tag 000000", "Tag 000001", "Tag 000002", "Tag 000003"
CONFIGURATION = (
    HEAD
    + f"""\
tags:
  - {{name: New 0}}
  - {{name: New 1, color: blue2}}
  - {{name: New 2, color: red1, companies: all}}
  - {{name: {RECOLOURED}, companies: all, color: blue2}}
  - {{name: Called {RENAMED}, companies: all, renamed_from: [{RENAMED}]}}
  - {{name: {ABSENT}, companies: all, state: absent, note: Ended.}}
"""
)
SUCCESS = {Result.DONE, Result.ADOPTED, Result.SKIPPED}
STRIDE = 4
"""One place in so many is tried by `make test`; all are by `make soak`."""


@dataclass
class Scene:
    """A sandbox, a saved plan of ten changes, and its apply with something between requests."""

    workspace: Workspace
    plan: Plan
    between: dict[int, Callable[[], None]] = field(default_factory=dict)
    requests: int = 0

    @classmethod
    def at(cls, directory: Path, running: Sandbox) -> Scene:
        """The scene with its plan saved and loaded again."""
        workspace = Workspace.at(directory, running, text=CONFIGURATION)
        assert workspace.run("plan", "--out", "plan.json").code == 0
        return cls(workspace, load_plan((directory / "plan.json").read_text("utf-8")))

    def apply(self) -> Report:
        """Apply the plan, and do after the n-th request what ``between`` says."""
        clock = today()
        send = HttpxTransport.send
        mine = threading.get_ident()

        async def interrupted(transport: HttpxTransport, request: Request, **rest: Any) -> Exchange:
            exchange = await send(transport, request, **rest)
            if threading.get_ident() == mine:
                self.requests += 1
                if (act := self.between.pop(self.requests, None)) is not None:
                    act()
                    clock.now += PAUSE
            return exchange

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(HttpxTransport, "send", interrupted)
            return applied(self, clock)

    def apply_elsewhere(self) -> Report:
        """Apply the plan in another thread, to its end."""
        reports: list[Report] = []
        thread = threading.Thread(target=lambda: reports.append(applied(self, today())))
        thread.start()
        thread.join()
        return reports[0]

    def tags(self) -> dict[int, dict[str, Any]]:
        """Live tags by id."""
        return {row["id"]: row for row in self.workspace.sandbox.store.tags()}

    def named(self, name: str) -> int:
        """The id of the tag of that name in the first company that has one."""
        return min(int(row["id"]) for row in self.tags().values() if row["name"] == name)


def today() -> FakeClock:
    """A clock that starts now: how far back records are kept is counted from today."""
    clock = FakeClock()
    clock.wall = time.time() - clock.now
    return clock


@dataclass
class Opened:
    """A connection that no signal ends."""

    client: Client
    clock: FakeClock

    def provider(self, account: Account) -> Provider:
        return self.client.provider(account)

    def stopping(self) -> None:
        return None

    async def wait(self, seconds: float) -> None:
        await self.clock.sleep(seconds)


def applied(scene: Scene, clock: FakeClock) -> Report:
    """The report of an apply of the saved plan, one request at a time."""
    credential = Credential(
        gateway=Gateway.CALLRAIL, key=DIRECT_KEY, origin_description="CALLRAIL_API_KEY"
    )
    settings = Settings(
        credential=credential, api_url=scene.workspace.sandbox.url, clock=clock, parallelism=1
    )

    class Silent:
        def outcome(self, _outcome: object) -> None: ...

    async def work() -> Report:
        async with connect(settings) as client:
            request = ApplyRequest(
                waited=Waited.ON_SCREEN, deletes=Deletes.SEND, watcher=Silent(), parallelism=1
            )
            return await apply(scene.plan, nullcontext(Opened(client, clock)), request)

    return asyncio.run(work())


def places(at: int, count: int) -> range:
    """Every ``STRIDE``-th place from ``at`` on, of ``count``."""
    return range(at, count, STRIDE)


def some(test: Callable[..., None]) -> Any:
    """Run for a sample of places; ``all_places`` runs the others."""
    return pytest.mark.parametrize("at", places(1, MOST_REQUESTS))(test)


def the_others(test: Callable[..., None]) -> Any:
    """Run for the places that ``some`` leaves out."""
    sample = set(places(1, MOST_REQUESTS))
    rest = [at for at in range(1, MOST_REQUESTS) if at not in sample]
    return pytest.mark.soak(pytest.mark.parametrize("at", rest)(test))


def two_runs(directory: Path, at: int, unique: str) -> None:
    from reconciler.sandbox import Switches

    with sandbox(seed="bulk:12:2", switches=Switches(unique_names=unique)) as running:
        scene = Scene.at(directory, running)
        other: list[Report] = []
        scene.between[at] = lambda: other.append(scene.apply_elsewhere())
        report = scene.apply()
        for one in (report, *other):
            wrong = [each for each in one.outcomes if each.result not in SUCCESS]
            assert (wrong, one.differences, exit_code(one)) == ([], (), 0)
        assert bool(other) == (at <= scene.requests)
        names = Counter((row["company_id"], row["name"]) for row in scene.tags().values())
        assert [one for one, count in names.items() if count > 1] == []
        assert scene.workspace.run("plan", "--detailed-exitcode").code == 0


@pytest.mark.parametrize("unique", ["off", "exact", "nocase"])
@some
def test_two_runs_of_one_plan_have_one_result(tmp_path: Path, at: int, unique: str) -> None:
    two_runs(tmp_path, at, unique)


@pytest.mark.parametrize("unique", ["off", "exact", "nocase"])
@the_others
def test_two_runs_have_one_result_wherever_they_meet(tmp_path: Path, at: int, unique: str) -> None:
    two_runs(tmp_path, at, unique)


ACTS = [
    (act, name)
    for act in ("rename", "recolour", "disable", "delete")
    for name in (RECOLOURED, RENAMED, ABSENT, KEPT)
]
IDS = [f"{act} {name}" for act, name in ACTS]
CHANGE = {
    "rename": "UPDATE tags SET name = 'Theirs' WHERE id = ?",
    "recolour": "UPDATE tags SET color = 'orange2' WHERE id = ?",
    "disable": "UPDATE tags SET status = 'disabled' WHERE id = ?",
    "delete": "DELETE FROM tags WHERE id = ?",
}


def another_admin(directory: Path, at: int, act: str, name: str) -> None:
    """What they wrote stays, whatever the plan wants of the tag; only what they saw is deleted."""
    with sandbox(seed="bulk:12:2") as running:
        scene = Scene.at(directory, running)
        target = scene.named(name)
        theirs: list[dict[str, Any] | None] = []

        def write() -> None:
            if target in scene.tags():
                running.store.run(CHANGE[act], (target,))
                theirs.append(scene.tags().get(target))

        scene.between[at] = write
        report = scene.apply()
        if report.failure is not None:  # it was seen before the first write
            assert (report.failure.code, running.log.writes) == ("refused", [])
            return
        if theirs:
            assert scene.tags().get(target) == theirs[0], report
        expect_true(report, scene, but=target)


def expect_true(report: Report, scene: Scene, *, but: int) -> None:
    """What is said of each change is so; ``but`` is the tag that the other one changed."""
    live = scene.tags()
    for outcome in report.outcomes:
        change = outcome.change
        if change.tag_id == but:
            continue
        if isinstance(change, Delete):
            assert (change.tag_id not in live) == (outcome.result in SUCCESS), outcome
        elif outcome.result in SUCCESS and outcome.tag_id is not None:
            row = live[outcome.tag_id]
            assert row["name"] == change.after.name
            assert change.after.color in {None, row["color"]}
    if exit_code(report) == 0:
        assert {one.result for one in report.outcomes} <= SUCCESS
        assert report.verified


@pytest.mark.parametrize(("act", "name"), ACTS, ids=IDS)
@some
def test_what_another_admin_writes_stays(tmp_path: Path, at: int, act: str, name: str) -> None:
    another_admin(tmp_path, at, act, name)


@pytest.mark.parametrize(("act", "name"), ACTS, ids=IDS)
@the_others
def test_what_another_admin_writes_stays_whenever_it_was(
    tmp_path: Path, at: int, act: str, name: str
) -> None:
    another_admin(tmp_path, at, act, name)


def admin_creates(directory: Path, at: int, color: str) -> None:
    """A tag that they make under a planned name is adopted, or reported, and never doubled."""
    with sandbox(seed="bulk:12:2") as running:
        scene = Scene.at(directory, running)
        made: list[int] = []

        def write() -> None:
            if "New 1" not in {row["name"] for row in scene.tags().values()}:
                made.append(running.app.make_tag(ACCOUNT, "New 1"))
                running.store.run("UPDATE tags SET color = ? WHERE id = ?", (color, made[0]))

        scene.between[at] = write
        report = scene.apply()
        if report.failure is not None:  # it was seen before the first write
            assert (report.failure.code, running.log.writes) == ("refused", [])
            return
        (outcome,) = (one for one in report.outcomes if one.change.name == "New 1")
        named = [row for row in scene.tags().values() if row["name"] == "New 1"]
        assert len(named) == 1
        if made:
            assert named[0]["color"] == color
            found = {Result.ADOPTED, Result.SKIPPED} if color == "blue2" else {Result.FAILED}
            assert outcome.result in found
        expect_true(report, scene, but=0)


@pytest.mark.parametrize("color", ["blue2", "orange2"])
@some
def test_what_another_admin_creates_is_not_doubled(tmp_path: Path, at: int, color: str) -> None:
    admin_creates(tmp_path, at, color)


@pytest.mark.parametrize("color", ["blue2", "orange2"])
@the_others
def test_what_another_admin_creates_is_not_doubled_whenever_it_was(
    tmp_path: Path, at: int, color: str
) -> None:
    admin_creates(tmp_path, at, color)
