"""Whether what an account holds after a plan is what it held before and the plan, no more."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from reconciler.model.change import Create, Delete, Merge, Update
from reconciler.model.rehearsal import Harm
from reconciler.model.tag import differing
from reconciler.text.plural import count
from reconciler.text.quote import double_quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reconciler.model.change import Change
    from reconciler.model.rehearsal import Held
    from reconciler.model.tag import LiveTag


def harm(changes: Sequence[Change], before: Held, after: Held) -> Harm:
    """What carrying out ``changes`` made of ``before``, by ``after``, beyond what they say."""
    lost = _lost(changes, before, after)
    return Harm(
        duplicates=tuple(_duplicates(before, after)),
        lost=tuple(_of_lost(lost, before, after)),
        assignments=len(lost),
        differences=tuple(_differences(changes, before, after)),
    )


def _duplicates(before: Held, after: Held) -> Iterator[str]:
    was, now = Counter(_named(before)), Counter(_named(after))
    for (account, company, name), times in now.items():
        if times > max(1, was[account, company, name]):
            yield f"{company or account}: {count(times, 'tag')} are named {double_quoted(name)}"


def _named(held: Held) -> Iterable[tuple[str, str | None, str]]:
    return ((account, tag.company_id, tag.name) for account, tag in held.tags.values())


def _lost(changes: Sequence[Change], before: Held, after: Held) -> set[tuple[str, int]]:
    """What ought to be on interactions and is not."""
    deleted = {one.tag_id for one in changes if isinstance(one, Delete)}
    merges = [one for one in changes if isinstance(one, Merge)]
    into = {one.before.id: _survivor(one, after) for one in merges}
    wanted = {(one, tag) for one, tag in before.assignments if tag not in deleted}
    wanted |= {(one, into[tag]) for one, tag in before.assignments if tag in into}
    return wanted - after.assignments


def _survivor(merge: Merge, after: Held) -> int:
    """The id of the tag that the interactions get; 0 where the one to be created is not there."""
    if merge.into is not None:
        return merge.into.id
    level = (merge.place.account.id, merge.into_company_id, merge.name)
    same = (
        tag.id
        for account, tag in after.tags.values()
        if (account, tag.company_id, tag.name) == level
    )
    return next(same, 0)


def _of_lost(lost: Iterable[tuple[str, int]], before: Held, after: Held) -> Iterator[str]:
    for tag_id, times in sorted(Counter(tag for _interaction, tag in lost).items()):
        known = before.tags.get(tag_id) or after.tags.get(tag_id)
        which = (
            f"{double_quoted(known[1].name)} (id {tag_id})" if known else "the tag to be created"
        )
        yield f"{count(times, 'interaction')} without {which}"


def _differences(changes: Sequence[Change], before: Held, after: Held) -> Iterator[str]:
    expected: dict[int, LiveTag | None] = {tag.id: tag for _account, tag in before.tags.values()}
    for change in changes:
        match change:
            case Update(before=tag, after=wanted):
                expected[tag.id] = tag.changed_to(wanted)
            case Merge(before=tag, into=into, after=wanted):
                expected[tag.id] = change.trashed
                if into is not None:
                    expected[into.id] = into.changed_to(wanted)
            case Delete(before=tag):
                expected[tag.id] = None
    for tag_id, wanted_tag in expected.items():
        _account, found = after.tags.get(tag_id, ("", None))
        if found != wanted_tag:
            yield f"id {tag_id} is {_shown(found)}, not {_shown(wanted_tag)}"
    yield from _of_creates(changes, before, after)


def _of_creates(changes: Sequence[Change], before: Held, after: Held) -> Iterator[str]:
    made: dict[tuple[str, str | None, str], list[LiveTag]] = {}
    there: dict[tuple[str, str | None, str], LiveTag] = {}
    for tag_id, (account, tag) in after.tags.items():
        level = (account, tag.company_id, tag.name)
        if tag_id in before.tags:
            there[level] = tag  # made before the copy was taken, where the plan asks for it
        else:
            made.setdefault(level, []).append(tag)
    for change in changes:
        if isinstance(change, Create):
            level = (change.place.account.id, change.place.company_id, change.name)
            found = made.get(level)
            one = found.pop() if found else there.get(level)
            if one is None or differing(one, change.after):
                yield f'{change.place}: "{change.name}" is {_shown(one)}'
    for one in (tag for tags in made.values() for tag in tags):
        yield f"{_shown(one)} was made, and no change asks for it"


def _shown(tag: LiveTag | None) -> str:
    if tag is None:
        return "not there"
    return f"{double_quoted(tag.name)}, {tag.color or 'no color'}, {tag.status}"
