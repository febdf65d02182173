"""The table of promises names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROWS = [
    line
    for line in (ROOT / "tests/README.md").read_text("utf-8").splitlines()
    if re.match(r"\| \d\. ", line)
]


def test_each_promise_has_a_row() -> None:
    assert [row[2] for row in ROWS] == list("123456789")


def test_every_test_that_is_named_exists() -> None:
    for row in ROWS:
        named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", row)
        assert named, row
        for path, name in named:
            text = (ROOT / path).read_text("utf-8")
            assert not name or re.search(rf"^(def {name}\(|{name} =)", text, re.MULTILINE), name
