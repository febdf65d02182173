from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING

import pytest

from reconciler.callrail.runtime import QuotaSettings, Sent, Stop
from reconciler.errors import (
    ApiError,
    AuthError,
    Interrupted,
    ProtocolError,
    QuotaError,
    ReconcilerError,
    RejectedError,
    UnreachableError,
)
from tests.callrail.clients import (
    ACCOUNT_PLACE,
    KEY,
    FakeClock,
    account,
    desired,
    live,
    maton,
    scenario,
    settings,
    straight,
)
from tests.callrail.stand_in import Call, Fault, Reply, StandIn, tag_row, tag_rows
from tests.callrail.wire_server import WireServer

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from reconciler.provider import Provider

THROTTLED = Reply(status=429, payload={"error": "Rate limit exceeded"})
HTML = Reply(body=b"<html>hello</html>", headers={"Content-Type": "text/html"})


async def reading(
    reply: Reply, times: int = 99, places: Collection[str | None] | None = None, **changes: object
) -> tuple[Exception | None, int]:
    """The error of reading tags from a server that answers ``reply``, and what it cost."""

    server = StandIn(faults=[Fault(method="GET", reply=reply, times=times)])
    async with scenario(server, **changes) as s:
        provider: Provider = s.provider
        try:
            await provider.tags(places)
        except ReconcilerError as error:
            return error, s.client.requests
        return None, s.client.requests


@pytest.mark.parametrize(
    ("reply", "kind", "requests"),
    [
        (Reply(reset=True), ApiError, 4),
        (Reply(status=500, payload={"error": "oops"}), ApiError, 4),
        (Reply(body=b'{"tags"', announce=99), ApiError, 4),
        (Reply(body=b"{"), ApiError, 4),
        (HTML, ProtocolError, 1),
        (Reply(status=302, headers={"Location": "https://evil.example/x"}), ProtocolError, 1),
        (Reply(payload=[]), ProtocolError, 1),
        (Reply(payload={"tags": [], "total_records": "0"}), ProtocolError, 1),
        (Reply(payload={"tags": [], "total_records": True}), ProtocolError, 1),
        (Reply(payload={"tags": [], "total_records": -1}), ProtocolError, 1),
        (Reply(payload={"tags": [], "total_records": 10**12}), ProtocolError, 1),
        (Reply(payload={"tags": [tag_row(1, "a")], "total_pages": 10**9}), ProtocolError, 1),
        (Reply(payload={"tags": ["a"]}), ProtocolError, 1),
        (Reply(status=401, payload={"error": "bad key"}), AuthError, 1),
        (Reply(status=403, body=b"<html>"), AuthError, 1),
        (Reply(status=400, payload={"error": "bad page"}), RejectedError, 1),
    ],
)
async def test_a_read_that_fails_gives_its_error_and_no_listing(
    reply: Reply, kind: type[Exception], requests: int
) -> None:
    error, cost = await reading(reply)
    assert type(error) is kind
    assert cost == requests


async def test_a_filter_whose_answers_break_off_is_no_reason_to_read_the_whole() -> None:
    error, cost = await reading(Reply(body=b'{"tags"', announce=99), places=[None])
    assert type(error) is ApiError
    assert cost == 4


@pytest.mark.parametrize("reply", [Reply(reset=True), Reply(status=503), Reply(body=b"")])
async def test_a_read_survives_three_failures(reply: Reply) -> None:
    assert await reading(reply, times=3) == (None, 4)


async def test_a_server_that_is_not_there_is_named() -> None:
    async with scenario(StandIn()) as s:
        await s.server.__aexit__()
        with pytest.raises(UnreachableError, match=r"127\.0\.0\.1"):
            await s.provider.tags()
        assert s.client.requests == 4


async def test_a_dead_server_costs_few_requests_whatever_was_to_be_done() -> None:
    dead = StandIn(faults=[Fault(method="PUT", reply=Reply(status=503), times=999)])
    dead.tags = tag_rows(100)
    async with scenario(dead) as s:
        await s.provider.tags()
        updates = [s.provider.update(live(n, f"tag {n}"), desired("x")) for n in range(1, 101)]
        results = await asyncio.gather(*updates, return_exceptions=True)
        assert all(isinstance(result, ApiError) for result in results)
        writes = sum(call.method == "PUT" for call in s.server.calls)
        assert writes <= 100 + 10 + s.client.requests // 10 + 1


async def test_the_wrong_gateway_is_named_as_likely() -> None:
    error, _ = await reading(Reply(status=401, payload={"error": "HTTP Token: Access denied."}))
    assert isinstance(error, AuthError)
    assert "CALLRAIL_API_KEY" in error.message
    assert "MATON_API_KEY" in (error.hint or "")


async def test_the_gateways_own_errors_get_their_hints() -> None:
    error, _ = await reading(Reply(status=500, payload={"error": "x"}), credential=maton())
    assert "OAuth" in (getattr(error, "hint", "") or "")
    error, _ = await reading(
        Reply(status=400, payload={"error": "No connection"}), credential=maton()
    )
    assert "connections create" in (getattr(error, "hint", "") or "")


MATONS: dict[str, Callable[[str], dict[str, object]]] = {
    "message": lambda shown: {"message": shown},
    "error": lambda shown: {"error": {"message": shown}},
    "detail": lambda shown: {"detail": shown},
    "a list": lambda shown: {"detail": [{"loc": ["header"], "msg": shown}]},
}


@pytest.mark.parametrize("shape", list(MATONS))
async def test_matons_own_errors_are_reported_in_their_words(shape: str) -> None:
    payload = MATONS[shape]("no such thing")
    error, _ = await reading(Reply(status=400, payload=payload), credential=maton())
    assert "no such thing" in str(error)
    assert "no usable connection" in (getattr(error, "hint", "") or "")
    error, _ = await reading(Reply(status=401, payload=payload), credential=maton())
    assert isinstance(error, AuthError)
    assert "no such thing. The key of MATON_API_KEY was refused ('" in error.message


@pytest.mark.parametrize("payload", [{"error": "no"}, {"errors": ["no"]}, None])
async def test_an_error_that_may_be_callrails_is_not_blamed_on_maton(payload: object) -> None:
    error, _ = await reading(Reply(status=400, payload=payload), credential=maton())
    assert not getattr(error, "hint", None)
    error, _ = await reading(Reply(status=401, payload=payload), credential=maton())
    assert "or the grant of its connection has expired" in str(error)


async def test_a_redirect_names_its_target_and_the_key_stays() -> None:
    async with WireServer(lambda _: Reply(payload={})) as elsewhere:
        away = Reply(status=307, headers={"Location": elsewhere.url + "/x?y"})
        for call in ("tags", "companies"):
            async with scenario(lambda _: away, credential=maton()) as s:
                with pytest.raises(ProtocolError) as caught:
                    await getattr(s.provider, call)()
                assert elsewhere.url in caught.value.message
        assert elsewhere.calls == []


async def test_a_429_is_waited_out_once_for_all() -> None:
    server = StandIn(tags=tag_rows(2_500))
    server.faults = [Fault(method="GET", reply=THROTTLED, nth=2, times=9)]
    async with scenario(server) as s:
        assert len((await s.provider.tags()).tags) == 2_500
        assert s.client.requests == 19
        clock = s.settings.clock
        assert isinstance(clock, FakeClock)
        assert clock.now < 1_003


@pytest.mark.parametrize(("max_wait", "requests"), [(0.0, 1), (30.0, 7)])
async def test_a_429_that_lasts_ends_with_the_quotas_error(max_wait: float, requests: int) -> None:
    error, cost = await reading(THROTTLED, max_wait=max_wait)
    assert isinstance(error, QuotaError)
    assert cost <= requests


@pytest.mark.parametrize(("header", "waited"), [("20", 20), ("0", 1), ("nonsense", 1)])
async def test_retry_after_is_honoured(header: str, waited: float) -> None:
    reply = Reply(status=429, headers={"Retry-After": header})
    async with scenario(StandIn(faults=[Fault(method="GET", reply=reply)])) as s:
        await s.provider.tags()
        assert waited * 0.5 <= s.settings.clock.monotonic() - 1_000 <= waited


async def test_a_refused_read_reports_what_was_asked_for() -> None:
    error, _requests = await reading(Reply(status=400, payload={"error": "per_page is too large"}))
    shown = "GET /v3/a/ACC1/tags.json: refused (400): per_page is too large"
    assert str(error) == shown


async def test_a_long_wait_for_the_quota_is_reported_once(caplog: pytest.LogCaptureFixture) -> None:
    throttled = Reply(status=429, payload={"error": "slow down"}, headers={"Retry-After": "50"})
    with caplog.at_level(logging.WARNING, logger="reconciler"):
        error, _requests = await reading(throttled, times=1)
    assert error is None
    assert [record.message for record in caplog.records] == [
        "acme has used up its quota (429): waiting 50s for the quota"
    ]


async def test_a_create_that_waited_long_reads_before_it_is_sent() -> None:
    def appear(server: StandIn, call: Call) -> None:
        if call.method == "POST":
            server.tags.append(tag_row(9, "Lead"))

    reply = Reply(status=429, headers={"Retry-After": "120"})
    server = StandIn(faults=[Fault(method="POST", reply=reply)])
    async with scenario(server, max_wait=600.0) as s:
        await s.provider.tags()
        server.before = lambda call: appear(server, call)
        made = await s.provider.create(ACCOUNT_PLACE, desired("Lead"))
    assert (made.tag.id, made.adopted) == (9, True)


async def delete_after_a_long_wait(server: StandIn, meanwhile: Callable[[], None]) -> None:
    """Delete tag 7, which meets a 429 for two minutes; ``meanwhile`` happens during the wait."""
    reply = Reply(status=429, headers={"Retry-After": "120"})
    server.faults.append(Fault(method="DELETE", reply=reply))

    def before(call: Call) -> None:
        if call.method == "DELETE":
            meanwhile()

    async with scenario(server, max_wait=600.0) as s:
        (tag,) = (await s.provider.tags()).tags
        server.before = before
        await s.provider.delete(tag)


async def test_a_delete_that_waited_long_spares_a_tag_that_changed_meanwhile() -> None:
    server = StandIn(tags=[tag_row(7, "Lead")])
    with pytest.raises(RejectedError, match="changed"):
        await delete_after_a_long_wait(
            server, lambda: server.tags[0].update(name="Lead, in use again")
        )
    assert len(server.tags) == 1


async def test_a_delete_that_waited_long_goes_on_when_its_tag_is_seen_unchanged() -> None:
    server = StandIn(tags=[tag_row(7, "Lead")])
    await delete_after_a_long_wait(server, lambda: None)
    assert (server.tags, server.listings) == ([], 2)


async def test_a_read_that_fails_after_a_long_wait_deletes_nothing() -> None:
    server = StandIn(tags=[tag_row(7, "Lead")])
    lost = Fault(method="GET", reply=Reply(status=404, payload={"error": "no"}), nth=2, times=9)
    server.faults.append(lost)
    with pytest.raises(ProtocolError, match="can't be read again"):
        await delete_after_a_long_wait(server, lambda: None)
    assert len(server.tags) == 1


def strict(limit: int, seconds: float, clock: FakeClock, then: StandIn) -> Callable[[Call], Reply]:
    """A server that answers 429 to more than ``limit`` requests in any ``seconds``."""
    stamps: deque[float] = deque()

    def handle(call: Call) -> Reply:
        while stamps and stamps[0] <= clock.now - seconds:
            stamps.popleft()
        stamps.append(clock.now)
        return THROTTLED if len(stamps) > limit else then(call)

    return handle


async def test_1200_changes_converge_within_1000_an_hour_and_cause_no_429() -> None:
    clock, tags, statuses = FakeClock(), StandIn(tags=tag_rows(1_200)), set[int | None]()
    provider = straight(
        strict(1_000, 3_600.0, clock, tags),
        clock=clock,
        max_wait=7_200.0,
        on_request=lambda sent: statuses.add(sent.status),
    )
    listing = await provider.tags()
    await asyncio.gather(*(provider.update(tag, desired(tag.name, "red1")) for tag in listing.tags))
    assert statuses == {200}
    # The listing's 5 pages, one request a change, and what was read again after the wait.
    assert 1_205 < provider.requests <= 1_220
    assert {row["color"] for row in tags.tags} == {"red1"}


async def test_an_account_on_hold_does_not_hold_another() -> None:
    limited = QuotaSettings(account=((1, 3_600.0),))
    async with scenario(StandIn(tags=tag_rows(10)), quota=limited, max_wait=0.0) as s:
        await s.provider.tags()
        with pytest.raises(QuotaError):
            await s.provider.tags()
        assert await s.client.resources.accounts()


async def test_the_gateway_gets_no_more_than_ten_a_second() -> None:
    clock, tags, statuses = FakeClock(), StandIn(tags=tag_rows(10_000)), set[int | None]()
    provider = straight(
        strict(10, 1.0, clock, tags),
        clock=clock,
        credential=maton(),
        parallelism=20,
        on_request=lambda sent: statuses.add(sent.status),
    )
    assert len((await provider.tags()).tags) == 10_000
    assert (statuses, provider.requests) == ({200}, 40)
    assert 3.0 <= clock.now - 1_000 <= 4.5


async def test_parallelism_bounds_what_runs_at_once() -> None:
    async def work() -> None:
        tags, answered = StandIn(tags=tag_rows(5_000)), 0

        async def slowly(call: Call) -> Reply:
            nonlocal answered
            # Until three have come together once, however busy the machine is; but not for ever.
            for _pause in range(200 if answered else 0):
                if s.server.peak >= 3:
                    break
                await asyncio.sleep(0.005)
            answered += 1
            return tags(call)

        async with scenario(slowly, parallelism=3) as s:
            await s.provider.tags()
            assert s.server.peak == 3

    await work()


async def test_once_stopped_nothing_begins_and_what_runs_may_end() -> None:
    async def work() -> None:
        stop, tags = Stop(), StandIn()

        async def slowly(call: Call) -> Reply:
            stop.set(2)
            await asyncio.sleep(0.05)
            return tags(call)

        async with scenario(slowly, stop=stop) as s:
            assert (await s.provider.tags()).tags == ()
            with pytest.raises(Interrupted) as caught:
                await s.provider.tags()
            assert caught.value.signal_number == 2
            assert len(s.server.calls) == 1

    await work()


async def test_a_stop_ends_waiting_and_bounds_what_hangs() -> None:
    stop = Stop()
    async with scenario(lambda _: Reply(hang=True), stop=stop) as s:
        reading = asyncio.create_task(s.provider.tags())
        await asyncio.sleep(0.05)
        stop.set(15)
        with pytest.raises(Interrupted):
            await reading
        assert len(s.server.calls) == 1


async def test_each_request_is_logged_and_reported_without_the_key(
    caplog: pytest.LogCaptureFixture,
) -> None:
    reported: list[Sent] = []
    echo = Reply(status=422, payload={"error": f"bad {KEY} key"})

    with caplog.at_level(logging.DEBUG, logger="reconciler"):
        faults = [Fault(method="POST", reply=echo)]
        async with scenario(StandIn(faults=faults), on_request=reported.append) as s:
            with pytest.raises(RejectedError) as caught:
                await s.provider.create(ACCOUNT_PLACE, desired("Lead"))
            assert KEY not in str(caught.value)
            assert KEY not in repr(s.settings)
    assert [(sent.method, sent.status) for sent in reported] == [("GET", 200), ("POST", 422)]
    assert any("POST /v3/a/ACC1/tags.json 422" in record.message for record in caplog.records)
    assert KEY not in caplog.text


async def test_a_connection_is_named_through_the_gateway_only() -> None:
    from reconciler.callrail.client import connect

    async with WireServer(StandIn()) as server:
        for credential in (maton(), settings("x").credential):
            async with connect(settings(server.url, credential=credential)) as client:
                await client.provider(account(connection="75364cb9-7116")).tags()
        sent = [call.headers.get("maton-connection") for call in server.calls]
        assert sent == ["75364cb9-7116", None]
        names = [call.headers.get("request-from") for call in server.calls]
        assert names == [None, "callrail_reconciler"]
