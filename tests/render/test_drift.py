"""Drift, told to the person on call."""

from __future__ import annotations

from textwrap import dedent

from reconciler.model.change import Reason
from reconciler.model.plan import AccountUse, UnmanagedTag
from reconciler.model.problem import Mark, Problem, Severity, Source
from reconciler.model.tag import Status, Tag
from reconciler.render import html, markdown
from reconciler.render.text import drift
from tests.builders import ACME, create, delete, live_tag, place, plan, update

NORTH = place("Dental North")


def test_the_page_and_the_issue_show_the_same_in_their_own_ways() -> None:
    found = plan(
        update(Tag("Ad", "gray1"), Tag("Ad", "blue1")),
        delete("<b>Old</b>", tag_id=4, note="Over."),
        created_at="2026-11-24T05:17:00Z",
    )
    assert markdown.drift(found) == dedent(
        """\
        <!-- reconciler: drift -->
        ### Drift: 2 differences in 1 place; 0 as declared.

        Changed in live state, not asked for by the configuration:

        ```
        acme · account · Ad: color is gray1, declared blue1
        ```

        Live, though declared absent:

        ```
        acme · account · <b>Old</b>: Over.
        ```

        `reconciler plan` shows what would bring live state back. Seen at 2026-11-24T05:17:00Z.
        """
    )
    page = html.drift(found)
    assert "<h1>Drift: 2 differences in 1 place; 0 as declared.</h1>" in page
    assert "<li><bdi>acme · account · &lt;b&gt;Old&lt;/b&gt;: Over.</bdi></li>" in page


def test_an_issue_that_can_not_hold_all_reports_it() -> None:
    found = plan(*(create(f"Tag {number}", place=NORTH) for number in range(3)))
    assert "This list is cut" not in markdown.drift(found)
    places = [place(f"Dental {number}") for number in range(300)]
    many = plan(*(create("Tag", place=one) for one in places))
    shown = markdown.drift(many, limit=4_000)
    assert "**This list is cut**" in shown
    assert len(shown.encode()) < 4_000


def test_each_kind_of_drift_has_its_heading() -> None:
    found = plan(
        update(
            Tag("Opportunity", "gray1"), Tag("Opportunity", "blue1"), source=Source("t.yaml", 7)
        ),
        update(Tag("Ad", None), Tag("Ad", None, Status.DISABLED), tag_id=2),
        update(Tag("Oppty"), Tag("Opp"), tag_id=3, reason=Reason.RENAMED_FROM),
        create("Implant", place=NORTH),
        create("Braces", place=NORTH),
        delete("Old", tag_id=4, note="Over."),
        delete("Stray", tag_id=5, reason=Reason.UNMANAGED),
        accounts=(AccountUse(account=ACME, plan_requests=4),),
        unchanged=1200,
        unmanaged_tags=(UnmanagedTag(place=NORTH, tag=live_tag(9, "Foo")),),
    )
    assert drift(found) == dedent(
        """\
        Drift: 7 differences in 2 places; 1,200 as declared.

        Changed in live state, not asked for by the configuration:
          acme · account · Opportunity: color is gray1, declared blue1 (t.yaml:7)
          acme · account · Ad: status is enabled, declared disabled

        Places that lack declared tags:
          acme · Dental North: Implant, Braces

        Declared renames that are not made yet:
          acme · account · Opp: still called Oppty

        Live, though declared absent:
          acme · account · Old: Over.

        Live and not declared, where undeclared tags must go:
          acme · account · Stray

        Live and not declared, kept:
          acme · Dental North · Foo

        Requests: 4 used.
        Next: reconciler plan shows what would bring live state back; or change the \
configuration to what is live, with reconciler import --into FILE.
        """
    )


def test_no_drift_reports_it_with_its_numbers() -> None:
    assert drift(plan(unchanged=1200, unmanaged=3)) == dedent(
        """\
        No drift. Live state matches the configuration: 1,200 as declared, 3 unmanaged.

        Requests: 0 used.
        """
    )


def test_long_lines_are_broken() -> None:
    found = plan(*(create(f"Tag number {at}", place=NORTH) for at in range(20)))
    assert max(map(len, drift(found, width=60).splitlines()[:10])) <= 62


def test_exceptions_past_their_date_are_named() -> None:
    marks = (Mark(Source("tags.yaml", 7, 9)),)
    message = 'the exception of "Dental Bay" goes on'
    over = Problem("CFG412", message, None, marks, Severity.WARNING)
    shown = drift(plan(warnings=(over,)))
    assert "Exceptions past their date, still in force:\n" in shown
    assert '  the exception of "Dental Bay" goes on (tags.yaml:7:9)\n' in shown


def test_a_declared_tag_that_is_held_back_is_not_live_state_as_configured() -> None:
    held = Problem("PLAN009", '"VIP" is not live', severity=Severity.WARNING)
    assert "Live state matches" not in drift(plan(warnings=(held,)))
