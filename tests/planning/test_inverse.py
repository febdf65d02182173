"""The way back from an apply, as far as live state still is as the apply left it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.change import Create, Delete, Merge, Reason, Update
from reconciler.model.outcome import Outcome, Result
from reconciler.model.tag import LiveTag, Status, Tag
from reconciler.planning.inverse import LEFT_ALONE, NOT_UNDONE, Inverse, inverse, places_of
from reconciler.provider import Listing
from tests.builders import ACME, create, delete, live_tag, place, update
from tests.document.strategies import changes

if TYPE_CHECKING:
    from reconciler.model.change import Change

OLD, NEW = Tag("Old", "gray1"), Tag("New", "blue1")
NORTH = place("Dental North")
RENAME = update(OLD, NEW, tag_id=7)


def back(outcome: Outcome, *live: LiveTag) -> Inverse:
    return inverse([outcome], Listing(tags=live))


def done(change: Change, **rest: object) -> Outcome:
    return Outcome(**{"change": change, "result": Result.DONE, "tag_id": change.tag_id, **rest})  # type: ignore[arg-type]


def codes(found: Inverse) -> list[str]:
    return [problem.code for problem in found.warnings]


def test_an_update_goes_back_to_what_was() -> None:
    found = back(done(RENAME), live_tag(7, "New", color="blue1"))
    (change,) = found.changes
    assert (change.before.tag, change.after, change.reason) == (NEW, OLD, Reason.UNDO)
    assert change.fields == ("name", "color")


def test_from_what_the_server_made_of_it() -> None:
    stored = Tag("new", "blue1")
    found = back(done(RENAME, stored=stored), live_tag(7, "new", color="blue1"))
    assert [change.before.tag for change in found.changes] == [stored]


@pytest.mark.parametrize(
    ("live", "why"),
    [
        ([live_tag(7, "New", color="red1")], 'its color is "red1" now, not "blue1"'),
        ([live_tag(7, "New", color="blue1", company_id="COM1")], "its company is"),
        ([live_tag(8, "New", color="blue1")], "its tag (id 7) is gone"),
        ([live_tag(7, "New", color="blue1"), live_tag(8, "Old")], "another tag has the new name"),
    ],
)
def test_what_has_moved_on_is_left_alone(live: list[LiveTag], why: str) -> None:
    found = back(done(RENAME), *live)
    assert (found.changes, codes(found)) == ((), [LEFT_ALONE])
    assert why in found.warnings[0].message


def test_what_is_as_before_already_is_counted() -> None:
    found = back(done(RENAME), live_tag(7, "Old"))
    assert found == Inverse(changes=(), as_before=1, warnings=())


@pytest.mark.parametrize("color", ["orange3", None])
def test_a_created_tag_is_disabled_whatever_color_the_server_chose(color: str | None) -> None:
    made = live_tag(9, "Schedule requested", color="orange3")
    found = back(done(create(color=color), tag_id=9), made)
    (change,) = found.changes
    assert (change.before, change.after) == (made, replace(made.tag, status=Status.DISABLED))


def test_a_create_of_unknown_id_is_named() -> None:
    assert codes(back(done(create(), result=Result.UNKNOWN))) == [NOT_UNDONE]


def test_a_delete_is_named_unless_its_tag_is_live() -> None:
    assert codes(back(done(delete(tag_id=7)))) == [NOT_UNDONE]
    assert codes(back(done(delete(tag_id=7)), live_tag(7, "Old campaign"))) == []


def test_a_color_that_nobody_knows_is_named() -> None:
    change = update(Tag("Old", None), NEW, tag_id=7)
    found = back(done(change), live_tag(7, "New", color="blue1"))
    assert ([one.fields for one in found.changes], codes(found)) == ([("name",)], [NOT_UNDONE])


@pytest.mark.parametrize(
    "result", [Result.SKIPPED, Result.HELD_BACK, Result.FAILED, Result.NOT_TRIED]
)
def test_what_this_apply_did_not_do_is_not_undone(result: Result) -> None:
    found = back(done(RENAME, result=result), live_tag(7, "New", color="blue1"))
    assert found == Inverse(changes=(), as_before=0, warnings=())


def merge(**rest: Any) -> Any:
    """``Oppty`` was given up for ``Opportunity``."""
    values = {"before": live_tag(7, "Oppty"), "into": live_tag(8, "Opportunity"), **rest}
    values = {"place": place(), "trash_name": TRASHED.name, **values}
    return Merge(**{"after": values["into"].tag, **values})


TRASHED = live_tag(7, "~trash 2026-11-25 Oppty", status=Status.DISABLED)


@pytest.mark.parametrize("result", [Result.DONE, Result.NOT_TRIED, Result.FAILED])
def test_a_merge_gives_the_tag_back_and_takes_nothing_off(result: Result) -> None:
    found = back(done(merge(), result=result), TRASHED, live_tag(8, "Opportunity"))
    assert [(one.before, one.after) for one in found.changes] == [(TRASHED, Tag("Oppty", "gray1"))]
    assert codes(found) == [NOT_UNDONE]
    assert 'merged into "Opportunity": what got that tag keeps it' in found.warnings[0].message


def test_a_merge_that_was_not_begun_is_not_undone() -> None:
    found = back(done(merge(), result=Result.NOT_TRIED), live_tag(7, "Oppty"), live_tag(8))
    assert found == Inverse(changes=(), as_before=0, warnings=())


def test_a_name_that_the_other_tag_took_over_is_given_back_first() -> None:
    into, after = live_tag(8, "Oppty"), Tag("Opportunity", "blue1")
    given_up = live_tag(7, "Opportunity")
    outcome = done(merge(before=given_up, into=into, after=after))
    found = back(outcome, TRASHED, live_tag(8, "Opportunity", color="blue1"))
    assert [(one.before.id, one.after) for one in found.changes] == [(8, into.tag)]
    assert codes(found) == [NOT_UNDONE, LEFT_ALONE]
    assert "undo the same report once more" in str(found.warnings[1].hint)
    again = back(outcome, TRASHED, into)
    assert [(one.before.id, one.after) for one in again.changes] == [(7, given_up.tag)]
    assert again.as_before == 1


def test_a_promoted_tag_is_read_and_put_back_where_it_is() -> None:
    outcome = done(
        merge(
            before=live_tag(7, "Spam", company_id=NORTH.company_id),
            into=live_tag(8, "Spam!"),
            after=Tag("Spam", "gray1"),
            place=NORTH,
        )
    )
    assert places_of([outcome]) == {NORTH.company_id, None}
    trashed = TRASHED._replace(company_id=NORTH.company_id)
    found = back(outcome, trashed, live_tag(8, "Spam"))
    assert {one.after.name: one.place for one in found.changes} == {"Spam": NORTH, "Spam!": place()}
    assert """merged into the account's "Spam": what got that tag""" in found.warnings[0].message


@given(st.data())
def test_whatever_a_report_holds_it_reaches_no_tag_but_those_that_are_as_it_has_them(
    data: st.DataObject,
) -> None:
    applied = [data.draw(changes(ACME, at)) for at in range(1, 4)]
    results = [data.draw(st.sampled_from(Result)) for _ in applied]
    outcomes = [
        Outcome(change=one, result=result, tag_id=data.draw(st.integers(1, 6)))
        for one, result in zip(applied, results, strict=True)
    ]
    live: list[LiveTag] = []
    for outcome in outcomes:
        after = (
            outcome.change.before if isinstance(outcome.change, Delete) else outcome.change.after
        )
        tag_id = outcome.tag_id if isinstance(outcome.change, Create) else outcome.change.tag_id
        where = outcome.change.place.company_id
        if data.draw(st.booleans()) and tag_id not in {tag.id for tag in live}:
            live.append(LiveTag(tag_id or 1, after.name, after.color, after.status, where))
    found = inverse(outcomes, Listing(tags=tuple(live)))
    assert len({change.tag_id for change in found.changes}) == len(found.changes)
    for change in found.changes:
        assert isinstance(change, Update)
        assert change.before in live
        assert change.place in {one.place for one in applied}


def test_company_and_level_are_part_of_it() -> None:
    change = update(OLD, NEW, tag_id=7, place=place("Dental North"))
    assert back(done(change), live_tag(7, "New", color="blue1")).changes == ()
