"""Sends a write so that nothing is done twice, and finds out by reading what became of it.

A PUT or DELETE rests on a read of the last two seconds that shows the tag as planned. A write of
unknown effect is resolved by reading: live state decides. Where that shows no effect the write is
sent again, a few times at most, and only where no answer shows that it is done; what is ambiguous
after that is reported as unknown. What differs between create, update and delete is what they read,
and how they know in it what they have done.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from reconciler.callrail.api import AmbiguousError, StaleError
from reconciler.callrail.exchange import Method, Request, path
from reconciler.callrail.retry import READ_AFTER, Verdict
from reconciler.callrail.wire import changed_tag, update_body
from reconciler.errors import (
    ForbiddenError,
    NotFoundError,
    ProtocolError,
    ReconcilerError,
    RejectedError,
    UnknownOutcomeError,
)
from reconciler.model.names import SHORTEST_CUT, may_be_stored_as
from reconciler.model.tag import differing
from reconciler.provider import Updated

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reconciler.callrail.exchange import Answer
    from reconciler.callrail.live_tags import LiveTags
    from reconciler.model.tag import LiveTag, Tag

R = TypeVar("R")
T = TypeVar("T")
F = TypeVar("F")


async def update(live_tags: LiveTags, before: LiveTag, after: Tag) -> Updated:
    """Change ``before`` to ``after``; see :meth:`reconciler.provider.Provider.update`."""
    body = update_body(before, after)
    if not body:
        return Updated(tag=before, already=True)
    return await _Update(live_tags, before, after, body).run()


async def delete(live_tags: LiveTags, tag: LiveTag) -> bool:
    """Delete ``tag``; see :meth:`reconciler.provider.Provider.delete`."""
    return await _Delete(live_tags, tag).run()


class Write(ABC, Generic[R, T]):
    """One write, from what it rests on to a certain end; ``R`` is what it reads, ``T`` its result.

    ``what`` it does, in the -ing form. ``most``: how often it may be sent. ``repeatable``: sending
    it once more does no harm, so that one read is enough.
    """

    most: ClassVar[int] = 3
    repeatable: ClassVar[bool] = True

    def __init__(self, live_tags: LiveTags, what: str, request: Request) -> None:
        self.live_tags = live_tags
        self.what = what
        self._request = request
        self.stale = False
        """Whether what was read has once become too old to rest on."""
        self._ambiguous: list[AmbiguousError] = []
        """Those of the requests that are seen to have done nothing."""

    async def run(self) -> T:
        """Send it until its end is certain; see :class:`reconciler.provider.Provider`."""
        while True:
            try:
                done = await self.prepare()
                if done is not None:
                    return done
                return self.answered(await self._send())
            except StaleError:
                self.stale = True
            except AmbiguousError as outcome:
                done = await self.resolve(outcome)
                if done is not None:
                    return done
                await self._before_repeat(outcome)
            except RejectedError as refusal:
                return await self.refused(refusal)
            except UnknownOutcomeError:
                raise
            except ReconcilerError as error:
                # An earlier request may still be on its way.
                raise self.unless_certain(error) from error

    async def resolve(self, outcome: AmbiguousError) -> T | None:
        """What became of a write of unknown outcome, by reading; None: it may be sent again.

        Reads go on for as long as a listing may lag, or until one shows that it is done. Raises
        RejectedError where the server refused it and nothing is done, UnknownOutcomeError for what
        stays ambiguous.
        """
        once = self.repeatable and outcome.verdict is Verdict.VERIFY
        done, reading = await self.read_until(self.found, outcome, once=once)
        return self.unfinished(outcome, reading) if done is None else done

    async def read_until(
        self, found: Callable[[R], F | None], why: object, *, once: bool = False
    ) -> tuple[F | None, R]:
        """What ``found`` gives of the first reading that shows it, and the last reading.

        Reads again over the time in which a write may show (10 s); ``once``: a single time. When
        reading fails it stays unknown: UnknownOutcomeError, with ``why`` it was to be read.
        """
        run = self.live_tags.session.run
        since = run.now()
        for moment in READ_AFTER:
            try:
                await run.sleep(since + moment - run.now())
                reading = await self.read()
            except ReconcilerError as error:
                raise self.unknown(f"{why}; then reading failed: {error.message}") from error
            done = found(reading)
            if done is not None or once:
                break
        return done, reading

    @abstractmethod
    async def prepare(self) -> T | None:
        """Read what the request rests on. A result: there is nothing to send.

        Raises RejectedError where live state is not as planned.
        """

    @abstractmethod
    def check(self) -> None:
        """What must hold at the moment of sending; raises StaleError, or what ends the write."""

    @abstractmethod
    def answered(self, answer: Answer) -> T:
        """The result by an accepted answer; AmbiguousError where it shows none for certain."""

    @abstractmethod
    async def refused(self, refusal: RejectedError) -> T:
        """What a refusal means: the result that is there all the same, or the error to raise."""

    @abstractmethod
    async def read(self) -> R:
        """Live state as it is now."""

    @abstractmethod
    def found(self, reading: R) -> T | None:
        """The result, where ``reading`` shows that the write is done."""

    @abstractmethod
    def unfinished(self, outcome: AmbiguousError, reading: R) -> T | None:
        """What the last ``reading`` means, which does not show the write done, after ``outcome``.

        None: nothing is done, and it may be sent again.
        """

    def unseen(self, answer: Answer, why: str) -> AmbiguousError:
        """The error for an answer that shows that it is done, and not as what."""
        return AmbiguousError(
            f"the server answered {answer.status}, but {why}",
            verdict=Verdict.UNSEEN,
            status=answer.status,
        )

    def unknown(self, why: object, *, accepted: bool = False) -> UnknownOutcomeError:
        """The error for a write that stays ambiguous.

        ``accepted``: a create, which another run would repeat where no listing shows its tag yet.
        """
        hint = "Run it again: it reads live state first and goes on from there."
        if accepted:
            hint = "It was accepted: run it again only once CallRail shows what became of it."
        message = f"may or may not have happened: {why}"
        return UnknownOutcomeError(f"{self.what} {message}", hint=hint, beside_its_change=message)

    def unless_certain(self, error: ReconcilerError) -> ReconcilerError:
        """``error``; after an ambiguous request, that its outcome is unknown."""
        if not self._ambiguous:
            return error
        return self.unknown(f"{self._ambiguous[-1]}; then {error.message}")

    @property
    def repeats(self) -> bool:
        """Whether it was sent before, to unknown effect."""
        return bool(self._ambiguous)

    async def _send(self) -> Answer:
        return await self.live_tags.send(self._request, check=self.check, urgent=True)

    async def _before_repeat(self, outcome: AmbiguousError) -> None:
        """Wait before it is sent again; UnknownOutcomeError where it has been often enough."""
        run = self.live_tags.session.run
        self._ambiguous.append(outcome)
        if len(self._ambiguous) == self.most:
            raise self.unknown("; then ".join(map(str, self._ambiguous)))
        if not run.retries.take(requests=run.requests):
            raise self.unknown(f"{outcome}; the run has made too many repeats already")
        try:
            await run.pause(len(self._ambiguous))
        except ReconcilerError as error:
            raise self.unknown(f"{outcome}; {error.message}") from error


class _ById(Write["LiveTag | None", T]):
    """A write to one tag: what PUT and DELETE have in common."""

    def __init__(
        self,
        live_tags: LiveTags,
        method: Method,
        tag: LiveTag,
        body: Mapping[str, object] | None = None,
    ) -> None:
        self.tag = tag
        request = Request(
            method=method,
            path=path("v3", "a", live_tags.account, "tags", f"{tag.id}.json"),
            body=body,
            account=live_tags.account,
        )
        doing = "changing" if method is Method.PUT else "deleting"
        super().__init__(live_tags, f"{doing} {tag.name!r}", request)

    def check(self) -> None:
        self.live_tags.expect_fresh(self.tag)
        self.live_tags.touched.add(self.tag.id)

    async def read(self) -> LiveTag | None:
        return await self.live_tags.anew(self.tag)

    def changed(self, live: LiveTag, done: str) -> RejectedError:
        """The error for a tag that is no longer as planned, and so was not ``done``."""
        return RejectedError(
            f"{self.tag.name!r} has changed since the plan and was not {done}: "
            f"{in_words(self.tag, live)}",
            status=409,
            hint="Plan again.",
        )


class _Update(_ById[Updated]):
    """One PUT."""

    def __init__(
        self, live_tags: LiveTags, before: LiveTag, after: Tag, body: Mapping[str, object]
    ) -> None:
        super().__init__(live_tags, Method.PUT, before, body)
        self._after = after

    async def prepare(self) -> Updated | None:
        live = await self.live_tags.now(self.tag)
        if live is None:
            raise _gone(self.tag)
        if self._is_done(live):
            return Updated(tag=live, already=not self.repeats)
        if live != self.tag:
            raise self.unless_certain(self.changed(live, "overwritten"))
        return None

    def answered(self, answer: Answer) -> Updated:
        before, after = self.tag, self._after
        if answer.status == 204:
            return self._written(before.changed_to(after))
        try:
            live = changed_tag(answer.payload, before, after)
        except ProtocolError as error:
            raise self.unseen(answer, f"its answer can't be used: {error.message}") from error
        if live.id != before.id:
            raise self.unseen(answer, "its answer describes another tag")
        if any(getattr(live, one) == getattr(before, one) for one in differing(live, after)):
            # An old state in an answer may be old only there.
            raise self.unseen(answer, "its answer shows the tag as it was")
        return self._written(live)

    async def refused(self, refusal: RejectedError) -> Updated:
        if isinstance(refusal, NotFoundError):
            raise _gone(self.tag) from refusal
        raise refusal

    def found(self, reading: LiveTag | None) -> Updated | None:
        return self._written(reading) if reading is not None and self._is_done(reading) else None

    def unfinished(self, outcome: AmbiguousError, reading: LiveTag | None) -> Updated | None:
        live, after = reading, self._after
        if live is None:
            raise _gone(self.tag)
        same = may_be_stored_as(after.name, live.name, cut_from=SHORTEST_CUT)
        if same and live != self.tag and self._is_done(live._replace(name=after.name)):
            return self._written(live)
        if outcome.verdict is Verdict.CONTRADICTED:
            refusal = refusal_in(outcome, "" if live == self.tag else in_words(self.tag, live))
            refusal.in_part = live != self.tag
            raise refusal
        if outcome.verdict is Verdict.UNSEEN:
            return self._written(live)
        if live == self.tag:
            return None
        if same and live.status is after.status:
            return self._written(live)
        raise self.unknown(f"{outcome}; then it was {in_words(self.tag, live)}")

    def _is_done(self, live: LiveTag) -> bool:
        return not differing(live, self._after)

    def _written(self, live: LiveTag) -> Updated:
        self.live_tags.written(live)
        return Updated(tag=live)


class _Delete(_ById[bool]):
    """One DELETE; False: the tag was gone already."""

    def __init__(self, live_tags: LiveTags, tag: LiveTag) -> None:
        super().__init__(live_tags, Method.DELETE, tag)

    async def prepare(self) -> bool | None:
        live = await self.live_tags.now(self.tag)
        if live is None:
            return self.repeats
        if live != self.tag:
            raise self.changed(live, "deleted")
        return None

    def answered(self, answer: Answer) -> bool:  # noqa: ARG002 - that there is one is enough
        return True

    async def refused(self, refusal: RejectedError) -> bool:
        if isinstance(refusal, NotFoundError):
            return self.repeats
        if isinstance(refusal, ForbiddenError):
            # Some servers refuse to delete what is gone. Where that can't be read, the refusal is
            # what is known.
            with suppress(ReconcilerError):
                if await self.read() is None:
                    return self.repeats
        raise refusal

    def found(self, reading: LiveTag | None) -> bool | None:
        return True if reading is None else None

    def unfinished(self, outcome: AmbiguousError, reading: LiveTag | None) -> bool | None:  # noqa: ARG002
        if outcome.verdict is Verdict.CONTRADICTED:
            raise refusal_in(outcome)
        return None


def in_words(planned: LiveTag, live: LiveTag) -> str:
    """How ``live`` differs from what was planned; both have one id."""
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


def refusal_in(outcome: AmbiguousError, seen: str = "") -> RejectedError:
    """The refusal under 2xx, and what is ``seen`` to have happened all the same."""
    reason = outcome.message or "no reason given"
    message = f"the server answered {outcome.status} with an error: {reason}"
    return RejectedError(
        f"{message}; all the same {seen}" if seen else message, status=outcome.status or 200
    )
