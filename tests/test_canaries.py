"""The first rename and disable of an account go alone and are measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from reconciler.cli.exit_code import exit_code
from reconciler.executor import Deletes
from reconciler.model.change import Count, Loss, Precision
from reconciler.model.outcome import Kept, Result
from reconciler.model.tag import LiveTag, Status, Tag
from reconciler.planning.canaries import canary_cost
from reconciler.render import outcomes
from tests import builders
from tests.fakes.provider import FakeProvider, enabled
from tests.test_executor import carry_out

if TYPE_CHECKING:
    from reconciler.model.change import Update
    from reconciler.model.outcome import Report
    from reconciler.provider import Updated

TAGS = [enabled(number, f"T{number}") for number in range(1, 6)]


def provider(kind: type[FakeProvider] = FakeProvider) -> FakeProvider:
    """As many calls have a tag as its number."""
    held = {f"CAL{tag.id}-{one}": {tag.id} for tag in TAGS for one in range(tag.id)}
    return kind.of(TAGS, assigned=held)


def rename(number: int, *, loss: Loss | None = None) -> Update:
    """T3 becomes R3."""
    loss = loss or Loss(calls=Count(number))
    before, after = Tag(f"T{number}", "gray1"), Tag(f"R{number}", "gray1")
    return builders.update(before, after, tag_id=number, loss=loss)


def disable(number: int) -> Update:
    before, after = Tag(f"T{number}", "gray1"), Tag(f"T{number}", "gray1", Status.DISABLED)
    return builders.update(before, after, tag_id=number, loss=Loss(calls=Count(number)))


def kept(report: Report) -> dict[str, Kept]:
    return {one.change.name: one.kept for one in report.outcomes if one.kept is not None}


@dataclass
class Dropping(FakeProvider):
    """Takes a tag off everything when it is renamed; or ``when`` it is disabled."""

    when: str = "name"

    async def update(self, before: LiveTag, after: Tag) -> Updated:
        updated = await super().update(before, after)
        if getattr(before, self.when) != getattr(updated.tag, self.when):
            for tags in self.assigned.values():
                tags.discard(before.id)
        return updated


@pytest.mark.parametrize("parallelism", [1, 10])
def test_the_cheapest_goes_first_and_is_the_one_that_is_measured(parallelism: int) -> None:
    fake = provider()
    changes = [rename(4), rename(2), rename(3), disable(5)]
    report = carry_out(fake, *changes, parallelism=parallelism)
    assert fake.sent[0] == ("update", "T2")
    assert kept(report) == {"R2": Kept(before=2, after=2), "T5": Kept(before=5, after=5)}
    assert (exit_code(report), report.verified) == (0, True)
    assert canary_cost(changes) == 2
    assert outcomes.measured(report) == (
        "Measured: 1 rename: 2 interactions before, 2 after; "
        "1 disable: 5 interactions before, 5 after."
    )
    assert report.requests == len(changes) + 2 + 1


@pytest.mark.parametrize("parallelism", [1, 10])
def test_a_rename_that_takes_the_tag_off_is_the_only_one(parallelism: int) -> None:
    fake = provider(Dropping)
    report = carry_out(
        fake,
        rename(4),
        rename(2),
        rename(3),
        disable(5),
        builders.delete("T1", tag_id=1),
        parallelism=parallelism,
        deletes=Deletes.SEND,
    )
    ended = {one.change.name: one.result for one in report.outcomes}
    assert ended == {
        "R4": Result.NOT_TRIED,
        "R2": Result.FAILED,
        "R3": Result.NOT_TRIED,
        "T5": Result.DONE,
        "T1": Result.NOT_TRIED,
    }
    failed = report.outcomes[1]
    assert failed.message == (
        "2 interactions had it, 0 after it was renamed; "
        "its name and state are put back, and 0 have it"
    )
    assert report.outcomes[0].message == 'the rename of "T2" took the tag off what had it'
    assert {tag.name for tag in fake.live.values()} == {f"T{number}" for number in range(1, 6)}
    assert sum(bool(tags) for tags in fake.assigned.values()) == 1 + 3 + 4 + 5
    assert exit_code(report) == 3


@pytest.mark.parametrize("loss", [Loss(), Loss.unknown(), Loss(calls=Count(9, Precision.AT_LEAST))])
def test_what_is_not_known_to_be_in_use_by_how_much_is_not_measured(loss: Loss) -> None:
    report = carry_out(provider(), rename(3, loss=loss))
    assert kept(report) == {}
    assert report.requests == 2
    assert canary_cost([rename(3, loss=loss)]) == 0
