"""Names as people see them: what a pattern of a guard matches, however the name is spelt."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.names import any_alike, any_glob, which_alike

if TYPE_CHECKING:
    from collections.abc import Callable

CAFE = any_alike(["Café *"])


@pytest.mark.parametrize(
    "name",
    [
        "Café north",
        unicodedata.normalize("NFD", "Café north"),
        "CAFÉ NORTH",
        "Café\u00a0north",
        "Café\u2003 north",
        "Ca\u200bfé north",
        "C\u0430fé north",
        "\U0001d402afé north",
        "Cafe north",
        " Café north",
        "Café\u3164north",
    ],
)
def test_a_pattern_matches_every_spelling_of_one_appearance(name: str) -> None:
    assert CAFE(name)


@pytest.mark.parametrize("name", ["Cafeteria", "Café", "Cafénorth", "My Café north", ""])
def test_a_pattern_does_not_match_another_appearance(name: str) -> None:
    assert not CAFE(name)


@pytest.mark.parametrize(
    "pattern", ["\u200b*", "*\u0301*", " *", "* ", "\uff0a", "?\u200b", "\u3164*"]
)
def test_text_that_cannot_be_seen_does_not_leave_a_wildcard_alone(pattern: str) -> None:
    assert not any_alike([pattern])("Opportunity")
    assert not any_alike([pattern])("x")


def test_dashes_and_quotes_are_alike_but_other_punctuation_is_not() -> None:
    assert any_alike(["crm-*"])("CRM\u2013lead")
    assert any_alike(["Don't call"])("don\u2019t call")
    assert not any_alike(["crm-*"])("crm/lead")


def test_the_pattern_that_matches_is_named() -> None:
    assert which_alike(["Spam", "Café *"], "CAFÉ x") == "Café *"
    assert which_alike(["Spam"], "CAFÉ x") is None


def test_no_pattern_matches_nothing() -> None:
    assert not any_alike([])("")


names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


@given(names, names)
def test_what_a_glob_matches_is_matched_by_appearance(pattern: str, name: str) -> None:
    if any_glob([pattern])(name):
        assert any_alike([pattern])(name)


_SPELLINGS: list[Callable[[str], str]] = [
    str,
    str.upper,
    str.title,
    lambda name: unicodedata.normalize("NFD", name),
    lambda name: unicodedata.normalize("NFC", name),
    lambda name: name.replace(" ", "\u00a0"),
    lambda name: name.replace(" ", "  "),
    "\u200b".join,
    lambda name: name.translate(str.maketrans("aeopcx", "\u0430\u0435\u043e\u0440\u0441\u0445")),
    lambda name: f" {name}\u3000",
    lambda name: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in name),
]
_TEXT = st.text("abcdeéopxzß -_/.'", min_size=1, max_size=8).map(lambda text: text.strip() or "a")


@given(st.data())
def test_a_name_under_a_pattern_stays_under_it_in_any_respelling(data: st.DataObject) -> None:
    parts = data.draw(st.lists(_TEXT | st.just("*"), min_size=1, max_size=4))
    name = "".join(data.draw(_TEXT) if part == "*" else part for part in parts)
    for respell in data.draw(st.lists(st.sampled_from(_SPELLINGS), min_size=1, max_size=3)):
        name = respell(name)
    assert any_alike(["".join(parts)])(name)
