"""What becomes of declared and undeclared tags."""

from __future__ import annotations

from reconciler.model.change import Create, Delete, Reason, Update
from reconciler.model.state import State, Unmanaged
from reconciler.model.tag import Status, Tag
from reconciler.planning import Narrowing
from tests.builders import company, live_tag, only
from tests.expectations import declare, desired, draft, live

NORTH, SOUTH = company("Dental North"), company("Dental South")


def test_a_declared_tag_that_is_not_live_is_created() -> None:
    change = only(draft(desired(declare("New", color="blue1")), live()), Create)
    assert change.after == Tag("New", "blue1")


def test_a_create_without_colour_leaves_the_choice_to_the_server() -> None:
    change = only(draft(desired(declare("New")), live()), Create)
    assert change.after == Tag("New", None)


def test_a_live_tag_as_declared_is_unchanged() -> None:
    drafted = draft(desired(declare("Opportunity", color="gray1")), live(live_tag()))
    assert (drafted.changes, drafted.unchanged) == ((), 1)


def test_an_undeclared_colour_is_not_managed() -> None:
    assert draft(desired(declare("Opportunity")), live(live_tag(color="red1"))).changes == ()


def test_another_colour_is_one_update_of_that_field() -> None:
    change = only(draft(desired(declare(color="blue1")), live(live_tag(7))), Update)
    assert (change.tag_id, change.fields, change.reason) == (7, ("color",), Reason.DECLARED)


def test_a_disabled_live_tag_is_enabled_again() -> None:
    change = only(draft(desired(declare()), live(live_tag(status=Status.DISABLED))), Update)
    assert (change.fields, change.reason) == (("status",), Reason.STATE)
    assert change.after.status is Status.ENABLED


def test_disabled_disables_what_is_live() -> None:
    change = only(draft(desired(declare(state=State.DISABLED)), live(live_tag())), Update)
    assert change.reason is Reason.STATE


def test_disabled_asks_for_nothing_where_nothing_is_live() -> None:
    assert draft(desired(declare(state=State.DISABLED)), live()).changes == ()


def test_absent_deletes_what_is_live_with_its_note() -> None:
    wanted = declare(state=State.ABSENT, note="Over.")
    change = only(draft(desired(wanted, trash=None), live(live_tag())), Delete)
    assert (change.reason, change.note) == (Reason.STATE, "Over.")


def test_absent_deletes_every_live_tag_of_the_name() -> None:
    wanted = declare(state=State.ABSENT, note="Over.")
    drafted = draft(desired(wanted), live(live_tag(2), live_tag(1)))
    assert [change.tag_id for change in drafted.changes] == [1, 2]
    assert drafted.warnings == (), "none of them is left alone"


def test_absent_asks_for_nothing_where_nothing_is_live() -> None:
    assert draft(desired(declare(state=State.ABSENT, note="Over.")), live()).changes == ()


def test_of_duplicates_the_oldest_is_compared_and_the_others_left_alone() -> None:
    tags = live(live_tag(2, color="red1"), live_tag(1, color="blue1"))
    drafted = draft(desired(declare(color="blue1"), unmanaged=Unmanaged.DELETE), tags)
    assert drafted.changes == ()
    assert [warning.code for warning in drafted.warnings] == ["PLAN003"]


def test_unmanaged_tags_are_kept_and_counted_by_default() -> None:
    drafted = draft(desired(declare()), live(live_tag(), live_tag(2, "Other")))
    assert drafted.changes == ()
    assert [one.tag.name for one in drafted.unmanaged] == ["Other"]


def test_unmanaged_delete_deletes_in_covered_places() -> None:
    wanted = desired(declare(), unmanaged=Unmanaged.DELETE, trash=None)
    change = only(draft(wanted, live(live_tag(), live_tag(2, "Other"))), Delete)
    assert (change.reason, change.source) == (Reason.UNMANAGED, None)


def test_unmanaged_disable_disables_only_what_is_enabled() -> None:
    other, gone = live_tag(2, "Other"), live_tag(3, "Gone", status=Status.DISABLED)
    wanted = desired(declare(), unmanaged=Unmanaged.DISABLE)
    change = only(draft(wanted, live(live_tag(), other, gone)), Update)
    assert (change.name, change.fields) == ("Other", ("status",))


def test_places_without_a_declaration_are_never_touched() -> None:
    wanted = desired(companies=[(NORTH, (declare(),))], unmanaged=Unmanaged.DELETE)
    tags = live(live_tag(1, company_id=NORTH.id), live_tag(2, company_id=SOUTH.id), live_tag(3))
    assert draft(wanted, tags).changes == ()


def test_ignored_tags_are_neither_counted_nor_touched() -> None:
    wanted = desired(declare(), unmanaged=Unmanaged.DELETE, ignore=("crm-*",))
    drafted = draft(wanted, live(live_tag(), live_tag(2, "crm-17")))
    assert (drafted.changes, drafted.unmanaged, drafted.live) == ((), (), 1)


def test_narrowing_by_company_leaves_out_all_other_places() -> None:
    wanted = desired(declare("Top"), companies=[(NORTH, (declare("A"),)), (SOUTH, (declare("A"),))])
    drafted = draft(wanted, live(), Narrowing(companies=("* North",)))
    assert only(drafted, Create).place.company == NORTH


def test_narrowing_by_tag_can_not_delete_what_it_leaves_out() -> None:
    wanted = desired(declare("A"), unmanaged=Unmanaged.DELETE)
    tags = live(live_tag(1, "A1"), live_tag(2, "B"))
    assert [one.name for one in draft(wanted, tags, Narrowing(tags=("A*",))).changes] == ["A", "A1"]


def test_narrowing_by_tag_keeps_a_rename_whole() -> None:
    wanted = desired(declare("Opportunity", renamed_from=("Oppty",)), unmanaged=Unmanaged.DELETE)
    for name in ("Oppty", "Opportunity"):
        drafted = draft(wanted, live(live_tag(1, "Oppty")), Narrowing(tags=(name,)))
        assert only(drafted, Update).fields == ("name",)


def test_tags_left_unread_count_as_live_and_undeclared() -> None:
    drafted = draft(desired(declare()), live(live_tag(), unread=40))
    assert (drafted.live, drafted.unread) == (41, 40)


def test_a_company_with_a_namesake_is_known_by_its_id_too() -> None:
    namesake = company("Dental North", id="COM2")
    wanted = desired(companies=[(one, (declare(),)) for one in (NORTH, namesake)])
    places = [change.place for change in draft(wanted, live()).changes]
    assert [str(place) for place in places] == [
        f"acme · Dental North ({NORTH.id})",
        "acme · Dental North (COM2)",
    ]
