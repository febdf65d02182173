"""Which flows apply a tag, in whatever form their steps name it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.callrail.references import MOST_MESSAGE_FLOWS
from reconciler.model.change import NONE, UNKNOWN, Count, Precision
from tests.callrail.clients import ACCOUNT_PLACE, DENTAL, live, straight
from tests.callrail.stand_in import StandIn, tag_row

if TYPE_CHECKING:
    from reconciler.model.tag import LiveTag, Place

BOOKED = live(7_200_111, "Booked")
BOOKED_ROW = tag_row(7_200_111, "Booked")


async def flows(history: StandIn, tag: LiveTag = BOOKED, place: Place = ACCOUNT_PLACE) -> Count:
    return (await straight(history).flows(place, tag)).number


def tracker(*steps: object, company: str = "COM1", **more: object) -> dict[str, object]:
    return {
        "id": f"TRK{company}{len(steps)}",
        "status": "active",
        "company": {"id": company, "name": "Dental"},
        "call_flow": {"type": "advanced", "initial_step_id": "CRS1", "steps": list(steps)},
        **more,
    }


def with_tracker(*steps: object, **more: object) -> StandIn:
    return StandIn(tags=[BOOKED_ROW], trackers=[tracker(*steps, **more)])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "step",
    [
        {"id": 1, "type": "tag", "tag_ids": [7_200_111]},
        {"id": 1, "type": "tag", "tag_ids": ["7200111"]},
        {"id": 1, "type": "tag", "tags": ["Other", "Booked"]},
        {"id": 1, "type": "tag", "value": {"id": 7_200_111}},
        {"id": 1, "type": "tag", "name": "Booked"},
        {"id": 1, "type": "apply_tag", "what": "Booked"},
        {"id": 1, "type": "label", "tagName": "Booked"},
        {"id": 1, "type": "label", "options": [{"tag_id": 7_200_111}]},
        {"id": 1, "type": "label", "tag": {"id": "7200111", "name": "booked"}},
    ],
)
async def test_a_step_that_speaks_of_tags_applies_those_it_names(step: object) -> None:
    assert await flows(with_tracker({"id": 2, "type": "dial"}, step)) == Count(1)


@pytest.mark.parametrize(
    "step",
    [
        {"id": 1, "type": "menu", "menu_options": [{"key": "1", "description": "Booked"}]},
        {"id": 1, "type": "unheard of", "value": 7_200_111},
    ],
)
async def test_the_name_or_id_elsewhere_may_mean_the_tag(step: object) -> None:
    assert await flows(with_tracker(step)) == Count(1, Precision.AT_MOST)


@pytest.mark.parametrize(
    "step",
    [
        {"id": 7_200_111, "type": "dial", "timeout_step_id": 7_200_111},
        {"id": 1, "type": "menu", "menu_options": [{"next_step_id": 7_200_111}]},
        {"id": 1, "type": "Booked"},
        {"id": 1, "type": "tag", "tags": ["Booked twice"], "tag_ids": [72_001_110]},
        {"id": 1, "type": "round_robin", "percentage": 100},
    ],
)
async def test_what_only_looks_like_it_does_not(step: object) -> None:
    assert await flows(with_tracker(step)) == NONE


async def test_trackers_that_are_disabled_or_have_no_steps_apply_nothing() -> None:
    step = {"id": 1, "type": "tag", "tags": ["Booked"]}
    assert await flows(with_tracker(step, status="disabled")) == NONE
    assert (
        await flows(with_tracker(call_flow={"type": "basic", "destination_number": "+1"})) == NONE
    )


async def test_a_name_means_the_tracker_s_own_company() -> None:
    history = with_tracker({"id": 1, "type": "tag", "tags": ["Booked"]}, company="COM2")
    own = BOOKED._replace(company_id="COM1")
    assert await flows(history, own, DENTAL) == NONE
    assert await flows(history) == Count(1)
    history.trackers.append(tracker({"id": 1, "type": "tag", "tags": ["Booked"]}))
    assert await flows(history, own._replace(id=5), DENTAL) == Count(1, Precision.AT_MOST)


async def test_message_flows_name_tags_by_id() -> None:
    steps = {
        "MFS01": {"id": "MFS01", "type": "tag", "next_step_id": None, "tag_ids": [7_200_111]},
        "MFS02": {"id": "MFS02", "type": "message", "text": "Booked"},
    }
    other = {"MFS01": {"id": "MFS01", "type": "tag", "tag_ids": [7_200_112]}}
    history = StandIn(tags=[BOOKED_ROW], flows={"MFL1": steps, "MFL2": other, "MFL3": steps})
    assert await flows(history) == Count(2)
    loss = await straight(history).usage(ACCOUNT_PLACE, BOOKED)
    assert loss.flow_names == ("MFL1", "MFL3")


async def test_each_kind_of_flow_is_read_once() -> None:
    history = StandIn(tags=[BOOKED_ROW], flows={"MFL1": {}, "MFL2": []})
    provider = straight(history)

    for number in range(5):
        await provider.flows(ACCOUNT_PLACE, BOOKED._replace(id=number + 1))
    read = [call.path.rsplit("/", 1)[-1] for call in history.asked]
    assert sorted(read) == [
        "MFL1.json", "MFL2.json", "message-flows.json", "tags.json", "trackers.json",
    ]  # fmt: skip


@pytest.mark.parametrize("status", [403, 404])
@pytest.mark.parametrize("path", ["message-flows.json", "trackers.json", "message-flows/MFL1.json"])
async def test_flows_that_can_t_be_read_are_unknown(path: str, status: int) -> None:
    history = StandIn(tags=[BOOKED_ROW], flows={"MFL1": {}}, refuses={path: status})
    provider = straight(history)
    assert (await provider.flows(ACCOUNT_PLACE, BOOKED)).number == UNKNOWN
    kind = "call flows" if path.startswith("trackers") else "message flows"
    assert list(provider.uncounted) == [kind]


async def test_what_is_known_is_a_lower_bound_where_the_rest_can_t_be_read() -> None:
    history = with_tracker({"id": 1, "type": "tag", "tags": ["Booked"]})
    history.refuses["message-flows.json"] = 403
    assert await flows(history) == Count(1, Precision.AT_LEAST)


@pytest.mark.parametrize("steps", [None, "tag", 5])
async def test_a_flow_whose_steps_are_none_is_unknown(steps: object) -> None:
    assert await flows(StandIn(tags=[BOOKED_ROW], flows={"MFL1": steps})) == UNKNOWN


async def test_more_flows_than_are_read_are_unknown() -> None:
    many: dict[str, object] = {f"MFL{number}": {} for number in range(MOST_MESSAGE_FLOWS + 1)}
    history = StandIn(tags=[BOOKED_ROW], flows=many)
    provider = straight(history)
    assert (await provider.flows(ACCOUNT_PLACE, BOOKED)).number == UNKNOWN
    assert "51 message flows" in provider.uncounted["message flows"]
    assert len(history.asked) == 3


async def test_a_step_that_is_nested_without_end_is_unknown() -> None:
    step: dict[str, object] = {"type": "tag"}
    for _ in range(50):
        step = {"inner": step}
    assert await flows(with_tracker(step)) == UNKNOWN
