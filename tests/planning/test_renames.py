"""A former name passes its calls on, and is never lost by guessing."""

from __future__ import annotations

import pytest

from reconciler.model.change import Action, Reason
from reconciler.model.state import State, Unmanaged
from reconciler.model.tag import Status, Tag
from reconciler.planning import draft
from tests.builders import company, live_tag
from tests.wishes import declare, desired, live

RENAMED = declare("Opportunity", renamed_from=("Oppty", "opportunity"), color="blue1")


def test_a_former_name_is_taken_over_together_with_a_recolour_in_one_update() -> None:
    (change,) = draft(desired(RENAMED), live(live_tag(9, "Oppty"))).changes
    assert (change.action, change.tag_id) == (Action.UPDATE, 9)
    assert (change.fields, change.reason) == (("name", "color"), Reason.RENAMED_FROM)
    assert change.after == Tag("Opportunity", "blue1")


def test_a_rename_can_disable_in_the_same_update() -> None:
    wish = declare("New", renamed_from=("Old",), state=State.DISABLED)
    (change,) = draft(desired(wish), live(live_tag(1, "Old"))).changes
    assert change.after == Tag("New", "gray1", Status.DISABLED)


@pytest.mark.parametrize("unmanaged", list(Unmanaged))
def test_both_live_leaves_the_former_alone_with_a_warning(unmanaged: Unmanaged) -> None:
    tags = live(live_tag(1, "Opportunity", color="blue1"), live_tag(2, "Oppty"))
    drafted = draft(desired(RENAMED, unmanaged=unmanaged), tags)
    assert drafted.changes == ()
    assert [warning.code for warning in drafted.warnings] == ["PLAN001"]


@pytest.mark.parametrize("order", [("Oppty", "opportunity"), ("opportunity", "Oppty")])
def test_of_several_former_names_the_oldest_tag_is_renamed(order: tuple[str, str]) -> None:
    wish = declare("Opportunity", renamed_from=order)
    tags = live(live_tag(5, "Oppty"), live_tag(4, "opportunity"))
    drafted = draft(desired(wish, unmanaged=Unmanaged.DELETE), tags)
    assert [change.tag_id for change in drafted.changes] == [4]
    assert [warning.code for warning in drafted.warnings] == ["PLAN002"]


def test_duplicates_of_a_former_name_pass_on_the_oldest_and_keep_the_rest() -> None:
    tags = live(live_tag(5, "Oppty"), live_tag(4, "Oppty"))
    drafted = draft(desired(RENAMED, unmanaged=Unmanaged.DELETE), tags)
    assert [(change.action, change.tag_id) for change in drafted.changes] == [(Action.UPDATE, 4)]


def test_a_done_rename_is_quiet() -> None:
    drafted = draft(desired(RENAMED), live(live_tag(1, "Opportunity", color="blue1")))
    assert (drafted.changes, drafted.warnings) == ((), ())


@pytest.mark.parametrize("former", ["opportunity", "Opportunity ", "Oportunity", "Оpportunity"])
def test_a_create_beside_a_look_alike_prints_the_line_to_paste(former: str) -> None:
    drafted = draft(desired(declare("Opportunity")), live(live_tag(1, former)))
    (warning,) = drafted.warnings
    assert warning.code == "PLAN004"
    assert f'renamed_from: ["{former}"]' in (warning.hint or "")


def test_the_line_to_paste_keeps_the_former_names_that_are_there() -> None:
    wish = desired(declare("Opportunity", renamed_from=("Oppty",)))
    (warning,) = draft(wish, live(live_tag(1, "opportunity"))).warnings
    assert 'renamed_from: ["Oppty", "opportunity"]' in (warning.hint or "")


def test_a_create_beside_a_deleted_look_alike_is_told_too() -> None:
    gone = declare("opportunity", state=State.ABSENT, note="Typo.")
    drafted = draft(desired(declare("Opportunity"), gone), live(live_tag(1, "opportunity")))
    assert "PLAN004" in [warning.code for warning in drafted.warnings]


def test_unlike_names_draw_no_warning() -> None:
    drafted = draft(desired(declare("Quote")), live(live_tag(1, "Implant")))
    assert drafted.warnings == ()


def test_a_move_says_that_the_calls_stay_behind() -> None:
    gone = declare("A", state=State.ABSENT, note="Moved up.")
    north = company()
    wish = desired(declare("A"), companies=[(north, (gone,))])
    drafted = draft(wish, live(live_tag(1, "A", company_id=north.id)))
    assert "PLAN005" in [warning.code for warning in drafted.warnings]
