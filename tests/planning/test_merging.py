"""Which tags become one, which of them survives, and what is left of a merge under way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from reconciler.model.change import (
    Change,
    Count,
    Create,
    Delete,
    Loss,
    Merge,
    Reason,
    Update,
)
from reconciler.model.state import State, Unmanaged
from reconciler.model.tag import Company, LiveTag, Place, Status, Tag
from reconciler.model.trash import Day
from reconciler.planning import draft, guard
from reconciler.planning.assemble import in_order
from reconciler.planning.freshness import freshness
from reconciler.planning.merging import requests
from reconciler.planning.narrowing import EVERYTHING, Narrowing
from tests.builders import ACME, live_tag
from tests.expectations import declare, desired, live

if TYPE_CHECKING:
    from reconciler.model.state import Declaration
    from reconciler.planning import Draft

TODAY = Day(2026, 11, 25)
HERE = Place(ACME)
MERGED = declare(merged_from=("Oppty", "opportunity"))


def use(calls: int = 0, **more: int) -> Loss:
    """What so many calls, forms, texts or flows have."""
    counts: dict[str, Any] = {kind: Count(number) for kind, number in more.items()}
    return Loss(calls=Count(calls), **counts)


def drafted(
    *tags: LiveTag,
    declaration: Declaration = MERGED,
    uses: dict[int, Loss] | None = None,
    **policy: Any,
) -> Draft:
    """The draft over ``tags`` of account level, ``uses`` by tag id."""
    counted = {(HERE, tag_id): loss for tag_id, loss in (uses or {}).items()}
    return draft(desired(declaration, **policy), live(*tags), today=TODAY, uses=counted)


def merges(changes: tuple[Change, ...]) -> list[tuple[str, str, str]]:
    """Of each merge: the name given up, the survivor's live name, the name that is given."""
    found = [one for one in in_order(changes) if isinstance(one, Merge)]
    return [(one.before.name, one.into.name if one.into else "", one.after.name) for one in found]


NEW, OLD, OTHER = live_tag(1), live_tag(2, "Oppty"), live_tag(3, "opportunity")
TRASHED = live_tag(4, "~trash 2026-11-01 Oppty", status=Status.DISABLED)


def test_one_old_tag_is_renamed_by_one_update() -> None:
    (change,) = drafted(OLD).changes
    assert isinstance(change, Update)
    assert change.reason is Reason.MERGED_FROM
    assert change.after.name == "Opportunity"


def test_of_several_old_tags_the_one_on_most_is_renamed() -> None:
    found = drafted(OLD, OTHER, uses={2: use(1), 3: use(12)})
    assert merges(found.changes) == [("Oppty", "opportunity", "Opportunity")]
    (renamed,) = [one for one in found.changes if isinstance(one, Update)]
    assert renamed.before == OTHER


def test_both_live_the_old_one_goes_to_the_trash() -> None:
    (change,) = drafted(NEW, OLD, uses={1: use(30), 2: use(12, forms=2)}).changes
    assert isinstance(change, Merge)
    assert change.before == OLD
    assert change.into == NEW
    assert change.after == NEW.tag
    assert change.trash_name == "~trash 2026-11-25 Oppty"
    assert change.loss == use(12, forms=2)


def test_the_cheaper_way_round_keeps_the_old_tag() -> None:
    found = drafted(NEW, OLD, OTHER, uses={1: use(12), 2: use(4300), 3: use(1)})
    assert merges(found.changes) == [
        ("Opportunity", "Oppty", "Opportunity"),
        ("opportunity", "Oppty", "Opportunity"),
    ]
    assert not [one for one in found.changes if isinstance(one, Update)]


@pytest.mark.parametrize(
    ("declaration", "tags"),
    [
        (declare(merged_from=("Oppty",), keep_id=True), (NEW, OLD)),
        (MERGED, (NEW, live_tag(9), OLD)),
        (declare(merged_from=("Oppty",), renamed_from=("Lead",)), (live_tag(1, "Lead"), OLD)),
    ],
    ids=["keep_id", "namesakes", "renamed_from"],
)
def test_the_declared_tag_survives_whatever_it_is_on(
    declaration: Declaration, tags: tuple[LiveTag, ...]
) -> None:
    found = drafted(*tags, declaration=declaration, uses={1: use(1), 2: use(4300)})
    assert merges(found.changes) == [("Oppty", tags[0].name, "Opportunity")]


def test_what_flows_apply_survives() -> None:
    found = drafted(NEW, OLD, uses={1: use(30), 2: use(12, flows=1)})
    assert merges(found.changes) == [("Opportunity", "Oppty", "Opportunity")]


def test_what_nobody_counted_moves_nothing() -> None:
    found = drafted(NEW, OLD)
    assert merges(found.changes) == [("Oppty", "Opportunity", "Opportunity")]
    assert [tag.name for group in found.groups for tag in group.to_count] == [
        "Opportunity",
        "Oppty",
    ]


def test_the_survivor_appears_as_the_declared_tag_did() -> None:
    red = live_tag(1, color="red1")
    found = drafted(red, OLD, uses={1: use(1), 2: use(9)}).changes
    assert [one.after for one in found if isinstance(one, Merge)] == [Tag("Opportunity", "red1")]


def test_what_is_left_of_a_merge_goes_on() -> None:
    (change,) = drafted(NEW, TRASHED, uses={4: use(7)}).changes
    assert isinstance(change, Merge)
    assert change.under_way
    assert change.trash_name == TRASHED.name


@pytest.mark.parametrize("uses", [{4: use()}, {}])
def test_nothing_left_is_quiet(uses: dict[int, Loss]) -> None:
    found = drafted(NEW, TRASHED, uses=uses, unmanaged=Unmanaged.DELETE)
    assert found.changes == ()
    assert found.warnings == ()


def test_the_way_round_that_was_begun_is_taken_to_its_end() -> None:
    """The declared tag is in the trash, and its name not yet taken over."""
    begun = live_tag(1, "~trash 2026-11-25 Opportunity", status=Status.DISABLED)
    found = drafted(begun, OLD, uses={1: use(12), 2: use(4300)})
    assert merges(found.changes) == [(begun.name, "Oppty", "Opportunity")]
    (renamed,) = [one for one in found.changes if isinstance(one, Update)]
    assert renamed.before == OLD


def test_two_of_one_spelling_get_two_names_in_the_trash() -> None:
    found = drafted(NEW, OLD, live_tag(5, "Oppty"), uses={1: use(9)}).changes
    names = [one.trash_name for one in found if isinstance(one, Merge)]
    assert names == ["~trash 2026-11-25 Oppty", "~trash 2026-11-25.2 Oppty"]


@pytest.mark.parametrize("unmanaged", list(Unmanaged))
def test_no_policy_touches_what_is_merged(unmanaged: Unmanaged) -> None:
    found = drafted(NEW, OLD, uses={1: use(9), 2: use(1)}, unmanaged=unmanaged)
    assert [type(one) for one in found.changes] == [Merge]


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ({"protect": ("Opp*",)}, "forbids to merge"),
        ({"protect": ("Opportunity",)}, "forbids to merge"),
    ],
)
def test_protected_names_are_not_merged(policy: dict[str, Any], words: str) -> None:
    found = drafted(NEW, OLD, uses={1: use(9), 2: use(1)}, **policy)
    (change,) = guard(found, found.changes)
    assert words in (change.blocked_by or "")


def test_limits_are_not_about_merges_but_for_flows() -> None:
    found = drafted(NEW, OLD, uses={1: use(9000, flows=1), 2: use(5000, flows=2)})
    (change,) = guard(found, found.changes)
    assert "2 flows apply tags that would go to the trash" in (change.blocked_by or "")
    found = drafted(NEW, OLD, uses={1: use(9000), 2: use(5000)})
    assert [one.blocked_by for one in guard(found, found.changes)] == [None]


def test_a_tag_that_stays_disabled_is_given_to_nothing() -> None:
    declaration = declare(merged_from=("Oppty",), state=State.ANY)
    off = live_tag(1, status=Status.DISABLED)
    found = drafted(off, OLD, declaration=declaration, uses={1: use(9), 2: use(1)})
    (change,) = guard(found, found.changes)
    assert "state: enabled" in (change.blocked_by or "")


def test_4300_and_12_interactions_take_few_requests() -> None:
    found = drafted(NEW, OLD, uses={1: use(12), 2: use(4300)}).changes
    assert sum(requests(one) for one in found if isinstance(one, Merge)) <= 20


def test_a_merge_stays_pending_until_its_interactions_report_otherwise() -> None:
    (change,) = drafted(NEW, OLD, uses={1: use(12), 2: use(4300)}).changes
    assert isinstance(change, Merge)
    renamed = OLD.changed_to(change.after)
    for tags in ((NEW, OLD), (change.trashed, OLD), (change.trashed, renamed)):
        assert freshness([change], tags).pending == (change,)


@pytest.mark.parametrize(
    ("tags", "why"),
    [
        ((NEW,), "is gone"),
        ((OLD,), "is gone"),
        ((live_tag(1, "Lead"), OLD), "survives"),
        ((NEW, live_tag(2, "Lead")), "its name is"),
    ],
)
def test_a_merge_of_which_a_tag_has_changed_is_stale(tags: tuple[LiveTag, ...], why: str) -> None:
    found = drafted(NEW, OLD, uses={1: use(9), 2: use(1)}).changes
    (stale,) = freshness(found, tags).stale
    assert why in stale.why


NORTH, SOUTH = Company("COM1", "Dental North"), Company("COM2", "Dental South")
SPAM = declare("Spam", color="red1")


def promoted(
    *tags: LiveTag,
    names: tuple[str, ...] = ("Spam",),
    narrowing: Narrowing = EVERYTHING,
    uses: dict[tuple[Company, int], Loss] | None = None,
    declaration: Declaration = SPAM,
    **policy: Any,
) -> Draft:
    """The draft where both companies' tags of ``names`` become the account's."""
    wanted = desired(
        declaration,
        promoted={one: dict.fromkeys(names, declaration) for one in ("COM1", "COM2")},
        **policy,
    )
    found = live(*tags, companies=(NORTH, SOUTH))
    counted = {(Place(ACME, place), tag): use for (place, tag), use in (uses or {}).items()}
    return draft(wanted, found, narrowing, today=TODAY, uses=counted)


def company_tag(tag_id: int, company: Company, name: str = "Spam", **values: Any) -> LiveTag:
    return live_tag(tag_id, name, company_id=company.id, **values)


OURS = live_tag(1, "Spam", color="red1")
NORTHERN, SOUTHERN = company_tag(2, NORTH), company_tag(3, SOUTH, color="blue1")


def test_companies_tags_become_the_account_s() -> None:
    found = promoted(OURS, NORTHERN, SOUTHERN)
    changes = [one for one in found.changes if isinstance(one, Merge)]
    assert len(changes) == len(found.changes) == 2
    assert [(one.before, one.into, one.after) for one in changes] == [
        (NORTHERN, OURS, OURS.tag),
        (SOUTHERN, OURS, OURS.tag),
    ]
    assert all(one.promotes and not one.renames for one in changes)
    assert (found.warnings, found.unmanaged) == ((), ())
    assert [tag.id for group in found.groups for tag in group.to_count] == [2, 3]


def test_the_account_s_is_created_first_where_it_is_not_live() -> None:
    create, merge = in_order(promoted(NORTHERN).changes)
    assert isinstance(create, Create)
    assert isinstance(merge, Merge)
    assert merge.into is None
    assert merge.promotes
    assert merge.after == create.after == Tag("Spam", "red1")


@pytest.mark.parametrize(
    "tag",
    [
        live_tag(1, "Junk"),
        live_tag(1, "~trash 2026-11-01 Spam", status=Status.DISABLED),
        live_tag(1, "~trash 2026-11-01 Junk", status=Status.DISABLED),
        live_tag(1, "Spam", status=Status.DISABLED),
    ],
    ids=["renamed", "taken back", "taken back from another name", "enabled"],
)
def test_what_the_account_s_is_made_first_is_one_update(tag: LiveTag) -> None:
    declaration = declare("Spam", merged_from=("Junk",))
    update, merge = in_order(promoted(tag, NORTHERN, declaration=declaration).changes)
    assert isinstance(update, Update)
    assert isinstance(merge, Merge)
    assert (merge.into, merge.after) == (tag, update.after)
    assert freshness([update, merge], [tag, NORTHERN]).pending == (update, merge)
    assert merge.after.status is Status.ENABLED


@pytest.mark.parametrize("unmanaged", list(Unmanaged))
def test_no_policy_touches_what_is_promoted(unmanaged: Unmanaged) -> None:
    found = promoted(OURS, NORTHERN, unmanaged=unmanaged)
    assert [type(one) for one in found.changes] == [Merge]
    narrowed = promoted(OURS, NORTHERN, unmanaged=unmanaged, narrowing=Narrowing(("Dental North",)))
    assert narrowed.changes == ()


def test_what_is_left_of_a_promotion_goes_on_and_is_purged_in_its_time() -> None:
    trashed = company_tag(2, NORTH, "~trash 2026-11-20 Spam", status=Status.DISABLED)
    (change,) = promoted(OURS, trashed, uses={(NORTH, 2): use(7)}).changes
    assert isinstance(change, Merge)
    assert change.under_way
    found = promoted(OURS, trashed, uses={(NORTH, 2): use()})
    assert (found.changes, len(found.trash)) == ((), 1)
    old = company_tag(2, NORTH, "~trash 2026-10-01 Spam", status=Status.DISABLED)
    (purge,) = promoted(OURS, old, uses={(NORTH, 2): use()}).changes
    assert isinstance(purge, Delete)


@pytest.mark.parametrize(("tag", "number"), [("Spam", 2), ("Junk", 2), ("Other", 0)])
def test_a_narrowed_promotion_never_falls_apart(tag: str, number: int) -> None:
    wanted = Narrowing(tags=(tag,))
    found = promoted(company_tag(2, NORTH, "Junk"), names=("Junk",), narrowing=wanted)
    assert len(found.changes) == number


def test_a_promotion_stays_pending_until_its_interactions_report_otherwise() -> None:
    create, merge = in_order(promoted(NORTHERN).changes)
    assert isinstance(merge, Merge)
    made = live_tag(9, "Spam", color="red1")
    for tags, pending in (
        ((NORTHERN,), (create, merge)),
        ((NORTHERN, made), (merge,)),
        ((merge.trashed, made), (merge,)),
    ):
        found = freshness([create, merge], tags)
        assert (found.pending, found.stale) == (pending, ())
        assert found.made == ({create: made} if made in tags else {})
    (gone,) = freshness([create, merge], [made]).stale
    assert "is gone" in gone.why
