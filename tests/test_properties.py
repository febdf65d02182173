"""From configuration text to live state and back, for anything that can be declared and be live.

The whole way, as the command line goes it: files, loading, reading a provider, planning, applying.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reconciler.config import load
from reconciler.errors import ConfigError
from reconciler.executor import RunContext, execute
from reconciler.export.emit import emit
from reconciler.model.names import may_be_stored_as
from reconciler.model.outcome import Result
from reconciler.model.tag import AccountRef, Company, LiveTag, Status
from reconciler.planning import Narrowing
from reconciler.workflow.plan import PlanRequest, make_plan
from tests.config.strategies import names as any_name
from tests.config.writing import write
from tests.expectations import TODAY
from tests.fakes.provider import FakeProvider

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from reconciler.model.outcome import Outcome, Report
    from reconciler.model.plan import Plan

COMPANIES = (
    Company("COM1", "Dental North"),
    Company("COM2", "Dental South"),
    Company("COM3", "Twin"),
    Company("COM4", "Twin"),
    Company("COM5", "Dental Gone", active=False),
)
PLACES = (None, None, "COM1", "COM1", "COM1", "COM3", "COM5")
NAMES = ("Lead", "lead", "LEAD", "Oppty", "Oppty ", "L\u0435ad")
GOOD = tuple(name for name in NAMES if name == name.strip())
POLICIES = st.fixed_dictionaries(
    {"unmanaged": st.sampled_from(("keep", "disable", "delete"))},
    optional={"protect": st.just(["Oppty*"]), "ignore": st.just(["LEAD"])},
)
LIFTED = {"deletes": 1000, "delete_percent": 100}
SELECTORS: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    (
        {},
        {"companies": "all"},
        {"companies": ["Dental *"]},
        {"companies": ["COM1", "Twin"]},
        {"companies": "all", "except": ["Dental North"]},
        {"scope": "dental"},
    )
)


@st.composite
def tag_blocks(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Blocks of ``tags:``, valid but perhaps at odds with each other."""
    blocks = []
    chosen = draw(st.lists(st.sampled_from(GOOD), min_size=1, max_size=3, unique=True))
    former = [one for one in NAMES if one not in chosen]
    for name in chosen:
        block: dict[str, Any] = {"name": name, **draw(SELECTORS)}
        block |= draw(st.fixed_dictionaries({}, optional={"color": st.sampled_from(("red1", "x"))}))
        state = draw(st.sampled_from(("enabled", "disabled", "absent")))
        if state == "absent":
            block["note"] = "Gone."
        elif draw(st.booleans()):
            takes = st.lists(st.sampled_from(former), min_size=1, max_size=2, unique=True)
            block["renamed_from"] = draw(takes)
        blocks.append({**block, "state": state})
    return blocks


@st.composite
def live_tags(
    draw: st.DrawFn, names: st.SearchStrategy[str], unique: str | None
) -> tuple[LiveTag, ...]:
    """Live tags in every place; none twice where the server holds names unique."""
    rows = st.tuples(names, st.sampled_from(("red1", "gray1")), st.sampled_from(Status))
    found: dict[object, LiveTag] = {}
    for number, (name, color, status) in enumerate(
        draw(st.lists(rows, min_size=4, max_size=16)), 1
    ):
        place = draw(st.sampled_from(PLACES))
        tag = LiveTag(number, name, color, status, place)
        key = {None: number, "exact": (place, name), "nocase": (place, name.casefold())}[unique]
        found.setdefault(key, tag)
    return tuple(found.values())


@dataclass(frozen=True)
class Scenario:
    """What the file says and what is live."""

    document: dict[str, Any]
    live: tuple[LiveTag, ...]
    unique: str | None

    def provider(self) -> FakeProvider:
        return FakeProvider.of(self.live, known_companies=COMPANIES, unique=self.unique)


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    """A configuration that loads, and live state under each of the server's liberties."""
    unique = draw(st.sampled_from((None, "exact", "nocase")))
    account = {"id": "ACC1", "limits": LIFTED, **draw(POLICIES)}
    blocks = draw(tag_blocks())
    ours = [one for one in blocks if "LEAD" not in (one["name"], *one.get("renamed_from", ()))]
    document: dict[str, Any] = {
        "version": 1,
        "accounts": {"acme": account},
        "scopes": {"dental": {"companies": ["Dental *"], "except": ["COM2"]}},
        "tags": ours if "ignore" in account else blocks,
    }
    spoken_of = [
        name for one in document["tags"] for name in (one["name"], *one.get("renamed_from", ()))
    ]
    names = st.sampled_from((*spoken_of, *spoken_of, *NAMES))
    return Scenario(document, draw(live_tags(names, unique)), unique)


def plan_of(*documents: dict[str, Any] | str, provider: FakeProvider) -> Plan:
    """The plan of files with these contents, as the command makes it."""
    texts = [one if isinstance(one, str) else json.dumps(one) for one in documents]
    with tempfile.TemporaryDirectory() as folder:
        configuration = load(write(Path(folder), *texts))
    request = PlanRequest(narrowing=Narrowing(), today=TODAY, count_usage=False)
    return asyncio.run(make_plan(configuration, lambda _account: provider, request))


def possible_plan(scenario: Scenario, provider: FakeProvider) -> Plan:
    """The plan, of a configuration that does not contradict itself."""
    try:
        return plan_of(scenario.document, provider=provider)
    except ConfigError:
        assume(False)
        raise


class _Deaf:
    def outcome(self, outcome: Outcome) -> None:
        """Nobody listens."""


async def _no_pause(_seconds: float) -> None:
    pass


def carry_out(plan: Plan, provider: FakeProvider) -> Report:
    free = tuple(change for change in plan.changes if change.blocked_by is None)
    run = RunContext(watcher=_Deaf(), pause=_no_pause)
    return asyncio.run(execute(replace(plan, changes=free), {"acme": provider}, run))


@given(scenarios())
def test_after_an_apply_the_next_plan_holds_only_what_was_refused(scenario: Scenario) -> None:
    provider = scenario.provider()
    plan = possible_plan(scenario, provider)
    report = carry_out(plan, provider)
    left = {
        (change.place.company_id, change.name)
        for change in plan.changes
        if change.blocked_by is not None
    }
    left |= {
        (one.change.place.company_id, one.change.name)
        for one in report.outcomes
        if one.result is not Result.DONE
    }
    again = plan_of(scenario.document, provider=provider)
    assert {(one.place.company_id, one.name) for one in again.changes} <= left
    assert scenario.unique == "nocase" or all(one.result is Result.DONE for one in report.outcomes)


@given(scenarios())
def test_an_apply_touches_nothing_but_what_the_plan_names(scenario: Scenario) -> None:
    provider = scenario.provider()
    plan = possible_plan(scenario, provider)
    carry_out(plan, provider)
    named = {change.tag_id for change in plan.changes if change.blocked_by is None}
    for tag in scenario.live:
        assert tag.id in named or provider.live[tag.id] == tag


@given(scenarios())
def test_covered_places_end_up_as_declared(scenario: Scenario) -> None:
    assume(scenario.unique != "nocase")
    provider = scenario.provider()
    plan = possible_plan(scenario, provider)
    assume(not plan.summary.blocked)
    carry_out(plan, provider)
    for block in scenario.document["tags"]:
        for place in expected_places(block):
            here = [one for one in provider.live.values() if one.company_id == place]
            having = sorted((one for one in here if one.name == block["name"]), key=by_id)
            if block["state"] == "absent":
                assert not having
            elif having:
                assert having[0].status.value == block["state"]
                assert having[0].color == block.get("color", having[0].color)
            elif block["state"] == "enabled":
                assert any(may_be_stored_as(block["name"], one.name) for one in here)


@given(scenarios())
def test_a_declaration_changes_nothing_outside_its_places(scenario: Scenario) -> None:
    places = {one["name"]: expected_places(one) for one in scenario.document["tags"]}
    for change in possible_plan(scenario, scenario.provider()).changes:
        if change.source is not None:
            assert change.place.company_id in places[change.name]


def by_id(tag: LiveTag) -> int:
    return tag.id


def expected_places(block: dict[str, Any]) -> Sequence[str | None]:
    """Where a block of :data:`SELECTORS` lands, written out by hand."""
    if block.get("scope"):
        return ["COM1"]
    key = json.dumps([block.get("companies"), block.get("except")])
    places: dict[str, list[str | None]] = {
        "[null, null]": [None],
        '["all", null]': ["COM1", "COM2", "COM3", "COM4"],
        '[["Dental *"], null]': ["COM1", "COM2"],
        '[["COM1", "Twin"], null]': ["COM1", "COM3", "COM4"],
        '["all", ["Dental North"]]': ["COM2", "COM3", "COM4"],
    }
    return places[key]


@given(scenarios(), st.randoms(use_true_random=False))
def test_the_order_of_files_lists_and_listings_changes_no_digest(
    scenario: Scenario, order: random.Random
) -> None:
    usual = possible_plan(scenario, scenario.provider())
    tags = shuffled(scenario.document["tags"], order)
    tags = [
        {
            # Of former names the order says which is renamed; no other list has one.
            key: shuffled(one, order) if isinstance(one, list) and key != "renamed_from" else one
            for key, one in block.items()
        }
        for block in tags
    ]
    cut = order.randint(0, len(tags))
    head = {**scenario.document, "tags": tags[:cut]}
    files = shuffled([head, {"version": 1, "tags": tags[cut:]}], order)
    provider = replace(
        scenario.provider(), live={one.id: one for one in shuffled(scenario.live, order)}
    )
    provider.known_companies = tuple(shuffled(COMPANIES, order))
    assert plan_of(*files, provider=provider).digest == usual.digest


def shuffled(items: Sequence[Any], order: random.Random) -> list[Any]:
    out = list(items)
    order.shuffle(out)
    return out


@pytest.mark.parametrize("unique", [None, "exact", "nocase"])
@given(data=st.data())
def test_the_plan_of_an_import_is_empty(unique: str | None, data: st.DataObject) -> None:
    live = data.draw(live_tags(st.one_of(any_name, st.sampled_from(NAMES)), unique))
    text = emit([(AccountRef("acme", "ACC1"), {one.id: one for one in COMPANIES}, live)])
    plan = plan_of(text, provider=FakeProvider.of(live, known_companies=COMPANIES))
    assert plan.changes == ()
