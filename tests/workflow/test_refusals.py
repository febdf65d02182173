"""What a refusal says: each reason once, with all that it stops."""

from __future__ import annotations

from reconciler.errors import QuotaError
from reconciler.workflow.accounts import in_account
from reconciler.workflow.refusals import blocked_refusal
from tests.builders import delete


def test_a_reason_that_two_changes_share_is_reported_once() -> None:
    held = [delete("A", blocked_by="protected\ntoo many"), delete("B", blocked_by="too many")]
    refusal = blocked_refusal(held)
    assert refusal.reasons == (
        'protected (acme · account: delete "A")',
        'too many (acme · account: delete "A", "B")',
    )
    assert refusal.message == "2 changes are blocked: " + "; ".join(refusal.reasons)


def test_a_message_names_its_account_once() -> None:
    assert in_account(QuotaError("acme: used up"), "acme").message == "acme: used up"
    assert in_account(QuotaError("used up"), "acme").message == "acme: used up"
