"""Carrying out a plan: the order, who stops whom, and a report that is true."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from reconciler.cli.exit_code import exit_code
from reconciler.errors import (
    AuthError,
    ForbiddenError,
    ProtocolError,
    QuotaError,
    RejectedError,
    UnknownOutcomeError,
    UnreachableError,
)
from reconciler.executor import Deletes, RunContext, execute
from reconciler.model.outcome import Outcome, Report, Result
from reconciler.model.tag import AccountRef, Place, Tag
from reconciler.provider import Created, Updated
from reconciler.render import outcomes
from tests import builders
from tests.fakes.provider import FakeProvider, enabled

if TYPE_CHECKING:
    from collections.abc import Collection

    from reconciler.errors import ReconcilerError
    from reconciler.model.change import Change
    from reconciler.model.tag import LiveTag
    from reconciler.provider import Listing

CREATE_A, CREATE_B = builders.create("A", "blue1"), builders.create("B", "blue1")
RECOLOUR = builders.update(Tag("Red", "gray1"), Tag("Red", "red1"), tag_id=1)
RENAME = builders.update(Tag("Oppty", "gray1"), Tag("Opportunity", "gray1"), tag_id=2)
GONE, AWAY = builders.delete("Gone", tag_id=3), builders.delete("Away", tag_id=4)
LIVE = [enabled(1, "Red"), enabled(2, "Oppty"), enabled(3, "Gone"), enabled(4, "Away")]
EVERYTHING = (CREATE_A, CREATE_B, RECOLOUR, RENAME, GONE, AWAY)


@dataclass
class Listener:
    """Keeps what it hears."""

    heard: list[Outcome] = field(default_factory=list)

    def outcome(self, outcome: Outcome) -> None:
        self.heard.append(outcome)


async def _no_pause(_seconds: float) -> None:
    pass


def carry_out(provider: FakeProvider, *changes: Change, **run: object) -> Report:
    options = {"watcher": Listener(), "pause": _no_pause, "parallelism": 1, **run}
    plan = builders.plan(*changes)
    return asyncio.run(execute(plan, {"acme": provider}, RunContext(**options)))  # type: ignore[arg-type]


def results(report: Report) -> dict[str, Result]:
    return {outcome.change.name: outcome.result for outcome in report.outcomes}


def test_everything_is_done_and_verified() -> None:
    provider = FakeProvider.of(LIVE)
    report = carry_out(provider, *EVERYTHING)
    assert (exit_code(report), report.verified) == (0, True)
    assert {tag.name for tag in provider.live.values()} == {"A", "B", "Red", "Opportunity"}


def test_updates_go_first_and_deletes_last() -> None:
    provider = FakeProvider.of(LIVE)
    carry_out(provider, GONE, CREATE_A, RENAME)
    assert [method for method, _name in provider.sent] == ["update", "create", "delete"]


def test_without_deletes_live_state_is_read_once_at_the_end() -> None:
    provider = FakeProvider.of(LIVE)
    assert carry_out(provider, CREATE_A, RECOLOUR).requests == 3


def test_held_back_deletes_are_not_sent_and_not_failed() -> None:
    provider = FakeProvider.of(LIVE)
    report = carry_out(provider, CREATE_A, GONE, deletes=Deletes.HOLD_BACK)
    assert results(report) == {"A": Result.DONE, "Gone": Result.HELD_BACK}
    assert exit_code(report) == 0
    assert 3 in provider.live


def test_a_refused_create_does_not_stop_its_neighbours() -> None:
    provider = FakeProvider.of(LIVE)
    provider.failures["create", "A"] = RejectedError("Name is too long", status=422)
    report = carry_out(provider, CREATE_A, CREATE_B, GONE)
    assert results(report) == {"A": Result.FAILED, "B": Result.DONE, "Gone": Result.NOT_TRIED}
    assert report.outcomes[2].message == "1 change before it failed"
    assert exit_code(report) == 3


@pytest.mark.parametrize("error", [RejectedError("no", status=422), UnknownOutcomeError("reset")])
@pytest.mark.parametrize("first", [("update", "Red"), ("delete", "Gone")])
def test_no_delete_is_tried_once_anything_in_the_account_went_wrong(
    error: ReconcilerError, first: tuple[str, str]
) -> None:
    provider = FakeProvider.of(LIVE)
    provider.failures[first] = error
    report = carry_out(provider, RECOLOUR, GONE, AWAY)
    assert 4 in provider.live
    assert report.outcomes[2].result is Result.NOT_TRIED
    assert str(report.outcomes[2].message).startswith("1 change before it ")


@pytest.mark.parametrize("parallelism", [1, 10])
def test_a_refused_color_is_tried_once(parallelism: int) -> None:
    provider = FakeProvider.of(LIVE)
    purple = [builders.create(f"T{number:02}", "purple1") for number in range(93)]
    provider.failures["create", "T00"] = RejectedError("Color purple1 is invalid", status=400)
    report = carry_out(provider, *purple, CREATE_A, parallelism=parallelism)
    assert [name for _method, name in provider.sent] == ["T00", "A"]
    assert (report.count(Result.FAILED), report.count(Result.NOT_TRIED)) == (1, 92)
    reasons = {one.message for one in report.outcomes if one.result is Result.NOT_TRIED}
    assert reasons == {'same color, purple1, as "T00", which was refused'}
    shown = outcomes.report(report)
    assert shown.count("which was refused") == 1
    assert "(and 91 more changes)" in shown


def test_a_refusal_for_a_name_reports_nothing_of_the_color() -> None:
    provider = FakeProvider.of(LIVE)
    provider.failures["create", "A"] = RejectedError("Name is too long", status=422)
    provider.failures["create", "B"] = RejectedError("Name is too long", status=422)
    report = carry_out(provider, CREATE_A, CREATE_B, builders.create("C", "blue1"), parallelism=3)
    assert results(report)["C"] is Result.DONE


@pytest.mark.parametrize("reported", ["Company is locked", "You have reached the maximum of tags"])
def test_a_refusal_for_something_else_reports_nothing_of_the_color(reported: str) -> None:
    provider = FakeProvider.of(LIVE)
    provider.failures["create", "T0"] = RejectedError(f"refused (422): {reported}", status=422)
    report = carry_out(provider, *(builders.create(f"T{n}", "purple1") for n in range(4)))
    assert (report.count(Result.FAILED), report.count(Result.DONE)) == (1, 3)


def test_one_reason_to_refuse_a_block_is_shown_once() -> None:
    class ForOthers(FakeProvider):
        async def create(self, place: Place, tag: Tag) -> Created:
            raise ForbiddenError("refused (403): no permission")

    places = [builders.place(f"Dental {number}") for number in range(9)]
    report = carry_out(
        ForOthers.of(LIVE), *(builders.create("A", "gray1", place=one) for one in places)
    )
    assert report.count(Result.FAILED) == 9
    shown = outcomes.report(report)
    assert shown.count("no permission") == 1
    assert "(and 8 more changes)" in shown


def test_one_reason_for_several_unknown_ends_is_shown_once() -> None:
    provider = FakeProvider.of([enabled(number, f"T{number}") for number in range(1, 6)])
    changes = [
        builders.update(Tag(f"T{n}", "gray1"), Tag(f"T{n}", "red1"), tag_id=n) for n in range(1, 6)
    ]
    for n in range(1, 6):
        reported = "may or may not have happened: 502"
        error = UnknownOutcomeError(f"changing 'T{n}' {reported}", beside_its_change=reported)
        provider.failures["update", f"T{n}"] = error
    report = carry_out(provider, *changes)
    assert report.count(Result.UNKNOWN) == 5
    shown = outcomes.report(report)
    assert shown.count("may or may not have happened") == 1
    assert "(and 4 more changes)" in shown


class OneOfBoth(FakeProvider):
    """Takes names that differ in case for one: a create gives the tag that is there."""

    async def create(self, place: Place, tag: Tag) -> Created:
        return Created(tag=self.live[3], adopted=True)


def test_a_tag_that_the_server_gave_a_create_is_not_deleted() -> None:
    provider = OneOfBoth.of(LIVE)
    report = carry_out(provider, builders.create("GONE", "gray1"), GONE, AWAY)
    assert {3, 4} <= set(provider.live)
    assert results(report)["Gone"] is Result.FAILED
    assert 'gave "GONE" this very tag' in str(report.outcomes[1].message)
    assert results(report)["Away"] is Result.NOT_TRIED
    assert exit_code(report) == 3


def test_what_failed_and_was_made_in_part_is_read_again() -> None:
    provider = FakeProvider.of(LIVE)
    error = RejectedError("the server answered 200 with an error", status=200)
    error.in_part = True
    provider.failures["update", "Red"] = error
    report = carry_out(provider, RECOLOUR)
    assert outcomes.verification(report).startswith("Live state was read once more")
    assert (report.missing, exit_code(report)) == (1, 3)


def test_after_a_403_on_account_level_no_other_account_level_change_is_tried() -> None:
    provider = FakeProvider.of(LIVE)
    provider.failures["create", "A"] = ForbiddenError("refused (403)")
    below = builders.create("C", "gray1", place=builders.place("Dental North"))
    report = carry_out(provider, CREATE_A, CREATE_B, below)
    found = results(report)
    assert found == {"A": Result.FAILED, "B": Result.NOT_TRIED, "C": Result.DONE}
    assert "administrators" in str(report.outcomes[0].hint)
    assert "administrators" in str(report.outcomes[1].message)
    assert exit_code(report) == 3


def test_a_watcher_that_fails_ends_nothing() -> None:
    class Deaf:
        def outcome(self, outcome: Outcome) -> None:
            raise OSError(28, "No space left on device")

    report = carry_out(FakeProvider.of(LIVE), *EVERYTHING, watcher=Deaf())
    assert (exit_code(report), report.verified) == (0, True)


@pytest.mark.parametrize("error", [MemoryError(), RecursionError(), OSError(24, "Too many files")])
@pytest.mark.parametrize("where", ["create", "tags", "colors"])
def test_whatever_fails_there_is_a_report(error: Exception, where: str) -> None:
    class Broken(FakeProvider):
        @property
        def colors(self) -> frozenset[str]:
            if where == "colors":
                raise error
            return super().colors

        async def tags(
            self, places: Collection[str | None] | None = None, *, proven: bool = False
        ) -> Listing:
            if where == "tags":
                raise error
            return await super().tags(places, proven=proven)

    provider = Broken.of(LIVE)
    if where == "create":
        provider.failures["create", "A"] = error
    report = carry_out(provider, *EVERYTHING)
    assert exit_code(report) == 3
    assert not report.verified
    assert len(report.outcomes) == len(EVERYTHING)
    assert {3, 4} <= set(provider.live)


class Tidying(FakeProvider):
    """Stores names in capitals, and every color as gray1."""

    async def create(self, place: Place, tag: Tag) -> Created:
        return await super().create(place, replace(tag, name=tag.name.upper(), color="gray1"))


def test_a_name_as_the_server_spells_it_is_done_and_reported_with_the_line_to_write() -> None:
    report = carry_out(Tidying.of(LIVE), builders.create("Vip", "gray1"))
    (outcome,) = report.outcomes
    assert outcome.result is Result.DONE
    assert outcome.message == 'stored as "VIP"'
    assert 'name: "VIP"' in str(outcome.hint)
    assert (report.verified, report.missing, exit_code(report)) == (True, 0, 0)
    assert "all of the plan is there, 1 tag as the server spells it." in outcomes.report(report)


def test_a_color_that_the_server_changed_is_not_there_as_planned() -> None:
    report = carry_out(Tidying.of(LIVE), builders.create("VIP", "blue1"))
    assert report.outcomes[0].message == "stored as color gray1, not blue1"
    assert (report.verified, report.missing, exit_code(report)) == (False, 1, 3)
    assert "what was done is there, 1 change of the plan is not." in outcomes.report(report)


def test_an_answer_that_was_old_is_corrected_by_live_state() -> None:
    class Old(FakeProvider):
        async def update(self, before: LiveTag, after: Tag) -> Updated:
            await super().update(before, after)
            return Updated(tag=before)

    report = carry_out(Old.of(LIVE), RECOLOUR)
    assert (report.verified, exit_code(report)) == (True, 0)
    assert report.outcomes[0].message is None


def test_three_sentences_each_only_when_true() -> None:
    nothing = carry_out(FakeProvider.of([]), GONE)
    assert "Nothing was written, so there is nothing to verify." in outcomes.report(nothing)
    all_there = carry_out(FakeProvider.of(LIVE), *EVERYTHING)
    assert "all of the plan is there." in outcomes.report(all_there)
    provider = FakeProvider.of(LIVE)
    provider.failures["create", "A"] = RejectedError("Name is too long", status=422)
    partly = outcomes.report(carry_out(provider, CREATE_A, CREATE_B, GONE))
    assert "what was done is there, 2 changes of the plan are not." in partly
    assert "erified" not in partly


def test_an_unknown_change_that_is_there_after_all_belongs_to_the_plan() -> None:
    provider = FakeProvider.of(LIVE)

    def make_it(method: str, name: str) -> None:
        if (method, name) == ("create", "A"):
            provider.live[99] = enabled(99, "A", color="blue1")

    provider.on_write = make_it
    provider.failures["create", "A"] = UnknownOutcomeError("reset")
    report = carry_out(provider, CREATE_A)
    assert (report.outcomes[0].result, report.verified) == (Result.UNKNOWN, True)
    assert exit_code(report) == 3


def test_the_first_failed_delete_stops_the_deletes() -> None:
    provider = FakeProvider.of(LIVE)
    provider.failures["delete", "Gone"] = RejectedError("no", status=422)
    report = carry_out(provider, GONE, AWAY)
    assert results(report) == {"Gone": Result.FAILED, "Away": Result.NOT_TRIED}
    assert 4 in provider.live


def test_a_tag_that_changed_since_the_plan_is_not_deleted() -> None:
    provider = FakeProvider.of([enabled(3, "Gone", color="red1")])
    report = carry_out(provider, GONE)
    assert results(report) == {"Gone": Result.FAILED}
    assert provider.sent == []


def test_a_tag_that_changes_while_others_are_written_is_not_deleted() -> None:
    provider = FakeProvider.of(LIVE)

    def rename_the_one_to_delete(method: str, _name: str) -> None:
        if method == "create":
            provider.live[3] = enabled(3, "Saved")

    provider.on_write = rename_the_one_to_delete
    report = carry_out(provider, CREATE_A, GONE)
    assert results(report) == {"A": Result.DONE, "Gone": Result.FAILED}
    assert ("delete", "Gone") not in provider.sent


def test_a_tag_that_is_gone_already_counts_as_done() -> None:
    assert results(carry_out(FakeProvider.of([]), GONE)) == {"Gone": Result.SKIPPED}


@pytest.mark.parametrize(
    ("error", "result", "code"),
    [
        (AuthError("401"), Result.NOT_TRIED, 4),
        (QuotaError("429"), Result.NOT_TRIED, 6),
        (UnreachableError("refused"), Result.NOT_TRIED, 3),
        (ProtocolError("HTML"), Result.NOT_TRIED, 3),
        (UnknownOutcomeError("reset"), Result.UNKNOWN, 3),
    ],
)
def test_an_error_ends_the_account_and_is_reported(
    error: ReconcilerError, result: Result, code: int
) -> None:
    provider = FakeProvider.of(LIVE)
    provider.failures["create", "A"] = error
    report = carry_out(provider, CREATE_A, CREATE_B, GONE)
    assert results(report) == {"A": result, "B": Result.NOT_TRIED, "Gone": Result.NOT_TRIED}
    if result is Result.NOT_TRIED:  # it may well have been sent, and been refused with its account
        assert "stopped at it, and nothing of it was written" in str(report.outcomes[0].message)
    assert "stopped before it" in str(report.outcomes[1].message)
    assert exit_code(report) == code
    assert [one.code for one in report.account_errors] == [error.code]


def test_an_unknown_update_does_not_stop_the_creates() -> None:
    provider = FakeProvider.of(LIVE)
    provider.failures["update", "Red"] = UnknownOutcomeError("reset")
    report = carry_out(provider, RECOLOUR, CREATE_A)
    assert results(report) == {"Red": Result.UNKNOWN, "A": Result.DONE}
    assert exit_code(report) == 3


def test_a_failure_beside_a_used_up_quota_is_incomplete_not_resumable() -> None:
    provider = FakeProvider.of(LIVE)
    provider.failures["update", "Red"] = RejectedError("no", status=422)
    provider.failures["create", "A"] = QuotaError("429")
    assert exit_code(carry_out(provider, RECOLOUR, CREATE_A)) == 3


def test_a_signal_ends_the_work_and_the_rest_is_not_tried() -> None:
    signals: list[int] = []
    provider = FakeProvider.of(LIVE, on_write=lambda _method, _name: signals.append(15))
    stopping = lambda: signals[0] if signals else None  # noqa: E731 - two uses of one line
    report = carry_out(provider, CREATE_A, CREATE_B, GONE, stopping=stopping)
    assert results(report)["A"] is Result.DONE
    assert report.count(Result.NOT_TRIED) == 2
    assert exit_code(report) == 143


def test_what_verification_finds_otherwise_is_reported() -> None:
    provider = FakeProvider.of(LIVE)

    def undo(method: str, _name: str) -> None:
        if method == "create":
            provider.live[1] = enabled(1, "Red", color="green1")

    provider.on_write = undo
    report = carry_out(provider, RECOLOUR, CREATE_A)
    assert exit_code(report) == 3
    assert report.differences == (
        'acme · account: "Red" is listed as "Red", green1, not as asked for',
    )


def test_a_tag_that_others_made_beside_a_create_is_reported() -> None:
    provider = FakeProvider.of(LIVE)

    def make_another(method: str, _name: str) -> None:
        if method == "create":
            provider.live[99] = enabled(99, "A", color="red1")

    provider.on_write = make_another
    report = carry_out(provider, CREATE_A)
    assert (exit_code(report), report.verified) == (3, False)
    assert report.differences == ('acme · account: 2 live tags are called "A" after its create',)


class LateProvider(FakeProvider):
    """Lists what was created only after a pause."""

    async def create(self, place: Place, tag: Tag) -> Created:
        made = await super().create(place, tag)
        self.late = self.live.pop(made.tag.id)
        return made


@pytest.mark.parametrize(("color", "verified"), [("blue1", True), ("red1", False)])
def test_a_create_of_an_earlier_run_is_found_by_its_name(color: str, verified: bool) -> None:
    provider = FakeProvider.of([*LIVE, enabled(9, "A", color=color)])
    plan = builders.plan(CREATE_A, RECOLOUR)
    work = execute(
        plan, {"acme": provider}, RunContext(watcher=Listener(), pause=_no_pause), done=[CREATE_A]
    )
    report = asyncio.run(work)
    assert results(report) == {"A": Result.SKIPPED, "Red": Result.DONE}
    assert report.verified is verified


def test_a_server_that_lists_late_is_read_again() -> None:
    provider = LateProvider()
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        provider.live[provider.late.id] = provider.late

    report = carry_out(provider, CREATE_A, pause=pause)
    assert (report.verified, pauses) == (True, [5.0])


def test_each_outcome_is_reported_once_as_it_comes() -> None:
    listener = Listener()
    report = carry_out(FakeProvider.of(LIVE), *EVERYTHING, watcher=listener)
    assert set(listener.heard) == set(report.outcomes)
    assert len(listener.heard) == len(report.outcomes)


def test_one_account_s_error_does_not_stop_another_s() -> None:
    other = AccountRef("beta", "ACCbeta")
    here, there = FakeProvider.of(LIVE), FakeProvider.of([])
    here.failures["create", "A"] = AuthError("401")
    plan = builders.plan(CREATE_A, builders.create("C", place=Place(other)))
    run = RunContext(watcher=Listener(), pause=_no_pause)
    report = asyncio.run(execute(plan, {"acme": here, "beta": there}, run))
    assert results(report) == {"A": Result.NOT_TRIED, "C": Result.DONE}
    assert exit_code(report) == 4


def test_a_bug_of_ours_is_reported_as_unknown_and_loses_no_outcome() -> None:
    provider = FakeProvider.of(LIVE, failures={("create", "A"): KeyError("color")})
    report = carry_out(provider, *EVERYTHING)
    assert results(report)["A"] is Result.UNKNOWN
    assert results(report)["Red"] is Result.DONE
    assert results(report)["Gone"] is Result.NOT_TRIED
    assert exit_code(report) == 3


def test_a_change_that_a_bug_beside_it_cuts_off_is_unknown() -> None:
    class Slow(FakeProvider):
        async def create(self, place: Place, tag: Tag) -> Created:
            made = await super().create(place, tag)
            await asyncio.sleep(60)
            return made

    provider, calls = Slow.of(LIVE), iter(range(100))

    def stopping() -> int | None:
        if next(calls) == 1:
            raise KeyError("signal")
        return None

    report = carry_out(provider, CREATE_A, GONE, CREATE_B, parallelism=2, stopping=stopping)
    found = results(report)
    assert found == {"A": Result.UNKNOWN, "B": Result.NOT_TRIED, "Gone": Result.NOT_TRIED}
    assert exit_code(report) == 3
