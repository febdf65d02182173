"""What lives elsewhere in an account under a declared or a former name is told, once a tag."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from reconciler.model.state import State, Unmanaged
from reconciler.model.tag import Status
from reconciler.planning import Draft, Narrowing
from tests.builders import company, live_tag
from tests.expectations import declare, desired, draft, live

if TYPE_CHECKING:
    from reconciler.model.problem import Problem
    from reconciler.model.state import Declaration, DesiredAccount

PLACES = [company(f"Dental {number}") for number in range(5)]
NORTH, SOUTH = PLACES[:2]
GONE: dict[str, Any] = {"state": State.ABSENT, "note": "Over."}


def in_companies(*blocks: Declaration, **policy: Any) -> DesiredAccount:
    return desired(companies=[(one, blocks) for one in PLACES], **policy)


def everywhere(name: str, first: int = 100) -> list[Any]:
    return [live_tag(first + n, name, company_id=one.id) for n, one in enumerate(PLACES)]


def the_warning(drafted: Draft) -> Problem:
    (warning,) = drafted.warnings
    return warning


def test_a_name_of_companies_that_is_live_on_account_level_is_one_warning_with_counts() -> None:
    drafted = draft(in_companies(declare("Follow up")), live(live_tag(1, "Follow up")))
    warning = the_warning(drafted)
    assert warning.code == "PLAN007"
    assert (
        '"Follow up" is declared in 5 companies and is live on account level too' in warning.message
    )
    assert "`state: disabled`" in (warning.hint or "")


def test_a_name_of_account_level_that_is_live_in_companies_is_one_warning_with_counts() -> None:
    tags = live(live_tag(1, "Follow up"), *everywhere("Follow up"), companies=PLACES)
    warning = the_warning(draft(desired(declare("Follow up")), tags))
    assert warning.code == "PLAN007"
    assert (
        "declared on account level and is live in 5 companies too (acme · Dental 0, "
        in warning.message
    )
    assert "and 2 more" in warning.message


def test_absent_in_companies_while_account_level_lives_on_reports_it() -> None:
    wanted = in_companies(declare("Follow up", **GONE))
    tags = live(live_tag(1, "Follow up"), *everywhere("Follow up"))
    warning = the_warning(draft(wanted, tags))
    assert "declared absent in 5 companies and stays live on account level" in warning.message


def test_absent_on_account_level_while_companies_live_on_reports_it() -> None:
    tags = live(live_tag(1, "Follow up"), *everywhere("Follow up"), companies=PLACES)
    warning = the_warning(draft(desired(declare("Follow up", **GONE)), tags))
    assert "declared absent on account level and stays live in 5 companies" in warning.message


def test_what_is_declared_on_the_other_level_is_meant_and_quiet() -> None:
    block, other = declare("Follow up"), declare("Follow up", state=State.DISABLED)
    wanted = desired(other, companies=[(one, (block,)) for one in PLACES])
    assert draft(wanted, live(live_tag(1, "Follow up"), *everywhere("Follow up"))).warnings == ()


def test_disabling_the_other_one_is_a_way_to_be_done() -> None:
    off = live_tag(1, "Follow up", status=Status.DISABLED)
    assert draft(in_companies(declare("Follow up")), live(off)).warnings == ()


def test_what_this_very_plan_deletes_is_not_warned_of() -> None:
    top, block = declare("Other"), declare("Follow up")
    wanted = desired(top, companies=[(one, (block,)) for one in PLACES], unmanaged=Unmanaged.DELETE)
    tags = live(live_tag(1, "Follow up"), live_tag(2, "Other"), *everywhere("Follow up"))
    assert draft(wanted, tags).warnings == ()


def test_ignored_tags_are_others_and_quiet() -> None:
    wanted = in_companies(declare("Follow up", renamed_from=("Fu",)), ignore=("F*",))
    tags = live(live_tag(1, "Follow up"), live_tag(2, "Fu"))
    assert draft(wanted, tags).warnings == ()


def test_a_former_name_that_is_live_in_another_place_is_still_written_by_something() -> None:
    wanted = desired(companies=[(NORTH, (declare("Follow up", renamed_from=("Fu", "FU!")),))])
    tags = live(
        live_tag(1, "Follow up", company_id=NORTH.id),
        live_tag(2, "Fu", company_id=SOUTH.id),
        live_tag(3, "FU!"),
        companies=PLACES,
    )
    warning = the_warning(draft(wanted, tags))
    assert warning.code == "PLAN008"
    assert (
        'the former names "Fu", "FU!" of "Follow up" are live in 2 other places' in warning.message
    )
    assert "Something still writes it there" in (warning.hint or "")


@pytest.mark.parametrize("former", [{"renamed_from": ("Fu",)}, {}])
def test_a_former_name_that_is_declared_or_listed_where_it_lives_is_quiet(
    former: dict[str, Any],
) -> None:
    there = declare("Follow up 2" if former else "Fu", **former)
    here = declare("Follow up", renamed_from=("Fu",))
    wanted = desired(companies=[(NORTH, (here,)), (SOUTH, (there,))])
    tags = live(
        live_tag(1, "Follow up", company_id=NORTH.id), live_tag(2, "Fu", company_id=SOUTH.id)
    )
    assert draft(wanted, tags).warnings == ()


def test_a_narrowed_run_warns_of_what_it_covers_only() -> None:
    wanted = in_companies(declare("Follow up", renamed_from=("Fu",)))
    tags = live(live_tag(1, "Follow up"), live_tag(2, "Fu"), *everywhere("Follow up"))
    assert [one.code for one in draft(wanted, tags).warnings] == ["PLAN007", "PLAN008"]
    assert draft(wanted, tags, Narrowing(companies=("Dental 0",))).warnings == ()
    assert draft(wanted, tags, Narrowing(tags=("Other",))).warnings == ()


@pytest.mark.parametrize("created", ["Follow up", "Follow Up", "follow-up"])
def test_a_delete_here_and_a_create_of_its_look_alike_there_is_one_warning(created: str) -> None:
    gone = declare("Follow up", **GONE)
    wanted = desired(declare(created), companies=[(one, (gone,)) for one in PLACES], trash=None)
    warning = the_warning(draft(wanted, live(*everywhere("Follow up"), companies=PLACES)))
    assert warning.code == "PLAN005"
    assert f'"{created}" is created in acme · account and ' in warning.message
    assert "deleted in acme · Dental 0; its calls do not move with it" in warning.message
    assert ('its look-alike "Follow up"' in warning.message) == (created != "Follow up")
