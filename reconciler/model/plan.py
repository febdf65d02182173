"""A plan: everything that will be done, as data that can be saved, reviewed and compared."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

from reconciler.model.change import NONE, Action, Cause, Delete, Merge, Update, before_and_after
from reconciler.model.state import Policy
from reconciler.model.trash import undated

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reconciler.model.change import Change, Count
    from reconciler.model.news import News
    from reconciler.model.outcome import AccountError
    from reconciler.model.problem import Problem, Source
    from reconciler.model.tag import AccountRef, Company, LiveTag, Place
    from reconciler.model.trash import Day


class Beyond(NamedTuple):
    """What the whole configuration takes away in an account outside a narrowed plan.

    ``deletes`` and ``disables`` both count moves to the trash. ``interactions`` lose their tag by
    those deletes; ``flows`` apply the tags, one that may is one.
    """

    deletes: int = 0
    disables: int = 0
    interactions: Count = NONE
    flows: int = 0


NOTHING_BEYOND = Beyond()


class Allowance(NamedTuple):
    """What the server reported of an account's quota: of ``allowed`` requests ``per`` hour or day.

    ``left`` may still be sent; ``others`` were sent by others than this run.
    """

    per: str
    allowed: int
    left: int
    others: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountUse:
    """An account of a plan, and the requests that planning cost and applying will cost there.

    ``apply_requests`` holds one request a change, all those of merges (``merge_requests``), the
    reads before and after, and counting anew.
    ``connection``, ``api_key_env`` and ``requests_per_hour`` say how a saved plan reaches it again.
    ``allowance`` is what the server reported of the quota when the plan was made; None: nothing.
    ``policy``, where it stands (``source``, ``limits_source``) and ``beyond`` are what a saved plan
    is guarded by anew. ``companies``: the active ones, where they were read.
    """

    account: AccountRef
    plan_requests: int = 0
    apply_requests: int = 0
    merge_requests: int = 0
    connection: str | None = None
    api_key_env: str | None = None
    policy: Policy = field(default_factory=Policy)
    source: Source | None = None
    limits_source: Source | None = None
    beyond: Beyond = NOTHING_BEYOND
    requests_per_hour: int | None = None
    allowance: Allowance | None = None
    companies: tuple[Company, ...] = ()


class Summary(NamedTuple):
    """The plan's line of numbers; ``unmanaged`` counts undeclared tags that are kept.

    ``trash`` counts the updates that move a tag to the trash; ``update`` the others.
    """

    create: int = 0
    update: int = 0
    trash: int = 0
    merge: int = 0
    delete: int = 0
    unchanged: int = 0
    unmanaged: int = 0
    blocked: int = 0


class UnmanagedTag(NamedTuple):
    """A live tag that nobody declared and the plan leaves alone (listed on request).

    ``since``: what became of it since the snapshot that the plan was held against.
    """

    place: Place
    tag: LiveTag
    since: News | None = None


class Evidence(NamedTuple):
    """The snapshot that a plan was held against: when it was taken, the accounts (by handle) that
    it does not hold, and how many ``older`` differences it shows, where these were left out.
    """

    created_at: str
    lacking: tuple[str, ...] = ()
    older: int = 0


class Excepted(NamedTuple):
    """An exception that the configuration explains: ``company``, as it selects it, goes without
    ``tags``; until which day (None: it does not say), and why.
    """

    company: str
    tags: tuple[str, ...]
    until: Day | None
    reason: str | None
    source: Source


class Exempted(NamedTuple):
    """An exception that the configuration explains, with the ids of the companies that it means."""

    exception: Excepted
    companies: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrashedTag:
    """A tag that lies in the trash and stays there; from ``due`` on a plan deletes it (None: no
    plan does).
    """

    place: Place
    tag: LiveTag
    due: Day | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What the changes of a plan are distinguished by: the configuration of ``ref`` at ``commit``.

    ``unknown`` says why no cause is known; None: all are. ``undone``: changes that it plans and the
    plan does not, nor any other of their tags. ``unread``: handles of accounts that only it
    declares, so nobody read them. ``drift``: so many changes of drift are left out of the plan;
    None: none is left out on purpose.
    """

    ref: str
    commit: str | None = None
    unknown: str | None = None
    undone: tuple[Change, ...] = ()
    unread: tuple[str, ...] = ()
    drift: int | None = None


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What apply will do, in the order in which it is shown, and what the reviewer must know.

    ``created_at`` is an ISO 8601 time in UTC, or empty where none was noted. ``muted`` counts, by
    code, the warnings that the configuration declares known. ``unread``: accounts of the
    configuration that could not be read; nothing is planned there, the plan is partial.
    ``companies_unread``: of some account only its account level was read, because nothing else is
    declared there; ``unmanaged`` does not count its companies' tags. ``trash``: what lies there
    already and stays. ``exceptions``: those that the configuration explains. ``undoes``: the digest
    of the plan whose apply this one takes back. ``since``: the snapshot that it was held against; a
    change has what that shows of it. ``base`` is None where nobody asked for the causes of the
    changes.
    """

    accounts: tuple[AccountUse, ...]
    changes: tuple[Change, ...]
    unchanged: int = 0
    unmanaged: int = 0
    warnings: tuple[Problem, ...] = ()
    muted: Mapping[str, int] = field(default_factory=dict)
    unmanaged_tags: tuple[UnmanagedTag, ...] = ()
    trash: tuple[TrashedTag, ...] = ()
    exceptions: tuple[Excepted, ...] = ()
    gateway: str | None = None
    created_at: str = ""
    tool_version: str = ""
    unread: tuple[AccountError, ...] = ()
    companies_unread: bool = False
    undoes: str | None = None
    since: Evidence | None = None
    base: Base | None = None

    @cached_property
    def summary(self) -> Summary:
        """The counts of changes by action, with what stays as it is."""
        actions = [change.action for change in self.changes]
        trash = sum(isinstance(change, Update) and change.trashes for change in self.changes)
        return Summary(
            create=actions.count(Action.CREATE),
            update=actions.count(Action.UPDATE) - trash,
            trash=trash,
            merge=actions.count(Action.MERGE),
            delete=actions.count(Action.DELETE),
            unchanged=self.unchanged,
            unmanaged=self.unmanaged,
            blocked=sum(change.blocked_by is not None for change in self.changes),
        )

    @cached_property
    def digest(self) -> str:
        """``sha256:…`` of what will be done; see :func:`digest`."""
        return digest(self)

    @property
    def causes_known(self) -> bool:
        """Whether every change says what it comes from."""
        return self.base is not None and self.base.unknown is None

    @cached_property
    def this_change(self) -> Plan:
        """What is left without drift: its digest stays the same whatever drifts elsewhere."""
        return replace(self, changes=tuple(filter(is_of_this_change, self.changes)))

    @property
    def drift(self) -> tuple[Change, ...]:
        """The changes that the configuration before this one plans as well, as far as known."""
        drift = (change for change in self.changes if change.cause is Cause.DRIFT)
        return tuple(drift) if self.causes_known else ()

    @property
    def requests_used(self) -> int:
        """What planning cost, accounts that could not be read included."""
        used = sum(use.plan_requests for use in self.accounts)
        return used + sum(one.requests for one in self.unread)

    @property
    def merges(self) -> tuple[Merge, ...]:
        """The changes that give the interactions of one tag another."""
        return tuple(change for change in self.changes if isinstance(change, Merge))

    @property
    def deletes(self) -> tuple[Delete, ...]:
        """The changes that can't be undone."""
        return tuple(change for change in self.changes if isinstance(change, Delete))


def is_of_this_change(change: Change) -> bool:
    """Whether ``change`` is planned as it is only since the configuration was changed."""
    return change.cause in {Cause.THIS_CHANGE, Cause.BOTH}


DIGEST_VERSION: Final = 2
"""Raised when the digest covers something else: one of another version matches none of this one,
but for that of a plan without changes.

1: what is sent, to which id and against which live state, and whether it is blocked. 2: also how
the account is reached, and what deletes would lose, by class.
"""


def digest(plan: Plan) -> str:
    """The fingerprint of what ``plan`` does: equal for equal plans, whatever their order.

    It covers what is sent, to which id and against which live state, but for the day in the name
    of a tag that goes to the trash: the same plan may be made on another. Through which gateway,
    connection and key variable; whether it is blocked; and what each delete loses: nothing, some or
    unknown. Not how much, why, from which file or when: a reviewed plan is recognised after a
    merge, and while calls go on coming in.
    """
    # Line by line: the text of a large plan is never held whole.
    fingerprint = hashlib.sha256()
    for position, line in enumerate(sorted(line for line, _change in fingerprints(plan))):
        fingerprint.update(b"\n" * (position > 0))
        fingerprint.update(line.encode())
    return f"sha256:{fingerprint.hexdigest()}"


def fingerprints(plan: Plan) -> Iterator[tuple[str, Change]]:
    """Each change with all that the digest covers of it: plans with the same ones have the same."""
    ways = reached(plan)
    for change in plan.changes:
        covered = [
            DIGEST_VERSION,
            change.action.value,
            change.place.account.id,
            ways.get(change.place.account.id),
            change.place.level.value,
            change.place.company_id,
            change.tag_id,
            *_canonical(change),
            change.blocked_by is not None,
            _class_of_loss(change),
            *_of_merge(change),
        ]
        yield json.dumps(covered, separators=(",", ":")), change


def reached(plan: Plan) -> dict[str, list[str | None]]:
    """How each account is reached, by its id: gateway, connection, key variable."""
    return {
        use.account.id: [plan.gateway, use.connection, use.api_key_env] for use in plan.accounts
    }


def effect(change: Change) -> tuple[object, ...]:
    """What ``change`` does to which tag: equal for changes that do the same, whatever is known of
    them and whyever they are planned.
    """
    place = change.place
    where = (change.action, place.account.id, place.company_id, change.tag_id)
    return (*where, *_canonical(change), *_of_merge(change))


def _canonical(change: Change) -> list[list[str | None] | None]:
    """Both sides of ``change``; the day in a new trash name is no part of it."""
    trashes = isinstance(change, Update) and change.trashes
    return [
        None
        if tag is None
        else [undated(tag.name) if trashes else tag.name, tag.color, tag.status.value]
        for tag in before_and_after(change)
    ]


def _of_merge(change: Change) -> list[object]:
    """What only a merge has: the tag that survives. The name in the trash holds the day."""
    if not isinstance(change, Merge):
        return []
    tag = change.into
    return [None] if tag is None else [tag.id, [tag.name, tag.color, tag.status.value]]


def _class_of_loss(change: Change) -> str | None:
    """What a delete loses for good, as far as approving it depends on it; None for all else."""
    if not isinstance(change, Delete):
        return None
    counts = [] if change.loss is None else [change.loss.interactions, change.loss.flows]
    if any(count.number for count in counts):
        return "some"
    return "nothing" if counts and all(count.none for count in counts) else "unknown"
