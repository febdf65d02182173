"""How plans, reports and drift tell of the trash."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

from reconciler.model.change import Count, Loss, Reason
from reconciler.model.outcome import Outcome, Report, Result
from reconciler.model.plan import TrashedTag
from reconciler.model.problem import Source
from reconciler.model.tag import Status, Tag
from reconciler.render import drift, gitlab, html, markdown, outcomes, text, wording
from tests.builders import delete, live_tag, place, plan, update

TRASHED = update(
    Tag("Old campaign", "gray1"),
    Tag("~trash 2026-11-25 Old campaign", "gray1", Status.DISABLED),
    reason=Reason.TRASH,
    source=Source("reconciler.yaml", 9, 5),
    note="Campaign ended.",
    loss=Loss(calls=Count(41), forms=Count(2)),
)
PURGED = delete("~trash 2026-10-01 Older", tag_id=8, reason=Reason.PURGE, loss=Loss())
RESTORED = update(
    Tag("~trash 2026-11-20 Back", "gray1", Status.DISABLED),
    Tag("Back", "gray1"),
    tag_id=9,
    reason=Reason.RESTORED,
    source=Source("reconciler.yaml", 12, 5),
)
LYING = tuple(
    TrashedTag(place=place(), tag=live_tag(number, f"~trash 2026-11-25 T{number:02}"), due=day)
    for number, day in ((20, date(2026, 12, 25)), (21, None), (22, date(2026, 12, 5)))
)
PLAN = replace(plan(TRASHED, PURGED, RESTORED), trash=LYING)


def test_a_plan_reports_who_keeps_it_how_long_and_why() -> None:
    shown = text.plan(PLAN)
    assert (
        "- trash   Old campaign              41 calls and 2 forms keep it, disabled, "
        "for 30 days; Campaign ended." in shown
    )
    assert "- purge   ~trash 2026-10-01 Older" in shown
    assert "in the trash since 2026-10-01" in shown
    assert "1 to update, 1 to the trash, 1 to delete" in shown


def test_what_lies_there_stands_in_the_last_lines_the_next_to_go_first() -> None:
    listed = text.plan(PLAN).partition("In the trash: 3 tags")[2]
    assert [line.split(" · ")[2].split(":")[0] for line in listed.splitlines()[1:4]] == [
        "~trash 2026-11-25 T22",
        "~trash 2026-11-25 T20",
        "~trash 2026-11-25 T21",
    ]


def test_of_many_only_some_are_listed() -> None:
    many = tuple(replace(LYING[0], due=date(2026, 12, day)) for day in range(1, 26))
    lines = wording.trash(replace(PLAN, trash=many))
    assert len(lines) == wording.MOST_TRASH + 2
    assert lines[0] == "acme: 1 tag; from 2026-12-01 on a plan deletes it"
    assert lines[-2:] == ["and 15 more of such lines", "Each of them: reconciler get tags --trash"]


def test_after_a_tidying_up_those_of_one_account_and_day_are_one_line() -> None:
    lines = wording.trash(replace(PLAN, trash=(LYING[0],) * 40 + (LYING[1],)))
    assert lines == [
        "acme: 40 tags; from 2026-12-25 on a plan deletes them",
        "acme: 1 tag; enabled by hand, so no plan deletes it",
        "Each of them: reconciler get tags --trash",
    ]


def test_comment_and_page_show_the_same() -> None:
    for shown in (markdown.plan(PLAN), html.plan(PLAN)):
        for message in ("41 calls and 2 forms keep it", "for 30 days", "3 tags", "2026-12-25"):
            assert message in shown
    assert "1 to the trash" in markdown.plan(PLAN)


def test_a_merge_request_counts_it_as_an_update() -> None:
    assert json.loads(gitlab.plan(PLAN)) == {"create": 0, "update": 2, "delete": 1}


def test_drift_reports_what_must_go_what_is_missing_and_whose_time_is_over() -> None:
    found = dict(drift.sections(PLAN))
    assert found["Live, though declared absent:"] == [
        (
            "acme · account · Old campaign: 41 calls and 2 forms have it; Campaign ended. "
            "(reconciler.yaml:9)"
        )
    ]
    (restored,) = found["Declared, and in the trash:"]
    assert "Back: still called ~trash 2026-11-20 Back" in restored
    assert len(found["In the trash, and their time is over:"]) == 1
    undeclared = replace(TRASHED, source=None)
    assert "Live and not declared, where undeclared tags must go:" in dict(
        drift.sections(plan(undeclared))
    )


def test_a_report_names_the_tag_as_people_know_it() -> None:
    outcome = Outcome(change=TRASHED, result=Result.DONE)
    assert outcomes.outcome_line(outcome) == "done       - trash  acme · account  Old campaign"
    assert Report(plan=plan(TRASHED), outcomes=(outcome,)).complete
