from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reconciler.callrail.interactions import retention_start, row_of, shown_tags
from reconciler.errors import AuthError, ProtocolError
from reconciler.model.change import NONE, UNKNOWN, Count, Loss, Precision
from reconciler.model.usage import NameAt
from tests.callrail import stand_in as server
from tests.callrail.clients import ACCOUNT_PLACE, DENTAL, live, straight
from tests.callrail.stand_in import StandIn, Touch, tag_row, touches

if TYPE_CHECKING:
    from reconciler.model.tag import LiveTag, Place

AT_LEAST, AT_MOST = Precision.AT_LEAST, Precision.AT_MOST


async def loss(history: StandIn, tag: LiveTag | str, place: Place = ACCOUNT_PLACE) -> Loss:
    tag = live(1, tag, company_id=place.company_id) if isinstance(tag, str) else tag
    return await straight(history).usage(place, tag)


async def calls(history: StandIn, name: str, place: Place = ACCOUNT_PLACE) -> Count:
    return (await loss(history, name, place)).calls


async def test_calls_forms_and_texts_are_counted_by_themselves() -> None:
    history = StandIn(
        calls=touches(41, "Lead") + touches(9, "Spam"),
        forms=touches(2, "Lead"),
        texts=[*touches(1, "Lead"), Touch(customer="Lead Ann")],
    )
    assert await loss(history, "Lead") == Loss(calls=Count(41), forms=Count(2), texts=Count(1))
    assert await loss(history, "Nobody") == Loss()


async def test_an_account_of_thousands_costs_few_requests() -> None:
    history = StandIn(calls=touches(9_000, "Lead") + touches(40, "Oppty", age=400))
    provider = straight(history)

    names = ("Lead", "Oppty", "Never Used", "Unused")
    result = [(await provider.usage(ACCOUNT_PLACE, live(1, name))).calls for name in names]
    assert result == [Count(9_000), Count(40), NONE, NONE]
    # A zero for a name with a blank costs reading rows, and seeing that blanks don't divide names.
    assert sum(call.path.endswith("calls.json") for call in history.asked) <= 9 + 19


@pytest.mark.parametrize("finds", [server.exactly, server.split, server.by_words, server.lowered])
@pytest.mark.parametrize("name", ["no one", "No-one", "no,one", "No, one"])
async def test_a_zero_is_believed_where_the_server_does_not_stumble(
    finds: object, name: str
) -> None:
    unused = StandIn(calls=touches(6_000, "lead", "spam"), finds=finds)  # type: ignore[arg-type]
    stumbles = {server.split: ",", server.by_words: " ", server.lowered: "N"}.get(finds, "\0")  # type: ignore[call-overload]
    assert await calls(unused, name) == (UNKNOWN if stumbles in name else NONE)


@pytest.mark.parametrize(("tagged", "recent"), [(1, 0), (5, 0), (6, 0), (40, 4), (1, 4)])
async def test_few_tagged_forms_among_thousands_are_evidence_enough(
    tagged: int, recent: int
) -> None:
    tags = [tag_row(number, name) for number, name in enumerate(("Lead", "Old"), 1)]
    forms = [*touches(recent, "Lead"), *touches(7_000), *touches(tagged, "Lead", age=300)]
    history = StandIn(forms=forms, tags=tags)
    assert (await loss(history, "Old")).forms == NONE
    assert (await loss(history, "Lead")).forms == Count(tagged + recent)
    for finds in (server.ignored, server.nothing):
        odd = (await loss(replace(history, finds=finds), "Lead")).forms
        assert odd.least <= tagged + recent
        assert odd.most is None or recent == 0


async def test_only_a_company_s_interactions_count_for_its_own_tag() -> None:
    history = StandIn(calls=touches(5, "Lead") + touches(7, "Lead", company="COM2"))
    assert await calls(history, "Lead", DENTAL) == Count(5)
    assert await calls(replace(history, by_company="not shown"), "Lead", DENTAL) == Count(
        12, AT_MOST
    )
    assert await calls(replace(history, by_company="ignored"), "Lead", DENTAL) == Count(5)


async def test_a_company_of_a_large_account_is_counted_by_its_filter() -> None:
    rows = touches(5_100, "Lead", company="COM2") + touches(5, "Lead", age=500)
    history = StandIn(calls=rows)
    assert await calls(history, "Lead", DENTAL) == Count(5)
    assert await calls(replace(history, by_company="ignored"), "Lead", DENTAL) == Count(
        5_105, AT_MOST
    )


@pytest.mark.parametrize("shows", [server.null_shown, server.left_out, server.none_shown])
async def test_a_filter_s_total_proves_nothing_where_rows_show_no_tags(shows: object) -> None:
    history = StandIn(calls=touches(500, "Old") + touches(100), shows=shows)  # type: ignore[arg-type]
    assert await calls(history, "Old") == UNKNOWN
    few = StandIn(calls=touches(5, "Old") + touches(10), shows=shows)  # type: ignore[arg-type]
    assert await calls(few, "Old") == UNKNOWN


async def test_tags_without_a_name_leave_a_lower_bound() -> None:
    rows = touches(3, "Old") + touches(4, "Spam", "Old")
    assert await calls(StandIn(calls=rows, shows=server.half_named), "Old") == Count(3, AT_LEAST)
    assert await calls(StandIn(calls=rows, shows=server.objects_shown), "Old") == Count(7)


@pytest.mark.parametrize("finds", [server.ignored, server.nothing, server.lowered])
async def test_a_filter_that_fails_is_not_asked_and_rows_are_counted(finds: object) -> None:
    few = StandIn(calls=touches(6, "Lead") + touches(6, "Spam"), finds=finds)  # type: ignore[arg-type]
    assert [await calls(few, name) for name in ("Lead", "Spam", "Nobody")] == [
        Count(6),
        Count(6),
        NONE,
    ]
    many = StandIn(calls=touches(5_001, "Lead"), finds=finds)  # type: ignore[arg-type]
    assert await calls(many, "Lead") == Count(5_000, AT_LEAST)
    assert await calls(many, "Nobody") == UNKNOWN


async def test_a_filter_that_knows_half_of_the_rows_is_found_out() -> None:
    history = StandIn(calls=touches(900, "Lead") + touches(30, "Old", age=60), half=True)
    assert await calls(history, "Old") == Count(30)
    history = StandIn(calls=touches(1_900, "Lead") + touches(30, "Old", age=60), half=True)
    assert await calls(history, "Old") == Count(30)
    history = StandIn(calls=touches(6_000, "Lead") + touches(30, "Old", age=60), half=True)
    assert await calls(history, "Old") == UNKNOWN


async def test_a_filter_that_folds_case_leaves_an_upper_bound() -> None:
    rows = touches(400, "Other") + touches(6, "Lead") + touches(4, "lead")
    history = StandIn(calls=rows, finds=server.in_any_case)
    assert await calls(history, "Lead") == Count(10, AT_MOST)
    assert await calls(history, "Other") == Count(400)


async def test_a_name_with_a_comma_is_asked_for_as_one() -> None:
    rows = touches(3, "Quote, sent") + touches(4, "Quote") + touches(5, "sent")
    history = StandIn(calls=rows)
    assert await calls(history, "Quote, sent") == Count(3)
    asked = {key for call in history.asked for key, value in call.pairs if value == "Quote, sent"}
    assert asked == {"tags[]", "search"} - (set() if history.texts else {"search"})
    assert await calls(replace(history, finds=server.split), "Quote, sent") == Count(3)
    many = StandIn(calls=touches(6_000, "Quote") + touches(3, "Quote, sent"), finds=server.split)
    assert await calls(many, "Quote, sent") == UNKNOWN


async def test_no_interactions_at_all_is_a_certain_zero() -> None:
    history = StandIn()
    assert await loss(history, "Lead") == Loss()
    assert len([call for call in history.asked if "tags" not in call.path]) == 6 + 2


async def test_untagged_forms_are_a_certain_zero_where_the_filter_finds_none_either() -> None:
    tags = [tag_row(number, name) for number, name in enumerate(("Lead", "Old Stuff"), 1)]
    forms = touches(3_000)
    assert (await loss(StandIn(forms=forms, tags=tags), "Old Stuff")).forms == NONE
    liar = StandIn(forms=touches(3_000, "Lead"), tags=tags, shows=server.none_shown)
    assert (await loss(liar, "Old Stuff")).forms == UNKNOWN


@pytest.mark.parametrize("age", [2, 200])
async def test_a_server_that_knows_the_start_of_a_range_alone_covers_the_period(age: int) -> None:
    history = StandIn(calls=touches(9, "Lead", age=age), dates="start alone")
    assert await calls(history, "Lead") == Count(9)


async def test_dates_that_are_refused_or_ignored_leave_a_lower_bound() -> None:
    recent = touches(9, "Lead", age=2) + touches(20, "Lead", age=200)
    assert await calls(StandIn(calls=recent), "Lead") == Count(29)
    assert await calls(StandIn(calls=recent, dates="refused"), "Lead") == Count(9, AT_LEAST)
    assert await calls(StandIn(calls=recent, dates="ignored"), "Lead") == Count(9, AT_LEAST)
    assert await calls(StandIn(calls=touches(9, "Lead", age=2)), "Lead") == Count(9)
    assert (
        await calls(StandIn(calls=touches(9, "Lead", age=200), dates="refused"), "Lead") == UNKNOWN
    )


async def test_no_forms_are_not_believed_of_a_server_whose_calls_show_that_it_ignores_dates() -> (
    None
):
    calls = touches(9, "Lead", age=2) + touches(9, "Lead", age=200)
    forms = touches(3, "Lead", age=90)
    assert await loss(StandIn(calls=calls, forms=forms), "Lead") == Loss(
        calls=Count(18), forms=Count(3)
    )
    blind = await loss(StandIn(calls=calls, forms=forms, dates="ignored"), "Lead")
    assert blind == Loss(calls=Count(9, AT_LEAST), forms=UNKNOWN, texts=UNKNOWN)


async def test_texts_are_searched_and_each_thread_read() -> None:
    threads = [Touch(customer="Lead Ann"), *touches(3, "Lead"), *touches(2, "Lead hot")]
    assert (await loss(StandIn(texts=threads), "Lead")).texts == Count(3)
    blind = StandIn(texts=threads, searches=server.only_customers)
    assert (await loss(blind, "Lead")).texts == Count(3)
    many = StandIn(texts=[*touches(6_000, "Other"), *threads], searches=server.only_customers)
    assert (await loss(many, "Lead")).texts == UNKNOWN
    assert (await loss(StandIn(texts=[*touches(6_000, "Other"), *threads]), "Lead")).texts == Count(
        3
    )


@pytest.mark.parametrize("key", ["sms_threads", "sms-threads", "text_threads", "conversations"])
async def test_threads_are_read_whatever_their_list_is_called(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(server.LISTS, "sms-threads.json", key)
    history = StandIn(texts=touches(3, "Lead") + touches(2, "Spam"))
    assert [(await loss(history, name)).texts for name in ("Lead", "Nobody")] == [Count(3), NONE]


async def test_untagged_threads_are_a_certain_zero() -> None:
    assert (await loss(StandIn(texts=touches(9)), "Lead")).texts == NONE
    assert (await loss(StandIn(texts=touches(900)), "Lead")).texts == NONE


@pytest.mark.parametrize("status", [400, 403, 404, 422, 500])
async def test_what_can_t_be_read_is_unknown_and_gives_the_reason(status: int) -> None:
    history = StandIn(calls=touches(3, "Lead"), refuses={"sms-threads.json": status})
    provider = straight(history)
    found = await provider.usage(ACCOUNT_PLACE, live(1, "Lead"))
    assert found == Loss(calls=Count(3), texts=UNKNOWN)
    assert list(provider.uncounted) == ["texts"]
    assert str(status) in provider.uncounted["texts"]


@pytest.mark.parametrize(
    ("captures", "status", "forms"),
    [
        ([False], 403, NONE),
        ([False, False], 403, NONE),
        ([False, True], 403, UNKNOWN),
        ([False, None], 403, UNKNOWN),
        ([], 403, UNKNOWN),
        ([False], 500, UNKNOWN),
    ],
)
async def test_refused_forms_are_none_where_no_company_records_any(
    captures: list[bool | None], status: int, forms: Count
) -> None:
    companies: list[dict[str, object]] = [
        {"id": f"COM{number}", "form_capture": on} for number, on in enumerate(captures)
    ]
    refuses = {"form_submissions.json": status}
    history = StandIn(calls=touches(9, "Lead"), companies=companies, refuses=refuses)
    assert await loss(history, "Unused") == Loss(forms=forms)


async def test_refused_forms_are_unknown_where_companies_are_refused_too() -> None:
    refuses = {"form_submissions.json": 403, "companies.json": 403}
    assert (await loss(StandIn(refuses=refuses), "Unused")).forms == UNKNOWN


OLD = NameAt("Old", None)


async def test_what_is_beside_a_name_is_counted_by_what_counts_the_name() -> None:
    both, alone = touches(300, "Old", "New"), touches(7, "Old")
    calls = both + alone + touches(2_000, "Lead")
    history = StandIn(calls=calls, texts=touches(2, "Old"), tags=[tag_row(1, "Old")])
    provider = straight(history)
    await provider.tags()
    await provider.usage(ACCOUNT_PLACE, live(1, "Old"))
    counted = len(history.asked)
    beside = (await provider.beside({OLD}))[OLD]
    # One page more: what the filter finds does not fit on the first.
    assert len(history.asked) - counted <= 1
    assert beside.shown == Loss(calls=Count(307), texts=Count(2))
    assert beside.lacking("New") == Loss(calls=Count(7), texts=Count(2))
    assert beside.lacking("Else") == beside.shown


async def test_what_the_key_may_not_read_keeps_its_tags_and_lacks_nothing() -> None:
    refuses = {"form_submissions.json": 403}
    history = StandIn(calls=touches(9, "Old"), refuses=refuses, tags=[tag_row(1, "Old")])
    provider = straight(history)
    await provider.tags()
    beside = (await provider.beside({OLD}))[OLD]
    assert beside.lacking("New") == Loss(calls=Count(9))


async def test_what_can_t_be_read_otherwise_may_lack_it() -> None:
    history = StandIn(calls=touches(9, "Old"), refuses={"form_submissions.json": 500})
    beside = (await straight(history).beside({OLD}))[OLD]
    assert beside.lacking("New").forms == UNKNOWN


async def test_a_key_that_is_not_known_ends_the_counting() -> None:
    with pytest.raises(AuthError):
        await loss(StandIn(refuses={"sms-threads.json": 401}), "Lead")


async def test_a_name_on_both_levels_is_an_upper_bound() -> None:
    tags = [tag_row(1, "Spam"), tag_row(2, "Spam", company="COM1"), tag_row(3, "Lead")]
    tags.append(tag_row(4, "Own", company="COM1"))
    history = StandIn(calls=touches(7, "Spam") + touches(2, "Lead") + touches(1, "Own"), tags=tags)
    assert await calls(history, "Spam", ACCOUNT_PLACE) == Count(7, AT_MOST)
    found = await loss(history, live(2, "Spam", company_id="COM1"), DENTAL)
    assert found.calls == Count(7, AT_MOST)
    assert found.forms == NONE
    assert (await loss(history, live(3, "Lead"))).calls == Count(2)
    assert (await loss(history, live(4, "Own", company_id="COM1"), DENTAL)).calls == Count(1)


async def test_counting_anew_reads_all_again_but_the_tags() -> None:
    history = StandIn(calls=touches(3, "Lead"), tags=[tag_row(1, "Lead")])
    provider = straight(history)

    await provider.tags()
    found = []
    for more in range(2):
        provider.forget_usage()
        found.append((await provider.usage(ACCOUNT_PLACE, live(1, "Lead"))).calls)
        history.calls += touches(more + 1, "Lead")
    result = found
    assert result == [Count(3), Count(4)]
    assert sum(call.path.endswith("/tags.json") for call in history.asked) == 1


async def test_a_total_below_what_the_rows_show_is_not_believed() -> None:
    rows = [*touches(4, "Lead", age=0), *touches(1, "lead", "Lead", age=0)]
    history = StandIn(calls=rows, finds=server.first_only, page_cap=3)
    assert await calls(history, "Lead") == Count(5)


async def test_totals_that_contradict_the_rows_are_not_believed() -> None:
    rows = touches(300, "Lead") + touches(3, "Old")
    for total in (lambda count: count + 1, lambda count: max(0, count - 1), lambda _count: 0):
        counted = await calls(StandIn(calls=rows, total=total), "Old")
        assert counted.precision is not Precision.EXACT
        assert counted.most is None


BEHAVIOURS: dict[str, list[object]] = {
    "finds": [
        server.exactly, server.ignored, server.nothing, server.in_any_case, server.lowered,
        server.prefixed, server.split, server.by_words, server.first_only,
    ],
    "shows": [
        server.names_shown, server.objects_shown, server.half_named, server.null_shown,
        server.none_shown, server.left_out,
    ],
    "by_company": ["own", "ignored", "not shown"],
    "dates": ["honoured", "start alone", "ignored", "refused"],
}  # fmt: skip


@st.composite
def odd_servers(draw: st.DrawFn) -> dict[str, object]:
    """A server that is odd in two ways at most."""
    odd = draw(st.lists(st.sampled_from(sorted(BEHAVIOURS)), max_size=2, unique=True))
    return {name: draw(st.sampled_from(BEHAVIOURS[name])) for name in odd}


@st.composite
def histories(draw: st.DrawFn) -> list[Touch]:
    names = ("Lead", "lead", "Lead hot", "A, B", "A", "B", "Old", "old stuff")
    some = st.lists(st.sampled_from(names), max_size=2, unique=True).map(tuple)
    return [
        Touch(tags=draw(some), company=draw(st.sampled_from(["COM1", "COM2"])), age=age)
        for age in draw(st.lists(st.integers(0, 700), max_size=40))
    ]


@given(
    histories(), odd_servers(), st.sampled_from(["Lead", "A, B", "Old", "old stuff", "Lead hot"]),
    st.sampled_from([ACCOUNT_PLACE, DENTAL]), st.sampled_from([3, 7, 250]),
)  # fmt: skip
async def test_whatever_the_server_does_the_truth_is_within_the_count(
    rows: list[Touch], odd: dict[str, object], name: str, place: Place, cap: int
) -> None:
    tags = [tag_row(9, other) for other in sorted({tag for one in rows for tag in one.tags})]
    tags = [{**row, "id": number} for number, row in enumerate(tags, 10) if row["name"] != name]
    history = StandIn(calls=rows, forms=rows, tags=tags, page_cap=cap, **odd)  # type: ignore[arg-type]
    # Nobody can see that dates are ignored where the days covered unasked are empty.
    assume(odd.get("dates") != "ignored" or any(one.age < 7 for one in rows))
    true = sum(name in one.tags and place.company_id in {None, one.company} for one in rows)
    found = await loss(history, name, place)
    for counted in (found.calls, found.forms):
        assert counted.least <= true, (counted, true)
        assert counted.most is None or true <= counted.most, (counted, true)


@given(
    histories(), odd_servers(), st.sampled_from(["Lead", "A, B", "Old"]),
    st.sampled_from([ACCOUNT_PLACE, DENTAL]), st.sampled_from([3, 250]),
)  # fmt: skip
async def test_whatever_the_server_does_the_truth_is_within_what_lacks_another_name(
    rows: list[Touch], odd: dict[str, object], name: str, place: Place, cap: int
) -> None:
    history = StandIn(calls=rows, forms=rows, page_cap=cap, **odd)  # type: ignore[arg-type]
    assume(odd.get("dates") != "ignored" or any(one.age < 7 for one in rows))
    true = sum(
        name in one.tags and "A" not in one.tags and place.company_id in {None, one.company}
        for one in rows
    )
    at = NameAt(name, place.company_id)
    lacking = (await straight(history).beside({at}))[at].lacking("A")
    for counted in (lacking.calls, lacking.forms):
        assert counted.least <= true, (counted, true)
        assert counted.most is None or true <= counted.most, (counted, true)


@pytest.mark.parametrize(
    ("tags", "shown"),
    [
        (["a", "b"], ({"a", "b"}, True)),
        ([{"name": "a"}, "b"], ({"a", "b"}, True)),
        ([{"id": 1}, "b"], ({"b"}, False)),
        ([], (set(), True)),
        (None, (set(), False)),
        ("a", (set(), False)),
        ([5], (set(), False)),
        ({}, (set(), False)),
    ],
)
def test_a_row_names_which_tags_it_shows_and_whether_all(
    tags: object, shown: tuple[set[str], bool]
) -> None:
    names, certain = shown_tags(tags)
    assert (set(names), certain) == shown


@pytest.mark.parametrize("row", [None, {}, {"id": None}, {"id": ""}, {"id": True}])
def test_a_row_without_an_id_is_none(row: object) -> None:
    with pytest.raises(ProtocolError):
        row_of(row)


@pytest.mark.parametrize(
    ("today", "start"),
    [
        (date(2026, 11, 24), date(2024, 10, 25)),
        (date(2026, 1, 1), date(2023, 12, 2)),
        (date(2026, 3, 31), date(2024, 3, 1)),
        (date(2028, 3, 31), date(2026, 3, 1)),
    ],
)
def test_the_period_starts_just_within_25_months(today: date, start: date) -> None:
    assert retention_start(today) == start
