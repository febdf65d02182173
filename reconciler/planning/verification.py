"""Compares live state, read once more after the last write, with what was done and planned."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

from reconciler.model.change import Create, Delete, Merge
from reconciler.model.names import tidied
from reconciler.model.outcome import Outcome, Result, Verification
from reconciler.model.tag import Status, differing
from reconciler.text.quote import double_quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from reconciler.model.change import Update
    from reconciler.model.tag import LiveTag


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
    view = _View(live, outcomes)
    seen = tuple(_corrected(outcome, view) for outcome in outcomes)
    differences = (*_differences(seen, view), *_duplicates(seen, view))
    missing = sum(not view.has(outcome) and not outcome.respelled for outcome in seen)
    verification = Verification.AS_DONE if missing else Verification.AS_PLANNED
    if differences:
        verification = Verification.DIFFERS
    return Verified(verification, missing, differences), seen


def as_stored(change: Create | Update, result: Result, tag: LiveTag) -> Outcome:
    """How ``change`` ended, with what the server made of it (``tag``) where that is not as planned,
    and the line to write.
    """
    desired = change.after
    if not (fields := differing(tag, desired)):
        return Outcome(change=change, result=result, tag_id=tag.id)
    found, hints = [], []
    if "name" in fields:
        found.append(double_quoted(tag.name))
        hints.append(f"name: {double_quoted(tag.name)}")
    if "color" in fields:
        found.append(f"color {tag.color}, not {desired.color}")
        hints.append(f"color: {tag.color}" if tag.color else "no color")
    if "status" in fields:
        found.append(str(tag.status))
        hints.append(f"state: {tag.status}")
    return Outcome(
        change=change,
        result=result,
        tag_id=tag.id,
        stored=tag.tag,
        message=f"stored as {', '.join(found)}",
        hint=f"The server decides; write this in its block: {', '.join(hints)}",
    )


class _View:
    """Live tags by id, and by place and name; and the account-level ones that were made."""

    def __init__(self, live: Iterable[LiveTag], outcomes: Iterable[Outcome]) -> None:
        self._made = {
            one.change.name: one
            for one in outcomes
            if isinstance(one.change, Create) and one.change.place.company is None
        }
        self.by_id: dict[int, LiveTag] = {}
        self.by_name: dict[tuple[str | None, str], list[LiveTag]] = {}
        for tag in live:
            self.by_id[tag.id] = tag
            self.by_name.setdefault((tag.company_id, tag.name), []).append(tag)

    def has(self, outcome: Outcome) -> bool:
        """Whether the change of ``outcome`` is there as planned, whoever made it."""
        tag, change = self.tag(outcome), outcome.change
        if isinstance(change, Delete):
            return tag is None
        if isinstance(change, Merge):
            # Tags alone don't show whether the interactions have the new one: carrying out did.
            return (
                outcome.result.succeeded
                and tag is not None
                and tag.status is Status.DISABLED
                and tidied(tag.name) == tidied(change.trash_name)
                and self._has_survivor(change)
            )
        return tag is not None and not differing(tag, change.after)

    def _has_survivor(self, change: Merge) -> bool:
        """Whether the tag that a merge gives is there; of one that was made its own change tells
        what of it is not as asked for.
        """
        if change.into is None:
            made = self._made.get(change.name)
            return made is not None and self.tag(made) is not None
        into = self.by_id.get(change.into.id)
        return into is not None and not differing(into, change.after)

    def tag(self, outcome: Outcome) -> LiveTag | None:
        """The tag that ``outcome`` is about: by its id; a create of unknown id, by its name."""
        change = outcome.change
        if isinstance(change, Create) and outcome.tag_id is None:
            same = self.by_name.get((change.place.company_id, change.name), [])
            fitting = (one for one in same if not differing(one, change.after))
            return next(chain(fitting, same), None)
        return self.by_id.get(change.tag_id or outcome.tag_id or 0)


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
        if isinstance(change, Delete):
            if tag is not None:
                yield f'{change.place}: "{change.name}" is still listed after its delete'
        elif isinstance(change, Merge):
            if not view.has(outcome):
                yield f'{change.place}: "{change.before.name}" is not listed as it was merged'
        elif tag is None:
            yield f'{change.place}: "{change.name}" is not listed after its {change.action}'
        elif differing(tag, outcome.stored or change.after):
            yield f'{change.place}: "{change.name}" is listed as {_shown(tag)}, not as asked for'


def _shown(tag: LiveTag) -> str:
    state = "" if tag.status is Status.ENABLED else f", {tag.status}"
    return f'"{tag.name}", {tag.color}{state}'


def _duplicates(outcomes: Iterable[Outcome], view: _View) -> Iterator[str]:
    """Creates beside which someone else made a tag of the same name since the plan.

    Nobody knows which of them the next plan compares: that can be the other one, not as asked for.
    """
    for outcome in outcomes:
        change = outcome.change
        if not isinstance(change, Create) or outcome.result not in {Result.DONE, Result.ADOPTED}:
            continue
        tag = view.tag(outcome)
        name = change.name if tag is None else tag.name
        count = len(view.by_name.get((change.place.company_id, name), ()))
        if count > 1:
            yield f'{change.place}: {count} live tags are called "{name}" after its create'
