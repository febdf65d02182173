"""Holds an account's live tags against its configuration, or against what most companies have.

Terms. A *name* stands for all its spellings in the account: the declared one, else the one that is
on account level, else the one in most places. A *cell* is a name in one place.

Method. With a configuration a place should have what is declared there. Without one, a name that is
live on account level belongs there, because every company sees it; else it belongs in every company
where more than half of them have it, in whatever spelling, in the colour that most have; else it
belongs nowhere. Only active companies count.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from reconciler.model.audit import (
    AccountAudit,
    Cell,
    CellState,
    Counted,
    NameAudit,
    Spelling,
    Trashed,
    Usage,
)
from reconciler.model.names import any_alike
from reconciler.model.state import State
from reconciler.model.tag import Level, Status, Tag, differing
from reconciler.model.trash import parse
from reconciler.model.usage import NameAt, Use
from reconciler.planning.narrowing import EVERYTHING, Narrowing
from reconciler.planning.tag_uses import TagUses
from reconciler.text.alike import alike, groups

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from reconciler.model.change import Applied
    from reconciler.model.plan import Exempted
    from reconciler.model.problem import Source
    from reconciler.model.state import DesiredAccount, LiveAccount
    from reconciler.model.tag import Company, LiveTag, Values
    from reconciler.model.usage import Uses

    Tags = Mapping[str | None, Sequence[LiveTag]]
    """Live tags by company id; None: account level."""

T = TypeVar("T", bound=str)


def audit(
    live: LiveAccount,
    desired: DesiredAccount | None = None,
    uses: Uses | None = None,
    applied: Mapping[int, Applied] = MappingProxyType({}),
    narrowing: Narrowing = EVERYTHING,
    exceptions: Sequence[Exempted] = (),
) -> AccountAudit:
    """``live``, name by name; ``narrowing`` limits what is shown, not what it is compared with.

    ``desired`` None: there is no configuration; ``uses`` None: nobody counted. ``applied``: the
    flows that apply tags, by id. ``exceptions``: why names are not declared in companies.
    """
    sorted_out = _sort_out(live, desired)
    spellings = _spellings(sorted_out, desired, uses)
    companies = sorted_out.companies
    shown = tuple(one for one in companies if narrowing.covers_company(one))
    auditor = _Auditor(
        companies=companies,
        shown=(*([] if narrowing.companies else [None]), *shown),
        desired=desired,
        exceptions=exceptions,
        counts=None if uses is None else TagUses(live.tags, uses),
        applied=applied,
    )
    names = [
        auditor.name(head, members, sorted_out.by_name)
        for head, members in spellings.items()
        if narrowing.covers_tag(*members)
    ]
    names = [one for one in names if one.cells]
    return AccountAudit(
        account=live.account,
        declared=desired is not None,
        companies=companies,
        shown=shown,
        names=tuple(sorted(names, key=_order)),
        tags=sum(len(cell.tags) for one in names for cell in one.cells.values()),
        trash=tuple(
            Trashed(company, tag)
            for company, tag in sorted_out.trash
            if narrowing.covers_company(company) and narrowing.covers_tag(tag.name)
        ),
        exceptions=tuple(
            one
            for one in exceptions
            if narrowing.covers_tag(*one.exception.tags)
            and (not narrowing.companies or {*one.companies} & {company.id for company in shown})
        ),
        of_disabled=sorted_out.of_disabled,
        ignored=sorted_out.ignored,
        counted=None if uses is None else Counted(uses.since, uses.until, uses.uncounted),
        requests=live.requests,
    )


def _order(one: NameAudit) -> tuple[bool, bool, int, str, str]:
    deviating = sum(cell.deviates for cell in one.cells.values())
    return not one.deviates, one.is_extra, -deviating, one.name.casefold(), one.name


class _Sorted(NamedTuple):
    """The live tags that names speak of, by name and place; and what is none of them."""

    companies: tuple[Company, ...]
    by_name: Mapping[str, Tags]
    trash: Sequence[tuple[Company | None, LiveTag]]
    of_disabled: int
    ignored: int


def _sort_out(live: LiveAccount, desired: DesiredAccount | None) -> _Sorted:
    active = {one.id: one for one in live.companies.values() if one.active}
    others = any_alike(() if desired is None else desired.account.policy.ignore)
    by_name: dict[str, dict[str | None, list[LiveTag]]] = defaultdict(lambda: defaultdict(list))
    trash: list[tuple[Company | None, LiveTag]] = []
    of_disabled = ignored = 0
    for tag in live.tags:
        if tag.company_id is not None and tag.company_id not in active:
            of_disabled += 1
        elif parse(tag.name) is not None:
            trash.append((active.get(tag.company_id or ""), tag))
        elif others(tag.name):
            ignored += 1
        else:
            by_name[tag.name][tag.company_id].append(tag)
    times = Counter(one.name for one in active.values())
    companies = sorted(
        (replace(one, has_namesake=times[one.name] > 1) for one in active.values()),
        key=lambda one: (one.name.casefold(), one.name, one.id),
    )
    return _Sorted(tuple(companies), by_name, trash, of_disabled, ignored)


def _spellings(
    live: _Sorted, desired: DesiredAccount | None, uses: Uses | None
) -> dict[str, list[str]]:
    """Each name that stands for others, with all of its spellings; itself first."""
    blocks = (
        [] if desired is None else [b for there in desired.tags.values() for b in there.values()]
    )
    declared = dict.fromkeys(block.name for block in blocks)
    former = {old: block.name for block in blocks for old in block.former_names}
    for promoted in () if desired is None else desired.promoted.values():
        former |= {old: block.name for old, block in promoted.items()}
    others = sorted(live.by_name.keys() - declared.keys(), key=lambda one: _weight(one, live, uses))
    head_of = {name: former.get(name, name) for name in others}
    for group in groups([*declared, *(name for name in others if name not in former)]):
        heads = [name for name in group if name in declared] or group[:1]
        for name in group:
            if name not in declared:
                head_of[name] = next((one for one in heads if alike(name, one)), heads[0])
    found: dict[str, list[str]] = {name: [name] for name in declared}
    for name in others:
        found.setdefault(head_of[name], []).append(name)
    return found


def _weight(name: str, live: _Sorted, uses: Uses | None) -> tuple[bool, int, int, str]:
    """Orders spellings: one on account level, those in most places, those used most, first."""
    places = live.by_name[name]
    everywhere = any(one.status is Status.ENABLED for one in places.get(None, ()))
    use = None if uses is None else uses.of.get(NameAt(name, None))
    used = 0 if use is None else use.loss.interactions.number
    return not everywhere, -len(places), -used, name


@dataclass(slots=True, kw_only=True)
class _Auditor:
    """``shown``: the companies whose cells are wanted; None among them is account level."""

    companies: Sequence[Company]
    shown: Sequence[Company | None]
    desired: DesiredAccount | None
    exceptions: Sequence[Exempted]
    counts: TagUses | None
    applied: Mapping[int, Applied]
    _declared: CellState = field(init=False)

    def __post_init__(self) -> None:
        """Report what a place that does not deviate is like."""
        known = CellState.AS_MOST if self.desired is None else CellState.AS_DECLARED
        self._declared = known

    def name(self, head: str, members: Sequence[str], by_name: Mapping[str, Tags]) -> NameAudit:
        """What there is to say of ``head``, which ``members`` are spellings of."""
        live = {name: by_name[name] for name in members if name in by_name}
        norm = self._most(head, live) if self.desired is None else self._norm(head, self.desired)
        cells: dict[str | None, Cell] = {}
        for company in self.shown:
            place = None if company is None else company.id
            cell = self._cell(head, place, live, norm)
            if cell.states:
                cells[place] = cell
        spellings = (self._spelling(name, there) for name, there in live.items() if name != head)
        return NameAudit(
            name=head,
            levels=norm.levels,
            color=norm.color,
            cells=cells,
            spellings=tuple(one for one in spellings if one.places),
            use=self._use(head),
            source=norm.source,
        )

    def _norm(self, head: str, desired: DesiredAccount) -> _Norm:
        """What is declared."""
        every = {
            place: declared[head] for place, declared in desired.tags.items() if head in declared
        }
        blocks = {place: one for place, one in every.items() if one.state is not State.ABSENT}
        colors = Counter(one.color for one in blocks.values() if one.color is not None)
        return _Norm(
            expected=blocks,
            levels=_levels(blocks),
            color=_commonest(colors),
            source=min((one.source for one in (blocks or every).values()), default=None),
            excepted=frozenset(
                company_id
                for one in self.exceptions
                if head in one.exception.tags
                for company_id in one.companies
            ),
            absent=every.keys() - blocks.keys(),
        )

    def _most(self, head: str, live: Mapping[str, Tags]) -> _Norm:
        """What most companies have, or the account for all of them."""
        on_account = [tag for there in live.values() for tag in there.get(None, ())]
        on_account.sort(key=lambda tag: (tag.status is Status.DISABLED, tag.name != head, tag.id))
        having = {place for there in live.values() for place in there if place is not None}
        most = 2 * len(having) > len(self.companies)
        if on_account and (on_account[0].status is Status.ENABLED or not most):
            tag = on_account[0]
            expected = Tag(head, tag.color, tag.status)
            return _Norm({None: expected}, frozenset([Level.ACCOUNT]), tag.color)
        if not most:
            return _Norm({}, frozenset(), None)
        own = [tags[0] for place, tags in live[head].items() if place is not None]
        status = _commonest(Counter(tag.status for tag in own)) or Status.ENABLED
        color = _commonest(Counter(tag.color for tag in own if tag.color is not None))
        wanted = Tag(head, color, status)
        return _Norm({one.id: wanted for one in self.companies}, frozenset([Level.COMPANY]), color)

    def _cell(self, head: str, place: str | None, live: Mapping[str, Tags], norm: _Norm) -> Cell:
        own = live[head].get(place, ()) if head in live else ()
        others = [
            tag for name, there in live.items() if name != head for tag in there.get(place, ())
        ]
        usages = tuple(
            Usage(
                tag,
                None if self.counts is None else self.counts.of(tag),
                self.applied.get(tag.id),
            )
            for tag in (*own, *others)
        )
        return Cell(self._states(norm, place, own, others), usages)

    def _states(
        self, norm: _Norm, place: str | None, own: Sequence[LiveTag], others: Sequence[LiveTag]
    ) -> tuple[CellState, ...]:
        """What to report of a place; nothing where it has none of the name and needs none."""
        expected = norm.expected.get(place)
        # What is disabled can't be chosen any more: beside another it is no second spelling.
        others = [tag for tag in others if not own or tag.status is Status.ENABLED]
        shown = (*own, *others)
        if not shown:
            needed = expected is not None and expected.status is not Status.DISABLED
            return (CellState.MISSING,) if needed else ()
        if expected is None:
            if own and place in norm.absent:
                return (CellState.STILL_LIVE,)
            return self._unexpected(norm, place, shown, bool(others))
        fields = differing(shown[0], expected)
        states = [CellState.SPELT_OTHERWISE] * bool(others)
        states += [CellState.OTHER_COLOR] * ("color" in fields)
        if "status" in fields:
            disabled = shown[0].status is Status.DISABLED
            states.append(CellState.DISABLED if disabled else CellState.ENABLED)
        states += [CellState.TWICE] * (len(own) > 1)
        return tuple(states) or (self._declared,)

    def _unexpected(
        self, norm: _Norm, place: str | None, shown: Sequence[LiveTag], misspelt: bool
    ) -> tuple[CellState, ...]:
        """What to report of a place that has ``shown`` and where nothing of it is expected."""
        if all(tag.status is Status.DISABLED for tag in shown):
            return (CellState.RETIRED,)
        if place in norm.excepted:
            return (CellState.EXCEPTED,)
        states = [CellState.SPELT_OTHERWISE] * (misspelt and bool(norm.levels))
        level = Level.ACCOUNT if place is None else Level.COMPANY
        if not norm.levels or level in norm.levels:
            return (*states, CellState.EXTRA)
        other = norm.color not in {None, shown[0].color}
        return (*states, *[CellState.OTHER_COLOR] * other, CellState.OTHER_LEVEL)

    def _spelling(self, name: str, there: Tags) -> Spelling:
        places = tuple(one for one in self.shown if (None if one is None else one.id) in there)
        return Spelling(name, places, self._use(name))

    def _use(self, name: str) -> Use | None:
        """What shows ``name`` in the companies that are shown, or in the whole account."""
        if self.counts is None:
            return None
        if None in self.shown:
            return self.counts.at(name, None)
        found = [self.counts.at(name, one.id) for one in self.shown if one is not None]
        known = [one for one in found if one is not None]
        total = known[0] if known else None
        for one in known[1:]:
            total = one.plus(total) if total else one
        return total


class _Norm(NamedTuple):
    """What places should have of a name, by company id (None: account level).

    ``excepted`` are the companies of which the configuration explains that they go without,
    ``absent`` the places where it is declared absent.
    """

    expected: Mapping[str | None, Values]
    levels: frozenset[Level]
    color: str | None
    source: Source | None = None
    excepted: frozenset[str] = frozenset()
    absent: AbstractSet[str | None] = frozenset()


def _levels(places: Iterable[str | None]) -> frozenset[Level]:
    return frozenset(Level.ACCOUNT if one is None else Level.COMPANY for one in places)


def _commonest(times: Counter[T]) -> T | None:
    """The one that comes most often; of several the first by name."""
    return min(times, key=lambda one: (-times[one], one), default=None)
