"""The two sides of a plan: what is declared and what is live."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from reconciler.model.tag import Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.model.change import Loss
    from reconciler.model.problem import Problem, Source
    from reconciler.model.tag import AccountRef, Company, LiveTag
    from reconciler.model.usage import Beside


class Gateway(StrEnum):
    """The API that requests go to."""

    MATON = "maton"
    CALLRAIL = "callrail"


class State(StrEnum):
    """What a declaration wants of its tag."""

    ENABLED = "enabled"
    DISABLED = "disabled"
    ABSENT = "absent"
    ANY = "any"
    """Enabled or disabled, as people left it; created enabled where it is missing."""


_STATUSES = {State.ENABLED: Status.ENABLED, State.DISABLED: Status.DISABLED}
"""The status that a state asks for; the others ask for none."""


class Unmanaged(StrEnum):
    """What happens to live tags of covered places that nobody declared."""

    KEEP = "keep"
    DISABLE = "disable"
    DELETE = "delete"


class Declaration(NamedTuple):
    """One block of ``tags:``, shared by all the places that it lands in.

    ``color`` None: not managed. ``source`` is where the block starts. Tags named in
    ``merged_from`` become this one: by a rename, or by a merge where several are live; with
    ``keep_id`` the live tag that has the declared name is never the one that is given up.
    """

    name: str
    source: Source
    color: str | None = None
    state: State = State.ENABLED
    renamed_from: tuple[str, ...] = ()
    merged_from: tuple[str, ...] = ()
    keep_id: bool = False
    note: str | None = None

    @property
    def former_names(self) -> tuple[str, ...]:
        """Every name that this tag had or has beside its own, in the order written."""
        return self.renamed_from + self.merged_from

    @property
    def status(self) -> Status | None:
        """The status that is asked for; None: not managed."""
        return _STATUSES.get(self.state)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one plan may take away, per account; what can't be counted is never within it.

    ``deletes`` of tags and moves to the trash, ``disables`` (also by ``unmanaged: disable``),
    ``delete_percent`` of the live tags, ``interactions`` (calls, forms and texts) that lose their
    tag, and ``flows`` that apply a tag which is deleted or moved to the trash.
    """

    deletes: int = 5
    disables: int = 20
    delete_percent: int = 25
    interactions: int = 100
    flows: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How an account treats tags that are live; ``protect`` and ``ignore`` hold globs of names.

    ``requests_per_hour``: the most that a run may send, so that the rest is left to others.
    ``trash``: the days that a tag stays in the trash before a plan deletes it; None: no trash, tags
    are deleted at once.
    """

    unmanaged: Unmanaged = Unmanaged.KEEP
    protect: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    requests_per_hour: int | None = None
    trash: int | None = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One entry of ``accounts:``. ``connection`` is Maton's; ``api_key_env`` names a variable.

    ``source`` is where the entry starts; None where no file says it.
    ``id_source`` is where its id is written; None where no file says it.
    ``api_key_source`` is where the name of the variable is written, None where no file says it.
    ``limits_source`` is where its ``limits`` stand; None where it has none of its own.
    """

    ref: AccountRef
    source: Source | None = None
    connection: str | None = None
    api_key_env: str | None = None
    api_key_source: Source | None = None
    policy: Policy = field(default_factory=Policy)
    id_source: Source | None = field(default=None, compare=False)
    limits_source: Source | None = field(default=None, compare=False)

    @property
    def handle(self) -> str:
        """The name that flags and output use."""
        return self.ref.handle


class DesiredAccount(NamedTuple):
    """What is declared in one account: company id (None: account level) -> name -> declaration.

    A place is covered when it is a key here. ``promoted``: company id -> name of the company's own
    tags -> the declaration on account level whose tag they become.
    """

    account: Account
    companies: Mapping[str, Company]
    tags: Mapping[str | None, Mapping[str, Declaration]]
    promoted: Mapping[str, Mapping[str, Declaration]] = MappingProxyType({})


class Desired(NamedTuple):
    """Everything that is declared, with the selectors already turned into companies."""

    accounts: tuple[DesiredAccount, ...]
    warnings: tuple[Problem, ...] = ()


class LiveAccount(NamedTuple):
    """One account as it is: all its tags, or all of the companies that the work concerns.

    ``unread`` counts live tags that the cheapest complete read left out; ``requests`` what the
    reading cost. ``usage``: what has each tag, by its id; None: nobody counted. ``odd`` counts rows
    that are no tags as we know them: where there are some, what is not in ``tags`` may be live.
    ``beside``: what else is on the interactions of tags in the trash, by their ids.
    """

    account: AccountRef
    tags: tuple[LiveTag, ...]
    companies: Mapping[str, Company]
    unread: int = 0
    requests: int = 0
    usage: Mapping[int, Loss] | None = None
    odd: int = 0
    beside: Mapping[int, Beside] = MappingProxyType({})


class Snapshot(NamedTuple):
    """Live state as it was saved at ``created_at``: ISO 8601, UTC, as far as the file is right."""

    created_at: str
    accounts: tuple[LiveAccount, ...]
