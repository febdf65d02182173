"""What stops a plan, and what just fits."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.model.change import Count, Loss, Precision
from reconciler.model.plan import Beyond
from reconciler.model.state import Limits, State, Unmanaged
from reconciler.planning import guard
from reconciler.planning.guard import Measure, is_delete
from tests.builders import company, create, delete, live_tag
from tests.expectations import declare, desired, draft, live

if TYPE_CHECKING:
    from reconciler.model.change import Change

NORTH = company("Dental North")


def planned(
    live_count: int, deletes: int, *, trash: int | None = None, **policy: Any
) -> tuple[Change, ...]:
    """Changes of an account with ``live_count`` tags of which ``deletes`` are undeclared."""
    kept = [declare(f"Kept {i}") for i in range(live_count - deletes)]
    tags = [live_tag(i + 1, one.name) for i, one in enumerate(kept)]
    extra = [live_tag(1000 + i, f"Extra {i:03}") for i in range(deletes)]
    wanted = desired(*kept, unmanaged=Unmanaged.DELETE, trash=trash, **policy)
    drafted = draft(wanted, live(*tags, *extra))
    return guard(drafted, drafted.changes)


def reasons(changes: tuple[Change, ...]) -> set[str | None]:
    return {change.blocked_by for change in changes}


def test_as_many_deletes_as_the_limits_are_free() -> None:
    assert reasons(planned(20, 5)) == {None}


def test_one_delete_more_than_the_limit_blocks_them_all() -> None:
    assert reasons(planned(100, 6)) == {
        (
            "acme: 6 deletes are more than limits.deletes 5: write `limits: {deletes: 6}` below "
            "accounts.acme (reconciler.yaml:3) to allow it"
        )
    }


def test_a_larger_share_than_the_limit_blocks_them_all() -> None:
    assert reasons(planned(11, 3)) == {
        (
            "acme: 3 deletes of 11 live tags are 28%, more than limits.delete_percent 25: write "
            "`limits: {delete_percent: 28}` below accounts.acme (reconciler.yaml:3) to allow it"
        )
    }


def test_one_delete_is_always_within_the_share() -> None:
    assert reasons(planned(2, 1)) == {None}


def test_raised_limits_let_it_through() -> None:
    assert reasons(planned(10, 8, limits=Limits(deletes=8, delete_percent=80))) == {None}


def test_a_place_with_two_live_tags_may_not_be_emptied() -> None:
    gone = tuple(declare(name, state=State.ABSENT, note="Over.") for name in ("A", "B"))
    tags = [live_tag(i, f"Other {i}") for i in range(10, 30)]
    own = [live_tag(i, name, company_id=NORTH.id) for i, name in enumerate("AB", 1)]
    drafted = draft(desired(companies=[(NORTH, gone)]), live(*tags, *own))
    (reason,) = reasons(guard(drafted, drafted.changes))
    assert reason == (
        "acme · Dental North: none of its 2 live tags would be left: declare one that stays"
    )


def test_a_place_with_one_live_tag_may_be_emptied() -> None:
    gone = declare("A", state=State.ABSENT, note="Over.")
    drafted = draft(desired(gone), live(live_tag(1, "A")))
    assert reasons(guard(drafted, drafted.changes)) == {None}


def test_protect_forbids_deletes_and_disables_of_live_names() -> None:
    wanted = desired(
        declare("Lead hot", state=State.ABSENT, note="Over."),
        declare("Lead cold", state=State.DISABLED),
        declare("Lead new", renamed_from=("Lead old",)),
        declare("Premium", renamed_from=("LEAD vip",)),
        declare("Lead", color="red1"),
        protect=("Lead *",),
        trash=None,
    )
    names = ("Lead hot", "Lead cold", "Lead old", "LEAD vip", "Lead")
    drafted = draft(wanted, live(*(live_tag(i, name) for i, name in enumerate(names, 1))))
    blocked = {one.name: one.blocked_by for one in guard(drafted, drafted.changes)}
    allow = "narrow `protect` below accounts.acme (reconciler.yaml:3) to allow it"
    assert blocked == {
        "Lead hot": f'acme: protect "Lead *" forbids to delete it: {allow}',
        "Lead cold": f'acme: protect "Lead *" forbids to disable it: {allow}',
        "Lead new": None,
        "Premium": f'acme: protect "Lead *" forbids to rename it: {allow}',
        "Lead": None,
    }


@pytest.mark.parametrize(
    "name",
    [
        unicodedata.normalize("NFD", "Café north"),
        "CAFÉ NORTH",
        "Café\u00a0north",
        "Ca\u200bfé north",
    ],
)
def test_protect_and_ignore_know_a_name_however_it_is_written(name: str) -> None:
    tags = [live_tag(1, "Kept"), live_tag(2, name), *(live_tag(i, f"T{i}") for i in range(3, 9))]
    kept = [declare("Kept"), *(declare(f"T{i}") for i in range(3, 9))]
    drafted = draft(desired(*kept, unmanaged=Unmanaged.DELETE, protect=("Café *",)), live(*tags))
    (reason,) = reasons(guard(drafted, drafted.changes))
    assert reason is not None
    assert 'protect "Café *"' in reason
    ignoring = desired(*kept, unmanaged=Unmanaged.DELETE, ignore=("Café *",))
    assert draft(ignoring, live(*tags)).changes == ()


def test_an_ignored_tag_that_a_saved_plan_touches_is_left_to_others() -> None:
    drafted = draft(desired(declare("Kept"), ignore=("crm-*",)), live(live_tag(1, "Kept")))
    (change,) = guard(drafted, [delete("CRM-lead")])
    assert change.blocked_by == (
        'acme: ignore "crm-*" leaves this tag to others: narrow `ignore` below accounts.acme '
        "(reconciler.yaml:3) to manage it"
    )


def _disables(count: int, **limits: int) -> set[str | None]:
    tags = [live_tag(1, "Kept"), *(live_tag(10 + i, f"Extra {i}") for i in range(count))]
    wanted = desired(declare("Kept"), unmanaged=Unmanaged.DISABLE, limits=Limits(**limits))
    drafted = draft(wanted, live(*tags))
    return reasons(guard(drafted, drafted.changes))


def test_as_many_tags_as_the_limit_may_be_taken_out_of_use() -> None:
    assert _disables(20) == {None}


def test_one_disable_more_than_the_limit_blocks_them_all() -> None:
    assert _disables(21) == {
        (
            "acme: 21 tags taken out of use are more than limits.disables 20: write "
            "`limits: {disables: 21}` below accounts.acme (reconciler.yaml:3) to allow it"
        )
    }
    assert _disables(21, disables=21) == {None}


def test_the_line_to_write_keeps_the_account_s_other_limits() -> None:
    (reason,) = _disables(4, disables=3, deletes=9)
    assert reason is not None
    assert "`limits: {deletes: 9, disables: 4}`" in reason


def test_one_line_lifts_all_limits_that_are_exceeded() -> None:
    """Two, pasted one after the other, would be a key twice."""
    (reason,) = reasons(planned(11, 6))
    assert reason is not None
    assert reason.count("write `limits: {deletes: 6, delete_percent: 55}`") == 2
    assert reason.count("write `limits:") == 2


def _losing(*losses: Loss, **limits: int) -> set[str | None]:
    """What blocks deletes with these losses, in an account large enough for them."""
    kept = [declare(f"Kept {i}") for i in range(40)]
    tags = [live_tag(i + 1, one.name) for i, one in enumerate(kept)]
    extra = [live_tag(1000 + i, f"Extra {i}") for i in range(len(losses))]
    wanted = desired(*kept, unmanaged=Unmanaged.DELETE, limits=Limits(**limits), trash=None)
    drafted = draft(wanted, live(*tags, *extra))
    changes = [
        replace(change, loss=loss)
        for change, loss in zip(filter(is_delete, drafted.changes), losses, strict=True)
    ]
    return reasons(guard(drafted, changes))


def _calls(number: int, precision: Precision = Precision.EXACT) -> Loss:
    return Loss(calls=Count(number, precision))


def test_interactions_up_to_the_limit_may_lose_their_tag() -> None:
    assert _losing(_calls(60), Loss(forms=Count(30), texts=Count(10))) == {None}


def test_more_interactions_than_the_limit_block() -> None:
    assert _losing(_calls(60), Loss(forms=Count(30), texts=Count(11))) == {
        (
            "acme: 101 interactions lose their tag, more than limits.interactions 100: write "
            "`limits: {interactions: 101}` below accounts.acme (reconciler.yaml:3) to allow it"
        )
    }


def test_only_the_deletes_that_lose_something_are_blocked_by_it() -> None:
    assert None in _losing(_calls(101), Loss())


def test_at_most_so_many_within_the_limit_is_fine_and_over_it_blocks() -> None:
    assert _losing(_calls(100, Precision.AT_MOST)) == {None}
    (reason,) = _losing(_calls(101, Precision.AT_MOST))
    assert reason is not None
    assert "up to 101 interactions lose their tag, more than limits.interactions 100" in reason


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (_calls(0, Precision.UNKNOWN), "an unknown number of interactions lose their tag"),
        (_calls(3, Precision.AT_LEAST), "an unknown number of interactions (at least 3) lose"),
        (_calls(500, Precision.AT_LEAST), "at least 500 interactions lose their tag, more than"),
    ],
)
def test_what_cannot_be_counted_is_more_than_any_limit(loss: Loss, message: str) -> None:
    (reason,) = _losing(loss, interactions=400)
    assert reason is not None
    assert reason.startswith(f"acme: {message}")


def test_a_tag_that_a_flow_applies_cannot_be_deleted_unless_it_is_allowed() -> None:
    assert _losing(Loss(flows=Count(2))) == {
        (
            "acme: 2 flows apply tags that would be deleted, more than limits.flows 0: take them "
            "out of the flows, or write `limits: {flows: 2}` below accounts.acme "
            "(reconciler.yaml:3) to allow it"
        )
    }
    assert _losing(Loss(flows=Count(2)), flows=2) == {None}


def test_flows_that_cannot_be_read_count_as_one_for_each_tag() -> None:
    unknown = Loss(flows=Count(0, Precision.UNKNOWN))
    (reason,) = _losing(unknown, unknown)
    assert reason is not None
    assert reason.startswith("acme: whether flows apply 2 tags that would be deleted is unknown")
    assert "`limits: {flows: 2}`" in reason
    assert _losing(unknown, unknown, flows=2) == {None}


def test_a_limit_counts_what_lies_beyond_a_narrowed_run() -> None:
    changes = [delete(f"T{i}", tag_id=i) for i in range(1, 4)]
    measure = Measure(account=desired().account, live=100, live_in={})
    assert reasons(guard(measure, changes)) == {None}
    beyond = Beyond(deletes=3)
    (reason,) = reasons(guard(measure, changes, beyond=beyond))
    assert reason is not None
    assert reason.startswith("acme: 6 deletes (3 of them outside this run) are more than")


def test_a_place_is_not_emptied_in_two_halves() -> None:
    one, two = delete("One", tag_id=1), delete("Two", tag_id=2)
    measure = Measure(account=desired().account, live=100, live_in={one.place: 2})
    assert reasons(guard(measure, [one])) == {None}
    assert reasons(guard(measure, [one], others=[two])) != {None}
    # Nor does a create that this run leaves out fill it.
    assert reasons(guard(measure, [one, two], others=[create()])) != {None}


def test_reasons_that_meet_stand_one_by_one() -> None:
    tags = [live_tag(1, "Kept"), live_tag(2, "Lead"), live_tag(3, "Other")]
    wanted = desired(declare("Kept"), unmanaged=Unmanaged.DELETE, protect=("Lead",))
    drafted = draft(wanted, live(*tags))
    guarded = {one.name: one.objections for one in guard(drafted, drafted.changes)}
    protects, percent = guarded["Lead"]
    assert 'protect "Lead"' in protects
    assert guarded["Other"] == (percent,)
