"""What a plan does otherwise than the reviewed one: found as the digest finds it, and explained."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.model.change import Cause, Loss
from reconciler.model.plan import AccountUse, Base
from reconciler.model.tag import Status, Tag
from reconciler.planning.reviewed import Why, differences
from reconciler.render.reviewed import text
from tests.builders import ACME, create, delete, live_tag, plan, update

GRAY, RED, GREEN = (
    Tag("Opportunity", color, Status.ENABLED) for color in ("gray1", "red1", "green1")
)
AT = Base(ref="main", commit="a" * 40)
LATER = Base(ref="main", commit="b" * 40)
RECOLOR = update(GRAY, GREEN, tag_id=1)
GONE = delete("Opportunity", tag_id=1, loss=Loss())
UNMOVED = {ACME.id: [live_tag(1)]}


def test_plans_of_one_digest_do_not_differ() -> None:
    noted = replace(RECOLOR, note="why", cause=Cause.DRIFT)
    found = differences(plan(RECOLOR, create()), plan(create(), noted, created_at="x"))
    assert (found.dropped, found.added, found.same) == ((), (), 2)
    assert "Both plans do the same." in text(found)


def test_a_tag_that_was_edited_since_is_live_state() -> None:
    now = plan(update(RED, GREEN, tag_id=1), create())
    live = {ACME.id: [live_tag(1, color="red1")]}
    found = differences(plan(RECOLOR, create()), now, live)
    ((_, why, detail),), (added,) = found.dropped, found.added
    assert (why, detail) == (Why.LIVE, 'its color is "red1" now, not "gray1"')
    assert added.why is Why.LIVE
    assert found.same == 1


def test_without_live_state_the_reason_is_what_both_start_from() -> None:
    found = differences(plan(RECOLOR), plan(update(RED, GREEN, tag_id=1)))
    assert found.why == (Why.LIVE,)


def test_what_someone_did_by_hand_is_live_state() -> None:
    live = {ACME.id: [live_tag(1, color="green1")]}
    (dropped,) = differences(plan(RECOLOR), plan(), live).dropped
    assert (dropped.why, dropped.detail) == (Why.LIVE, "it is so already")


def test_another_plan_for_an_unmoved_tag_is_the_configuration() -> None:
    found = differences(plan(RECOLOR), plan(update(GRAY, RED, tag_id=1)), UNMOVED)
    assert found.why == (Why.CONFIGURATION,)
    assert differences(plan(RECOLOR), plan(), UNMOVED).why == (Why.CONFIGURATION,)


def test_what_nothing_shows_may_be_either() -> None:
    assert differences(plan(RECOLOR), plan()).why == (Why.EITHER,)
    assert differences(plan(), plan(create()), UNMOVED).why == (Why.EITHER,)
    assert differences(plan(delete("Opportunity", tag_id=1)), plan(), UNMOVED).why == (Why.EITHER,)


@pytest.mark.parametrize(
    ("base", "version", "why"),
    [(AT, "1", Why.LIVE), (LATER, "1", Why.EITHER), (AT, "2", Why.EITHER)],
    ids=["one configuration", "another commit", "another version"],
)
def test_one_configuration_leaves_live_state(base: Base, version: str, why: Why) -> None:
    reviewed = plan(base=AT, tool_version="1")
    found = differences(reviewed, plan(create(), base=base, tool_version=version), UNMOVED)
    assert found.why == (why,)
    assert ("commit bbbbbbbbbbbb" in text(found)) == (base is LATER)
    assert ("by reconciler 1, that of now by 2" in text(found)) == (version == "2")


def test_another_key_is_no_other_configuration_of_tags() -> None:
    reached = AccountUse(account=ACME, api_key_env="OTHER_API_KEY")
    found = differences(plan(RECOLOR), plan(RECOLOR, accounts=(reached,)), UNMOVED)
    assert found.why == (Why.ACCESS,)


@pytest.mark.parametrize(
    ("was", "now", "reason"),
    [
        (RECOLOR, replace(RECOLOR, blocked_by="no"), "it is blocked now"),
        (replace(RECOLOR, blocked_by="no"), RECOLOR, "it is not blocked any more"),
        (GONE, replace(GONE, loss=None), "what has the tag is known otherwise now"),
    ],
)
def test_the_same_change_may_be_judged_otherwise(was: object, now: object, reason: str) -> None:
    (dropped,) = differences(plan(was), plan(now), UNMOVED).dropped  # type: ignore[arg-type]
    assert (dropped.why, dropped.detail) == (Why.EITHER, reason)


def test_drift_is_left_out_of_both() -> None:
    drift = create("Drift", cause=Cause.DRIFT)
    own = replace(RECOLOR, cause=Cause.THIS_CHANGE)
    now = plan(own, base=replace(AT, drift=1))
    found = differences(plan(own, drift, base=AT), now)
    assert (found.dropped, found.added) == ((), ())
    assert found.reviewed.digest == now.digest


def test_the_text_names_places_names_and_both_digests() -> None:
    reviewed = plan(RECOLOR, create(), created_at="2026-12-01T10:00:00Z")
    now = plan(update(RED, GREEN, tag_id=1), created_at="2026-12-01T11:00:00Z")
    live = {
        ACME.id: [live_tag(1, color="red1"), live_tag(2, "Schedule requested", color="orange3")]
    }
    assert (
        text(differences(reviewed, now, live))
        == f"""\
Only in the reviewed plan: 2 changes

acme · account
  ~ update  Opportunity          color gray1 -> green1
      why: live state: its color is "red1" now, not "gray1"
  + create  Schedule requested   orange3
      why: live state: it is so already

Only in the plan of now: 1 change

acme · account
  ~ update  Opportunity   color red1 -> green1
      why: live state

In both: 0 changes.
Why: live state has changed since the review.
Reviewed: {reviewed.digest} of 2026-12-01 10:00 UTC
Now:      {now.digest} of 2026-12-01 11:00 UTC
"""
    )
