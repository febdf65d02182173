"""A comment on a pull request: what would be lost comes first, and it always fits."""

from __future__ import annotations

from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.change import UNKNOWN, Count, Loss, Precision, Reason
from reconciler.model.outcome import AccountError, Outcome, Report, Result, Verification
from reconciler.model.plan import AccountUse
from reconciler.model.problem import Problem, Severity
from reconciler.model.tag import Tag
from reconciler.render import markdown, wording
from tests.builders import ACME, create, delete, place, plan, update
from tests.document.strategies import plans
from tests.render.hostile import assert_safe_markdown
from tests.render.test_text import MORE_READS

NORTH = place("Dental North")


def test_a_plan_in_full() -> None:
    found = plan(
        create(note="Agreed."),
        update(
            Tag("Oppty", "gray1"),
            Tag("Opportunity", "blue1"),
            place=NORTH,
            reason=Reason.RENAMED_FROM,
        ),
        delete(
            place=NORTH,
            note="Over.",
            loss=Loss(calls=Count(1234)),
            blocked_by="limits.deletes is 0",
        ),
        accounts=(AccountUse(account=ACME, plan_requests=4, apply_requests=3),),
        unchanged=212,
        unmanaged=37,
        tool_version="0.1.0",
        created_at="2026-01-31T12:00:00Z",
    )
    assert markdown.plan(found) == dedent(
        f"""\
        <!-- reconciler: plan -->
        ### Plan: 1 to create, 1 to update, **1 to delete**, **1 blocked**

        212 unchanged, 37 unmanaged kept.

        > [!CAUTION]
        > **1 delete: 1,234 calls lose a tag.** That can't be undone.
        > Not counted: {wording.NOT_COUNTED}.

        | Delete | Where | What loses it | Why |
        |---|---|---|---|
        | `Old campaign` | `acme · Dental North` | 1,234 calls | Over. |

        #### Blocked: 1 change; apply refuses the plan

        - limits&#46;deletes is 0: `Old campaign`

        <details><summary><b><code>acme</code></b>: 3 changes</summary>

        <details><summary><code>acme · Dental North</code>: 1 to update, 1 to delete</summary>

        ```diff
        ! update  Opportunity    name Oppty -> Opportunity, color gray1 -> blue1
        - delete  Old campaign   1,234 calls lose the tag; Over.
        #   blocked, see above
        ```

        </details>

        <details><summary><code>acme · account</code>: 1 to create</summary>

        ```diff
        + create  Schedule requested   orange3
        #   note: Agreed.
        ```

        </details>

        </details>

        Colours: blue1 `#0f3778` on `#b5cef7`, orange3 `#7d4900` on `#ffdfb2`.

        Requests: 4 used to plan, 3 to apply, {MORE_READS}.  
        Digest: `{found.digest}`

        <sub>`reconciler 0.1.0 · 2026-01-31T12:00:00Z`</sub>
        """  # noqa: W291 - two spaces are Markdown's line break
    )


def test_no_changes() -> None:
    nothing = plan(unchanged=3)
    shown = markdown.plan(nothing)
    assert "### No changes. Live state matches the configuration.\n" in shown
    assert f"Digest: `{nothing.digest}`" in shown


def test_the_worst_delete_comes_first() -> None:
    shown = markdown.plan(
        plan(
            delete("Few", tag_id=1, loss=Loss(calls=Count(3))),
            delete("None", tag_id=2, loss=Loss(calls=Count(0))),
            delete("Unknown", tag_id=3, loss=Loss(calls=UNKNOWN)),
            delete("Many", tag_id=4, loss=Loss(calls=Count(9, Precision.AT_LEAST))),
        )
    )
    rows = [line.split("|")[1:4:2] for line in shown.splitlines() if line.startswith("| `")]
    assert rows == [
        [" `Unknown` ", " **an unknown number of calls** "],
        [" `Many` ", " **at least 9 calls** "],
        [" `Few` ", " 3 calls "],
        [" `None` ", " nothing "],
    ]


def test_warnings_are_folded() -> None:
    warning = Problem("CFG101", "looks like another", "Rename it", severity=Severity.WARNING)
    shown = markdown.plan(plan(create(), warnings=(warning,) * 30))
    assert "<details><summary>30 warnings</summary>\n\n- `CFG101` looks like another." in shown
    assert "- and 10 more\n" in shown
    assert "cut" not in shown


def test_a_line_to_write_is_shown_as_code() -> None:
    hint = 'Paste this:\nmerged_from: ["#1", "a|b"]\nor leave it.'
    warned = markdown.plan(plan(warnings=(Problem("PLAN003", "Both are live", hint),)))
    assert 'live. Paste this&#58; `merged_from: ["#1", "a|b"]` or leave it.\n' in warned
    failed = Outcome(change=create(), result=Result.FAILED, message="refused", hint=hint)
    reported = markdown.report(
        Report(plan=plan(create()), outcomes=(failed,), verification=Verification.NOTHING_WRITTEN)
    )
    assert 'refused; Paste this&#58; `merged_from: ["#1", "a\\|b"]` or leave it. |' in reported


def test_a_plan_that_does_not_fit_has_no_digest() -> None:
    long = plan(*(create(f"Tag {at}", place=place(f"Clinic {at}")) for at in range(3000)))
    shown = markdown.plan(long)
    assert 50_000 < len(shown.encode()) < 60_000
    assert long.digest not in shown
    assert "**This comment is cut**" in shown
    assert_safe_markdown(shown)


def test_a_cut_comment_has_a_line_for_each_account() -> None:
    refs = [ACME._replace(handle=f"clinic-{at}", id=f"ACC{at}") for at in range(200)]
    changes = [
        create(f"Tag {at}", place=place(None, account=ref)) for ref in refs[1:] for at in range(20)
    ]
    uses = tuple(AccountUse(account=ref, plan_requests=1, apply_requests=21) for ref in refs)
    shown = markdown.plan(plan(*changes, accounts=uses))
    assert len(shown.encode()) < 60_000
    assert "<details><summary>200 accounts</summary>\n\n- `clinic-0`: no changes\n" in shown
    for ref in refs[1:]:
        assert f"- `{ref.handle}`: 20 to create\n" in shown
    assert "**This comment is cut**" in shown
    assert "200 accounts" not in markdown.plan(plan(*changes[:20], accounts=uses))
    assert_safe_markdown(shown)


def test_a_cut_comment_reports_how_much_is_missing() -> None:
    long = plan(*(delete(f"Tag {at}", tag_id=at + 1) for at in range(3000)))
    shown = markdown.plan(long)
    rows = sum(line.startswith("| `") for line in shown.splitlines())
    lines = sum(line.startswith("- delete") for line in shown.splitlines())
    assert f"{3000 - rows:,} deletes of the table" in shown
    assert f"{3000 - lines:,} changes of the details" in shown


def test_one_monstrous_name_is_cut_away_and_reported() -> None:
    shown = markdown.plan(plan(create("`" * 70_000)))
    assert "1 change of the details did not fit" in shown
    assert len(shown.encode()) < 60_000


@given(plans(), st.integers(3000, 6000))
def test_any_plan_stays_under_any_limit(found: object, limit: int) -> None:
    shown = markdown.plan(found, limit=limit)  # type: ignore[arg-type]
    assert len(shown.encode()) < limit
    assert_safe_markdown(shown)


def test_a_report_in_full() -> None:
    done, failed = create(place=NORTH), delete()
    found = Report(
        plan=plan(done, failed),
        outcomes=(
            Outcome(change=done, result=Result.DONE),
            Outcome(change=failed, result=Result.FAILED, message="422: no", hint="Look."),
        ),
        verification=Verification.DIFFERS,
        differences=("acme · account: Foo is gone",),
        account_errors=(AccountError(account="acme", code="api", message="no answer"),),
        requests=9,
    )
    assert markdown.report(found) == dedent(
        f"""\
        <!-- reconciler: report -->
        ### Incomplete: 1 done, 1 failed

        - `acme` stopped: no answer

        Live state was read once more and differs from what was done:

        - acme · account: Foo is gone

        | Result | Change | Where | Why |
        |---|---|---|---|
        | **failed** | delete `Old campaign` | `acme · account` | &#52;22: no; Look. |

        <details><summary>1 change in place</summary>

        ```
        done       + create  acme · Dental North  Schedule requested
        ```

        </details>

        9 requests used.

        Digest: `{found.plan.digest}`
        """
    )


@pytest.mark.parametrize("count", [1, 2000])
def test_a_report_always_fits(count: int) -> None:
    changes = [create(f"Tag {at}") for at in range(count)]
    found = Report(
        plan=plan(*changes),
        outcomes=tuple(Outcome(change=change, result=Result.DONE) for change in changes),
        verification=Verification.AS_PLANNED,
    )
    shown = markdown.report(found)
    assert len(shown.encode()) < 60_000
    assert ("**This report is cut**" in shown) == (count == 2000)
    assert "all of the plan is there." in shown
