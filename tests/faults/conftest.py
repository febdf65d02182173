"""What the tests of faults share: a world to work in, and time that does not pass."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from reconciler.callrail import SystemClock, Timeouts
from tests.faults.world import World, sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Forty changes to make."""
    with sandbox() as running:
        yield World.at(tmp_path, running)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command in this process waits for nothing, and for a silent server 0.3 s.

    There is no flag for these times, and none is wanted: a user has no reason to turn them.
    """

    async def no_sleep(_clock: SystemClock, _seconds: float) -> None:
        await asyncio.sleep(0)

    monkeypatch.setattr(SystemClock, "sleep", no_sleep)
    times = {"connect": 1.0, "read": 0.3, "total": 0.5, "grace": 0.2}
    for name, seconds in times.items():
        monkeypatch.setitem(Timeouts.__init__.__kwdefaults__, name, seconds)
