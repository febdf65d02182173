"""What GitLab shows beside a merge request: a plan's counts, and problems at their lines."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from reconciler.model.problem import Problem, Severity
from reconciler.render.escape import terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.model.plan import Plan


def plan(plan: Plan) -> str:
    """``artifacts:reports:terraform``: the counts, which the merge request shows as a widget.

    The widget knows three counts: merges and what goes to the trash are updates there. Of a partial
    plan ``unread`` names the accounts that could not be read.
    """
    summary = plan.summary
    counts: dict[str, object] = {
        "create": summary.create,
        "update": summary.update + summary.trash + summary.merge,
        "delete": summary.delete,
    }
    if plan.unread:
        counts["unread"] = [terminal(one.account) for one in plan.unread]
    return json.dumps(counts) + "\n"


def code_quality(problems: Sequence[Problem], *, default_file: str = "reconciler.yaml") -> str:
    """``artifacts:reports:codequality``: problems beside the lines of the merge request.

    GitLab demands a file of each: ``default_file`` for those that have none.
    """
    return json.dumps([_issue(problem, default_file) for problem in problems], indent=2) + "\n"


def _issue(problem: Problem, default_file: str) -> dict[str, object]:
    source = problem.source
    description = " ".join(filter(None, [problem.message, problem.hint]))
    where = source.file if source else default_file
    line = source.line if source else 1
    # The line is left out, so that an issue stays the same one when lines above it come and go.
    identity = "\0".join([problem.code, where, problem.message])
    return {
        "description": terminal(description),
        "check_name": terminal(problem.code),
        "fingerprint": hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest(),
        "severity": "major" if problem.severity is Severity.ERROR else "minor",
        "location": {"path": terminal(where), "lines": {"begin": line}},
    }
