"""A repository with a pipeline written by ``init``, and a runner for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.sandbox import Options, Sandbox
from tests.e2e.workspace import Workspace
from tests.pipelines.runner import SECRET, Runner

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """The reference page's account, company and two tags."""
    with Sandbox(Options(seed="reference")) as running:
        yield running


@pytest.fixture
def workspace(tmp_path: Path, sandbox: Sandbox) -> Workspace:
    """The repository's checkout, with the pipeline for GitHub."""
    directory = tmp_path / "repository"
    return checkout(directory, sandbox)


@pytest.fixture
def runner(tmp_path: Path, workspace: Workspace) -> Runner:
    """Machines that reach the sandbox; its key is a secret of the environments."""
    return machines(tmp_path, workspace)


def repository(tmp_path: Path, sandbox: Sandbox) -> tuple[Workspace, Runner]:
    """A checkout with the pipeline for GitHub, and its runner."""
    workspace = checkout(tmp_path / "repository", sandbox)
    return workspace, machines(tmp_path, workspace)


def checkout(directory: Path, sandbox: Sandbox) -> Workspace:
    directory.mkdir()
    workspace = Workspace.at(directory, sandbox)
    assert workspace.run("init --ci github").code == 0
    return workspace


def machines(tmp_path: Path, workspace: Workspace) -> Runner:
    environ = {name: value for name, value in workspace.environ.items() if name != SECRET}
    return Runner(workspace.directory, tmp_path / "runner", environ, workspace.environ[SECRET])
