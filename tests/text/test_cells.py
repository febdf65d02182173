"""Columns of a terminal."""

from __future__ import annotations

import pytest

from reconciler.text.cells import cells


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("", 0),
        ("abc", 3),
        ("\x1b[31mred\x1b[0m", 3),
        ("\x1b[31mé…\x1b[0m", 2),
        ("e\u0301", 1),
        ("日本", 4),
        ("🦷", 2),
        ("⚠", 1),
        ("⚠\ufe0f", 2),
        ("👍🏽", 2),
        ("🇩🇪", 2),
    ],
)
def test_what_is_wide_takes_two(text: str, columns: int) -> None:
    assert cells(text) == columns
