"""One pass over all interactions counts every name, and an absent number is never a zero."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from reconciler.model.change import NONE, UNKNOWN, Count, Precision
from reconciler.model.usage import IDLE_DAYS, NameAt, Use
from tests.callrail import stand_in as server
from tests.callrail.clients import straight
from tests.callrail.stand_in import TODAY, StandIn, Touch, tag_row, touches
from tests.callrail.test_usage import histories, odd_servers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LEAD, LEAD_AT_1 = NameAt("Lead", None), NameAt("Lead", "COM1")


async def uses(history: StandIn, *asked: NameAt) -> Mapping[NameAt, Use]:
    """What is found, once all tags were read; each asked name is a live tag's."""
    names = {one.name for one in asked} - {row["name"] for row in history.tags}
    history.tags += [tag_row(900 + at, name) for at, name in enumerate(sorted(names))]
    provider = straight(history)
    await provider.tags()
    history.asked.clear()
    return (await provider.uses(asked)).of


def pages(history: StandIn, file: str) -> int:
    return sum(call.path.endswith(file) for call in history.asked)


def many(names: Iterable[str], company: str = "COM1") -> list[NameAt]:
    return [NameAt(name, place) for name in names for place in (None, company)]


async def test_a_pass_costs_its_pages_however_many_names_there_are() -> None:
    names = [f"Name {number}" for number in range(60)]
    rows = [Touch(tags=(name,), age=3) for name in names for _ in range(50)]
    rows += [Touch(tags=(name,), age=200, company="COM2") for name in names[:30]]
    history = StandIn(calls=rows)
    found = await uses(history, *many(names))
    assert {one.loss.calls for at, one in found.items() if at.company_id} == {Count(50)}
    assert found[NameAt("Name 0", None)].loss.calls == Count(51)
    # 13 pages, the first of them twice, and a request for the dates.
    assert pages(history, "calls.json") == 15


async def test_few_names_among_many_calls_are_asked_for() -> None:
    history = StandIn(calls=touches(9_000, "Lead") + touches(40, "Oppty", age=400))
    found = await uses(history, LEAD, NameAt("Oppty", None))
    assert [one.loss.calls for one in found.values()] == [Count(9_000), Count(40)]
    assert found[LEAD].last == TODAY - timedelta(days=30)
    assert pages(history, "calls.json") < 9_000 / 250


async def test_company_and_last_day_are_distinguished() -> None:
    calls = touches(3, "Lead", age=200) + touches(2, "Lead", company="COM2", age=100)
    found = await uses(StandIn(calls=calls), LEAD, LEAD_AT_1, NameAt("Lead", "COM2"))
    assert [one.loss.calls for one in found.values()] == [Count(5), Count(3), Count(2)]
    days = [100, 200, 100]
    assert [one.last for one in found.values()] == [TODAY - timedelta(days=one) for one in days]
    assert all(one.idle for one in found.values())


@pytest.mark.parametrize(("age", "idle"), [(89, False), (IDLE_DAYS + 3, True)])
async def test_a_text_shows_no_day_and_is_asked_for_by_its_age(age: int, idle: bool) -> None:
    found = await uses(StandIn(texts=touches(2, "Lead", age=age)), LEAD)
    assert found[LEAD].loss.texts == Count(2)
    assert (found[LEAD].last, found[LEAD].idle) == (None, idle)


@pytest.mark.parametrize("shows", [server.null_shown, server.left_out])
async def test_rows_that_show_no_tags_make_a_number_unknown_and_no_zero(shows: object) -> None:
    history = StandIn(calls=touches(700, "Lead", age=300), shows=shows)  # type: ignore[arg-type]
    found = await uses(history, *many(["Lead", "Old", "Other"]))
    assert {one.loss.calls for one in found.values()} == {UNKNOWN}
    assert not any(one.idle or one.none for one in found.values())


async def test_a_row_that_shows_only_some_of_its_tags_leaves_a_lower_bound_where_it_is() -> None:
    calls = touches(3, "Lead") + touches(2, "Old", "Lead", company="COM2")
    history = StandIn(calls=calls, shows=server.half_named)
    found = await uses(history, LEAD, LEAD_AT_1)
    assert found[LEAD].loss.calls == Count(3, Precision.AT_LEAST)
    assert found[LEAD_AT_1].loss.calls == Count(3)


async def test_where_no_row_has_a_tag_the_filter_must_agree() -> None:
    untagged = StandIn(forms=touches(700), calls=touches(5, "Lead"))
    asked = many(["Lead", "Old", "Other"])
    found = await uses(untagged, *asked)
    assert {one.loss.forms for one in found.values()} == {NONE}
    # Three pages at once, the dates, and one question for all names.
    assert pages(untagged, "form_submissions.json") == 3 + 1 + 1
    hidden = StandIn(forms=touches(700, "Lead"), shows=server.none_shown)
    assert {one.loss.forms for one in (await uses(hidden, *asked)).values()} == {UNKNOWN}


async def test_what_the_key_may_not_read_is_unknown_and_gives_the_reason() -> None:
    history = StandIn(calls=touches(5, "Lead"), refuses={"sms-threads.json": 403})
    history.tags.append(tag_row(1, "Lead"))
    provider = straight(history)
    await provider.tags()
    found = await provider.uses([LEAD])
    assert found.of[LEAD].loss.texts == UNKNOWN
    assert found.uncounted.keys() == {"texts"}


async def test_calls_that_come_in_while_pages_are_read_spoil_nothing() -> None:
    history = StandIn(calls=[Touch(tags=("Lead",), age=40) for _ in range(2_600)])

    def another(call: server.Call) -> None:
        if call.path.endswith("calls.json") and call.query.get("order") == "asc":
            # Listed newest last, as was asked for; the stand-in sorts by age alone.
            history.calls.append(Touch(tags=("Lead",), age=700))

    history.before = another
    found = await uses(history, *many([f"Name {number}" for number in range(9)]), LEAD)
    assert found[LEAD].loss.calls.least >= 2_600
    assert found[LEAD].loss.calls.most is not None


async def test_calls_that_keep_vanishing_leave_a_lower_bound() -> None:
    history = StandIn(calls=touches(2_600, "Lead"))

    def fewer(call: server.Call) -> None:
        if call.path.endswith("calls.json"):
            del history.calls[-7:]

    history.before = fewer
    found = await uses(history, *many([f"Name {number}" for number in range(9)]), LEAD)
    assert found[LEAD].loss.calls.precision is Precision.AT_LEAST


async def test_a_name_that_a_server_tidied_may_be_a_live_one() -> None:
    history = StandIn(calls=touches(3, "Lead") + touches(2, "LEAD "))
    assert (await uses(history, LEAD))[LEAD].loss.calls == Count(5, Precision.AT_MOST)
    both = replace(history, tags=[tag_row(1, "LEAD "), tag_row(2, "Lead")])
    assert (await uses(both, LEAD))[LEAD].loss.calls == Count(3)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(histories(), odd_servers(), st.sampled_from([3, 7, 250]))
async def test_whatever_the_server_does_the_truth_is_within_the_count(
    rows: list[Touch], odd: dict[str, object], cap: int
) -> None:
    history = StandIn(calls=rows, forms=rows, texts=rows, page_cap=cap, **odd)  # type: ignore[arg-type]
    # Nobody can see that dates are ignored where the days covered unasked are empty.
    assume(odd.get("dates") != "ignored" or any(one.age < 7 for one in rows))
    names = sorted({tag for one in rows for tag in one.tags} | {"Lead", "Never"})
    for at, use in (await uses(history, *many(names))).items():
        true = [
            one
            for one in rows
            if at.name in one.tags and at.company_id in {None, one.company} and not one.spam
        ]
        for counted in (use.loss.calls, use.loss.forms, use.loss.texts):
            assert counted.least <= len(true), (at, counted, len(true))
            assert counted.most is None or len(true) <= counted.most, (at, counted, len(true))
        assert not use.idle or all(one.age > IDLE_DAYS for one in true), (at, use)
        assert use.last is None or any(TODAY - timedelta(days=one.age) >= use.last for one in true)
