"""What an apply did, told truthfully."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from reconciler.model.outcome import AccountError, Failure, Outcome, Report, Result, Verification
from reconciler.render import html, markdown
from reconciler.render.outcomes import outcome_line, report
from reconciler.text.cells import cells
from tests.builders import create, delete, place, plan

if TYPE_CHECKING:
    from reconciler.model.change import Change

A_CREATE = create(place=place("Dental North"))
A_DELETE = delete()
ADOPTED_LINE = (
    "adopted    + create  acme · account  Foo   "
    "found live: the answer to its create was lost, or someone else made it"
)


def ended(change: Change, result: Result, message: str | None = None) -> Outcome:
    """``change`` and how it ended."""
    return Outcome(change=change, result=result, message=message)


def a_report(*outcomes: Outcome, **rest: object) -> Report:
    """The report of an apply of these changes."""
    values = {"verification": Verification.AS_PLANNED, "requests": 9, **rest}
    the_plan = plan(*(outcome.change for outcome in outcomes))
    return Report(plan=the_plan, outcomes=outcomes, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("outcome", "line"),
    [
        (
            ended(A_CREATE, Result.DONE),
            "done       + create  acme · Dental North  Schedule requested",
        ),
        (
            ended(create("Foo"), Result.ADOPTED),
            ADOPTED_LINE,
        ),
        (
            ended(A_DELETE, Result.FAILED, "422: no\nsuch tag"),
            "failed     - delete  acme · account  Old campaign   422: no\\nsuch tag",
        ),
        (
            ended(A_DELETE, Result.HELD_BACK, "--no-deletes"),
            "held back  - delete  acme · account  Old campaign   --no-deletes",
        ),
    ],
)
def test_one_line_a_change(outcome: Outcome, line: str) -> None:
    assert outcome_line(outcome) == line


def test_a_complete_apply() -> None:
    done = a_report(ended(A_CREATE, Result.DONE), ended(A_DELETE, Result.SKIPPED))
    assert report(done) == dedent(
        f"""\
        Applied: 1 done, 1 skipped.
        Verified: live state was read once more, and all of the plan is there.
        Requests: 9 used.
        Digest: {done.plan.digest}
        """
    )


@pytest.mark.parametrize("width", [40, 60, 80])
def test_no_line_but_the_digest_is_wider_than_the_terminal(width: int) -> None:
    failure = Failure(
        code="refused", headline="the plan was refused, " * 5, hint="Make a new plan. " * 9
    )
    found = a_report(
        ended(A_CREATE, Result.UNKNOWN, "no answer " * 20),
        verification=Verification.DIFFERS,
        differences=("acme · account · Old campaign: live and not planned so " * 2,),
        failure=failure,
    )
    *lines, _digest = report(found, width=width).splitlines()
    assert max(map(cells, lines)) <= width
    assert " ".join(report(found, width=width).split()) == " ".join(report(found).split())


def test_an_incomplete_one_reports_what_is_left() -> None:
    found = a_report(
        ended(A_CREATE, Result.UNKNOWN, "no answer"),
        ended(A_DELETE, Result.NOT_TRIED, "an earlier create is unknown"),
        verification=Verification.READ_FAILED,
        account_errors=(
            AccountError(account="acme", code="x", message="quota", hint="Run again."),
        ),
    )
    assert report(found) == dedent(
        f"""\
          unknown    + create  acme · Dental North  Schedule requested   no answer
          not tried  - delete  acme · account  Old campaign   an earlier create is unknown

        acme stopped: quota
          help: Run again.
        Incomplete: 1 unknown, 1 not tried.
        Not verified: live state could not be read once more.
        Requests: 9 used.
        Digest: {found.plan.digest}
        """
    )


def test_deletes_held_back_on_request_are_no_failure() -> None:
    held = a_report(ended(A_CREATE, Result.DONE), ended(A_DELETE, Result.HELD_BACK))
    assert "Applied in part, as asked: 1 done, 1 held back." in report(held)


def test_differences_are_never_called_success() -> None:
    found = a_report(
        ended(A_CREATE, Result.DONE),
        verification=Verification.DIFFERS,
        differences=("acme · account: Foo is gone",),
    )
    shown = report(found)
    assert "Applied" not in shown + markdown.report(found) + html.report(found)
    assert "differs from what was done:\n  acme · account: Foo is gone\n" in shown
