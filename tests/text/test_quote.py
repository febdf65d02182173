"""Text in quotes, for people and for YAML."""

from __future__ import annotations

import yaml
from hypothesis import given
from hypothesis import strategies as st

from reconciler.text.quote import double_quoted, quoted, quoted_all
from reconciler.text.visible import is_visible


def test_a_long_text_is_cut() -> None:
    assert len(quoted("x" * 5000)) < 70


def test_names_to_search_for_stay_whole() -> None:
    assert quoted_all(["a", "b" * 100]) == f'"a", "{"b" * 100}"'


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_is_double_quoted_is_seen_commands_nothing_and_is_read_back(text: str) -> None:
    written = double_quoted(text)
    assert yaml.safe_load(written) == text
    assert is_visible(written)
    assert "::" not in written
    assert "##" not in written
