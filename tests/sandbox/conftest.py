"""Sandboxes: one with the reference page's payloads, one agency for all who only read."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from reconciler.sandbox import Options, Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

TODAY = date(2026, 6, 15)


@pytest.fixture
def page() -> Iterator[Sandbox]:
    """The reference page's account, on a fixed day."""
    with Sandbox(Options(today=TODAY)) as running:
        yield running


@pytest.fixture(scope="module")
def agency() -> Iterator[Sandbox]:
    """The agency, to be read only."""
    with Sandbox(Options(seed="agency", quota=None, today=TODAY)) as running:
        yield running
