"""One account's tags: reads them whole, and writes so that nothing is done twice.

A PUT or DELETE rests on a read of the last two seconds that shows the tag as planned. One of
unknown effect is resolved by reading: live state under the id decides. When it shows no effect the
write is sent again, at most twice, and only where no answer said that it is done; what is ambiguous
after that is reported as unknown. How a create is resolved stands in ``create``.
"""

from __future__ import annotations

from contextlib import aclosing, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeVar

from reconciler.callrail.create import create
from reconciler.callrail.exchange import Method, Request, path
from reconciler.callrail.ledger import Ledger, unknown
from reconciler.callrail.namesakes import Namesakes
from reconciler.callrail.retry import Verdict
from reconciler.callrail.session import AmbiguousError, StaleError
from reconciler.callrail.wire import changed_tag, update_body
from reconciler.errors import (
    ForbiddenError,
    NotFoundError,
    ProtocolError,
    ReconcilerError,
    RejectedError,
)
from reconciler.model.names import SHORTEST_CUT, may_be_stored_as
from reconciler.model.tag import differing
from reconciler.provider import Written

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping

    from reconciler.callrail.exchange import Answer
    from reconciler.callrail.losses import Losses
    from reconciler.callrail.session import Door
    from reconciler.model.change import Count, Loss
    from reconciler.model.plan import Allowance
    from reconciler.model.tag import Company, LiveTag, Place, Tag
    from reconciler.provider import Listing, Made

_WRITES: Final = 3

T = TypeVar("T")


class AccountProvider:
    """Implements :class:`reconciler.provider.Provider` over HTTP.

    ``lost`` is asked when the server does not know the account; it returns the error to raise.
    ``admit`` is awaited before anything is read; it raises where the account is not to be read.
    """

    def __init__(
        self,
        door: Door,
        account: str,
        *,
        lost: Callable[[NotFoundError], Awaitable[ReconcilerError]] | None = None,
        admit: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._admit = admit
        self._door = door
        self._account = account
        self._lost = lost
        self._ledger = Ledger(door, account)
        self._namesakes = Namesakes(door, account)
        self._losses: Losses | None = None

    @property
    def requests(self) -> int:
        """Requests sent for this account so far, retries and failed ones included."""
        return self._door.run.quota(self._account).requests

    @property
    def colors(self) -> frozenset[str]:
        """The colours that live tags have, as far as they were read."""
        return self._ledger.colors

    @property
    def allowance(self) -> Allowance | None:
        """What the server last told of the account's quota; None where it tells nothing."""
        run = self._door.run
        return run.quota(self._account).allowance(run.now())

    async def companies(self) -> tuple[Company, ...]:
        """All companies, the disabled ones marked. Raises AuthError, QuotaError or an ApiError."""
        await self._expect_admitted()
        return await self._known(self._ledger.reader.companies())

    async def tags(
        self, places: Collection[str | None] | None = None, *, proven: bool = False
    ) -> Listing:
        """Live tags of ``places`` at least, or of the whole account (None)."""
        await self._expect_admitted()
        scope = None if places is None else frozenset(places)
        listing = await self._known(self._ledger.read(scope, proven=proven))
        self._namesakes.learn(listing)
        return listing

    async def create(self, place: Place, tag: Tag) -> Made:
        """Make one tag, at most one under any fault.

        Raises RejectedError when the server refuses it, ForbiddenError for a 403,
        UnknownOutcomeError when reading for ten seconds, twice, leaves it ambiguous.
        """
        return await create(self._ledger, place, tag)

    async def update(self, before: LiveTag, after: Tag) -> Written:
        """Change ``before`` to ``after``; sends only what differs, and nothing when nothing does.

        Raises NotFoundError when the tag is gone, RejectedError when it is no longer as planned or
        the server refuses, UnknownOutcomeError when nobody can say.
        """
        body = update_body(before, after)
        if not body:
            return Written(tag=before, already=True)
        return await _Update(self._ledger, before, after, body).run()

    async def delete(self, tag: LiveTag) -> bool:
        """Delete ``tag``; False when it was gone already.

        Raises RejectedError when it is no longer as planned or the server refuses,
        UnknownOutcomeError when nobody can say.
        """
        return await _Delete(self._ledger, tag).run()

    async def usage(self, place: Place, tag: LiveTag, *, flows: bool = True) -> Loss:
        """What has ``tag`` of ``place``, and the flows that apply it; see ``losses``."""
        return await self._counting().usage(place, tag, flows=flows)

    async def flows(self, place: Place, tag: LiveTag) -> Count:
        """The flows that apply ``tag`` of ``place``."""
        return await self._counting().flows(place, tag)

    @property
    def uncounted(self) -> Mapping[str, str]:
        """What could not be counted, by kind, and why."""
        return {} if self._losses is None else self._losses.uncounted

    def forget_usage(self) -> None:
        """Count from here on anew; live tags that were read stay known."""
        self._losses = None

    def _counting(self) -> Losses:
        if self._losses is None:
            # Here and not above: most plans lose nothing, and count nothing.
            from reconciler.callrail.losses import Losses  # noqa: PLC0415

            self._losses = Losses(self._door, self._account, self._namesakes)
        return self._losses

    async def close(self) -> None:
        """End reads that nobody waits for any more."""
        await self._ledger.close()

    async def _expect_admitted(self) -> None:
        if self._admit is not None:
            await self._admit()

    async def _known(self, reading: Awaitable[T]) -> T:
        try:
            return await reading
        except NotFoundError as error:
            if self._lost is None:
                raise
            raise await self._lost(error) from error


class _ById:
    """A write by id: what PUT and DELETE have in common."""

    def __init__(
        self, ledger: Ledger, method: Method, tag: LiveTag, body: dict[str, object] | None
    ) -> None:
        self._ledger = ledger
        self._tag = tag
        self._what = f"{'changing' if method is Method.PUT else 'deleting'} {tag.name!r}"
        self._doubts: list[AmbiguousError] = []
        self._request = Request(
            method=method,
            path=path("v3", "a", ledger.account, "tags", f"{tag.id}.json"),
            body=body,
            account=ledger.account,
        )

    async def _live(self) -> LiveTag | None:
        """The tag as a read of the last two seconds shows it; None when it is gone."""
        try:
            return await self._ledger.now(self._tag)
        except ReconcilerError as error:
            raise self._after_doubt(error) from error

    async def _send(self) -> Answer:
        """Send it once; raises StaleError when the read that it rests on has got too old."""
        check = self._ledger.fresh_enough(self._tag)

        def sent() -> None:
            check()
            self._ledger.touched.add(self._tag.id)

        try:
            return await self._ledger.send(self._request, check=sent, urgent=True)
        except RejectedError:
            raise
        except ReconcilerError as error:
            raise self._after_doubt(error) from error

    async def _read_until(
        self, doubt: AmbiguousError, wanted: Callable[[LiveTag | None], bool]
    ) -> LiveTag | None:
        """The tag as the first read shows it that is as ``wanted``, else as the last one does.

        Where the request may be sent again one read is enough; where it may not, reads go on for
        as long as a listing may lag.
        """
        looks = self._ledger.over_time(lambda: self._ledger.anew(self._tag), doubt, what=self._what)
        live = None
        async with aclosing(looks):
            async for live in looks:
                if wanted(live) or doubt.verdict is Verdict.VERIFY:
                    break
        return live

    async def _before_repeat(self, doubt: AmbiguousError) -> None:
        """Wait before it is sent again; UnknownOutcomeError where it has been often enough."""
        self._doubts.append(doubt)
        if len(self._doubts) == _WRITES:
            raise unknown(self._what, "; then ".join(str(one) for one in self._doubts))
        await self._ledger.before_repeat(doubt, what=self._what, attempt=len(self._doubts))

    def _after_doubt(self, error: ReconcilerError) -> ReconcilerError:
        """``error``, or that nobody knows: a first request may still be on its way."""
        doubts = self._doubts
        return unknown(self._what, f"{doubts[-1]}; then {error.message}") if doubts else error

    def _changed(self, live: LiveTag, done: str) -> RejectedError:
        return RejectedError(
            f"{self._tag.name!r} has changed since the plan and was not {done}: "
            f"{_moved(self._tag, live)}",
            status=409,
            hint="Plan again.",
        )


class _Update(_ById):
    """One PUT, from the read that it rests on to a certain end."""

    def __init__(
        self, ledger: Ledger, before: LiveTag, after: Tag, body: dict[str, object]
    ) -> None:
        super().__init__(ledger, Method.PUT, before, body)
        self._after = after

    async def run(self) -> Written:
        while True:
            live = await self._live()
            if live is None:
                raise _gone(self._tag)
            if self._is_done(live):
                return Written(tag=live, already=not self._doubts)
            if live != self._tag:
                raise self._after_doubt(self._changed(live, "overwritten"))
            try:
                written = self._shown(await self._send())
            except StaleError:
                continue
            except NotFoundError as error:
                raise _gone(self._tag) from error
            except AmbiguousError as doubt:
                found = await self._resolve(doubt)
                if found is None:
                    await self._before_repeat(doubt)
                    continue
                written = found
            self._ledger.written(written)
            return Written(tag=written)

    def _shown(self, answer: Answer) -> LiveTag:
        """The changed tag by the answer to a PUT; AmbiguousError when it says nothing certain."""
        before, after = self._tag, self._after
        if answer.status == 204:
            return before.changed_to(after)
        try:
            live = changed_tag(answer.payload, before, after)
        except ProtocolError as error:
            raise self._unseen(answer, f"its answer can't be used: {error.message}") from error
        if live.id != before.id:
            raise self._unseen(answer, "its answer describes another tag")
        if any(getattr(live, one) == getattr(before, one) for one in differing(live, after)):
            # An old state in an answer may be old only there.
            raise self._unseen(answer, "its answer shows the tag as it was")
        return live

    def _unseen(self, answer: Answer, why: str) -> AmbiguousError:
        return AmbiguousError(
            f"the server answered {answer.status}, but {why}",
            verdict=Verdict.UNSEEN,
            status=answer.status,
        )

    async def _resolve(self, doubt: AmbiguousError) -> LiveTag | None:
        """The tag as live state shows it, once it is certain; None: it may be sent again."""
        live = await self._read_until(doubt, self._is_done)
        if live is None:
            raise _gone(self._tag)
        if self._is_done(live):
            return live
        same = may_be_stored_as(self._after.name, live.name, cut_from=SHORTEST_CUT)
        if same and live != self._tag and self._is_done(replace(live, name=self._after.name)):
            return live
        if doubt.verdict is Verdict.CONTRADICTED:
            refusal = _said_no(doubt, "" if live == self._tag else _moved(self._tag, live))
            refusal.in_part = live != self._tag
            raise refusal
        if doubt.verdict is Verdict.UNSEEN:
            return live
        if live == self._tag:
            return None
        if same and live.status is self._after.status:
            return live
        raise unknown(self._what, f"{doubt}; then it was {_moved(self._tag, live)}")

    def _is_done(self, live: LiveTag | None) -> bool:
        return live is not None and not differing(live, self._after)


class _Delete(_ById):
    """One DELETE, from the read that it rests on to a certain end."""

    def __init__(self, ledger: Ledger, tag: LiveTag) -> None:
        super().__init__(ledger, Method.DELETE, tag, None)

    async def run(self) -> bool:
        while True:
            live = await self._live()
            if live is None:
                return bool(self._doubts)
            if live != self._tag:
                raise self._changed(live, "deleted")
            try:
                await self._send()
            except StaleError:
                continue
            except NotFoundError:
                return bool(self._doubts)
            except ForbiddenError:
                # Some servers refuse to delete what is gone. Where that can't be read, the refusal
                # is what is known.
                with suppress(ReconcilerError):
                    if await self._ledger.anew(self._tag) is None:
                        return bool(self._doubts)
                raise
            except AmbiguousError as doubt:
                if not await self._is_gone(doubt):
                    await self._before_repeat(doubt)
                    continue
            return True

    async def _is_gone(self, doubt: AmbiguousError) -> bool:
        live = await self._read_until(doubt, lambda live: live is None)
        if live is not None and doubt.verdict is Verdict.CONTRADICTED:
            raise _said_no(doubt)
        return live is None


def _moved(planned: LiveTag, live: LiveTag) -> str:
    """How ``live`` differs from what was planned, in words; both have one id."""
    parts = []
    if live.name != planned.name:
        parts.append(f"it is called {live.name!r}")
    if live.color != planned.color:
        parts.append(f"its color is {live.color}, not {planned.color}")
    if live.status is not planned.status:
        parts.append(f"it is {live.status}")
    return ", ".join(parts) or "it is in another place"


def _gone(tag: LiveTag) -> NotFoundError:
    return NotFoundError(
        f"{tag.name!r} is gone: someone deleted it since the plan", hint="Plan again."
    )


def _said_no(doubt: AmbiguousError, seen: str = "") -> RejectedError:
    """The refusal under 2xx, and what is ``seen`` to have happened all the same."""
    said = f"the server answered {doubt.status} with an error: {doubt.said or 'no reason given'}"
    return RejectedError(
        f"{said}; all the same {seen}" if seen else said, status=doubt.status or 200
    )
