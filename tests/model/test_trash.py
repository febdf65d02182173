"""What a tag in the trash is called, and that its name gives back all that it holds."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.trash import (
    LONGEST,
    TrashName,
    kept,
    original,
    parse,
    seen,
    trash_name,
    undated,
)

DAY = date(2026, 11, 25)


def test_a_trash_name_holds_the_day_and_the_name() -> None:
    assert trash_name("Old campaign", DAY, ()) == "~trash 2026-11-25 Old campaign"
    assert parse("~trash 2026-11-25 Old campaign") == TrashName(DAY, 1, "Old campaign")


def test_the_same_name_on_the_same_day_gets_a_number() -> None:
    taken = {seen("~trash 2026-11-25 OLD"), seen("~trash 2026-11-25.2 Old")}
    assert trash_name("Old", DAY, taken) == "~trash 2026-11-25.3 Old"


@pytest.mark.parametrize(
    "name",
    [
        "~trash",
        "~trash 2026-11-25",
        "~trash 2026-11-25 ",
        "~trash 2026-13-01 Old",
        "~trash 2026-11-25.0 Old",
        "~Trash 2026-11-25 Old",
        " ~trash 2026-11-25 Old",
        "trash 2026-11-25 Old",
    ],
)
def test_what_only_resembles_a_trash_name_is_none(name: str) -> None:
    assert parse(name) is None
    assert original(name) == undated(name) == name


def test_a_long_name_is_cut_in_the_middle_and_never_at_the_date() -> None:
    one, other = (f"{'A' * 300}{middle}{'Z' * 300}" for middle in "xy")
    name = trash_name(one, DAY, ())
    assert len(name) <= LONGEST
    assert name.startswith("~trash 2026-11-25 AAA")
    assert name.endswith("ZZZ")
    assert original(name) == kept(one) != kept(other), "never taken back under another name"


@given(
    st.text(min_size=1).filter(lambda name: name == name.strip()),
    st.dates(),
    st.integers(0, 3),
)
def test_what_was_written_is_read(name: str, day: date, others: int) -> None:
    taken: set[str] = set()
    for _ in range(others):
        taken.add(seen(trash_name(name, day, taken)))
    found = parse(trash_name(name, day, taken))
    assert found == TrashName(day, others + 1, kept(name))
    assert len(str(found)) <= LONGEST


def test_its_time_is_over_after_so_many_days_and_never_beyond_the_calendar() -> None:
    assert TrashName(DAY, 1, "Old").due(30) == date(2026, 12, 25)
    assert TrashName(date(9999, 12, 30), 1, "Old").due(30) is None
