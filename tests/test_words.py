"""One word a thing: no two classes share a name, and what users read is in the field's words."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "reconciler").rglob("*.py"))
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


def test_no_two_classes_share_a_name() -> None:
    trees = (ast.parse(source.read_text("utf-8")) for source in SOURCES)
    names = Counter(
        node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)
    )
    assert [name for name, count in names.items() if count > 1] == []


def test_messages_are_in_the_field_s_words() -> None:
    assert [found for source in SOURCES for found in _of_messages(source)] == []


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
