"""Two readings, compared by id: whatever people did is called by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.change import Count, Loss
from reconciler.model.news import CompanyNews, News, news_of
from reconciler.model.state import LiveAccount
from reconciler.model.tag import Status
from reconciler.planning.narrowing import Narrowing
from reconciler.planning.news import news_between
from tests.builders import ACME, company, live_tag
from tests.expectations import live
from tests.planning.people import DEEDS, NORTH, TRASH, Account

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from reconciler.model.tag import LiveTag


def reading(tags: Iterable[LiveTag], **values: object) -> LiveAccount:
    return LiveAccount(ACME, tuple(tags), {NORTH.id: NORTH}, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize("first", DEEDS)
@pytest.mark.parametrize("second", DEEDS)
def test_whatever_two_people_did_is_called_by_its_name(
    first: Callable[..., list[object]], second: Callable[..., list[object]]
) -> None:
    account = Account()
    tags = [account.make(name) for name in ("Lead", "Spam", "VIP", "Implant", "Left alone")]
    before = reading(tags)
    expected = [*first(account, tags[0], tags[1]), *second(account, tags[2], tags[3])]
    found = news_between(before, reading(account.tags.values()))
    assert sorted(expected, key=repr) == sorted(
        (
            (one.news, one.before and one.before.id, one.after and one.after.id)
            for one in found.tags
        ),
        key=repr,
    )
    touched = {one.before.id for one in found.tags if one.before}
    assert found.same == len(tags) - len(touched)


@given(st.randoms(use_true_random=False), st.lists(st.sampled_from(DEEDS), max_size=6))
def test_the_changes_back_are_reported_of_the_same_tags(
    random: object, deeds: list[object]
) -> None:
    account = Account()
    tags = [account.make(f"Tag {number}") for number in range(2 * len(deeds))]
    before = reading(tags)
    for at, deed in enumerate(deeds):
        deed(account, tags[2 * at], tags[2 * at + 1])  # type: ignore[operator]
    after = list(account.tags.values())
    random.shuffle(after)  # type: ignore[attr-defined]
    there, back = (news_between(before, reading(after)), news_between(reading(after), before))
    assert {(one.before, one.after) for one in there.tags} == {
        (one.after, one.before) for one in back.tags
    }


def test_several_things_that_happened_to_one_tag_are_all_reported_the_weightiest_first() -> None:
    tag = live_tag(1, "Lead")
    changed = tag._replace(name="Leads", color="blue1", status=Status.DISABLED)
    assert news_of(tag, changed) == (News.RENAMED, News.DISABLED, News.RECOLORED)
    trashed = tag._replace(name=TRASH.format("Lead"), color="blue1", status=Status.DISABLED)
    assert news_of(tag, trashed) == (News.TRASHED, News.RECOLORED)
    assert news_of(trashed, tag) == (News.RECOLORED, News.RESTORED)
    assert news_of(trashed, tag._replace(name="Other")) == (
        News.RENAMED,
        News.RECOLORED,
        News.RESTORED,
    )
    assert news_of(tag, tag) == news_of(None, None) == ()
    assert news_of(tag, tag._replace(company_id="COM1")) == (News.MOVED,)


def test_companies_are_compared_by_id_too() -> None:
    old, gone, same = (
        company("Elm", id="COM1"),
        company("Oak", id="COM2"),
        company("Ash", id="COM3"),
    )
    closed = company("Elm Grove", id="COM1", active=False)
    new = company("Fir", id="COM4")
    found = news_between(live(companies=[old, gone, same]), live(companies=[closed, same, new]))
    assert found.companies == (
        CompanyNews(account=ACME, before=old, after=closed),
        CompanyNews(account=ACME, before=gone, after=None),
        CompanyNews(account=ACME, before=None, after=new),
    )
    assert [one.news for one in found.companies] == [
        (News.RENAMED, News.DISABLED),
        (News.GONE,),
        (News.NEW,),
    ]


def test_counts_are_compared_where_both_have_them() -> None:
    tag, gone = live_tag(1, "Lead"), live_tag(2, "Spam")
    some, more = Loss(calls=Count(18)), Loss(calls=Count(25))
    before, uncounted = reading([tag, gone], usage={1: some, 2: more}), reading([tag])
    (one, other) = news_between(before, reading([tag], usage={1: more})).tags
    assert (one.news, one.had, one.has) == ((), some, more)
    assert (other.news, other.had, other.has) == ((News.GONE,), more, None)
    (alone,) = news_between(before, uncounted).tags
    assert alone == other


def test_where_a_row_was_not_understood_nothing_is_taken_for_absent() -> None:
    one, other = live_tag(1, "Lead"), live_tag(2, "Spam")
    odd = reading([one], odd=1)
    assert news_between(reading([one, other]), odd).tags == ()
    assert news_between(odd, reading([one, other])).tags == ()
    (anew,) = news_between(odd, reading([live_tag(3, "Lead")])).tags
    assert anew.news == (News.GONE,)


def test_narrowing_takes_a_tag_by_either_name_and_leaves_companies_to_their_own_flag() -> None:
    before = LiveAccount(ACME, (live_tag(1, "VIP"), live_tag(2, "Spam")), {"COM1": company("Elm")})
    after = LiveAccount(ACME, (live_tag(1, "Premium"), live_tag(2, "Junk")), {})
    for pattern in ("VIP", "Prem*"):
        found = news_between(before, after, Narrowing(tags=(pattern,)))
        assert [one.tag.id for one in found.tags] == [1]
        assert found.companies == ()
    found = news_between(before, after, Narrowing(companies=("Elm",)))
    assert (found.tags, len(found.companies)) == ((), 1)
