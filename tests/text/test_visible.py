"""The one table of characters that can't be seen."""

from __future__ import annotations

import re
import sys

from hypothesis import given
from hypothesis import strategies as st

from reconciler.schema import load_schema
from reconciler.text.visible import (
    NOT_IN_A_FILE,
    NOT_IN_A_LINE,
    escaped,
    is_hidden,
    is_visible,
    safe_text,
    without_hidden,
)

EVERY = tuple(map(chr, range(sys.maxunicode + 1)))


def test_all_that_is_hidden_is_written_out_and_nothing_else() -> None:
    assert all((without_hidden(one) != one) == is_hidden(one) for one in EVERY)


def test_what_turns_or_controls_is_hidden() -> None:
    refused = [one for one in EVERY if NOT_IN_A_LINE.match(one) or NOT_IN_A_FILE.match(one)]
    assert all(map(is_hidden, refused))


def test_a_line_is_what_the_schema_calls_one() -> None:
    schema = load_schema("config")["$defs"]["line"]["allOf"]
    patterns = [re.compile(part["pattern"][:-1] + r"\Z") for part in schema if "pattern" in part]
    for one in EVERY:
        if not "\ud800" <= one <= "\udfff":
            accepted = all(pattern.search(one) for pattern in patterns)
            assert accepted == (NOT_IN_A_LINE.match(one) is None), escaped(one)


@given(st.text())
def test_a_text_without_what_is_hidden_is_visible(text: str) -> None:
    assert is_visible(without_hidden(text))
    assert is_visible(text) == (without_hidden(text) == text)


@given(st.text())
def test_safe_text_is_short_and_on_one_line(text: str) -> None:
    safe = safe_text(text, limit=40)
    assert len(safe) <= 40
    assert safe == safe.strip()
    assert is_visible(safe)
