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
    """How sure a count of calls is."""

    EXACT = "exact"
    AT_LEAST = "at_least"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Impact:
    """Calls of the 25 months of retention that bear a tag; ``calls`` is 0 where unknown."""

    calls: int
    precision: Precision = Precision.EXACT


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One request to come: ``before`` is None for a create, ``after`` for a delete.

    ``fields`` names what differs, of name, color and status. ``blocked_by`` says why it may not
    be sent (None: it may). ``impact`` is None where nobody counted.
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
    impact: Impact | None = None

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
    def live(self) -> LiveTag:
        """The live tag that an update or delete starts from; a create has none (ValueError)."""
        if self.before is None or self.tag_id is None:
            raise ValueError("a create starts from no live tag")
        before = self.before
        return LiveTag(self.tag_id, before.name, before.color, before.status, self.place.company_id)


def companies_of(changes: Iterable[Change]) -> frozenset[str] | None:
    """Ids of the companies that ``changes`` touch; None when the account level is among them."""
    ids = {change.place.company_id for change in changes}
    return None if None in ids else frozenset(one for one in ids if one is not None)
