"""Narrowed runs are measured as the whole run would be, and cost no more than it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.change import Create, Delete, Update
from reconciler.model.state import Limits, LiveAccount, State, Unmanaged
from reconciler.planning import Narrowing
from reconciler.planning.guard import is_delete, is_disable
from reconciler.planning.narrowing import EVERYTHING
from reconciler.workflow.guarding import Guarding
from tests.builders import ACME, company, live_tag
from tests.expectations import TODAY, declare, desired, draft, live
from tests.fakes.provider import FakeProvider
from tests.planning.strategies import COMPANIES, NAMES, Scenario, scenarios

if TYPE_CHECKING:
    from reconciler.model.change import Change
    from reconciler.workflow.guarding import Guarded

NORTH, SOUTH = company("Dental North"), company("Dental South")


def guarding(provider: FakeProvider, narrowing: Narrowing) -> Guarding:
    return Guarding(
        provider=provider,
        narrowing=narrowing,
        today=TODAY,
        count=True,
        count_all=False,
        log=lambda _line: None,
    )


def run(scenario: Scenario, provider: FakeProvider, narrowing: Narrowing = EVERYTHING) -> Guarded:
    account = LiveAccount(
        account=ACME,
        tags=tuple(provider.live.values()),
        companies={one.id: one for one in COMPANIES},
    )
    drafted = draft(scenario.desired, account, narrowing)
    return asyncio.run(guarding(provider, narrowing).guarded(scenario.desired, account, drafted))


def allowed(guarded: Guarded) -> set[tuple[str, int | None, str]]:
    """What may be sent, distinguished by what it does to which tag."""
    return {
        (one.action.value, one.tag_id, one.name)
        for one in guarded.changes
        if one.blocked_by is None
    }


limits = st.builds(
    Limits,
    deletes=st.integers(0, 4),
    disables=st.integers(0, 4),
    delete_percent=st.integers(0, 100),
    interactions=st.integers(0, 30),
    flows=st.integers(0, 2),
)
narrowings = st.builds(
    Narrowing,
    companies=st.lists(st.sampled_from([one.name for one in COMPANIES]), max_size=1).map(tuple),
    tags=st.lists(st.sampled_from(NAMES), unique=True, max_size=3).map(tuple),
)
used = st.dictionaries(st.sampled_from(NAMES), st.integers(0, 20))


def limited(scenario: Scenario, bounds: Limits) -> Scenario:
    account = scenario.desired.account
    policy = replace(account.policy, limits=bounds)
    return replace(
        scenario, desired=scenario.desired._replace(account=replace(account, policy=policy))
    )


@given(scenarios(), limits, narrowings, used)
def test_a_narrowed_run_may_do_nothing_that_the_whole_may_not(
    scenario: Scenario, bounds: Limits, narrowing: Narrowing, calls: dict[str, int]
) -> None:
    scenario = limited(scenario, bounds)
    provider = FakeProvider.of(scenario.live, calls=calls)
    assert allowed(run(scenario, provider, narrowing)) <= allowed(run(scenario, provider))


@given(scenarios(), limits, st.lists(narrowings, max_size=6), used)
def test_narrowed_runs_together_take_away_no_more_than_one_run_may(
    scenario: Scenario, bounds: Limits, narrowed: list[Narrowing], calls: dict[str, int]
) -> None:
    scenario = limited(scenario, bounds)
    provider = FakeProvider.of(scenario.live, calls=calls)
    sent: list[Change] = []
    for narrowing in narrowed:
        changes = run(scenario, provider, narrowing).changes
        if any(change.blocked_by for change in changes):
            continue
        asyncio.run(carry_out(changes, provider))
        sent += changes
    deletes = [change for change in sent if is_delete(change)]
    assert len(deletes) <= bounds.deletes
    assert sum(map(is_disable, sent)) <= bounds.disables
    assert sum(calls.get(change.name, 0) for change in deletes) <= bounds.interactions


async def carry_out(changes: tuple[Change, ...], provider: FakeProvider) -> None:
    for change in changes:
        match change:
            case Create():
                await provider.create(change.place, change.after)
            case Update():
                await provider.update(change.before, change.after)
            case Delete():
                await provider.delete(change.before)


def two_companies(**policy: Any) -> tuple[Scenario, FakeProvider]:
    """Three unmanaged tags in each of two companies, beside one that is declared."""
    tags = [
        live_tag(at * 10 + number, name, company_id=place.id)
        for at, place in enumerate((NORTH, SOUTH), 1)
        for number, name in enumerate(("Kept", "A", "B", "C"))
    ]
    wanted = desired(
        companies=[(NORTH, (declare("Kept"),)), (SOUTH, (declare("Kept"),))],
        unmanaged=Unmanaged.DELETE,
        **policy,
    )
    return Scenario(wanted, tuple(tags)), FakeProvider.of(tags, known_companies=(NORTH, SOUTH))


def narrowed_to_north(scenario: Scenario, provider: FakeProvider) -> Guarded:
    account = live(*scenario.live, companies=(NORTH, SOUTH))
    only = Narrowing(companies=("Dental North",))
    drafted = draft(scenario.desired, account, only)
    return asyncio.run(guarding(provider, only).guarded(scenario.desired, account, drafted))


def test_a_company_s_deletes_are_counted_with_those_of_the_others() -> None:
    scenario, provider = two_companies(limits=Limits(deletes=5, delete_percent=100))
    guarded = narrowed_to_north(scenario, provider)
    assert len(guarded.changes) == 3
    (reason,) = {change.blocked_by for change in guarded.changes}
    assert reason is not None
    assert reason.startswith("acme: 6 deletes (3 of them outside this run) are more than")
    assert guarded.beyond.deletes == 3


def test_interactions_beyond_a_narrowed_run_are_counted_too() -> None:
    scenario, provider = two_companies(limits=Limits(deletes=9, delete_percent=100), trash=None)
    provider.calls = {"A": 60}
    blocked = {
        change.name: change.blocked_by for change in narrowed_to_north(scenario, provider).changes
    }
    assert (blocked["B"], blocked["C"]) == (None, None)
    assert "120 interactions lose their tag (60 outside this run)" in (blocked["A"] or "")


def test_a_run_that_takes_nothing_away_needs_and_counts_nothing_more() -> None:
    wanted = desired(
        declare("Gone", state=State.ABSENT, note="Over."),
        companies=[(NORTH, (declare("New"),))],
    )
    provider = FakeProvider.of([live_tag(1, "Gone")], calls={"Gone": 5})
    only = Narrowing(companies=("Dental North",))
    account = live(companies=(NORTH,), unread=1)
    drafted = draft(wanted, account, only)
    assert not guarding(provider, only).needs_all(drafted, 1)
    guarded = asyncio.run(guarding(provider, only).guarded(wanted, account, drafted))
    assert provider.requests == 0
    assert [change.name for change in guarded.changes] == ["New"]


def test_unread_tags_must_be_read_where_some_are_ignored() -> None:
    scenario, provider = two_companies(ignore=("crm-*",))
    drafted = draft(scenario.desired, live(*scenario.live, companies=(NORTH, SOUTH), unread=100))
    whole = guarding(provider, EVERYTHING)
    assert whole.needs_all(drafted, 100)
    assert whole.needs_all(drafted, None)
    assert not whole.needs_all(drafted, 0)
