"""Files merge: tags are joined, and what is named twice is an error that cites both places."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.config.codes import Code
from reconciler.model.state import Gateway
from tests.config.writing import HEAD, errors, loaded, pointed_at, problems

if TYPE_CHECKING:
    from reconciler.model.problem import Problem

REST = "version: 1\n"


def cited(problem: Problem) -> list[str]:
    return [Path(mark.source.file).name for mark in problem.marks]


def test_tags_of_all_files_are_joined(tmp_path: Path) -> None:
    files = (HEAD + "tags: [{name: a}]\n", REST + "tags: [{name: b}]\n")
    assert [one.name for one in loaded(tmp_path, *files).entries] == ["a", "b"]


def test_a_file_may_use_another_files_accounts_and_scopes(tmp_path: Path) -> None:
    tags = REST + "tags: [{name: a, scope: dental, accounts: [acme]}]\n"
    scopes = REST + "scopes: {dental: {companies: [Dental*]}}\n"
    configuration = loaded(tmp_path, tags, scopes, HEAD)
    assert configuration.entries[0].accounts == ("acme",)


def test_an_account_named_twice_cites_both_files(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, HEAD, HEAD)
    assert found.code == Code.ACCOUNT_TWICE
    assert cited(found) == ["1.yaml", "0.yaml"]
    assert pointed_at(found) == "acme"


def test_a_scope_named_twice_cites_both_files(tmp_path: Path) -> None:
    scope = "scopes: {s: {companies: all}}\n"
    tag = "tags: [{name: a, scope: s}]\n"
    (found,) = problems(tmp_path, HEAD + scope + tag, REST + scope)
    assert found.code == Code.SCOPE_TWICE
    assert cited(found) == ["1.yaml", "0.yaml"]


def test_two_gateways_cite_both_files(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, HEAD + "gateway: maton\n", REST + "gateway: callrail\n")
    assert found.code == Code.GATEWAYS
    assert cited(found) == ["1.yaml", "0.yaml"]


def test_one_gateway_named_twice_is_fine(tmp_path: Path) -> None:
    configuration = loaded(tmp_path, HEAD + "gateway: maton\n", REST + "gateway: maton\n")
    assert configuration.gateway is Gateway.MATON


def test_every_file_carries_the_version(tmp_path: Path) -> None:
    assert errors(tmp_path, HEAD, "tags: []\n") == [Code.KEY_MISSING]


def test_the_problems_of_all_files_are_reported_at_once_in_the_order_of_the_files(
    tmp_path: Path,
) -> None:
    files = (
        HEAD + "tags: [{nam: a}, {name: 5}]\n",
        REST + "tags: [{name: a: b}]\n",
        REST + "tags: [{name: c, color: puce}, {name: d, stat: absent}]\n",
    )
    found = [
        (Path(one.source.file).name, one.code) for one in problems(tmp_path, *files) if one.source
    ]
    assert found == [
        ("0.yaml", Code.KEY_UNKNOWN),
        ("0.yaml", Code.TYPE),
        ("1.yaml", Code.SYNTAX),
        ("2.yaml", Code.COLOR),
        ("2.yaml", Code.KEY_UNKNOWN),
    ]


def test_a_file_that_cannot_be_read_does_not_make_its_accounts_unknown(tmp_path: Path) -> None:
    tags = "".join(f"  - {{name: t{n}, accounts: [acme], scope: s}}\n" for n in range(50))
    files = ("version: 1\naccounts: [oops\n", REST + "tags:\n" + tags)
    assert errors(tmp_path, *files) == [Code.SYNTAX]


def test_accounts_of_the_wrong_type_do_not_make_every_handle_unknown(tmp_path: Path) -> None:
    text = "version: 1\naccounts: []\ntags: [{name: a, accounts: [acme]}]\n"
    assert errors(tmp_path, text) == [Code.TYPE]


def test_a_broken_account_is_still_known_by_its_handle(tmp_path: Path) -> None:
    text = "version: 1\naccounts: {acme: {idd: ACC1}}\ntags: [{name: a, accounts: [acme]}]\n"
    assert errors(tmp_path, text) == [Code.KEY_UNKNOWN]


def test_a_broken_scope_is_still_known_by_its_name(tmp_path: Path) -> None:
    text = HEAD + "scopes: {s: {companies: Dental}}\ntags: [{name: a, scope: s}]\n"
    assert errors(tmp_path, text) == [Code.TYPE]


def test_a_misspelt_section_is_one_mistake(tmp_path: Path) -> None:
    text = "version: 1\nacounts: {acme: {id: ACC1}}\ntags: [{name: a, accounts: [acme]}]\n"
    assert errors(tmp_path, text) == [Code.KEY_UNKNOWN]


def test_a_mistake_of_form_does_not_hide_one_of_meaning(tmp_path: Path) -> None:
    text = HEAD + "tags: [{name: a, colr: x}, {name: b, accounts: [nobody]}, {name: c, scope: s}]\n"
    assert errors(tmp_path, text) == [Code.KEY_UNKNOWN, Code.UNKNOWN_ACCOUNT, Code.UNKNOWN_SCOPE]


def test_a_file_that_is_no_mapping_is_one_mistake(tmp_path: Path) -> None:
    assert errors(tmp_path, "1") == [Code.TYPE]
