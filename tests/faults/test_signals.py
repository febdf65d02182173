"""SIGINT and SIGTERM to the installed command: in time, with a true report, at any stage."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli_runner import direct
from tests.e2e.test_installed import COMMAND, environment
from tests.faults.scene import CHANGES, scene

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.sandbox import Sandbox

CODES = [(signal.SIGINT, 130), (signal.SIGTERM, 143)]


@dataclass(frozen=True)
class Ended:
    """How a command ended, and how many seconds after the (last) signal."""

    code: int
    out: str
    err: str
    seconds: float


def interrupt(
    sandbox: Sandbox, directory: Path, line: str, *, at: tuple[str, int], signals: list[int]
) -> Ended:
    """Run ``line`` and send ``signals`` once the server saw ``at``: a method, so many times."""
    process = subprocess.Popen(
        [COMMAND, *line.split()],
        cwd=directory,
        env=environment(**direct(sandbox)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    end = time.monotonic() + 30
    while sandbox.log.count(at[0]) < at[1] and time.monotonic() < end:
        time.sleep(0.01)
    for number in signals:
        began = time.monotonic()
        process.send_signal(number)
        if len(signals) > 1:
            time.sleep(0.2)
    out, err = process.communicate(timeout=30)
    return Ended(process.returncode, out, err, time.monotonic() - began)


@pytest.mark.parametrize(("number", "code"), CODES)
@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_a_signal_in_any_phase_ends_with_a_true_report(
    tmp_path: Path, number: int, code: int, method: str
) -> None:
    sandbox, _configuration = scene(tmp_path, faults=())
    with sandbox:
        sandbox.faults.add(f"{method} tags after=3 delay=300ms")
        line = "apply --auto-approve --allow-deletes --parallelism 2 --format json"
        ended = interrupt(sandbox, tmp_path, line, at=(method, 5), signals=[number])
        assert (ended.code, ended.seconds < 7) == (code, True), ended.err
        assert "Traceback" not in ended.err
        results = [entry["result"] for entry in json.loads(ended.out)["results"]]
        assert results.count("done") == len(sandbox.log.writes)
        assert results.count("not_tried") == CHANGES - len(sandbox.log.writes) > 0


@pytest.mark.parametrize(("number", "code"), CODES)
def test_a_signal_while_a_server_says_nothing_ends_in_time_and_says_unknown(
    tmp_path: Path, number: int, code: int
) -> None:
    sandbox, _configuration = scene(tmp_path)
    with sandbox:
        sandbox.faults.add("POST tags nth=2 hang-after-commit")
        line = "apply --auto-approve --allow-deletes --report json=report.json"
        ended = interrupt(sandbox, tmp_path, line, at=("POST", 14), signals=[number])
        assert (ended.code, ended.seconds < 7) == (code, True), ended.err
        report: dict[str, Any] = json.loads((tmp_path / "report.json").read_text("utf-8"))
        results = [entry["result"] for entry in report["results"]]
        assert results.count("unknown") == 1
        assert results.count("done") == len(sandbox.log.writes) - 1


@pytest.mark.parametrize("line", ["plan", "apply --auto-approve", "get tags", "snapshot", "doctor"])
@pytest.mark.parametrize(("number", "code"), CODES)
def test_a_signal_while_reading_ends_at_once(
    tmp_path: Path, line: str, number: int, code: int
) -> None:
    sandbox, _configuration = scene(tmp_path)
    with sandbox:
        sandbox.faults.add("GET * hang")
        ended = interrupt(sandbox, tmp_path, line, at=("GET", 1), signals=[number])
        assert (ended.code, ended.seconds < 2) == (code, True), ended.err
        assert "Traceback" not in ended.err
        assert sandbox.log.writes == []


def test_a_second_signal_does_not_wait_for_what_runs(tmp_path: Path) -> None:
    sandbox, _configuration = scene(tmp_path)
    with sandbox:
        sandbox.faults.add("PUT * hang")
        signals = [signal.SIGINT, signal.SIGTERM]
        line = "apply --auto-approve --allow-deletes"
        ended = interrupt(sandbox, tmp_path, line, at=("PUT", 1), signals=list(signals))
        assert (ended.code, ended.seconds < 2) == (143, True)
