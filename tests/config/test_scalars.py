"""Plain scalars mean what YAML 1.2 says."""

from __future__ import annotations

import math

import pytest

from reconciler.config.scalars import resolve

STRINGS = (
    "No", "no", "yes", "on", "off", "y", "n", "nUll", "tRue", "1_000", "0b1", "0o8", "0xg", "1:30",
    "2026-11-24", "1e", ".", "-", "+", "--1", "1.2.3", "=", "inf", "nan", "+.nan", "0o17x", "~a",
    "-0x1F", "+0o17",
)  # fmt: skip
OTHERS = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
    "0": 0, "-12": -12, "+7": 7, "007": 7, "0o17": 15, "0x1F": 31,
    "1.0": 1.0, ".5": 0.5, "5.": 5.0, "-1e3": -1000.0, "+12e03": 12000.0,
    ".inf": math.inf, "-.INF": -math.inf, "+.Inf": math.inf,
}  # fmt: skip


@pytest.mark.parametrize("text", STRINGS)
def test_what_only_yaml_1_1_reads_as_something_else_is_text(text: str) -> None:
    assert resolve(text) == text


@pytest.mark.parametrize("text", OTHERS)
def test_the_core_schema_is_obeyed(text: str) -> None:
    found = resolve(text)
    assert (type(found), found) == (type(OTHERS[text]), OTHERS[text])


def test_not_a_number_is_a_number() -> None:
    assert isinstance(resolve(".nan"), float)


def test_an_integer_of_a_million_digits_costs_nothing() -> None:
    assert resolve("9" * 1_000_000) == math.inf
