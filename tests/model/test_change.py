"""Counts of several tags together, as far as they are known."""

from __future__ import annotations

import pytest

from reconciler.model.change import UNKNOWN, Applied, Count, Precision

AT_MOST_TWO = Count(2, Precision.AT_MOST)
AT_LEAST_ONE = Count(1, Precision.AT_LEAST)


@pytest.mark.parametrize(
    ("several", "together"),
    [
        ([Applied(Count(0))], Applied(Count(0))),
        (
            [Applied(Count(1), ("a",)), Applied(Count(2), ("a", "b"))],
            Applied(Count(2), ("a", "b")),
        ),
        (
            [Applied(Count(1), ("a",)), Applied(AT_MOST_TWO, ("b", "c"))],
            Applied(Count(3, Precision.AT_MOST), ("a", "b", "c")),
        ),
        ([Applied(Count(1), ("a",)), Applied(Count(1))], Applied(AT_MOST_TWO, ("a",))),
        ([Applied(Count(1), ("a",)), Applied(UNKNOWN)], Applied(AT_LEAST_ONE, ("a",))),
        ([Applied(UNKNOWN), Applied(UNKNOWN)], Applied(UNKNOWN)),
    ],
    ids=["none", "one twice", "perhaps", "a flow without a name", "not all read", "none read"],
)
def test_a_flow_that_applies_two_tags_is_one_flow(
    several: list[Applied], together: Applied
) -> None:
    assert Applied.any_of(several) == together
