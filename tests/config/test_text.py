"""Marks into a file's text."""

from __future__ import annotations

import pytest

from reconciler.config.text import Text
from reconciler.config.values import span


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_marks_leave_the_line_end_out(end: str) -> None:
    text = Text("f", f"a{end}\tbc  {end}d")
    mark = text.mark(span(1 + len(end) + 1, 1 + len(end) + 50))
    assert (mark.source.line, mark.source.column, mark.length, mark.text) == (2, 2, 2, "\tbc  ")


def test_a_mark_at_the_very_end_is_one_character_long() -> None:
    assert Text("f", "").mark(span(0, 0)).length == 1
