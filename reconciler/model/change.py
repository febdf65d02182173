"""One difference between desired and live, named after what will be done about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from reconciler.model.tag import LiveTag

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.model.problem import Source
    from reconciler.model.tag import Place, Tag


class Action(StrEnum):
    """What will be sent."""

    UPDATE = "update"
    CREATE = "create"
    DELETE = "delete"


class Reason(StrEnum):
    """Why it will be sent."""

    DECLARED = "declared"
    RENAMED_FROM = "renamed_from"
    STATE = "state"
    UNMANAGED = "unmanaged"


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


NONE = Count(0)
UNKNOWN = Count(0, Precision.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """What has a tag, so what a delete of it takes it off, or a rename and a disable concern.

    ``calls``, ``forms`` (submissions) and ``texts`` (threads) are CallRail's *interactions*,
    counted over the 25 months that it keeps; ``flows`` are call flows and message flows that apply
    the tag.
    """

    calls: Count = NONE
    forms: Count = NONE
    texts: Count = NONE
    flows: Count = NONE

    @classmethod
    def unknown(cls) -> Loss:
        """Of which nothing is known."""
        return cls(calls=UNKNOWN, forms=UNKNOWN, texts=UNKNOWN, flows=UNKNOWN)

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
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One request to come: ``before`` is None for a create, ``after`` for a delete.

    ``fields`` names what differs, of name, color and status. ``blocked_by`` says why it may not
    be sent, one reason a line (None: it may). ``loss`` is None where nobody counted.
    """

    action: Action
    place: Place
    tag_id: int | None
    before: Tag | None
    after: Tag | None
    fields: tuple[str, ...] = ()
    reason: Reason = Reason.DECLARED
    source: Source | None = None
    note: str | None = None
    blocked_by: str | None = None
    loss: Loss | None = None

    def __post_init__(self) -> None:
        """Refuse what could not be sent."""
        create, delete = self.action is Action.CREATE, self.action is Action.DELETE
        if create != (self.before is None) or create != (self.tag_id is None):
            raise ValueError(f"a {self.action} with tag_id {self.tag_id} and before {self.before}")
        if delete != (self.after is None):
            raise ValueError(f"a {self.action} with after {self.after}")

    @property
    def name(self) -> str:
        """What the tag will be called; for a delete, what it was called."""
        tag = self.after or self.before
        assert tag is not None  # noqa: S101 - __post_init__ holds it; said for the type checker
        return tag.name

    @property
    def objections(self) -> tuple[str, ...]:
        """The reasons why it may not be sent, one by one."""
        return () if self.blocked_by is None else tuple(self.blocked_by.split("\n"))

    @property
    def live(self) -> LiveTag:
        """The live tag that an update or delete starts from; a create has none (ValueError)."""
        if self.before is None or self.tag_id is None:
            raise ValueError("a create starts from no live tag")
        before = self.before
        return LiveTag(self.tag_id, before.name, before.color, before.status, self.place.company_id)


def one_a_line(reasons: Iterable[str]) -> str:
    """``reasons`` as ``Change.blocked_by`` holds them, whatever foreign text stands in one."""
    return "\n".join(reason.replace("\n", " ") for reason in reasons)


def companies_of(changes: Iterable[Change]) -> frozenset[str | None]:
    """Ids of the companies that ``changes`` touch, and None for the account level."""
    return frozenset(change.place.company_id for change in changes)


def needs_absence(change: Change) -> bool:
    """Whether ``change`` is right only if some tag is certain not to be live.

    A create or a new name, if that name is free; a delete, if the account's total is known, by
    which the guards measure it.
    """
    return change.action is not Action.UPDATE or "name" in change.fields
