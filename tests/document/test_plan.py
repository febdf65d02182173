"""A plan survives being written and read back, and no other plan does."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from reconciler.document import dump, load_plan, plan_document
from reconciler.errors import DocumentError, RefusedError
from reconciler.model.change import UNKNOWN, Count, Loss, Reason
from reconciler.model.plan import AccountUse, Beyond, Plan
from reconciler.model.problem import Source
from reconciler.model.state import Limits, Policy
from reconciler.model.tag import Company, Tag
from tests.builders import ACME, create, delete, place, plan, update
from tests.document.strategies import plans

A_PLAN = plan(
    create(source=Source("tags.yaml", 12, 5)),
    update(
        Tag("Oppty", "gray1"),
        Tag("Opportunity", "blue1"),
        place=place("Dental North"),
        reason=Reason.RENAMED_FROM,
    ),
    delete(note="Campaign ended.", loss=Loss(calls=Count(212))),
    accounts=(
        AccountUse(
            account=ACME,
            plan_requests=4,
            apply_requests=7,
            policy=Policy(protect=("Lead *",), limits=Limits(interactions=500)),
            source=Source("accounts.yaml", 3),
            beyond=Beyond(deletes=2),
        ),
    ),
    unchanged=212,
    unmanaged=37,
    gateway="maton",
    created_at="2026-01-31T12:00:00Z",
    tool_version="0.1.0",
)


def document() -> Any:
    """A fresh copy of the plan's document, to be spoilt."""
    return json.loads(dump(plan_document(A_PLAN)))


@given(plans())
def test_any_plan_comes_back_as_it_was(any_plan: Plan) -> None:
    assert load_plan(dump(plan_document(any_plan))) == any_plan


def test_the_top_level_has_the_fields_of_the_contract() -> None:
    found = document()
    assert found["format_version"] == "1"
    assert found["digest"] == A_PLAN.digest
    assert found["accounts"][0] == {
        "handle": "acme",
        "id": "ACC019c46b8a0807fbdb81c8bf12af91cb3",
        "name": "Acme Dental Group",
        "requests": 4,
        "apply_requests": 7,
        "connection": None,
        "api_key_env": None,
        "policy": {
            "unmanaged": "keep",
            "protect": ["Lead *"],
            "ignore": [],
            "limits": {
                "deletes": 5,
                "disables": 20,
                "delete_percent": 25,
                "interactions": 500,
                "flows": 0,
            },
            "trash": 30,
        },
        "source": {"file": "accounts.yaml", "line": 3, "column": 1},
        "limits_source": None,
        "beyond": {
            "deletes": 2,
            "disables": 0,
            "interactions": {"count": 0, "precision": "exact"},
            "flows": 0,
        },
    }
    assert found["summary"] == {
        "create": 1,
        "update": 1,
        "trash": 0,
        "merge": 0,
        "delete": 1,
        "unchanged": 212,
        "unmanaged": 37,
        "blocked": 0,
    }
    assert found["requests"] == {"plan": 4, "apply": 7}
    assert "unmanaged" not in found


def test_a_change_has_the_fields_of_the_contract() -> None:
    assert document()["changes"][1] == {
        "action": "update",
        "account": "acme",
        "account_id": "ACC019c46b8a0807fbdb81c8bf12af91cb3",
        "level": "company",
        "company_id": place("Dental North").company_id,
        "company": "Dental North",
        "name": "Opportunity",
        "tag_id": 7886728,
        "before": {"name": "Oppty", "color": "gray1", "status": "enabled"},
        "after": {"name": "Opportunity", "color": "blue1", "status": "enabled"},
        "fields": ["name", "color"],
        "reason": "renamed_from",
        "cause": None,
        "source": None,
        "note": None,
        "loss": None,
        "blocked_by": None,
    }


def test_a_create_has_no_before_and_knows_its_line() -> None:
    change = document()["changes"][0]
    assert change["before"] is None
    assert change["tag_id"] is None
    assert change["source"] == {"file": "tags.yaml", "line": 12, "column": 5}


def test_an_unknown_number_of_calls_is_no_number() -> None:
    unsure = plan(delete(loss=Loss(calls=UNKNOWN)))
    assert plan_document(unsure)["changes"][0]["loss"]["calls"] == {
        "count": None,
        "precision": "unknown",
    }


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["digest"], "sha256:" + "0" * 64),
        (["gateway"], "callrail"),
        (["accounts", 0, "connection"], "75364cb9"),
        (["accounts", 0, "api_key_env"], "OTHER_API_KEY"),
        (["changes", 2, "loss", "calls"], {"count": 0, "precision": "exact"}),
        (["changes", 2, "loss"], None),
        (["summary", "delete"], 0),
        (["summary", "blocked"], 1),
        (["requests", "apply"], 0),
        (["changes", 0, "after", "name"], "Something else"),
        (["changes", 0, "tag_id"], 5),
        (["changes", 1, "tag_id"], 5),
        (["changes", 1, "fields"], ["name"]),
        (["changes", 1, "name"], "Harmless"),
        (["changes", 1, "level"], "account"),
        (["changes", 1, "account_id"], "ACC1"),
        (["changes", 1, "account"], "other"),
        (["changes", 1, "company_id"], None),
        (["changes", 2, "before"], None),
        (["changes", 2, "action"], "update"),
        (["changes", 2, "blocked_by"], "limits.deletes"),
        (["changes", 2, "tag_id"], 7886728),
    ],
)
def test_a_tampered_plan_is_refused(path: list[Any], value: object) -> None:
    spoilt = document()
    at = spoilt
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    with pytest.raises(RefusedError, match="altered"):
        load_plan(dump(spoilt))


def test_a_change_taken_away_is_refused() -> None:
    spoilt = document()
    del spoilt["changes"][2]
    with pytest.raises(RefusedError, match="digest"):
        load_plan(dump(spoilt))


def test_one_tag_changed_twice_is_refused() -> None:
    doubled = plan(delete(tag_id=5), delete("Other", tag_id=5))
    with pytest.raises(RefusedError, match=r"changes\[1\]"):
        load_plan(dump(plan_document(doubled)))


@pytest.mark.parametrize("handle", [ACME.handle, "another"])
@pytest.mark.parametrize("account_id", [ACME.id, ACME.id.lower()])
def test_an_account_listed_twice_is_refused(handle: str, account_id: str) -> None:
    namesake = ACME._replace(handle=handle, id=account_id)
    doubled = plan(accounts=(AccountUse(account=ACME), AccountUse(account=namesake)))
    with pytest.raises(RefusedError, match="twice"):
        load_plan(dump(plan_document(doubled)))


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (["format_version"], "2", "format version '2'"),
        (["format_version"], 1, "format_version is not a string"),
        (["gateway"], "elsewhere", "gateway is none of maton, callrail"),
        (["accounts", 0, "requests"], "4", r"accounts\[0\].requests is not a whole number"),
        (["accounts", 0, "requests"], True, "not a whole number"),
        (["accounts", 0, "requests"], -1, "less than 0"),
        (["changes"], {}, "changes is not a list"),
        (["changes", 0], 1, r"changes\[0\] is not an object"),
        (["changes", 0, "action"], "replace", "none of update, create, merge, delete"),
        (["changes", 0, "fields"], [1], "holds no strings"),
        (["changes", 0, "extra"], 1, "extra is not a field"),
        (["surprise"], 1, "surprise is not a field"),
    ],
)
def test_a_wrong_type_or_field_is_named(path: list[Any], value: object, message: str) -> None:
    spoilt = document()
    at = spoilt
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    with pytest.raises(DocumentError, match=message):
        load_plan(dump(spoilt))


def test_a_missing_field_is_named() -> None:
    spoilt = document()
    del spoilt["changes"][1]["reason"]
    with pytest.raises(DocumentError, match=r"changes\[1\].reason is missing"):
        load_plan(dump(spoilt))


def test_a_newer_format_names_which_version_wrote_it() -> None:
    newer = {**document(), "format_version": "2", "tool_version": "9.9.9"}
    with pytest.raises(DocumentError) as caught:
        load_plan(dump(newer))
    assert "9.9.9" in (caught.value.hint or "")


def test_companies_of_one_name_are_distinguished_after_reading_back() -> None:
    two = [place("Dental North")._replace(company=Company(one, "Dental North")) for one in "AB"]
    read = load_plan(dump(plan_document(plan(*(create(place=one) for one in two)))))
    assert {change.place.company.known_as for change in read.changes if change.place.company} == {
        "Dental North (A)",
        "Dental North (B)",
    }
