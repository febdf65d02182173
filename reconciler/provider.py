"""What planning and apply need of a backend, in the model's terms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection

    from reconciler.model.change import Loss
    from reconciler.model.tag import Company, LiveTag, Place, Tag


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A complete, consistent read: every tag of the account, or of the companies asked for.

    ``unread`` counts the account's other tags, which a cheaper read left out.
    """

    tags: tuple[LiveTag, ...]
    unread: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A created tag; ``adopted`` when the answer was lost and the tag was found by looking."""

    tag: LiveTag
    adopted: bool = False


class Provider(Protocol):
    """One account's tags. Every method may raise AuthError, QuotaError or an ApiError.

    A write raises RejectedError when the server refused it for good, and UnknownOutcomeError when
    nobody can say; it never repeats what can't be repeated safely.
    """

    @property
    def requests(self) -> int:
        """Requests sent for this account so far, retries and failed ones included."""

    async def companies(self) -> tuple[Company, ...]:
        """All companies, the disabled ones marked."""

    async def tags(self, companies: Collection[str] | None = None) -> Listing:
        """Live tags, read in the cheapest complete way.

        ``companies``: only these companies' own tags are needed (account level is not); None:
        everything is.
        """

    async def create(self, place: Place, tag: Tag) -> Made:
        """Make one tag, at most one under any fault."""

    async def update(self, before: LiveTag, after: Tag) -> LiveTag:
        """Change name, colour or status of ``before`` to ``after``; sends only what differs."""

    async def delete(self, tag: LiveTag) -> None:
        """Delete; a tag that is already gone counts as deleted."""

    async def usage(self, place: Place, tag: LiveTag) -> Loss:
        """What has ``tag`` of ``place``: interactions, and the flows that apply it."""
