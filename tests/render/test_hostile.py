"""Hostile text breaks no sink: not as a name, a company, a note, a reason or a message."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from itertools import product
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.document import dump, plan_document
from reconciler.document.audit import audit_document
from reconciler.model.audit import Audit
from reconciler.model.change import UNKNOWN, Cause, Count, Loss, Reason, one_a_line
from reconciler.model.news import (
    AccountNews,
    CompanyNews,
    Comparison,
    News,
    Reading,
    TagNews,
)
from reconciler.model.outcome import AccountError, Outcome, Report, Result, Verification
from reconciler.model.plan import (
    AccountUse,
    Allowance,
    Base,
    Evidence,
    Excepted,
    Plan,
    UnmanagedTag,
)
from reconciler.model.problem import Mark, Problem, Source
from reconciler.model.state import LiveAccount
from reconciler.model.tag import AccountRef, Place, Status, Tag, differing
from reconciler.model.usage import NameAt, Use, Uses
from reconciler.planning import audit
from reconciler.render import audit as rendered_audit
from reconciler.render import (
    audit_page,
    diff,
    github,
    gitlab,
    html,
    markdown,
    outcomes,
    table,
    text,
)
from reconciler.render.drift import drift
from reconciler.render.notice import notice
from reconciler.render.problems import problems
from tests.builders import ACME, company, create, delete, live_tag, plan, update
from tests.render.hostile import (
    PAYLOADS,
    assert_no_command,
    assert_safe_csv,
    assert_safe_markdown,
    assert_safe_page,
    assert_safe_text,
    assert_visible,
)

if TYPE_CHECKING:
    from collections.abc import Callable

anything = st.one_of(
    st.sampled_from(PAYLOADS),
    st.text(st.characters(), max_size=20),
    st.lists(st.sampled_from(PAYLOADS), max_size=3).map("".join),
    st.text(st.sampled_from(":#[]`|<>&@!=+-*_~$%\\\n\r\x1b x1"), max_size=12),
)


def plan_of(foreign: str) -> Plan:
    """A plan with ``foreign`` wherever someone else chooses the text."""
    account = AccountRef("acme", "ACC1", foreign)
    where = Place(account, company(foreign, id="COM1"))
    before, after = Tag(foreign, foreign), Tag(f"{foreign}2", f"{foreign}2")
    fields = tuple(sorted(differing(before, after)))
    source = Source(foreign, 3)
    return plan(
        create(
            foreign,
            foreign,
            place=where,
            note=foreign,
            source=source,
            blocked_by=one_a_line([foreign]),
        ),
        update(before, after, place=where, fields=fields, note=foreign, source=source),
        delete(
            foreign,
            place=where,
            note=foreign,
            loss=Loss(calls=Count(3), flows=Count(1), flow_names=(foreign,)),
            blocked_by=one_a_line([foreign]),
        ),
        delete(foreign, tag_id=9, place=where, reason=Reason.UNMANAGED, cause=Cause.DRIFT),
        base=Base(
            ref=foreign,
            commit=foreign,
            unknown=foreign if len(foreign) % 2 else None,
            undone=(update(before, after, place=where, fields=fields),),
            unread=(foreign,),
        ),
        accounts=(AccountUse(account=account),),
        warnings=(problem_of(foreign),),
        exceptions=(Excepted(foreign, (foreign,), None, foreign, source),),
        unmanaged_tags=(UnmanagedTag(place=where, tag=live_tag(7, foreign, color=foreign)),),
    )


def problem_of(foreign: str) -> Problem:
    """A problem in a line of hostile text."""
    line = foreign.replace("\n", " ")
    marks = (Mark(Source(foreign, 3, 2), line, 4, foreign), Mark(Source("b", 1, 1), line, 400))
    return Problem(foreign, foreign, foreign, marks)


def audit_of(foreign: str) -> Audit:
    """An audit of an account in which everything is called ``foreign``."""
    companies = [company(foreign, id=f"COM{number}") for number in range(3)]
    names = (foreign, f"{foreign}s", foreign.upper(), f"~trash 2026-11-25 {foreign}", foreign)
    tags = [
        live_tag(
            number,
            name,
            color=foreign,
            company_id=None if at is None else f"COM{at}",
            status=Status.DISABLED if number % 3 else Status.ENABLED,
        )
        for number, (name, at) in enumerate(product(names, (None, 0, 1, 2)), 1)
    ]
    ref = AccountRef(foreign, "ACC1", foreign)
    live = LiveAccount(account=ref, tags=tuple(tags), companies={one.id: one for one in companies})
    day = date(2026, 11, 25)
    uses = Uses({NameAt(foreign, None): Use(Loss(calls=UNKNOWN))}, day, day, {"forms": foreign})
    error = AccountError(account=foreign, code="api", message=foreign, hint=foreign)
    return Audit(accounts=(audit.audit(live, uses=uses),), unread=(error,))


def report_of(foreign: str) -> Report:
    """The report of an apply whose server answered ``foreign``."""
    the_plan = plan_of(foreign)
    results = [Result.DONE, Result.FAILED, Result.UNKNOWN, Result.ADOPTED]
    error = AccountError(account=foreign, code="api", message=foreign, hint=foreign)
    return Report(
        plan=the_plan,
        outcomes=tuple(
            Outcome(change=change, result=result, message=foreign, hint=foreign)
            for change, result in zip(the_plan.changes, results, strict=True)
        ),
        verification=Verification.READ_FAILED,
        differences=(foreign,),
        account_errors=(error,),
    )


def comparison_of(foreign: str) -> Comparison:
    """What changed between two snapshots that hold ``foreign``."""
    account = AccountRef("acme", "ACC1", foreign)
    where = Place(account, company(foreign, id="COM1"))
    old, new = live_tag(7, foreign, color=foreign), live_tag(7, f"{foreign}2")
    elsewhere = old._replace(company_id=foreign)
    error = AccountError(account=foreign, code="api", message=foreign, hint=foreign)
    companies = CompanyNews(account=account, before=where.company, after=None)
    tags = [(old, new), (elsewhere, new), (old, None), (None, new), (old, old._replace(id=8))]
    news = tuple(TagNews(place=where, before=one, after=other) for one, other in tags)
    return Comparison(
        old=Reading(foreign, foreign),
        new=Reading(None, foreign),
        accounts=(AccountNews(account, news, (companies,), 0),),
        only_old=(AccountRef(foreign, foreign),),
        unread=(error,),
    )


def held_against(foreign: str) -> Plan:
    """A plan that was held against a snapshot that says ``foreign``."""
    the_plan = plan_of(foreign)
    changes = tuple(replace(change, since=News.RENAMED) for change in the_plan.changes)
    unmanaged = tuple(one._replace(since=News.NEW) for one in the_plan.unmanaged_tags)
    since = Evidence(foreign, (foreign,), 3)
    return replace(the_plan, changes=changes, unmanaged_tags=unmanaged, since=since)


TEXTS: dict[str, Callable[[str], str]] = {
    "plan": lambda foreign: text.plan(plan_of(foreign)),
    "narrow plan": lambda foreign: text.plan(plan_of(foreign), width=40),
    "drift": lambda foreign: drift(plan_of(foreign), width=80),
    "report": lambda foreign: outcomes.report(report_of(foreign)),
    "problems": lambda foreign: problems([problem_of(foreign)]),
    "table": lambda foreign: table.text([{"id": 1, foreign: foreign, "x": [foreign]}], width=60),
    "gitlab": lambda foreign: gitlab.code_quality([problem_of(foreign)]),
    "json": lambda foreign: dump(plan_document(plan_of(foreign))),
    "notice": lambda foreign: notice("apply", report_of(foreign), exit_code=3) + "\n",
    "notice of an error": lambda foreign: notice("apply", foreign, exit_code=3) + "\n",
    "markdown": lambda foreign: markdown.plan(plan_of(foreign)),
    "markdown drift": lambda foreign: markdown.drift(plan_of(foreign)),
    "markdown report": lambda foreign: markdown.report(report_of(foreign)),
    "diff": lambda foreign: diff.text(comparison_of(foreign), width=60),
    "markdown diff": lambda foreign: markdown.diff(comparison_of(foreign)),
    "plan since": lambda foreign: text.plan(held_against(foreign)),
    "drift since": lambda foreign: drift(held_against(foreign)),
    "audit": lambda foreign: rendered_audit.text(audit_of(foreign), width=60),
    "audit markdown": lambda foreign: rendered_audit.markdown(audit_of(foreign)),
    "audit csv": lambda foreign: rendered_audit.csv(audit_of(foreign)),
    "audit json": lambda foreign: dump(audit_document(audit_of(foreign))),
}


@pytest.mark.parametrize("sink", TEXTS)
@pytest.mark.parametrize("payload", PAYLOADS, ids=repr)
def test_no_payload_acts_on_a_terminal_or_a_runner(payload: str, sink: str) -> None:
    assert_safe_text(TEXTS[sink](payload))


@given(anything)
def test_no_text_at_all_acts_on_a_terminal_or_a_runner(foreign: str) -> None:
    for show in TEXTS.values():
        assert_safe_text(show(foreign))


@pytest.mark.parametrize("payload", PAYLOADS, ids=repr)
def test_no_payload_breaks_a_page(payload: str) -> None:
    assert_safe_page(html.plan(plan_of(payload)))
    assert_safe_page(html.drift(plan_of(payload)))
    assert_safe_page(html.drift(held_against(payload)))
    assert_safe_page(html.plan(held_against(payload)))
    assert_safe_page(html.report(report_of(payload)))
    assert_safe_page(audit_page.page(audit_of(payload)))


@given(anything)
def test_no_text_at_all_breaks_a_page(foreign: str) -> None:
    assert_safe_page(html.plan(plan_of(foreign)))
    assert_safe_page(audit_page.page(audit_of(foreign)))


@given(anything)
def test_no_text_at_all_is_markdown(foreign: str) -> None:
    assert_safe_markdown(markdown.plan(plan_of(foreign)))
    assert_safe_markdown(markdown.report(report_of(foreign)))
    assert_safe_markdown(rendered_audit.markdown(audit_of(foreign)))


@pytest.mark.parametrize("payload", PAYLOADS, ids=repr)
def test_no_payload_is_markdown(payload: str) -> None:
    assert_safe_markdown(markdown.plan(plan_of(payload)))
    assert_safe_markdown(markdown.drift(plan_of(payload)))
    assert_safe_markdown(markdown.drift(held_against(payload)))
    assert_safe_markdown(markdown.plan(held_against(payload)))
    assert_safe_markdown(markdown.diff(comparison_of(payload)))
    assert_safe_markdown(markdown.report(report_of(payload)))
    assert_safe_markdown(rendered_audit.markdown(audit_of(payload)))


@given(anything)
def test_a_page_has_as_much_structure_whatever_the_text(foreign: str) -> None:
    assert html.plan(plan_of(foreign)).count("<tr>") == html.plan(plan_of("x")).count("<tr>")


@given(anything)
def test_no_text_at_all_calls_or_links_in_a_channel(foreign: str) -> None:
    for outcome in (plan_of(foreign), report_of(foreign), foreign):
        assert not set(notice("drift", outcome, exit_code=2)) & set("<>\n")


@given(st.lists(anything, min_size=1, max_size=4))
def test_no_cell_is_a_formula(cells: list[str]) -> None:
    shown = table.csv([dict(enumerate_names(cells))])
    assert_safe_csv(shown)
    assert shown.count("\n") == 2


@pytest.mark.parametrize("payload", PAYLOADS, ids=repr)
def test_no_cell_of_a_comparison_is_a_formula(payload: str) -> None:
    assert_safe_csv(diff.csv(comparison_of(payload)))


@given(anything)
def test_no_cell_of_an_audit_is_a_formula(foreign: str) -> None:
    assert_safe_csv(rendered_audit.csv(audit_of(foreign)))


def enumerate_names(cells: list[str]) -> list[tuple[str, str]]:
    """Cells under column names that are hostile themselves."""
    return [(f"{cell}{at}", cell) for at, cell in enumerate(cells)]


@given(anything)
def test_one_annotation_is_one_command(foreign: str) -> None:
    for shown in (
        github.problem_annotations([problem_of(foreign)]),
        github.report_annotations(report_of(foreign)),
        github.plan_annotations(plan_of(foreign)),
    ):
        assert_visible(shown)
        for line in shown.splitlines():
            properties, message = re.fullmatch(r"::(?:error|warning) ([^:]*)::(.*)", line).groups()  # type: ignore[union-attr]
            assert_no_command(message)
            assert [part.split("=")[0] for part in properties.split(",")] in (
                ["file", "line", "col", "endColumn", "title"],
                ["file", "line", "col", "title"],
                ["title"],
            )


@given(anything)
def test_outputs_and_counts_hold_no_foreign_text(foreign: str) -> None:
    found = plan_of(foreign)
    assert len(github.outputs(found).splitlines()) == 10 + found.causes_known
    assert json.loads(gitlab.plan(plan_of(foreign))) == {"create": 1, "update": 1, "delete": 2}


def test_a_handle_in_the_requests_line_is_text() -> None:
    hostile = AccountRef("`<img src=x>`", "ACC1")
    left = Allowance(per="hour", allowed=10, left=3, others=0)
    uses = (AccountUse(account=ACME), AccountUse(account=hostile, allowance=left))
    shown = plan(accounts=uses)
    assert "<img" not in html.plan(shown)
    assert "&#96;&#60;img" in markdown.plan(shown)
