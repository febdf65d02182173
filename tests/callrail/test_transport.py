from __future__ import annotations

import asyncio
import gzip
import json
import socket
import time

import pytest

from reconciler.callrail.exchange import Ambiguous, Answer, Exchange, Flaw, Method, NotSent, Request
from reconciler.callrail.runtime import Timeouts
from reconciler.callrail.transport import HttpxTransport
from reconciler.errors import UnreachableError
from tests.callrail.stand_in import Reply
from tests.callrail.wire_server import WireServer

QUICK = Timeouts(connect=1.0, read=0.4, total=0.8, grace=0.1)
"""For servers that say nothing, or say it slowly; the others have all the time they need."""
PATIENT = Timeouts(connect=10.0, read=20.0, total=30.0, grace=5.0)


async def send(base: str, *, timeouts: Timeouts = QUICK, headers: dict[str, str]) -> Exchange:
    transport = HttpxTransport(base, timeouts=timeouts, parallelism=2)
    try:
        request = Request(method=Method.GET, path="/v3/a.json", query=(("search", "a b&c=d"),))
        return await transport.send(request, headers=headers)
    finally:
        await transport.close()


async def exchange(reply: Reply, *, timeouts: Timeouts = PATIENT) -> Exchange:
    async with WireServer(lambda _: reply) as server:
        return await send(server.url, timeouts=timeouts, headers={})


async def answered(reply: Reply) -> Answer:
    result = await exchange(reply)
    assert isinstance(result, Answer)
    return result


async def test_a_json_answer_arrives_with_its_status() -> None:
    answer = await answered(Reply(status=201, payload={"id": 1}))
    assert (answer.status, answer.payload, answer.flaw) == (201, {"id": 1}, None)


async def test_identity_is_asked_for_and_the_query_is_quoted() -> None:
    async with WireServer(lambda _: Reply(payload={})) as server:
        await send(server.url, headers={})
        call = server.calls[0]
    assert call.headers["accept-encoding"] == "identity"
    assert call.headers["user-agent"].startswith("callrail-reconciler/")
    assert call.query == {"search": "a b&c=d"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"  ",
        b"{",
        b"nonsense",
        b'{"a": 1, "a": 2}',
        b'{"a": NaN}',
        b"[-Infinity]",
        b'{"a": "\xff"}',
        b'{"a": "\\ud800"}',
        b"[" * 200_000,
        b'{"a": ' + b"9" * 5_000 + b"}",
    ],
    ids=range(11),
)
async def test_what_is_not_strict_json_is_unreadable(body: bytes) -> None:
    answer = await answered(Reply(body=body))
    assert (answer.payload, answer.flaw) == (None, Flaw.UNREADABLE)


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "text/plain", ""])
async def test_json_under_another_name_is_still_json(content_type: str) -> None:
    assert (await answered(Reply(payload=[1], headers={"Content-Type": content_type}))).payload == [
        1
    ]


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=b"<html><b>Log\x1b[31min</b>", headers={"Content-Type": "text/html"}),
        Reply(body=b" <!doctype html>"),
        Reply(body=gzip.compress(b" " * 10**8), headers={"Content-Encoding": "gzip"}),
        Reply(payload={}, headers={"Content-Encoding": "br"}),
    ],
)
async def test_pages_and_compressed_answers_are_foreign(reply: Reply) -> None:
    answer = await answered(reply)
    assert (answer.payload, answer.flaw) == (None, Flaw.NOT_THE_API)
    assert "\x1b" not in answer.message


async def test_a_flood_is_cut_off() -> None:
    answer = await answered(Reply(body=b"[" + b"1," * 17_000_000 + b"1]"))
    assert answer.flaw is Flaw.NOT_THE_API
    assert "larger than" in answer.message


async def test_an_answer_cut_short_keeps_its_status() -> None:
    answer = await answered(Reply(status=201, body=b'{"tags": []}', announce=99))
    assert (answer.status, answer.payload, answer.flaw) == (201, None, Flaw.UNREADABLE)
    assert "cut short" in answer.message


async def test_a_reset_is_ambiguous() -> None:
    assert isinstance(await exchange(Reply(reset=True)), Ambiguous)


async def test_a_silent_server_is_given_up() -> None:
    assert isinstance(await exchange(Reply(hang=True), timeouts=QUICK), Ambiguous)


async def test_a_dripping_server_does_not_hold_us_longer_than_the_total() -> None:
    began = time.monotonic()
    result = await exchange(Reply(body=b"[" + b" " * 500 + b"]", drip=0.05), timeouts=QUICK)
    assert isinstance(result, Answer)
    assert result.flaw is Flaw.UNREADABLE
    assert time.monotonic() - began < 2


async def test_a_header_flood_is_ambiguous() -> None:
    assert isinstance(await exchange(Reply(headers={"X": "y" * 300_000})), Ambiguous)


async def test_what_does_not_speak_http_is_ambiguous() -> None:
    async def babble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 smtp.example ESMTP\r\n")
        writer.close()

    server = await asyncio.start_server(babble, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        result = await send(f"http://127.0.0.1:{port}", headers={})
    assert isinstance(result, Ambiguous)


async def test_a_server_that_is_not_there_got_nothing() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        result = await send(f"http://127.0.0.1:{port}", headers={})
    assert isinstance(result, NotSent)
    assert not result.hopeless


async def test_a_redirect_is_not_followed() -> None:
    async with WireServer(lambda _: Reply(payload={})) as elsewhere:
        away = Reply(status=302, headers={"Location": elsewhere.url})
        async with WireServer(lambda _: away) as server:
            result = await send(server.url, headers={"Authorization": "secret"})
        followed = len(elsewhere.calls)
    assert isinstance(result, Answer)
    assert (result.status, followed) == (302, 0)


async def test_cookies_are_not_kept() -> None:
    reply = Reply(payload={}, headers={"Set-Cookie": "session=1; Path=/"})
    async with WireServer(lambda _: reply) as server:
        transport = HttpxTransport(server.url, timeouts=QUICK, parallelism=2)
        for _ in range(2):
            await transport.send(Request(method=Method.GET, path="/"), headers={})
        await transport.close()
        result = server.calls[1]
    assert "cookie" not in result.headers


async def test_no_proxy_is_used_on_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert (await answered(Reply(payload={}))).status == 200


def test_an_untrusted_certificate_is_hopeless_and_nothing_is_sent() -> None:
    import ssl

    from reconciler.callrail.transport import _failure

    error = OSError("handshake")
    error.__cause__ = ssl.SSLCertVerificationError("self-signed")
    result = _failure(error)
    assert isinstance(result, NotSent)
    assert result.hopeless


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        ({"error": "Name is too long"}, "Name is too long"),
        ({"errors": ["a", "b"]}, "a; b"),
        ({"errors": [{"message": "a"}, {"field": "color"}]}, "a; field color"),
        ({"errors": {"name": ["is blank", "is odd"]}}, "name is blank, is odd"),
        ({"error": "a\x1b[31m\u202eb\r\n::error::c"}, "a [31m b ::error::c"),
        ({"error": 5}, ""),
        ([], ""),
    ],
)
async def test_an_error_is_reported_in_any_shape_and_safely(payload: object, message: str) -> None:
    assert (await answered(Reply(status=422, body=json.dumps(payload).encode()))).message == message


async def test_a_long_error_is_cut() -> None:
    assert len((await answered(Reply(status=422, payload={"error": "é" * 9_999}))).message) == 300


async def test_shortened_timeouts_end_what_is_running() -> None:
    async with WireServer(lambda _: Reply(hang=True)) as server:
        patient = Timeouts(connect=5, read=15, total=15, grace=0.1)
        transport = HttpxTransport(server.url, timeouts=patient, parallelism=2)
        sending = asyncio.create_task(
            transport.send(Request(method=Method.GET, path="/"), headers={})
        )
        await asyncio.sleep(0.05)
        began = time.monotonic()
        transport.shorten_timeouts()
        assert isinstance(await sending, Ambiguous)
        await transport.close()
        result = time.monotonic() - began
    assert result < 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTPS_PROXY", "socks5://user:hunter2@127.0.0.1:9"),
        ("HTTPS_PROXY", "nonsense://hunter2"),
        ("SSL_CERT_FILE", "/nowhere/hunter2"),
    ],
)
def test_an_environment_that_allows_no_connection_is_our_error(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    for other in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "SSL_CERT_FILE"):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv(name, value)
    with pytest.raises(UnreachableError, match="no connection can be set up") as caught:
        HttpxTransport("https://api.callrail.com", timeouts=QUICK, parallelism=1)
    assert "hunter2" not in str(caught.value)


async def test_a_redirect_to_nonsense_is_an_error_like_any_other() -> None:
    result = await exchange(Reply(status=302, headers={"Location": "http://[nonsense"}))
    assert isinstance(result, Answer | Ambiguous)
