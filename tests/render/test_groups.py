"""A plan's changes by place and by tag: none is left out, what reads the same is reported once."""

from __future__ import annotations

import pytest
from hypothesis import given

from reconciler.model.change import Change, Count, Loss, Reason
from reconciler.model.group_by import GroupBy
from reconciler.model.plan import AccountUse, Plan
from reconciler.model.problem import Source
from reconciler.model.tag import Status, Tag
from reconciler.render import groups, html, markdown, text
from tests.builders import ACME, company, create, delete, place, plan, update
from tests.document.strategies import plans
from tests.render.hostile import assert_safe_page

BLOCK = Source("reconciler.yaml", 7)
CITIES = tuple(f"Dental {number:02}" for number in range(30))
TRASHED = update(
    Tag("Old campaign", "gray1"),
    Tag("~trash 2026-11-25 Old campaign", "gray1", Status.DISABLED),
    place=place(CITIES[0]),
    reason=Reason.TRASH,
    loss=Loss(calls=Count(41)),
)


def creates(names: tuple[str, ...] = CITIES, **rest: object) -> list[Change]:
    return [create("Implant", "blue1", place=place(one), source=BLOCK, **rest) for one in names]


def planned(*changes: Change) -> Plan:
    use = AccountUse(account=ACME, companies=tuple(map(company, CITIES)))
    return plan(*changes, accounts=(use,))


def rows(found: Plan, group_by: GroupBy = GroupBy.TAG) -> list[groups.ChangeRow]:
    return [row for group in groups.of(found, group_by) for row in group.rows]


@given(plans())
def test_whatever_the_grouping_every_change_is_reported(found: Plan) -> None:
    for group_by in GroupBy:
        assert sum(group.changes for group in groups.of(found, group_by)) == len(found.changes)
        parts = groups.sections(found, group_by)
        in_all = sum(group.changes for part in parts for group in part.groups)
        assert in_all == len(found.changes)


@pytest.mark.parametrize(("places", "group_by"), [(3, GroupBy.PLACE), (4, GroupBy.TAG)])
def test_a_block_that_changes_more_than_three_places_is_read_by_tag(
    places: int, group_by: GroupBy
) -> None:
    assert groups.default(planned(*creates(CITIES[:places]))) is group_by


@pytest.mark.parametrize(
    ("names", "where", "listed"),
    [
        (CITIES, "all 30 companies", ""),
        (CITIES[2:], "all 30 companies but Dental 00 and Dental 01", ""),
        (CITIES[:3], "3 companies", "Dental 00, Dental 01, Dental 02"),
        (CITIES[:1], "Dental 00", ""),
    ],
)
def test_a_row_describes_in_words_where_it_is(
    names: tuple[str, ...], where: str, listed: str
) -> None:
    (row,) = rows(planned(*creates(names)))
    assert (row.subject, row.listed, len(row.places)) == (where, listed, len(names))


def test_companies_that_nobody_read_are_never_called_all() -> None:
    (row,) = rows(plan(*creates()))
    assert row.subject == "30 companies"
    assert row.listed == ", ".join(CITIES)


def test_what_deviates_what_can_be_lost_and_what_is_blocked_has_a_row_of_its_own() -> None:
    found = planned(
        *creates(CITIES[:10]),
        *creates(CITIES[10:12], blocked_by="protect"),
        create("Implant", "red1", place=place(CITIES[12])),
        *(
            delete("Implant", tag_id=at, place=place(CITIES[at]), loss=Loss(calls=Count(1)))
            for at in (20, 21)
        ),
    )
    assert [len(row.places) for row in rows(found)] == [10, 1, 1, 1, 1, 1]


def test_what_goes_stands_last_in_text_and_once_more_in_its_end() -> None:
    found = planned(*creates(), TRASHED, delete("Never used", tag_id=9, loss=Loss()))
    shown = text.plan(found)
    order = ["+ create  all 30 companies   blue1", "To the trash:", "41 calls keep it", "Deletes:"]
    order += ["Plan: 30 to create", "To the trash: Old campaign in acme · Dental 00."]
    order += ["Deletes: Never used in acme · account."]
    assert [shown.find(one) for one in order] == sorted(shown.find(one) for one in order)
    assert -1 not in map(shown.find, order)


def test_what_goes_stands_first_in_comment_and_page() -> None:
    found = planned(*creates(), TRASHED)
    for shown in (markdown.plan(found), html.plan(found)):
        assert -1 < shown.find("Old campaign in acme · Dental 00") < shown.find("all 30 companies")
        assert shown.find("41 calls keep it") < shown.find("all 30 companies")


@pytest.mark.parametrize("group_by", GroupBy)
def test_a_page_lists_every_company(group_by: GroupBy) -> None:
    found = planned(*creates(CITIES[:20]))
    for shown in (assert_safe_page(html.plan(found, group_by=group_by)), markdown.plan(found)):
        assert all(one in shown.replace("\n# ", " ") for one in CITIES[:20])


def test_hundreds_of_places_are_a_few_lines() -> None:
    many = tuple(f"Company {number:03}" for number in range(400))
    use = AccountUse(account=ACME, companies=tuple(map(company, many)))
    most = [create("Crown", "red1", place=place(one), source=BLOCK) for one in many[2:]]
    found = plan(*creates(many), *most, accounts=(use,))
    shown = text.plan(found)
    assert "+ create  all 400 companies" in shown
    assert "+ create  all 400 companies but Company 000 and Company 001" in shown
    assert len(shown.splitlines()) < 15
    assert len(markdown.plan(found).encode()) < 2_000


def test_four_times_the_places_take_four_times_the_text() -> None:
    def size(companies: int) -> int:
        many = tuple(f"Company {number:04}" for number in range(companies))
        return len(markdown.plan(plan(*creates(many)), limit=10**9))

    assert size(2_000) <= 4.5 * size(500)


def test_what_no_api_shows_is_reported_once_where_tags_leave_use() -> None:
    for shown in (text.plan(planned(TRASHED)), markdown.plan(planned(TRASHED))):
        assert shown.count("automation rules") == 1
    with_delete = text.plan(planned(TRASHED, delete(tag_id=9, loss=Loss())))
    assert with_delete.count("automation rules") == 1
    assert "automation rules" not in text.plan(planned(*creates()))
