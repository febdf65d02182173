"""Every code that a user can meet is shown by some test."""

from __future__ import annotations

import re
from pathlib import Path

from reconciler.config.codes import Code
from reconciler.sandbox import Options, Sandbox
from tests.cli_runner import direct, run

HERE = Path(__file__).parent
CODE = re.compile(r"(?<![A-Z])[A-Z]{3,}[0-9]{3}(?![0-9])")


def test_every_code_is_shown_by_a_test() -> None:
    said = "".join(path.read_text() for path in (HERE.parent / "reconciler").rglob("*.py"))
    codes = {found[1] for found in re.finditer(rf'"({CODE.pattern})"', said)}
    assert {"CFG001", "PLAN001", "APPLY001"} <= codes
    assert codes - shown() == set()


def shown() -> set[str]:
    """Codes in the golden messages, and those that the tests speak of."""
    golden = "".join(path.read_text() for path in HERE.glob("golden/*/messages.txt"))
    tests = "".join(path.read_text() for path in HERE.rglob("test_*.py"))
    names = {Code[name].value for name in re.findall(r"\bCode\.([A-Z_]+)\b", tests)}
    return {*CODE.findall(golden), *re.findall(rf'"({CODE.pattern})"', tests), *names}


REFUSED = """\
version: 1
accounts:
  acme:
    id: {account}
tags:
  - name: Quote
    color: magenta
"""


def test_what_the_server_refuses_is_shown_at_the_line_that_asked_for_it(tmp_path: Path) -> None:
    with Sandbox(Options()) as sandbox:
        account = sandbox.store.value("SELECT id FROM accounts")
        (tmp_path / "reconciler.yaml").write_text(REFUSED.format(account=account))
        ran = run("apply", "--auto-approve", environ=direct(sandbox), cwd=tmp_path)
    assert ran.code == 3
    assert "error[APPLY001]: " in ran.err
    assert "--> reconciler.yaml:6:5" in ran.err
