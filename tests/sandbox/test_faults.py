"""Everything that can go wrong on the way, asked for as on the command line."""

from __future__ import annotations

import gzip
import json
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from http.client import HTTPException, IncompleteRead, RemoteDisconnected
from typing import TYPE_CHECKING

import pytest

from reconciler.sandbox import Options, Sandbox, parse_fault
from reconciler.sandbox.faults import BODIES, Do
from tests.sandbox.client import ACCOUNT, Client, Reply
from tests.sandbox.conftest import TODAY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

X = {"name": "X", "tag_level": "account"}
TAGS = f"/v3/a/{ACCOUNT}/tags.json"


@pytest.fixture
def under() -> Iterator[Callable[..., Client]]:
    """A sandbox started with ``--fault`` for each rule."""
    with ExitStack() as stack:

        def begin(*rules: str) -> Client:
            faults = tuple(map(parse_fault, rules))
            options = Options(seed="reference", faults=faults, today=TODAY)
            return Client(stack.enter_context(Sandbox(options)))

        yield begin


def make(client: Client) -> Reply | type[Exception]:
    """Create X; the kind of error if there was no answer."""
    try:
        return client.of("POST", "tags.json", X)
    except (OSError, HTTPException) as error:
        return type(error)


def made(client: Client) -> bool:
    return any(tag["name"] == "X" for tag in client.sandbox.store.tags())


def test_refuse_closes_before_anything_is_read(under: Callable[..., Client]) -> None:
    client = under("* * times=1 refuse")
    assert make(client) in {ConnectionResetError, BrokenPipeError, RemoteDisconnected}
    assert not client.sandbox.log.entries
    assert client.names()


@pytest.mark.parametrize(
    ("action", "committed"), [("reset-before-commit", False), ("reset-after-commit", True)]
)
def test_a_reset_cuts_before_or_after(
    under: Callable[..., Client], action: str, *, committed: bool
) -> None:
    client = under(f"POST tags.json {action}")
    assert make(client) is ConnectionResetError
    assert made(client) is committed
    assert [entry.status for entry in client.sandbox.log.entries] == [None]


@pytest.mark.parametrize(("action", "committed"), [("hang", False), ("hang-after-commit", True)])
def test_a_hang_answers_nothing_at_all(
    under: Callable[..., Client], action: str, *, committed: bool
) -> None:
    client = under(f"POST tags.json {action}")
    address = client.sandbox.server.server_address[:2]
    body = json.dumps(X).encode()
    head = f"POST {TAGS} HTTP/1.1\r\nAuthorization: {client.headers['Authorization']}\r\n"
    with socket.create_connection((str(address[0]), int(address[1]))) as raw:
        raw.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        raw.settimeout(0.2)
        with pytest.raises(TimeoutError):
            raw.recv(1)
    assert made(client) is committed


def test_a_drip_comes_a_byte_at_a_time_and_whole(under: Callable[..., Client]) -> None:
    client = under("GET tags.json drip=1ms")
    begun = time.monotonic()
    reply = client.of("GET", "tags.json")
    assert reply.json["total_records"] == 2
    assert time.monotonic() - begun > len(reply.raw) * 0.001


def test_a_truncated_body_lacks_half(under: Callable[..., Client]) -> None:
    client = under("POST tags.json truncate")
    assert make(client) is IncompleteRead
    assert made(client)


@pytest.mark.parametrize(
    ("action", "committed"), [("status=503", False), ("status-after-commit=503", True)]
)
def test_a_status_replaces_the_answer_or_the_request(
    under: Callable[..., Client], action: str, *, committed: bool
) -> None:
    client = under(f"POST tags.json {action}")
    reply = make(client)
    assert isinstance(reply, Reply)
    assert (reply.status, set(reply.json)) == (503, {"error"})
    assert made(client) is committed


@pytest.mark.parametrize("when", ["7", "Thu, 01 Jan 2099 00:00:00 GMT"])
def test_a_429_may_carry_retry_after(under: Callable[..., Client], when: str) -> None:
    reply = under(f"GET * status=429:{when}").of("GET", "tags.json")
    assert (reply.status, reply.headers["Retry-After"]) == (429, when)


@pytest.mark.parametrize("kind", BODIES)
def test_a_body_replaces_the_answer_s_after_commit(under: Callable[..., Client], kind: str) -> None:
    client = under(f"POST tags.json body={kind}")
    reply = make(client)
    assert isinstance(reply, Reply)
    assert reply.status == 200
    assert b'"name"' not in reply.raw
    assert made(client)


def test_a_redirect_leads_away(under: Callable[..., Client]) -> None:
    reply = under("GET * redirect=http://127.0.0.1:9/x").of("GET", "tags.json")
    assert (reply.status, reply.headers["Location"]) == (302, "http://127.0.0.1:9/x")


def test_a_flood_is_as_many_megabytes_as_asked(under: Callable[..., Client]) -> None:
    assert len(under("GET * flood=2").of("GET", "tags.json").raw) == 2 << 20


def test_a_gzip_bomb_is_small_and_becomes_large(under: Callable[..., Client]) -> None:
    reply = under("GET * gzip-bomb").of("GET", "tags.json")
    assert reply.headers["Content-Encoding"] == "gzip"
    assert len(reply.raw) < 300_000
    assert len(gzip.decompress(reply.raw)) == 200 << 20


def test_a_delay_comes_first(under: Callable[..., Client]) -> None:
    client = under("GET * delay=60ms")
    begun = time.monotonic()
    assert client.names()
    assert time.monotonic() - begun >= 0.06


@pytest.mark.parametrize(("action", "total"), [("lying-total", 3), ("lying-total=-1", 1)])
def test_a_lying_total(under: Callable[..., Client], action: str, total: int) -> None:
    assert under(f"GET * {action}").get("tags.json")["total_records"] == total


def test_a_duplicate_row(under: Callable[..., Client]) -> None:
    assert under("GET * duplicate-row").names() == ["Opportunity", "Opportunity"]


def test_shifting_pages_grow_with_each_read(under: Callable[..., Client]) -> None:
    client = under("GET tags.json shift-pages")
    assert [client.get("tags.json")["total_records"] for _ in range(2)] == [3, 4]


@pytest.mark.parametrize(
    ("action", "committed"), [("kill-client", False), ("kill-client-after-commit", True)]
)
def test_a_client_is_killed_before_or_after(
    under: Callable[..., Client], action: str, *, committed: bool
) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        client = under(f"POST tags.json {action}={process.pid}")
        assert make(client) is RemoteDisconnected
        assert process.wait(5) == -9
    assert made(client) is committed


def test_a_client_is_killed_once_it_was_answered(under: Callable[..., Client]) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        client = under(f"POST tags.json kill-client-after-answer={process.pid}")
        assert make(client) is not RemoteDisconnected
        assert process.wait(5) == -9


@pytest.mark.parametrize(
    ("when", "struck"),
    [
        ("", [1, 2, 3, 4]),
        ("nth=2", [2]),
        ("every=2", [2, 4]),
        ("times=3", [1, 2, 3]),
        ("after=3", [4]),
    ],
)
def test_a_rule_sets_when(under: Callable[..., Client], when: str, struck: list[int]) -> None:
    client = under(f"GET tags.json {when} status=503")
    statuses = [client.of("GET", "tags.json").status for _ in range(4)]
    assert [number for number, status in enumerate(statuses, 1) if status == 503] == struck


def test_a_rule_is_about_its_method_and_path(under: Callable[..., Client]) -> None:
    client = under("GET users.json nth=1 status=503", "* companies status=500")
    assert client.of("GET", "tags.json").status == 200
    assert client.of("POST", "users.json").status == 405
    assert client.of("GET", "users.json").status == 503
    assert client.of("GET", "companies.json").status == 500


def test_rules_can_be_lifted_and_added_while_it_runs(under: Callable[..., Client]) -> None:
    client = under("GET * status=503")
    client.sandbox.faults.clear()
    assert client.of("GET", "tags.json").status == 200
    client.sandbox.faults.add("GET * nth=1 status=500")
    assert [client.of("GET", "tags.json").status for _ in range(2)] == [500, 200]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("GET", "write METHOD PATH-PART"),
        ("GET tags.json", "write METHOD PATH-PART"),
        ("FETCH * reset-before-commit", "no method 'FETCH'"),
        ("GET * explode", "no action 'explode'; there are refuse"),
        ("GET * nth=0 refuse", "no action 'nth'"),
        ("GET * every=0 refuse", "no action 'every'"),
        ("GET * nht=3 refuse", "no action 'nht'"),
        ("GET * nth=3", "no action 'nth'"),
        ("GET * status=abc", "status does not take the value 'abc'"),
        ("GET * delay=soon", "delay does not take"),
        ("GET * body=cake", "body does not take"),
        ("GET * redirect", "redirect does not take"),
        ("GET * kill-client", "kill-client does not take"),
        ("GET * refuse=7", "refuse does not take"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_fault(text)


def test_every_action_has_its_test_above() -> None:
    from pathlib import Path

    text = Path(__file__).read_text("utf-8")
    assert [do for do in Do if f" {do}" not in text and f'"{do}' not in text] == []
