"""The table of promises names tests that exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

HERE = Path(__file__).parent
NAMED = re.findall(r"`([\w/]+\.py)::(\w+)`", (HERE / "README.md").read_text("utf-8"))


def functions(path: str) -> set[str]:
    file = HERE / path
    if not file.exists():
        return set()
    tree = ast.parse(file.read_text("utf-8"))
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    return {node.name for node in tree.body if isinstance(node, kinds)}


def test_every_test_that_holds_a_promise_exists() -> None:
    known = {path: functions(path) for path, _ in NAMED}
    assert len(NAMED) > 40
    assert [(path, name) for path, name in NAMED if name not in known[path]] == []


def test_every_test_of_faults_holds_a_promise() -> None:
    listed = set(NAMED)
    tests = {
        (f"faults/{file.name}", name)
        for file in (HERE / "faults").glob("test_*.py")
        for name in functions(f"faults/{file.name}")
        if name.startswith("test_")
    }
    assert tests <= listed, tests - listed
