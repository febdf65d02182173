"""A repository with a pipeline written by ``init``, and a runner for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.sandbox import Options, Sandbox
from tests.e2e.desk import Desk
from tests.roads.runner import SECRET, Runner

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """The reference page's account, company and two tags."""
    with Sandbox(Options(seed="reference")) as running:
        yield running


@pytest.fixture
def desk(tmp_path: Path, sandbox: Sandbox) -> Desk:
    """The repository's checkout, with the pipeline for GitHub."""
    directory = tmp_path / "repository"
    return checkout(directory, sandbox)


@pytest.fixture
def runner(tmp_path: Path, desk: Desk) -> Runner:
    """Machines that reach the sandbox; its key is a secret of the environments."""
    return machines(tmp_path, desk)


def repository(tmp_path: Path, sandbox: Sandbox) -> tuple[Desk, Runner]:
    """A checkout with the pipeline for GitHub, and its runner."""
    desk = checkout(tmp_path / "repository", sandbox)
    return desk, machines(tmp_path, desk)


def checkout(directory: Path, sandbox: Sandbox) -> Desk:
    directory.mkdir()
    desk = Desk.at(directory, sandbox)
    assert desk.run("init --ci github").code == 0
    return desk


def machines(tmp_path: Path, desk: Desk) -> Runner:
    environ = {name: value for name, value in desk.environ.items() if name != SECRET}
    return Runner(desk.directory, tmp_path / "runner", environ, desk.environ[SECRET])
