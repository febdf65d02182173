"""One word a thing: no class name twice, and the field's words in code and in what users read."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "reconciler").rglob("*.py"))
PARTS = ("reconciler", "tests", "benchmarks")
PAGES = (
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "action.yml")),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "schemas").glob("*.json")),
    *sorted((ROOT / "examples").rglob("*.y*ml")),
    *sorted((ROOT / "reconciler" / "render" / "templates").iterdir()),
    *sorted((ROOT / "tests" / "golden").rglob("*.txt")),
)
OURS = re.compile(
    r"\b(doors?|twins?|bears?|borne|wish(es|ed)?|liberties|ledger|doomed|takeovers?"
    r"|leftovers?|spared?|claim(s|ed)?|unsettled|doubts?|closing look|be gentle|an hour and"
    r"|is no (page|duration|number|date|list|tag)|\d ?ms a request)\b|strips? (\d|calls)",
    re.IGNORECASE,
)
"""Words that only this project used; each has one of the field's in its place."""


OURS_IN_CODE = re.compile(
    r"(^|_)(bear(s|ers)?|borne|claim(s|ed)?|desk|doomed|doors?|doubts?|fate|hurry|land(ed)?"
    r"|leftovers?|ledger|liberties|look(s|ed|ing)?(?!_(up|alike|like))|road|said|say(s|ing)?"
    r"|settled|sow|spared|takeovers?|talks?|tells?|told|trouble|twins?|unsettled|wish(es)?)(_|$)",
    re.IGNORECASE,
)
"""The same as parts of names."""


def test_no_two_classes_share_a_name() -> None:
    trees = (ast.parse(source.read_text("utf-8")) for source in SOURCES)
    names = Counter(
        node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)
    )
    assert [name for name, count in names.items() if count > 1] == []


def test_messages_are_in_the_field_s_words() -> None:
    assert [found for source in SOURCES for found in _of_messages(source)] == []


def test_names_in_code_are_in_the_field_s_words() -> None:
    code = (path for part in PARTS for path in sorted((ROOT / part).rglob("*.py")))
    found = {
        f"{path}:{name}" for path in code for name in _names(path) if OURS_IN_CODE.search(name)
    }
    assert found == set()


def test_pages_are_in_the_field_s_words() -> None:
    lines = (
        (page, number, line)
        for page in PAGES
        for number, line in enumerate(page.read_text("utf-8").splitlines(), 1)
    )
    assert [f"{page}:{number}" for page, number, line in lines if OURS.search(line)] == []


def _of_messages(source: Path) -> list[str]:
    """Where a text that is no docstring holds one of our words."""
    tree = ast.parse(source.read_text("utf-8"))
    documentation = {id(one.value) for one in ast.walk(tree) if isinstance(one, ast.Expr)}
    return [
        f"{source}:{node.lineno}: {node.value}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in documentation
        and OURS.search(node.value)
    ]


def _names(source: Path) -> set[str]:
    """Every name in the code: of variables, arguments, attributes, functions and classes."""
    fields = ("id", "arg", "attr", "name")
    tree = ast.parse(source.read_text("utf-8"))
    found = (getattr(node, field, None) for node in ast.walk(tree) for field in fields)
    return {name for name in found if isinstance(name, str)}
