"""One account's changes, before any guard."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from reconciler.model.change import Create, Delete, Reason, Update
from reconciler.model.codes import PlanCode
from reconciler.model.names import any_alike
from reconciler.model.plan import UnmanagedTag
from reconciler.model.state import Unmanaged
from reconciler.model.tag import Company, Place, Status, Tag, completed, differing
from reconciler.model.trash import kept, original, parse, seen
from reconciler.planning.advice import Advice
from reconciler.planning.contests import several_former
from reconciler.planning.differ import changed_fields
from reconciler.planning.elsewhere import elsewhere
from reconciler.planning.matching import Matches, match
from reconciler.planning.merging import groups_of, merges, promotions_of
from reconciler.planning.narrowing import EVERYTHING, Narrowing
from reconciler.planning.trash import (
    is_due,
    restored_as,
    restoring,
    trashed,
    trashing,
    wait_for_limits,
    within_limits,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reconciler.model.change import Change, Loss
    from reconciler.model.plan import TrashedTag
    from reconciler.model.problem import Problem
    from reconciler.model.state import Account, Declaration, DesiredAccount, LiveAccount
    from reconciler.model.tag import LiveTag
    from reconciler.model.trash import Day
    from reconciler.planning.contests import Contest
    from reconciler.planning.merging import Group
    from reconciler.planning.since import Past


class Draft(NamedTuple):
    """What one account's plan is made of.

    ``live`` counts the account's live tags without ignored ones, whatever the work is narrowed to,
    ``live_in`` those of each place that the changes touch: the guards measure deletes against
    them. Both leave out what lies in the trash; ``trash`` is what stays there. ``unread`` tags were
    left out by the cheaper read; nobody declared those, so they count as unmanaged.
    """

    account: Account
    changes: tuple[Change, ...]
    unchanged: int
    unmanaged: tuple[UnmanagedTag, ...]
    trash: tuple[TrashedTag, ...]
    unread: int
    live: int
    live_in: dict[Place, int]
    warnings: tuple[Problem, ...]
    contests: tuple[Contest, ...] = ()
    groups: tuple[Group, ...] = ()
    """Live tags that are to become one: what has them decides which of them survives."""

    def with_uses(self, uses: Mapping[tuple[Place, int], Loss]) -> Draft:
        """The same, its warnings of several former names with what each tag is on."""
        others = (one for one in self.warnings if one.code != PlanCode.SEVERAL_FORMER)
        counted = several_former(self.contests, uses)
        return self._replace(warnings=(*counted, *others))


def draft(
    desired: DesiredAccount,
    live: LiveAccount,
    narrowing: Narrowing = EVERYTHING,
    *,
    today: Day,
    uses: Mapping[tuple[Place, int], Loss] | None = None,
    past: Past | None = None,
) -> Draft:
    """Work out what makes ``live`` like ``desired``; the account's policy decides on what nobody
    declared.

    What shall go moves to the trash of ``today`` where the account has one;
    :func:`reconciler.planning.trash.deleted_if_unused` deletes what is then counted as unused.
    ``uses`` is what has the tags of ``Draft.groups``, as far as it was counted. ``past`` is the
    account as a snapshot has it: evidence of renames, by which nothing is removed or merged.
    """
    work = _Work(desired, live, narrowing, today, uses or {}, past)
    work.run()
    return work.draft()


class _Work:
    """Walks the places of one account and collects what it finds."""

    def __init__(
        self,
        desired: DesiredAccount,
        live: LiveAccount,
        narrowing: Narrowing,
        today: Day,
        uses: Mapping[tuple[Place, int], Loss],
        past: Past | None,
    ) -> None:
        self._desired = desired
        self._hindsight = None if past is None else past.seen_from(live, desired.account.policy)
        self._today, self._uses = today, uses
        self._groups: list[Group] = []
        self._account_level: dict[str, tuple[LiveTag | None, Tag]] = {}
        """Declared on account level -> the live tag that has the name or will, and what it will be
        there; no tag: it is created.
        """
        self._to_promote: list[tuple[Place, Sequence[LiveTag], Sequence[LiveTag], set[str]]] = []
        """Places, their tags and trash that become the account's, and all names in their trash."""
        self._live, self._trash = _by_company(live, desired.account.policy.ignore)
        self._days = desired.account.policy.trash
        self._trashed: list[TrashedTag] = []
        self._unread = live.unread
        self._narrowing = narrowing
        self._companies = {**live.companies, **desired.companies}
        self._companies_named = Counter(company.name for company in self._companies.values())
        self._changes: list[Change] = []
        self._unmanaged: list[UnmanagedTag] = []
        self._live_in: dict[Place, int] = {}
        self._unchanged = 0
        self._warnings: list[Problem] = []
        self._total = 0
        self._keeps_unmanaged = desired.account.policy.unmanaged is Unmanaged.KEEP
        self._advice = Advice(
            unmanaged=desired.account.policy.unmanaged, since=past.moment if past else ""
        )

    def run(self) -> None:
        live = self._live
        for company_id in self._company_ids():
            place = self._place(company_id)
            tags, trash = live.get(company_id, []), self._trash.get(company_id, [])
            self._total += len(tags)
            if not self._narrowing.covers_company(place.company):
                continue
            self._live_in[place] = len(tags)
            taken = {seen(tag.name) for tag in trash}
            if company_id in self._desired.promoted:
                tags, trash = self._set_aside(place, tags, trash, taken)
            declared = self._desired.tags.get(company_id)
            if declared:
                self._plan_place(place, declared, tags, trash, taken)
            else:
                self._keep(place, tags)
                if trash:
                    self._leave_in_trash(place, trash)
        # Only now is it known what there is on account level.
        for waiting in self._to_promote:
            self._promote(*waiting)
        if any(isinstance(one, Delete) and one.purges for one in self._changes):
            self._let_purges_wait()

    def _let_purges_wait(self) -> None:
        """Leave in the trash what is due beyond the limits."""
        account = self._desired.account
        before = len(self._changes)
        self._changes, waiting = within_limits(
            self._changes, account.policy.limits, self._total + self._unread
        )
        for one in waiting:
            self._leave_in_trash(one.place, [one.before])
        if waiting:
            due_now = sum(isinstance(one, Delete) and one.purges for one in self._changes)
            self._warnings.append(wait_for_limits(account, before - len(self._changes), due_now))

    def draft(self) -> Draft:
        changes = tuple(self._changes)
        if self._hindsight is not None:
            marked = self._hindsight.marked
            changes = tuple(marked(change, self._former_names(change)) for change in changes)
        touched = {change.place for change in changes}
        unread = 0 if self._narrowing != EVERYTHING else self._unread
        return Draft(
            account=self._desired.account,
            changes=changes,
            unchanged=self._unchanged,
            unmanaged=tuple(self._unmanaged),
            trash=tuple(self._trashed),
            unread=unread,
            live=self._total + self._unread,
            live_in={place: n for place, n in self._live_in.items() if place in touched},
            contests=tuple(self._advice.contests),
            groups=tuple(self._groups),
            warnings=(
                *self._warnings,
                *several_former(self._advice.contests, {}),
                *self._advice.problems(),
                *self._advice.moves(changes),
                *self._elsewhere(changes),
            ),
        )

    def _former_names(self, change: Change) -> Sequence[str]:
        declared = self._desired.tags.get(change.place.company_id, {}).get(change.name)
        return declared.former_names if declared else ()

    def _company_ids(self) -> dict[str | None, None]:
        """The places of which something is declared or live, the declared ones first."""
        return dict.fromkeys((*self._desired.tags, *self._live, *self._trash))

    def _elsewhere(self, changes: tuple[Change, ...]) -> Iterator[Problem]:
        covers = self._narrowing
        places = {
            company_id: place
            for company_id in self._company_ids()
            if covers.covers_company((place := self._place(company_id)).company)
            and (place.company is None or place.company.active)
        }
        return elsewhere(places, self._desired.tags, self._live, changes, covers.covers_tag)

    def _place(self, company_id: str | None) -> Place:
        if company_id is None:
            return Place(self._desired.account.ref)
        company = self._companies.get(company_id) or Company(company_id, company_id)
        if self._companies_named[company.name] > 1:
            company = replace(company, has_namesake=True)
        return Place(self._desired.account.ref, company)

    def _plan_place(
        self,
        place: Place,
        declared: Mapping[str, Declaration],
        tags: Sequence[LiveTag],
        trash: Sequence[LiveTag],
        taken: set[str],
    ) -> None:
        covers = self._narrowing.covers_tag
        moved = partial(trashing, taken=taken, today=self._today)
        remove = _delete if self._days is None else moved
        merging = self._merge(place, declared, [*tags, *trash], taken)
        matches = match(
            declared,
            [*merging.restored, *(tag for tag in tags if tag.id not in merging.set_aside)],
            trash=[tag for tag in trash if tag.id not in merging.given_up],
            keeps_unmanaged=self._keeps_unmanaged,
            survivors=merging.survivors,
        )
        if self._hindsight is not None:
            self._hindsight.take_back(matches, place.company_id, merged_into=merging.names)
        for declaration, tag in matches.pairs:
            spoken_of = merging.names.get(declaration.name, ())
            if declaration.name in merging.renamed:
                continue  # a part of the merge of the tag that has the declared name
            if not differing(tag, declaration):
                self._unchanged += covers(tag.name)
            elif covers(declaration.name, tag.name, *spoken_of):
                back = declaration.name in matches.renamed_back
                self._changes.append(_update(place, declaration, tag, renamed_back=back))
        self._changes.extend(
            _create(place, one)
            for one in matches.missing
            if covers(one.name, *merging.names.get(one.name, ()))
        )
        self._changes.extend(
            remove(place, declaration, tag)
            for declaration, tag in matches.unwanted
            if covers(tag.name)
        )
        if trash:
            self._plan_trash(place, trash, merging.given_up, matches)
        if self._desired.promoted and place.company is None:
            self._account_level = _will_be(matches, [*tags, *trash])
        self._keep(place, matches.kept)
        unmanaged = [tag for tag in matches.unmanaged if covers(tag.name)]
        self._changes.extend(self._changes_to_unmanaged(place, unmanaged, remove))
        self._advice.check(place, matches, covers)

    def _plan_trash(
        self,
        place: Place,
        trash: Sequence[LiveTag],
        given_up: set[int],
        matches: Matches | None = None,
    ) -> None:
        """Take back what is declared again, purge what is due, leave the rest; ``given_up`` are ids
        of tags whose merge is under way.
        """
        restored = () if matches is None else matches.restored
        restores = {tags[0].id: declaration for declaration, tags in restored}
        stays: list[LiveTag] = []
        for tag in trash:
            if tag.id in given_up or not self._narrowing.covers_tag(tag.name):
                continue
            if (declaration := restores.get(tag.id)) is not None:
                self._changes.append(restoring(place, declaration, tag))
            elif is_due(tag, self._days, self._today):
                self._changes.append(Delete(place=place, before=tag, reason=Reason.PURGE))
            else:
                stays.append(tag)
        self._leave_in_trash(place, stays)

    def _leave_in_trash(self, place: Place, tags: Sequence[LiveTag]) -> None:
        self._trashed.extend(
            trashed(place, tag, self._days) for tag in tags if self._narrowing.covers_tag(tag.name)
        )

    def _set_aside(
        self, place: Place, tags: list[LiveTag], trash: list[LiveTag], taken: set[str]
    ) -> tuple[list[LiveTag], list[LiveTag]]:
        """The ``tags`` and ``trash`` of a company without those that become the account's."""
        promoted = self._desired.promoted[place.company_id or ""]
        was = {kept(name) for name in promoted}
        in_trash = [tag for tag in trash if kept(original(tag.name)) in was]
        self._to_promote.append(
            (place, [tag for tag in tags if tag.name in promoted], in_trash, taken)
        )
        return (
            [tag for tag in tags if tag.name not in promoted],
            [tag for tag in trash if tag not in in_trash],
        )

    def _promote(
        self, place: Place, tags: Sequence[LiveTag], trash: Sequence[LiveTag], taken: set[str]
    ) -> None:
        """Plan the merges of a company's ``tags`` into the account's."""
        promoted, given_up = self._desired.promoted[place.company_id or ""], set[int]()
        for group in promotions_of(place, promoted, [*tags, *trash], self._account_level):
            if self._narrowing.covers_tag(*group.names):
                self._groups.append(group)
                found = merges(group, self._uses, self._today, taken)
                self._changes += found
                given_up.update(one.tag_id for one in found)
        self._plan_trash(place, trash, given_up)

    def _merge(
        self,
        place: Place,
        declared: Mapping[str, Declaration],
        tags: Sequence[LiveTag],
        taken: set[str],
    ) -> _Merging:
        """Plan the merges of ``place``, and say what they leave to matching; ``taken``: its trash
        names.
        """
        merging = _Merging()
        if place.company is None:
            for promoted in self._desired.promoted.values():
                for name, declaration in promoted.items():
                    merging.names.setdefault(declaration.name, {})[name] = None
        for group in groups_of(place, declared, tags):
            name, survivor = group.declaration.name, group.survivor(self._uses)
            if survivor is None or not self._narrowing.covers_tag(*group.names):
                merging.set_aside.update(tag.id for tag in group.olds)
                continue
            self._groups.append(group)
            found = merges(group, self._uses, self._today, taken)
            self._changes += found
            merging.given_up.update(one.tag_id for one in found)
            merging.names.setdefault(name, {}).update(dict.fromkeys(group.names))
            merging.set_aside.update(tag.id for tag in group.live if tag != survivor)
            if not group.live:
                restored = restoring(place, group.declaration, survivor)
                self._changes.append(restored)
                merging.restored.append(survivor.changed_to(restored.after))
                merging.given_up.add(survivor.id)
            elif survivor.name != name:
                merging.survivors[name] = survivor
            if not group.live or any(one.renames for one in found):
                merging.renamed.add(name)
        return merging

    def _keep(self, place: Place, tags: list[LiveTag]) -> None:
        seen = self._hindsight
        self._unmanaged.extend(
            UnmanagedTag(place, tag, seen.news(tag) if seen else None)
            for tag in tags
            if self._narrowing.covers_tag(tag.name)
        )

    def _changes_to_unmanaged(
        self, place: Place, tags: list[LiveTag], remove: _Remove
    ) -> Iterator[Change]:
        policy = self._desired.account.policy.unmanaged
        kept: list[LiveTag] = []
        for tag in tags:
            if policy is Unmanaged.DELETE:
                yield remove(place, None, tag)
            elif policy is Unmanaged.DISABLE and tag.status is Status.ENABLED:
                after = Tag(tag.name, tag.color, Status.DISABLED)
                yield _updated(place, tag, after, Reason.UNMANAGED)
            else:
                kept.append(tag)
        self._keep(place, kept)


@dataclass(slots=True)
class _Merging:
    """What merges leave to matching: ``survivors`` that take over a declared name, ids of tags that
    are ``set_aside``, ids of tags ``given_up`` by a merge or taken back by one, those ``restored``
    as they will be, declared names whose change is ``renamed`` by the merge itself, and the
    ``names`` that belong to each.
    """

    survivors: dict[str, LiveTag] = field(default_factory=dict)
    set_aside: set[int] = field(default_factory=set)
    given_up: set[int] = field(default_factory=set)
    restored: list[LiveTag] = field(default_factory=list)
    renamed: set[str] = field(default_factory=set)
    names: dict[str, dict[str, None]] = field(default_factory=dict)


def _will_be(matches: Matches, live: Sequence[LiveTag]) -> dict[str, tuple[LiveTag | None, Tag]]:
    """What there will be of the declared names, and which live tag has each or takes it over."""
    as_is = {tag.id: tag for tag in live}
    found: dict[str, tuple[LiveTag | None, Tag]] = {
        one.name: (None, completed(Tag(one.name), one)) for one in matches.missing
    }
    found |= {one.name: (as_is[tag.id], completed(tag, one)) for one, tag in matches.pairs}
    return found | {
        one.name: (tags[0], restored_as(one, tags[0])) for one, tags in matches.restored
    }


_Remove = Callable[[Place, "Declaration | None", "LiveTag"], "Update | Delete"]
_ByPlace = dict[str | None, list["LiveTag"]]


def _by_company(live: LiveAccount, ignore: Sequence[str]) -> tuple[_ByPlace, _ByPlace]:
    """The live tags of each place and its trash, without those that the account ignores."""
    ignored = any_alike(ignore)
    found: _ByPlace = {}
    trash: _ByPlace = {}
    for tag in live.tags:
        trashed = parse(tag.name)
        if not ignored(tag.name if trashed is None else trashed.kept):
            (trash if trashed else found).setdefault(tag.company_id, []).append(tag)
    return found, trash


def _update(place: Place, declaration: Declaration, tag: LiveTag, *, renamed_back: bool) -> Update:
    fields = differing(tag, declaration)
    if renamed_back:
        reason = Reason.RENAMED_BACK
    elif "name" in fields:
        merged = tag.name in declaration.merged_from
        reason = Reason.MERGED_FROM if merged else Reason.RENAMED_FROM
    elif "status" in fields:
        reason = Reason.STATE
    else:
        reason = Reason.DECLARED
    return _updated(place, tag, completed(tag, declaration), reason, declaration)


def _updated(
    place: Place, tag: LiveTag, after: Tag, reason: Reason, declaration: Declaration | None = None
) -> Update:
    return Update(
        place=place,
        before=tag,
        after=after,
        fields=changed_fields(tag.tag, after),
        reason=reason,
        source=declaration.source if declaration else None,
        note=declaration.note if declaration else None,
    )


def _create(place: Place, declaration: Declaration) -> Create:
    return Create(
        place=place,
        after=completed(Tag(declaration.name), declaration),
        source=declaration.source,
        note=declaration.note,
    )


def _delete(place: Place, declaration: Declaration | None, tag: LiveTag) -> Delete:
    return Delete(
        place=place,
        before=tag,
        reason=Reason.STATE if declaration else Reason.UNMANAGED,
        source=declaration.source if declaration else None,
        note=declaration.note if declaration else None,
    )
