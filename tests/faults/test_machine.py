"""A state machine of everything that can happen between people, the command and the server.

Steps: the configuration changes, someone changes live tags, a plan is saved, a plan is applied
(fresh, saved, saved long ago), the command is killed at some write, the server misbehaves, the
quota is used up by others. After each step the server's own log is held against what was approved.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from reconciler.callrail import connect
from reconciler.config import load
from reconciler.errors import ReconcilerError, RefusedError
from reconciler.sandbox import Fault, Options, Sandbox, Switches
from reconciler.sandbox.faults import Do
from reconciler.sandbox.seeds.bulk import ACCOUNT
from reconciler.workflow.apply import Permit, accounts_of, refuse_unless_permitted
from tests.callrail.clients import run
from tests.faults.scene import (
    HEAD,
    Ledger,
    carry_out,
    check_truthful,
    check_within_the_plan,
    plan_with,
    settings,
    todays_clock,
    until_quiet,
)

if TYPE_CHECKING:
    from reconciler.callrail import Settings
    from reconciler.model.outcome import Report
    from reconciler.model.plan import Plan

Wishes = dict[tuple[str, str], tuple[str, str]]
"""Name and place -> colour and state."""
METHODS = st.sampled_from(["PUT", "POST", "DELETE"])
GONE = ", state: absent, note: gone"
NAMES = st.sampled_from(["Tag 000000", "Tag 000001", "Tag 000002", "Lead", "Spam"])
COLORS = st.sampled_from(["gray1", "blue1", "red1"])
STATES = st.sampled_from([GONE, "", ", state: disabled"])
PLACES = st.sampled_from([", companies: all", ", companies: [Company 0000]", ""])
WISHES = st.dictionaries(
    st.tuples(NAMES, PLACES), st.tuples(COLORS, STATES), min_size=3, max_size=9
)
FAULTS = st.sampled_from(
    [
        (Do.RESET, ""),
        (Do.RESET_AFTER, ""),
        (Do.TRUNCATE, ""),
        (Do.HANG_AFTER, ""),
        (Do.STATUS, "503"),
        (Do.STATUS, "429"),
        (Do.STATUS, "422"),
        (Do.STATUS_AFTER, "500"),
        (Do.BODY, "html"),
        (Do.BODY, "empty"),
        (Do.LYING_TOTAL, "1"),
    ]
)


class Machine(RuleBasedStateMachine):
    """One sandbox, one configuration, and the plans that were saved on the way."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        self.path = Path(self.directory.name) / "reconciler.yaml"
        self.clock = todays_clock()
        self.saved: list[Plan] = []
        self.sandbox: Sandbox

    @initialize(unique=st.sampled_from(["off", "exact"]), second=st.sampled_from(["404", "204"]))
    def begin(self, unique: str, second: str) -> None:
        """Four tags in two companies, and nothing asked for."""
        switches = Switches(unique_names=unique, second_delete=second)
        options = Options(
            seed="bulk:12:2", quota=300, clock=self.clock.monotonic, switches=switches
        )
        self.sandbox = Sandbox(options)
        self.configure({("Lead", ""): ("gray1", "")})

    def teardown(self) -> None:
        """Nothing is left behind."""
        if hasattr(self, "sandbox"):
            self.sandbox.close()
        self.directory.cleanup()

    @rule(wishes=WISHES)
    def configure(self, wishes: Wishes) -> None:
        """Someone's pull request is merged."""
        unique: dict[tuple[str, bool], str] = {}
        for (name, place), (color, state) in wishes.items():
            tint = "" if "absent" in state else f", color: {color}"
            unique[name, bool(place)] = f"  - {{name: {name}{tint}{place}{state}}}\n"
        tags = "".join(unique.values())
        text = HEAD + tags if tags else HEAD.replace("tags:\n", "tags: []\n")
        self.path.write_text(text, "utf-8")

    @rule(name=NAMES, color=COLORS, level=st.booleans())
    def someone_makes_a_tag(self, name: str, color: str, *, level: bool) -> None:
        """By hand, in the web interface; a name may come twice."""
        company = None if level else f"COM{0:032x}"
        taken = {(row["company_id"], row["name"]) for row in self.sandbox.store.tags()}
        if (company, name) not in taken:
            self.sandbox.store.insert(
                "tags",
                [
                    {
                        "account_id": ACCOUNT,
                        "company_id": company,
                        "name": name,
                        "color": color,
                        "background_color": "gray1",
                        "status": "enabled",
                        "created_at": "2026-01-01T00:00:00.000Z",
                    }
                ],
            )

    @rule(pick=st.integers(0, 9), color=COLORS)
    def someone_recolours(self, pick: int, color: str) -> None:
        """By hand."""
        if rows := self.sandbox.store.tags():
            chosen = rows[pick % len(rows)]["id"]
            self.sandbox.store.run("UPDATE tags SET color = ? WHERE id = ?", (color, chosen))

    @rule(pick=st.integers(0, 9))
    def someone_deletes(self, pick: int) -> None:
        """By hand."""
        if rows := self.sandbox.store.tags():
            chosen = rows[pick % len(rows)]["id"]
            self.sandbox.store.run("DELETE FROM tags WHERE id = ?", (chosen,))

    @rule(amount=st.sampled_from([50, 300]))
    def others_use_the_quota(self, amount: int) -> None:
        """Another integration is busy."""
        for _ in range(amount):
            self.sandbox.app.quota.take(ACCOUNT)

    @rule(seconds=st.sampled_from([3_600.0, 10.0]))
    def time_passes(self, seconds: float) -> None:
        """And gives quota back."""
        self.clock.now += seconds

    @rule(wishes=WISHES)
    def save_a_plan(self, wishes: Wishes) -> None:
        """For a review."""
        self.configure(wishes)
        if (plan := self._plan()) is not None:
            self.saved.append(plan)

    @rule(wishes=WISHES)
    def apply(self, wishes: Wishes) -> None:
        """On merge: plan, and carry that out."""
        self.configure(wishes)
        if (plan := self._plan()) is not None:
            self._apply(plan, fresh=True)

    @rule(pick=st.integers(0, 9))
    def apply_a_saved_plan(self, pick: int) -> None:
        """The newest or an older one, perhaps for the second time."""
        if self.saved:
            self._apply(self.saved[pick % len(self.saved)], fresh=False)

    @rule(wishes=WISHES, fault=FAULTS, nth=st.integers(1, 3), method=METHODS)
    def apply_under_a_fault(
        self, wishes: Wishes, fault: tuple[Do, str], nth: int, method: str
    ) -> None:
        """The server or the way to it fails once."""
        self.configure(wishes)
        if (plan := self._plan()) is not None:
            action, value = fault
            self.sandbox.faults.add(Fault(do=action, value=value, nth=nth, method=method))
            self._apply(plan, fresh=True)

    @rule(wishes=WISHES, fault=FAULTS, nth=st.integers(1, 3))
    def apply_while_reads_fail(self, wishes: Wishes, fault: tuple[Do, str], nth: int) -> None:
        """A look during the apply goes wrong."""
        self.configure(wishes)
        if (plan := self._plan()) is not None:
            action, value = fault
            self.sandbox.faults.add(Fault(do=action, value=value, nth=nth, method="GET"))
            self._apply(plan, fresh=True)

    @rule(wishes=WISHES, pick=st.integers(0, 9), color=COLORS)
    def apply_while_someone_recolours(self, wishes: Wishes, pick: int, color: str) -> None:
        """By hand, before the look that comes before the deletes."""
        self.configure(wishes)
        if (plan := self._plan()) is not None:
            self.someone_recolours(pick, color)
            self._apply(plan, fresh=True)

    @rule(wishes=WISHES, nth=st.integers(1, 4), after=st.booleans())
    def apply_and_be_killed(self, wishes: Wishes, nth: int, *, after: bool) -> None:
        """The machine goes down at a write."""
        self.configure(wishes)
        if (plan := self._plan()) is not None:
            self._apply(plan, fresh=True, kill=(nth, after))

    @invariant()
    def every_write_was_approved(self) -> None:
        """What the server committed is what the applies accounted for, and nothing else."""
        if hasattr(self, "sandbox"):
            assert len(self.sandbox.log.writes) == 0

    def _settings(self) -> Settings:
        return settings(self.sandbox, clock=self.clock, max_wait=30.0)

    def _plan(self) -> Plan | None:
        """A plan of what is configured; None where it can't be made now (no write either way)."""
        configuration = load([self.path])

        async def work() -> Plan:
            async with connect(self._settings()) as client:
                return await plan_with(client, configuration)

        try:
            return run(work())
        except ReconcilerError:
            return None
        finally:
            assert self.sandbox.log.writes == []

    def _apply(self, plan: Plan, *, fresh: bool, kill: tuple[int, bool] | None = None) -> None:
        """Carry out ``plan``, and hold its report and the log against each other."""
        try:
            refuse_unless_permitted(plan, Permit(deletes=True))
        except RefusedError:
            return
        ledger = Ledger.open(self.sandbox)
        before = len(ledger.duplicates())
        report = self._carry_out(plan, fresh=fresh, kill=kill)
        if kill is not None:
            until_quiet(self.sandbox)
        self.sandbox.faults.clear()
        check_within_the_plan(ledger, plan.changes)
        assert len(ledger.duplicates()) == before
        if report is not None:
            check_truthful(ledger, report)
        self.sandbox.log.clear()

    def _carry_out(
        self, plan: Plan, *, fresh: bool, kill: tuple[int, bool] | None
    ) -> Report | None:
        """The report; None where it was refused before any write, or killed."""
        chosen = self._settings()

        async def work() -> Report:
            async with connect(chosen) as client:
                if fresh:
                    # A run that planned itself has read what a saved plan's run reads again.
                    await client.provider(accounts_of(plan)[0]).tags()
                return await carry_out(client, plan, chosen, check_freshness=not fresh)

        async def killed() -> Report:
            task = asyncio.create_task(work())
            self._kill_at(kill, asyncio.get_running_loop(), task)
            return await task

        try:
            return run(killed())
        except ReconcilerError:
            # Stale, or live state could not be read: refused before any write.
            assert self.sandbox.log.writes == []
            return None
        except asyncio.CancelledError:
            return None

    def _kill_at(
        self, kill: tuple[int, bool] | None, loop: asyncio.AbstractEventLoop, task: Any
    ) -> None:
        if kill is None:
            return
        left, after = kill

        def met(method: str, _path: str) -> None:
            nonlocal left
            left -= method != "GET"
            if left == 0 and method != "GET":
                loop.call_soon_threadsafe(task.cancel)
                raise ConnectionAbortedError

        setattr(self.sandbox.faults, "after_commit" if after else "before_commit", met)


TestMachine = Machine.TestCase
TestMachine.settings = hypothesis_settings(
    max_examples=150 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 15,
    stateful_step_count=40 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 25,
    deadline=None,
    derandomize=os.environ.get("HYPOTHESIS_PROFILE") != "soak",
)
