"""A former name passes its calls on, and is never lost by guessing."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import pytest

from reconciler.model.change import Action, Reason, Update
from reconciler.model.state import State, Unmanaged
from reconciler.model.tag import Status, Tag
from tests.builders import company, live_tag, only
from tests.config.writing import HEAD, loaded
from tests.expectations import declare, desired, draft, live

if TYPE_CHECKING:
    from pathlib import Path

RENAMED = declare("Opportunity", renamed_from=("Oppty", "opportunity"), color="blue1")


def test_a_former_name_is_taken_over_together_with_a_recolour_in_one_update() -> None:
    change = only(draft(desired(RENAMED), live(live_tag(9, "Oppty"))), Update)
    assert change.tag_id == 9
    assert (change.fields, change.reason) == (("name", "color"), Reason.RENAMED_FROM)
    assert change.after == Tag("Opportunity", "blue1")


def test_a_rename_can_disable_in_the_same_update() -> None:
    wanted = declare("New", renamed_from=("Old",), state=State.DISABLED)
    change = only(draft(desired(wanted), live(live_tag(1, "Old"))), Update)
    assert change.after == Tag("New", "gray1", Status.DISABLED)


@pytest.mark.parametrize("unmanaged", list(Unmanaged))
def test_both_live_leaves_the_former_alone_with_a_warning(unmanaged: Unmanaged) -> None:
    tags = live(live_tag(1, "Opportunity", color="blue1"), live_tag(2, "Oppty"))
    drafted = draft(desired(RENAMED, unmanaged=unmanaged), tags)
    assert drafted.changes == ()
    (warning,) = drafted.warnings
    assert warning.code == "PLAN001"
    # Dropping the name would let the policy take the tag: that is no advice there.
    assert ("drop it from renamed_from" in (warning.hint or "")) == (unmanaged is Unmanaged.KEEP)


@pytest.mark.parametrize(
    ("order", "renamed"), [(("Oppty", "opportunity"), 5), (("opportunity", "Oppty"), 4)]
)
def test_of_several_former_names_the_first_written_is_renamed(
    order: tuple[str, str], renamed: int
) -> None:
    wanted = declare("Opportunity", renamed_from=order)
    tags = live(live_tag(5, "Oppty"), live_tag(4, "opportunity"))
    drafted = draft(desired(wanted, unmanaged=Unmanaged.DELETE), tags)
    assert [change.tag_id for change in drafted.changes] == [renamed]
    (warning,) = drafted.warnings
    assert warning.code == "PLAN002"
    assert f'"{order[0]}", the first former name as written' in warning.message
    assert f'"{order[1]}" is left alone' in warning.message


def test_duplicates_of_a_former_name_pass_on_the_oldest_and_keep_the_rest() -> None:
    tags = live(live_tag(5, "Oppty"), live_tag(4, "Oppty"))
    drafted = draft(desired(RENAMED, unmanaged=Unmanaged.DELETE), tags)
    assert [(change.action, change.tag_id) for change in drafted.changes] == [(Action.UPDATE, 4)]
    (warning,) = drafted.warnings
    assert warning.code == "PLAN003"
    assert '2 live tags are called "Oppty"; id 4, the oldest, is compared, 5' in warning.message


def test_a_done_rename_is_quiet() -> None:
    drafted = draft(desired(RENAMED), live(live_tag(1, "Opportunity", color="blue1")))
    assert (drafted.changes, drafted.warnings) == ((), ())


LOOK_ALIKES = (
    "Oportunity", "Оpportunity", '"Opportunity"', "opportunity\\", "Opportunity: #",
    "[Opportunity]", "::Opportunity",
)  # fmt: skip
STORED_AS = (
    "opportunity", "OPPORTUNITY", "Opportunity ", " Opportunity", "Opportunity\n",
    "\u202eOpportunity", "Opportunity\x07",
)  # fmt: skip


@pytest.mark.parametrize("former", [*LOOK_ALIKES, *STORED_AS])
def test_the_line_that_is_printed_for_a_look_alike_makes_it_a_rename(
    tmp_path: Path, former: str
) -> None:
    tags = live(live_tag(1, former))
    drafted = draft(desired(declare("Opportunity")), tags)
    (warning,) = drafted.warnings
    held_back = former in STORED_AS
    assert warning.code == ("PLAN009" if held_back else "PLAN004")
    assert [change.action for change in drafted.changes] == [Action.CREATE] * (not held_back)
    line = str(warning.hint).splitlines()[1]
    pasted = f"{HEAD}tags:\n  - name: Opportunity\n    {line}\n"
    (wanted,) = loaded(tmp_path, pasted).resolve({}).accounts
    change = only(draft(wanted, tags), Update)
    assert (change.tag_id, change.fields) == (1, ("name",))


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("Quote  sent", "Quote sent"),
        ("Quote sent", "quote sent"),
        ("Caf\u00e9", "Cafe\u0301"),
        ("Half\uff37idth", "HalfWidth"),
        ("x" * 300, "x" * 255),
    ],
)
@pytest.mark.parametrize("unmanaged", list(Unmanaged))
def test_what_a_server_tidied_is_neither_made_again_nor_lost(
    written: str, stored: str, unmanaged: Unmanaged
) -> None:
    """One create makes one tag, in however many runs: the name that was stored is the name."""
    drafted = draft(desired(declare(written), unmanaged=unmanaged), live(live_tag(1, stored)))
    assert drafted.changes == ()
    assert [warning.code for warning in drafted.warnings] == ["PLAN009"]
    declarable = unicodedata.is_normalized("NFC", stored)
    assert (f'name: "{stored}"' in (drafted.warnings[0].hint or "")) == declarable


def test_a_short_name_is_not_what_is_left_of_a_longer_one() -> None:
    drafted = draft(desired(declare("Quote sent twice")), live(live_tag(1, "Quote")))
    assert [change.action for change in drafted.changes] == [Action.CREATE]


def test_two_spellings_that_are_both_declared_are_two_tags() -> None:
    both = desired(declare("VIP"), declare("vip"), unmanaged=Unmanaged.DELETE)
    drafted = draft(both, live(live_tag(1, "vip")))
    assert [(change.action, change.name) for change in drafted.changes] == [(Action.CREATE, "VIP")]


def test_the_line_to_paste_holds_all_look_alikes_and_the_former_names_already_there() -> None:
    places = [company("North"), company("South")]
    wanted = declare("Opportunity", renamed_from=("Oppty",))
    tags = [live_tag(1, "Oportunity", company_id=places[0].id)]
    tags += [live_tag(2, "Opportunity!", company_id=places[1].id)]
    drafted = draft(desired(companies=[(one, (wanted,)) for one in places]), live(*tags))
    (warning,) = drafted.warnings
    assert 'renamed_from: ["Oppty", "Oportunity", "Opportunity!"]' in (warning.hint or "")
    assert "instead of its own" in (warning.hint or "")


@pytest.mark.parametrize("unmanaged", [Unmanaged.DISABLE, Unmanaged.DELETE])
def test_a_look_alike_of_a_created_tag_is_kept_until_it_is_declared_which_is_meant(
    unmanaged: Unmanaged,
) -> None:
    wanted = desired(declare("Opportunity"), unmanaged=unmanaged)
    drafted = draft(wanted, live(live_tag(1, "Oportunity")))
    assert [change.action for change in drafted.changes] == [Action.CREATE]
    (warning,) = drafted.warnings
    assert warning.code == "PLAN004"
    assert f"left alone although `unmanaged: {unmanaged.value}`" in warning.message
    created = live(live_tag(1, "Oportunity"), live_tag(2))
    again = draft(wanted, created)
    assert again.changes == ()
    assert ["is younger than" in one.message for one in again.warnings] == [True]
    absent = declare("Oportunity", state=State.ABSENT, note="Typo.")
    shown = draft(desired(declare("Opportunity"), absent, unmanaged=unmanaged, trash=None), created)
    assert [(change.action, change.tag_id) for change in shown.changes] == [(Action.DELETE, 1)]


def test_a_look_alike_that_is_younger_is_drift_and_unmanaged_deletes_it() -> None:
    wanted = desired(declare("Opportunity"), unmanaged=Unmanaged.DELETE, trash=None)
    drafted = draft(wanted, live(live_tag(1), live_tag(2, "Oportunity")))
    assert [(change.action, change.tag_id) for change in drafted.changes] == [(Action.DELETE, 2)]
    assert drafted.warnings == ()


def test_a_create_beside_a_deleted_look_alike_is_reported_too() -> None:
    gone = declare("opportunity", state=State.ABSENT, note="Typo.")
    drafted = draft(desired(declare("Opportunity"), gone), live(live_tag(1, "opportunity")))
    (warning,) = (one for one in drafted.warnings if one.code == "PLAN004")
    assert "which is declared absent" in warning.message
    assert 'delete the block that declares "opportunity" absent' in (warning.hint or "")


def test_unlike_names_draw_no_warning() -> None:
    drafted = draft(desired(declare("Quote")), live(live_tag(1, "Implant")))
    assert drafted.warnings == ()


def test_a_move_reports_that_the_calls_stay_behind() -> None:
    gone = declare("A", state=State.ABSENT, note="Moved up.")
    north = company()
    wanted = desired(declare("A"), companies=[(north, (gone,))])
    drafted = draft(wanted, live(live_tag(1, "A", company_id=north.id)))
    assert "PLAN005" in [warning.code for warning in drafted.warnings]
