"""A former name passes its calls on, and is never lost by guessing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.model.change import Action, Reason
from reconciler.model.state import State, Unmanaged
from reconciler.model.tag import Status, Tag
from reconciler.planning import draft
from tests.builders import company, live_tag
from tests.config.writing import HEAD, loaded
from tests.wishes import declare, desired, live

if TYPE_CHECKING:
    from pathlib import Path

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


LOOK_ALIKES = (
    "opportunity", "Opportunity ", "Oportunity", "Оpportunity", '"Opportunity"', "Opportunity\n",
    "opportunity\\", "Opportunity: #", "\u202eOpportunity", "Opportunity\x07", "[Opportunity]",
    "::Opportunity",
)  # fmt: skip


@pytest.mark.parametrize("former", LOOK_ALIKES)
def test_the_line_that_is_printed_for_a_look_alike_makes_the_create_a_rename(
    tmp_path: Path, former: str
) -> None:
    tags = live(live_tag(1, former))
    (warning,) = draft(desired(declare("Opportunity")), tags).warnings
    assert warning.code == "PLAN004"
    line = str(warning.hint).splitlines()[1]
    pasted = f"{HEAD}tags:\n  - name: Opportunity\n    {line}\n"
    (wish,) = loaded(tmp_path, pasted).resolve({}).accounts
    (change,) = draft(wish, tags).changes
    assert (change.tag_id, change.fields) == (1, ("name",))


def test_the_line_to_paste_holds_all_look_alikes_and_the_former_names_already_there() -> None:
    places = [company("North"), company("South")]
    wish = declare("Opportunity", renamed_from=("Oppty",))
    tags = [live_tag(1, "opportunity", company_id=places[0].id)]
    tags += [live_tag(2, "OPPORTUNITY", company_id=places[1].id)]
    drafted = draft(desired(companies=[(one, (wish,)) for one in places]), live(*tags))
    (warning,) = drafted.warnings
    assert 'renamed_from: ["Oppty", "OPPORTUNITY", "opportunity"]' in (warning.hint or "")
    assert "instead of its own" in (warning.hint or "")


def test_a_look_alike_that_unmanaged_deletes_is_said_to_lose_its_calls() -> None:
    wish = desired(declare("Opportunity"), unmanaged=Unmanaged.DELETE)
    (warning,) = draft(wish, live(live_tag(1, "opportunity"))).warnings
    assert "will be deleted with all its calls" in warning.message


def test_the_line_to_paste_keeps_the_former_names_that_are_there() -> None:
    wish = desired(declare("Opportunity", renamed_from=("Oppty",)))
    (warning,) = draft(wish, live(live_tag(1, "opportunity"))).warnings
    assert 'renamed_from: ["Oppty", "opportunity"]' in (warning.hint or "")


def test_a_create_beside_a_deleted_look_alike_is_told_too() -> None:
    gone = declare("opportunity", state=State.ABSENT, note="Typo.")
    drafted = draft(desired(declare("Opportunity"), gone), live(live_tag(1, "opportunity")))
    (warning,) = (one for one in drafted.warnings if one.code == "PLAN004")
    assert "will be deleted with all its calls" in warning.message
    assert 'delete the block that declares "opportunity" absent' in (warning.hint or "")


def test_unlike_names_draw_no_warning() -> None:
    drafted = draft(desired(declare("Quote")), live(live_tag(1, "Implant")))
    assert drafted.warnings == ()


def test_a_move_says_that_the_calls_stay_behind() -> None:
    gone = declare("A", state=State.ABSENT, note="Moved up.")
    north = company()
    wish = desired(declare("A"), companies=[(north, (gone,))])
    drafted = draft(wish, live(live_tag(1, "A", company_id=north.id)))
    assert "PLAN005" in [warning.code for warning in drafted.warnings]
