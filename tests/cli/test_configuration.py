"""A file given where ``-c FILE`` is meant is taken for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.e2e.workspace import Workspace

TAG = "- name: New Tag\n  color: blue1\n"


@pytest.mark.parametrize("line", ["plan", "validate", "drift", "snapshot", "doctor"])
@pytest.mark.parametrize("path", ["tags.yaml", "tags"])
def test_a_file_or_directory_is_the_configuration(
    workspace: Workspace, line: str, path: str
) -> None:
    workspace.declare(TAG)
    (workspace.directory / "tags").mkdir()
    for name in ("tags.yaml", "tags/a.yaml"):
        workspace.write(name, workspace.read("reconciler.yaml"))
    (workspace.directory / "reconciler.yaml").unlink()
    ran = workspace.run(line, path)
    assert ran.code == workspace.run(line, "-c", path).code
    assert ran.code == (2 if line == "drift" else 0), ran.err


@pytest.mark.parametrize("path", ["tags.yaml", "tags"])
def test_apply_takes_yaml_for_a_configuration_and_reports_it(
    workspace: Workspace, path: str
) -> None:
    workspace.declare(TAG)
    (workspace.directory / "tags").mkdir()
    for name in ("tags.yaml", "tags/a.yaml"):
        workspace.write(name, workspace.read("reconciler.yaml"))
    ran = workspace.run("apply", path, "--auto-approve")
    assert ran.code == 0, ran.err
    assert f"{path} is taken for a configuration" in ran.err
    assert "New Tag" in workspace.tags()


@pytest.mark.parametrize("name", ["plan.json", "plan.yaml", "plan"])
def test_apply_takes_a_json_object_for_a_saved_plan(workspace: Workspace, name: str) -> None:
    workspace.declare(TAG)
    assert workspace.run("plan --out", name).code == 0
    ran = workspace.run("apply", name)
    assert ran.code == 0, ran.err
    assert "taken for a configuration" not in ran.err


def test_apply_of_a_yaml_file_that_is_not_there_is_a_configuration_error(
    workspace: Workspace,
) -> None:
    ran = workspace.run("apply nothing.yaml")
    assert ran.code == 1
    assert "nothing.yaml" in ran.err
