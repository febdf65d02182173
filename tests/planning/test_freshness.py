"""What live state says of a plan that was made earlier."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.model.tag import Status, Tag
from reconciler.planning.freshness import freshness
from tests.builders import create, delete, live_tag, update
from tests.test_growth import assert_linear

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.model.change import Change
    from reconciler.model.tag import LiveTag


def verdict(change: Change, *live: LiveTag) -> str:
    """``pending``, ``done`` or why it is stale."""
    found = freshness([change], live)
    if found.stale:
        return found.stale[0].why
    return "done" if found.done else "pending"


NEW = create("Follow  up", "red1")
LONG = "x" * 300


def test_a_create_whose_name_is_free_is_pending() -> None:
    assert verdict(NEW, live_tag(1, "Other")) == "pending"


@pytest.mark.parametrize("name", ["Follow  up", "Follow up", "follow up", "Follow\u00a0up "])
def test_a_create_that_an_earlier_run_made_is_done_however_it_was_stored(name: str) -> None:
    assert verdict(NEW, live_tag(1, name, color="red1")) == "done"


def test_a_create_whose_name_the_server_cut_is_done() -> None:
    assert verdict(create(LONG, None), live_tag(1, LONG[:255])) == "done"
    assert verdict(create(LONG, None), live_tag(1, LONG[:20])) == "pending"


@pytest.mark.parametrize("name", ["Follow  up", "Follow up"])
def test_a_name_that_has_appeared_and_is_not_as_planned_makes_it_stale(name: str) -> None:
    assert "has appeared (id 1)" in verdict(NEW, live_tag(1, name, color="blue1"))


def test_a_name_of_another_place_is_nothing_to_a_create() -> None:
    assert verdict(NEW, live_tag(1, "Follow up", color="red1", company_id="COM1")) == "pending"


RENAME = update(Tag("Oppty", "gray1"), Tag("Opportunity  2", "gray1"), tag_id=7)


@pytest.mark.parametrize(
    ("tag", "message"),
    [
        (live_tag(7, "Oppty"), "pending"),
        (live_tag(7, "Opportunity  2"), "done"),
        (live_tag(7, "Opportunity 2"), "done"),
        (
            live_tag(7, "Opportunity 2", color="red1"),
            'its name is "Opportunity 2" now, not "Oppty" and its color is "red1" now, not "gray1"',
        ),
        (live_tag(7, "Something else"), 'its name is "Something else" now, not "Oppty"'),
        (live_tag(8, "Oppty"), "its tag (id 7) is gone"),
    ],
)
def test_a_rename_is_known_by_its_id(tag: LiveTag, message: str) -> None:
    assert verdict(RENAME, tag).startswith(message)


def test_a_new_name_that_another_tag_has_makes_a_rename_stale() -> None:
    message = verdict(RENAME, live_tag(7, "Oppty"), live_tag(8, "Opportunity  2"))
    assert message == "another tag has the new name by now (id 8)"


def test_a_rename_that_only_tidies_is_pending_until_it_is_made() -> None:
    tidying = update(Tag("follow up", "gray1"), Tag("Follow up", "gray1"), tag_id=7)
    assert verdict(tidying, live_tag(7, "follow up")) == "pending"
    assert verdict(tidying, live_tag(7, "Follow up")) == "done"


def test_what_changed_beside_the_plan_makes_a_recolouring_stale() -> None:
    recolour = update(Tag("VIP", "gray1"), Tag("VIP", "red1"), tag_id=7)
    renamed = live_tag(7, "vip", color="red1")
    assert verdict(recolour, renamed) == (
        'its name is "vip" now, not "VIP" and its color is "red1" now, not "gray1"'
    )


def test_a_delete_is_done_once_its_id_is_gone_and_stale_once_it_differs() -> None:
    gone = delete("Old", tag_id=7)
    assert verdict(gone, live_tag(8, "Old")) == "done"
    assert verdict(gone, live_tag(7, "Old")) == "pending"
    message = verdict(gone, live_tag(7, "Old", status=Status.DISABLED))
    assert message == 'its status is "disabled" now, not "enabled"'


def test_it_grows_with_the_plan_and_not_with_its_square() -> None:
    def work_of(size: int) -> Callable[[], object]:
        changes = [create(f"{'Campaign ' * 9}{at}") for at in range(size)]
        live = [live_tag(at + 1, f"{'Campaign ' * 9}live {at}") for at in range(size)]
        return lambda: freshness(changes, live)

    assert_linear(work_of)
