"""Live state survives being written and read back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from reconciler.document import (
    diff_document,
    dump,
    load_snapshot,
    read_snapshot,
    snapshot_document,
)
from reconciler.errors import DocumentError, RefusedError
from reconciler.model.change import Count, Loss
from reconciler.model.news import Comparison, Reading
from reconciler.model.state import LiveAccount
from tests.builders import ACME, company, live_tag
from tests.document.strategies import live_accounts

NORTH = company("Dental North")
LIVE = LiveAccount(
    account=ACME,
    tags=(live_tag(1), live_tag(2, "Implant", company_id=NORTH.id)),
    companies={NORTH.id: NORTH},
    requests=2,
)


def written(*accounts: LiveAccount) -> str:
    """The text of a snapshot."""
    document = snapshot_document(accounts, created_at="2026-01-31T12:00:00Z", tool_version="0.1.0")
    return dump(document)


@given(live_accounts())
def test_any_live_state_comes_back_as_it_was(live: tuple[LiveAccount, ...]) -> None:
    assert load_snapshot(written(*live)) == live


def test_a_tag_has_the_fields_of_the_contract() -> None:
    account = json.loads(written(LIVE))["accounts"][0]
    assert account["companies"] == [{"id": NORTH.id, "name": "Dental North", "active": True}]
    assert account["tags"][1] == {
        "id": 2,
        "name": "Implant",
        "color": "gray1",
        "status": "enabled",
        "company_id": NORTH.id,
    }


@pytest.mark.parametrize("what", ["companies", "tags"])
def test_what_is_listed_twice_is_refused(what: str) -> None:
    spoilt: Any = json.loads(written(LIVE))
    spoilt["accounts"][0][what] *= 2
    with pytest.raises(RefusedError, match="twice"):
        load_snapshot(dump(spoilt))


def test_what_has_the_tags_is_there_for_all_of_them_or_for_none() -> None:
    counted = LIVE._replace(usage={1: Loss(calls=Count(3)), 2: Loss()})
    document: Any = json.loads(written(counted))
    assert document["accounts"][0]["tags"][0]["usage"]["calls"] == {
        "count": 3,
        "precision": "exact",
    }
    del document["accounts"][0]["tags"][1]["usage"]
    with pytest.raises(RefusedError, match="counts what has some tags, and not all"):
        load_snapshot(dump(document))


def test_one_that_was_written_without_counts_is_read_as_before() -> None:
    (live,) = read_snapshot(written(LIVE)).accounts
    assert (live, live.usage) == (LIVE, None)
    assert read_snapshot(written(LIVE)).created_at == "2026-01-31T12:00:00Z"
    assert "usage" not in written(LIVE)


def test_a_comparison_is_not_taken_for_one() -> None:
    nothing = Comparison(old=Reading("old.json", ""), new=Reading(None, ""), accounts=())
    with pytest.raises(DocumentError, match="this is a comparison, not a snapshot"):
        load_snapshot(dump(diff_document(nothing)))


def test_an_account_listed_twice_is_refused() -> None:
    with pytest.raises(RefusedError, match="twice"):
        load_snapshot(written(LIVE, LIVE))


def test_a_wrong_value_is_named() -> None:
    spoilt: Any = json.loads(written(LIVE))
    spoilt["accounts"][0]["tags"][1]["id"] = 0
    with pytest.raises(DocumentError, match=r"accounts\[0\].tags\[1\].id is less than 1"):
        load_snapshot(dump(spoilt))
