"""What goes to the trash, comes back from it, and is purged."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.change import Count as Number
from reconciler.model.change import Create, Delete, Loss, Reason, Update
from reconciler.model.state import Limits, LiveAccount, State, Unmanaged
from reconciler.model.tag import Status, Tag
from reconciler.model.trash import original
from reconciler.planning import Narrowing, guard
from reconciler.planning.narrowing import EVERYTHING
from reconciler.planning.trash import deleted_if_unused
from reconciler.workflow.guarding import Guarding
from tests.builders import ACME, delete, live_tag, only, plan, update
from tests.expectations import TODAY, declare, desired, draft, live
from tests.fakes.provider import FakeProvider
from tests.planning.strategies import COMPANIES, Scenario, scenarios
from tests.planning.test_properties import carry_out

if TYPE_CHECKING:
    from reconciler.model.change import Change
    from reconciler.model.state import Declaration, DesiredAccount
    from reconciler.model.tag import LiveTag

GONE = declare("Old", state=State.ABSENT, note="Over.")
THERE = live_tag(7, "~trash 2026-11-20 Old", color="green1", status=Status.DISABLED)
USED = Loss(calls=Number(3))


def test_what_shall_go_is_renamed_and_disabled_by_one_update() -> None:
    change = only(draft(desired(GONE), live(live_tag(7, "Old", color="green1"))), Update)
    assert change.after == Tag("~trash 2026-11-25 Old", "green1", Status.DISABLED)
    assert change.fields == ("name", "status")
    assert (change.reason, change.note, change.name) == (Reason.TRASH, "Over.", "Old")


def test_what_nobody_declared_goes_there_too() -> None:
    wanted = desired(declare("Kept"), unmanaged=Unmanaged.DELETE)
    change = only(draft(wanted, live(live_tag(1, "Kept"), live_tag(2, "Other"))), Update)
    assert (change.reason, change.source) == (Reason.TRASH, None)
    assert change.after.name == "~trash 2026-11-25 Other"


def test_several_of_one_name_get_numbers() -> None:
    there = live_tag(9, "~trash 2026-11-25 Old", status=Status.DISABLED)
    drafted = draft(desired(GONE), live(live_tag(1, "Old"), live_tag(2, "Old"), there))
    names = [change.after.name for change in drafted.changes if isinstance(change, Update)]
    assert names == ["~trash 2026-11-25.2 Old", "~trash 2026-11-25.3 Old"]


@pytest.mark.parametrize(
    ("loss", "deleted"),
    [
        (Loss(), True),
        (USED, False),
        (Loss(flows=Number(1)), False),
        (Loss.unknown(), False),
        (None, False),
    ],
)
def test_only_what_certainly_nothing_uses_is_deleted(loss: Loss | None, deleted: bool) -> None:
    change = only(draft(desired(GONE), live(live_tag(7, "Old"))), Update)
    assert isinstance(deleted_if_unused(replace(change, loss=loss)), Delete) is deleted


def test_without_a_trash_it_is_deleted() -> None:
    assert only(draft(desired(GONE, trash=None), live(live_tag(7, "Old"))), Delete).tag_id == 7


@pytest.mark.parametrize(
    ("block", "status"),
    [
        (declare("Old"), Status.ENABLED),
        (declare("Old", state=State.ANY), Status.ENABLED),
        (declare("Old", state=State.DISABLED), Status.DISABLED),
    ],
)
def test_a_name_that_is_declared_again_is_taken_back(block: Declaration, status: Status) -> None:
    change = only(draft(desired(block), live(THERE)), Update)
    assert change.reason is Reason.RESTORED
    assert (change.tag_id, change.after) == (7, Tag("Old", "green1", status))


def test_it_comes_back_in_the_declared_colour() -> None:
    change = only(draft(desired(declare("Old", color="red1")), live(THERE)), Update)
    assert change.after.color == "red1"


def test_the_newest_of_several_is_taken_back_and_the_others_are_named() -> None:
    older = THERE._replace(id=8, name="~trash 2026-11-19 Old")
    drafted = draft(desired(declare("Old")), live(older, THERE))
    assert only(drafted, Update).tag_id == 7
    (warning,) = drafted.warnings
    assert warning.code == "PLAN010"
    assert "~trash 2026-11-19 Old" in warning.message


def test_a_live_former_name_wins_over_the_trash() -> None:
    wanted = desired(declare("Old", renamed_from=("Older",)))
    change = only(draft(wanted, live(THERE, live_tag(8, "Older"))), Update)
    assert (change.tag_id, change.reason) == (8, Reason.RENAMED_FROM)


def test_a_former_name_in_the_trash_is_not_taken_back() -> None:
    assert only(draft(desired(declare("New", renamed_from=("Old",))), live(THERE)), Create).name


def test_the_trash_of_another_place_is_another_one() -> None:
    wanted = desired(companies=[(COMPANIES[0], (declare("Old"),))])
    assert only(draft(wanted, live(THERE)), Create).name


def test_a_long_name_is_taken_back_under_its_own_name_only() -> None:
    one, other = (f"{'A' * 300}{middle}{'Z' * 300}" for middle in "xy")
    gone = desired(declare(one, state=State.ABSENT, note="Over."))
    change = only(draft(gone, live(live_tag(7, one))), Update)
    there = live_tag(7).changed_to(change.after)
    assert only(draft(desired(declare(one)), live(there)), Update).after.name == one
    assert only(draft(desired(declare(other)), live(there)), Create).name


@pytest.mark.parametrize("unmanaged", Unmanaged)
def test_the_trash_is_neither_unmanaged_nor_alike_nor_counted(unmanaged: Unmanaged) -> None:
    wanted = desired(declare("Olds"), unmanaged=unmanaged)
    drafted = draft(wanted, live(THERE, live_tag(8, "Olds")))
    assert (drafted.changes, drafted.unmanaged, drafted.warnings) == ((), (), ())
    assert (drafted.live, [one.tag for one in drafted.trash]) == (1, [THERE])


def days_old(days: int, **values: object) -> LiveTag:
    name = f"~trash {TODAY - timedelta(days=days)} Old"
    return live_tag(7, name, **{"status": Status.DISABLED, **values})


def test_it_is_purged_when_its_time_is_over_and_not_before() -> None:
    change = only(draft(desired(declare("Kept")), live(days_old(30), live_tag(1, "Kept"))), Delete)
    assert (change.reason, change.verb) == (Reason.PURGE, "purge")
    young = draft(desired(declare("Kept")), live(days_old(29), live_tag(1, "Kept")))
    assert young.changes == ()
    assert [one.due for one in young.trash] == [TODAY + timedelta(days=1)]


def test_what_is_in_use_again_or_has_no_time_is_never_purged() -> None:
    kept = live(days_old(999, status=Status.ENABLED), live_tag(1, "Kept"))
    drafted = draft(desired(declare("Kept")), kept)
    assert (drafted.changes, [one.due for one in drafted.trash]) == ((), [None])
    off = draft(desired(declare("Kept"), trash=None), live(days_old(999), live_tag(1, "Kept")))
    assert (off.changes, [one.due for one in off.trash]) == ((), [None])


def test_where_nothing_is_declared_nothing_is_purged() -> None:
    wanted = desired(companies=[(COMPANIES[0], (declare("A"),))])
    tags = live(days_old(999), live_tag(1, "A", company_id="COM1"))
    assert draft(wanted, tags).changes == ()


def test_a_move_counts_as_a_delete_and_as_a_disable_and_needs_no_interactions() -> None:
    tags = [live_tag(i, f"T{i}") for i in range(100)]
    wanted = desired(
        declare("T0"), *(declare(f"T{i}", state=State.ABSENT, note="Over.") for i in range(1, 7))
    )
    drafted = draft(wanted, live(*tags))
    counted = [
        replace(one, loss=Loss(calls=Number(1000)))
        for one in drafted.changes
        if isinstance(one, Update)
    ]
    (reason,) = {change.blocked_by for change in guard(drafted, counted)}
    assert reason is not None
    assert "6 tags deleted or moved to the trash are more than limits.deletes 5" in reason
    assert "interactions" not in reason


def test_a_purge_empties_no_place() -> None:
    wanted = desired(declare("Kept"))
    drafted = draft(wanted, live(days_old(31), days_old(32)._replace(id=8), live_tag(1, "Kept")))
    reasons = {change.blocked_by for change in guard(drafted, drafted.changes)}
    assert not any("would be left" in (reason or "") for reason in reasons)


def test_protect_and_ignore_know_it_by_its_own_name() -> None:
    purge = days_old(31)
    drafted = draft(desired(declare("Kept"), protect=("Old",)), live(purge, live_tag(1, "Kept")))
    (change,) = guard(drafted, drafted.changes)
    assert 'protect "Old" forbids to delete it' in (change.blocked_by or "")
    theirs = draft(desired(declare("Kept"), ignore=("Old",)), live(purge, live_tag(1, "Kept")))
    assert (theirs.changes, theirs.trash) == ((), ())
    loose = desired(declare("Kept"), protect=("*2026*",), ignore=("~*",))
    drafted = draft(loose, live(purge, live_tag(1, "Kept")))
    assert [one.blocked_by for one in guard(drafted, drafted.changes)] == [None]


def test_narrowing_finds_it_by_the_name_that_it_had() -> None:
    tags = live(days_old(31), live_tag(1, "Kept"))
    wanted = desired(declare("Kept"))
    assert len(draft(wanted, tags, Narrowing(tags=("Old",))).changes) == 1
    assert draft(wanted, tags, Narrowing(tags=("Kept",))).changes == ()


def test_the_digest_is_the_same_on_another_day() -> None:
    before = live_tag(7, "Old").tag
    there = (replace(before, name=f"~trash {day} Old") for day in ("2026-11-25", "2026-11-26"))
    one, other = (update(before, after, reason=Reason.TRASH) for after in there)
    assert plan(one).digest == plan(other).digest != plan(delete("Old")).digest


def test_it_is_no_update_of_the_summary() -> None:
    change = only(draft(desired(GONE), live(live_tag(7, "Old"))), Update)
    assert (plan(change).summary.trash, plan(change).summary.update) == (1, 0)


async def counted(wanted: DesiredAccount, provider: FakeProvider) -> tuple[Change, ...]:
    """The changes to ``provider`` as a run plans them, what has the tags counted."""
    account = LiveAccount(
        account=ACME,
        tags=tuple(provider.live.values()),
        companies={one.id: one for one in COMPANIES},
    )
    guarding = Guarding(
        provider=provider,
        narrowing=EVERYTHING,
        today=TODAY,
        count=True,
        count_all=False,
        log=lambda _line: None,
    )
    return (await guarding.guarded(wanted, account, draft(wanted, account))).changes


def purged(changes: tuple[Change, ...]) -> set[int]:
    return {one.before.id for one in changes if isinstance(one, Delete) and one.purges}


@given(scenarios(), st.data())
def test_whatever_is_applied_every_call_keeps_its_tags_under_their_old_or_new_names(
    scenario: Scenario, data: st.DataObject
) -> None:
    if scenario.desired.account.policy.trash is None:
        return
    ids = [tag.id for tag in scenario.live]
    some = st.sets(st.sampled_from(ids)) if ids else st.just(set())
    had = {f"CAL{number}": data.draw(some) for number in range(3)}
    provider = FakeProvider.of(scenario.live, assigned={one: {*tags} for one, tags in had.items()})
    changes = asyncio.run(counted(scenario.desired, provider))
    if any(change.blocked_by for change in changes):
        return
    assert carry_out(plan(*changes), provider).complete
    assert provider.assigned == {one: tags - purged(changes) for one, tags in had.items()}
    for tag in scenario.live:
        if tag.id in set().union(*provider.assigned.values()):
            now = provider.live[tag.id].name
            block = scenario.desired.tags.get(tag.company_id, {}).get(now)
            taken_over = block is not None and tag.name in block.renamed_from
            assert taken_over or original(now) == original(tag.name)
    assert asyncio.run(counted(scenario.desired, provider)) == ()


@given(scenarios())
def test_taking_the_change_back_gives_every_tag_and_call_back_as_it_was(scenario: Scenario) -> None:
    seen: set[tuple[str | None, str]] = set()
    tags = [
        tag
        for tag in scenario.live
        if original(tag.name) == tag.name
        and not ((tag.company_id, tag.name) in seen or seen.add((tag.company_id, tag.name)))  # type: ignore[func-returns-value]
    ]
    blocks: dict[str | None, dict[str, Declaration]] = {}
    for tag in tags:
        block = declare(tag.name, color=tag.color, state=State(tag.status.value))
        blocks.setdefault(tag.company_id, {})[tag.name] = block
    account = desired(trash=30).account
    was = scenario.desired._replace(
        account=account, companies={one.id: one for one in COMPANIES}, tags=blocks
    )
    gone = {
        place: {
            name: block._replace(state=State.ABSENT, note="Over.") for name, block in own.items()
        }
        for place, own in blocks.items()
    }
    had = {"CAL1": {tag.id for tag in tags}}
    provider = FakeProvider.of(tags, assigned={"CAL1": {*had["CAL1"]}})
    for wanted in (was._replace(tags=gone), was):
        changes = asyncio.run(counted(wanted, provider))
        assert len(changes) == len(tags)
        carry_out(plan(*(replace(one, blocked_by=None) for one in changes)), provider)
    assert provider.live == {tag.id: tag for tag in tags}
    assert provider.assigned == had


@pytest.mark.parametrize(
    ("limits", "others", "purged"),
    [
        (Limits(deletes=9, delete_percent=100), 0, 8),
        (Limits(deletes=5, delete_percent=100), 0, 5),
        (Limits(deletes=5, delete_percent=100), 2, 3),
        (Limits(deletes=5, delete_percent=10), 0, 1),
        (Limits(deletes=0), 0, 0),
    ],
)
def test_of_what_is_due_the_oldest_go_and_no_limit_is_passed(
    limits: Limits, others: int, purged: int
) -> None:
    """Time alone must not block a plan."""
    trash = [days_old(50 - number)._replace(id=number) for number in range(1, 9)]
    gone = [declare(f"Gone {n}", state=State.ABSENT, note="Over.") for n in range(others)]
    there = [live_tag(100 + n, f"Gone {n}") for n in range(others)]
    kept = [live_tag(200 + n, f"Kept {n}") for n in range(12)]
    drafted = draft(desired(declare("Kept 0"), *gone, limits=limits), live(*trash, *there, *kept))
    changes = guard(drafted, [_unused(one) for one in drafted.changes])
    assert [one.blocked_by for one in changes] == [None] * len(changes)
    purges = [one.tag_id for one in changes if isinstance(one, Delete)]
    assert purges == list(range(1, purged + 1))
    assert len(drafted.trash) == 8 - purged
    assert [one.code for one in drafted.warnings] == ["PLAN013"] * (purged < 8)


def _unused(change: Change) -> Change:
    return change if isinstance(change, Create) else replace(change, loss=Loss())
