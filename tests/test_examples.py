"""Every example explains itself in two lines, is valid, and ends in rest on the sandbox."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from reconciler.sandbox import Options, Sandbox
from tests.cli_runner import direct, run

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.yaml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example(path: Path, tmp_path: Path) -> None:
    first, second, third = path.read_text("utf-8").splitlines()[:3]
    assert first.startswith("# ")
    assert second.startswith("# ")
    assert not third.startswith("#")
    shutil.copy(path, tmp_path / "reconciler.yaml")
    assert run("validate", cwd=tmp_path).code == 0
    with Sandbox(Options(seed="agency")) as sandbox:
        environ = direct(sandbox)
        first_plan = run("plan", "--detailed-exitcode", environ=environ, cwd=tmp_path)
        assert first_plan.code in {0, 2}, first_plan.err
        apply = run("apply", "--auto-approve", "--allow-deletes", environ=environ, cwd=tmp_path)
        assert apply.code == 0, apply.err
        again = run("plan", "--detailed-exitcode", environ=environ, cwd=tmp_path)
        assert again.code == 0, again.out


def test_the_promised_examples_are_there() -> None:
    names = {path.stem for path in EXAMPLES}
    promised = "smallest agency renames merging promoting tidying retiring adopting"
    assert {*promised.split()} <= names
