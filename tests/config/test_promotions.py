"""`merged_from` items that name companies: whose tags become the account's, and what can't be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.config.codes import Code
from tests.config.writing import HEAD, TWO, errors, loaded, pointed_at, problems, resolved

if TYPE_CHECKING:
    from pathlib import Path


def spam(item: str, **more: str) -> str:
    """A tag on account level that takes in ``item``."""
    rest = "".join(f", {key}: {value}" for key, value in more.items())
    return HEAD + f"tags: [{{name: Spam, merged_from: [{item}]{rest}}}]\n"


@pytest.mark.parametrize(
    ("companies", "ids"),
    [
        ("all", ["COM1", "COM2", "COM3", "COM4", "COM5", "COM6"]),
        ("[Dental*]", ["COM1", "COM2", "COM3"]),
        ("[COM4, Dental North]", ["COM1", "COM4"]),
    ],
)
def test_companies_are_chosen_as_everywhere(companies: str, ids: list[str], tmp_path: Path) -> None:
    found = resolved(tmp_path, spam(f"Junk, {{name: Spam, companies: {companies}}}"))
    (account,) = found.accounts
    assert sorted(account.promoted) == ids
    for names in account.promoted.values():
        assert {name: one.name for name, one in names.items()} == {"Spam": "Spam"}
    assert list(account.tags) == [None]
    assert account.tags[None]["Spam"].merged_from == ("Junk",)


def test_companies_are_read_for_it_where_it_is_declared(tmp_path: Path) -> None:
    tag = "tags: [{name: Spam, accounts: [acme], merged_from: [{name: Spam, companies: all}]}]\n"
    configuration = loaded(tmp_path, TWO + tag)
    assert [configuration.needs_companies(one) for one in ("acme", "bolt")] == [True, False]
    assert not loaded(tmp_path, spam("Junk")).needs_companies("acme")


@pytest.mark.parametrize(
    ("text", "code", "at"),
    [
        (spam("{name: Spam, companies: [Nobody]}"), Code.NOTHING_SELECTED, "Nobody"),
        (
            spam("{name: Spam, companies: all}", companies="all"),
            Code.CONTRADICTION,
            "{name: Spam, companies: all}",
        ),
        (spam("{name: Spam}"), Code.KEY_MISSING, "{name: Spam}"),
        (spam("{name: Spam, companies: all}", keep_id="true"), Code.CONTRADICTION, "true"),
    ],
)
def test_what_can_not_be_is_pointed_at(text: str, code: Code, at: str, tmp_path: Path) -> None:
    (found,) = problems(tmp_path, text)
    assert (found.code, pointed_at(found)) == (code, at)


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ("{name: Spam, companies: [Dental North]}", Code.FORMER_DECLARED),
        ("{name: Spam, companies: [Dental North], state: absent, note: x}", Code.FORMER_DECLARED),
        (
            "{name: Junk, companies: [Dental North], renamed_from: [Spam]}",
            Code.FORMER_TWICE,
        ),
        ("{name: Junk, merged_from: [{name: Spam, companies: [COM1]}]}", Code.FORMER_TWICE),
    ],
)
def test_a_company_s_tag_becomes_one_tag_only(other: str, code: Code, tmp_path: Path) -> None:
    text = spam("{name: Spam, companies: [Dental*]}").replace("]}]\n", f"]}}, {other}]\n")
    assert errors(tmp_path, text) == [code]
    elsewhere = text.replace("[Dental*]", "[Law East]")
    assert errors(tmp_path, elsewhere) == []


def test_ignored_names_are_left_to_others(tmp_path: Path) -> None:
    head = "version: 1\naccounts: {acme: {id: ACC1, ignore: [Junk]}}\n"
    tag = "tags: [{name: Spam, merged_from: [{name: Junk, companies: all}]}]\n"
    (found,) = problems(tmp_path, head + tag)
    assert (found.code, pointed_at(found)) == (Code.IGNORED, "Junk")
