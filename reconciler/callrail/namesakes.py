"""Whether a tag's name lives elsewhere, where what has the one can't be told from the other's.

Interactions show names, not ids. A call of a company that has "Spam" may have the account's tag of
that name or the company's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reconciler.callrail.exchange import Method, Request, path
from reconciler.callrail.memo import Memo
from reconciler.callrail.paging import PER_PAGE, Page, Source, parse_page, read_all, remaining_pages
from reconciler.callrail.retry import backoff
from reconciler.callrail.wire import live_tag
from reconciler.errors import ProtocolError, RejectedError

if TYPE_CHECKING:
    from reconciler.callrail.session import Door
    from reconciler.model.tag import LiveTag, Place
    from reconciler.provider import Listing

MOST_PAGES: Final = 4
"""Most pages of tags that are read to find namesakes; beyond, any name may have some."""


class Namesakes:
    """The names of an account's live tags: what was read for the plan, and more where needed."""

    def __init__(self, door: Door, account: str) -> None:
        self._door = door
        self._account = account
        self._seen: dict[int, LiveTag] = {}
        self._whole = False
        self._read = Memo(self._read_level)

    def learn(self, listing: Listing) -> None:
        """Take note of tags that were read anyway."""
        if listing.unread == 0:
            self._seen, self._whole = {}, True
        elif self._whole:
            return
        self._seen |= {tag.id: tag for tag in listing.tags}

    @property
    def names(self) -> set[str]:
        """Names of live tags, not always of all."""
        return {tag.name for tag in self._seen.values()}

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
            for other in self._seen.values()
        )

    async def _read_level(self, everything: bool) -> bool:
        """Read all tags, or those of account level; False where that is too much or refused."""
        query = () if everything else (("tag_level", "account"),)
        try:
            first = await self._page(1, query)
            if (remaining_pages(first) or 0) >= MOST_PAGES:
                return False
            source = Source(
                what="tags",
                fetch=lambda number: self._page(number, query),
                key=lambda tag: tag.id,
                pause=self._pause,
            )
            tags = await read_all(source, first=first)
        except (RejectedError, ProtocolError):
            return False
        self._seen |= {tag.id: tag for tag in tags}
        self._whole = self._whole or everything
        return True

    async def _page(self, number: int, query: tuple[tuple[str, str], ...]) -> Page[LiveTag]:
        answer = await self._door.call(
            Request(
                method=Method.GET,
                path=path("v3", "a", self._account, "tags.json"),
                query=(*query, ("page", str(number)), ("per_page", str(PER_PAGE))),
                account=self._account,
            )
        )
        return parse_page(answer.payload, rows="tags", parse=live_tag)

    async def _pause(self, read: int) -> None:
        run = self._door.run
        await run.sleep(backoff(read, run.settings.random))
