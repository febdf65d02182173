"""The report of an apply as a document: every change once, and how it ended."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from reconciler.document.plan import change_fields, tag_fields, unread_fields
from reconciler.document.writing import FORMAT_VERSION, Document
from reconciler.model.outcome import Result

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.model.outcome import AccountError, Failure, Outcome, Report
    from reconciler.model.plan import AccountUse


def report_document(report: Report, *, exit_code: int, created_at: str | None = None) -> Document:
    """``report`` with every field of ``schemas/report.schema.json``.

    ``exit_code`` is the command's. ``created_at`` is when the apply ended (ISO 8601, UTC); left
    out: when its plan was made.
    """
    plan = report.plan
    unread = [unread_fields(error) for error in plan.unread]
    return {
        "format_version": FORMAT_VERSION,
        "tool_version": plan.tool_version,
        "created_at": plan.created_at if created_at is None else created_at,
        "digest": plan.digest,
        "exit_code": exit_code,
        "accounts": [_account_fields(use) for use in plan.accounts],
        "summary": {result.value: report.count(result) for result in Result},
        "results": [outcome_fields(outcome) for outcome in report.outcomes],
        "verified": report.verified,
        "verification": report.verification.value,
        "missing": report.missing,
        "differences": list(report.differences),
        "troubles": [
            *_failure_fields(report.failure, exit_code),
            *map(_error_fields, report.account_errors),
        ],
        "requests": report.requests,
        **({"unread": unread} if unread else {}),
    }


def outcome_fields(outcome: Outcome) -> Document:
    """A change's fields and how it ended; ``tag_id`` is also known for a create that was done."""
    return {
        **change_fields(outcome.change),
        "tag_id": outcome.change.tag_id if outcome.tag_id is None else outcome.tag_id,
        "result": outcome.result.value,
        "message": outcome.message,
        "hint": outcome.hint,
        "stored": None if outcome.stored is None else tag_fields(outcome.stored),
        **({} if outcome.appended is None else {"appended": asdict(outcome.appended)}),
        **({} if outcome.kept is None else {"kept": asdict(outcome.kept)}),
    }


def _account_fields(use: AccountUse) -> Document:
    return {"handle": use.account.handle, "id": use.account.id, "name": use.account.name}


def _failure_fields(failure: Failure | None, exit_code: int) -> Iterator[Document]:
    """What kept the whole plan from being tried, as the error of no account; its code decides."""
    if failure is not None:
        yield {
            "account": "",
            "code": failure.code,
            "exit_code": exit_code,
            "message": failure.message,
            "hint": failure.hint,
        }


def _error_fields(error: AccountError) -> Document:
    fields = unread_fields(error)
    del fields["requests"]
    return fields
