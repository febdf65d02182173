"""What takes the changes of an apply back, by what its report says was done.

Premise. A report names each tag that an apply touched by id, as it was and as it became. A tag goes
back only where live state is still as the apply left it: what others have done since is theirs.
So a report that was edited reaches no tag but those that it names, and none that differs from it.

Method. Each change that was made, or may have been, gives the update that leads back; live state
then says which of them are to do, done already, or no longer right. A create's tag is disabled and
not deleted: what has got it meanwhile keeps it. A merge gives the tag that it put into the trash
back, and takes nothing off what got the other. A delete can't be undone, and is named.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reconciler.model.change import Action, Create, Delete, Merge, Reason, Update
from reconciler.model.outcome import Result
from reconciler.model.problem import Problem, Severity
from reconciler.model.tag import LiveTag, Status, Tag, differing
from reconciler.planning.freshness import freshness
from reconciler.text.quote import double_quoted

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping

    from reconciler.model.change import Change
    from reconciler.model.outcome import Outcome
    from reconciler.model.tag import Place
    from reconciler.planning.freshness import Stale
    from reconciler.provider import Listing

NOT_UNDONE: Final = "UNDO001"
LEFT_ALONE: Final = "UNDO002"
_MADE: Final = frozenset({Result.DONE, Result.ADOPTED, Result.UNKNOWN})
"""How a change ended that this apply made, or may have made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inverse:
    """What undoes an account's part: ``changes``; ``as_before`` tags are as they were already.

    ``warnings`` name what can't be undone, and what is left alone because it has moved on.
    """

    changes: tuple[Update, ...]
    as_before: int
    warnings: tuple[Problem, ...]


def has_inverse(outcome: Outcome) -> bool:
    """Whether live state must be read for ``outcome``: its change was made, or may have been.

    A merge that stopped half way is not done, and has a part to take back all the same.
    """
    return outcome.result in _MADE or (
        outcome.change.action is Action.MERGE and outcome.result is not Result.HELD_BACK
    )


def places_of(outcomes: Iterable[Outcome]) -> frozenset[str | None]:
    """Ids of the companies whose tags must be read, and None for the account level."""
    return frozenset(place for one in outcomes for place in _places(one.change))


def inverse(outcomes: Iterable[Outcome], listing: Listing) -> Inverse:
    """What takes an account's ``outcomes`` back, where ``listing`` shows all of their places."""
    live = {tag.id: tag for tag in listing.tags}
    made = [one for one in outcomes if has_inverse(one)]
    # A server that takes two names for one gives a tag to two creates: it goes back once.
    inverses = {
        undo.tag_id: undo for one in reversed(made) for undo in _inverses(one.change, one, live)
    }
    fresh = freshness(tuple(reversed(inverses.values())), listing.tags)
    pending = tuple(one for one in fresh.pending if isinstance(one, Update))
    freed = {(one.place, one.before.name) for one in pending if "name" in one.fields}
    return Inverse(
        changes=pending,
        as_before=len(fresh.done),
        warnings=(
            *(found for one in made for found in _lasting(one.change, one, live)),
            *(_left_alone(one, freed) for one in fresh.stale),
        ),
    )


def _places(change: Change | Merge) -> Iterator[str | None]:
    yield change.place.company_id
    if isinstance(change, Merge):
        yield change.into_company_id


def _inverses(
    change: Change | Merge, outcome: Outcome, live: Mapping[int, LiveTag]
) -> Iterator[Update]:
    """The updates that lead back from what ``outcome`` says was made; none where there is none."""
    match change:
        case Create(after=after) if outcome.tag_id is not None and after.status is Status.ENABLED:
            made = outcome.stored or after
            tag = live.get(outcome.tag_id)
            # A colour that was left to the server stands in no report: it is as it is.
            color = tag.color if tag is not None and made.color is None else made.color
            company_id = change.place.company_id
            now = LiveTag(outcome.tag_id, made.name, color, made.status, company_id)
            note = "made by that apply; disabled, not deleted"
            yield _update(change, now, Tag(made.name, color, Status.DISABLED), note)
        case Update(before=before, after=after):
            yield _update(change, before.changed_to(outcome.stored or after), before.tag)
        case Merge() if _is_in_trash(change, live):
            yield from _inverse_of_merge(change)
        case _:
            return


def _inverse_of_merge(change: Merge) -> Iterator[Update]:
    """The tag that was given up leaves the trash; the other has again what it had."""
    before, into = change.before, change.into
    trashed = before.changed_to(Tag(change.trash_name, before.color, Status.DISABLED))
    yield _update(change, trashed, before.tag, "out of the trash")
    if into is not None and differing(into, change.after):
        account_level = change.place._replace(company=None)
        place = account_level if into.company_id is None else change.place
        yield _update(change, into.changed_to(change.after), into.tag, place=place)


def _is_in_trash(change: Merge, live: Mapping[int, LiveTag]) -> bool:
    """Whether the tag that was given up has been put into the trash by the merge, and is there."""
    tag = live.get(change.before.id)
    return tag is not None and tag.name == change.trash_name != change.before.name


def _left_alone(stale: Stale, freed: Container[tuple[Place, str]]) -> Problem:
    """What has moved on; a name that another tag gives back with this plan is free after it."""
    change = stale.change
    again = "This plan frees the name: apply it, then undo the same report once more."
    hint = again if (change.place, change.name) in freed else None
    return _problem(LEFT_ALONE, change, f"is left alone: {stale.why}", hint=hint)


def _update(
    change: Change | Merge,
    now: LiveTag,
    then: Tag,
    note: str | None = None,
    *,
    place: Place | None = None,
) -> Update:
    return Update(
        place=place or change.place,
        reason=Reason.UNDO,
        source=change.source,
        note=note,
        before=now,
        after=then,
        fields=differing(now, then),
    )


def _lasting(
    change: Change | Merge, outcome: Outcome, live: Mapping[int, LiveTag]
) -> Iterator[Problem]:
    """What stays of ``outcome``, whatever is undone."""
    match change:
        case Delete(before=before) if before.id not in live:
            yield _problem(
                NOT_UNDONE,
                change,
                "was deleted, and that can't be undone",
                hint="To declare it makes a new tag; what had the old one does not get it back.",
            )
        case Create() if outcome.tag_id is None:
            yield _problem(
                NOT_UNDONE,
                change,
                "may have been created, and nobody knows under which id",
                hint="Search for it in CallRail.",
            )
        case Merge() if _is_in_trash(change, live):
            owner = "the account's " if change.promotes else ""
            survivor = f"{owner}{double_quoted(change.after.name)}"
            message = f"was merged into {survivor}: what got that tag keeps it"
            yield _problem(NOT_UNDONE, change, message)
        case Update(fields=fields, before=before) if "color" in fields and before.color is None:
            yield _problem(NOT_UNDONE, change, "had a color that the server did not name")
        case _:
            return


def _problem(code: str, change: Change | Merge, what: str, *, hint: str | None = None) -> Problem:
    message = f"{change.place}: {double_quoted(change.names[0])} {what}"
    return Problem(code=code, message=message, hint=hint, severity=Severity.WARNING)
