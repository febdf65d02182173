"""Servers that lie, flood, drip or lead astray: a bounded, named error, no plan and no write."""

from __future__ import annotations

import gzip
import time
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from reconciler.config import load
from reconciler.errors import ApiError, ProtocolError, ReconcilerError
from reconciler.sandbox import Fault, Switches
from reconciler.sandbox.faults import Do
from tests.callrail.clients import run
from tests.callrail.clients import settings as callrail
from tests.cli_runner import run as command
from tests.e2e.desk import HEAD
from tests.faults.hostile import Asked, Hostile, listing, response, tag
from tests.faults.scene import QUICK, plan_and_apply, scene, settings

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.callrail import Settings
    from reconciler.config import Configuration

BOMB = gzip.compress(b" " * (64 << 20), 9)
ANSWERS = {
    "an id that is a string": listing(tag(id="1")),
    "an id that is a float": listing(tag(id=1.0)),
    "an id that is true": listing(tag(id=True)),
    "an id that is a path": listing(tag(id="../../users/1")),
    "an id of fifty digits": listing(tag(id=10**50)),
    "a company that is a path": listing(tag(tag_level="company", company_id="COM1/../COM2")),
    "a level that contradicts the company": listing(tag(tag_level="company")),
    "a name that is no text": listing(tag(name=["Lead"])),
    "a status that is unknown": listing(tag(status="on")),
    "a total that is a string": listing(tag(), total_records="1"),
    "a total that is negative": listing(tag(), total_records=-1),
    "a total of a billion": listing(tag(), total_records=10**9),
    "a total that is one too many": listing(tag(), total_records=2),
    "a total that is one too few": listing(tag(), tag(id=2), total_records=1),
    "the wrong page": listing(tag(), page=2),
    "the same tag twice": listing(tag(), tag()),
    "no list": response(b'{"page": 1, "tags": {"id": 1}}'),
    "another list": response(b'{"page": 1, "total_records": 0, "companies": []}'),
    "a number": response(b"17"),
    "a key that stands twice": response(b'{"tags": [], "tags": [], "total_records": 0}'),
    "nesting without end": response(b"[" * 200_000),
    "half of a surrogate pair": listing(tag(name="\ud83d")),
    "no UTF-8": response(b'{"tags": ["\xff"]}'),
    "a page of HTML": response(b"<html>Sign in</html>", kind="text/html"),
    "HTML that says it is JSON": response(b"<!doctype html><p>Sign in"),
    "a gzip bomb": response(BOMB, more="Content-Encoding: gzip\r\n"),
    "a 204 with nothing": b"HTTP/1.1 204 No Content\r\n\r\n",
    "less than was announced": response(b'{"tags": []}').replace(b"h: 12", b"h: 99"),
    "no HTTP": b"SSH-2.0-OpenSSH_9.6\r\n",
    "headers without end": b"HTTP/1.1 200 OK\r\n" + b"X-Pad: y\r\n" * 100_000,
    "nothing": b"",
    "a teapot": response(b'{"error": "short and stout"}', status="418 I'm a teapot"),
}


def configuration_in(directory: Path) -> Configuration:
    path = directory / "reconciler.yaml"
    path.write_text(HEAD + "tags:\n- name: Lead\n  color: red1\n", "utf-8")
    return load([path])


def towards(server: Hostile) -> Settings:
    return callrail(server.url, timeouts=QUICK)


@pytest.mark.parametrize("what", ANSWERS)
def test_a_listing_that_can_not_be_believed_gives_a_named_error(tmp_path: Path, what: str) -> None:
    configuration = configuration_in(tmp_path)
    with Hostile(lambda _: ANSWERS[what]) as server:
        began = time.monotonic()
        with pytest.raises(ApiError) as caught:
            run(plan_and_apply(configuration, towards(server)))
        assert time.monotonic() - began < 20
        assert caught.value.exit_code == 1
        assert 10 < len(caught.value.message) < 500
        assert caught.value.message.isprintable()
        assert {asked.line.split()[0] for asked in server.asked} == {"GET"}


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Again", "308 Moved"])
def test_no_redirect_is_followed_and_no_key_goes_elsewhere(tmp_path: Path, status: str) -> None:
    configuration = configuration_in(tmp_path)
    with Hostile(lambda _: listing(tag())) as thief:
        there = f"Location: {thief.url}/v3/a.json\r\n"
        with (
            Hostile(lambda _: response(b"{}", status=status, more=there)) as server,
            pytest.raises(ProtocolError, match="redirects"),
        ):
            run(plan_and_apply(configuration, towards(server)))
        assert thief.asked == []


def test_a_next_page_elsewhere_is_not_followed(tmp_path: Path) -> None:
    with Hostile(lambda _: listing(tag())) as thief:

        def answer(_asked: Asked) -> bytes:
            there = f'"{thief.url}/v3/a/ACC1/calls.json?page=2"'
            body = f'{{"calls": [{{"id": "CAL1"}}], "has_next_page": true, "next_page": {there}}}'
            return response(body.encode())

        with Hostile(answer) as server:
            environ = {"CALLRAIL_API_KEY": "k" * 20, "RECONCILER_API_URL": server.url}
            ran = command("get", "calls", "--account", "ACC1", environ=environ, cwd=tmp_path)
        assert (ran.code, "leads to another server" in ran.err) == (1, True)
        assert thief.asked == []


LISTING_FAULTS: list[tuple[Do, str]] = [
    (Do.DRIP, "0.05"),
    (Do.FLOOD, "40"),
    (Do.GZIP_BOMB, ""),
    (Do.HANG, ""),
    (Do.TRUNCATE, ""),
    (Do.RESET, ""),
    (Do.LYING_TOTAL, "1"),
    (Do.DUPLICATE_ROW, ""),
    (Do.STATUS, "500"),
    *((Do.BODY, body) for body in ("html", "empty", "list", "null", "deep", "nan", "text")),
]


@pytest.mark.parametrize(("action", "value"), LISTING_FAULTS)
@pytest.mark.parametrize("path", ["companies.json", "tags.json"])
def test_a_read_that_fails_gives_no_plan_and_no_write(
    tmp_path: Path, action: Do, value: str, path: str
) -> None:
    fault = Fault(do=action, method="GET", path=path, value=value)
    sandbox, configuration = scene(tmp_path, faults=(fault,), switches=Switches(page_cap=7))
    with sandbox:
        with pytest.raises(ReconcilerError):
            run(plan_and_apply(configuration, settings(sandbox)))
        assert sandbox.log.writes == []
        assert len(sandbox.log.entries) < 60


def test_pages_that_keep_shifting_give_no_plan(tmp_path: Path) -> None:
    fault = Fault(do=Do.SHIFT_PAGES, method="GET", path="tags.json")
    sandbox, configuration = scene(tmp_path, faults=(fault,), switches=Switches(page_cap=7))
    with sandbox:
        with pytest.raises(ProtocolError, match="unstable"):
            run(plan_and_apply(configuration, settings(sandbox)))
        assert sandbox.log.writes == []


@pytest.mark.parametrize("at", [2, 3])
def test_a_listing_that_fails_before_the_deletes_deletes_nothing(tmp_path: Path, at: int) -> None:
    """The second listing of an apply is the look before the deletes, the third the closing one."""
    fault = Fault(do=Do.LYING_TOTAL, method="GET", path="tags.json", value="3", after=at - 1)
    sandbox, configuration = scene(tmp_path, faults=(fault,))
    with sandbox:
        report = run(plan_and_apply(configuration, settings(sandbox)))
        assert report.exit_code == 3
        deletes = [entry for entry in sandbox.log.writes if entry.method == "DELETE"]
        assert len(deletes) == (0 if at == 2 else 12)
        assert not report.verified


def test_a_bomb_and_a_flood_are_not_taken_into_memory(tmp_path: Path) -> None:
    configuration = configuration_in(tmp_path)
    with Hostile(lambda _: ANSWERS["a gzip bomb"]) as server:
        chosen = towards(server)
        tracemalloc.start()
        with pytest.raises(ProtocolError, match="compressed"):
            run(plan_and_apply(configuration, chosen))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 8 << 20
