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

from reconciler.callrail.transport import HttpxTransport
from reconciler.sandbox.seeds.bulk import ACCOUNT
from tests.faults.conftest import be_impatient
from tests.faults.workspace import APPLY, HEAD, Workspace, sandbox

if TYPE_CHECKING:
    from reconciler.callrail.exchange import Exchange, Request

NAMES = st.sampled_from(["Lead", "Spam", "Quote", "Repeat", "Lost"])
COLORS = st.sampled_from(["gray1", "red1", "blue1"])
DESIRED = st.sampled_from(["", "state: enabled", "state: disabled", "state: absent, note: Ended."])
SCHEDULES = st.lists(
    st.builds(
        "{} tags {} {}".format,
        st.sampled_from(["POST", "PUT", "DELETE", "GET"]),
        st.sampled_from(["nth=1", "nth=2", "times=3", "times=99"]),
        st.sampled_from(
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
        ),
    ),
    max_size=2,
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
        self.workspace = Workspace.at(Path(self.directory.name), self.sandbox, text=HEAD)
        self.declared: dict[str, str] = {}
        self.saved: list[str] = []
        for name in ("Spam", "Quote"):
            self.sandbox.app.make_tag(ACCOUNT, name)
        self.the_configuration_is_edited(
            [
                ("Lead", "state: enabled", "red1"),
                ("Repeat", "state: enabled", "red1"),
                ("Quote", "state: disabled", "blue1"),
                ("Spam", "state: absent, note: Ended.", "gray1"),
            ]
        )
        self.a_plan_is_saved()

    def teardown(self) -> None:
        """Left alone, the next run converges."""
        self.sandbox.faults.clear()
        self.time.seconds += 3_600
        assert self._apply(*APPLY).code in {0, 5}
        self.patches.undo()
        self.sandbox.close()
        self.directory.cleanup()

    @rule(edits=st.lists(st.tuples(NAMES, DESIRED, COLORS), min_size=1, max_size=4))
    def the_configuration_is_edited(self, edits: list[tuple[str, str, str]]) -> None:
        for name, wanted, color in edits:
            self.declared.pop(name, None)
            if wanted:
                self.declared[name] = f"  - {{name: {name}, color: {color}, {wanted}}}\n"
        text = HEAD + "tags:\n" + "".join(self.declared.values()) if self.declared else HEAD
        (self.workspace.directory / "reconciler.yaml").write_text(text, "utf-8")

    @rule(name=NAMES, color=st.none() | COLORS)
    def somebody_edits_live_tags(self, name: str, color: str | None) -> None:
        store = self.sandbox.store
        if color is None:
            store.run("DELETE FROM tags WHERE name = ?", (name,))
        elif any(row["name"] == name for row in store.tags()):
            store.run("UPDATE tags SET color = ? WHERE name = ?", (color, name))
        else:
            self.sandbox.app.make_tag(ACCOUNT, name)

    @rule(share=st.sampled_from([0, 10, QUOTA - 6]))
    def the_quota_is_used_or_comes_back(self, share: int) -> None:
        self.time.seconds += 0 if share else 3_600
        for _ in range(share):
            self.sandbox.app.quota.take(ACCOUNT)

    @rule()
    def a_plan_is_saved(self) -> None:
        before = self.sandbox.store.tags()
        name = f"{len(self.saved)}.json"
        if self.workspace.run("plan", "--out", name).code == 0:
            self.saved.append(name)
        assert self.sandbox.store.tags() == before

    @rule(faults=SCHEDULES)
    def apply(self, faults: list[str]) -> None:
        self._meet(faults)
        self._apply(*APPLY)

    @precondition(lambda self: self.saved)
    @rule(back=st.integers(0, 2), faults=SCHEDULES)
    def a_saved_plan_is_applied(self, back: int, faults: list[str]) -> None:
        self._meet(faults)
        self._apply_saved(back)

    @precondition(lambda self: self.saved)
    @rule(back=st.integers(0, 2), left=st.integers(1, 6), committed=st.booleans())
    def an_apply_crashes(self, back: int, left: int, committed: bool) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(HttpxTransport, "send", _crashing(left, committed=committed))
            self._apply_saved(back)

    def _meet(self, faults: list[str]) -> None:
        self.sandbox.faults.clear()
        for fault in faults:
            self.sandbox.faults.add(fault)

    def _apply_saved(self, back: int) -> None:
        name = self.saved[max(0, len(self.saved) - 1 - back)]
        self._apply("apply", name, "--allow-deletes", plan=name)

    def _apply(self, *argv: str, plan: str | None = None) -> Any:
        """Apply, and hold what took effect against the plan and the report."""
        seen = len(self.sandbox.log.entries)
        try:
            ran = self.workspace.run(*argv, "--format", "json", "--max-wait", "10s")
        except Crash:
            ran = None
        self.sandbox.faults.clear()
        entries = self.sandbox.log.entries[seen:]
        done = Counter(map(_key_of_request, [entry for entry in entries if entry.committed]))
        if plan is not None:
            document = json.loads((self.workspace.directory / plan).read_text("utf-8"))
            _expect_approved(done, document["changes"])
        if ran is not None:
            report = json.loads(ran.out)
            _expect_approved(done, report.get("results", []))
            _expect_true(done, report.get("results", []), ran.code)
        return ran


def _crashing(left: int, *, committed: bool) -> Any:
    """An ``HttpxTransport.send`` that ends all, with or after the request ``left`` from here."""
    send, sent = HttpxTransport.send, Counter[str]()

    async def crashing(self: HttpxTransport, request: Request, **rest: Any) -> Exchange:
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
    search(12, 10)


@pytest.mark.soak
def test_many_histories() -> None:
    search(150, 25)
