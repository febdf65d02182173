"""A page that needs nothing else and shows first what would be lost."""

from __future__ import annotations

import re

from reconciler.model.change import UNKNOWN, Cause, Count, Loss, Precision
from reconciler.model.outcome import Outcome, Report, Result, Verification
from reconciler.model.plan import Base, UnmanagedTag
from reconciler.model.problem import Problem, Source
from reconciler.model.tag import Status, Tag
from reconciler.render import html
from tests.builders import ACME, create, delete, live_tag, place, plan, update
from tests.render.hostile import assert_safe_page

NORTH, SOUTH = place("Dental North"), place("Dental South")


def test_it_loads_and_runs_nothing() -> None:
    page = html.plan(plan(create()))
    assert "default-src 'none'" in page
    assert not re.search(r"<script|<link|<img|url\(|@import|https?:", page)


def test_the_counts_are_the_plans() -> None:
    text = assert_safe_page(html.plan(plan(create(), unchanged=1234, unmanaged=37)))
    assert "1to create" in text
    assert "1,234unchanged" in text
    assert "37unmanaged, kept" in text


def test_no_changes() -> None:
    assert "No changes. Live state matches" in assert_safe_page(html.plan(plan(unchanged=3)))


def test_causes_and_what_is_undone_are_shown() -> None:
    page = html.plan(
        plan(
            create(cause=Cause.THIS_CHANGE),
            delete("Spam", cause=Cause.DRIFT),
            base=Base(ref="main", commit="0" * 40, undone=(create("Gone"),)),
        )
    )
    text = assert_safe_page(page)
    assert "Causes: 1 from this change, 1 drift; base: main (000000000000)." in text
    assert "No longer planned, since this change" in text
    assert "acme · account: create Gone (orange3)" in text
    assert page.count("[drift]") == 2  # in the table of deletes, and where it stands


def test_deletes_stand_above_all_else_with_their_calls() -> None:
    found = plan(
        create(),
        delete(place=NORTH, note="Over.", loss=Loss(calls=Count(1234))),
        delete("B", tag_id=2, loss=Loss(calls=Count(9, Precision.AT_LEAST))),
        delete("C", tag_id=3, loss=Loss(calls=UNKNOWN)),
        delete("D", tag_id=4),
    )
    page = html.plan(found)
    text = assert_safe_page(page)
    assert (
        "4 deletes, for good: at least 1,243 calls and an unknown number of forms and texts "
        "lose a tag" in text
    )
    assert "Old campaign gray1acme · Dental North1,234 callsOver." in text
    assert "at least 9 calls" in text
    assert "an unknown number of calls" in text
    assert "not counted" in text
    assert page.index("for good") < page.index("Every change")


def test_the_matrix_has_a_row_a_place_and_a_column_a_name() -> None:
    found = plan(
        create("Implant", "blue1", place=NORTH),
        create("Implant", "blue1", place=SOUTH),
        update(Tag("Lead", "red1"), Tag("Lead", "red1", Status.DISABLED), place=SOUTH),
    )
    matrix = re.search(r'<table class="matrix">.*?</table>', html.plan(found), re.DOTALL)
    assert matrix is not None
    rows = re.findall(r"<tr>(.*?)</tr>", matrix[0])
    assert [re.sub(r"(<[^>]+>)+", " ", row).split() for row in rows] == [
        ["Implant", "Lead"],
        ["Dental", "North", "+"],
        ["Dental", "South", "+", "~"],
    ]
    assert matrix[0].count("c-blue1") == 2


def test_what_the_signs_of_the_matrices_mean_is_shown_once() -> None:
    other = place(account=ACME._replace(handle="second", id="ACC2"))
    text = assert_safe_page(html.plan(plan(create(), create(place=other))))
    meaning = "+ create, ~ update, > merge, − trash, − delete, − purge; the square is the colour"
    assert text.count(meaning) == 1
    assert meaning not in assert_safe_page(html.plan(plan()))


def test_a_line_to_write_is_shown_as_code() -> None:
    hint = 'Paste this:\nmerged_from: ["<b>", "a|b"]\nor leave it.'
    page = html.plan(plan(warnings=(Problem("PLAN003", "Both are live", hint),)))
    assert (
        "<bdi>Paste this:</bdi><br><code>merged_from: [&quot;&lt;b&gt;&quot;, &quot;a|b&quot;]"
        "</code><br><bdi>or leave it.</bdi>"
    ) in page


def test_a_matrix_beyond_what_a_browser_can_show_reports_what_it_left_out() -> None:
    many = [create(f"T{at}", place=place(f"C{at}")) for at in range(200)]
    page = html.plan(plan(*many))
    assert "100 more places stand below." in page
    assert len(page) < 2_000_000


def test_an_account_whose_name_is_known_shows_it() -> None:
    assert "acme Acme Dental Group" in assert_safe_page(html.plan(plan(create())))


def test_blocked_changes_warnings_and_unmanaged_tags_are_there() -> None:
    found = plan(
        create(blocked_by="no", source=Source("tags.yaml", 3), note="Agreed."),
        warnings=(Problem("CFG101", "looks like another", "Rename it"),),
        unmanaged_tags=(UnmanagedTag(place=NORTH, tag=live_tag(name="Foo")),),
    )
    text = assert_safe_page(html.plan(found))
    assert "1 change blocked: apply refuses the plan" in text
    assert "tags.yaml:3" in text
    assert "Agreed." in text
    assert "looks like anotherRename it" in text
    assert "1 tag unmanaged, kept as they are" in text


def test_a_report_shows_first_what_is_not_in_place() -> None:
    done, failed = create(place=NORTH), delete()
    found = Report(
        plan=plan(done, failed),
        outcomes=(
            Outcome(change=done, result=Result.DONE),
            Outcome(change=failed, result=Result.FAILED, message="422: no"),
        ),
        verification=Verification.AS_PLANNED,
    )
    page = html.report(found)
    text = assert_safe_page(page)
    assert "Incomplete" in text
    assert "422: no" in text
    assert page.index("Not as planned") < page.index(">In place")


def test_a_tag_is_shown_as_on_callrails_screen_text_on_background() -> None:
    shown = html.plan(plan(create("Implant", "orange3"), create("Odd", "mauve")))
    assert '<span class="pill c-orange3"><bdi>Implant</bdi></span>' in shown
    assert ".c-orange3{background:#ffdfb2;color:#7d4900}" in shown
    assert "c-mauve" not in shown
