"""Runs processes in turns and tells what each took: wall time, processor time, peak memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR")
"""Of this process's environment; bytecode is cached, as it is on a user's machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One process: seconds of wall clock and of processor (user and system), peak KiB.

    ``extra``: what the server saw of it, where somebody asked.
    """

    wall: float
    cpu: float
    rss: float
    extra: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """One command line to measure. ``before`` and ``after`` run outside of the measured time."""

    name: str
    argv: Sequence[str]
    cwd: Path = Path()
    environ: dict[str, str] = field(default_factory=dict)
    before: Callable[[], None] = lambda: None
    after: Callable[[], dict[str, float]] = dict


def take_turns(contenders: Sequence[Contender], *, rounds: int) -> dict[str, Sample]:
    """The medians of ``rounds`` runs each, one after the other in every round.

    A first run of each is not counted: it writes bytecode and warms the disk's cache.
    """
    samples: dict[str, list[Sample]] = {one.name: [] for one in contenders}
    for number in range(rounds + 1):
        for one in contenders:
            sample = _run(one)
            if number:
                samples[one.name].append(sample)
        print(".", end="", file=sys.stderr, flush=True)
    return {name: _median(taken) for name, taken in samples.items()}


def _run(one: Contender) -> Sample:
    one.before()
    environ = {name: os.environ[name] for name in KEPT if name in os.environ} | one.environ
    with tempfile.TemporaryFile("w+") as stderr:
        began = time.perf_counter()
        process = subprocess.Popen(
            one.argv, cwd=one.cwd, env=environ, stdout=subprocess.DEVNULL, stderr=stderr
        )
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            stderr.seek(0)
            sys.exit(f"{one.name}: exit code {process.returncode}\n{stderr.read()}")
    # Linux counts KiB, macOS bytes.
    scale = 1024 if sys.platform == "darwin" else 1
    cpu = used.ru_utime + used.ru_stime
    return Sample(wall=wall, cpu=cpu, rss=used.ru_maxrss / scale, extra=one.after())


def _median(samples: Sequence[Sample]) -> Sample:
    middle = statistics.median
    return Sample(
        wall=middle(one.wall for one in samples),
        cpu=middle(one.cpu for one in samples),
        rss=middle(one.rss for one in samples),
        extra={key: middle(one.extra[key] for one in samples) for key in samples[0].extra},
    )
