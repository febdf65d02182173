"""A file given where ``-c FILE`` is meant is taken for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.e2e.desk import Desk

TAG = "- name: New Tag\n  color: blue1\n"


@pytest.mark.parametrize("line", ["plan", "validate", "drift", "snapshot", "doctor"])
@pytest.mark.parametrize("path", ["tags.yaml", "tags"])
def test_a_file_or_directory_is_the_configuration(desk: Desk, line: str, path: str) -> None:
    desk.declare(TAG)
    (desk.directory / "tags").mkdir()
    for name in ("tags.yaml", "tags/a.yaml"):
        desk.write(name, desk.read("reconciler.yaml"))
    (desk.directory / "reconciler.yaml").unlink()
    ran = desk.run(line, path)
    assert ran.code == desk.run(line, "-c", path).code
    assert ran.code == (2 if line == "drift" else 0), ran.err


@pytest.mark.parametrize("path", ["tags.yaml", "tags"])
def test_apply_takes_yaml_for_a_configuration_and_says_so(desk: Desk, path: str) -> None:
    desk.declare(TAG)
    (desk.directory / "tags").mkdir()
    for name in ("tags.yaml", "tags/a.yaml"):
        desk.write(name, desk.read("reconciler.yaml"))
    ran = desk.run("apply", path, "--auto-approve")
    assert ran.code == 0, ran.err
    assert f"{path} is taken for a configuration" in ran.err
    assert "New Tag" in desk.tags()


@pytest.mark.parametrize("name", ["plan.json", "plan.yaml", "plan"])
def test_apply_takes_a_json_object_for_a_saved_plan(desk: Desk, name: str) -> None:
    desk.declare(TAG)
    assert desk.run("plan --out", name).code == 0
    ran = desk.run("apply", name)
    assert ran.code == 0, ran.err
    assert "taken for a configuration" not in ran.err


def test_apply_of_a_yaml_file_that_is_not_there_is_a_configuration_error(desk: Desk) -> None:
    ran = desk.run("apply nothing.yaml")
    assert ran.code == 1
    assert "nothing.yaml" in ran.err
