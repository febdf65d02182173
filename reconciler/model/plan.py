"""A plan: everything that will be done, as data that can be saved, reviewed and compared."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from reconciler.model.change import Action

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reconciler.model.change import Change
    from reconciler.model.problem import Problem
    from reconciler.model.tag import AccountRef, LiveTag, Place, Tag


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountUse:
    """An account of a plan, and the requests that planning cost and applying will cost there.

    ``apply_requests`` holds one request a change and the looks before and after. ``connection``
    and ``api_key_env`` say how a saved plan reaches it again.
    """

    account: AccountRef
    plan_requests: int = 0
    apply_requests: int = 0
    connection: str | None = None
    api_key_env: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The plan's line of numbers; ``unmanaged`` counts undeclared tags that are kept."""

    create: int = 0
    update: int = 0
    delete: int = 0
    unchanged: int = 0
    unmanaged: int = 0
    blocked: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmanagedTag:
    """A live tag that nobody declared and the plan leaves alone (listed on request)."""

    place: Place
    tag: LiveTag


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What apply will do, in the order in which it is shown, and what the reviewer must know.

    ``created_at`` is an ISO 8601 time in UTC, or empty where none was noted. ``muted`` counts, by
    code, the warnings that the configuration declares known.
    """

    accounts: tuple[AccountUse, ...]
    changes: tuple[Change, ...]
    unchanged: int = 0
    unmanaged: int = 0
    warnings: tuple[Problem, ...] = ()
    muted: Mapping[str, int] = field(default_factory=dict)
    unmanaged_tags: tuple[UnmanagedTag, ...] = ()
    gateway: str | None = None
    created_at: str = ""
    tool_version: str = ""

    @cached_property
    def summary(self) -> Summary:
        """The counts of changes by action, with what stays as it is."""
        actions = [change.action for change in self.changes]
        return Summary(
            create=actions.count(Action.CREATE),
            update=actions.count(Action.UPDATE),
            delete=actions.count(Action.DELETE),
            unchanged=self.unchanged,
            unmanaged=self.unmanaged,
            blocked=sum(change.blocked_by is not None for change in self.changes),
        )

    @cached_property
    def digest(self) -> str:
        """``sha256:…`` of what will be done; see :func:`digest`."""
        return digest(self.changes)

    @property
    def deletes(self) -> tuple[Change, ...]:
        """The changes that can't be undone."""
        return tuple(change for change in self.changes if change.action is Action.DELETE)


def digest(changes: Iterable[Change]) -> str:
    """The fingerprint of what ``changes`` do: equal for equal plans, whatever their order.

    It covers what is sent, to which id and against which live state, and whether it is blocked;
    not why, from which file or when. That way a reviewed plan is recognised after a merge.
    """
    lines = sorted(
        json.dumps(
            [
                change.action.value,
                change.place.account.id,
                change.place.level.value,
                change.place.company_id,
                change.tag_id,
                _canonical(change.before),
                _canonical(change.after),
                change.blocked_by is not None,
            ],
            separators=(",", ":"),
        )
        for change in changes
    )
    return "sha256:" + hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _canonical(tag: Tag | None) -> list[str | None] | None:
    return None if tag is None else [tag.name, tag.color, tag.status.value]
