"""Listings as columns and as CSV."""

from __future__ import annotations

from textwrap import dedent
from typing import Any

import pytest

from reconciler.render import table
from reconciler.text.cells import cells

ROWS: list[dict[str, Any]] = [
    {"id": "CAL1", "duration": 60, "answered": True, "tags": ["A", "B"]},
    {"id": "CAL2", "duration": None, "answered": False, "source": "日本"},
]


def test_columns_are_all_keys_in_the_order_in_which_they_come() -> None:
    assert table.text(ROWS) == dedent(
        """\
        id    duration  answered  tags        source
        CAL1  60        yes       ["A", "B"]
        CAL2            no                    日本
        """
    )


def test_columns_can_be_chosen() -> None:
    assert table.text(ROWS, columns=["source", "id"]) == dedent(
        """\
        source  id
                CAL1
        日本    CAL2
        """
    )


def test_no_rows() -> None:
    assert table.text([], columns=["id", "name"]) == "id  name\n"
    assert table.text([]) == "\n"


@pytest.mark.parametrize("width", [20, 40, 80])
def test_the_widest_cells_are_cut_to_a_terminals_width(width: int) -> None:
    shown = table.text([{"id": 1, "note": "word " * 30, "wide": "日本" * 30}], width=width)
    assert max(map(cells, shown.splitlines())) <= width
    assert "…" in shown


@pytest.mark.parametrize("width", [60, 80])
def test_ids_are_never_cut(width: int) -> None:
    row = {"id": "ACC019c46b8a0807fbdb81c8bf12af91cb3", "company_id": "COM1", "name": "word " * 30}
    shown = table.text([row], width=width)
    assert (row["id"] in shown, "COM1" in shown, "…" in shown) == (True, True, True)
    assert max(map(cells, shown.splitlines())) <= width


def test_a_terminal_too_narrow_for_anything_gets_what_can_be() -> None:
    shown = table.text([{f"column{at}": "x" * 30 for at in range(9)}], width=10)
    assert shown.startswith("colum…  colum…")


def test_csv_has_a_line_of_titles_and_quotes_where_needed() -> None:
    assert table.csv(ROWS) == dedent(
        """\
        id,duration,answered,tags,source
        CAL1,60,true,"[""A"", ""B""]",
        CAL2,,false,,日本
        """
    )


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, ""),
        ("", ""),
        (-5, "-5"),
        (1.5, "1.5"),
        ("plain text", "plain text"),
        ("a,b", '"a,b"'),
        ('say "x"', '"say ""x"""'),
        ("=1+1", "'=1+1"),
        ("+49 30 1234", "'+49 30 1234"),
        ("-5", "'-5"),
        (" =1", "' =1"),
        ("a;=1", "a;'=1"),
        ("line\nbreak", r"line\nbreak"),
    ],
)
def test_a_cell_is_never_a_formula(value: object, cell: str) -> None:
    assert table.csv([{"n": 1, "x": value}]) == f"n,x\n1,{cell}\n"


def test_a_nested_thing_is_shown_by_its_name_and_kept_whole_in_csv() -> None:
    rows = [{"id": "TRK1", "company": {"id": "COM1", "name": "Dental North"}}]
    assert table.text(rows) == "id    company\nTRK1  Dental North\n"
    assert "COM1" in table.csv(rows)
