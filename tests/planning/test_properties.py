"""For any declarations and any live state: apply gives what is wanted, and then there is rest."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.cli.exit_code import exit_code
from reconciler.executor import RunContext, execute
from reconciler.model.change import Delete, Update
from reconciler.model.names import SHORTEST_CUT, may_be_stored_as, tidied
from reconciler.model.outcome import Result
from reconciler.model.plan import AccountUse, Plan
from reconciler.model.state import LiveAccount, State, Unmanaged
from reconciler.model.tag import Status, differing
from reconciler.model.trash import original, parse, undated
from reconciler.planning import Narrowing, assemble, guard
from reconciler.planning.guard import is_removal
from reconciler.planning.narrowing import EVERYTHING
from reconciler.text.alike import alike
from tests.builders import ACME
from tests.expectations import draft
from tests.fakes.provider import FakeProvider
from tests.planning.strategies import COMPANIES, NAMES, Scenario, scenarios

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Iterator

    from reconciler.model.change import Change
    from reconciler.model.outcome import Outcome, Report
    from reconciler.model.state import Declaration
    from reconciler.model.tag import Company, LiveTag

    Known = tuple[int | None, str | None, str, str | None, Status]


class _Deaf:
    def outcome(self, outcome: Outcome) -> None:
        """Nobody listens."""


async def _no_pause(_seconds: float) -> None:
    pass


def plan_of(scenario: Scenario, live: Iterable[LiveTag], narrowing: Narrowing = EVERYTHING) -> Plan:
    account = LiveAccount(
        account=ACME, tags=tuple(live), companies={one.id: one for one in COMPANIES}
    )
    drafted = draft(scenario.desired, account, narrowing)
    changes = guard(drafted, drafted.changes)
    return assemble([(drafted, AccountUse(account=ACME), changes)])


def carry_out(plan: Plan, provider: FakeProvider) -> Report:
    return asyncio.run(
        execute(plan, {"acme": provider}, RunContext(watcher=_Deaf(), pause=_no_pause))
    )


@given(scenarios())
def test_the_second_plan_is_empty(scenario: Scenario) -> None:
    provider = FakeProvider.of(scenario.live)
    plan = plan_of(scenario, scenario.live)
    unblocked = tuple(change for change in plan.changes if change.blocked_by is None)
    report = carry_out(replace(plan, changes=unblocked), provider)
    assert (exit_code(report), report.verified) == (0, True)
    rest = plan_of(scenario, provider.live.values()).changes
    emptying = {change.tag_id for change in plan.changes if change.blocked_by}
    assert {change.tag_id for change in rest} <= emptying


@given(scenarios())
def test_every_declaration_is_as_wanted_afterwards(scenario: Scenario) -> None:
    provider = FakeProvider.of(scenario.live)
    plan = plan_of(scenario, scenario.live)
    if any(change.blocked_by for change in plan.changes):
        return
    carry_out(plan, provider)
    for company_id, blocks in scenario.desired.tags.items():
        here = [tag for tag in provider.live.values() if tag.company_id == company_id]
        for name, block in blocks.items():
            having = sorted((tag for tag in here if tag.name == name), key=lambda tag: tag.id)
            if block.state is State.ABSENT:
                assert having == []
            elif having:
                assert having[0].color == (block.color or having[0].color)
                assert block.state in (State.ANY, State(having[0].status.value))
            elif block.state is not State.DISABLED:
                assert any(may_be_stored_as(name, tag.name, cut_from=SHORTEST_CUT) for tag in here)


@given(scenarios())
def test_apply_gives_what_the_rules_demand_of_each_tag(scenario: Scenario) -> None:
    provider = FakeProvider.of(scenario.live)
    plan = plan_of(scenario, scenario.live)
    if any(change.blocked_by for change in plan.changes):
        return
    carry_out(plan, provider)
    places = {tag.company_id for tag in scenario.live} | set(scenario.desired.tags)
    ruled = [one for place in places for one in rule(scenario, place)]
    assert Counter(state(tag) for tag in provider.live.values()) == Counter(ruled)


def state(tag: LiveTag) -> Known:
    """What can be told of a tag; a new one's id can't, nor which number it has in the trash."""
    is_new = tag.id > 1_000_000
    return (None if is_new else tag.id, tag.company_id, undated(tag.name), tag.color, tag.status)


def rule(scenario: Scenario, place: str | None) -> Iterator[Known]:
    """The tags that a place shall hold, worked out tag by tag and not by matching."""
    blocks = scenario.desired.tags.get(place, {})
    here = sorted(in_use(scenario, place), key=lambda tag: tag.id)
    live = {tag.name for tag in here}
    done: set[str] = set()
    kept, held_back = left_alone(scenario, place)
    for tag in here:
        former = (b for b in blocks.values() if tag.name in b.renamed_from)
        block = blocks.get(tag.name) or next(former, None)
        if block is None:
            yield from left(scenario, tag, is_covered=bool(blocks) and tag not in kept)
        elif block.state is State.ABSENT:
            yield from gone(scenario, tag)
        elif block.name in done or tag.name != chosen(block, live):
            yield state(tag)
        else:
            done.add(block.name)
            status = tag.status if block.state is State.ANY else Status(block.state.value)
            yield (tag.id, place, block.name, block.color or tag.color, status)
    trash = in_trash(scenario, place)
    for block in blocks.values():
        if block.name in done | held_back or block.state is State.ABSENT:
            continue
        status = Status.DISABLED if block.state is State.DISABLED else Status.ENABLED
        lying = [tag for tag in trash if original(tag.name) == block.name]
        if lying:
            back = max(lying, key=lambda tag: (parse(tag.name), tag.id))
            trash.remove(back)
            yield (back.id, place, block.name, block.color or back.color, status)
        elif block.state is not State.DISABLED:
            yield (None, place, block.name, block.color or "gray1", Status.ENABLED)
    yield from (state(tag) for tag in trash if not (blocks and is_over(scenario, tag)))


def in_use(scenario: Scenario, place: str | None) -> list[LiveTag]:
    return [tag for tag in scenario.live if tag.company_id == place and not parse(tag.name)]


def in_trash(scenario: Scenario, place: str | None) -> list[LiveTag]:
    return [tag for tag in scenario.live if tag.company_id == place and parse(tag.name)]


def is_over(scenario: Scenario, tag: LiveTag) -> bool:
    """Whether its time in the trash is: of the names there are, only one is as old as that."""
    keeps = scenario.desired.account.policy.trash is None or tag.status is Status.ENABLED
    return not keeps and "2026-01-01" in tag.name


def gone(scenario: Scenario, tag: LiveTag) -> Iterator[Known]:
    """What is left of a tag that shall go, and that nobody counted."""
    if scenario.desired.account.policy.trash is not None:
        yield (tag.id, tag.company_id, f"~trash {tag.name}", tag.color, Status.DISABLED)


def chosen(block: Declaration, live: set[str]) -> str:
    """The name that the tag of ``block`` has now: its own, or the first former one as written."""
    return next((one for one in (block.name, *block.renamed_from) if one in live), block.name)


def may_be_it(name: str, stored: str, here: Iterable[LiveTag]) -> bool:
    """Whether ``stored`` may be ``name`` as the server has it: tidied, or cut at its limit."""
    limit = max((len(tag.name) for tag in here), default=0)
    cut = SHORTEST_CUT <= limit < len(name) and tidied(name[:limit]) == tidied(stored)
    return cut or may_be_stored_as(name, stored)


def left_alone(scenario: Scenario, place: str | None) -> tuple[list[LiveTag], set[str]]:
    """Undeclared tags that may be a declared one's former or tidied self; names held back."""
    blocks = scenario.desired.tags.get(place, {})
    here = in_use(scenario, place)
    known = {*blocks, *(former for block in blocks.values() for former in block.renamed_from)}
    unknown = [tag for tag in here if tag.name not in known]
    kept: list[LiveTag] = []
    held_back: set[str] = set()
    missing = {
        block.name
        for block in blocks.values()
        if block.state in (State.ENABLED, State.ANY)
        and not {block.name, *block.renamed_from} & {tag.name for tag in here}
    }
    for name in missing:
        stored = [tag for tag in unknown if may_be_it(name, tag.name, here)]
        kept += stored
        held_back |= {name} if stored else set()
    for block in blocks.values():
        if block.state is State.ABSENT or block.name in held_back:
            continue
        name = chosen(block, {tag.name for tag in here})
        younger = min((tag.id for tag in here if tag.name == name), default=0)
        for tag in unknown:
            is_alike = alike(block.name, tag.name) is not None and tag not in kept
            oldest = min(one.id for one in unknown if one.name == tag.name)
            if is_alike and (block.name in missing or oldest < younger):
                kept.append(tag)
    return kept, held_back


def left(scenario: Scenario, tag: LiveTag, *, is_covered: bool) -> Iterator[Known]:
    """What becomes of a tag that nobody declared."""
    wanted = scenario.desired.account.policy.unmanaged
    if not is_covered or wanted is Unmanaged.KEEP:
        yield state(tag)
    elif wanted is Unmanaged.DISABLE:
        yield state(tag._replace(status=Status.DISABLED))
    else:
        yield from gone(scenario, tag)


@pytest.mark.parametrize("unique", [None, "exact", "nocase"])
@given(data=st.data())
def test_an_apply_cut_short_and_run_again_ends_where_a_whole_one_does(
    data: st.DataObject, unique: str | None
) -> None:
    scenario = data.draw(scenarios(unique=unique))
    whole, cut = FakeProvider.of(scenario.live), FakeProvider.of(scenario.live)
    plan = plan_of(scenario, scenario.live)
    if any(change.blocked_by for change in plan.changes):
        return
    carry_out(plan, whole)
    some = data.draw(st.lists(st.sampled_from(plan.changes), unique=True)) if plan.changes else []
    carry_out(replace(plan, changes=tuple(some)), cut)
    carry_out(plan_of(scenario, cut.live.values()), cut)
    assert Counter(map(state, cut.live.values())) == Counter(map(state, whole.live.values()))


@given(scenarios(), st.sampled_from(NAMES), st.sampled_from(COMPANIES))
def test_a_narrowed_plan_is_a_part_of_the_whole_one(
    scenario: Scenario, name: str, company: Company
) -> None:
    whole = plan_of(scenario, scenario.live).changes
    by_name = plan_of(scenario, scenario.live, Narrowing(tags=(name,))).changes
    assert set(map(unguarded, by_name)) == {
        unguarded(one) for one in whole if name in map(original, one.names)
    }
    by_company = plan_of(scenario, scenario.live, Narrowing(companies=(company.name,))).changes
    assert set(map(unguarded, by_company)) == {
        unguarded(one) for one in whole if one.place.company_id == company.id
    }


def unguarded(change: Change) -> Change:
    """``change`` whatever blocks it: that depends on the others."""
    return replace(change, blocked_by=None)


@given(scenarios())
def test_what_is_not_named_by_the_plan_is_left_as_it_was(scenario: Scenario) -> None:
    provider = FakeProvider.of(scenario.live)
    plan = plan_of(scenario, scenario.live)
    carry_out(plan, provider)
    touched = {change.tag_id for change in plan.changes}
    for tag in scenario.live:
        if tag.id not in touched:
            assert provider.live[tag.id] == tag


@given(scenarios())
def test_deletes_are_only_of_absent_or_unmanaged_tags(scenario: Scenario) -> None:
    for change in plan_of(scenario, scenario.live).changes:
        if not is_removal(change):
            continue
        if isinstance(change, Delete) and change.purges:
            assert is_over(scenario, change.before)
            continue
        blocks = scenario.desired.tags[change.place.company_id]
        block = blocks.get(change.name)
        if block is None:
            assert scenario.desired.account.policy.unmanaged is Unmanaged.DELETE
            assert all(change.name not in one.renamed_from for one in blocks.values())
        else:
            assert block.state is State.ABSENT


@given(scenarios(), st.randoms(use_true_random=False))
def test_the_order_of_live_tags_changes_no_digest(scenario: Scenario, order: random.Random) -> None:
    shuffled = list(scenario.live)
    order.shuffle(shuffled)
    assert plan_of(scenario, scenario.live).digest == plan_of(scenario, shuffled).digest


@given(scenarios())
def test_a_rename_keeps_the_id(scenario: Scenario) -> None:
    provider = FakeProvider.of(scenario.live)
    plan = plan_of(scenario, scenario.live)
    carry_out(plan, provider)
    for change in plan.changes:
        if isinstance(change, Update):
            assert provider.live[change.tag_id].name == change.after.name


@pytest.mark.parametrize("unique", ["exact", "nocase"])
@given(data=st.data())
def test_a_server_with_unique_names_gives_the_desired_tag_or_a_true_refusal(
    data: st.DataObject, unique: str
) -> None:
    scenario = data.draw(scenarios(unique=unique))
    provider = FakeProvider.of(scenario.live, unique=unique)
    plan = plan_of(scenario, scenario.live)
    report = carry_out(plan, provider)
    for outcome in report.outcomes:
        tag, change = provider.live.get(outcome.tag_id or 0), outcome.change
        if not isinstance(change, Delete) and outcome.result is Result.DONE:
            assert tag is not None
            assert not differing(tag, change.after)
    failed = any(outcome.result is Result.FAILED for outcome in report.outcomes)
    assert (exit_code(report) == 0) == (not failed)
    if exit_code(report) == 0:
        assert plan_of(scenario, provider.live.values()).changes == ()


@given(scenarios())
def test_unmanaged_keep_never_deletes_or_disables_what_nobody_declared(scenario: Scenario) -> None:
    policy = replace(scenario.desired.account.policy, unmanaged=Unmanaged.KEEP)
    wanted = scenario.desired._replace(account=replace(scenario.desired.account, policy=policy))
    for change in plan_of(Scenario(wanted, scenario.live), scenario.live).changes:
        loses = isinstance(change, Delete) or change.after.status is Status.DISABLED
        assert not loses or change.source is not None or change.verb == "purge"
