"""Counts are ranges: whatever is added to them, none of them says more than is known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.change import NONE, UNKNOWN, Count, Loss, Precision
from tests.document.strategies import counts


@st.composite
def counted(draw: st.DrawFn) -> tuple[Count, int]:
    """A count and a true number that it allows."""
    one = draw(counts)
    most = one.least + 10**6 if one.most is None else one.most
    return one, draw(st.integers(one.least, most))


@given(st.lists(counted(), max_size=5))
def test_a_sum_allows_the_sum_of_whatever_its_parts_allow(parts: list[tuple[Count, int]]) -> None:
    added = sum((one for one, _true in parts), start=NONE)
    true = sum(number for _one, number in parts)
    assert added.least <= true
    assert added.most is None or true <= added.most


@given(st.lists(counts, max_size=5))
def test_a_sum_is_exact_only_where_all_its_parts_are(parts: list[Count]) -> None:
    added = sum(parts, start=NONE)
    exact = all(one.precision is Precision.EXACT for one in parts)
    assert (added.precision is Precision.EXACT) == exact


def test_interactions_leave_out_the_flows() -> None:
    one = Loss(calls=Count(41), forms=Count(2), texts=Count(1), flows=Count(7))
    assert one.interactions == Count(44)
    assert one + one == Loss(calls=Count(82), forms=Count(4), texts=Count(2), flows=Count(14))
    assert (one + Loss.unknown()).interactions == Count(44, Precision.AT_LEAST)


@pytest.mark.parametrize(
    ("number", "precision"),
    [(-1, "exact"), (3, "unknown"), (0, "at_least"), (0, "at_most")],
)
def test_a_count_that_reports_nothing_or_too_much_is_refused(number: int, precision: str) -> None:
    with pytest.raises(ValueError, match="a count of"):
        Count(number, Precision(precision))


def test_an_upper_bound_is_kept_where_there_are_two() -> None:
    assert Count(3) + Count(4, Precision.AT_MOST) == Count(7, Precision.AT_MOST)
    assert Count(3, Precision.AT_LEAST) + Count(4, Precision.AT_MOST) == Count(
        3, Precision.AT_LEAST
    )
    assert Count(4, Precision.AT_MOST) + UNKNOWN == UNKNOWN
