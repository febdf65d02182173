"""What is not strict JSON is named."""

from __future__ import annotations

import pytest

from reconciler.text.strict_json import NotJSONError, parse_json


def test_a_byte_order_mark_and_fractions_are_read() -> None:
    assert parse_json('\ufeff{"a": [1, 2.5, null]}') == {"a": [1, 2.5, None]}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"a": 1, "a": 2}', "the field 'a' stands twice in one object"),
        ('{"a": 1, "a": 2, "a": 3, "b": 1}', "the field 'a' stands twice in one object"),
        ("[NaN]", "NaN is not a whole number"),
        ("[1", "it is not JSON: Expecting ',' delimiter in line 1"),
        ("9" * 5000, "it holds a number that is too long"),
        ("[" * 100_000, "it is nested too deeply"),
    ],
)
def test_what_readers_differ_on_is_named(text: str, why: str) -> None:
    with pytest.raises(NotJSONError) as found:
        parse_json(text)
    assert str(found.value) == why


def test_fractions_can_be_refused() -> None:
    with pytest.raises(NotJSONError, match=r"1\.5 is not a whole number"):
        parse_json("1.5", fractions=False)
