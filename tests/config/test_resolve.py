"""Selectors become companies, and what meets in one place is found out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.config.codes import Code
from reconciler.model.tag import Company
from tests.config.writing import COMPANIES, HEAD, TWO, errors, loaded, problems, resolved

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.model.state import Desired


def places(desired: Desired, name: str = "a", *, account: int = 0) -> list[str | None]:
    """Where the name is declared: company ids, None for account level."""
    return [place for place, tags in desired.accounts[account].tags.items() if name in tags]


def tags(*blocks: str, head: str = HEAD) -> str:
    return head + "tags:\n" + "".join(f"  - {{{block}}}\n" for block in blocks)


@pytest.mark.parametrize(
    ("companies", "expected"),
    [
        ("all", ["COM1", "COM2", "COM3", "COM4", "COM5", "COM6"]),
        ("[Dental North]", ["COM1"]),
        ("[COM2, Dental North]", ["COM1", "COM2"]),
        ("['Dental *']", ["COM1", "COM2", "COM3"]),
        ("['Dental ?o*']", ["COM1", "COM2"]),
        ("['*t']", ["COM3", "COM4"]),
        ("['*'], except: [Twin, COM1]", ["COM2", "COM3", "COM4"]),
        ("all, except: ['Dental *', Twin]", ["COM4"]),
        ("all, except: [Gone]", ["COM1", "COM2", "COM3", "COM4", "COM5", "COM6"]),
    ],
)
def test_a_selector_means_active_companies(
    tmp_path: Path, companies: str, expected: list[str]
) -> None:
    assert places(resolved(tmp_path, tags(f"name: a, companies: {companies}"))) == expected


def test_ids_are_not_matched_by_patterns(tmp_path: Path) -> None:
    assert errors(tmp_path, tags("name: a, companies: ['COM*']")) == [Code.NOTHING_SELECTED]


def test_account_level_is_a_place_of_its_own(tmp_path: Path) -> None:
    assert places(resolved(tmp_path, tags("name: a"))) == [None]


def test_one_declaration_is_shared_by_all_its_places(tmp_path: Path) -> None:
    account = resolved(tmp_path, tags("name: a, companies: all")).accounts[0]
    assert len({id(place["a"]) for place in account.tags.values()}) == 1


def test_a_pattern_needs_to_match_in_one_of_its_accounts_only(tmp_path: Path) -> None:
    configuration = loaded(tmp_path, tags("name: a, companies: [Law East]", head=TWO))
    desired = configuration.resolve({"acme": COMPANIES, "bolt": [Company("COM9", "Other")]})
    assert (places(desired), places(desired, account=1)) == (["COM4"], [])


def test_a_narrowed_run_cannot_know_that_a_pattern_matches_nothing(tmp_path: Path) -> None:
    configuration = loaded(tmp_path, tags("name: a, companies: [Law West]", head=TWO))
    desired = configuration.only(["acme"]).resolve({"acme": COMPANIES})
    assert places(desired) == []


def test_every_pattern_of_a_list_must_match(tmp_path: Path) -> None:
    text = tags("name: a, companies: [Law East, Law West], except: [Dentl Test]")
    assert errors(tmp_path, text) == [Code.NOTHING_SELECTED] * 2


def test_all_of_no_companies_is_an_error(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, tags("name: a, companies: all"), companies=())
    assert found.code == Code.NOTHING_SELECTED


def test_a_scopes_mistake_is_reported_once_for_all_its_tags(tmp_path: Path) -> None:
    head = HEAD + "scopes: {s: {companies: [Nobody]}}\n"
    text = tags("name: a, scope: s", "name: b, scope: s", head=head)
    assert errors(tmp_path, text) == [Code.NOTHING_SELECTED]


def test_a_part_of_a_name_suggests_the_whole(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, tags("name: a, companies: [Dental]"))
    assert '"Dental North"' in (found.hint or "")


def test_two_declarations_that_meet_through_different_patterns_are_reported_once(
    tmp_path: Path,
) -> None:
    found = problems(tmp_path, tags("name: a, companies: ['Dental *']", "name: a, companies: all"))
    assert [one.code for one in found] == [Code.DECLARED_TWICE]
    assert [mark.source.line for mark in found[0].marks] == [5, 4]


def test_one_name_in_different_companies_is_fine(tmp_path: Path) -> None:
    text = tags("name: a, companies: [Law East]", "name: a, companies: ['Dental *']")
    assert places(resolved(tmp_path, text)) == ["COM4", "COM1", "COM2", "COM3"]


def test_a_former_name_listed_twice_in_a_company_is_an_error(tmp_path: Path) -> None:
    text = tags(
        "name: a, companies: [Law East], renamed_from: [x]",
        "name: b, companies: ['Law *'], renamed_from: [x]",
    )
    assert errors(tmp_path, text) == [Code.FORMER_TWICE]


def test_a_former_name_listed_in_different_companies_is_fine(tmp_path: Path) -> None:
    text = tags(
        "name: a, companies: [Law East], renamed_from: [x]",
        "name: b, companies: [Dental North], renamed_from: [x]",
    )
    assert errors(tmp_path, text) == []


@pytest.mark.parametrize("state", ["enabled", "disabled", "absent, note: n"])
def test_a_former_name_that_is_declared_in_the_company_is_an_error(
    tmp_path: Path, state: str
) -> None:
    text = tags(
        f"name: b, companies: all, state: {state}",
        "name: a, companies: [Law East], renamed_from: [b]",
    )
    assert errors(tmp_path, text) == [Code.FORMER_DECLARED]


def test_a_former_name_that_is_declared_elsewhere_is_fine(tmp_path: Path) -> None:
    text = tags("name: b", "name: a, companies: all, renamed_from: [b]")
    assert errors(tmp_path, text) == []


def test_a_swap_is_reported_from_both_sides(tmp_path: Path) -> None:
    text = tags("name: a, renamed_from: [b]", "name: b, renamed_from: [a]")
    assert errors(tmp_path, text) == [Code.FORMER_DECLARED] * 2


def test_the_warnings_of_loading_are_part_of_the_result(tmp_path: Path) -> None:
    desired = resolved(tmp_path, tags("name: a, color: puce, companies: [Twin]"))
    assert [one.code for one in desired.warnings] == [Code.COLOR, Code.COMPANY_TWICE]


def test_a_name_of_two_companies_means_both_companies(tmp_path: Path) -> None:
    assert places(resolved(tmp_path, tags("name: a, companies: [Twin]"))) == ["COM5", "COM6"]


def test_thousands_of_misspelt_companies_cost_no_more_than_they_must(tmp_path: Path) -> None:
    blocks = (f"name: t{n}, companies: [Compny {n}]" for n in range(2_000))
    many = [Company(f"COM{n}", f"Company {n}") for n in range(1_000)]
    found = problems(tmp_path, tags(*blocks), companies=many)
    assert found[-1].code == Code.TOO_MANY
    assert len(found) == 1_001
