"""Names that may be one: what is folded, what two differ in, and who finds how many of them."""

from __future__ import annotations

import tracemalloc
from itertools import chain, combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.sandbox.seeds.agency import ADHOC, MISSPELT, STANDARD
from reconciler.text.alike import Names, _skeleton, alike, as_seen, difference, groups, skeleton
from tests.text.labels import DIFFERENT, LABELS, MISTYPED


def test_mathematical_capitals_have_a_case_too() -> None:
    assert skeleton("\U0001d40bead") == skeleton("lead")


@given(st.text(min_size=1) | st.text(st.characters(max_codepoint=127), min_size=1))
def test_the_quick_skeleton_is_the_skeleton(name: str) -> None:
    assert skeleton(name) == _skeleton(name)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12))
def test_appearances_are_folded_once_and_for_all(name: str) -> None:
    assert as_seen(as_seen(name)) == as_seen(name)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ("hot Lead", "case"),
        ("hotlead", "spacing"),
        ("hot le\u0430d", "a look-alike character: U+0430, CYRILLIC SMALL LETTER A"),
        ("hot-lead", "punctuation"),
    ],
)
def test_the_difference_is_named(other: str, message: str) -> None:
    assert difference("hot lead", other) == message


@pytest.mark.parametrize("name", MISSPELT)
def test_every_misspelling_of_the_agency_is_found(name: str) -> None:
    assert [one for one in MISSPELT[name] if not alike(name, one)] == []
    others = [other for other, _color in STANDARD if other != name]
    for one in MISSPELT[name]:
        assert Names([*others, name, *ADHOC]).like(one) == [name]
    (found,) = groups([*others, *ADHOC, name, *MISSPELT[name]])
    assert found == (name, *MISSPELT[name])


def test_labels_of_one_project_are_distinguished() -> None:
    """Pairs that are called alike, for 100 names; both kinds of counting are held."""
    names = sum(map(len, LABELS.values()))
    assert names > 600
    pairs = [
        (project, *pair)
        for project, labels in LABELS.items()
        for pair in combinations(labels, 2)
        if alike(*pair)
    ]
    assert len(pairs) <= names / 100, pairs
    assert pairs == []


@pytest.mark.parametrize(("name", "other"), MISTYPED, ids=str)
def test_what_people_mistype_is_alike(name: str, other: str) -> None:
    assert alike(name, other)
    assert alike(other, name)
    assert Names([other]).like(name) == [other]
    assert Names([name]).like(other) == [name]


@pytest.mark.parametrize(("name", "other"), DIFFERENT, ids=str)
def test_what_means_something_else_is_not_alike(name: str, other: str) -> None:
    assert not alike(name, other)
    assert not alike(other, name)


WORDS = [
    "opportunity",
    "oportunity",
    "oppty",
    "booked",
    "bookd",
    "appt",
    "appointment",
    "tier",
    "1",
]
NAMES = st.lists(st.sampled_from(WORDS) | st.text("abey", max_size=12), max_size=3).map(" ".join)


@given(st.lists(NAMES, max_size=8, unique=True), NAMES)
def test_the_index_finds_what_comparing_one_by_one_finds(names: list[str], name: str) -> None:
    assert Names(names).like(name) == sorted(n for n in names if n != name and alike(name, n))


@given(NAMES | st.text(), NAMES | st.text())
def test_likeness_has_no_direction(name: str, other: str) -> None:
    assert alike(name, other) is alike(other, name)
    assert alike(name, name)


def test_an_abbreviation_of_several_belongs_to_none() -> None:
    assert groups(["Auth", "Authentication", "Authorization"]) == ()
    assert groups(["Auth", "Authentication"]) == (("Auth", "Authentication"),)


def test_groups_keep_the_order_in_which_names_are_given() -> None:
    names = ["Spam", "Oppty", "SPAM", "Oportunity", "VIP", "Opportunity", "spam "]
    assert groups(names) == (
        ("Spam", "SPAM", "spam "),
        ("Oppty", "Oportunity", "Opportunity"),
    )


@pytest.mark.parametrize("name", ["", "🤖", "…", "x" * 255, "新規顧客", "1" * 300, "a1b2c3"])
def test_any_name_is_found_under_itself_and_no_other(name: str) -> None:
    assert alike(name, name)
    assert Names(["Spam", name]).like(name) == []
    assert groups(["Spam", name]) == ()


def test_the_index_takes_little_memory_for_each_name() -> None:
    labels = " ".join(chain.from_iterable(LABELS.values()))
    words = [*dict.fromkeys(word for word in labels.split() if word.isalpha())][:50]
    names = [" ".join(pair) for pair in product(words, repeat=2)]
    tracemalloc.start()
    known = Names(names)
    for name in names:
        known.like(name)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak / len(names) < 6 * 1024
