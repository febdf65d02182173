"""Which live tags become one, which of them survives, and what each other one's merge is.

Terms. A *group* is a declaration with ``merged_from`` and the live tags of one place that have its
name or one of those. The *survivor* is the one that stays; every other one is *given up*: its
interactions get the declared name, then it is kept in the trash.

Premise. Nothing is taken off an interaction, and there is no state file: a merge under way, or a
former name that has come back, is recognised by live names alone. A tag in the trash that had a
name of the group is therefore part of it: interactions that have it without the declared name are
left to do, and none left means nothing to do.

Method. Where the declared name is not live the survivor is renamed by an update, as by
``renamed_from``; of several it is the one with most interactions. Where it is live, the tag with
most interactions survives, so that the fewest are written: that may be an old spelling, which
then takes over the declared name as soon as the tag that has it is in the trash. A tag that flows
apply survives before all others, because flows know it by its id. What nobody counted moves
nothing: then the tag that has the declared name stays. Where none of them is live, the survivor is
taken back from the trash: one that had the declared name, else the one with most interactions.

A *promotion* gives up tags of a company for one on account level, whatever each is on: no tag can
change its level. Where that one is not live either the plan creates it first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.model.change import Merge, Precision, Reason
from reconciler.model.state import State
from reconciler.model.tag import Status, completed
from reconciler.model.trash import kept, original, parse, seen, trash_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reconciler.model.change import Loss
    from reconciler.model.state import Declaration
    from reconciler.model.tag import LiveTag, Place, Tag
    from reconciler.model.trash import Day

PAGE = 250
"""Interactions on a page; the most that the API lists at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The live tags of ``place`` that ``declaration`` makes one.

    ``named`` has the declared name, or takes it over by ``renamed_from``; ``olds`` have names of
    ``merged_from``, in the order written; ``trashed`` had one of all these names. ``several``:
    other live tags have the declared name too. ``account``, in a promotion: the tag of account
    level that ``named`` will be, or that is created.
    """

    place: Place
    declaration: Declaration
    named: LiveTag | None
    olds: tuple[LiveTag, ...]
    trashed: tuple[LiveTag, ...] = ()
    several: bool = False
    account: Tag | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """All names that are spoken of."""
        return (self.declaration.name, *(tag.name for tag in self.olds))

    @property
    def live(self) -> tuple[LiveTag, ...]:
        """All but those in the trash; in a promotion, those of the company."""
        named = self.named if self.account is None else None
        return self.olds if named is None else (named, *self.olds)

    @property
    def to_count(self) -> tuple[LiveTag, ...]:
        """The tags whose use decides or must be shown; none where one tag is just renamed."""
        if self.account is not None:
            return self.olds
        if len(self.live) == 1:
            return ()
        return self.live if self.named is None or self._may_choose else self.olds

    @property
    def _may_choose(self) -> bool:
        named = self.named
        chosen = self.declaration.keep_id or self.several or not self.olds
        return named is not None and named.name == self.declaration.name and not chosen

    def survivor(self, uses: Mapping[tuple[Place, int], Loss]) -> LiveTag | None:
        """The tag that stays; ``uses``: what has each tag, by place and id. None: it is created."""
        if self.account is not None:
            return self.named
        if not self.live:
            return max(
                self.trashed,
                key=lambda tag: (
                    original(tag.name) == kept(self.declaration.name),
                    _weight(tag, self.place, uses),
                    tag.name,
                    tag.id,
                ),
            )
        if self.named is not None and not self._may_choose:
            return self.named
        best = self.named
        for tag in self.olds:
            if best is None or _weight(tag, self.place, uses) > _weight(best, self.place, uses):
                best = tag
        return best


def _weight(tag: LiveTag, place: Place, uses: Mapping[tuple[Place, int], Loss]) -> tuple[bool, int]:
    """How much speaks for keeping ``tag``; of equal ones the first stays."""
    use = uses.get((place, tag.id))
    if use is None:
        return False, -1
    return use.flows.number > 0, use.interactions.number


def groups_of(
    place: Place, declared: Mapping[str, Declaration], live: Sequence[LiveTag]
) -> Iterator[Group]:
    """The groups of ``place`` that have more than the declared tag itself."""
    merging = [one for one in declared.values() if one.merged_from]
    if not merging:
        return
    by_name: dict[str, list[LiveTag]] = {}
    trashed: list[tuple[str, LiveTag]] = []
    for tag in sorted(live, key=lambda one: one.id):
        found = parse(tag.name)
        if found is None:
            by_name.setdefault(tag.name, []).append(tag)
        else:
            trashed.append((found.kept, tag))
    for declaration in merging:
        if declaration.state is State.ABSENT:
            continue
        named = by_name.get(declaration.name, [])
        former = (tag for old in declaration.renamed_from for tag in by_name.get(old, ()))
        names = (declaration.name, *declaration.merged_from)
        group = Group(
            place=place,
            declaration=declaration,
            named=named[0] if named else next(former, None),
            olds=tuple(tag for old in declaration.merged_from for tag in by_name.get(old, ())),
            trashed=tuple(tag for was, tag in trashed if was in map(kept, names)),
            several=len(named) > 1,
        )
        if group.olds or group.trashed:
            yield group


def promotions_of(
    place: Place,
    promoted: Mapping[str, Declaration],
    tags: Sequence[LiveTag],
    account_level: Mapping[str, tuple[LiveTag | None, Tag]],
) -> Iterator[Group]:
    """The groups of a company's ``tags``, those in the trash among them, that become the account's.

    ``promoted``: name -> the declaration on account level; ``account_level``: declared name -> the
    live tag that has it, or takes it over, and what will be there. None is left out: nothing is
    promoted into what won't be there.
    """
    names: dict[str, list[str]] = {}
    for name, declaration in promoted.items():
        if declaration.name in account_level:
            names.setdefault(declaration.name, []).append(name)
    for declared, olds in names.items():
        named, account = account_level[declared]
        was = {kept(name) for name in olds}
        live = [tag for tag in tags if tag.name in olds]
        trashed = [tag for tag in tags if (one := parse(tag.name)) and one.kept in was]
        if live or trashed:
            yield Group(
                place=place,
                declaration=promoted[olds[0]],
                named=named,
                olds=tuple(live),
                trashed=tuple(trashed),
                account=account,
            )


def merges(
    group: Group,
    uses: Mapping[tuple[Place, int], Loss],
    today: Day,
    taken: set[str],
) -> tuple[Merge, ...]:
    """What gives up every tag of ``group`` but the survivor; ``taken``: the place's live names, as
    :func:`~reconciler.model.trash.seen`; the new names are added.

    Of tags in the trash ``uses`` holds what is left to do.
    """
    survivor = group.survivor(uses)
    given_up = [tag for tag in group.live if tag != survivor]
    named: dict[int, str] = {}
    for tag in given_up:
        named[tag.id] = trash_name(tag.name, today, taken)
        taken.add(seen(named[tag.id]))
    for tag in group.trashed:
        if tag == survivor:
            continue
        left = uses.get((group.place, tag.id))
        if left is not None and not left.interactions.none:
            given_up.append(tag)
            named[tag.id] = tag.name
    declaration = group.declaration
    kept = group.named if group.named in given_up else survivor
    if kept is not None and not group.live:
        kept = kept._replace(status=Status.ENABLED)
    after = group.account or (kept and completed(kept, declaration))
    if after is None:
        return ()
    return tuple(
        Merge(
            place=group.place,
            before=tag,
            into=survivor,
            after=after,
            trash_name=named[tag.id],
            loss=uses.get((group.place, tag.id)),
            reason=Reason.MERGED_FROM,
            source=declaration.source,
            note=declaration.note,
        )
        for tag in given_up
    )


def requests(merge: Merge) -> int:
    """What carrying out ``merge`` takes where nothing interferes.

    One request puts the tag into the trash, one renames the survivor where that is this merge's,
    then what has the tag is listed, and each interaction takes one. Where no exact number is known,
    what has the other tags of its name is listed too, or all there is. The canary of an account
    comes to that.
    """
    if merge.loss is None:
        return 0
    writes = merge.loss.interactions.number + (not merge.under_way) + merge.renames
    exact, others = _pages(merge.loss)
    return writes + exact + 3 * others


def canary_requests(merges: Sequence[Merge], reading: int) -> int:
    """What the first of an account's ``merges`` takes beyond that; ``reading``: what tags do.

    The first interaction is read after its write, and tags are, because none of the name may have
    been made; before it too where companies may have tags of an account-level name. Where no exact
    number is known of what had the first tag in the trash, its name is listed before.
    """
    written = [one for one in merges if one.loss is not None and one.loss.interactions.number]
    if not written:
        return 0
    pages = [_pages(one.loss) for one in written if one.loss is not None]
    listed = 0 if any(not others for _exact, others in pages) else max(map(sum, pages))
    return 1 + reading * (1 + any(one.into_company_id is None for one in written)) + listed


def _pages(loss: Loss) -> tuple[int, int]:
    """Pages that show what has a tag, of kinds of which an exact number is known, and of others."""
    exact = others = 0
    for one in (loss.calls, loss.forms, loss.texts):
        pages = -(-one.number // PAGE)
        if one.precision is Precision.EXACT:
            exact += pages
        else:
            others += max(pages, 1)
    return exact, others
