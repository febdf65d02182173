"""Any sequence of edits, plans, applies, crashes and faults: what was done is what was approved."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from reconciler.callrail.transport import Transport
from reconciler.sandbox.seeds.bulk import ACCOUNT
from tests.faults.conftest import be_impatient
from tests.faults.world import APPLY, HEAD, World, sandbox

if TYPE_CHECKING:
    from reconciler.callrail.exchange import Exchange, Request

NAMES = st.sampled_from(["Lead", "Spam", "Quote", "Repeat", "Lost"])
COLORS = st.sampled_from(["gray1", "red1", "blue1"])
WISHES = st.sampled_from(["", "state: enabled", "state: disabled", "state: absent, note: Ended."])
FAULTS = st.sampled_from(
    [
        "reset-before-commit",
        "reset-after-commit",
        "hang-after-commit",
        "truncate",
        "status-after-commit=503",
        "status=500",
        "status=422",
        "status=429",
        "body=html",
        "lying-total",
        "redirect=http://127.0.0.1:9/",
    ]
)
QUOTA = 60
WRITES = {"create": "POST", "update": "PUT", "delete": "DELETE"}


class Crash(BaseException):
    """The end of the process, as far as one process can play it."""


class Machine(RuleBasedStateMachine):
    """One account of few names, so that what is done meets what others do."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = pytest.MonkeyPatch()
        self.time = be_impatient(self.patches)
        self.sandbox = sandbox(seed="bulk:1", quota=QUOTA, clock=self.time.monotonic)
        self.directory = tempfile.TemporaryDirectory()
        self.world = World.at(Path(self.directory.name), self.sandbox, text=HEAD)
        self.declared: dict[str, str] = {}
        self.saved: list[str] = []

    def teardown(self) -> None:
        """Left alone, the next run converges."""
        self.sandbox.faults.clear()
        self.time.seconds += 3_600
        assert self._apply(*APPLY).code in {0, 5}
        self.patches.undo()
        self.sandbox.close()
        self.directory.cleanup()

    @rule(name=NAMES, wish=WISHES, color=COLORS)
    def edit_the_configuration(self, name: str, wish: str, color: str) -> None:
        self.declared.pop(name, None)
        if wish:
            self.declared[name] = f"  - {{name: {name}, color: {color}, {wish}}}\n"
        text = HEAD + "tags:\n" + "".join(self.declared.values()) if self.declared else HEAD
        (self.world.directory / "reconciler.yaml").write_text(text, "utf-8")

    @rule(name=NAMES, color=COLORS)
    def somebody_makes_or_recolours(self, name: str, color: str) -> None:
        if any(row["name"] == name for row in self.sandbox.store.tags()):
            self.sandbox.store.run("UPDATE tags SET color = ? WHERE name = ?", (color, name))
        else:
            self.sandbox.app.make_tag(ACCOUNT, name)

    @rule(name=NAMES)
    def somebody_deletes(self, name: str) -> None:
        self.sandbox.store.run("DELETE FROM tags WHERE name = ?", (name,))

    @rule(method=st.sampled_from(["POST", "PUT", "DELETE", "GET"]), fault=FAULTS, nth=st.just(1))
    def a_fault_awaits(self, method: str, fault: str, nth: int) -> None:
        self.sandbox.faults.add(f"{method} tags nth={nth} {fault}")

    @rule(share=st.integers(1, QUOTA))
    def others_use_the_quota(self, share: int) -> None:
        for _ in range(share):
            self.sandbox.app.quota.take(ACCOUNT)

    @rule()
    def an_hour_passes(self) -> None:
        self.time.seconds += 3_600

    @rule()
    def plan(self) -> None:
        before = self.sandbox.store.tags()
        name = f"{len(self.saved)}.json"
        if self.world.run("plan", "--out", name).code == 0:
            self.saved.append(name)
        assert self.sandbox.store.tags() == before

    @rule()
    def apply(self) -> None:
        self._apply(*APPLY)

    @precondition(lambda self: self.saved)
    @rule(data=st.data())
    def apply_a_saved_plan(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(self.saved))
        self._apply("apply", name, "--allow-deletes", plan=name)

    @precondition(lambda self: self.saved)
    @rule(data=st.data(), left=st.integers(1, 8), committed=st.booleans())
    def crash(self, data: st.DataObject, left: int, committed: bool) -> None:
        name = data.draw(st.sampled_from(self.saved))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Transport, "send", _crashing(left, committed=committed))
            self._apply("apply", name, "--allow-deletes", plan=name)

    def _apply(self, *argv: str, plan: str | None = None) -> Any:
        """Apply, and hold what took effect against the plan and the report."""
        seen = len(self.sandbox.log.entries)
        try:
            ran = self.world.run(*argv, "--format", "json", "--max-wait", "10s")
        except Crash:
            ran = None
        entries = self.sandbox.log.entries[seen:]
        done = Counter(map(_key_of_request, [entry for entry in entries if entry.committed]))
        if plan is not None:
            document = json.loads((self.world.directory / plan).read_text("utf-8"))
            _expect_approved(done, document["changes"])
        if ran is not None:
            report = json.loads(ran.out)
            _expect_approved(done, report.get("results", []))
            _expect_true(done, report.get("results", []), ran.code)
        return ran


def _crashing(left: int, *, committed: bool) -> Any:
    """A ``Transport.send`` that ends all, with or after the request that is ``left`` from here."""
    send, sent = Transport.send, Counter[str]()

    async def crashing(self: Transport, request: Request, **rest: Any) -> Exchange:
        sent["all"] += 1
        if sent["all"] >= left and not committed:
            raise Crash
        exchange = await send(self, request, **rest)
        if sent["all"] >= left:
            raise Crash
        return exchange

    return crashing


def _key_of_request(entry: Any) -> tuple[str, str]:
    if entry.method == "POST":
        return "POST", entry.body["name"]
    return entry.method, Path(entry.path).stem


def _key_of_change(change: dict[str, Any]) -> tuple[str, str]:
    method = WRITES[change["action"]]
    return method, change["name"] if method == "POST" else str(change["tag_id"])


def _expect_approved(done: Counter[tuple[str, str]], changes: list[dict[str, Any]]) -> None:
    """Nothing took effect but what was planned, and no create twice."""
    planned = set(map(_key_of_change, changes))
    assert set(done) <= planned, (done, planned)
    assert all(count == 1 for (method, _), count in done.items() if method == "POST"), done


def _expect_true(done: Counter[tuple[str, str]], results: list[dict[str, Any]], code: int) -> None:
    """The report is the server's log, and success is not claimed without it."""
    for entry in results:
        took_effect = done[_key_of_change(entry)] > 0
        if entry["result"] in {"done", "adopted"}:
            assert took_effect, entry
        elif entry["result"] != "unknown":
            assert not took_effect, entry
    if code == 0:
        assert {entry["result"] for entry in results} <= {"done", "adopted", "skipped"}


def search(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        Machine, settings=settings(max_examples=examples, stateful_step_count=steps)
    )


def test_a_few_histories() -> None:
    search(15, 12)


@pytest.mark.soak
def test_many_histories() -> None:
    search(400, 30)
