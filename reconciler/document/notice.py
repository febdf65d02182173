"""What a webhook gets of a run: counts and one line of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.document.plan import summary_fields
from reconciler.document.writing import FORMAT_VERSION, Document
from reconciler.model.outcome import Report, Result

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.model.plan import Plan


def notice_document(
    command: str, outcome: Plan | Report | str, *, exit_code: int, text: str, run: str | None
) -> Document:
    """The outcome with every field of ``schemas/notice.schema.json``; tags are only counted.

    ``outcome`` is drift's plan, apply's report, or what kept the run from both. ``run`` is the
    address of the CI job.
    """
    return {
        "format_version": FORMAT_VERSION,
        "text": text,
        "command": command,
        "exit_code": exit_code,
        "run": run,
        "error": outcome if isinstance(outcome, str) else None,
        **_of_plan(outcome.plan if isinstance(outcome, Report) else outcome),
        "results": _results(outcome) if isinstance(outcome, Report) else None,
        "complete": outcome.complete if isinstance(outcome, Report) else None,
    }


def _of_plan(plan: Plan | str) -> Mapping[str, object]:
    if isinstance(plan, str):
        return {"accounts": [], "unread": [], "digest": None, "plan": None}
    return {
        "accounts": [use.account.handle for use in plan.accounts],
        "unread": [one.account for one in plan.unread],
        "digest": plan.digest,
        "plan": summary_fields(plan.summary),
    }


def _results(report: Report) -> Mapping[str, int]:
    return {result.value: report.count(result) for result in Result}
