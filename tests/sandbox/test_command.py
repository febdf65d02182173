"""``reconciler sandbox`` from the command line: flags, faults by rule, and a good end."""

from __future__ import annotations

import contextlib
import http.client
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from dataclasses import fields
from typing import TYPE_CHECKING

import pytest

from reconciler.sandbox import Options, Sandbox, Switches, parse_fault
from reconciler.sandbox.faults import Do, Fault
from reconciler.sandbox.switches import described, set_switch
from tests.cli_runner import run
from tests.e2e.test_installed import COMMAND, environment
from tests.sandbox.speaking import DIRECT, send

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli_runner import Ran


LAST_LINE = "  export MATON_API_KEY=sandbox-maton-key\n"


@contextlib.contextmanager
def serving(directory: Path, *flags: str) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """The command as a process, the address it serves, and all that it said; ended by SIGTERM."""
    process = subprocess.Popen(
        [COMMAND, "sandbox", *flags],
        cwd=directory,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    said = "".join(iter(process.stdout.readline, LAST_LINE)) + LAST_LINE
    found = re.search(r"http://127\.0\.0\.1:\d+", said)
    assert found is not None, said
    try:
        yield process, found[0], said
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=10)


def status_of(url: str) -> int:
    request = urllib.request.Request(url, headers=DIRECT)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_it_serves_what_its_flags_say_and_ends_well(tmp_path: Path) -> None:
    flags = ("--seed", "reference", "--fault", "GET a.json nth=2 status=503", "--log-requests")
    with serving(tmp_path, *flags) as (process, url, said):
        assert [status_of(f"{url}/v3/a.json") for _ in range(3)] == [200, 503, 200]
        process.send_signal(signal.SIGINT)
        _out, err = process.communicate(timeout=10)
    assert process.returncode == 0
    # A line is written after its answer, by a thread of its own: the order is not certain.
    assert sorted(err.splitlines()) == [f"GET /v3/a.json -> {code}" for code in (200, 200, 503)]
    assert "export CALLRAIL_API_KEY=sandbox-callrail-key" in said


def test_what_it_prints_is_all_that_a_plan_needs(tmp_path: Path) -> None:
    with serving(tmp_path, "--seed", "bulk:3", "--db", "kept.sqlite") as (_process, url, _said):
        environ = {"RECONCILER_API_URL": url, "CALLRAIL_API_KEY": "sandbox-callrail-key"}
        ran = run("get", "tags", "--format", "csv", environ=environ, cwd=tmp_path)
        assert (ran.code, len(ran.out.splitlines())) == (0, 4)
    assert (tmp_path / "kept.sqlite").stat().st_size > 0


def test_the_module_serves_too(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "reconciler.sandbox", "--seed", "empty"],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert "serves http://127.0.0.1:" in process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=10)
    assert process.returncode == 0


def refused(*flags: str) -> Ran:
    return run("sandbox", *flags)


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--port", "70000"), "'70000' is no port"),
        (("--seed", "zoo"), "no seed 'zoo'"),
        (("--latency", "soon"), "'soon' is no time"),
        (("--fault", "GET"), "write METHOD PATH-PART"),
        (("--fault", "GET * explode"), "no action 'explode'; there are refuse"),
        (("--fault", "GET * often=2 hang"), "'often=2' is no nth=N"),
        (("--switch", "colour=red"), "no switch 'colour'; there are unique_names"),
        (("--switch", "unique-names=maybe"), "takes off or exact or nocase, not 'maybe'"),
        (("--switch", "page-cap=many"), "takes a number, not 'many'"),
    ],
)
def test_a_flag_that_makes_no_sense_is_named(flags: tuple[str, ...], said: str) -> None:
    ran = refused(*flags)
    assert (ran.code, said in ran.err) == (64, True), ran.err
    assert "Traceback" not in ran.err


def test_a_port_or_a_file_that_can_not_be_used_is_named(tmp_path: Path) -> None:
    with Sandbox(Options(seed="empty")) as other:
        taken = run("sandbox", "--port", other.url.rpartition(":")[2])
    (tmp_path / "notes.txt").write_text("no database, however long it is\n" * 40, "utf-8")
    notes = run("sandbox", "--db", str(tmp_path / "notes.txt"))
    for ran, said in ((taken, "already in use"), (notes, "not a database")):
        assert (ran.code, said in ran.err, "bug" in ran.err) == (64, True, False), ran.err


def test_the_help_names_every_switch_and_every_fault() -> None:
    text = run("sandbox", "--help").out
    assert described() in text
    assert all(action in text for action in Do)
    assert all(one.name in text for one in fields(Switches))


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("GET * hang", Fault(do=Do.HANG, method="GET")),
        (
            "POST tags.json nth=3 reset-after-commit",
            Fault(do=Do.RESET_AFTER, method="POST", path="tags.json", nth=3),
        ),
        ("* calls every=2 status=429:7", Fault(do=Do.STATUS, path="calls", every=2, value="429:7")),
        ("GET * times=1 delay=50ms", Fault(do=Do.DELAY, method="GET", times=1, value="50ms")),
        ("GET * after=1 drip", Fault(do=Do.DRIP, method="GET", after=1)),
    ],
)
def test_rules_read_as_they_are_written(text: str, rule: Fault) -> None:
    assert parse_fault(text) == rule


@pytest.mark.parametrize(
    ("rule", "struck"),
    [
        (Fault(do=Do.HANG), [1, 2, 3, 4]),
        (Fault(do=Do.HANG, nth=2), [2]),
        (Fault(do=Do.HANG, every=2), [2, 4]),
        (Fault(do=Do.HANG, times=2), [1, 2]),
        (Fault(do=Do.HANG, after=2), [3, 4]),
    ],
)
def test_rules_strike_when_they_say(rule: Fault, struck: list[int]) -> None:
    assert [count for count in range(1, 5) if rule.strikes(count)] == struck


@pytest.mark.parametrize(
    ("rule", "made"),
    [
        ("POST * reset-before-commit", False),
        ("POST * status=503", False),
        ("POST * reset-after-commit", True),
        ("POST * status-after-commit=503", True),
        ("POST * truncate", True),
        ("POST * body=html", True),
    ],
)
def test_a_fault_comes_before_or_after_the_request_took_effect(rule: str, *, made: bool) -> None:
    with Sandbox(Options(faults=(parse_fault(rule),))) as sandbox:
        with contextlib.suppress(ConnectionError, http.client.IncompleteRead):
            send(sandbox, "POST", "tags.json", body={"name": "A", "tag_level": "account"})
        assert [row["name"] for row in sandbox.store.tags()][2:] == (["A"] if made else [])
        assert len(sandbox.log.writes) == int(made)


def test_a_process_can_be_killed_by_rule(tmp_path: Path) -> None:
    victim = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    rule = parse_fault(f"GET * kill-client-after-answer={victim.pid}")
    with Sandbox(Options(faults=(rule,))) as sandbox:
        assert send(sandbox, "GET", "tags.json").status == 200
    assert victim.wait(timeout=10) == -signal.SIGKILL
    assert victim.stdin is not None
    victim.stdin.close()


def test_set_switch_changes_one_and_leaves_the_rest() -> None:
    assert set_switch(Switches(), "page-cap=7") == Switches(page_cap=7)
