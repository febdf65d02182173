"""One account's tags: reads them whole, and writes so that nothing is done twice or left in doubt.

A PUT or DELETE that may have happened is settled by looking: wait a little, read live state anew,
compare. When it shows no effect it is sent again, at most twice; what is in doubt after that is
reported as unknown. How a create is settled stands in ``create``.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeVar

from reconciler.callrail.create import create
from reconciler.callrail.exchange import Method, Request, path
from reconciler.callrail.impact import CallCounter
from reconciler.callrail.ledger import Ledger, unknown
from reconciler.callrail.session import StaleError, UnsettledError
from reconciler.callrail.wire import changed_tag, update_body
from reconciler.errors import NotFoundError, ProtocolError, ReconcilerError, RejectedError
from reconciler.model.change import Loss

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection

    from reconciler.callrail.exchange import Answer
    from reconciler.callrail.session import Door
    from reconciler.model.tag import Company, LiveTag, Place, Tag
    from reconciler.provider import Listing, Made

_WRITES: Final = 3

T = TypeVar("T")


class AccountProvider:
    """Implements :class:`reconciler.provider.Provider` over HTTP.

    ``lost`` is asked when the server does not know the account; it returns the error to raise.
    """

    def __init__(
        self,
        door: Door,
        account: str,
        *,
        lost: Callable[[NotFoundError], Awaitable[ReconcilerError]] | None = None,
    ) -> None:
        self._door = door
        self._account = account
        self._lost = lost
        self._ledger = Ledger(door, account)
        self._calls = CallCounter(door, account)

    @property
    def requests(self) -> int:
        """Requests sent for this account so far, retries and failed ones included."""
        return self._door.run.quota(self._account).requests

    async def companies(self) -> tuple[Company, ...]:
        """All companies, the disabled ones marked. Raises AuthError, QuotaError or an ApiError."""
        return await self._known(self._ledger.reader.companies())

    async def tags(self, companies: Collection[str] | None = None) -> Listing:
        """Live tags, complete: of ``companies`` at least, or of the whole account (None)."""
        scope = None if companies is None else frozenset(companies)
        return await self._known(self._ledger.read(scope))

    async def create(self, place: Place, tag: Tag) -> Made:
        """Make one tag, at most one under any fault.

        Raises RejectedError when the server refuses it, UnknownOutcomeError when two looks and one
        repeat leave it in doubt.
        """
        return await create(self._ledger, place, tag)

    async def update(self, before: LiveTag, after: Tag) -> LiveTag:
        """Change ``before`` to ``after``; sends only what differs, and nothing when nothing does.

        Raises NotFoundError when the tag is gone, RejectedError when the server refuses or does not
        do it, UnknownOutcomeError when nobody can say.
        """
        body = update_body(before, after)
        if not body:
            return before
        write = _Write(self._ledger, Method.PUT, before, body)

        def accepted(answer: Answer) -> LiveTag:
            return _changed(answer, before, after)

        def effect(live: LiveTag | None) -> LiveTag | None:
            if live is None:
                raise _gone(before)
            return None if update_body(live, after) else live

        try:
            return await write.settled(accepted, effect)
        except NotFoundError as error:
            raise _gone(before) from error

    async def delete(self, tag: LiveTag) -> None:
        """Delete ``tag``; done also when it is already gone.

        Raises RejectedError when it turns out to be changed by now, UnknownOutcomeError when nobody
        can say.
        """
        write = _Write(self._ledger, Method.DELETE, tag, None)

        def effect(live: LiveTag | None) -> bool | None:
            if live is not None and live != tag:
                raise RejectedError(
                    f"{tag.name!r} was changed while it was being deleted",
                    status=409,
                    hint="Plan again.",
                )
            return True if live is None else None

        try:
            await write.settled(lambda _: True, effect, seen=True)
        except NotFoundError:
            return

    async def usage(self, place: Place, tag: LiveTag) -> Loss:
        """What has ``tag`` of ``place``; only calls are counted."""
        return Loss(calls=await self._calls.count(place, tag.name))

    async def close(self) -> None:
        """End reads that nobody waits for any more."""
        await self._ledger.close()

    async def _known(self, reading: Awaitable[T]) -> T:
        try:
            return await reading
        except NotFoundError as error:
            if self._lost is None:
                raise
            raise await self._lost(error) from error


class _Write:
    """One PUT or DELETE by id, sent until its effect is certain or the tries are used up."""

    def __init__(
        self, ledger: Ledger, method: Method, tag: LiveTag, body: dict[str, object] | None
    ) -> None:
        self._ledger = ledger
        self._tag = tag
        self._what = f"{'changing' if method is Method.PUT else 'deleting'} {tag.name!r}"
        self._request = Request(
            method=method,
            path=path("v3", "a", ledger.account, "tags", f"{tag.id}.json"),
            body=body,
            account=ledger.account,
        )

    async def settled(
        self,
        accepted: Callable[[Answer], T],
        effect: Callable[[LiveTag | None], T | None],
        *,
        seen: bool = False,
    ) -> T:
        """The result of ``accepted`` (from an answer) or of ``effect`` (from a look).

        ``seen``: the tag must have been seen just before; after a long wait a look comes first.

        ``accepted`` raises UnsettledError for an answer that says nothing; ``effect`` is given the
        live tag, None when it is gone, and returns None when the write shows no effect.
        """
        doubts: list[UnsettledError] = []
        while len(doubts) < _WRITES:
            try:
                return accepted(await self._send(doubts, seen=seen))
            except StaleError:
                live = await self._seen_anew(doubts)
            except UnsettledError as doubt:
                doubts.append(doubt)
                live = await self._ledger.settle(doubt, what=self._what, look=len(doubts) - 1)
            found = effect(next((tag for tag in live if tag.id == self._tag.id), None))
            if found is not None:
                return found
            if 0 < len(doubts) < _WRITES:
                await self._ledger.before_repeat(doubts[-1], what=self._what, attempt=len(doubts))
        raise unknown(self._what, "; then ".join(str(doubt) for doubt in doubts))

    async def _send(self, doubts: list[UnsettledError], *, seen: bool) -> Answer:
        stale_at = self._ledger.stale_at if seen else math.inf
        try:
            return await self._ledger.send(self._request, stale_at=stale_at)
        except RejectedError:
            raise
        except ReconcilerError as error:
            raise self._in_doubt(error, doubts) from error

    async def _seen_anew(self, doubts: list[UnsettledError]) -> tuple[LiveTag, ...]:
        try:
            return await self._ledger.fresh()
        except RejectedError as error:
            # A listing that is not found does not say that the tag is gone.
            failed = ProtocolError(f"live tags can't be read again: {error.message}")
            raise self._in_doubt(failed, doubts) from error
        except ReconcilerError as error:
            raise self._in_doubt(error, doubts) from error

    def _in_doubt(self, error: ReconcilerError, doubts: list[UnsettledError]) -> ReconcilerError:
        """``error``, or that nobody knows: a first request may still be on its way."""
        return unknown(self._what, f"{doubts[-1]}; then {error.message}") if doubts else error


def _changed(answer: Answer, before: LiveTag, after: Tag) -> LiveTag:
    """The changed tag by the answer to a PUT.

    Raises UnsettledError for an answer that describes no tag or another one, RejectedError for one
    that shows the tag other than wanted.
    """
    if answer.status == 204:
        color = before.color if after.color is None else after.color
        return replace(before, name=after.name, color=color, status=after.status)
    try:
        live = changed_tag(answer.payload, before, after)
    except ProtocolError as error:
        raise UnsettledError(f"the server accepted it, but {error.message}") from error
    if live.id != before.id:
        raise UnsettledError("the server accepted it, but its answer describes another tag")
    missing = update_body(live, after)
    if missing:
        raise RejectedError(
            f"the server answered {answer.status} but left {' and '.join(missing)} as it was",
            status=answer.status,
        )
    return live


def _gone(tag: LiveTag) -> NotFoundError:
    return NotFoundError(
        f"{tag.name!r} is gone: someone deleted it since the plan", hint="Plan again."
    )
