from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.callrail.catalog import RESOURCES
from reconciler.callrail.resources import Query, parameters
from reconciler.errors import ProtocolError, UsageError
from tests.callrail.clients import scenario
from tests.callrail.stand_in import ACCOUNT, BASE, Call, Reply, StandIn, page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.callrail.resources import Row
    from tests.callrail.stand_in import Handler


async def read(handler: Handler, resource: str, **options: object) -> tuple[list[Row], list[Call]]:
    async with scenario(handler) as s:
        account = None if resource == "accounts" else ACCOUNT
        query = Query(resource=resource, account=account, **options)  # type: ignore[arg-type]
        return [row async for row in s.client.resources.rows(query)], s.server.calls


def rows(count: int) -> list[dict[str, object]]:
    return [{"id": f"CAL{number}"} for number in range(count)]


@pytest.mark.parametrize("name", [name for name in RESOURCES if RESOURCES[name].paged])
async def test_every_listing_is_complete_and_asks_at_its_documented_path(name: str) -> None:
    resource = RESOURCES[name]
    filters = tuple((required, "COM1") for required in resource.required)
    found, calls = await read(
        lambda call: Reply(payload=page(rows(600), call, key=resource.rows[0], cap=250)),
        name,
        filters=filters,
    )
    assert found == rows(600)
    assert len(calls) == 3
    listing = {"forms": "form_submissions", "texts": "sms-threads"}.get(name, name)
    assert calls[0].path == ("/v3/a.json" if name == "accounts" else f"{BASE}/{listing}.json")


@pytest.mark.parametrize(("limit", "requests"), [(0, 0), (1, 1), (10, 1), (250, 1), (300, 2)])
@pytest.mark.parametrize("name", ["users", "calls"])
async def test_a_limit_reads_no_more_than_it_needs(name: str, limit: int, requests: int) -> None:
    found, calls = await read(
        lambda call: Reply(payload=page(rows(600), call, key=name, cap=250)), name, limit=limit
    )
    assert found == rows(limit)
    assert len(calls) == requests


@pytest.mark.parametrize(
    ("name", "path", "payload", "expected"),
    [
        (
            "call-summary",
            "/calls/summary.json",
            {"start_date": "x", "total_results": {"total_calls": 42}},
            [{"start_date": "x", "total_results": {"total_calls": 42}}],
        ),
        (
            "call-summary",
            "/calls/summary.json",
            {"grouped_results": [{"key": "a"}, {"key": "b"}]},
            [{"key": "a"}, {"key": "b"}],
        ),
        (
            "call-timeseries",
            "/calls/timeseries.json",
            {"data": [{"key": "2026-02-03", "total_calls": 5}]},
            [{"key": "2026-02-03", "total_calls": 5}],
        ),
    ],
)
async def test_what_comes_in_one_piece(
    name: str, path: str, payload: Mapping[str, object], expected: list[Row]
) -> None:
    found, calls = await read(lambda _: Reply(payload=payload), name)
    assert found == expected
    assert [call.path for call in calls] == [BASE + path]


async def relative(
    next_page: object, *, has_next: object = True
) -> tuple[list[Row], list[Call], str | None]:
    """Read calls from a server whose first page leads to ``next_page``."""

    def handle(call: Call) -> Reply:
        first = "offset" not in call.query
        payload = {"calls": rows(2) if first else [{"id": "CAL9"}]}
        return Reply(
            payload=payload | {"has_next_page": has_next, "next_page": next_page}
            if first
            else payload | {"has_next_page": False, "next_page": None}
        )

    try:
        found, calls = await read(handle, "calls", filters=(("search", "a b"),))
    except ProtocolError as error:
        return [], [], error.message
    return found, calls, None


@pytest.mark.parametrize(
    "url",
    [
        f"https://api.callrail.com{BASE}/calls.json?offset=2&per_page=250&search=evil",
        f"{BASE}/calls.json?offset=2&per_page=250",
        "?offset=2",
        "https://api.callrail.com/v3/a/1/calls?action=index&agency_id=1&format=json&offset=2&page=1",
    ],
)
async def test_relative_pagination_takes_the_query_and_nothing_else(url: str) -> None:
    found, calls, _ = await relative(url)
    assert [row["id"] for row in found] == ["CAL0", "CAL1", "CAL9"]
    assert calls[1].path == f"{BASE}/calls.json"
    assert calls[1].query["offset"] == "2"
    assert calls[1].query["search"] == "a b"
    assert not {"action", "agency_id", "format"} & set(calls[1].query)


@pytest.mark.parametrize(
    ("url", "has_next"),
    [
        ("https://evil.example/v3/a/ACC1/calls.json?offset=2", True),
        ("//evil.example/?offset=2", True),
        (None, True),
        (5, True),
        (f"{BASE}/calls.json", True),
        ("?relative_pagination=true&per_page=250", True),
        ("?offset=2", "yes"),
    ],
)
async def test_a_next_page_that_leads_nowhere_good_is_refused(
    url: object, has_next: object
) -> None:
    assert (await relative(url, has_next=has_next))[2] is not None


async def test_calls_that_move_between_pages_come_once() -> None:
    def handle(call: Call) -> Reply:
        first = call.query.get("page", "1") == "1"
        payload = {"total_records": 3, "calls": rows(2) if first else rows(3)[1:]}
        return Reply(payload=payload)

    found, _ = await read(handle, "calls")
    assert found == rows(3)


async def test_a_listing_that_ends_early_is_an_error() -> None:
    with pytest.raises(ProtocolError, match="2 came"):
        await read(
            lambda call: Reply(
                payload={"total_records": 3, "calls": [] if "page" in call.query else rows(2)}
            ),
            "calls",
        )


@pytest.mark.parametrize(
    ("resource", "account", "filters"),
    [
        ("secrets", ACCOUNT, ()),
        ("tags", None, ()),
        ("accounts", ACCOUNT, ()),
        ("tags", ACCOUNT, (("page", "2"),)),
        ("integrations", ACCOUNT, ()),
    ],
)
async def test_what_the_api_does_not_have_is_a_usage_error(
    resource: str, account: str | None, filters: tuple[tuple[str, str], ...]
) -> None:
    async with scenario(StandIn()) as s:
        query = Query(resource=resource, account=account, filters=filters)
        with pytest.raises(UsageError):
            await anext(s.client.resources.rows(query))


async def test_an_account_that_is_a_path_is_refused() -> None:
    async with scenario(StandIn()) as s:
        with pytest.raises(ProtocolError):
            await anext(s.client.resources.rows(Query(resource="tags", account="../../x")))
        assert s.client.requests == 0


@pytest.mark.parametrize(
    ("resource", "filters", "sent"),
    [
        ("calls", (("tags", "A"),), [("tags", "A")]),
        ("calls", (("tags", "A"), ("tags", "B")), [("tags[]", "A"), ("tags[]", "B")]),
        ("calls", (("tags", "A, B"),), [("tags[]", "A, B")]),
        ("calls", (("tracker_id", "TRK1"),), [("tracker_id", "TRK1")]),
        ("call-summary", (("tracker_id", "TRK1"),), [("tracker_ids[]", "TRK1")]),
        ("call-summary", (("fields", "leads,total_calls"),), [("fields", "leads,total_calls")]),
        ("tags", (("level", "account"),), [("tag_level", "account")]),
    ],
)
def test_filters_are_sent_as_the_reference_names_them(
    resource: str, filters: tuple[tuple[str, str], ...], sent: list[tuple[str, str]]
) -> None:
    assert list(parameters(RESOURCES[resource], filters)) == sent


@pytest.mark.parametrize("key", ["sms_threads", "sms-threads"])
async def test_text_threads_are_found_under_either_key(key: str) -> None:
    found, _ = await read(
        lambda call: Reply(payload=page(rows(3), call, key=key, cap=250)), "texts"
    )
    assert found == rows(3)


@pytest.mark.parametrize(
    ("resource", "path"),
    [
        ("forms", "form_submissions/X1.json"),
        ("texts", "sms-threads/X1.json"),
        ("message-flows", "message-flows/X1.json"),
        ("integrations", "integrations/X1.json"),
        ("calls", "calls/X1.json"),
    ],
)
async def test_one_row_is_asked_for_at_its_own_address(resource: str, path: str) -> None:
    async with scenario(lambda _: Reply(payload={"id": "X1"})) as s:
        query = Query(resource=resource, account=ACCOUNT)
        assert await s.client.resources.one(query, "X1") == {"id": "X1"}
        assert [call.path for call in s.server.calls] == [f"{BASE}/{path}"]
