"""Several plans that were made side by side read as one."""

from __future__ import annotations

import pytest

from reconciler.document import dump, join, load_plan, plan_document
from reconciler.errors import DocumentError
from reconciler.model.plan import AccountUse, Base
from reconciler.model.tag import AccountRef
from tests.builders import ACME, create, delete, place, plan

OTHER = AccountRef("other", "ACC2")


def test_one_plan_stays_itself() -> None:
    alone = plan(create())
    assert join([alone]) is alone


def test_changes_and_counts_are_added_up() -> None:
    one = plan(create(), unchanged=3, unmanaged=1, created_at="2026-01-02T00:00:00Z")
    two = plan(delete(place=place(account=OTHER)), unchanged=4, created_at="2026-01-01T00:00:00Z")
    both = join([one, two])
    assert both.changes == one.changes + two.changes
    assert both.summary.unchanged == 7
    assert [use.account for use in both.accounts] == [ACME, OTHER]
    assert both.created_at == "2026-01-01T00:00:00Z"


def test_the_whole_has_the_digest_of_one_plan_over_all() -> None:
    one, two = plan(create()), plan(delete(place=place(account=OTHER)))
    assert join([one, two]).digest == plan(*two.changes, *one.changes).digest


def test_the_whole_is_a_sound_document() -> None:
    both = join([plan(create()), plan(delete(place=place(account=OTHER)))])
    assert load_plan(dump(plan_document(both))) == both


def test_an_account_in_two_plans_is_listed_once() -> None:
    part = AccountUse(account=ACME, plan_requests=2, apply_requests=3)
    both = join([plan(create("A"), accounts=(part,)), plan(create("B"), accounts=(part,))])
    assert both.accounts == (AccountUse(account=ACME, plan_requests=4, apply_requests=6),)


def test_plans_that_touch_one_tag_are_not_joined() -> None:
    with pytest.raises(DocumentError, match="the same tag"):
        join([plan(delete(tag_id=1)), plan(delete(tag_id=1))])
    with pytest.raises(DocumentError, match="the same tag"):
        join([plan(create()), plan(create())])


def test_one_handle_for_two_accounts_is_refused() -> None:
    namesake = AccountRef("acme", "ACC2")
    with pytest.raises(DocumentError, match="'acme'"):
        join([plan(create()), plan(create(place=place(account=namesake)))])


def test_causes_of_parts_against_one_commit_are_joined() -> None:
    bases = [
        Base(ref="main", commit="1" * 40, undone=(create(name),), unread=("old",), drift=drift)
        for name, drift in (("A", 2), ("B", None))
    ]
    parts = [plan(create(name), base=base) for name, base in zip("CD", bases, strict=True)]
    found = join(parts).base
    assert found is not None
    assert found.unknown is None
    assert ([one.name for one in found.undone], found.unread) == (["A", "B"], ("old",))
    assert found.drift == 2
    for other in (plan(create("E")), plan(create("E"), base=Base(ref="main", commit="2" * 40))):
        joined = join([*parts, other])
        assert joined.base is not None
        assert joined.base.unknown == "the parts were not planned against one commit"
    assert join([plan(create("E")), plan(create("F"))]).base is None
