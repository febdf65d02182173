"""A plan's changes under headings, by place or by tag, and what reads the same told once.

Terms. A *row* is one line with the places that it is told for; a *group* is what one heading
covers. Premise. A change that is the same in 300 companies is one decision for a reviewer, and 300
copies hide the one company that differs; who reads by tag asks which company deviates. Method. By
place, in a plan of more than FOLD_ABOVE changes, places of one account whose changes read the same,
word for word, share a group that names them all. By tag, changes of one account and name that read
the same share a row, which says "all 30 companies but two" where it can. What can be lost or is
blocked is never folded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from reconciler.model.change import Create, Delete, Merge, before_and_after
from reconciler.model.group_by import GroupBy
from reconciler.model.trash import original
from reconciler.render import wording
from reconciler.render.escape import label
from reconciler.text.plural import count, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from reconciler.model.change import Change
    from reconciler.model.plan import Plan
    from reconciler.model.tag import Company, Place

FOLD_ABOVE: Final = 50
FOLD_AT_LEAST: Final = 3
PLACES_OF_A_BLOCK: Final = 3
"""A block of the configuration that changes more places makes a plan read by tag."""
MOST_LEFT_OUT: Final = 3
"""Companies that are named after "all but"."""


class ChangeRow(NamedTuple):
    """``change``, told for all of ``places``. ``subject`` stands behind the verb: the tag's name,
    or where it is (``by_tag``); ``listed`` names the companies that this only counts.
    """

    change: Change
    places: tuple[Place, ...]
    subject: str
    listed: str = ""
    by_tag: bool = False


class ChangeGroup(NamedTuple):
    """``rows`` below ``title``; ``others`` are the companies that the title only counts."""

    title: str
    rows: tuple[ChangeRow, ...]
    others: str = ""

    @property
    def handle(self) -> str:
        """The account's."""
        return self.rows[0].change.place.account.handle

    @property
    def changes(self) -> int:
        """How many it tells."""
        return sum(len(row.places) for row in self.rows)


class Section(NamedTuple):
    """A part of a plan that stands apart below ``heading``; ``grave``: deletes, what is blocked."""

    heading: str
    groups: list[ChangeGroup]
    grave: bool


def of(plan: Plan, group_by: GroupBy | None = None) -> list[ChangeGroup]:
    """The groups of ``plan`` for who reads from the top: merges and what goes come first."""
    groups = _Groups.of(plan, group_by).under(plan.changes)
    order = list(dict.fromkeys(group.handle for group in groups))
    return sorted(
        groups,
        key=lambda one: (order.index(one.handle), not any(map(_weighs, one.rows))),
    )


def sections(plan: Plan, group_by: GroupBy | None = None) -> list[Section]:
    """The groups of ``plan`` for who reads the end: merges, what goes to the trash, and last what
    is deleted or blocked stand apart.
    """
    groups = _Groups.of(plan, group_by)
    parts: dict[str, list[Change]] = {"Changes": [], "Merges": [], "To the trash": [], "": []}
    for change in plan.changes:
        parts[_part(change)].append(change)
    return [
        Section(f"{part or _grave(found)}:", groups.under(found), grave=not part)
        for part, found in parts.items()
        if found
    ]


def _part(change: Change) -> str:
    if change.blocked_by is not None or isinstance(change, Delete):
        return ""
    if isinstance(change, Merge):
        return "Merges"
    return "To the trash" if change.verb == "trash" else "Changes"


def _grave(changes: Iterable[Change]) -> str:
    """What the last part of a plan holds."""
    deletes = any(isinstance(change, Delete) for change in changes)
    if all(change.blocked_by is None for change in changes):
        return "Deletes"
    return "Deletes, and what is blocked" if deletes else "Blocked"


def _weighs(row: ChangeRow) -> bool:
    return _part(row.change) != "Changes"


def default(plan: Plan) -> GroupBy:
    """By tag where some block of the configuration changes more than three places of an account."""
    places: dict[object, set[Place]] = {}
    for change in plan.changes:
        if change.source is not None:
            places.setdefault((change.source, change.place.account), set()).add(change.place)
    many = any(len(found) > PLACES_OF_A_BLOCK for found in places.values())
    return GroupBy.TAG if many else GroupBy.PLACE


class _Groups(NamedTuple):
    """How the changes of one plan are grouped; ``companies`` are each account's active ones."""

    group_by: GroupBy
    folds: bool
    companies: Mapping[str, Sequence[Company]]

    @classmethod
    def of(cls, plan: Plan, group_by: GroupBy | None) -> _Groups:
        return cls(
            group_by or default(plan),
            len(plan.changes) > FOLD_ABOVE,
            {use.account.handle: use.companies for use in plan.accounts},
        )

    def under(self, changes: Sequence[Change]) -> list[ChangeGroup]:
        if self.group_by is GroupBy.TAG:
            return self._by_tag(changes)
        foldable = self.folds and not any(map(_is_grave, changes))
        return _folded(changes) if foldable else by_place(changes)

    def _by_tag(self, changes: Sequence[Change]) -> list[ChangeGroup]:
        accounts: dict[str, dict[str, list[Change]]] = {}
        for change in changes:
            named = accounts.setdefault(change.place.account.handle, {})
            named.setdefault(original(change.name), []).append(change)
        return [
            ChangeGroup(f"{label(handle)} · {label(name)}", tuple(self._rows(handle, found)))
            for handle, named in accounts.items()
            for name, found in sorted(named.items(), key=lambda item: item[0].casefold())
        ]

    def _rows(self, handle: str, changes: Iterable[Change]) -> Iterable[ChangeRow]:
        alike: dict[object, list[Change]] = {}
        for change in changes:
            alone = change.place.company is None or _stands_alone(change)
            alike.setdefault(change if alone else _read(change), []).append(change)
        for same in sorted(alike.values(), key=lambda found: _ORDER.index(found[0].verb)):
            places = tuple(change.place for change in same)
            subject, names = self._where(handle, tuple(dict.fromkeys(places)))
            yield ChangeRow(same[0], places, subject, names, by_tag=True)

    def _where(self, handle: str, places: Sequence[Place]) -> tuple[str, str]:
        """Which ``places`` of an account these are, in words, and the names that it leaves out."""
        names = [
            "account level" if one.company is None else label(one.company.known_as)
            for one in places
        ]
        if len(names) == 1:
            return names[0], ""
        every = self.companies.get(handle, ())
        if 0 <= len(every) - len(places) <= min(MOST_LEFT_OUT, len(places) - 1):
            here = {place.company_id for place in places}
            left = [label(one.known_as) for one in every if one.id not in here]
            if len(every) - len(left) == len(places):
                every_company = f"all {count(len(every), 'company', 'companies')}"
                return f"{every_company} but {listed(left)}" if left else every_company, ""
        return count(len(names), "company", "companies"), ", ".join(names)


_ORDER: Final = ("update", "create", "merge", "trash", "delete", "purge")


def _folded(changes: Sequence[Change]) -> list[ChangeGroup]:
    alike: dict[object, list[ChangeGroup]] = {}
    groups = by_place(changes)
    for group in groups:
        alike.setdefault(_likeness(group), []).append(group)
    folded: dict[int, ChangeGroup] = {}
    position = {id(group): at for at, group in enumerate(groups)}
    for same in alike.values():
        if len(same) < FOLD_AT_LEAST:
            folded |= {position[id(group)]: group for group in same}
        else:
            folded[position[id(same[0])]] = _together(same)
    return [folded[at] for at in sorted(folded)]


def _together(same: Sequence[ChangeGroup]) -> ChangeGroup:
    """One group for several that read the same: ``acme · Dental North and 37 more companies``."""
    places = tuple(group.rows[0].change.place for group in same)
    others = [label(place.company.known_as) for place in places[1:] if place.company is not None]
    return ChangeGroup(
        title=f"{same[0].title} and {len(others):,} more companies",
        rows=tuple(row._replace(places=places) for row in same[0].rows),
        others=", ".join(others),
    )


def by_place(changes: Iterable[Change]) -> list[ChangeGroup]:
    """One group a place, in the order in which the places first come."""
    found: dict[Place, list[ChangeRow]] = {}
    for change in changes:
        found.setdefault(change.place, []).append(
            ChangeRow(change, (change.place,), wording.named(change))
        )
    return [ChangeGroup(wording.title(place), tuple(rows)) for place, rows in found.items()]


def _likeness(group: ChangeGroup) -> object:
    """Equal for groups that may be reported once; a group that must stand alone equals no other."""
    changes = [row.change for row in group.rows]
    place = changes[0].place
    if place.company is None or any(map(_stands_alone, changes)):
        return place
    return (place.account, tuple(map(_read, changes)))


def _stands_alone(change: Change) -> bool:
    if _is_grave(change) or change.verb == "trash":
        return True
    return not isinstance(change, Create) and change.loss is not None


def _is_grave(change: Change) -> bool:
    return isinstance(change, Delete) or change.blocked_by is not None


def _read(change: Change) -> tuple[object, ...]:
    """Equal for changes that read the same; the ids of their tags are no part of that."""
    survivor = change.into and change.into.name if isinstance(change, Merge) else None
    shown = change.reason, change.since, change.cause
    return (*before_and_after(change), survivor, change.note, *shown)
