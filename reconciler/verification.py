"""Compares live state, read once more after the last write, with what was done and planned."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reconciler.model.change import Action
from reconciler.model.outcome import Outcome, Result, Verification
from reconciler.model.tag import LiveTag, Status, Tag, differing
from reconciler.text.quote import double_quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator


@dataclass(frozen=True, slots=True)
class Verified:
    """What one account's last read showed; see :class:`reconciler.model.outcome.Report`."""

    verification: Verification = Verification.NOTHING_WRITTEN
    missing: int = 0
    differences: tuple[str, ...] = ()


_WORST_FIRST = (
    Verification.DIFFERS,
    Verification.READ_FAILED,
    Verification.NOT_READ,
    Verification.AS_DONE,
    Verification.AS_PLANNED,
    Verification.NOTHING_WRITTEN,
)


def combined(parts: Iterable[Verified]) -> Verified:
    """What can be said of all accounts together."""
    parts = tuple(parts)
    found = {part.verification for part in parts}
    worst = next((one for one in _WORST_FIRST if one in found), Verification.NOTHING_WRITTEN)
    missing = sum(part.missing for part in parts)
    if worst is Verification.AS_PLANNED and missing:
        worst = Verification.AS_DONE
    return Verified(worst, missing, tuple(text for part in parts for text in part.differences))


def verify(
    outcomes: Collection[Outcome], live: Iterable[LiveTag]
) -> tuple[Verified, tuple[Outcome, ...]]:
    """Compare ``live`` with an account's ``outcomes``.

    Gives what was seen, and the outcomes as live state corrects them: one that an answer showed
    other than planned, and that is there as planned, was old in that answer only.
    """
    view = _View(live)
    seen = tuple(_corrected(outcome, view) for outcome in outcomes)
    differences = (*_differences(seen, view), *_duplicates(seen, view))
    missing = sum(not view.has(outcome) and not outcome.respelled for outcome in seen)
    verification = Verification.AS_DONE if missing else Verification.AS_PLANNED
    if differences:
        verification = Verification.DIFFERS
    return Verified(verification, missing, differences), seen


def stored_otherwise(outcome: Outcome, tag: LiveTag) -> Outcome:
    """``outcome`` with the id of its ``tag``, and what the server made of it where that is not
    as planned, with the line to write.
    """
    outcome = replace(outcome, tag_id=tag.id)
    wanted = outcome.change.after
    if wanted is None or not (fields := differing(tag, wanted)):
        return outcome
    said, hints = [], []
    if "name" in fields:
        said.append(double_quoted(tag.name))
        hints.append(f"name: {double_quoted(tag.name)}")
    if "color" in fields:
        said.append(f"color {tag.color}, not {wanted.color}")
        hints.append(f"color: {tag.color}" if tag.color else "no color")
    if "status" in fields:
        said.append(str(tag.status))
        hints.append(f"state: {tag.status}")
    return replace(
        outcome,
        stored=tag.tag,
        message=f"stored as {', '.join(said)}",
        hint=f"The server decides; write this in its block: {', '.join(hints)}",
    )


class _View:
    """Live tags by id, and by place and name."""

    def __init__(self, live: Iterable[LiveTag]) -> None:
        self.by_id: dict[int, LiveTag] = {}
        self.by_name: dict[tuple[str | None, str], list[LiveTag]] = {}
        for tag in live:
            self.by_id[tag.id] = tag
            self.by_name.setdefault((tag.company_id, tag.name), []).append(tag)

    def has(self, outcome: Outcome) -> bool:
        """Whether the change of ``outcome`` is there as planned, whoever made it."""
        change = outcome.change
        if change.after is None:
            return change.tag_id not in self.by_id
        tag = self.tag(outcome)
        return tag is not None and not differing(tag, change.after)

    def tag(self, outcome: Outcome) -> LiveTag | None:
        """The tag that ``outcome`` is about: by its id; a create of unknown id, by its name."""
        change = outcome.change
        known = outcome.tag_id or change.tag_id
        if known is not None or change.after is None:
            return self.by_id.get(known or 0)
        same = self.by_name.get((change.place.company_id, change.name), [])
        fitting = [one for one in same if not differing(one, change.after)]
        return next(iter([*fitting, *same]), None)


def _corrected(outcome: Outcome, view: _View) -> Outcome:
    if outcome.stored is None or not view.has(outcome):
        return outcome
    return replace(outcome, stored=None, message=None, hint=None)


def _differences(outcomes: Iterable[Outcome], view: _View) -> Iterator[str]:
    """What is there otherwise than it was done; one sentence each."""
    for outcome in outcomes:
        if not outcome.result.succeeded:
            continue
        change, tag = outcome.change, view.tag(outcome)
        if change.after is None:
            if tag is not None:
                yield f'{change.place}: "{change.name}" is still listed after its delete'
        elif tag is None:
            yield f'{change.place}: "{change.name}" is not listed after its {change.action}'
        elif differing(tag, outcome.stored or change.after):
            yield f'{change.place}: "{change.name}" is listed as {_said(tag.tag)}, not as asked for'


def _said(tag: Tag) -> str:
    state = "" if tag.status is Status.ENABLED else f", {tag.status}"
    return f'"{tag.name}", {tag.color}{state}'


def _duplicates(outcomes: Iterable[Outcome], view: _View) -> Iterator[str]:
    """Creates beside which someone else made a tag of the same name since the plan.

    Nobody knows which of them the next plan compares: that can be the other one, not as asked for.
    """
    for outcome in outcomes:
        change = outcome.change
        if change.action is not Action.CREATE or not outcome.result.succeeded:
            continue
        if outcome.result is Result.SKIPPED:
            continue
        tag = view.tag(outcome)
        name = change.name if tag is None else tag.name
        count = len(view.by_name.get((change.place.company_id, name), ()))
        if count > 1:
            yield f'{change.place}: {count} live tags are called "{name}" after its create'
