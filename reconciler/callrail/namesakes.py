"""Whether another tag has a tag's name, so that interactions do not show which they have.

Interactions show names, not ids. A call of a company that has "Spam" may have the account's tag of
that name or the company's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reconciler.callrail.concurrency import Memo
from reconciler.callrail.paging import listing_of, read_all, remaining_pages
from reconciler.callrail.wire import live_tag
from reconciler.errors import ProtocolError, RejectedError

if TYPE_CHECKING:
    from reconciler.callrail.api import ApiSession
    from reconciler.model.tag import LiveTag, Place
    from reconciler.provider import Listing

MOST_PAGES: Final = 4
"""Most pages of tags that are read to find namesakes; beyond, any name may have some."""


class Namesakes:
    """The names of an account's live tags: what was read for the plan, and more where needed."""

    def __init__(self, session: ApiSession, account: str) -> None:
        self._session = session
        self._account = account
        self._seen: dict[int, LiveTag] = {}
        self._new: list[tuple[LiveTag, ...]] = []
        self._whole = False
        self._read = Memo(self._read_level)

    def learn(self, listing: Listing) -> None:
        """Take note of tags that were read anyway."""
        if listing.unread == 0:
            self._seen, self._new, self._whole = {}, [], True
        elif self._whole:
            return
        self._new.append(listing.tags)

    @property
    def names(self) -> set[str]:
        """Names of live tags, not always of all."""
        return {tag.name for tag in self._tags().values()}

    async def shares(self, place: Place, tag: LiveTag) -> bool:
        """Whether another tag that interactions of ``place`` can have is called as ``tag`` is.

        True also where nobody knows. Raises AuthError, QuotaError or an ApiError.
        """
        if not self._whole and not await self._read.of(place.company_id is None):
            return True
        return any(
            other.name == tag.name
            and other.id != tag.id
            and (place.company_id is None or other.company_id in {None, place.company_id})
            for other in self._tags().values()
        )

    def _tags(self) -> dict[int, LiveTag]:
        """What was seen, by id; brought up to date when asked for, which many plans never do."""
        for tags in self._new:
            self._seen |= {tag.id: tag for tag in tags}
        self._new.clear()
        return self._seen

    async def _read_level(self, everything: bool) -> bool:
        """Read all tags, or those of account level; False where that is too much or refused."""
        listing = listing_of(
            self._session,
            self._account,
            "tags.json",
            rows=("tags",),
            parse=live_tag,
            key=lambda tag: tag.id,
            query=() if everything else (("tag_level", "account"),),
        )
        try:
            first = await listing.fetch(1)
            if (remaining_pages(first) or 0) >= MOST_PAGES:
                return False
            tags = await read_all(listing, first=first)
        except (RejectedError, ProtocolError):
            return False
        self._new.append(tags)
        self._whole = self._whole or everything
        return True
