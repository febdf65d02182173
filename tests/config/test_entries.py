"""Blocks of the files become accounts and entries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.config import Selector
from reconciler.config.codes import Code
from reconciler.errors import UsageError
from reconciler.model.state import Limits, State, Unmanaged
from reconciler.model.tag import Level
from tests.config.writing import HEAD, TWO, errors, loaded

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.config import Entry

WHOLE_ACCOUNT = """\
version: 1
accounts:
  acme:
    id: ACC1
    connection: 75364cb9-7116
    api_key_env: ACME_KEY
    unmanaged: delete
    protect: ["Lead *"]
    ignore: ["crm-*"]
    limits: {deletes: 0, delete_percent: 100}
"""


def entry(folder: Path, block: str, *, head: str = HEAD) -> Entry:
    (found,) = loaded(folder, f"{head}tags:\n  - {block}\n").entries
    return found


def test_an_account_carries_its_policy(tmp_path: Path) -> None:
    (account,) = loaded(tmp_path, WHOLE_ACCOUNT).accounts
    assert (account.handle, account.ref.id) == ("acme", "ACC1")
    assert (account.connection, account.api_key_env) == ("75364cb9-7116", "ACME_KEY")
    assert account.policy.unmanaged is Unmanaged.DELETE
    assert (account.policy.protect, account.policy.ignore) == (("Lead *",), ("crm-*",))
    assert account.policy.limits == Limits(deletes=0, delete_percent=100, interactions=100)


def test_what_an_account_leaves_out_has_the_careful_default(tmp_path: Path) -> None:
    (account,) = loaded(tmp_path, HEAD).accounts
    assert account.policy.unmanaged is Unmanaged.KEEP
    assert account.policy.limits == Limits(deletes=5, delete_percent=25, interactions=100)


def test_a_tag_lives_on_account_level_of_every_account_unless_it_names_others(
    tmp_path: Path,
) -> None:
    found = entry(tmp_path, "name: a", head=TWO)
    assert (found.level, found.accounts) == (Level.ACCOUNT, ("acme", "bolt"))


def test_companies_imply_company_level(tmp_path: Path) -> None:
    found = entry(tmp_path, "{name: a, companies: all}")
    assert (found.level, found.selector) == (Level.COMPANY, Selector(None))


def test_a_list_of_companies_may_be_narrowed_by_except(tmp_path: Path) -> None:
    found = entry(tmp_path, "{name: a, companies: [D*], except: [Dx], level: company}")
    assert found.selector == Selector(("D*",), ("Dx",))


def test_a_scope_holds_companies_and_accounts(tmp_path: Path) -> None:
    head = TWO + "scopes: {s: {companies: [D*], except: [Dx], accounts: [bolt]}}\n"
    found = entry(tmp_path, "{name: a, scope: s}", head=head)
    assert (found.selector, found.accounts) == (Selector(("D*",), ("Dx",)), ("bolt",))


def test_a_scope_without_companies_is_account_level(tmp_path: Path) -> None:
    head = TWO + "scopes: {s: {accounts: [bolt]}}\n"
    found = entry(tmp_path, "{name: a, scope: s, level: account}", head=head)
    assert (found.level, found.accounts) == (Level.ACCOUNT, ("bolt",))


def test_a_tags_accounts_narrow_its_scopes(tmp_path: Path) -> None:
    head = TWO + "scopes: {s: {companies: all, accounts: [acme, bolt]}}\n"
    assert entry(tmp_path, "{name: a, scope: s, accounts: [acme]}", head=head).accounts == ("acme",)


def test_a_level_that_contradicts_the_scope_is_an_error(tmp_path: Path) -> None:
    text = HEAD + "scopes: {s: {companies: all}}\ntags: [{name: a, scope: s, level: account}]\n"
    assert errors(tmp_path, text) == [Code.CONTRADICTION]


def test_a_declaration_carries_what_the_block_has(tmp_path: Path) -> None:
    block = "{name: 'No', color: red1, state: absent, note: gone}"
    found = entry(tmp_path, block).declaration
    assert (found.name, found.color, found.state, found.note) == (
        "No",
        "red1",
        State.ABSENT,
        "gone",
    )
    assert (found.source.line, found.source.column) == (4, 5)


@pytest.mark.parametrize("former", ["b", "[b]"])
def test_one_former_name_needs_no_list(tmp_path: Path, former: str) -> None:
    found = entry(tmp_path, f"{{name: a, renamed_from: {former}}}")
    assert found.declaration.renamed_from == ("b",)


def test_a_former_name_may_be_what_no_name_may(tmp_path: Path) -> None:
    found = entry(tmp_path, '{name: a, renamed_from: [" a ", "a\\u0007", "cafe\\u0301"]}')
    assert found.declaration.renamed_from == (" a ", "a\x07", "cafe\u0301")


def test_only_company_level_entries_need_the_companies(tmp_path: Path) -> None:
    text = TWO + "tags: [{name: a}, {name: b, companies: all, accounts: [bolt]}]\n"
    configuration = loaded(tmp_path, text)
    assert not configuration.needs_companies("acme")
    assert configuration.needs_companies("bolt")


def test_narrowing_keeps_an_accounts_entries_and_no_other(tmp_path: Path) -> None:
    text = TWO + "tags: [{name: a}, {name: b, accounts: [bolt]}]\n"
    narrowed = loaded(tmp_path, text).only(["acme"])
    assert [one.handle for one in narrowed.accounts] == ["acme"]
    assert [(one.name, one.accounts) for one in narrowed.entries] == [("a", ("acme",))]


def test_narrowing_to_an_unknown_account_suggests_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        loaded(tmp_path, TWO).only(["acne"])
    assert caught.value.hint == 'Did you mean "acme"?'


def test_a_files_accounts_may_come_without_any_tag(tmp_path: Path) -> None:
    assert loaded(tmp_path, HEAD).entries == ()
