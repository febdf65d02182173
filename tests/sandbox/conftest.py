"""Sandboxes to client to, on a day on which the reference page's call is fresh."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import date
from typing import TYPE_CHECKING

import pytest

from reconciler.sandbox import Options, Sandbox
from reconciler.sandbox.switches import set_switches
from tests.sandbox.client import MATON, Client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TODAY = date(2026, 2, 12)


@pytest.fixture
def start() -> Iterator[Callable[..., Client]]:
    """Starts a sandbox with any options; reached directly."""
    with ExitStack() as stack:

        def begin(**options: object) -> Client:
            chosen = Options(**{"seed": "reference", "today": TODAY, **options})  # type: ignore[arg-type]
            return Client(stack.enter_context(Sandbox(chosen)))

        yield begin


@pytest.fixture
def under(start: Callable[..., Client]) -> Callable[..., Client]:
    """Starts a sandbox with switches such as ``palette=any``, and options if wanted."""

    def begin(*texts: str, **options: object) -> Client:
        return start(switches=set_switches(*texts), **options)

    return begin


@pytest.fixture
def direct(start: Callable[..., Client]) -> Client:
    """The direct way to the reference page's payloads."""
    return start()


@pytest.fixture
def maton(direct: Client) -> Client:
    """Maton's gateway to the same."""
    return Client(direct.sandbox, "/callrail", dict(MATON))


@pytest.fixture
def control(direct: Client) -> Client:
    """Maton's control plane of the same."""
    return Client(direct.sandbox, "", dict(MATON))


@pytest.fixture(scope="module")
def agency() -> Iterator[Client]:
    """The agency, read-only."""
    with Sandbox(Options(seed="agency", quota=None, today=TODAY)) as running:
        yield Client(running)
