"""Merges carried out against everything that CallRail leaves open, and everyone who interferes."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from reconciler.cli.exit_code import exit_code
from reconciler.model.change import UNKNOWN, Count, Loss, Precision
from reconciler.model.outcome import Appended, Report, Result
from reconciler.sandbox.seeds.pair import ACCOUNT, NEW_NAME, NEW_TAG, OLD_NAME, OLD_TAG
from reconciler.sandbox.switches import variants
from tests.faults.colleague import before_request
from tests.faults.merges import NEW, TRASH, Pair, loss, merge, the_other_way

if TYPE_CHECKING:
    from collections.abc import Callable

OLD_ONES, NEW_ONES, BOTH = 9, 6, 3
"""With the old spelling only, the new one only, both; one of the new has neither in the end."""
ALL = Loss(calls=Count(9), forms=Count(1), texts=Count(2))
"""What has the old spelling of them: the first nine, and three more."""
OLD_ONE = f"CAL{0:032x}"
NONE = f"CAL{OLD_ONES + 1:032x}"


def table(*switches: str, **options: object) -> Pair:
    """Interactions with the old tag, the new one, both, none."""
    pair = Pair.of(OLD_ONES, NEW_ONES, BOTH, *switches, **options)
    pair.colleague.untag(NONE, NEW_TAG)
    return pair


def expect_merged(pair: Pair, before: dict[str, set[int]]) -> None:
    """Whatever had the old tag has both, and nothing else has changed."""
    after = pair.ids()
    for one, tags in before.items():
        assert after[one] == (tags | {NEW_TAG} if OLD_TAG in tags else tags), one
    names = {tag["id"]: (tag["name"], tag["status"]) for tag in pair.sandbox.store.tags()}
    assert names == {OLD_TAG: (TRASH, "disabled"), NEW_TAG: (NEW_NAME, "enabled")}


def expect_nothing_lost(pair: Pair, before: dict[str, set[int]]) -> None:
    after = pair.ids()
    assert [one for one, tags in before.items() if not tags <= after[one]] == []


def outcome_of(report: Report) -> tuple[Result, Appended | None]:
    return report.outcomes[0].result, report.outcomes[0].appended


KEEPS = [
    "append=honoured",
    "append=flag",
    "tags_filter_delay=1",
    "tags_filter_delay=3",
    "tags_filter_delay_seconds=4",
    "tags_filter=ignored",
    "tags_filter=partial",
    "tags_filter=nocase",
    "form_tags_filter=partial",
    "text_search=ignored",
    "text_search=fuzzy",
    "text_search=tagless",
    "tags_comma=split",
    "page_cap=2",
    "call_tags=objects",
    "disabled_assignments=unfound",
    "read_delay=1",
    "read_delay_seconds=4",
    "update_answer=none",
    "update_answer=stale",
    "total_pages=never",
    "threads_key=sms-threads",
    "names=nbsp",
]


@pytest.mark.parametrize("switch", KEEPS)
def test_what_had_the_old_tag_has_both_and_nothing_else_has_changed(switch: str) -> None:
    with table(switch) as pair:
        before = pair.ids()
        report = pair.apply(merge(0, loss=ALL))
        assert outcome_of(report) == (Result.DONE, Appended(got=9, had=3, gone=0, left=0))
        assert (exit_code(report), report.verified) == (0, True)
        expect_merged(pair, before)
        written = len(pair.writes)
        assert written == 9
        again = pair.apply(merge(0, loss=ALL))
        assert outcome_of(again) == (Result.DONE, Appended(got=0, had=12, gone=0, left=0))
        assert len(pair.writes) == written


@pytest.mark.parametrize(
    "number", [UNKNOWN, Count(3, Precision.AT_LEAST), Count(99, Precision.AT_MOST)]
)
@pytest.mark.parametrize(
    "switch", ["append=honoured", "tags_filter=partial", "tags_filter_delay=2"]
)
def test_what_was_not_counted_exactly_is_counted_under_the_trash_name(
    number: Count, switch: str
) -> None:
    with table(switch) as pair:
        before = pair.ids()
        report = pair.apply(merge(0, loss=Loss(calls=number, forms=number, texts=number)))
        assert outcome_of(report) == (Result.DONE, Appended(got=9, had=3, gone=0, left=0))
        expect_merged(pair, before)


@pytest.mark.parametrize("switch", ["append=list", "append=ignored"])
def test_a_server_whose_append_replaces_harms_one_interaction_that_gets_its_tags_back(
    switch: str,
) -> None:
    with table(switch) as pair:
        before = pair.ids()
        report = pair.apply(merge(0, loss=ALL))
        assert report.outcomes[0].result is Result.FAILED
        assert str(report.outcomes[0].message).endswith("by it; put back")
        assert exit_code(report) == 3
        expect_nothing_lost(pair, before)
        assert {one for one, tags in pair.ids().items() if tags != before[one]} == {OLD_ONE}


@pytest.mark.parametrize("switch", ["renamed_assignments=dropped", "disabled_assignments=dropped"])
def test_a_server_that_drops_what_has_a_tag_harms_one_tag(switch: str) -> None:
    with table(switch) as pair:
        report = pair.apply(merge(0, loss=ALL))
        assert "12 interactions had it, 0 after" in str(report.outcomes[0].message)
        assert (exit_code(report), pair.writes) == (3, [])
        named = {tag["id"]: (tag["name"], tag["status"]) for tag in pair.sandbox.store.tags()}
        assert named == {OLD_TAG: (OLD_NAME, "enabled"), NEW_TAG: (NEW_NAME, "enabled")}


def test_a_server_that_hides_disabled_tags_gets_the_tag_back_as_it_was() -> None:
    with table("disabled_assignments=hidden") as pair:
        before = pair.names()
        report = pair.apply(merge(0, loss=ALL))
        assert str(report.outcomes[0].message).endswith("put back, and 12 have it")
        assert (exit_code(report), pair.writes) == (3, [])
        assert pair.names() == before


@pytest.mark.parametrize("switch", ["call_tags=null", "call_tags=missing", "call_tags=unnamed"])
def test_rows_that_do_not_show_their_tags_are_not_written_to(switch: str) -> None:
    with table(switch) as pair:
        before = pair.ids()
        report = pair.apply(merge(0, loss=Loss(calls=UNKNOWN)))
        assert exit_code(report) != 0
        expect_nothing_lost(pair, before)
        assert pair.writes == []


def test_the_cheaper_way_round_keeps_the_old_tag_under_the_new_name() -> None:
    with Pair.of(40, 3, 2) as pair:
        before = pair.ids()
        report = pair.apply(the_other_way(Loss(calls=Count(4), forms=Count(1))))
        assert outcome_of(report) == (Result.DONE, Appended(got=3, had=2, gone=0, left=0))
        after = pair.ids()
        for one, tags in before.items():
            assert after[one] == tags | ({OLD_TAG} if NEW_TAG in tags else set())
        named = {tag["id"]: tag["name"] for tag in pair.sandbox.store.tags()}
        assert named[OLD_TAG] == NEW_NAME


def test_a_few_into_4300_cost_little_more_than_the_few() -> None:
    with Pair.of(4_300, 12) as pair:
        kinds = loss(12)
        assert pair.apply(the_other_way(kinds)).outcomes[0].result is Result.DONE
        # Trash and rename 2, ids by kind 3, canary read back 1, tags read for it and at the end 2;
        # and the read of tags that a plan has just made.
        assert len(pair.requests) == 12 + 8 + 1


SCENES: dict[str, Callable[[Pair], None]] = {
    "tags another": lambda pair: pair.colleague.tag(NONE, NEW_TAG),
    "untags one": lambda pair: pair.colleague.untag(f"CAL{8:032x}", OLD_TAG),
    "renames the old": lambda pair: pair.colleague.rename(OLD_TAG, "Mine"),
    "renames the new": lambda pair: pair.colleague.rename(NEW_TAG, "Mine"),
    "disables the new": lambda pair: pair.colleague.disable(NEW_TAG),
    "deletes the new": lambda pair: pair.colleague.delete(NEW_TAG),
}
LAST = 28
"""More requests than a merge of the table sends."""


def expect_no_harm_between(scene: str, nth: int) -> None:
    """Nothing of a colleague's is overwritten, and nothing is lost but what they took away."""
    with table() as pair:
        before = pair.ids()

        def act() -> None:
            SCENES[scene](pair)
            pair.clock.now += 3.0

        with before_request(pair.sandbox, nth, act):
            report = pair.apply(merge(0, loss=ALL))
        live = {tag["id"]: tag for tag in pair.sandbox.store.tags()}
        taken = {"untags one": {OLD_TAG}, "deletes the new": {NEW_TAG}}.get(scene, set())
        after = pair.ids()
        assert [one for one, tags in before.items() if not tags - taken <= after[one]] == []
        if len(pair.requests) >= nth:
            if scene == "renames the new":
                assert live[NEW_TAG]["name"] == "Mine"
            if scene == "disables the new":
                assert live[NEW_TAG]["status"] == "disabled"
            if scene == "renames the old" and report.outcomes[0].result is not Result.DONE:
                assert live[OLD_TAG]["name"] == "Mine"
        # One request is under way at most when something changes: its name may come into being.
        made = [tag for tag in live.values() if tag["id"] not in {OLD_TAG, NEW_TAG}]
        assert len(made) <= 1
        if report.outcomes[0].result is Result.DONE and scene in {"tags another", "untags one"}:
            assert not [
                one for one, tags in after.items() if OLD_TAG in tags and NEW_TAG not in tags
            ]


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("nth", range(1, LAST, 5))
def test_a_colleague_between_two_requests_loses_nothing(scene: str, nth: int) -> None:
    expect_no_harm_between(scene, nth)


@pytest.mark.soak
@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("nth", range(1, LAST))
def test_a_colleague_between_any_two_requests_loses_nothing(scene: str, nth: int) -> None:
    expect_no_harm_between(scene, nth)


def expect_to_go_on_after(nth: int, *, parallelism: int, commit: bool) -> None:
    """A run that ends at its nth request; another, with nothing but the plan, ends the work."""
    with table() as pair:
        before = pair.ids()
        pair.apply_until(nth, merge(0, loss=ALL), parallelism=parallelism, commit=commit)
        expect_nothing_lost(pair, before)
        report = pair.apply(merge(0, loss=ALL), parallelism=parallelism)
        assert report.outcomes[0].result is Result.DONE
        expect_merged(pair, before)


@pytest.mark.parametrize("commit", [False, True])
@pytest.mark.parametrize("nth", range(1, LAST, 4))
def test_a_run_killed_at_a_request_is_ended_by_another(nth: int, commit: bool) -> None:
    expect_to_go_on_after(nth, parallelism=1, commit=commit)


@pytest.mark.soak
@pytest.mark.parametrize("parallelism", [1, 10])
@pytest.mark.parametrize("commit", [False, True])
@pytest.mark.parametrize("nth", range(1, LAST))
def test_a_run_killed_at_any_request_is_ended_by_another(
    nth: int, commit: bool, parallelism: int
) -> None:
    expect_to_go_on_after(nth, parallelism=parallelism, commit=commit)


@pytest.mark.parametrize(
    "fault", ["reset-before-commit", "reset-after-commit", "status=503", "status-after-commit=503"]
)
def test_an_ambiguous_append_is_sent_again(fault: str) -> None:
    with table() as pair:
        before = pair.ids()
        pair.sandbox.faults.add(f"PUT calls nth=3 {fault}")
        report = pair.apply(merge(0, loss=ALL))
        assert outcome_of(report) == (Result.DONE, Appended(got=9, had=3, gone=0, left=0))
        expect_merged(pair, before)


def test_an_interaction_that_is_gone_is_counted() -> None:
    with table() as pair:
        gone = f"CAL{4:032x}"
        pair.sandbox.faults.add(f"PUT {gone} status=404")
        report = pair.apply(merge(0, loss=ALL))
        assert report.outcomes[0].appended is not None
        assert report.outcomes[0].appended.gone == 3


QUOTA, HOUR = 100, 3_600.0


def test_a_merge_under_a_quota_uses_nearly_all_of_every_hour_and_meets_no_429() -> None:
    old = 420
    with Pair.of(old, 5, quota=QUOTA) as pair:
        before, began = pair.ids(), pair.clock.now
        report = pair.apply(merge(old), parallelism=10, max_wait=10 * HOUR)
        assert outcome_of(report)[0] is Result.DONE
        assert pair.sandbox.app.quota.refused == 0
        by_hour = Counter(int((one.moment - began) // HOUR) for one in pair.sandbox.log.entries)
        *whole, last = sorted(by_hour)
        assert whole == list(range(last))
        assert [by_hour[hour] for hour in whole if by_hour[hour] < 0.97 * QUOTA] == []
        expect_merged(pair, before)


def test_a_quota_that_may_not_be_waited_for_stops_the_merge_and_the_same_plan_goes_on() -> None:
    old = 220
    with Pair.of(old, 5, quota=QUOTA) as pair:
        before, codes = pair.ids(), []
        for _run in range(5):
            report = pair.apply(merge(old), parallelism=10)
            codes.append(exit_code(report))
            if codes[-1] == 0:
                break
            _result, appended = outcome_of(report)
            assert appended is not None
            lacking = sum(OLD_TAG in t and NEW_TAG not in t for t in pair.ids().values())
            assert appended.left == lacking
            assert "are left" in str(report.outcomes[0].message)
            pair.clock.now += HOUR
        assert codes == [6, 6, 0]
        assert pair.sandbox.app.quota.refused == 0
        expect_merged(pair, before)


def test_a_run_of_so_many_requests_stops_and_the_same_plan_goes_on() -> None:
    with table() as pair:
        before = pair.ids()
        codes: list[int] = []
        while (not codes or codes[-1] == 6) and len(codes) < 9:
            sent = len(pair.requests)
            report = pair.apply(merge(0, loss=ALL), parallelism=10, max_requests=14)
            assert len(pair.requests) - sent <= 14
            codes.append(exit_code(report))
        assert (codes[0], codes[-1]) == (6, 0)
        expect_merged(pair, before)


@pytest.mark.parametrize(
    ("namesakes", "result"),
    [("company", Result.DONE), ("account", Result.DONE), ("own", Result.FAILED)],
)
def test_a_company_s_tag_is_merged_into_the_account_s_of_the_same_name(
    namesakes: str, result: Result
) -> None:
    with table(f"namesakes={namesakes}") as pair:
        body = {"name": NEW_NAME, "tag_level": "account"}
        pair.sandbox.app.act(ACCOUNT, "POST", "tags.json", body)
        (made,) = (tag for tag in pair.sandbox.store.tags() if tag["company_id"] is None)
        into = NEW._replace(id=made["id"], color=made["color"], company_id=None)
        trash = f"~trash 2026-11-25 {NEW_NAME}"
        counted = Loss(calls=UNKNOWN, forms=UNKNOWN, texts=UNKNOWN)
        promotion = merge(0, before=NEW, into=into, after=into.tag, trash_name=trash, loss=counted)
        before = pair.ids()
        report = pair.apply(promotion)
        assert report.outcomes[0].result is result
        expect_nothing_lost(pair, before)
        after = pair.ids()
        if result is Result.DONE:
            assert (exit_code(report), report.verified) == (0, True)
            for one, tags in before.items():
                assert after[one] == tags | ({into.id} if NEW_TAG in tags else set())
        else:
            assert "another tag of the name was made" in str(report.outcomes[0].message)
            assert len(pair.writes) == 1


@pytest.mark.parametrize(
    ("switch", "result"),
    [
        ("tags_filter_delay=2", Result.DONE),
        ("tags_filter=partial", Result.DONE),
        ("text_search=fuzzy", Result.DONE),
        ("page_cap=2", Result.DONE),
        ("renamed_assignments=dropped", Result.FAILED),
        ("disabled_assignments=dropped", Result.FAILED),
        ("append=list", Result.FAILED),
    ],
)
def test_a_name_on_both_levels_is_distinguished_once_one_has_its_trash_name(
    switch: str, result: Result
) -> None:
    """How many have the company's is not known before; that none of them lost it is."""
    with table(switch) as pair:
        body = {"name": NEW_NAME, "tag_level": "account"}
        pair.sandbox.app.act(ACCOUNT, "POST", "tags.json", body)
        (made,) = (tag for tag in pair.sandbox.store.tags() if tag["company_id"] is None)
        into = NEW._replace(id=made["id"], color=made["color"], company_id=None)
        for one in (OLD_ONE, NONE, f"CAL{OLD_ONES + 2:032x}"):
            pair.colleague.tag(one, into.id)
        before = pair.ids()
        shown = [one for one, names in pair.names().items() if NEW_NAME in names]
        calls, forms, texts = (
            Count(sum(one.startswith(kind) for one in shown), Precision.AT_MOST)
            for kind in ("CAL", "FOR", "TEX")
        )
        trash = f"~trash 2026-11-25 {NEW_NAME}"
        counted = Loss(calls=calls, forms=forms, texts=texts)
        promotion = merge(0, before=NEW, into=into, after=into.tag, trash_name=trash, loss=counted)
        report = pair.apply(promotion, parallelism=10)
        assert report.outcomes[0].result is result, report.outcomes[0].message
        after = pair.ids()
        if result is Result.DONE:
            for one, tags in before.items():
                assert after[one] == tags | ({into.id} if NEW_TAG in tags else set())
        else:
            assert exit_code(report) == 3
            named = {tag["id"]: tag["name"] for tag in pair.sandbox.store.tags()}
            assert named[NEW_TAG] == (trash if "append" in switch else NEW_NAME)


TAKES_AWAY = {"renamed_assignments=dropped", "disabled_assignments=dropped"}


@pytest.mark.soak
@pytest.mark.parametrize("switch", variants())
def test_nothing_is_lost_and_no_report_is_false_under_any_variant(switch: str) -> None:
    with table(switch) as pair:
        before = pair.ids()
        for _run in range(2):
            report = pair.apply(merge(0, loss=ALL), parallelism=10)
            after = pair.ids()
            if switch not in TAKES_AWAY:
                expect_nothing_lost(pair, before)
            if report.outcomes[0].result is Result.DONE:
                assert {OLD_TAG} not in after.values()
            else:
                assert exit_code(report) != 0
