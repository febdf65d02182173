"""Makes one tag, and at most one, however the answer is lost.

Terms. The *baseline* is the last complete read before the request was sent. A tag is *new* when it
stands in the wanted place under the wanted name, is not in the baseline and was not made by another
create of this run.

Premise. One place and name is wanted once in a run, so one new tag is ours (or does what ours
would do). No new tag after two looks means that the request did nothing; it is sent once more.
Several can't be told apart: we stop.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from reconciler.callrail.exchange import Method, Request, path
from reconciler.callrail.ledger import unknown
from reconciler.callrail.session import StaleError, UnsettledError
from reconciler.callrail.wire import create_body, made_tag
from reconciler.errors import ProtocolError, ReconcilerError, RejectedError, UnknownOutcomeError
from reconciler.model.tag import Status
from reconciler.provider import Made

if TYPE_CHECKING:
    from reconciler.callrail.exchange import Answer
    from reconciler.callrail.ledger import Ledger
    from reconciler.model.tag import LiveTag, Place, Tag

_TAKEN = ("taken", "exist", "already", "duplicate", "unique")


async def create(ledger: Ledger, place: Place, tag: Tag) -> Made:
    """Create ``tag`` in ``place``; see :meth:`reconciler.provider.Provider.create`."""
    if tag.status is not Status.ENABLED:
        raise ValueError("the API creates enabled tags only")
    baseline = await ledger.baseline(place)
    return await _Creation(ledger, place, tag, baseline).run()


class _Creation:
    """One create, from the first request to a certain end."""

    def __init__(
        self, ledger: Ledger, place: Place, tag: Tag, baseline: tuple[LiveTag, ...]
    ) -> None:
        self._ledger = ledger
        self._place = place
        self._tag = tag
        self._baseline = baseline
        self._what = f"creating {tag.name!r}"
        self._request = Request(
            method=Method.POST,
            path=path("v3", "a", ledger.account, "tags.json"),
            body=create_body(place, tag),
            account=ledger.account,
        )

    async def run(self) -> Made:
        try:
            return await self._send(stale_at=self._ledger.stale_at)
        except StaleError:
            found = self._new(await self._ledger.fresh())
            if found is not None:
                return self._adopt_as_wanted(found, None)
        except UnsettledError as doubt:
            return await self._settle(doubt)
        try:
            return await self._send()
        except UnsettledError as doubt:
            return await self._settle(doubt)

    async def _settle(self, doubt: UnsettledError) -> Made:
        """Find the tag that a lost answer may have announced, or send once more."""
        if (found := await self._look(doubt)) is not None:
            return found
        await self._ledger.before_repeat(doubt, what=self._what, attempt=1)
        try:
            return await self._send()
        except UnsettledError as again:
            if (found := await self._look(again)) is not None:
                return found
            raise unknown(self._what, f"{doubt}; then {again}") from again
        except (RejectedError, UnknownOutcomeError):
            raise
        except ReconcilerError as error:
            raise unknown(self._what, f"{doubt}; then {error.message}") from error

    async def _send(self, *, stale_at: float = math.inf) -> Made:
        try:
            answer = await self._ledger.send(self._request, stale_at=stale_at)
        except RejectedError as refusal:
            if refusal.status not in {400, 409, 422} or not _says_taken(refusal):
                raise
            return await self._taken(refusal)
        return self._announced(answer)

    def _announced(self, answer: Answer) -> Made:
        """The tag that the answer describes; UnsettledError when it is not what was asked for."""
        try:
            tag = made_tag(answer.payload, self._place, self._tag)
        except ProtocolError as error:
            raise UnsettledError(f"the server accepted it, but {error.message}") from error
        if not self._matches(tag) or tag.id in self._ledger.made:
            raise UnsettledError("the server accepted it, but its answer describes another tag")
        old = self._ledger.knew(tag.id)
        self._ledger.made.add(tag.id)
        return Made(tag=tag, adopted=old)

    async def _look(self, doubt: UnsettledError) -> Made | None:
        for look in range(2):
            live = await self._ledger.settle(doubt, what=self._what, look=look)
            found = self._new(live)
            if found is not None:
                self._ledger.made.add(found.id)
                return Made(tag=found, adopted=True)
        return None

    async def _taken(self, refusal: RejectedError) -> Made:
        """The name is taken: by a request of ours that was thought lost, or by someone else."""
        try:
            found = self._new(await self._ledger.fresh())
        except UnknownOutcomeError:
            raise
        except ReconcilerError as error:
            raise unknown(self._what, f"{refusal.message}; {error.message}") from error
        if found is None:
            raise _conflict(self._tag, refusal)
        return self._adopt_as_wanted(found, refusal)

    def _adopt_as_wanted(self, found: LiveTag, refusal: RejectedError | None) -> Made:
        wanted = self._tag.color in {None, found.color} and found.status is Status.ENABLED
        if not wanted:
            raise _conflict(self._tag, refusal)
        self._ledger.made.add(found.id)
        return Made(tag=found, adopted=True)

    def _new(self, live: tuple[LiveTag, ...]) -> LiveTag | None:
        """The one new tag, or None; UnknownOutcomeError when there are several."""
        candidates = [tag for tag in live if self._matches(tag) and tag.id not in self._ledger.made]
        if not candidates:
            return None
        old = {tag.id for tag in self._baseline if self._matches(tag)}
        new = [tag for tag in candidates if tag.id not in old]
        if len(new) > 1:
            ids = ", ".join(str(tag.id) for tag in new)
            raise unknown(self._what, f"{len(new)} new tags bear that name there (ids {ids})")
        return new[0] if new else None

    def _matches(self, tag: LiveTag) -> bool:
        return tag.name == self._tag.name and tag.company_id == self._place.company_id


def _says_taken(refusal: RejectedError) -> bool:
    said = refusal.message.lower()
    return any(word in said for word in _TAKEN)


def _conflict(tag: Tag, refusal: RejectedError | None) -> RejectedError:
    said = f": {refusal.message}" if refusal is not None else ""
    return RejectedError(
        f"{tag.name!r} is taken by another tag{said}",
        status=409 if refusal is None else refusal.status,
        hint="Someone made it since the plan, or the server compares names more loosely: "
        "plan again.",
    )
