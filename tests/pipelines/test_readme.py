"""README and docs: commands run, what is shown is printed, pictures and links are there."""

from __future__ import annotations

import json
import re
import shlex
import textwrap
from typing import TYPE_CHECKING

import pytest

from reconciler.cli.group import COMMANDS, EXIT_CODES
from reconciler.sandbox import Options, Sandbox
from tests.cli_runner import direct, run
from tests.config.writing import loaded
from tests.pipelines.runner import ROOT, SECRET, Runner
from tests.repository import Repository

if TYPE_CHECKING:
    from pathlib import Path

PATHS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PAGES = {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in PATHS}
README = PAGES["README.md"]
ALL = "\n".join(PAGES.values())


def titles(page: str) -> list[str]:
    """The headings of a page below its own, without what stands in blocks of code."""
    text = re.sub(r"^ *```.*?^ *```", "", page, flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"^##+ (.+)$", text, re.MULTILINE)


def anchor(title: str) -> str:
    """Where GitHub finds a heading."""
    return re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-")


def section(title: str, page: str = README) -> str:
    """What stands below a heading."""
    return page.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


SECTION = section("Pull requests: the gated pipeline")
BLOCKS = re.findall(r"^( *)```sh\n(.*?)^ *```", SECTION, re.MULTILINE | re.DOTALL)
CONFIGURATIONS = re.findall(r"^ *```yaml\n(.*?)^ *```", ALL, re.MULTILINE | re.DOTALL)

LINK = re.compile(r'(?:\]\(|src(?:set)?=")(?!https?:)([^)"]+)')
LINKS = [(page, link) for page, text in PAGES.items() for link in sorted({*LINK.findall(text)})]

FIRST = """\
version: 1
accounts:
  acme:
    id: ACC019c46b8a0807fbdb81c8bf12af91cb3
tags:
  - name: Quote requested
    color: orange3
  - name: Job applicant
    companies: [Dental North]
    color: blue1
    renamed_from: Job seeker
  - name: VIP
    companies: [Dental North]
    state: absent
    note: Replaced by the practice's own list; agreed with the clinic.
"""


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


def test_causes_are_reported_as_it_shows(tmp_path: Path) -> None:
    block = re.compile(r"^```sh\n(git switch --create.*?)^```", re.MULTILINE | re.DOTALL)
    (script,) = block.findall(ALL)
    repository = Repository.at(tmp_path / "repository")
    account = "version: 1\naccounts: {acme: {id: ACC019c46b8a0807fbdb81c8bf12af91cb3}}\n"
    tags = "tags:\n  - name: Quote requested\n    color: gray1\n"
    repository.commit(reconciler=account + tags)
    with Sandbox(Options(seed="agency")) as sandbox:
        environ = direct(sandbox)
        runner = Runner(repository.top, tmp_path / "runner", environ, environ[SECRET])
        done = runner.bash(script, repository.top, {"GITHUB_ACTIONS": ""})
        assert done.returncode == 0, done.stdout + done.stderr
        assert "color: blue1" in (repository.top / "reconciler.yaml").read_text()
        assert "[both]" in done.stdout or "[this change]" in done.stdout
    saved = json.loads((repository.top / "this-change.json").read_text())
    assert saved["base"]["digest"] == saved["digest"]


def test_explain_runs_as_it_shows(tmp_path: Path) -> None:
    block = re.compile(r"^```sh\n(reconciler explain .*?)^```", re.MULTILINE | re.DOTALL)
    (script,) = block.findall(ALL)
    (tmp_path / "reconciler.yaml").write_text(FIRST)
    with Sandbox(Options(seed="agency")) as sandbox:
        named, code = textwrap.dedent(script).splitlines()
        ran = run(*shlex.split(named)[1:], environ=direct(sandbox), cwd=tmp_path)
        assert "acme · Dental West\n  why    not declared\n  live   Opportunity" in ran.out
    assert run(*code.split()[1:]).out.startswith("PLAN004: ")


def test_its_commands_are_the_ones_of_the_jobs() -> None:
    jobs = "".join(path.read_text() for path in (ROOT / "examples/ci/github").glob("*.yml"))
    for line in ("snapshot --usage --out live.json", "plan --live live.json", "drift"):
        assert f"reconciler {line}" in SECTION
        assert f"reconciler {line}" in re.sub(
            r'"\$RUNNER_TEMP/(?:out/|live/)?([a-z.]+)"', r"\1", jobs
        )
    assert "apply plan.json --no-deletes" in SECTION


@pytest.mark.parametrize(("page", "link"), LINKS)
def test_what_it_points_at_is_there(page: str, link: str) -> None:
    path, _, place = link.partition("#")
    target = (ROOT / page).parent / path if path else ROOT / page
    assert 0 < target.stat().st_size < 200_000
    if place:
        assert place in map(anchor, titles(target.read_text("utf-8")))


@pytest.mark.parametrize("page", PAGES)
def test_its_contents_are_its_headings_in_their_order(page: str) -> None:
    listed = re.findall(r"^- \[(.+?)\]\(#(.+)\)$", PAGES[page], re.MULTILINE)
    wanted = [(title, anchor(title)) for title in titles(PAGES[page])]
    assert listed == (wanted if len(wanted) > 1 else [])


def test_it_leads_to_every_page() -> None:
    assert set(PAGES) - {"README.md"} <= set(LINK.findall(README))


def test_what_becomes_of_a_tag_runs_as_it_shows(tmp_path: Path) -> None:
    shown = section("What happens to a tag that I delete, and how I get it back")
    lines = re.findall(r"^reconciler (.+?) *(?:#.*)?$", shown, re.MULTILINE)
    example = (ROOT / "examples/tidying.yaml").read_text("utf-8")
    (tmp_path / "reconciler.yaml").write_text(example, "utf-8")
    with Sandbox(Options(seed="agency")) as sandbox:
        before = {row["id"]: row["name"] for row in sandbox.store.tags()}
        ran = [run(*shlex.split(line), environ=direct(sandbox), cwd=tmp_path) for line in lines]
        after = {row["id"]: row["name"] for row in sandbox.store.tags()}
    assert [one.code for one in ran] == [0] * 6
    rehearsal = section("See the first apply before you do it", PAGES["docs/history.md"])
    command, _, printed = rehearsal.split("```")[1].strip("\n").partition("\n")
    assert (command, printed + "\n") == (f"$ reconciler {lines[1]}", ran[1].out)
    assert "Summer 2025" in ran[3].out
    assert before.items() <= after.items()
    assert set(after.values()) - set(before.values()) == {"Consultation booked"}


def test_its_pictures_ask_for_nothing() -> None:
    drawn = (ROOT / "docs/images/terminal.svg").read_text("utf-8")
    assert re.findall(r"https?://[^\"' ]+", drawn) == ["http://www.w3.org/2000/svg"]
    assert "2 forms keep it" in drawn.replace("&#160;", " ")


def test_the_environments_it_names_are_the_ones_of_the_jobs() -> None:
    named = set(re.findall(r"^ +\| `(callrail[a-z-]*)`", SECTION, re.MULTILINE))
    jobs = "".join(path.read_text() for path in (ROOT / "examples/ci/github").glob("*.yml"))
    assert named == set(re.findall(r"environment: (\S+)", jobs))


def test_its_first_plan_is_what_the_command_prints(tmp_path: Path) -> None:
    shown = README.partition("```\n")[2].partition("```")[0]
    with Sandbox(Options(seed="agency")) as sandbox:
        (tmp_path / "reconciler.yaml").write_text(FIRST, "utf-8")
        done = run("plan", "--quiet", cwd=tmp_path, environ=direct(sandbox))
    assert (done.code, done.out) == (0, shown)


def test_its_commands_report_what_has_changed_since(tmp_path: Path) -> None:
    shown = section("What has changed since", PAGES["docs/insight.md"])
    lines = re.findall(r"^reconciler (.+?) +#", shown, re.MULTILINE)
    assert len(lines) == 4
    with Sandbox(Options(seed="agency")) as sandbox:
        environ = direct(sandbox)
        written = run("import", environ=environ, cwd=tmp_path)
        (tmp_path / "reconciler.yaml").write_text(written.out, "utf-8")
        done = [run(*line.split(), environ=environ, cwd=tmp_path) for line in lines]
        assert [one.code for one in done] == [0, 0, 0, 0]
        sandbox.store.run("UPDATE tags SET name = 'Premium' WHERE id = 7886050")
        _snapshot, diff, drift, plan = lines
        reported = {line: run(*line.split(), environ=environ, cwd=tmp_path) for line in lines[1:]}
    assert "7886050 in acme-dental-group · Dental North: VIP -> Premium" in reported[diff].out
    assert (reported[drift].code, "VIP: called Premium now" in reported[drift].out) == (2, True)
    assert "name Premium -> VIP" in reported[plan].out


def test_its_audit_is_what_the_command_prints(tmp_path: Path) -> None:
    blocks = section("Who deviates", PAGES["docs/insight.md"]).split("```")
    line, shown = (blocks[at].partition("\n")[2] for at in (1, 3))
    with Sandbox(Options(seed="agency")) as sandbox:
        words = [*shlex.split(line)[1:], "--quiet"]
        done = run(*words, cwd=tmp_path, environ=direct(sandbox))
    assert (done.code, done.out) == (0, shown)


@pytest.mark.parametrize("text", CONFIGURATIONS)
def test_its_configurations_are_valid(text: str, tmp_path: Path) -> None:
    configuration = loaded(tmp_path, textwrap.dedent(text))
    assert configuration.entries


def test_its_commands_are_those_of_the_help() -> None:
    table = section("Commands").partition("\n\n-")[0]
    heads = re.findall(r"^\| (`.+?) \|", table, re.MULTILINE)
    named = [name for head in heads for name in re.findall(r"`([a-z]+)", head)]
    assert named == list(COMMANDS)


def test_its_exit_codes_are_those_of_the_help() -> None:
    table = section("Exit codes")
    codes = re.findall(r"^\| ([0-9, ]+) \|", table, re.MULTILINE)
    assert codes == [code for code, _meaning in EXIT_CODES]
