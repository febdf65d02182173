"""A configuration that tidies: which spelling, colour and companies, and what it says of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from reconciler.config import load_text
from reconciler.export.consolidating import consolidated, spelt_alike
from reconciler.model.change import Count, Loss
from reconciler.model.state import LiveAccount
from reconciler.model.tag import AccountRef, Company, Status
from reconciler.planning.guard import is_delete
from tests.config.strategies import live_accounts
from tests.expectations import draft
from tests.export.test_emit import ACME, BOLT, FOUR, body, everywhere, tag

if TYPE_CHECKING:
    from reconciler.model.tag import LiveTag

    Live = tuple[AccountRef, dict[str, Company], list[LiveTag]]


def tidied(*tags: LiveTag) -> str:
    return body(consolidated([(ACME, FOUR, list(tags))]))


def test_a_tidy_account_stays_as_it_is() -> None:
    text = tidied(*everywhere("Lead"))
    assert text == "tags:\n  - name: Lead\n    color: gray1\n    companies: all\n"


def test_the_spelling_that_most_places_have_takes_the_others_in() -> None:
    text = tidied(*everywhere("Opportunity", but=1), tag(9, "Oppty", "COM4"))
    assert text == (
        'tags:\n  # "Oppty" in Clinic 4\n  - name: Opportunity\n    color: gray1\n'
        "    merged_from: [Oppty]\n    companies: all\n"
    )


def test_a_spelling_of_account_level_wins_over_more_companies() -> None:
    text = tidied(tag(1, "Opportunity"), *everywhere("Oppty", 50))
    assert text.count("- name: Opportunity\n") == 2
    assert "merged_from: [Oppty]" in text


def test_where_interactions_were_counted_the_spelling_that_most_have_stays() -> None:
    tags = [*everywhere("Opportunity", but=1), tag(9, "Oppty", "COM4")]
    live = [(ACME, FOUR, tags)]
    assert spelt_alike(live) == [(ACME, one) for one in tags]
    uses = {(ACME.id, one.id): Loss() for one in tags}
    uses[ACME.id, 9] = Loss(calls=Count(18), texts=Count(1))
    text = body(consolidated(live, uses=uses))
    assert "- name: Oppty\n" in text
    assert "merged_from: [Opportunity]" in text
    assert '# "Opportunity" in Clinic 1, Clinic 2, Clinic 3, on nothing' in text
    uses[ACME.id, 2] = Loss(calls=Count(20))
    text = body(consolidated(live, uses=uses))
    assert "- name: Opportunity\n" in text
    assert '# "Oppty" in Clinic 4, on 18 calls and 1 text' in text


def test_a_name_that_cannot_be_declared_is_taken_in_by_one_that_can() -> None:
    text = tidied(*everywhere("Spam ", but=1), tag(9, "spam", "COM4"))
    assert 'name: spam\n    color: gray1\n    merged_from: ["Spam "]' in text
    assert "Left out" not in text


def test_a_name_that_cannot_be_declared_and_has_no_other_is_left_out() -> None:
    text = consolidated([(ACME, FOUR, everywhere("Spam "))])
    assert text.count("its name can't be declared") == 4
    assert text.endswith("tags: []\n")


def test_what_most_companies_have_is_declared_for_all_and_names_where_it_is_created() -> None:
    assert tidied(*everywhere("Lead", but=1)) == (
        "tags:\n  # missing in Clinic 4: created there\n"
        "  - name: Lead\n    color: gray1\n    companies: all\n"
    )


def test_what_half_of_the_companies_have_stays_there() -> None:
    assert "    companies: [Clinic 1, Clinic 2]\n" in tidied(*everywhere("Lead", but=2))


def test_the_most_frequent_colour_wins_and_the_others_are_reported() -> None:
    text = tidied(*everywhere("Lead", but=1), tag(9, "Lead", "COM4", color="red1"))
    assert "  # gray1 in 3 of 4, red1 in 1 (Clinic 4)\n  - name: Lead\n    color: gray1\n" in text


def test_what_is_disabled_in_a_company_stays_so_under_the_name_that_wins() -> None:
    off = tag(9, "Oppty", "COM4", status=Status.DISABLED)
    assert tidied(*everywhere("Opportunity", but=1), off) == (
        "tags:\n  - name: Opportunity\n    color: gray1\n    companies: all\n"
        '    except: [Clinic 4]\n  # "Oppty" in Clinic 4\n  - name: Opportunity\n    color: gray1\n'
        "    state: disabled\n    renamed_from: [Oppty]\n    companies: [Clinic 4]\n"
    )


def test_levels_stay_apart_and_what_would_make_one_of_them_is_there_to_paste() -> None:
    text = tidied(tag(8, "Spam"), *everywhere("Spam", but=1), tag(9, "spam", "COM4"))
    assert (
        "  # 4 companies have their own: for one tag in all, delete the blocks with `companies`, "
        "write here\n  #   merged_from:\n  #     - {name: Spam, companies: all}\n"
        "  #     - {name: spam, companies: all}\n  - name: Spam\n    color: gray1\n  # "
    ) in text
    head = "version: 1\naccounts: {acme: {id: ACC1}}\ntags:\n  - name: Spam\n"
    pasted = [line.replace("  # ", "  ") for line in text.split("\n") if line.startswith("  #   ")]
    (entry,) = load_text("\n".join([head, *pasted, ""]), "reconciler.yaml").entries
    assert entry.name == "Spam"


def test_accounts_agree_on_one_spelling_and_report_which_is_meant() -> None:
    text = body(
        consolidated([(ACME, FOUR, everywhere("Lead")), (BOLT, FOUR, [tag(50, "lead", "COM1")])])
    )
    assert '  # bolt: "lead" in Clinic 1\n' in text
    assert text.count("- name: Lead\n") == 2


def test_nothing_that_is_ignored_is_touched() -> None:
    text = "version: 1\naccounts: {acme: {id: ACC1, ignore: ['Opp*']}}\ntags: []\n"
    base = load_text(text, "reconciler.yaml")
    live: list[Live] = [(ACME, FOUR, [*everywhere("Opportunity", but=1), tag(9, "Oppty", "COM4")])]
    assert consolidated(live, base=base).endswith("tags: []\n")
    assert spelt_alike(live, base=base) == []


@given(live=live_accounts(), uses=st.booleans())
def test_any_live_state_gives_a_configuration_that_deletes_nothing(
    live: list[Live], uses: bool
) -> None:
    counted = {(ref.id, one.id): Loss() for ref, _companies, tags in live for one in tags}
    text = consolidated(live, uses=counted if uses else None)
    configuration = load_text(text, "reconciler.yaml")
    companies = {ref.handle: tuple(known.values()) for ref, known, _tags in live}
    desired = configuration.resolve(companies)
    accounts = {ref.handle: LiveAccount(ref, tuple(tags), known) for ref, known, tags in live}
    for account in desired.accounts:
        drafted = draft(account, accounts[account.account.ref.handle])
        assert not [change for change in drafted.changes if is_delete(change)]
