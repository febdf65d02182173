"""A sandbox with the reference page's payloads, and a place to put configurations."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from reconciler.sandbox import Options, Sandbox
from tests.e2e.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """The reference page's account, company and two tags, two days after its one call."""
    with Sandbox(Options(seed="reference", today=date(2026, 2, 12))) as running:
        yield running


@pytest.fixture
def workspace(tmp_path: Path, sandbox: Sandbox) -> Workspace:
    """Where an admin sits, CallRail's own key in the environment."""
    return Workspace.at(tmp_path, sandbox)
