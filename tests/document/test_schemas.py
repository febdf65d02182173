"""Every document that is printed validates against its published schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.document import (
    diff_document,
    dump,
    error_document,
    notice_document,
    plan_document,
    problems_document,
    report_document,
    snapshot_document,
)
from reconciler.errors import ConfigError, UsageError
from reconciler.model.news import Comparison, Reading
from reconciler.model.outcome import AccountError, Outcome, Report, Result, Verification
from reconciler.planning.news import news_between
from tests.document.strategies import account_errors, live_accounts, plans, problems, texts
from tests.schemas import validate

if TYPE_CHECKING:
    from reconciler.model.plan import Plan
    from reconciler.model.problem import Problem
    from reconciler.model.state import LiveAccount

SCHEMAS = Path(__file__).parents[2] / "schemas"
NAMES = ("plan", "report", "snapshot", "diff", "problems", "error", "notice")


def schema(name: str) -> Any:
    """The published schema of that name."""
    return json.loads((SCHEMAS / f"{name}.schema.json").read_text())


def check(name: str, document: Any) -> None:
    """Fail unless what is printed of ``document`` validates."""
    validate(json.loads(dump(document)), name)


@pytest.mark.parametrize("name", NAMES)
def test_each_schema_is_one_and_explains_all_its_fields(name: str) -> None:
    found = schema(name)
    jsonschema.Draft202012Validator.check_schema(found)
    for part in [found, *found.get("$defs", {}).values()]:
        assert part["additionalProperties"] is False
        for field in part["properties"].values():
            assert "$ref" in field or field["description"].endswith((".", ")"))


@given(plans())
def test_any_plan_validates(plan: Plan) -> None:
    check("plan", plan_document(plan))


@st.composite
def reports(draw: st.DrawFn) -> Report:
    """Any report of any plan."""
    plan = draw(plans())
    maybe = st.none() | texts
    outcomes = [
        Outcome(
            change=change,
            result=draw(st.sampled_from(Result)),
            message=draw(maybe),
            hint=draw(maybe),
            tag_id=draw(st.none() | st.integers(1, 99)),
        )
        for change in plan.changes
    ]
    errors = st.builds(
        AccountError,
        account=texts,
        code=texts,
        message=texts,
        hint=maybe,
    )
    return Report(
        plan=plan,
        outcomes=tuple(outcomes),
        verification=draw(st.sampled_from(Verification)),
        missing=draw(st.integers(0, 9)),
        differences=tuple(draw(st.lists(texts, max_size=2))),
        account_errors=tuple(draw(st.lists(errors, max_size=2))),
    )


@given(reports())
def test_any_report_validates(report: Report) -> None:
    document = report_document(report, exit_code=3)
    check("report", document)
    assert sum(document["summary"].values()) == len(report.plan.changes)


@given(reports(), st.booleans())
def test_any_notice_validates(report: Report, is_drift: bool) -> None:
    outcome = report.plan if is_drift else report
    check("notice", notice_document("apply", outcome, exit_code=3, text="a", run=None))


@given(live_accounts())
def test_any_snapshot_validates(live: tuple[LiveAccount, ...]) -> None:
    check("snapshot", snapshot_document(live, created_at="", tool_version="0.1.0"))


@given(live_accounts(), live_accounts(), st.lists(account_errors, max_size=2))
def test_any_diff_validates(
    old: tuple[LiveAccount, ...], new: tuple[LiveAccount, ...], errors: list[AccountError]
) -> None:
    both = [
        (one, other._replace(account=one.account)) for one, other in zip(old, new, strict=False)
    ]
    comparison = Comparison(
        old=Reading("old.json", "2026-11-01T07:00:00Z"),
        new=Reading(None, ""),
        accounts=tuple(news_between(one, other) for one, other in both),
        only_old=tuple(one.account for one in old[len(both) :]),
        unread=tuple(errors),
    )
    check("diff", diff_document(comparison))


@given(st.lists(problems, max_size=3))
def test_any_problems_validate(found: list[Problem]) -> None:
    check("problems", problems_document(found))
    check("error", error_document(ConfigError(found)))


def test_an_error_document_reports_what_the_error_reports() -> None:
    document = error_document(UsageError("no file", hint="Name one."))
    check("error", document)
    assert document["error"] == {
        "code": "usage",
        "message": "no file",
        "hint": "Name one.",
        "exit_code": 64,
        "problems": [],
    }


def test_an_error_that_is_not_ours_reports_nothing_but_its_kind() -> None:
    document = error_document(KeyError("a secret"))
    check("error", document)
    assert document["error"]["code"] == "internal"
    assert "secret" not in dump(document)
