"""The differences between desired and live, each named after what will be sent about it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, NamedTuple, TypeAlias

from reconciler.model.interaction import Kind
from reconciler.model.tag import Status, Tag
from reconciler.model.trash import parse

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from reconciler.model.interaction import Interaction
    from reconciler.model.news import News
    from reconciler.model.problem import Source
    from reconciler.model.tag import LiveTag, Place


class Action(StrEnum):
    """What will be sent."""

    UPDATE = "update"
    CREATE = "create"
    MERGE = "merge"
    DELETE = "delete"


class Reason(StrEnum):
    """Why it will be sent."""

    DECLARED = "declared"
    RENAMED_FROM = "renamed_from"
    STATE = "state"
    UNMANAGED = "unmanaged"
    MERGED_FROM = "merged_from"
    TRASH = "trash"
    """A rename to its trash name and a disable, for a tag that is in use and no longer wanted."""
    RESTORED = "restored"
    """Taken back from the trash, because its name is declared again."""
    PURGE = "purge"
    """Deleted because its time in the trash is over."""
    UNDO = "undo"
    RENAMED_BACK = "renamed_back"
    """A tag that had the declared name when the snapshot of ``--since`` was taken."""


class Cause(StrEnum):
    """Where a change comes from, told by what the configuration before this change plans."""

    THIS_CHANGE = "this change"
    """Only the configuration at hand plans it."""
    DRIFT = "drift"
    """The one before plans the same: live state is not as it says."""
    BOTH = "both"
    """Both plan something for the tag, and not the same."""


class Precision(StrEnum):
    """How sure a count is."""

    EXACT = "exact"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Count:
    """How many things have a tag, and how sure that is; ``number`` is 0 where it is unknown.

    A count stands for a range, ``least`` to ``most``: what it does not say is never taken for zero.
    """

    number: int
    precision: Precision = Precision.EXACT

    def __post_init__(self) -> None:
        """Refuse what is no count, and the spellings of one that is said otherwise."""
        exact, unknown = (self.precision is one for one in (Precision.EXACT, Precision.UNKNOWN))
        if self.number < 0 or (not exact and unknown != (self.number == 0)):
            raise ValueError(f"a count of {self.number}, {self.precision}")

    @classmethod
    def between(cls, least: int, most: int | None) -> Count:
        """The count that says most about the range; ``most`` is None where nothing bounds it.

        Of a range with two bounds the upper one is kept: limits ask for it.
        """
        if most is None:
            return cls(least, Precision.AT_LEAST) if least else UNKNOWN
        return cls(most) if least == most else cls(most, Precision.AT_MOST)

    @property
    def least(self) -> int:
        """So many at least."""
        return self.number if self.precision in {Precision.EXACT, Precision.AT_LEAST} else 0

    @property
    def most(self) -> int | None:
        """So many at most; None: there may be any number."""
        return self.number if self.precision in {Precision.EXACT, Precision.AT_MOST} else None

    @property
    def none(self) -> bool:
        """Whether there is certainly none."""
        return self.most == 0

    def __add__(self, other: Count) -> Count:
        """The sum, as sure as the less sure of the two."""
        bounded = self.most is not None and other.most is not None
        most = (self.most or 0) + (other.most or 0) if bounded else None
        return Count.between(self.least + other.least, most)

    def less(self, part: Count) -> Count:
        """What is left without ``part`` of them, as sure as the less sure of the two."""
        least = 0 if part.most is None else max(0, self.least - part.most)
        return Count.between(least, None if self.most is None else max(0, self.most - part.least))


NONE = Count(0)
UNKNOWN = Count(0, Precision.UNKNOWN)


class Applied(NamedTuple):
    """How many flows apply a tag, and what those that do or may are called."""

    number: Count
    names: tuple[str, ...] = ()

    @classmethod
    def any_of(cls, several: Iterable[Applied]) -> Applied:
        """The flows that apply any of some tags; one that applies two of them is one flow."""
        found = list(several)
        named = [one for one in found if one.number.most == len(one.names)]
        certain = {name for one in named if one.number.least for name in one.names}
        names = {name for one in found for name in one.names}
        least = max([len(certain), *(one.number.least for one in found)])
        every = [one.number.most for one in found]
        most = None if None in every else sum(one or 0 for one in every)
        if len(named) == len(found):
            most = len(names)
        return cls(Count.between(least, most), tuple(sorted(names)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """What has a tag, so what a delete of it takes it off, or a rename and a disable concern.

    ``calls``, ``forms`` (submissions) and ``texts`` (threads) are CallRail's *interactions*,
    counted over the 25 months that it keeps; ``flows`` are call flows and message flows that apply
    the tag, ``flow_names`` what those that do or may are called, as far as that is known.
    """

    calls: Count = NONE
    forms: Count = NONE
    texts: Count = NONE
    flows: Count = NONE
    flow_names: tuple[str, ...] = ()

    @classmethod
    def unknown(cls) -> Loss:
        """Of which nothing is known."""
        return cls(calls=UNKNOWN, forms=UNKNOWN, texts=UNKNOWN, flows=UNKNOWN)

    @classmethod
    def of(cls, interactions: Iterable[Interaction]) -> Loss:
        """What ``interactions`` are, each of them seen; flows apart."""
        number = Counter(one.kind for one in interactions)
        return cls(
            calls=Count(number[Kind.CALL]),
            forms=Count(number[Kind.FORM]),
            texts=Count(number[Kind.TEXT]),
        )

    @property
    def interactions(self) -> Count:
        """Calls, forms and texts together."""
        return self.calls + self.forms + self.texts

    def __add__(self, other: Loss) -> Loss:
        """Both, kind by kind."""
        return Loss(
            calls=self.calls + other.calls,
            forms=self.forms + other.forms,
            texts=self.texts + other.texts,
            flows=self.flows + other.flows,
            flow_names=tuple(sorted({*self.flow_names, *other.flow_names})),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Planned:
    """What is known of every change: its place, why it is planned, and what keeps it from going.

    ``blocked_by`` says why it may not be sent, one reason a line (None: it may). ``since``: what
    people did that made it necessary, as far as a snapshot shows it. ``cause`` is None where no
    configuration before this one is known.
    """

    place: Place
    reason: Reason = Reason.DECLARED
    source: Source | None = None
    note: str | None = None
    blocked_by: str | None = None
    since: News | None = None
    cause: Cause | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The names that its tag has, from the live one to the one that it will have."""
        raise NotImplementedError

    @property
    def name(self) -> str:
        """What the tag will be called; for a delete, what it was called."""
        return self.names[-1]

    @property
    def objections(self) -> tuple[str, ...]:
        """The reasons why it may not be sent, one by one."""
        return () if self.blocked_by is None else tuple(self.blocked_by.split("\n"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Create(_Planned):
    """A tag that is not live will be: ``after``."""

    action: ClassVar = Action.CREATE
    verb: ClassVar = "create"
    tag_id: ClassVar[None] = None

    after: Tag

    @property
    def names(self) -> tuple[str, ...]:
        """The new name."""
        return (self.after.name,)

    @property
    def touches(self) -> Hashable:
        """Equal for changes of one tag; a plan holds no two of them."""
        return self.place.account.id, self.place.company_id, self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfLiveTag(_Planned):
    """A change that starts from a live tag, ``before``; ``loss`` is None where nobody counted."""

    before: LiveTag
    loss: Loss | None = None

    def __post_init__(self) -> None:
        """Refuse a tag that lives elsewhere."""
        if self.before.company_id != self.place.company_id:
            raise ValueError(f"in {self.place}, and its tag is not")

    @property
    def tag_id(self) -> int:
        """The live tag's id."""
        return self.before.id

    @property
    def touches(self) -> Hashable:
        """Equal for changes of one tag; a plan holds no two of them."""
        return self.place.account.id, self.before.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Update(_OfLiveTag):
    """The live tag ``before`` becomes ``after``; ``fields`` are those that differ.

    ``trashes``: whether it moves the tag to the trash, whatever its reason says; ``restores``:
    whether it takes the tag back from there; ``disables``: whether it takes the tag out of use and
    keeps it. ``verb`` is one word for people.
    """

    action: ClassVar = Action.UPDATE

    after: Tag
    fields: tuple[str, ...]
    trashes: bool = field(init=False, repr=False, compare=False)
    restores: bool = field(init=False, repr=False, compare=False)
    disables: bool = field(init=False, repr=False, compare=False)
    verb: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Report what it does to the tag: guards, order and words ask again and again."""
        _OfLiveTag.__post_init__(self)
        was, will_be = (parse(tag.name) is not None for tag in (self.before, self.after))
        object.__setattr__(self, "trashes", will_be and not was)
        object.__setattr__(self, "restores", was and not will_be)
        was_in_use = self.before.status is Status.ENABLED
        object.__setattr__(self, "disables", was_in_use and self.after.status is Status.DISABLED)
        object.__setattr__(self, "verb", "trash" if self.trashes else "update")

    @property
    def names(self) -> tuple[str, ...]:
        """The live name and the new one."""
        return self.before.name, self.after.name

    @property
    def name(self) -> str:
        """What the tag will be called; on its way to the trash, what people know it as."""
        return self.before.name if self.trashes else self.after.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete(_OfLiveTag):
    """The live tag ``before`` goes for good; ``purges``: from the trash."""

    action: ClassVar = Action.DELETE

    purges: bool = field(init=False, repr=False, compare=False)
    verb: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Tell whether the tag lay in the trash."""
        _OfLiveTag.__post_init__(self)
        object.__setattr__(self, "purges", parse(self.before.name) is not None)
        object.__setattr__(self, "verb", "purge" if self.purges else "delete")

    @property
    def names(self) -> tuple[str, ...]:
        """The live name."""
        return (self.before.name,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge(_OfLiveTag):
    """The interactions of the live tag ``before`` get the tag ``into``; then ``before`` is kept in
    the trash, disabled, as ``trash_name``.

    ``after`` is what ``into`` will be in the end. It differs from ``into`` where the cheaper way
    round is taken: the tag that has the declared name is given up, ``into`` takes that name over,
    and the fewer interactions get it. ``before`` that has ``trash_name`` already is a merge under
    way. ``loss`` counts what ``before`` has: that gets ``into``, and nothing is taken off.

    A merge that ``promotes`` gives what has a company's tag the account's; ``into`` None is the
    one that the same plan creates there, as ``after``.
    """

    action: ClassVar = Action.MERGE
    verb: ClassVar = "merge"

    into: LiveTag | None
    after: Tag
    trash_name: str

    def __post_init__(self) -> None:
        """Refuse a tag that interactions of the place can't have."""
        _OfLiveTag.__post_init__(self)
        if self.into_company_id not in {None, self.place.company_id} or (
            self.into is None and self.place.company is None
        ):
            raise ValueError(f"in {self.place}, and its other tag is not live there")

    @property
    def into_company_id(self) -> str | None:
        """Whose tag the other is; None: the account's."""
        return None if self.into is None else self.into.company_id

    @property
    def promotes(self) -> bool:
        """Whether a company's tag becomes the account's."""
        return self.into_company_id != self.place.company_id

    @property
    def names(self) -> tuple[str, ...]:
        """The name that is given up, and the one that its interactions get."""
        return self.before.name, self.after.name

    @property
    def trashed(self) -> LiveTag:
        """``before`` as it lies in the trash."""
        after = Tag(self.trash_name, self.before.color, Status.DISABLED)
        return self.before.changed_to(after)

    @property
    def under_way(self) -> bool:
        """Whether ``before`` is in the trash already, and only interactions are left."""
        return self.before == self.trashed

    @property
    def renames(self) -> bool:
        """Whether ``into`` takes over the declared name from ``before``: the cheaper way round."""
        return self.before.name == self.after.name and not self.promotes


Change: TypeAlias = Create | Update | Merge | Delete
"""One step to come: a request, or a merge's many. Frozen and compared by value: no two changes of a
plan are equal, because each touches another tag.
"""


def before_and_after(change: Change) -> tuple[Tag | None, Tag | None]:
    """What is comparable of the live tag that ``change`` starts from, and the tag that it makes.

    Of a merge: the tag that is given up, and what the other will be in the end.
    """
    match change:
        case Create(after=after):
            return None, after
        case Update(before=before, after=after) | Merge(before=before, after=after):
            return before.tag, after
        case Delete(before=before):
            return before.tag, None


def one_a_line(reasons: Iterable[str]) -> str:
    """``reasons`` as ``Change.blocked_by`` holds them, whatever foreign text stands in one."""
    return "\n".join(reason.replace("\n", " ") for reason in reasons)


def companies_of(changes: Iterable[Change]) -> frozenset[str | None]:
    """Ids of the companies that ``changes`` touch, and None for the account level."""
    found: set[str | None] = set()
    for change in changes:
        found.add(change.place.company_id)
        if isinstance(change, Merge):
            found.add(change.into_company_id)
    return frozenset(found)


def needs_absence(change: Change) -> bool:
    """Whether ``change`` is right only if some tag is certain not to be live.

    A create, a merge or a new name, if the name that it gives is free; a delete, if the account's
    total is known, by which the guards measure it.
    """
    return not isinstance(change, Update) or "name" in change.fields
