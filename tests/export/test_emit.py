"""Live state as configuration: compact, and its plan is empty whatever the names hold."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from reconciler.config import load
from reconciler.config.selectors import CompanyIndex
from reconciler.export.emit import emit
from reconciler.export.grouping import is_line, refusal
from reconciler.export.quoting import scalar
from reconciler.model.names import is_glob
from reconciler.model.state import LiveAccount
from reconciler.model.tag import AccountRef, Company, LiveTag, Status, differing
from reconciler.text.quote import double_quoted
from tests.config.strategies import TRICKY, live_accounts
from tests.config.writing import loaded, write
from tests.expectations import draft

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.config import Configuration

ACME = AccountRef("acme", "ACC1", "Acme Dental")
BOLT = AccountRef("bolt", "ACC2")
FOUR = {f"COM{n}": Company(f"COM{n}", f"Clinic {n}") for n in range(1, 5)}

Live = tuple[AccountRef, dict[str, Company], list[LiveTag]]


def tag(number: int, name: str, company: str | None = None, **values: object) -> LiveTag:
    color = values.get("color", "gray1")
    status = values.get("status", Status.ENABLED)
    return LiveTag(number, name, color, status, company)  # type: ignore[arg-type]


def everywhere(name: str, first_id: int = 1, *, but: int = 0) -> list[LiveTag]:
    """The tag in all four clinics but the last few."""
    return [tag(first_id + n, name, f"COM{n}") for n in range(1, 5 - but)]


def body(text: str) -> str:
    """The part that says something: from `tags:` on."""
    return text[text.index("tags:") :]


def test_a_tag_that_all_companies_have_is_one_entry() -> None:
    text = body(emit([(ACME, FOUR, everywhere("Lead"))]))
    assert text == "tags:\n  - name: Lead\n    color: gray1\n    companies: all\n"


def test_exceptions_are_spelled_out_the_shorter_way() -> None:
    text = body(emit([(ACME, FOUR, [*everywhere("a", but=1), *everywhere("b", 50, but=3)])]))
    assert "companies: all\n    except: [Clinic 4]" in text
    assert "companies: [Clinic 1]" in text


def test_a_company_that_differs_has_an_entry_of_its_own() -> None:
    live = [*everywhere("a", but=1), tag(9, "a", "COM4", color="red1")]
    assert body(emit([(ACME, FOUR, live)])).count("- name: a") == 2


def test_accounts_that_agree_share_an_entry() -> None:
    live = [tag(1, "a"), tag(2, "b")]
    text = body(emit([(ACME, {}, live), (BOLT, {}, live[:1])]))
    assert text.count("accounts: [acme]") == 1
    assert text.count("accounts:") == 1


def test_a_long_list_that_is_used_twice_becomes_a_scope() -> None:
    many = {f"COM{n}": Company(f"COM{n}", f"Clinic {n}") for n in range(20)}
    half = [tag(10 * n + k, name, f"COM{n}") for n in range(9) for k, name in enumerate("ab")]
    text = emit([(ACME, many, half)])
    assert text.count("scope: places-1") == 2
    assert text.count("Clinic 7") == 1


def test_companies_whose_names_are_no_use_go_by_their_ids() -> None:
    known = {
        "COM1": Company("COM1", "Twin"),
        "COM2": Company("COM2", "Twin"),
        "COM3": Company("COM3", "100 *"),
        "COM4": Company("COM4", "Fine"),
        "COM5": Company("COM5", "COM1"),
    }
    live = [tag(1, "b", "COM1"), tag(2, "a", "COM3"), tag(3, "a", "COM5"), tag(4, "a", "COM4")]
    text = emit([(ACME, known, live)])
    assert '    # COM3 is "100 *"\n    # COM5 is "COM1"\n    companies: [COM3, COM5, Fine]' in text
    assert "neither its company's name nor its id can be written safely" in text


def test_a_company_may_be_called_by_its_own_id() -> None:
    known = {"COM1": Company("COM1", "COM1"), "COM2": Company("COM2", "b")}
    text = body(emit([(ACME, known, [tag(1, "a", "COM1")])]))
    assert text.endswith("color: gray1\n    companies: [COM1]\n")


def test_excepted_companies_that_go_by_their_ids_are_named() -> None:
    known = {**FOUR, "COM5": Company("COM5", "Twin\u202e"), "COM6": Company("COM6", "Twin\u202e")}
    live = [tag(n, "a", f"COM{n}") for n in range(1, 6)]
    text = body(emit([(ACME, known, live)]))
    assert '    # COM6 is "Twin\\u202e"\n    except: [COM6]' in text


def test_a_disabled_tag_stays_disabled() -> None:
    assert "state: disabled" in emit([(ACME, {}, [tag(1, "a", status=Status.DISABLED)])])


def test_duplicates_are_declared_as_the_oldest_with_a_remark() -> None:
    text = emit([(ACME, {}, [tag(7, "a", color="red1"), tag(3, "a", color="blue1")])])
    assert "  # acme, on account level: 2 live tags have this name (ids 3, 7)" in text
    assert "color: blue1" in text


def test_a_remark_stands_at_the_tag_that_it_is_about() -> None:
    duplicates = [tag(2, "a", "COM1"), tag(1, "a", "COM1")]
    other = tag(3, "a", "COM2", status=Status.DISABLED)
    texts = {emit([(ACME, FOUR, live)]) for live in ([other, *duplicates], [*duplicates, other])}
    assert len(texts) == 1
    assert "2 live tags have this name (ids 1, 2)\n  - name: a\n    color: gray1\n" in texts.pop()


def test_look_alikes_and_names_on_both_levels_are_remarked_on() -> None:
    text = emit([(ACME, FOUR, [tag(1, "Lead"), tag(2, "lead"), tag(3, "Lead", "COM1")])])
    assert 'looks like "lead"' in text
    assert "live on account level and on company level" in text


def test_what_cannot_be_declared_stands_in_a_comment() -> None:
    text = emit([(ACME, FOUR, [tag(1, "a\x1b[31m"), tag(2, " b"), tag(3, "c", "COM9")])])
    assert '#   acme, "account level", "a\\x1b[31m"' in text
    assert "\x1b" not in text
    assert "acme: 1 live tag of disabled companies is left out" in text
    assert text.endswith("tags: []\n")


BASE = """\
version: 1
gateway: maton
accounts:
  acme:
    id: ACC1
    connection: "123"
    api_key_env: KEY
    unmanaged: delete
    protect: ["Lead *"]
    ignore: ["crm-*"]
    limits: {deletes: 7, interactions: 0, flows: 2}
"""


def test_an_existing_configurations_accounts_are_kept_but_for_unmanaged(tmp_path: Path) -> None:
    base = loaded(tmp_path, BASE)
    text = emit([(ACME, {}, [tag(1, "crm-1"), tag(2, "b")])], base=base)
    again = loaded(tmp_path, text)
    assert (again.gateway, again.accounts[0].connection) == (base.gateway, "123")
    assert again.accounts[0].policy.protect == ("Lead *",)
    assert again.accounts[0].policy.ignore == ("crm-*",)
    assert again.accounts[0].policy.limits == base.accounts[0].policy.limits
    assert again.accounts[0].policy.unmanaged.value == "keep"
    assert [entry.name for entry in again.entries] == ["b"]


@pytest.mark.parametrize("name", [one for one in TRICKY if one and not refusal(one)])
def test_a_name_comes_back_as_it_was(tmp_path: Path, name: str) -> None:
    for written in (scalar(name), double_quoted(name)):
        text = f"version: 1\naccounts: {{acme: {{id: ACC1}}}}\ntags:\n  - name: {written}\n"
        assert loaded(tmp_path, text).entries[0].name == name


def test_nothing_in_the_text_is_an_order_to_a_ci_runner() -> None:
    known = {"COM1": Company("COM1", "::error::c"), "COM2": Company("COM2", "d")}
    name = "::error::a##[group]b:"
    live = [tag(1, name), tag(2, name), tag(3, name, "COM1"), tag(4, name + "\x07", "COM1")]
    text = emit([(AccountRef("acme", "ACC1", "::stop-commands::##"), known, live)])
    assert "::" not in text
    assert "##" not in text


@given(live_accounts())
def test_the_plan_is_empty_and_every_declaration_is_live_in_each_of_its_places(
    accounts: list[Live],
) -> None:
    check_agreement(accounts, emit(accounts))


@given(live_accounts())
def test_the_text_is_the_same_in_whatever_order_things_were_listed(
    accounts: list[Live],
) -> None:
    turned = [
        (ref, dict(reversed(companies.items())), tags[::-1])
        for ref, companies, tags in reversed(accounts)
    ]
    assert emit(turned) == emit(accounts)


def check_agreement(accounts: Sequence[Live], text: str) -> None:
    """Everything that is declared is live as it is declared, and nothing declarable is missing."""
    configuration = read_back(text)
    desired = configuration.resolve(
        {ref.handle: list(companies.values()) for ref, companies, _tags in accounts}
    )
    by_handle = {one.account.handle: one for one in desired.accounts}
    for ref, companies, tags in accounts:
        state = LiveAccount(account=ref, tags=tuple(tags), companies=companies)
        assert draft(by_handle[ref.handle], state).changes == ()
        live = oldest(tags, companies)
        declared = {
            (place, name): declaration
            for place, names in by_handle[ref.handle].tags.items()
            for name, declaration in names.items()
        }
        for key, declaration in declared.items():
            assert declaration.status is not None
            assert not differing(live[key], declaration)
        missing = {key for key in live if refusal(key[1]) is None} - declared.keys()
        assert not any(place is None or can_be_named(companies, place) for place, _ in missing)


def can_be_named(companies: dict[str, Company], company_id: str) -> bool:
    """Whether the name or the id means this company, now and whatever others come back."""
    index = CompanyIndex(list(companies.values()))
    return any(
        is_line(text)
        and not is_glob(text)
        and index.matches(text) == [company_id]
        and (text == company_id or text not in companies)
        for text in (companies[company_id].name, company_id)
    )


def read_back(text: str) -> Configuration:
    with tempfile.TemporaryDirectory() as folder:
        return load(write(Path(folder), text))


def oldest(
    tags: Sequence[LiveTag], companies: dict[str, Company]
) -> dict[tuple[str | None, str], LiveTag]:
    found: dict[tuple[str | None, str], LiveTag] = {}
    for one in sorted(tags, key=lambda one: one.id):
        if one.company_id is None or (
            one.company_id in companies and companies[one.company_id].active
        ):
            found.setdefault((one.company_id, one.name), one)
    return found
