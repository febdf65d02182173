"""What a tag is and where it lives."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, Protocol


class Level(StrEnum):
    """``tag_level`` of the API: seen by every company of the account, or by one."""

    ACCOUNT = "account"
    COMPANY = "company"


class Status(StrEnum):
    """``status`` of a live tag."""

    ENABLED = "enabled"
    DISABLED = "disabled"


class AccountRef(NamedTuple):
    """An account as plans name it: the configuration's handle and CallRail's id (``ACC…``).

    ``name`` is what CallRail calls it; None where no request was spent on asking.
    """

    handle: str
    id: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Company:
    """A company of an account (``COM…``); a deleted one stays listed with ``active`` False.

    ``has_namesake``: another company of the account has the same name.
    """

    id: str
    name: str
    active: bool = True
    has_namesake: bool = field(default=False, compare=False)

    @property
    def known_as(self) -> str:
        """What people must read to know which company is meant: its name, and its id if need be."""
        return f"{self.name} ({self.id})" if self.has_namesake else self.name


class Place(NamedTuple):
    """(account, level, company): where a tag lives. ``company`` is None on account level."""

    account: AccountRef
    company: Company | None = None

    @property
    def level(self) -> Level:
        """The level that the API would call this place's."""
        return Level.ACCOUNT if self.company is None else Level.COMPANY

    @property
    def company_id(self) -> str | None:
        """The company's id, or None on account level."""
        return None if self.company is None else self.company.id

    def __str__(self) -> str:
        company = "account" if self.company is None else self.company.known_as
        return f"{self.account.handle} · {company}"


@dataclass(frozen=True, slots=True)
class Tag:
    """The part of a tag that can be declared and compared.

    ``color`` None in a desired tag means "the server chooses"; in live state, that the server named
    none.
    """

    name: str
    color: str | None = None
    status: Status = Status.ENABLED


class LiveTag(NamedTuple):
    """A tag as the server listed it. Kept flat and small: an account may hold 100,000."""

    id: int
    name: str
    color: str | None
    status: Status
    company_id: str | None

    @property
    def tag(self) -> Tag:
        """The comparable part."""
        return Tag(self.name, self.color, self.status)

    def changed_to(self, after: Values) -> LiveTag:
        """This tag once it is as ``after`` asks."""
        tag = completed(self, after)
        return LiveTag(self.id, tag.name, tag.color, tag.status, self.company_id)


class Values(Protocol):
    """What is compared: of a tag, or of a declaration, which may leave open all but the name."""

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def color(self) -> str | None: ...  # noqa: D102

    @property
    def status(self) -> Status | None: ...  # noqa: D102


FIELDS = ("name", "color", "status")
"""What can differ, in the order in which it is shown."""


def differing(before: Values, after: Values) -> tuple[str, ...]:
    """Which of ``FIELDS`` must change to make ``before`` what ``after`` asks for.

    A colour or status that ``after`` leaves open (None) is not managed: it differs from nothing.
    """
    color, status = after.color, after.status
    fields: tuple[str, ...] = ()
    if before.name != after.name:
        fields = ("name",)
    if color is not None and before.color != color:
        fields += ("color",)
    if status is not None and before.status is not status:
        fields += ("status",)
    return fields


def completed(before: Tag | LiveTag, after: Values) -> Tag:
    """The tag that ``after`` asks for; what it leaves open stays as it was ``before``."""
    color = before.color if after.color is None else after.color
    return Tag(after.name, color, after.status or before.status)
