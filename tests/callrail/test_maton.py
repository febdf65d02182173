from __future__ import annotations

import pytest

from reconciler.callrail.client import connect
from reconciler.errors import (
    AuthError,
    NotFoundError,
    ProtocolError,
    UnknownOutcomeError,
    UsageError,
)
from tests.callrail.clients import KEY, maton, scenario, settings
from tests.callrail.stand_in import Call, Reply

ROW = {
    "connection_id": "75364cb9-7116-4367-a707-1113d426f17d",
    "status": "ACTIVE",
    "creation_time": "2026-02-10T09:55:17.574212Z",
    "last_updated_time": "2026-02-10T09:55:34.693801Z",
    "url": "https://connect.maton.ai/?session_token=abc",
    "app": "callrail",
    "metadata": {},
}


@pytest.mark.parametrize("payload", [{"connections": [ROW]}, [ROW]])
async def test_connections_are_listed_for_callrail_with_the_key_of_maton(payload: object) -> None:
    async with scenario(lambda _: Reply(payload=payload), credential=maton()) as s:
        (found,) = await s.client.control.list(status="ACTIVE")
        assert (found.id, found.status) == (ROW["connection_id"], "ACTIVE")
        call = s.server.calls[0]
        assert call.path == "/connections"
        assert call.query == {"app": "callrail", "status": "ACTIVE"}
        assert call.headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("name", ["connection_id", "connection_Id", "id"])
async def test_the_id_of_a_connection_has_three_spellings(name: str) -> None:
    row = {field: value for field, value in ROW.items() if field != "connection_id"}
    row[name] = "abc-1"

    async with scenario(lambda _: Reply(payload={"connections": [row]}), credential=maton()) as s:
        assert [one.id for one in await s.client.control.list()] == ["abc-1"]


async def test_connections_of_other_apps_are_left_out() -> None:
    rows = [ROW, {**ROW, "app": "slack", "connection_id": "other"}]

    async with scenario(lambda _: Reply(payload={"connections": rows}), credential=maton()) as s:
        assert [one.id for one in await s.client.control.list()] == [ROW["connection_id"]]


@pytest.mark.parametrize("payload", [{"connection": ROW}, ROW])
async def test_one_connection_is_read_in_either_shape(payload: object) -> None:
    async with scenario(lambda _: Reply(payload=payload), credential=maton()) as s:
        found = await s.client.control.get("75364cb9")
        assert found.url == ROW["url"]
        assert s.server.lines == ["GET /connections/75364cb9"]


async def test_a_created_connection_has_its_url_even_when_the_answer_leaves_it_out() -> None:
    short = {"connection_id": "abc"}

    def handle(call: Call) -> Reply:
        return Reply(payload=short if call.method == "POST" else {"connection": ROW})

    async with scenario(handle, credential=maton()) as s:
        assert (await s.client.control.create()).url == ROW["url"]
        assert s.server.calls[0].body == {"app": "callrail"}


@pytest.mark.parametrize("reply", [Reply(reset=True), Reply(status=500), Reply(payload={})])
async def test_a_lost_create_is_unknown_and_not_repeated(reply: Reply) -> None:
    async with scenario(lambda _: reply, credential=maton()) as s:
        with pytest.raises(UnknownOutcomeError):
            await s.client.control.create()
        assert s.client.requests == 1


@pytest.mark.parametrize("url", ["javascript:alert(1)", "http://evil.example", "https://a b", 5])
async def test_people_are_sent_to_no_odd_address(url: object) -> None:
    async with scenario(lambda _: Reply(payload={**ROW, "url": url}), credential=maton()) as s:
        with pytest.raises(ProtocolError):
            await s.client.control.get("abc")


async def test_a_connection_is_deleted_and_a_missing_one_is_named() -> None:
    def handle(call: Call) -> Reply:
        return Reply(status=204) if call.path.endswith("/abc") else Reply(status=404, payload={})

    async with scenario(handle, credential=maton()) as s:
        await s.client.control.delete("abc")
        with pytest.raises(NotFoundError):
            await s.client.control.delete("other")


async def test_a_lost_delete_is_resolved_by_reading() -> None:
    def handle(call: Call) -> Reply:
        return Reply(reset=True) if call.method == "DELETE" else Reply(payload={"connections": []})

    async with scenario(handle, credential=maton()) as s:
        await s.client.control.delete("abc")


async def test_the_control_plane_is_for_matons_key() -> None:
    async with scenario(lambda _: Reply(payload={})) as s:
        with pytest.raises(UsageError):
            _ = s.client.control
    with pytest.raises(AuthError):
        _ = connect(settings("http://127.0.0.1:1", credential=None)).control
