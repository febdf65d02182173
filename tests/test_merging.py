"""Carrying out merges: the order, who stops whom, and an outcome that says how far each came."""

from __future__ import annotations

import signal

import pytest

from reconciler.cli.exit_code import exit_code
from reconciler.errors import (
    NotFoundError,
    QuotaError,
    ReconcilerError,
    RejectedError,
    UnknownOutcomeError,
)
from reconciler.model.change import Count, Loss, Merge, Reason
from reconciler.model.outcome import Appended, Outcome, Result, Verification
from reconciler.model.tag import LiveTag, Status, Tag
from reconciler.planning.verification import verify
from tests import builders
from tests.fakes.provider import FakeProvider, enabled
from tests.test_executor import carry_out

WEST = builders.place("Dental West")


def live(number: int, name: str) -> LiveTag:
    return enabled(number, name, WEST.company)


def merge(before: LiveTag, into: LiveTag, *, calls: int, name: str = "New") -> Merge:
    return Merge(
        place=WEST,
        reason=Reason.MERGED_FROM,
        before=before,
        into=into,
        after=Tag(name, "gray1"),
        trash_name=f"~trash 2026-11-25 {before.name}",
        loss=Loss(calls=Count(calls)),
    )


OLD, NEW, OTHER = live(1, "Old"), live(2, "New"), live(3, "Other")
CALLS = [f"CAL{number}" for number in range(6)]


def provider() -> FakeProvider:
    """Four calls with the old tag, one with the other, one with the new."""
    held = {call: {1} for call in CALLS[:4]} | {CALLS[4]: {3}, CALLS[5]: {2}}
    return FakeProvider.of([OLD, NEW, OTHER], assigned=held)


def test_merges_go_after_creates_and_before_deletes() -> None:
    fake = provider()
    fake.live[9] = live(9, "Gone")
    gone = builders.delete("Gone", tag_id=9, place=WEST)
    create = builders.create("More", "gray1", place=WEST)
    report = carry_out(fake, gone, merge(OLD, NEW, calls=4), create)
    assert [method for method, _ in fake.sent] == [
        "create",
        "update",
        *["append"] * 4,
        "delete",
    ]
    assert (exit_code(report), report.verified) == (0, True)
    assert all(fake.assigned[call] == {1, 2} for call in CALLS[:4])


@pytest.mark.parametrize("parallelism", [1, 10])
def test_of_merges_into_one_the_one_that_frees_its_name_goes_first(parallelism: int) -> None:
    fake = provider()
    others = merge(OTHER, OLD, calls=1), merge(NEW, OLD, calls=1)
    report = carry_out(fake, *others, parallelism=parallelism)
    assert {one.result for one in report.outcomes} == {Result.DONE}
    assert fake.sent[:2] == [("update", "New"), ("update", "Old")]
    assert fake.live[1].name == "New"
    assert [fake.live[tag].status for tag in (2, 3)] == [Status.DISABLED] * 2
    assert fake.assigned[CALLS[4]] == {1, 3}
    assert fake.assigned[CALLS[5]] == {1, 2}


def test_a_signal_lets_running_requests_end_and_the_outcome_report_what_is_left() -> None:
    fake = provider()
    report = carry_out(
        fake,
        merge(OLD, NEW, calls=4),
        stopping=lambda: signal.SIGINT if ("append", CALLS[1]) in fake.sent else None,
    )
    (outcome,) = report.outcomes
    assert outcome.result is Result.NOT_TRIED
    assert outcome.appended == Appended(got=2, had=0, gone=0, left=2)
    assert outcome.message == "interrupted: 2 interactions got it, 2 are left"
    assert exit_code(report) == 130
    assert carry_out(fake, merge(OLD, NEW, calls=4)).outcomes[0].appended == Appended(
        got=2, had=2, gone=0, left=0
    )


@pytest.mark.parametrize(
    ("error", "result", "appended"),
    [
        (NotFoundError("gone"), Result.DONE, Appended(got=3, gone=1, left=0)),
        (QuotaError("used up"), Result.NOT_TRIED, Appended(got=2, left=2)),
        (UnknownOutcomeError("reset"), Result.UNKNOWN, Appended(got=2, left=2)),
        (RejectedError("no", status=422), Result.FAILED, Appended(got=2, left=2)),
    ],
)
def test_the_outcome_reports_how_far_it_came(
    error: ReconcilerError, result: Result, appended: Appended
) -> None:
    fake = provider()
    fake.failures["append", CALLS[2]] = error

    def forget(_method: str, name: str) -> None:
        if isinstance(error, NotFoundError) and name == CALLS[2]:
            del fake.assigned[CALLS[2]]

    fake.on_write = forget
    report = carry_out(fake, merge(OLD, NEW, calls=4))
    (outcome,) = report.outcomes
    assert (outcome.result, outcome.appended) == (result, appended)
    codes: dict[type[ReconcilerError], int] = {QuotaError: 6, NotFoundError: 0}
    assert exit_code(report) == codes.get(type(error), 3)


def test_a_tag_that_has_changed_is_left_as_it_is() -> None:
    fake = provider()
    fake.failures["update", "Old"] = RejectedError("'Old' has changed since the plan", status=409)
    report = carry_out(fake, merge(OLD, NEW, calls=4))
    assert report.outcomes[0].result is Result.FAILED
    assert fake.sent == [("update", "Old")]


def test_a_refused_take_over_puts_the_first_tag_back() -> None:
    fake = provider()
    fake.failures["update", "Old"] = RejectedError("not allowed", status=422)
    report = carry_out(fake, merge(NEW, OLD, calls=1))
    assert report.outcomes[0].result is Result.FAILED
    assert (fake.live[2].name, fake.live[2].status) == ("New", Status.ENABLED)


def test_a_merge_that_was_not_tried_is_never_seen_as_done() -> None:
    change = merge(OLD, NEW, calls=4)
    live = (OLD.changed_to(Tag(change.trash_name, OLD.color, Status.DISABLED)), NEW)
    seen, _outcomes = verify([Outcome(change=change, result=Result.NOT_TRIED)], live)
    assert (seen.verification, seen.missing) == (Verification.AS_DONE, 1)
    seen, _outcomes = verify([Outcome(change=change, result=Result.DONE)], live)
    assert (seen.verification, seen.missing) == (Verification.AS_PLANNED, 0)
