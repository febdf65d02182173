"""What became of tags and companies between two readings, by id: so a rename is a rename."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from reconciler.model.tag import Status
from reconciler.model.trash import kept, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.model.change import Loss
    from reconciler.model.outcome import AccountError
    from reconciler.model.tag import AccountRef, Company, LiveTag, Place


class News(StrEnum):
    """What happened, the weightiest first; one thing may have happened beside another."""

    GONE = "gone"
    ANEW = "anew"
    """Deleted, and created anew under the same name: another id, without its history."""
    TRASHED = "trashed"
    RENAMED = "renamed"
    MOVED = "moved"
    """In another place; the API knows no way to do that."""
    DISABLED = "disabled"
    RECOLORED = "recolored"
    ENABLED = "enabled"
    RESTORED = "restored"
    """Taken back from the trash."""
    NEW = "new"


def news_of(before: LiveTag | None, after: LiveTag | None) -> tuple[News, ...]:
    """What became of the tag ``before``, now ``after`` (None: not live), the weightiest first.

    A rename to a trash name and the disable that goes with it are one thing, and so is the way
    back.
    """
    if before is None or after is None:
        return (News.NEW if before is None else News.GONE,) if before is not after else ()
    return tuple(sorted(_between(before, after), key=_WEIGHT.__getitem__))


def _between(before: LiveTag, after: LiveTag) -> Iterator[News]:
    was, lies = parse(before.name), parse(after.name)
    if before.id != after.id:
        yield News.ANEW
    if before.company_id != after.company_id:
        yield News.MOVED
    if was is None and lies is not None:
        yield News.TRASHED
        renamed = lies.kept != kept(before.name)
    elif was is not None and lies is None:
        yield News.RESTORED
        renamed = was.kept != kept(after.name)
    else:
        renamed = before.name != after.name
        if before.status is not after.status:
            yield News.DISABLED if after.status is Status.DISABLED else News.ENABLED
    if renamed:
        yield News.RENAMED
    if before.color != after.color:
        yield News.RECOLORED


_WEIGHT = {one: weight for weight, one in enumerate(News)}


@dataclass(frozen=True, slots=True, kw_only=True)
class TagNews:
    """One tag ``before`` and ``after``; None: it was, or is, not live.

    ``had`` and ``has``: what had it and what has it, where both readings counted that; of one that
    is live by one of them, where that one did. ``news`` is empty where nothing but these counts
    differs. ``place`` is where it is, or was.
    """

    place: Place
    before: LiveTag | None
    after: LiveTag | None
    had: Loss | None = None
    has: Loss | None = None
    news: tuple[News, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Work out what became of it."""
        object.__setattr__(self, "news", news_of(self.before, self.after))

    @property
    def tag(self) -> LiveTag:
        """The tag as last seen."""
        tag = self.after or self.before
        assert tag is not None  # noqa: S101 - one of the two is there; for the type checker
        return tag


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyNews:
    """One company ``before`` and ``after``; None: it was, or is, not listed."""

    account: AccountRef
    before: Company | None
    after: Company | None

    @property
    def company(self) -> Company:
        """The company as last seen."""
        company = self.after or self.before
        assert company is not None  # noqa: S101 - one of the two is there; for the type checker
        return company

    @property
    def news(self) -> tuple[News, ...]:
        """What became of it, the weightiest first."""
        before, after = self.before, self.after
        if before is None or after is None:
            return (News.NEW if before is None else News.GONE,)
        renamed = (News.RENAMED,) if before.name != after.name else ()
        if before.active == after.active:
            return renamed
        return (*renamed, News.ENABLED if after.active else News.DISABLED)


class AccountNews(NamedTuple):
    """What became of one account's tags and companies; what stayed as it was is left out.

    ``same`` counts the tags that are as they were.
    """

    account: AccountRef
    tags: tuple[TagNews, ...]
    companies: tuple[CompanyNews, ...]
    same: int


class Reading(NamedTuple):
    """Where one side of a comparison comes from: a ``file``, or (None) live state; and its time."""

    file: str | None
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two readings, compared account by account.

    ``only_old``, ``only_new``: accounts that the other does not hold, of which nothing can be said;
    ``unread``: those that could not be read now.
    """

    old: Reading
    new: Reading
    accounts: tuple[AccountNews, ...]
    only_old: tuple[AccountRef, ...] = ()
    only_new: tuple[AccountRef, ...] = ()
    unread: tuple[AccountError, ...] = ()
    requests: int = 0
    tool_version: str = ""

    @property
    def tags(self) -> tuple[TagNews, ...]:
        """Every tag that something became of."""
        return tuple(one for account in self.accounts for one in account.tags if one.news)

    @property
    def used(self) -> tuple[TagNews, ...]:
        """Every tag of which nothing but what has it differs."""
        return tuple(one for account in self.accounts for one in account.tags if not one.news)

    @property
    def companies(self) -> tuple[CompanyNews, ...]:
        """Every company that something became of."""
        return tuple(one for account in self.accounts for one in account.companies)

    @property
    def differs(self) -> bool:
        """Whether anything became of a tag or a company; that more or less has a tag is no such
        thing.
        """
        return bool(self.tags or self.companies)
