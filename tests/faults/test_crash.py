"""``kill -9`` of the command at every request boundary of a 40-change apply, then run it again."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from typing import TYPE_CHECKING

import pytest

from tests.cli_runner import direct, run
from tests.e2e.test_installed import COMMAND, environment
from tests.faults.scene import CHANGES, DELETES, Ledger, scene, until_quiet

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.sandbox import Sandbox

BEFORE, COMMITTED, ANSWERED = "before_commit", "after_commit", "answered"
MOMENTS = (BEFORE, COMMITTED, ANSWERED)
SAMPLE = [
    (2, BEFORE),
    (14, ANSWERED),
    (15, COMMITTED),
    (27, COMMITTED),
    (29, BEFORE),
    (39, ANSWERED),
]
EVERY = [(nth, moment) for nth in range(1, CHANGES + 1) for moment in MOMENTS]
APPLY = ("apply", "--auto-approve", "--allow-deletes")


class Killer:
    """Kills a process at the ``nth`` write, at ``moment`` of it."""

    def __init__(self, sandbox: Sandbox, nth: int, moment: str) -> None:
        self.pid: int | None = None
        self._left, self._moment = nth, moment
        self._lock = threading.Lock()
        setattr(sandbox.faults, moment, self._met)

    def _met(self, method: str, _path: str) -> None:
        if method == "GET":
            return
        with self._lock:
            self._left -= 1
            if self._left or self.pid is None:
                return
        os.kill(self.pid, signal.SIGKILL)
        if self._moment != ANSWERED:
            # The server drops what it was about to do or to say.
            raise ConnectionAbortedError


def crash(directory: Path, nth: int, moment: str) -> None:
    """Kill one apply there; the next one converges, with nothing twice, lost or unapproved."""
    sandbox, _configuration = scene(directory)
    with sandbox:
        ledger = Ledger.open(sandbox)
        third = {number for number, row in ledger.before.items() if _is_declared_absent(row)}
        killer = Killer(sandbox, nth, moment)
        parallelism = "1" if nth % 2 else "10"
        process = subprocess.Popen(
            [COMMAND, *APPLY, "--parallelism", parallelism],
            cwd=directory,
            env=environment(**direct(sandbox)),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        killer.pid = process.pid
        assert process.wait(timeout=60) == -signal.SIGKILL
        until_quiet(sandbox)
        sandbox.faults.clear()
        again = run(*APPLY, environ=direct(sandbox), cwd=directory)
        assert again.code == 0, again.out + again.err
        assert ledger.duplicates() == []
        assert ledger.lost(third) == set()
        assert ledger.deleted() == third
        assert max(ledger.created().values()) == 1
        rest = run("plan", "--detailed-exitcode", environ=direct(sandbox), cwd=directory)
        assert rest.code == 0, rest.out


def _is_declared_absent(row: dict[str, object]) -> bool:
    company, name = str(row["company_id"]), str(row["name"])
    return company.endswith("2") and int(name.removeprefix("Tag ")) < DELETES


@pytest.mark.parametrize(("nth", "moment"), SAMPLE)
def test_an_apply_that_was_killed_converges_when_run_again(
    tmp_path: Path, nth: int, moment: str
) -> None:
    crash(tmp_path, nth, moment)


@pytest.mark.soak
@pytest.mark.parametrize(("nth", "moment"), EVERY)
def test_an_apply_killed_anywhere_converges_when_run_again(
    tmp_path: Path, nth: int, moment: str
) -> None:
    crash(tmp_path, nth, moment)
