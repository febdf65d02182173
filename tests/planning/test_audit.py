"""Each place is held against what is declared, or against what most companies have."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.config import load_text
from reconciler.model.audit import CellState as Is
from reconciler.model.change import NONE, UNKNOWN, Count, Loss, Precision
from reconciler.model.state import LiveAccount, State
from reconciler.model.tag import AccountRef, Company, Level, LiveTag, Status
from reconciler.model.usage import NameAt, Use, Uses
from reconciler.planning.audit import audit
from reconciler.planning.narrowing import Narrowing
from reconciler.workflow.importing import written
from tests.builders import company, live_tag
from tests.config.strategies import live_accounts
from tests.expectations import declare, desired, live

if TYPE_CHECKING:
    from reconciler.model.audit import AccountAudit, NameAudit
    from reconciler.model.state import DesiredAccount

A, B, C, D = (company(f"Dental {letter}") for letter in "ABCD")
ALL = (A, B, C, D)


def tag(number: int, name: str, where: Company | None = None, **values: object) -> LiveTag:
    return live_tag(number, name, company_id=None if where is None else where.id, **values)


def account(*tags: LiveTag, companies: tuple[Company, ...] = ALL) -> LiveAccount:
    return live(*tags, companies=companies)


def states(one: NameAudit) -> dict[str, tuple[Is, ...]]:
    """What is said of each place, by the company's letter; "account" is account level."""
    letters = {each.id: each.name[-1] for each in ALL}
    return {letters.get(place or "", "account"): cell.states for place, cell in one.cells.items()}


def only_name(found: AccountAudit) -> NameAudit:
    (one,) = found.names
    return one


def everywhere(name: str = "Lead", **values: object) -> list[LiveTag]:
    return [tag(number, name, where, **values) for number, where in enumerate(ALL, 1)]


def test_what_most_companies_have_is_what_the_others_are_held_against() -> None:
    found = account(
        tag(1, "Lead", A, color="blue1"),
        tag(2, "Lead", B, color="blue1"),
        tag(3, "lead", C, color="blue1", status=Status.DISABLED),
    )
    one = only_name(audit(found))
    assert (one.name, set(one.levels), one.color) == ("Lead", {Level.COMPANY}, "blue1")
    assert states(one) == {
        "A": (Is.AS_MOST,),
        "B": (Is.AS_MOST,),
        "C": (Is.SPELT_OTHERWISE, Is.DISABLED),
        "D": (Is.MISSING,),
    }


def test_another_colour_and_two_of_a_name_are_distinguished() -> None:
    tags = [*everywhere(), tag(9, "Lead", A), tag(8, "Lead", C)]
    tags[1] = tags[1]._replace(color="red1")
    tags[2] = tags[2]._replace(color="red1")
    assert states(only_name(audit(account(*tags)))) == {
        "A": (Is.TWICE,),
        "B": (Is.OTHER_COLOR,),
        "C": (Is.OTHER_COLOR, Is.TWICE),
        "D": (Is.AS_MOST,),
    }


def test_an_explained_exception_is_no_deviation_and_a_plain_one_is_extra() -> None:
    configuration = load_text(
        "version: 1\naccounts: {acme: {id: ACC1}}\n"
        "tags:\n- name: Lead\n  companies: all\n  except:\n  - Dental A\n"
        "  - {company: '* B', reason: Its own.}\n  - {company: Dental D, reason: No.}\n",
        "reconciler.yaml",
    )
    found = account(*everywhere()[:3], tag(8, "Other", B))
    declared = configuration.resolve({"acme": ALL}).accounts[0]
    exceptions = configuration.exempted("acme", ALL)
    assert [one.companies for one in exceptions] == [(B.id,), (D.id,)]
    assert configuration.exempted("beta", ALL) == ()
    lead, other = sorted(audit(found, declared, exceptions=exceptions).names, key=lambda n: n.name)
    assert states(lead) == {"A": (Is.EXTRA,), "B": (Is.EXCEPTED,), "C": (Is.AS_DECLARED,)}
    assert states(other) == {"B": (Is.EXTRA,)}
    assert not lead.cells[B.id].deviates
    of_a = audit(found, declared, narrowing=Narrowing(companies=("* A",)), exceptions=exceptions)
    assert of_a.exceptions == ()


def test_a_name_on_account_level_is_not_missing_in_companies_but_too_much_there() -> None:
    found = account(tag(1, "Spam", color="red1"), tag(2, "Spam", A), tag(3, "SPAM", B))
    one = only_name(audit(found))
    assert one.levels == {Level.ACCOUNT}
    assert one.on_both_levels
    assert states(one) == {
        "account": (Is.AS_MOST,),
        "A": (Is.OTHER_COLOR, Is.OTHER_LEVEL),
        "B": (Is.SPELT_OTHERWISE, Is.OTHER_COLOR, Is.OTHER_LEVEL),
    }


def test_half_of_the_companies_are_not_most_of_them() -> None:
    found = audit(account(tag(1, "Promo", A), tag(2, "Promo", B)))
    assert states(only_name(found)) == {"A": (Is.EXTRA,), "B": (Is.EXTRA,)}
    assert [one.name for one in found.extra] == ["Promo"]
    assert not found.deviating


def test_what_is_disabled_can_not_be_chosen_and_is_nobody_s_second() -> None:
    off = {"status": Status.DISABLED}
    found = account(tag(1, "Spam"), tag(2, "Spam", A, **off), tag(3, "Promo", B, **off))
    spam, promo = sorted(audit(found).names, key=lambda one: one.name, reverse=True)
    assert states(spam) == {"account": (Is.AS_MOST,), "A": (Is.RETIRED,)}
    assert states(promo) == {"B": (Is.RETIRED,)}
    assert not spam.deviates
    assert not promo.deviates


DECLARED = desired(
    declare("Spam", color="red1"),
    companies=[
        (A, (declare("Lead", color="blue1", merged_from=("Old lead",)),)),
        (B, (declare("Lead", color="blue1"), declare("Gone", state=State.ABSENT))),
        (C, (declare("Lead", color="blue1", state=State.DISABLED),)),
        (D, (declare("Lead", color="blue1"), declare("Any", state=State.ANY))),
    ],
    ignore=("crm-*",),
)


def test_with_a_configuration_it_is_held_against_that() -> None:
    found = audit(
        account(
            tag(1, "Old lead", A, color="blue1"),
            tag(2, "Gone", B),
            tag(3, "Lead", C, color="blue1"),
            tag(4, "Lead", D, color="blue1"),
            tag(5, "Lead"),
            tag(6, "Else", D),
            tag(7, "crm-1"),
            tag(8, "Spam", color="red1"),
            tag(9, "Any", D, status=Status.DISABLED),
        ),
        DECLARED,
    )
    by_name = {one.name: one for one in found.names}
    assert found.declared
    assert found.ignored == 1
    assert states(by_name["Lead"]) == {
        "A": (Is.SPELT_OTHERWISE,),
        "B": (Is.MISSING,),
        "C": (Is.ENABLED,),
        "D": (Is.AS_DECLARED,),
        "account": (Is.OTHER_COLOR, Is.OTHER_LEVEL),
    }
    assert states(by_name["Gone"]) == {"B": (Is.STILL_LIVE,)}
    assert not by_name["Gone"].is_extra
    assert states(by_name["Else"]) == {"D": (Is.EXTRA,)}
    assert not by_name["Spam"].deviates
    assert not by_name["Any"].deviates
    assert by_name["Lead"].source is not None


def test_declared_names_that_look_alike_are_two_and_others_go_to_the_nearer() -> None:
    both = desired(companies=[(A, (declare("Lead"), declare("Leads"))), (B, (declare("Lead"),))])
    found = audit(account(tag(1, "Lead", A), tag(2, "Leads", A), tag(3, "LEADS", B)), both)
    spelt = {one.name: [each.name for each in one.spellings] for one in found.names}
    assert spelt == {"Lead": ["LEADS"], "Leads": []}


def test_only_active_companies_count_and_trash_is_apart() -> None:
    closed = company("Dental Z", active=False)
    found = audit(
        account(
            tag(1, "Lead", closed),
            tag(2, "~trash 2026-11-20 Old", A),
            tag(3, "Lead", A),
            companies=(A, closed),
        )
    )
    assert found.companies == (A,)
    assert (found.of_disabled, found.tags) == (1, 1)
    assert [(one.company, one.tag.id) for one in found.trash] == [(A, 2)]
    assert states(only_name(found)) == {"A": (Is.AS_MOST,)}


def test_narrowed_it_shows_less_of_the_same() -> None:
    tags = everywhere()
    tags[3] = tags[3]._replace(color="red1")
    whole = audit(account(*tags, tag(9, "Spam")))
    narrowed = audit(
        account(*tags, tag(9, "Spam")), narrowing=Narrowing(companies=("* D",), tags=("Le*",))
    )
    assert states(only_name(narrowed)) == {"D": (Is.OTHER_COLOR,)}
    assert narrowed.companies == whole.companies
    assert narrowed.shown == (D,)


def test_companies_of_one_name_are_known_by_their_ids() -> None:
    namesakes = (company("Dental", id="COM1"), company("Dental", id="COM2"))
    found = audit(account(tag(1, "Lead", namesakes[0]), companies=namesakes))
    assert [one.known_as for one in found.companies] == ["Dental (COM1)", "Dental (COM2)"]


def uses(**calls: int | Count) -> Uses:
    """What shows names; ``Spam_A`` is in company A, ``Spam`` in all."""
    letters = {each.name[-1]: each.id for each in ALL}
    found = {}
    for key, number in calls.items():
        name, _, letter = key.partition("_")
        counted = Count(number) if isinstance(number, int) else number
        found[NameAt(name, letters.get(letter))] = Use(Loss(calls=counted))
    return Uses(found, date(2024, 11, 2), date(2026, 12, 1), {})


def calls_of(found: AccountAudit) -> dict[int, Count]:
    return {
        each.tag.id: each.use.loss.calls
        for one in found.names
        for each in one.usages
        if each.use is not None
    }


@pytest.mark.parametrize(
    ("in_a", "of_account", "of_a"),
    [
        (0, Count(9), NONE),
        (4, Count(9, Precision.AT_MOST), Count(4, Precision.AT_MOST)),
        (UNKNOWN, Count(9, Precision.AT_MOST), UNKNOWN),
    ],
)
def test_what_two_levels_share_is_distinguished_or_at_most(
    in_a: int | Count, of_account: Count, of_a: Count
) -> None:
    found = account(tag(1, "Spam"), tag(2, "Spam", A))
    audited = audit(found, uses=uses(Spam=9, Spam_A=in_a))
    assert calls_of(audited) == {1: of_account, 2: of_a}
    use = only_name(audited).use
    assert use is not None
    assert use.loss.calls == Count(9)


def test_a_name_of_one_level_has_all_that_shows_it() -> None:
    found = account(tag(1, "Spam"), tag(2, "Lead", A), tag(3, "Lead", B))
    audited = audit(found, uses=uses(Spam=9, Lead=5, Lead_A=3, Lead_B=2))
    assert calls_of(audited) == {1: Count(9), 2: Count(3), 3: Count(2)}


def test_narrowed_it_counts_the_companies_that_are_shown() -> None:
    found = account(tag(1, "Spam"), tag(2, "Spam", A), tag(3, "Spam", B))
    narrowed = audit(
        found,
        uses=uses(Spam=9, Spam_A=3, Spam_B=2),
        narrowing=Narrowing(companies=("* A", "* B")),
    )
    use = only_name(narrowed).use
    assert use is not None
    assert use.loss.calls == Count(5)


def _desired(found: LiveAccount) -> DesiredAccount:
    configuration = load_text(written([found], None), "reconciler.yaml")
    companies = {found.account.handle: tuple(found.companies.values())}
    (one,) = configuration.resolve(companies).accounts
    return one


@settings(max_examples=60)
@given(live_accounts(), st.booleans())
def test_every_live_tag_is_somewhere_and_what_import_writes_agrees(
    accounts: list[tuple[AccountRef, dict[str, Company], list[LiveTag]]], against: bool
) -> None:
    for ref, companies, tags in accounts:
        found = LiveAccount(account=ref, tags=tuple(tags), companies=companies)
        audited = audit(found, _desired(found) if against else None)
        reported = [each.tag.id for one in audited.names for each in one.usages]
        left_out = audited.of_disabled + audited.ignored + len(audited.trash)
        assert len(reported) == len(set(reported)) == audited.tags == len(tags) - left_out
        cells = [cell.states for one in audited.names for cell in one.cells.values()]
        if against:
            # The oldest of several is declared, and of names that can't be declared none is.
            wrong = {Is.MISSING, Is.DISABLED, Is.ENABLED, Is.OTHER_COLOR}
            assert not any(wrong & set(one) for one in cells if Is.OTHER_LEVEL not in one)
