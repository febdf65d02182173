"""Looks of texts: what is folded, and what two that look alike differ in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.text.alike import _skeleton, as_seen, difference, skeleton


def test_mathematical_capitals_have_a_case_too() -> None:
    assert skeleton("\U0001d40bead") == skeleton("lead")


@given(st.text(min_size=1) | st.text(st.characters(max_codepoint=127), min_size=1))
def test_the_quick_skeleton_is_the_skeleton(name: str) -> None:
    assert skeleton(name) == _skeleton(name)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12))
def test_looks_are_folded_once_and_for_all(name: str) -> None:
    assert as_seen(as_seen(name)) == as_seen(name)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ("hot Lead", "case"),
        ("hotlead", "spacing"),
        ("hot le\u0430d", "a look-alike character: U+0430, CYRILLIC SMALL LETTER A"),
        ("hot-lead", "punctuation"),
    ],
)
def test_the_difference_is_named(other: str, said: str) -> None:
    assert difference("hot lead", other) == said
