"""Rows as YAML: what is written reads back, and nothing in it acts on a terminal or a runner."""

from __future__ import annotations

import yaml
from hypothesis import given
from hypothesis import strategies as st

from reconciler.export.rows import as_yaml

VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(st.characters(exclude_categories=["Cs"]))
)


def test_plain_rows_stay_readable() -> None:
    assert (
        as_yaml([{"id": "COM1", "name": "Zahnärzte Süd"}]) == "- id: COM1\n  name: Zahnärzte Süd\n"
    )


@given(st.lists(st.dictionaries(st.sampled_from(("a", "b")), VALUES, min_size=1), max_size=3))
def test_what_is_written_reads_back(rows: list[dict[str, object]]) -> None:
    assert yaml.safe_load(as_yaml(rows)) == rows


def test_nothing_acts_on_a_terminal_or_a_runner() -> None:
    text = as_yaml([{"name": "::error::x\x1b[31m\u202e##[group]y"}])
    assert all(bad not in text for bad in ("::", "##", "\x1b", "\u202e"))
