"""A report is read back as it was written, or not at all."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from reconciler.document import dump, load_report, report_document
from reconciler.errors import DocumentError, RefusedError
from reconciler.model.change import Create
from reconciler.model.outcome import Outcome, Report, Result, Verification
from reconciler.model.tag import Tag
from tests.builders import create, plan, update
from tests.document.test_schemas import reports

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


OLD, NEW = Tag("Old", "gray1"), Tag("New", "blue1")


def written(report: Report) -> dict[str, Any]:
    document: dict[str, Any] = report_document(report, exit_code=3)
    return document


@given(reports())
def test_what_is_written_is_read(report: Report) -> None:
    outcomes = tuple(
        one if isinstance(one.change, Create) else replace(one, tag_id=one.change.tag_id)
        for one in report.outcomes
    )
    errors = tuple(one for one in report.account_errors if one.account)
    document = written(replace(report, outcomes=outcomes, account_errors=errors))
    assert written(load_report(dump(document))) == document


def sound() -> dict[str, Any]:
    changes = (create(), update(OLD, NEW, tag_id=7))
    outcomes = (
        Outcome(change=changes[0], result=Result.DONE, tag_id=9),
        Outcome(change=changes[1], result=Result.DONE, tag_id=7),
    )
    return written(
        Report(plan=plan(*changes), outcomes=outcomes, verification=Verification.AS_PLANNED)
    )


def test_a_created_tag_s_id_comes_back() -> None:
    report = load_report(dump(sound()))
    assert [one.tag_id for one in report.outcomes] == [9, 7]
    assert report.outcomes[0].change.tag_id is None


UNSOUND: list[tuple[Callable[[dict[str, Any]], object], type[Exception], str]] = [
    (lambda it: it["results"][1].update(tag_id=8), RefusedError, "digest"),
    (lambda it: it["results"][1]["after"].update(color="red1"), RefusedError, "digest"),
    (lambda it: it["results"][1]["before"].update(color="blue1"), RefusedError, "fields and loss"),
    (lambda it: it["results"][1].update(result="failed"), RefusedError, "summary.done"),
    (lambda it: it["results"][1].update(result="undone"), DocumentError, "is none of"),
    (lambda it: it["results"][1].update(account="other"), RefusedError, "does not list"),
    (lambda it: it["results"].append(it["results"][1]), RefusedError, "another change touches"),
    (lambda it: it["accounts"].append(it["accounts"][0]), RefusedError, "stands in it twice"),
    (lambda it: it.update(gateway="maton"), RefusedError, "digest"),
    (lambda it: it.pop("gateway"), DocumentError, "gateway is missing"),
    (lambda it: it.update(verified=False), RefusedError, "verified contradicts"),
    (lambda it: it.update(format_version="9"), DocumentError, "format version '9'"),
    (lambda it: it.update(note="x"), DocumentError, "not a field"),
]


@pytest.mark.parametrize(("change", "error", "text"), UNSOUND)
def test_an_unsound_one_is_refused(
    change: Callable[[dict[str, Any]], object], error: type[Exception], text: str
) -> None:
    document = json.loads(dump(sound()))
    change(document)
    with pytest.raises(error, match=text):
        load_report(json.dumps(document))
