"""What a rehearsal calls harm: anything that is not as the plan leaves it, or lost, or twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.model.change import Merge, Reason
from reconciler.model.rehearsal import Harm, Held
from reconciler.model.tag import Status, Tag
from reconciler.planning.harm import harm
from tests.builders import ACME, create, delete, live_tag, place, update

if TYPE_CHECKING:
    from reconciler.model.change import Change
    from reconciler.model.tag import LiveTag

OLD, NEW = live_tag(1, "Oppty"), live_tag(2, "Opportunity")
TRASHED = live_tag(1, "~trash 2026-11-25 Oppty", status=Status.DISABLED)
MERGE = Merge(
    place=place(),
    reason=Reason.MERGED_FROM,
    before=OLD,
    into=NEW,
    after=NEW.tag,
    trash_name=TRASHED.name,
)
RENAME = update(OLD.tag, Tag("VIP", "gray1"), tag_id=1)
DELETE = delete("Oppty", tag_id=1)
CREATE = create("New", "red1")


def held(*tags: LiveTag, on: tuple[tuple[str, int], ...] = ()) -> Held:
    return Held({tag.id: (ACME.id, tag) for tag in tags}, frozenset(on))


BEFORE = held(OLD, NEW, on=(("CAL1", 1), ("CAL2", 2)))


@pytest.mark.parametrize(
    ("change", "after"),
    [
        (RENAME, held(live_tag(1, "VIP"), NEW, on=(("CAL1", 1), ("CAL2", 2)))),
        (DELETE, held(NEW, on=(("CAL2", 2),))),
        (CREATE, held(OLD, NEW, live_tag(3, "New", color="red1"), on=tuple(BEFORE.assignments))),
        (MERGE, held(TRASHED, NEW, on=(("CAL1", 1), ("CAL1", 2), ("CAL2", 2)))),
    ],
)
def test_the_plan_and_no_more_is_no_harm(change: Change, after: Held) -> None:
    assert harm([change], BEFORE, after) == Harm()


def test_what_loses_a_tag_that_nothing_deletes_is_counted() -> None:
    found = harm([RENAME], BEFORE, held(live_tag(1, "VIP"), NEW, on=(("CAL2", 2),)))
    assert (found.assignments, found.lost) == (1, ('1 interaction without "Oppty" (id 1)',))


def test_what_a_merge_does_not_reach_is_counted() -> None:
    found = harm([MERGE], BEFORE, held(TRASHED, NEW, on=(("CAL1", 1), ("CAL2", 2))))
    assert (found.assignments, found.lost) == (1, ('1 interaction without "Opportunity" (id 2)',))


def test_a_name_that_is_there_twice_is_a_duplicate_unless_it_was() -> None:
    twice = held(live_tag(3, "New", color="red1"), live_tag(4, "New", color="red1"))
    found = harm([CREATE], held(), twice)
    assert found.duplicates == (f'{ACME.id}: 2 tags are named "New"',)
    assert found.differences == ('"New", red1, enabled was made, and no change asks for it',)
    assert harm([], twice, twice) == Harm()


@pytest.mark.parametrize(
    ("after", "message"),
    [
        (held(OLD, NEW), 'id 1 is "Oppty", gray1, enabled, not "VIP", gray1, enabled'),
        (held(NEW), 'id 1 is not there, not "VIP", gray1, enabled'),
        (
            held(live_tag(1, "VIP"), live_tag(2, "Opportunity", color="red1")),
            'id 2 is "Opportunity", red1, enabled, not "Opportunity", gray1, enabled',
        ),
    ],
)
def test_a_tag_that_is_not_as_the_plan_leaves_it_is_named(after: Held, message: str) -> None:
    assert harm([RENAME], held(OLD, NEW), after).differences == (message,)


def test_a_create_that_is_not_there_is_named() -> None:
    assert harm([CREATE], held(), held()).differences == ('acme · account: "New" is not there',)


def test_what_gets_a_tag_that_the_plan_creates_is_known_by_its_name() -> None:
    own = live_tag(1, "Spam", company_id=place("Dental North").company_id)
    trashed = own._replace(name="~trash 2026-11-25 Spam", status=Status.DISABLED)
    made = live_tag(5, "Spam")
    promotion = Merge(
        place=place("Dental North"),
        reason=Reason.MERGED_FROM,
        before=own,
        into=None,
        after=made.tag,
        trash_name=trashed.name,
    )
    changes: list[Change] = [create("Spam", "gray1"), promotion]
    before = held(own, on=(("CAL1", 1),))
    assert harm(changes, before, held(trashed, made, on=(("CAL1", 1), ("CAL1", 5)))) == Harm()
    assert harm(changes, before, held(trashed, made, on=(("CAL1", 1),))).assignments == 1
    assert harm(changes, before, held(trashed, on=(("CAL1", 1),))).assignments == 1


def test_what_was_made_before_the_copy_was_taken_is_there() -> None:
    made = held(live_tag(3, "New", color="red1"))
    assert harm([CREATE], made, made) == Harm()
    other = held(live_tag(3, "New", color="blue1"))
    assert harm([CREATE], other, other).differences == (
        'acme · account: "New" is "New", blue1, enabled',
    )
