from __future__ import annotations

from datetime import UTC, datetime

import pytest

from reconciler.callrail.impact import retention_start, tags_of
from reconciler.errors import ProtocolError
from reconciler.model.change import UNKNOWN, Count, Precision
from tests.callrail.clients import ACCOUNT_PLACE, DENTAL, live, run, stage
from tests.callrail.tag_server import TagServer
from tests.callrail.wire_server import Call, Reply


def calls(count: int, *names: str, company: str = "COM1") -> list[dict[str, object]]:
    return [
        {"id": f"CAL{number}", "company_id": company, "tags": list(names)}
        for number in range(count)
    ]


def impact(
    server: TagServer, *names: str, place: object = ACCOUNT_PLACE
) -> tuple[list[Count], int]:
    async def work() -> tuple[list[Count], int]:
        async with stage(server) as s:
            losses = [await s.provider.usage(place, live(1, name)) for name in names]  # type: ignore[arg-type]
            return [loss.calls for loss in losses], s.client.requests

    return run(work())


def test_a_count_costs_one_request_once_the_filter_has_proved_itself() -> None:
    server = TagServer(calls=calls(400, "Lead") + calls(40, "Spam"))
    found, requests = impact(server, "Lead", "Spam", "Nobody")
    assert found == [Count(400), Count(40), Count(0)]
    assert requests == 4


def test_tags_may_be_objects() -> None:
    row: dict[str, object] = {"id": "CAL1", "tags": [{"name": "Lead"}]}
    assert impact(TagServer(calls=[row]), "Lead")[0] == [Count(1)]
    assert tags_of({"id": "CAL2", "tags": None}) == ()


@pytest.mark.parametrize("tags", ["Lead", [5], [{"id": 1}], {}])
def test_tags_of_another_shape_are_not_guessed_at(tags: object) -> None:
    with pytest.raises(ProtocolError):
        tags_of({"tags": tags})


def test_a_company_tag_counts_the_companys_calls() -> None:
    server = TagServer(calls=calls(5, "Lead", company="COM1") + calls(7, "Lead", company="COM2"))
    assert impact(server, "Lead", place=DENTAL)[0] == [Count(5)]


def test_a_filter_that_is_ignored_is_not_believed() -> None:
    few = TagServer(calls=calls(6, "Lead") + calls(6, "Spam"), filter_by_tag=False)
    assert impact(few, "Lead", "Spam", "Nobody")[0] == [Count(6), Count(6), Count(0)]
    many = TagServer(calls=calls(2_000, "Lead"), filter_by_tag=False)
    found, _ = impact(many, "Lead", "Nobody")
    assert found == [Count(1_000, Precision.AT_LEAST), UNKNOWN]


def test_a_filter_that_finds_nothing_at_all_is_not_believed() -> None:
    class Blind(TagServer):
        def _list(self, what: str, call: Call) -> Reply:
            if "tags" in call.query:
                return Reply(payload={"calls": [], "total_records": 0})
            return super()._list(what, call)

    assert impact(Blind(calls=calls(2_000, "Lead")), "Lead")[0] == [
        Count(1_000, Precision.AT_LEAST)
    ]


def test_no_calls_at_all_is_an_exact_zero() -> None:
    assert impact(TagServer(), "Lead") == ([Count(0)], 3)


def test_a_period_that_the_server_refuses_makes_the_count_a_lower_bound() -> None:
    class Short(TagServer):
        def _list(self, what: str, call: Call) -> Reply:
            if "start_date" in call.query:
                return Reply(status=400, payload={"error": "too far back"})
            return super()._list(what, call)

    server = Short(calls=calls(9, "Lead"))
    assert impact(server, "Lead")[0] == [Count(9, Precision.AT_LEAST)]


def test_a_server_that_refuses_to_count_leaves_it_unknown() -> None:
    class Shut(TagServer):
        def _list(self, what: str, call: Call) -> Reply:
            return Reply(status=422, payload={"error": "no"})

    assert impact(Shut(), "Lead")[0] == [UNKNOWN]


@pytest.mark.parametrize(
    ("now", "start"),
    [
        (datetime(2026, 11, 24, 2, 7, tzinfo=UTC), "2024-10-25T00:00:00+00:00"),
        (datetime(2026, 1, 1, tzinfo=UTC), "2023-12-02T00:00:00+00:00"),
        (datetime(2026, 3, 31, 23, 59, tzinfo=UTC), "2024-03-01T00:00:00+00:00"),
        (datetime(2028, 3, 31, tzinfo=UTC), "2026-03-01T00:00:00+00:00"),
    ],
)
def test_the_period_starts_just_within_25_months(now: datetime, start: str) -> None:
    assert retention_start(now.timestamp()) == start
