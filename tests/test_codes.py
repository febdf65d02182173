"""Every code that a plan or an apply can show has a golden case or a test, and a meaning."""

from __future__ import annotations

import re
from pathlib import Path

from reconciler.cli.code_texts import code_texts
from reconciler.config.codes import Code
from reconciler.model.codes import MEANINGS, PlanCode
from reconciler.sandbox import Options, Sandbox
from tests.cli_runner import direct, run

HERE = Path(__file__).parent
SOURCE = HERE.parent / "reconciler"
CODE = re.compile(r'"((?:CFG|PLAN|APPLY)\d{3})"')


def codes_in(paths: list[Path]) -> set[str]:
    return {code for path in paths for code in CODE.findall(path.read_text("utf-8"))}


def golden_codes() -> set[str]:
    """Codes that the golden cases' messages show."""
    messages = (path.read_text("utf-8") for path in HERE.glob("golden/*/messages.txt"))
    return {code for text in messages for code in re.findall(r"\[(\w+\d{3})\]", text)}


def test_every_code_of_a_plan_has_a_meaning_and_a_golden_case() -> None:
    assert set(PlanCode) == set(MEANINGS)
    assert {code.value for code in PlanCode} <= golden_codes()


def test_no_code_is_used_that_is_not_listed() -> None:
    used = codes_in(sorted(SOURCE.rglob("*.py")))
    assert used == {*Code, *PlanCode, "APPLY001", "APPLY002"}


def test_every_code_that_is_used_or_documented_is_explained() -> None:
    code = re.compile(r"\b(?:CFG|PLAN|LIVE|APPLY|UNDO|DOC)\d{3}\b")
    sources = [path.read_text("utf-8") for path in SOURCE.rglob("*.py")]
    written = {one for text in sources for one in re.findall(rf'"({code.pattern})"', text)}
    pages = [HERE.parent / "README.md", *(HERE.parent / "docs").glob("*.md")]
    named = {one for page in pages for one in code.findall(page.read_text("utf-8"))}
    assert {*written, *named} - {"CFG000"} == set(code_texts())


def test_the_page_of_codes_shows_what_explain_shows() -> None:
    page = (HERE.parent / "docs/codes.md").read_text("utf-8")
    rows = [
        f"| `{one.code}` | {one.means} | {one.do} | {'yes' if one.mutable else ''} |"
        for one in code_texts().values()
    ]
    assert re.findall(r"^\| `.+$", page, re.MULTILINE) == rows


def test_what_the_server_refused_is_shown_at_its_line_under_its_code(tmp_path: Path) -> None:
    account = "accounts: {acme: {id: ACC019c46b8a0807fbdb81c8bf12af91cb3}}"
    text = f"version: 1\n{account}\ntags: [{{name: Opportunity 2, color: magenta}}]\n"
    (tmp_path / "reconciler.yaml").write_text(text, "utf-8")
    with Sandbox(Options(seed="agency")) as sandbox:
        ran = run("apply", "--auto-approve", environ=direct(sandbox), cwd=tmp_path)
    assert ran.code == 3
    assert "[APPLY001]" in ran.err
    assert "--> reconciler.yaml:3:8" in ran.err
