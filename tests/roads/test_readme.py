"""The README's way to a gated pipeline: its commands run, its pictures and links are there."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

import pytest

from reconciler.sandbox import Options, Sandbox
from tests.cli_runner import direct
from tests.roads.runner import ROOT, SECRET, Runner

if TYPE_CHECKING:
    from pathlib import Path

SECTION = (
    (ROOT / "README.md")
    .read_text("utf-8")
    .partition("## Pull requests: the gated pipeline\n")[2]
    .partition("\n## ")[0]
)
BLOCKS = re.findall(r"^( *)```sh\n(.*?)^ *```", SECTION, re.MULTILINE | re.DOTALL)


def test_its_commands_lead_to_a_quiet_drift(tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    repository.mkdir()
    with Sandbox(Options(seed="agency")) as sandbox:
        environ = direct(sandbox)
        runner = Runner(repository, tmp_path / "runner", environ, environ[SECRET])
        script = "\n".join(textwrap.dedent(lines) for _, lines in BLOCKS)
        done = runner.bash(script, repository, {"GITHUB_ACTIONS": ""})
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Quote requested" in {row["name"] for row in sandbox.store.tags()}
    assert len(BLOCKS) == 4
    assert (repository / ".github/workflows/reconciler-apply.yml").exists()


def test_its_commands_are_the_ones_of_the_jobs() -> None:
    jobs = "".join(path.read_text() for path in (ROOT / "examples/ci/github").glob("*.yml"))
    for line in ("plan --out plan.json --report markdown=plan.md --report html=plan.html", "drift"):
        assert f"reconciler {line}" in jobs
        assert f"reconciler {line}" in SECTION


@pytest.mark.parametrize(
    "path", sorted(set(re.findall(r'(?:\]\(|src(?:set)?=")([^)":]+)', SECTION)))
)
def test_what_it_points_at_is_there(path: str) -> None:
    size = (ROOT / path).stat().st_size
    assert 0 < size < 200_000


def test_its_pictures_ask_for_nothing() -> None:
    drawn = (ROOT / "docs/images/terminal.svg").read_text("utf-8")
    assert re.findall(r"https?://[^\"' ]+", drawn) == ["http://www.w3.org/2000/svg"]
    assert "lose the tag" in drawn.replace("&#160;", " ")


def test_the_environments_it_names_are_the_ones_of_the_jobs() -> None:
    named = set(re.findall(r"^ +\| `(callrail-[a-z]+)`", SECTION, re.MULTILINE))
    jobs = "".join(path.read_text() for path in (ROOT / "examples/ci/github").glob("*.yml"))
    assert named == set(re.findall(r"environment: (\S+)", jobs))
