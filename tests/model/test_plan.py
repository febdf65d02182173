"""The digest of a plan: what a reviewer approved, and nothing that changes by itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.model.change import UNKNOWN, Count, Loss, Precision
from reconciler.model.plan import AccountUse, Plan
from reconciler.model.problem import Source
from tests.builders import ACME, create, delete, plan

SOME = delete(loss=Loss(calls=Count(212)))
USE = AccountUse(account=ACME, plan_requests=4)
REVIEWED = plan(create(), SOME, accounts=(USE,), gateway="maton", created_at="2026-11-25T12:00:00Z")

OTHERS = {
    "another gateway": replace(REVIEWED, gateway="callrail"),
    "another connection": replace(REVIEWED, accounts=(replace(USE, connection="75364cb9"),)),
    "another key": replace(REVIEWED, accounts=(replace(USE, api_key_env="OTHER_API_KEY"),)),
    "nothing lost": plan(create(), delete(loss=Loss()), accounts=(USE,), gateway="maton"),
    "an unknown loss": plan(
        create(), delete(loss=Loss.unknown()), accounts=(USE,), gateway="maton"
    ),
    "an uncounted loss": plan(create(), delete(), accounts=(USE,), gateway="maton"),
    "one of them blocked": plan(
        create(), replace(SOME, blocked_by="no"), accounts=(USE,), gateway="maton"
    ),
    "less": plan(SOME, accounts=(USE,), gateway="maton"),
}

SAME = {
    "another order": plan(SOME, create(), accounts=(USE,), gateway="maton"),
    "another time": replace(REVIEWED, created_at="2026-11-26T12:00:00Z", tool_version="9"),
    "more calls": plan(
        create(), delete(loss=Loss(calls=Count(260))), accounts=(USE,), gateway="maton"
    ),
    "forms instead of calls": plan(
        create(),
        delete(loss=Loss(forms=Count(3, Precision.AT_LEAST), texts=UNKNOWN)),
        accounts=(USE,),
        gateway="maton",
    ),
    "another file and note": plan(
        create(source=Source("tags.yaml", 9), note="Agreed."),
        SOME,
        accounts=(replace(USE, plan_requests=9, source=Source("accounts.yaml", 3)),),
        gateway="maton",
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_was_not_reviewed_has_another_digest(name: str) -> None:
    assert OTHERS[name].digest != REVIEWED.digest


@pytest.mark.parametrize("name", SAME)
def test_the_same_plan_has_the_same_digest(name: str) -> None:
    assert SAME[name].digest == REVIEWED.digest


def test_a_flow_that_applies_the_tag_is_a_loss() -> None:
    def digest(loss: Loss) -> str:
        return plan(delete(loss=loss)).digest

    assert digest(Loss(flows=Count(1))) == digest(Loss(calls=Count(1)))
    assert digest(Loss(flows=UNKNOWN)) == digest(Loss.unknown())
    assert len({digest(Loss()), digest(Loss(flows=Count(1))), digest(Loss.unknown())}) == 3


def test_an_empty_plan_has_one_digest() -> None:
    assert Plan(accounts=(), changes=()).digest == replace(REVIEWED, changes=()).digest
