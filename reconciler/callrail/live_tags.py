"""What a run knows to be live in one account, how old that is, and the reads that renew it."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Final

from reconciler.callrail.api import StaleError
from reconciler.callrail.concurrency import SingleFlight
from reconciler.callrail.listing import TagReader
from reconciler.callrail.paging import PER_PAGE
from reconciler.concurrency import side_by_side
from reconciler.errors import ProtocolError, RejectedError

if TYPE_CHECKING:
    from collections.abc import Collection

    from reconciler.callrail.api import ApiSession, Check
    from reconciler.callrail.exchange import Answer, Request
    from reconciler.model.tag import LiveTag, Place
    from reconciler.provider import Listing

FRESH: Final = 2.0
"""Seconds for which a read is relied on by a PUT or a DELETE, and by a POST that had to wait."""
_OLD: Final = 60.0
"""Seconds for which a listing is relied on by a POST."""
_NEVER: Final = -math.inf


class LiveTags:
    """The newest reads, the ids that this run made or changed, and how to read again.

    ``made`` and ``touched`` hold the ids that this run created or adopted, and those that it sent
    an update or delete for; ``desired`` the places and names of the creates that have not ended.
    """

    def __init__(self, session: ApiSession, account: str) -> None:
        self.session = session
        self._now = session.run.now
        self.account = account
        self.made: dict[int, float] = {}
        self.touched: set[int] = set()
        self.desired: Counter[tuple[str | None, str]] = Counter()
        self.reader = TagReader(session, account)
        self._scope: frozenset[str | None] | None = None
        self._proven = False
        self._listing: Listing | None = None
        self._listed_at = _NEVER
        self._began_at = _NEVER
        self._busy_at = _NEVER
        self._quickest: float | None = None
        """Seconds that the quickest request took."""
        self._seen_at: dict[int, float] = {}
        self._tags: dict[int, LiveTag] = {}
        self._by_name: dict[tuple[str | None, str], LiveTag] | None = None
        """By place and name; made of ``_tags`` once a create asks, which no plan does."""
        self._ids: frozenset[int] = frozenset()
        self._planned: frozenset[int] | None = None
        self._appeared: dict[int, LiveTag] = {}
        self._due: dict[str | None, set[int]] = {}
        self._reads = SingleFlight(self._read_asked)
        self._renewals = SingleFlight(self._renew)

    @property
    def colors(self) -> frozenset[str]:
        """The colours that tags of the account have, as far as they were read."""
        colors = {tag.color for tag in self._tags.values()}
        return frozenset(filter(None, colors))

    async def read(self, places: frozenset[str | None] | None, *, proven: bool = False) -> Listing:
        """Read ``places`` (None: everything); later reads cover as much, and as surely.

        A read of many pages takes its time: what it shows counts as seen when it began.
        """
        self._scope, self._proven = places, proven
        return await self._read(asked=False)

    async def baseline(self, place: Place) -> frozenset[int]:
        """Ids of what the newest listing showed; free where ``place`` was read before."""
        if self._scope is not None and place.company_id not in self._scope:
            self._scope, self._listing, self._planned = None, None, None
        if self._listing is not None and not self._listing.proven:
            # What a filter does not show may be live all the same, and would be made twice.
            self._listing, self._proven = None, True
        if self._listing is None:
            await self.fresh()
        return self._ids

    def named(self, place: Place, name: str) -> LiveTag | None:
        """A tag of that very name in ``place``, as the newest reads of this run show it."""
        if self._by_name is None:
            self._by_name = {(tag.company_id, tag.name): tag for tag in self._tags.values()}
        return self._by_name.get((place.company_id, name))

    @property
    def appeared(self) -> Collection[LiveTag]:
        """Tags that have appeared since this run's first listing and that it did not make."""
        return [tag for tag in self._appeared.values() if tag.id not in self.made]

    def written(self, tag: LiveTag) -> None:
        """Take over what became of a tag that this run changed."""
        self._put(tag)

    def created(self, tag: LiveTag) -> None:
        """Take over that this run made or adopted ``tag``."""
        self.made[tag.id] = self._now()
        self._put(tag)

    def lags(self) -> bool:
        """Whether the newest listing misses a tag that this run had made before it began."""
        return any(
            moment <= self._began_at and tag_id not in self._ids
            for tag_id, moment in self.made.items()
        )

    def expect_fresh(self, tag: LiveTag) -> None:
        """Raise StaleError when ``tag`` was last read too long ago to be written to."""
        if not self._is_fresh(tag):
            raise StaleError

    @property
    def recent(self) -> bool:
        """Whether the listing is new enough for a POST.

        A run that stood still, for a quota or because its machine slept, has missed what others did
        meanwhile. One whose server never answers sooner did not stand still.
        """
        return self._now() - self._listed_at <= self._longest()

    def recently_read(self, tag: LiveTag) -> bool:
        """Whether ``tag`` was read recently enough to be put on interactions, as for a POST."""
        return self._now() - self._last_read(tag) <= self._longest()

    async def recent_state(self, tag: LiveTag) -> LiveTag | None:
        """``tag`` as a recent read shows it; None when it is gone. Raises as ``now`` does."""
        return self._tags.get(tag.id) if self.recently_read(tag) else await self.anew(tag)

    async def now(self, tag: LiveTag) -> LiveTag | None:
        """``tag`` as a read of the last two seconds shows it; None when it is gone.

        One read serves all who ask meanwhile. Raises what reading raises, never NotFoundError.
        """
        return self._tags.get(tag.id) if self._is_fresh(tag) else await self.anew(tag)

    async def anew(self, tag: LiveTag) -> LiveTag | None:
        """``tag`` by a read that begins after this call; None when it is gone."""
        self._due.setdefault(tag.company_id, set()).add(tag.id)
        try:
            await self._renewals.fresh()
            found = self._tags.get(tag.id)
            if found is None and self._listing is not None and not self._listing.proven:
                # A filter that hides it proves nothing.
                self._proven = True
                await self._reads.fresh()
        except RejectedError as error:
            raise _unread(error) from error
        if (found := self._tags.get(tag.id)) is None and self._listing and self._listing.odd:
            raise ProtocolError("live tags can't be read for certain: the listing has an odd row")
        return found

    async def send(self, request: Request, *, check: Check, urgent: bool = False) -> Answer:
        """Send a write; see :meth:`ApiSession.call`. It waits while a listing is read.

        Our own creates and deletes would shift the pages under the read, until it gives up.
        """
        sent_at = _NEVER

        def sent() -> None:
            nonlocal sent_at
            check()
            self._busy_at = sent_at = self._now()

        await self._reads.idle()
        answer = await self.session.call(request, check=sent, urgent=urgent)
        self._took(since=sent_at)
        return answer

    async def fresh(self) -> tuple[LiveTag, ...]:
        """Live tags by a read that begins now or later; shared with all who wait for one."""
        try:
            return (await self._reads.fresh()).tags
        except RejectedError as error:
            raise _unread(error) from error

    async def close(self) -> None:
        """End reads that nobody waits for any more."""
        await self._renewals.close()
        await self._reads.close()

    def _is_fresh(self, tag: LiveTag) -> bool:
        return self._now() - self._last_read(tag) <= FRESH

    def _longest(self) -> float:
        """Seconds for which a read is relied on by what makes or puts on tags."""
        paused = self._now() - self._busy_at > FRESH + (self._quickest or 0.0)
        return FRESH if paused else _OLD

    def _last_read(self, tag: LiveTag) -> float:
        """When ``tag`` was last read, or seen to be gone."""
        covered = self._scope is None or tag.company_id in self._scope
        listed = self._listed_at if covered else _NEVER
        return max(listed, self._seen_at.get(tag.id, _NEVER))

    async def _read_asked(self) -> Listing:
        return await self._read(asked=True)

    async def _read(self, *, asked: bool) -> Listing:
        scope = self._scope
        began, waited = self._now(), self._waited()
        listing = await self.reader.tags(scope, proven=self._proven)
        if scope == self._scope:
            self._listing, self._began_at = listing, began
            # Who asked for this very read acts on it at once: it can't be had any newer. Unless a
            # quota stopped it half way: then its first pages are old.
            newest = asked and waited == self._waited()
            self._listed_at = self._now() if newest else began
            self._busy_at = self._now()
            self._took(since=began)
            self._seen_at.clear()
            self._tags = {tag.id: tag for tag in listing.tags}
            self._by_name = None
            self._ids = frozenset(self._tags)
            if self._planned is None:
                self._planned = self._ids
            appeared = self._ids - self._planned
            self._appeared = {one: self._tags[one] for one in self._tags if one in appeared}
        return listing

    async def _renew(self) -> None:
        """Read what is due in the cheapest way: place by place, or all that was read before.

        What a place's filter shows is live. What it does not show may be live all the same,
        because a filter is proved on the whole only: then the whole is read.
        """
        due, self._due = self._due, {}
        if self._listing is None or self._pages() <= len(due):
            await self._reads.fresh()
            return
        shown = await side_by_side(map(self._read_place, due))
        if not set().union(*due.values()) <= set().union(*shown):
            await self._reads.fresh()

    async def _read_place(self, company_id: str | None) -> set[int]:
        """Take over what a place's filter shows now; the ids of it."""
        page = await self.reader.first_page(company_id)
        # Each has its own moment: another place's request may have to wait for the quota.
        now = self._now()
        for tag in page:
            self._put(tag)
            self._seen_at[tag.id] = now
        return {tag.id for tag in page}

    def _took(self, *, since: float) -> None:
        """Learn from a request that was sent at ``since`` how soon the server answers."""
        took = self._now() - since
        self._quickest = took if self._quickest is None else min(self._quickest, took)

    def _waited(self) -> float:
        """Seconds for which the account had to wait for its quota so far."""
        return self.session.run.quota(self.account).waited

    def _pages(self) -> int:
        """Requests that reading all again takes."""
        listing = self._listing
        if listing is None:
            return 1
        if listing.cost is not None:
            return listing.cost
        return max(1, math.ceil((len(listing.tags) + (listing.unread or 0)) / PER_PAGE))

    def _put(self, tag: LiveTag) -> None:
        self._tags[tag.id] = tag
        if self._by_name is not None:
            self._by_name[tag.company_id, tag.name] = tag
        if self._planned is not None and tag.id not in self._planned:
            self._appeared[tag.id] = tag


def _unread(error: RejectedError) -> ProtocolError:
    # A listing that is not found does not mean that a tag is gone.
    return ProtocolError(f"live tags can't be read again: {error.message}", hint=error.hint)
