"""What the tests of faults share: a workspace to work in, and time that passes at once."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest

from reconciler.callrail.runtime import SystemClock, Timeouts
from tests.faults.workspace import Workspace, sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """Forty changes to make."""
    with sandbox() as running:
        yield Workspace.at(tmp_path, running)


class Skipped:
    """Time that was slept through at once; those who sleep together share it."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        """The machine's time and what was skipped."""
        return time.monotonic() + self.seconds

    async def sleep(self, seconds: float) -> None:
        """Skip ``seconds``."""
        until = self.monotonic() + seconds
        # Requests under way end within a minute: none may have an hour skipped under it.
        await asyncio.sleep(0.05 if seconds > 60 else 0)
        self.seconds += max(0.0, until - self.monotonic())


def skip_waits(patches: pytest.MonkeyPatch) -> Skipped:
    """Have commands in this process skip their waits."""
    skipped = Skipped()
    patches.setattr(SystemClock, "monotonic", lambda _clock: skipped.monotonic())
    patches.setattr(SystemClock, "sleep", lambda _clock, seconds: skipped.sleep(seconds))
    return skipped


def be_impatient(patches: pytest.MonkeyPatch) -> Skipped:
    """Skip waits, and give a silent server a second.

    There is no flag for these times, and none is wanted: a user has no reason to turn them.
    """
    skipped = skip_waits(patches)
    times = Timeouts(connect=2.0, read=1.0, total=1.5, grace=0.5)
    patches.setattr(Timeouts.__new__, "__defaults__", tuple(times))
    return skipped


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Skipped:
    """Time that passes at once."""
    return be_impatient(monkeypatch)


@pytest.fixture
def skipping(monkeypatch: pytest.MonkeyPatch) -> Skipped:
    """Waits that pass at once, with all the patience for the server that a user's run has."""
    return skip_waits(monkeypatch)
