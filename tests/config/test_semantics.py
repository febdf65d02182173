"""What is checked offline: duplicates, levels, look-alikes, ignored names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.config.codes import Code
from tests.config.writing import HEAD, TWO, problems

if TYPE_CHECKING:
    from pathlib import Path


def codes(folder: Path, *blocks: str, head: str = HEAD) -> list[str]:
    """What loading says, without any company."""
    text = head + "tags:\n" + "".join(f"  - {{{block}}}\n" for block in blocks)
    return [str(one.code) for one in problems(folder, text)]


@pytest.mark.parametrize(
    "place",
    [
        "",
        ", accounts: [acme]",
        ", companies: all",
        ", companies: ['D*']",
        ", companies: [Law East]",
        ", companies: all, except: [Law East]",
        ", companies: ['D*', Law East], except: [Dental North]",
    ],
)
def test_duplicates_with_the_same_words_are_found(tmp_path: Path, place: str) -> None:
    assert codes(tmp_path, f"name: a{place}", f"name: a{place}") == [Code.DECLARED_TWICE]


def test_one_company_in_two_lists_is_found(tmp_path: Path) -> None:
    found = codes(
        tmp_path,
        "name: a, companies: [Law East, Dental North]",
        "name: a, companies: [Dental South, Law East]",
    )
    assert found == [Code.DECLARED_TWICE]


def test_one_name_in_different_accounts_is_fine(tmp_path: Path) -> None:
    blocks = ("name: a, accounts: [acme]", "name: a, accounts: [bolt]")
    assert codes(tmp_path, *blocks, head=TWO) == []


def test_three_declarations_of_one_name_are_two_errors(tmp_path: Path) -> None:
    assert codes(tmp_path, "name: a", "name: a", "name: a") == [Code.DECLARED_TWICE] * 2


@pytest.mark.parametrize(
    "other", ["new lead", "New  Lead", "New-Lead", "New Le\u0430d", "N\u00e9w Lead"]
)
def test_look_alikes_are_warned_of(tmp_path: Path, other: str) -> None:
    assert codes(tmp_path, "name: New Lead", f"name: {other}") == [Code.LOOK_ALIKE]


def test_look_alikes_are_reported_once_however_many_places_they_have(tmp_path: Path) -> None:
    found = codes(
        tmp_path,
        "name: Lead, companies: all",
        "name: lead, companies: [Law East]",
        "name: lead, companies: [Dental North]",
    )
    assert found == [Code.LOOK_ALIKE]


def test_look_alikes_of_different_accounts_are_fine(tmp_path: Path) -> None:
    blocks = ("name: Lead, accounts: [acme]", "name: lead, accounts: [bolt]")
    assert codes(tmp_path, *blocks, head=TWO) == []


def test_a_spelling_that_is_to_go_looks_like_nothing(tmp_path: Path) -> None:
    assert codes(tmp_path, "name: Lead", "name: lead, state: absent, note: typo") == []


def test_names_of_punctuation_are_distinguished(tmp_path: Path) -> None:
    assert codes(tmp_path, "name: '!'", "name: '?'", "name: '\U0001f600'") == []


def test_an_absent_tag_on_the_other_level_is_fine(tmp_path: Path) -> None:
    assert codes(tmp_path, "name: a", "name: a, companies: all, state: absent, note: moved") == []


def test_a_former_name_that_the_account_ignores_is_an_error(tmp_path: Path) -> None:
    head = "version: 1\naccounts: {acme: {id: ACC1, ignore: ['crm-*']}, bolt: {id: ACC2}}\n"
    assert codes(tmp_path, "name: a, renamed_from: [crm-1]", head=head) == [Code.IGNORED]
    assert codes(tmp_path, "name: crm-1, accounts: [bolt]", head=head) == []


def test_a_note_of_several_lines_is_fine(tmp_path: Path) -> None:
    assert codes(tmp_path, 'name: a, note: "one\\n\\ttwo"') == []


def test_a_blank_note_is_not_a_note(tmp_path: Path) -> None:
    assert codes(tmp_path, "name: a, state: absent, note: ' '") == [Code.NO_NOTE]


@pytest.mark.parametrize("name", ["' a'", "'a '", '"a\\n"', '"\\u202ea"', '"a\\u0085"'])
def test_a_name_that_cannot_be_seen_as_it_is_is_refused(tmp_path: Path, name: str) -> None:
    assert codes(tmp_path, f"name: {name}") == [Code.NAME]


def test_a_thousand_declarations_of_one_name_are_reported_in_time(tmp_path: Path) -> None:
    found = codes(tmp_path, *(["name: a"] * 1_000))
    assert found == [Code.DECLARED_TWICE] * 999


@pytest.mark.parametrize(
    ("block", "code"),
    [
        ("name: a, merged_from: [a]", Code.FORMER_OWN),
        ("name: a, merged_from: [b], renamed_from: [b]", Code.FORMER_TWICE),
        ("name: a, merged_from: [b]}\n  - {name: c, merged_from: [b]", Code.FORMER_TWICE),
        ("name: a, merged_from: [b]}\n  - {name: c, renamed_from: [b]", Code.FORMER_TWICE),
        ("name: a, merged_from: [b]}\n  - {name: b", Code.FORMER_DECLARED),
        ("name: a, merged_from: [b], state: disabled", Code.CONTRADICTION),
        ("name: a, merged_from: [b], state: absent, note: x", Code.FORMER_ABSENT),
        ("name: a, keep_id: true", Code.CONTRADICTION),
        ("name: a, merged_form: [b]", Code.KEY_UNKNOWN),
    ],
)
def test_what_cannot_be_merged_is_an_error(tmp_path: Path, block: str, code: Code) -> None:
    assert codes(tmp_path, block) == [code]
