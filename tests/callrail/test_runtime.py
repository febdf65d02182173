"""The machine's own clock."""

from __future__ import annotations

import time

import pytest

from reconciler.callrail.runtime import SystemClock


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="not reported by this system")
def test_seconds_that_the_machine_sleeps_count(monkeypatch: pytest.MonkeyPatch) -> None:
    reported = {time.CLOCK_BOOTTIME: 5_000.0}
    monkeypatch.setattr(time, "clock_gettime", reported.__getitem__)
    monkeypatch.setattr(time, "monotonic", lambda: 10.0)
    assert SystemClock().monotonic() == 5_000.0
