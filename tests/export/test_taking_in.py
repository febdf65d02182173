"""What to write into a file so that it asks for what is live: nothing, where it does already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given

from reconciler.config import load_text
from reconciler.export.emit import emit
from reconciler.export.taking_in import taken_in
from reconciler.model.state import LiveAccount
from reconciler.model.tag import AccountRef, Company
from tests.config.strategies import live_accounts
from tests.export.test_emit import ACME, BOLT, FOUR, everywhere, tag

if TYPE_CHECKING:
    from reconciler.model.tag import LiveTag

    Live = tuple[AccountRef, dict[str, Company], list[LiveTag]]


def to_paste(text: str, live: list[Live]) -> str:
    configuration = load_text(text, "reconciler.yaml")
    companies = {ref.handle: tuple(known.values()) for ref, known, _tags in live}
    by_id = {ref.id: LiveAccount(ref, tuple(tags), known) for ref, known, tags in live}
    desired = configuration.resolve(companies).accounts
    return taken_in(configuration, desired, by_id, "reconciler.yaml")


@given(live_accounts())
def test_what_was_imported_has_nothing_to_take_in(live: list[Live]) -> None:
    assert to_paste(emit(live), live) == ""


def test_a_company_of_another_account_that_has_the_same_name_stays() -> None:
    live: list[Live] = [(ACME, FOUR, everywhere("Lead")), (BOLT, FOUR, everywhere("Lead", 50))]
    text = emit(live)
    live[1] = (BOLT, {f"{one}b": Company(f"{one}b", c.name) for one, c in FOUR.items()}, [])
    live[1][2].extend(tag(50 + n, "Lead", f"COM{n}b") for n in range(2, 5))
    assert "except: [COM1b]" in to_paste(text, live)


def test_an_account_level_tag_that_is_otherwise_in_one_account_gets_a_block_for_it() -> None:
    live: list[Live] = [(ACME, {}, [tag(1, "a")]), (BOLT, {}, [tag(2, "a")])]
    text = emit(live)
    live[1] = (BOLT, {}, [tag(2, "a", color="red1")])
    pasted = to_paste(text, live)
    assert "not so in the others; write in its block\n    accounts: [acme]\n" in pasted
    assert "  - name: a\n    color: red1\n    accounts: [bolt]\n" in pasted


def test_what_is_declared_absent_and_lives_is_reported() -> None:
    text = "version: 1\naccounts: {acme: {id: ACC1}}\ntags:\n- {name: a, state: absent, note: x}\n"
    assert "declared absent and live; to keep it" in to_paste(text, [(ACME, {}, [tag(1, "a")])])


def test_blocks_stand_as_deep_as_those_of_the_file() -> None:
    text = "version: 1\naccounts: {acme: {id: ACC1}}\ntags:\n- name: a\n"
    pasted = to_paste(text, [(ACME, {}, [tag(1, "a"), tag(2, "b")])])
    assert pasted.endswith(
        '# below the block of "a" at reconciler.yaml:4\n- name: b\n  color: gray1\n'
    )
