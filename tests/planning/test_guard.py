"""What stops a plan, and what just fits."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reconciler.model.change import Count, Loss, Precision
from reconciler.model.state import Limits, State, Unmanaged
from reconciler.planning import draft, guard
from tests.builders import company, live_tag
from tests.wishes import declare, desired, live

if TYPE_CHECKING:
    from reconciler.model.change import Change

NORTH = company("Dental North")


def planned(live_count: int, deletes: int, **policy: Any) -> tuple[Change, ...]:
    """Changes of an account with ``live_count`` tags of which ``deletes`` are undeclared."""
    kept = [declare(f"Kept {i}") for i in range(live_count - deletes)]
    tags = [live_tag(i + 1, one.name) for i, one in enumerate(kept)]
    extra = [live_tag(1000 + i, f"Extra {i:03}") for i in range(deletes)]
    wish = desired(*kept, unmanaged=Unmanaged.DELETE, **policy)
    drafted = draft(wish, live(*tags, *extra))
    return guard(drafted, drafted.changes)


def reasons(changes: tuple[Change, ...]) -> set[str | None]:
    return {change.blocked_by for change in changes}


def test_as_many_deletes_as_the_limits_are_free() -> None:
    assert reasons(planned(20, 5)) == {None}


def test_one_delete_more_than_the_limit_blocks_them_all() -> None:
    assert reasons(planned(100, 6)) == {
        "6 deletes in the account are more than limits.deletes 5",
    }


def test_a_larger_share_than_the_limit_blocks_them_all() -> None:
    assert reasons(planned(11, 3)) == {
        "3 deletes of 11 live tags are more than limits.delete_percent 25"
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
    assert reason == "it would leave none of the 2 live tags of acme · Dental North"


def test_a_place_with_one_live_tag_may_be_emptied() -> None:
    gone = declare("A", state=State.ABSENT, note="Over.")
    drafted = draft(desired(gone), live(live_tag(1, "A")))
    assert reasons(guard(drafted, drafted.changes)) == {None}


def test_protect_forbids_deletes_and_disables_of_live_names() -> None:
    wish = desired(
        declare("Lead hot", state=State.ABSENT, note="Over."),
        declare("Lead cold", state=State.DISABLED),
        declare("Lead new", renamed_from=("Lead old",)),
        protect=("Lead *",),
    )
    tags = [live_tag(i, name) for i, name in enumerate(("Lead hot", "Lead cold", "Lead old"), 1)]
    drafted = draft(wish, live(*tags))
    blocked = {one.name: one.blocked_by for one in guard(drafted, drafted.changes)}
    assert blocked == {
        "Lead hot": 'protect "Lead *" forbids it',
        "Lead cold": 'protect "Lead *" forbids it',
        "Lead new": None,
    }


def _with_losses(*calls: Count) -> set[str | None]:
    kept = [declare(f"Kept {i}") for i in range(40)]
    tags = [live_tag(i + 1, one.name) for i, one in enumerate(kept)]
    extra = [live_tag(1000 + i, f"Extra {i}") for i in range(len(calls))]
    drafted = draft(desired(*kept, unmanaged=Unmanaged.DELETE), live(*tags, *extra))
    changes = [
        replace(change, loss=Loss(calls=count))
        for change, count in zip(drafted.changes, calls, strict=True)
    ]
    return reasons(guard(drafted, changes))


def test_interactions_up_to_the_limit_may_lose_a_tag() -> None:
    assert _with_losses(Count(60), Count(40)) == {None}
    assert _with_losses(Count(60), Count(40, Precision.AT_MOST)) == {None}


def test_more_interactions_than_the_limit_block() -> None:
    assert _with_losses(Count(60), Count(41)) == {
        "101 interactions lose a tag, more than limits.calls 100"
    }


def test_an_unknown_number_counts_as_more() -> None:
    (reason,) = _with_losses(Count(0, Precision.UNKNOWN))
    assert reason == "an unknown number of interactions lose a tag (limits.calls 100)"


def test_at_least_and_at_most_count_as_more_too() -> None:
    (reason,) = _with_losses(Count(3, Precision.AT_LEAST))
    assert reason is not None
    assert "at least 3 and an unknown number of interactions" in reason
    (reason,) = _with_losses(Count(101, Precision.AT_MOST))
    assert reason is not None
    assert "up to 101 interactions" in reason
