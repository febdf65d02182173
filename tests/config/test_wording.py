"""Words of the messages."""

from __future__ import annotations

import pytest

from reconciler.config.text import Text
from reconciler.config.values import span
from reconciler.config.wording import did_you_mean, listed, nearest, quoted


@pytest.mark.parametrize(
    ("words", "expected"),
    [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")],
)
def test_lists_read_like_prose(words: list[str], expected: str) -> None:
    assert listed(words) == expected


def test_a_long_list_is_counted() -> None:
    assert listed(map(str, range(100)), most=2) == "0, 1 and 98 more"


def test_a_long_text_is_cut() -> None:
    assert len(quoted("x" * 5000)) < 70


@pytest.mark.parametrize("word", ["DENTAL NORTH", "dental  north", "Dental Nroth", "North"])
def test_the_nearest_name_is_found(word: str) -> None:
    assert nearest(word, ["Law East", "Dental North"]) == ["Dental North"]


def test_what_is_near_nothing_suggests_nothing() -> None:
    assert did_you_mean("zzz", ["Law East"]) is None
    assert did_you_mean("z" * 10_000, ["Law East"]) is None


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_marks_leave_the_line_end_out(end: str) -> None:
    text = Text("f", f"a{end}\tbc  {end}d")
    mark = text.mark(span(1 + len(end) + 1, 1 + len(end) + 50))
    assert (mark.source.line, mark.source.column, mark.length, mark.text) == (2, 2, 2, "\tbc  ")


def test_a_mark_at_the_very_end_is_one_character_long() -> None:
    assert Text("f", "").mark(span(0, 0)).length == 1
