"""What GitHub's and GitLab's runners are told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from reconciler.model.change import Cause
from reconciler.model.outcome import Outcome, Report, Result, Verification
from reconciler.model.plan import Base
from reconciler.model.problem import Mark, Problem, Severity, Source
from reconciler.render import github, gitlab
from tests.builders import create, delete, place, plan

if TYPE_CHECKING:
    from reconciler.model.change import Change

MARK = Mark(Source("tags.yaml", 7, 5), "    colour: blue1", 6)


def test_a_problem_is_an_annotation_at_its_line() -> None:
    found = Problem("CFG012", "100% wrong, see: key", "write color\nnot colour", (MARK,))
    assert github.problem_annotations([found]) == (
        "::error file=tags.yaml,line=7,col=5,endColumn=11,title=reconciler CFG012::"
        "100%25 wrong, see: key%0Awrite color%0Anot colour\n"
    )


def test_a_warning_without_a_place() -> None:
    found = Problem("PLN001", "careful", severity=Severity.WARNING)
    assert github.problem_annotations([found]) == "::warning title=reconciler PLN001::careful\n"


def test_properties_are_escaped_more_than_messages() -> None:
    found = Problem("X", "m", None, (Mark(Source("a,b:c%.yaml", 1)),))
    assert "file=a%2Cb%3Ac%25.yaml,line=1" in github.problem_annotations([found])


def test_one_annotation_for_all_places_that_one_guard_blocks() -> None:
    held = [
        create(place=place(name), source=Source("tags.yaml", 3), blocked_by="no")
        for name in ("A", "B", "C")
    ]
    assert github.plan_annotations(plan(*held, create("Foo"))) == (
        "::error file=tags.yaml,line=3,col=1,title=reconciler blocked::"
        "create Schedule requested (acme · A and 2 more places) blocked: no\n"
    )


def test_tags_that_no_block_declares_are_changes_and_not_places_of_one_tag() -> None:
    held = [delete(name, blocked_by="no\nnever") for name in ("Foo", "Bar", "Baz")]
    reported = (
        "::error title=reconciler blocked::delete Foo (acme · account and 2 more changes) blocked: "
    )
    assert github.plan_annotations(plan(*held)) == f"{reported}no\n{reported}never\n"


def test_failed_and_unknown_changes_are_annotated() -> None:
    changes: tuple[Change, ...] = (
        create("A", source=Source("t.yaml", 1)),
        delete("B"),
        create("C"),
    )
    results = [Result.FAILED, Result.UNKNOWN, Result.DONE]
    found = Report(
        plan=plan(*changes),
        outcomes=tuple(
            Outcome(change=change, result=result, message="422")
            for change, result in zip(changes, results, strict=True)
        ),
        verification=Verification.AS_PLANNED,
    )
    failed, unknown = github.report_annotations(found).splitlines()
    assert failed.startswith("::error file=t.yaml,line=1,col=1,title=reconciler failed::")
    assert failed.endswith("::create A (acme · account) failed; 422")
    assert unknown == "::error title=reconciler unknown::delete B (acme · account) unknown; 422"


def test_outputs_of_a_plan() -> None:
    found = plan(create(), delete(blocked_by="no"), unchanged=3)
    assert github.outputs(found) == (
        "has_changes=true\npartial=false\ncreate=1\nupdate=0\ntrash=0\nmerge=0\ndelete=1\nblocked=1\n"
        "unchanged=3\n"
        f"digest={found.digest}\n"
    )


def test_outputs_name_the_digest_of_this_change_where_causes_are_known() -> None:
    changes = create(cause=Cause.THIS_CHANGE), delete(cause=Cause.DRIFT)
    found = plan(*changes, base=Base(ref="main"))
    assert github.outputs(found).endswith(
        f"digest={found.digest}\nthis_change_digest={plan(changes[0]).digest}\n"
    )
    unknown = plan(*changes, base=Base(ref="main", unknown="no git"))
    assert "this_change" not in github.outputs(unknown)


def test_outputs_of_a_report() -> None:
    change = create()
    outcomes = (Outcome(change=change, result=Result.DONE),)
    shown = github.report_outputs(
        Report(plan=plan(change), outcomes=outcomes, verification=Verification.AS_PLANNED), 0
    )
    assert shown.startswith("complete=true\nexit_code=0\ndone=1\n")


def test_a_summary_may_be_longer_than_a_comment() -> None:
    long = plan(*(create(f"Tag {at}", place=place(f"Clinic {at}")) for at in range(1500)))
    assert long.digest in github.summary(long)


def test_gitlabs_counts() -> None:
    assert json.loads(gitlab.plan(plan(create(), delete()))) == {
        "create": 1,
        "update": 0,
        "delete": 1,
    }


def test_gitlabs_problems() -> None:
    found = [Problem("CFG012", "no", "yes", (MARK,)), Problem("P", "x", severity=Severity.WARNING)]
    first, second = json.loads(gitlab.code_quality(found))
    assert first["description"] == "no yes"
    assert first["check_name"] == "CFG012"
    assert first["severity"] == "major"
    assert first["location"] == {"path": "tags.yaml", "lines": {"begin": 7}}
    assert second["severity"] == "minor"
    assert second["location"] == {"path": "reconciler.yaml", "lines": {"begin": 1}}
    assert first["fingerprint"] != second["fingerprint"]
