"""What a misspelt word may have meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.text.nearest import by_likeness, did_you_mean, nearest

LABELS = (Path(__file__).parents[1] / "data" / "labels.txt").read_text("utf-8").splitlines()


@pytest.mark.parametrize("word", ["DENTAL NORTH", "dental  north", "Dental Nroth", "North"])
def test_the_nearest_name_is_found(word: str) -> None:
    assert nearest(word, ["Law East", "Dental North"]) == ["Dental North"]


def test_what_is_near_nothing_suggests_nothing() -> None:
    assert did_you_mean("zzz", ["Law East"]) is None
    assert did_you_mean("z" * 10_000, ["Law East"]) is None


def test_most_misspelt_labels_are_understood() -> None:
    words = [one for one in LABELS if len(one) > 4]
    right = sum(nearest(one[:2] + one[3:], LABELS)[:1] in ([one], [one.lower()]) for one in words)
    assert right / len(words) > 0.9


def test_all_are_sorted_by_their_nearest_name() -> None:
    rows = [("ACC1", "Law"), ("ACC2", "Dental")]
    assert by_likeness("dentla", rows, lambda row: row) == [rows[1], rows[0]]
