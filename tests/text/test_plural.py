"""Numbers and lists in sentences."""

from __future__ import annotations

import pytest

from reconciler.text.plural import count, few, listed, listed_in_order


@pytest.mark.parametrize(
    ("number", "message"), [(0, "0 calls"), (1, "1 call"), (2, "2 calls"), (1234, "1,234 calls")]
)
def test_only_one_is_singular(number: int, message: str) -> None:
    assert count(number, "call") == message


def test_a_plural_may_take_more_than_an_s() -> None:
    assert count(1, "company", "companies") == "1 company"
    assert count(2, "flow applies", "flows apply") == "2 flows apply"


@pytest.mark.parametrize(
    ("words", "expected"),
    [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")],
)
def test_lists_read_like_prose(words: list[str], expected: str) -> None:
    assert listed(words) == expected


def test_a_long_list_is_counted() -> None:
    assert few([1, 2, 3]) == "1, 2, 3"
    assert few(range(1234), 2) == "0, 1 and 1,232 more"
    # One more is named: it takes no more room than saying that there is one.
    assert few("abcd") == "a, b, c, d"
    assert listed("abc", most=2) == "a, b and c"
    assert listed(map(str, range(100)), most=2) == "0, 1 and 98 more"


def test_a_sorted_list_is_counted_too() -> None:
    assert listed_in_order(["b", "c", "a"], most=2) == "a, b and c"
    assert listed_in_order(["b", "c", "a", "d"], most=2) == "a, b and 2 more"
    assert listed_in_order(["b", "a"]) == "a and b"
