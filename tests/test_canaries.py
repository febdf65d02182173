"""The first rename and disable of an account go alone and are measured."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from reconciler.cli.exit_code import exit_code
from reconciler.errors import ProtocolError
from reconciler.executor import Deletes
from reconciler.model.change import Count, Loss, Precision
from reconciler.model.outcome import Kept, Result
from reconciler.model.tag import LiveTag, Status, Tag
from reconciler.planning.canaries import MOST_ASKED, canary_cost
from reconciler.render import outcomes
from tests import builders
from tests.fakes.provider import FakeProvider, enabled
from tests.test_executor import carry_out

if TYPE_CHECKING:
    from reconciler.model.change import Update
    from reconciler.model.interaction import Interaction
    from reconciler.model.outcome import Report
    from reconciler.model.tag import Place
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


@dataclass
class Shared(FakeProvider):
    """Lists what has a tag by its name, whoever else has that name."""

    async def interactions(
        self, place: Place, tag: LiveTag, *, expected: Loss, proven: bool
    ) -> tuple[Interaction, ...]:
        self.requests += 1
        return tuple(one for one in map(self._call, self.assigned) if tag.name in one.tags)


@dataclass
class Silent(FakeProvider):
    """Its rows do not show their tags."""

    async def interactions(
        self, place: Place, tag: LiveTag, *, expected: Loss, proven: bool
    ) -> tuple[Interaction, ...]:
        raise ProtocolError("calls do not show their tags")


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


def test_what_nothing_has_shows_nothing() -> None:
    report = carry_out(provider(), rename(3, loss=Loss()))
    assert kept(report) == {}
    assert report.requests == 2
    assert canary_cost([rename(3, loss=Loss())]) == 0


@pytest.mark.parametrize("loss", [None, Loss.unknown(), Loss(calls=Count(9, Precision.AT_MOST))])
def test_what_was_not_counted_is_listed_before_and_after(loss: Loss | None) -> None:
    report = carry_out(provider(), replace(rename(3), loss=loss), rename(4, loss=Loss()))
    assert kept(report) == {"R3": Kept(before=3, after=3)}
    assert report.requests == 2 + 2 + 1


@pytest.mark.parametrize("parallelism", [1, 10])
@pytest.mark.parametrize("kind", ["rename", "disable"])
def test_of_tags_that_nobody_counted_one_is_harmed_at_most(kind: str, parallelism: int) -> None:
    fake = Dropping.of(
        [*TAGS, enabled(6, "T6")],
        assigned={f"CAL{tag.id}-{one}": {tag.id} for tag in TAGS[1:] for one in range(tag.id)},
        when="name" if kind == "rename" else "status",
    )
    change = rename if kind == "rename" else disable
    changes = [replace(change(number), loss=None) for number in (1, 6, 3, 2, 4, 5)]
    report = carry_out(fake, *changes, parallelism=parallelism)
    ended = [one.result for one in report.outcomes]
    assert ended == [Result.DONE, Result.DONE, Result.FAILED, *[Result.NOT_TRIED] * 3]
    assert sum(bool(tags) for tags in fake.assigned.values()) == 2 + 4 + 5
    assert "3 interactions had it, 0 after it was" in (report.outcomes[2].message or "")
    assert fake.live[3].tag == TAGS[2].tag


def test_a_namesake_on_the_other_level_is_no_loss() -> None:
    fake = Shared.of(
        [*TAGS, enabled(6, "T3")],
        assigned={"CAL1": {3}, "CAL2": {6}, "CAL3": {3, 6}, "CAL4": {3}},
    )
    report = carry_out(fake, replace(rename(3), loss=None))
    assert kept(report) == {"R3": Kept(before=2, after=2)}
    assert exit_code(report) == 0


def test_after_a_few_unused_tags_nobody_is_asked_any_more() -> None:
    tags = [enabled(number, f"T{number}") for number in range(1, 21)]
    fake = FakeProvider.of(tags)
    report = carry_out(fake, *(replace(rename(tag.id), loss=None) for tag in tags))
    assert report.requests == len(tags) + MOST_ASKED + 1
    assert exit_code(report) == 0


@pytest.mark.parametrize("parallelism", [1, 10])
def test_what_can_not_be_listed_is_not_measured(parallelism: int) -> None:
    fake = Silent.of(TAGS)
    report = carry_out(
        fake, *(replace(rename(number), loss=None) for number in (1, 2)), parallelism=parallelism
    )
    assert kept(report) == {}
    assert exit_code(report) == 0
