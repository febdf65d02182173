"""A server that answers what no API should: named errors, bounded cost, nothing written."""

from __future__ import annotations

import gzip
import json
import time
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.sandbox.seeds.bulk import ACCOUNT
from tests.cli_runner import Ran, run
from tests.faults.hostile import Asked, Chunks, Hostile, answer, hostile
from tests.faults.workspace import APPLY, HEAD, Workspace, sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CONFIGURATION = HEAD + "tags:\n  - {name: New, color: blue1}\n  - {name: Old, color: red1}\n"
ROW = {
    "id": 7,
    "name": "Old",
    "tag_level": "account",
    "color": "gray1",
    "background_color": "gray1",
    "company_id": None,
    "status": "enabled",
}
MIB = 1 << 20


def page(*rows: object, **changes: object) -> dict[str, Any]:
    return {"page": 1, "per_page": 250, "total_records": len(rows), "tags": rows, **changes}


def row(**changes: object) -> dict[str, Any]:
    return page({**ROW, **changes})


PAYLOADS: dict[str, object] = {
    "a list": [],
    "null": None,
    "a number": 17,
    "text": "tags",
    "no rows": {"page": 1, "per_page": 250, "total_records": 0},
    "rows by name": page(tags={"7": ROW}),
    "a row that is text": page("Old"),
    "a row that is null": page(None),
    "an id that is true": row(id=True),
    "an id with a fraction": row(id=7.5),
    "an id that is a path": row(id="../../../v3/a/ACC1/tags/7"),
    "an id that is negative": row(id=-7),
    "a name that is a number": row(name=7),
    "no name": row(name=None),
    "a name that is a list": row(name=["Old"]),
    "a level that does not exist": row(tag_level="galaxy"),
    "a level that contradicts": row(tag_level="company"),
    "a company that is a number": row(tag_level="company", company_id=12),
    "a company that is a path": row(tag_level="company", company_id="../COM1"),
    "a status that does not exist": row(status="maybe"),
    "a total as text": page(ROW, total_records="1"),
    "a total below zero": page(ROW, total_records=-1),
    "a total that is too high": page(ROW, total_records=3),
    "a total that is too low": page(ROW, {**ROW, "id": 8}, total_records=1),
    "a total beyond measure": page(ROW, total_records=10**15),
    "another page": page(ROW, page=2),
    "an id twice": page(ROW, ROW),
}
GOOD = answer(page(ROW))
BOMB = gzip.compress(b" " * (50 * MIB), 9)


def endless(piece: bytes, *, pause: float = 0.0) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n"
    while True:
        yield piece
        time.sleep(pause)


def headers_without_end() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\n"
    while True:
        yield b"X-More: " + b"x" * 8_000 + b"\r\n"


FRAMES: dict[str, Callable[[], Chunks]] = {
    "a page of HTML": lambda: answer(body=b"<html>It works!</html>", Content_Type="text/html"),
    "HTML that claims to be JSON": lambda: answer(body=b"<!doctype html><p>hello"),
    "nothing": lambda: answer(body=b""),
    "a closed connection": lambda: b"",
    "half an answer": lambda: GOOD[:-20],
    "half a head": lambda: GOOD[:30],
    "not HTTP": lambda: b"SSH-2.0-OpenSSH_9.6\r\n",
    "not UTF-8": lambda: answer(body=b'{"tags": ["\xff\xfe"]}'),
    "not a number": lambda: answer(body=b'{"page": NaN, "tags": []}'),
    "a key twice": lambda: answer(body=b'{"tags": [], "tags": [], "total_records": 0}'),
    "a deep nest": lambda: answer(body=b"[" * 100_000),
    "a huge number": lambda: answer(body=b'{"total_records": ' + b"9" * 100_000 + b"}"),
    "gzip that nobody asked for": lambda: answer(
        body=gzip.compress(GOOD, 1), Content_Encoding="gzip"
    ),
    "a gzip bomb": lambda: answer(body=BOMB, Content_Encoding="gzip"),
    "a flood": lambda: endless(b" " * MIB),
    "a drip": lambda: endless(b" ", pause=0.05),
    "headers without end": headers_without_end,
    "an answer that is not final": lambda: b"HTTP/1.1 103 Early Hints\r\n\r\n" * 50,
    "a teapot": lambda: answer({}, status=418),
    "no content": lambda: b"HTTP/1.1 204 No Content\r\n\r\n",
}


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "reconciler.yaml").write_text(CONFIGURATION, "utf-8")
    return tmp_path


def ask(server: Hostile, here: Path) -> Ran:
    environ = {"RECONCILER_API_URL": server.url, "CALLRAIL_API_KEY": "key-of-the-test"}
    return run(*APPLY, "--format", "json", environ=environ, cwd=here)


def expect_refusal(server: Hostile, here: Path) -> None:
    """Exit code 1 and a named error, soon, with nothing but reads sent."""
    began = time.monotonic()
    ran = ask(server, here)
    error = json.loads(ran.out)["error"]
    assert ran.code == 1
    assert error["code"] in {"protocol", "api", "rejected", "not_found"}, error
    assert {asked.method for asked in server.asked} == {"GET"}
    assert time.monotonic() - began < 10
    assert server.connections < 30


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("payload", list(PAYLOADS))
def test_a_listing_that_is_none_gives_no_plan(here: Path, payload: str) -> None:
    with hostile(lambda _: answer(PAYLOADS[payload])) as server:
        expect_refusal(server, here)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("frame", list(FRAMES))
def test_an_answer_that_is_none_gives_no_plan(here: Path, frame: str) -> None:
    with hostile(lambda _: FRAMES[frame]()) as server:
        expect_refusal(server, here)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_key_follows_a_redirect(here: Path, status: int) -> None:
    with hostile(lambda _: GOOD) as other:
        target = f"{other.url}/v3/a/{ACCOUNT}/tags.json"
        with hostile(lambda _: answer({}, status=status, Location=target)) as server:
            expect_refusal(server, here)
        assert other.connections == 0


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("status", [302, 307])
def test_no_write_follows_a_redirect(here: Path, status: int) -> None:
    with hostile(lambda _: answer(ROW)) as other:

        def handler(asked: Asked) -> bytes:
            moved = answer({}, status=status, Location=f"{other.url}{asked.target}")
            return GOOD if asked.method == "GET" else moved

        with hostile(handler) as server:
            assert ask(server, here).code == 3
        assert other.connections == 0


@pytest.mark.usefixtures("impatient")
def test_pages_that_keep_shifting_give_no_plan(tmp_path: Path) -> None:
    with sandbox(seed="bulk:600") as running:
        workspace = Workspace.at(tmp_path, running, text=CONFIGURATION)
        running.faults.add("GET tags.json shift-pages")
        ran = workspace.run(*APPLY, "--format", "json")
        assert (ran.code, json.loads(ran.out)["error"]["code"]) == (1, "protocol")
        assert running.log.writes == []


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("frame", ["a gzip bomb", "a flood", "headers without end"])
def test_no_answer_takes_much_memory(here: Path, frame: str) -> None:
    with hostile(lambda _: FRAMES[frame]()) as server:
        tracemalloc.start()
        try:
            assert ask(server, here).code == 1
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 150 * MIB
