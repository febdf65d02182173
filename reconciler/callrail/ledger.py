"""What a run knows to be live in one account, and the fresh look that settles a write in doubt."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from reconciler.callrail.listing import Coalesced, TagReader
from reconciler.callrail.retry import backoff
from reconciler.errors import ReconcilerError, UnknownOutcomeError

if TYPE_CHECKING:
    from reconciler.callrail.exchange import Answer, Request
    from reconciler.callrail.session import Door, UnsettledError
    from reconciler.model.tag import LiveTag, Place
    from reconciler.provider import Listing

_FRESH: Final = 60.0
"""Seconds for which a look is relied on. A quota's pause is longer: live state may have moved."""


class Ledger:
    """The last complete read, the ids that this run made, and the way to read again."""

    def __init__(self, door: Door, account: str) -> None:
        self.door = door
        self.account = account
        self.made: set[int] = set()
        self.reader = TagReader(door, account)
        self._scope: frozenset[str | None] | None = None
        self._proven = False
        self._seen: Listing | None = None
        self._seen_at = math.inf
        self._ids: frozenset[int] | None = None
        self._look = Coalesced(self._read)

    async def read(self, places: frozenset[str | None] | None, *, proven: bool = False) -> Listing:
        """Read ``places`` (None: everything); later looks read as much, and as surely."""
        self._scope, self._proven = places, proven
        return await self._read()

    async def baseline(self, place: Place) -> tuple[LiveTag, ...]:
        """What was live in ``place`` and elsewhere before this run's next write.

        Costs nothing where it was read before.
        """
        if self._scope is not None and place.company_id not in self._scope:
            self._scope, self._seen = None, None
        if self._seen is not None and not self._seen.proven:
            # What a filter does not show may be live all the same, and would be made twice.
            self._seen, self._proven = None, True
        seen = self._seen or await self._look.fresh()
        return seen.tags

    @property
    def stale_at(self) -> float:
        """When the last look is too old to create or delete by (monotonic seconds).

        Never where this run took none: then whoever asks for the write has looked.
        """
        return self._seen_at + _FRESH

    async def send(self, request: Request, *, stale_at: float = math.inf) -> Answer:
        """Send a write; see :meth:`Door.call`. It waits while a look is taken.

        Our own creates and deletes would shift the pages under the look, until it gives up.
        """
        await self._look.idle()
        return await self.door.call(request, stale_at=stale_at)

    def knew(self, tag_id: int) -> bool:
        """Whether the tag was live when tags were last read."""
        if self._ids is None:
            self._ids = frozenset(tag.id for tag in self._seen.tags) if self._seen else frozenset()
        return tag_id in self._ids

    async def fresh(self) -> tuple[LiveTag, ...]:
        """Live tags by a read that begins now or later; shared with all who wait for one."""
        return (await self._look.fresh()).tags

    async def settle(self, doubt: UnsettledError, *, what: str, look: int) -> tuple[LiveTag, ...]:
        """Wait until ``doubt`` can have shown its effect, then look.

        ``look`` counts from 0. When the looking fails ``what`` stays unknown: UnknownOutcomeError.
        """
        delays = self.door.run.settings.settle
        try:
            await self.door.run.sleep(delays[min(look, len(delays) - 1)])
            return await self.fresh()
        except ReconcilerError as error:
            raise unknown(what, f"{doubt}; looking failed too: {error.message}") from error

    async def before_repeat(self, doubt: UnsettledError, *, what: str, attempt: int) -> None:
        """Wait before a write is repeated; UnknownOutcomeError when the run may repeat no more."""
        run = self.door.run
        if not run.retries.take(requests=run.requests):
            raise unknown(what, f"{doubt}; the run has made too many repeats already")
        try:
            await run.sleep(backoff(attempt, run.settings.random))
        except ReconcilerError as error:
            raise unknown(what, f"{doubt}; {error.message}") from error

    async def close(self) -> None:
        """End reads that nobody waits for any more."""
        await self._look.close()

    async def _read(self) -> Listing:
        scope, began = self._scope, self.door.run.now()
        listing = await self.reader.tags(scope, proven=self._proven)
        if scope == self._scope:
            self._seen, self._ids, self._seen_at = listing, None, began
        return listing


def unknown(what: str, why: object) -> UnknownOutcomeError:
    """The error for a write that stays in doubt: ``what`` in the -ing form, and ``why``."""
    return UnknownOutcomeError(
        f"{what} may or may not have happened: {why}",
        hint="Run it again: it reads live state first and goes on from there.",
    )
