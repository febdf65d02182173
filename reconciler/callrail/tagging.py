"""Finds all interactions that have a tag, puts a tag on them, and reads them one by one.

Premise. A tag in the trash has a name that no other tag of its place has, so a row that shows it
has this very tag. What a row does not show is not there only where something proves that the
filter, or the search (B: text threads), finds everything: a filter may lag, or know half of it.

Method. All pages are read before anything is written: pages of a filter that shrinks meanwhile skip
rows. What is found is held against the number that was counted before. Where it is less, the
listing is read again for as long as it may lag (10 s), then all interactions are read and their
rows decide.
"""

from __future__ import annotations

import itertools
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from reconciler.callrail.api import AmbiguousError, StaleError
from reconciler.callrail.concurrency import Memo
from reconciler.callrail.exchange import Method, Request, path
from reconciler.callrail.interactions import CALLS, FORMS, TEXTS, InteractionKind, row_of
from reconciler.callrail.paging import paged, read_all
from reconciler.callrail.retry import ATTEMPTS, READ_AFTER, Verdict
from reconciler.callrail.survey import Survey
from reconciler.callrail.writes import refusal_in
from reconciler.concurrency import side_by_side
from reconciler.errors import (
    AuthError,
    ProtocolError,
    ReconcilerError,
    RejectedError,
    UnknownOutcomeError,
)
from reconciler.model.change import Count, Loss, Precision
from reconciler.model.interaction import Interaction, Kind
from reconciler.model.tag import Status

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from reconciler.callrail.api import Query
    from reconciler.callrail.exchange import Answer
    from reconciler.callrail.interactions import Row
    from reconciler.callrail.live_tags import LiveTags
    from reconciler.model.tag import LiveTag, Place

KINDS: Final = {Kind.CALL: CALLS, Kind.FORM: FORMS, Kind.TEXT: TEXTS}
_FORBIDDEN: Final = 403


class InteractionTags:
    """The interactions of one account; ``count`` gives what has a tag, counted anew."""

    def __init__(self, live_tags: LiveTags, count: Callable[[Place, LiveTag], Awaitable[Loss]]):
        self._live_tags = live_tags
        self._session = live_tags.session
        self._account = live_tags.account
        self._count = count

    async def interactions(
        self, place: Place, tag: LiveTag, expected: Loss, *, proven: bool
    ) -> tuple[Interaction, ...]:
        """Those that have ``tag``; see :meth:`reconciler.provider.Provider.interactions`."""
        counted = Memo(partial(self._counted, place))
        found = await side_by_side(
            self._of_kind(kind, place, tag, number if proven else None, counted)
            for kind, number in _by_kind(expected).items()
            if not number.none
        )
        return tuple(itertools.chain.from_iterable(found))

    async def _counted(self, place: Place, tag: LiveTag) -> dict[Kind, Count]:
        return _by_kind(await self._count(place, tag))

    async def append(self, interaction: Interaction, tag: LiveTag) -> Interaction:
        """Put ``tag`` on; see :meth:`reconciler.provider.Provider.append`."""
        body = {"tags": [tag.name], "append_tags": True}
        written = await self._put(interaction, body, tag)
        if written is None or tag.name not in written.tags:
            written = await self.read(interaction)
        if tag.name not in written.tags:
            raise RejectedError(
                f"{interaction.kind} {interaction.id} does not have {tag.name!r} though the server "
                "accepted it",
                status=200,
            )
        return written

    async def replace_tags(self, interaction: Interaction) -> Interaction:
        """Give it exactly its ``tags``, and read it back."""
        await self._put(interaction, {"tags": list(interaction.tags)})
        return await self.read(interaction)

    async def read(self, interaction: Interaction) -> Interaction:
        """It as it is now. Raises NotFoundError, ProtocolError where it shows no tags."""
        query = (("fields", "tags,company_id"),)
        answer = await self._session.get(self._account, *_segments(interaction), query=query)
        found = _as_shown(interaction, answer)
        if found is None:
            raise ProtocolError(f"{interaction.kind} {interaction.id} does not show its tags")
        return found

    async def _put(
        self, interaction: Interaction, body: Mapping[str, object], tag: LiveTag | None = None
    ) -> Interaction | None:
        """Send ``body``, again where nobody knows whether it arrived: twice does what once does.

        Gives the interaction as the answer shows it, None where it does not. ``tag`` must be live
        and in use when it is sent.
        """
        request = Request(
            method=Method.PUT,
            path=path("v3", "a", self._account, *_segments(interaction)),
            body=body,
            account=self._account,
        )
        for sent in itertools.count(1):
            try:
                return _as_shown(interaction, await self._send(request, tag))
            except AmbiguousError as outcome:
                if outcome.verdict is Verdict.UNSEEN:
                    return None
                if outcome.verdict is Verdict.CONTRADICTED:
                    raise refusal_in(outcome) from outcome
                await self._before_repeat(interaction, outcome, sent)
        raise AssertionError("unreachable")

    async def _send(self, request: Request, tag: LiveTag | None) -> Answer:
        """Send ``request`` while ``tag``, if any, is seen to be live and in use."""

        def check() -> None:
            if tag is not None and not self._live_tags.recently_read(tag):
                raise StaleError

        while True:
            if tag is not None:
                await self._expect_usable(tag)
            with suppress(StaleError):
                return await self._live_tags.send(request, check=check)

    async def _before_repeat(
        self, interaction: Interaction, outcome: AmbiguousError, sent: int
    ) -> None:
        run = self._session.run
        if sent == ATTEMPTS or not run.retries.take(requests=run.requests):
            raise _unknown(interaction, outcome) from outcome
        try:
            await run.pause(sent)
        except ReconcilerError as error:
            raise _unknown(interaction, f"{outcome}; {error.message}") from error

    async def _expect_usable(self, tag: LiveTag) -> None:
        """Raise RejectedError unless ``tag`` is live, called so and enabled.

        CallRail makes a tag of a name that it does not know, and refuses a disabled one (B).
        """
        run, since = self._session.run, self._session.run.now()
        live = await self._live_tags.recent_state(tag)
        for moment in READ_AFTER:
            if live is not None and (live.name, live.status) == (tag.name, Status.ENABLED):
                return
            # A listing that lags still shows what the tag was before this run renamed it.
            await run.sleep(since + moment - run.now())
            live = await self._live_tags.anew(tag)
        now = "gone" if live is None else f"{live.name!r}, {live.status}, by now"
        raise RejectedError(f"{tag.name!r} can't be given: it is {now}", status=409)

    async def _of_kind(
        self,
        kind: Kind,
        place: Place,
        tag: LiveTag,
        expected: Count | None,
        counted: Memo[LiveTag, dict[Kind, Count]],
    ) -> list[Interaction]:
        """Those of one kind; proven by ``expected`` where that is exact, unproven where None.

        Where it is not exact the rows decide, if all are few, else what is ``counted`` anew.
        """
        survey = Survey(self._session, self._account, KINDS[kind])
        company: Query = () if place.company_id is None else (("company_id", place.company_id),)
        asked = (*company, (survey.spelling(tag.name), tag.name))
        run = self._session.run
        found: list[Interaction] = []
        try:
            rows: tuple[Row, ...] | None = None
            if expected is not None and not _exact(expected):
                few = await survey.survey()
                rows = few.rows if few.whole else None
                expected = expected if few.whole else (await counted.of(tag))[kind]
            since = run.now()
            for moment in (0.0, *READ_AFTER) if rows is None else ():
                await run.sleep(since + moment - run.now())
                found = self._having(kind, place, tag, await self._all(survey, asked))
                if expected is None or (_exact(expected) and len(found) >= expected.number):
                    return found
                if not _exact(expected):
                    break
            rows = await self._all(survey, ()) if rows is None else rows
        except AuthError as error:
            if error.status != _FORBIDDEN:
                raise
            return []  # what the key may not read keeps the old tag
        if rows and not any(row.names for row in rows):
            raise ProtocolError(f"{survey.kind.noun} do not show their tags")
        shown = {one.id: one for one in (*found, *self._having(kind, place, tag, rows))}
        return list(shown.values())

    async def _all(self, survey: Survey, query: Query) -> tuple[Row, ...]:
        listing = paged(
            self._session,
            self._account,
            what=survey.kind.noun,
            fetch=lambda number: survey.reader.page(query, number=number),
            key=lambda row: row.id,
        )
        return await read_all(listing)

    def _having(
        self, kind: Kind, place: Place, tag: LiveTag, rows: tuple[Row, ...]
    ) -> list[Interaction]:
        """Those of ``rows`` that show the tag's name, in its place.

        Raises ProtocolError for a row that may have it and does not say so.
        """
        found = []
        for row in rows:
            if tag.name not in row.names:
                if not row.certain:
                    raise ProtocolError(f"{kind} {row.id} does not show all its tags")
                continue
            if row.company_id is None:
                raise ProtocolError(f"{kind} {row.id} does not show its company")
            if place.company_id in {None, row.company_id}:
                names = tuple(sorted(row.names))
                found.append(
                    Interaction(kind=kind, id=row.id, company_id=row.company_id, tags=names)
                )
        return found


def _by_kind(loss: Loss) -> dict[Kind, Count]:
    return {Kind.CALL: loss.calls, Kind.FORM: loss.forms, Kind.TEXT: loss.texts}


def _exact(number: Count) -> bool:
    return number.precision is Precision.EXACT


def _segments(interaction: Interaction) -> tuple[str, ...]:
    kind: InteractionKind = KINDS[interaction.kind]
    return kind.file.removesuffix(".json"), f"{interaction.id}.json"


def _as_shown(interaction: Interaction, answer: Answer) -> Interaction | None:
    """The interaction as ``answer`` shows it; None where it does not show all tags of this one."""
    if not isinstance(answer.payload, dict):
        return None
    try:
        row = row_of(answer.payload, described=False)
    except ProtocolError:
        return None
    if row.id != interaction.id or not row.certain:
        return None
    return replace(interaction, tags=tuple(sorted(row.names)))


def _unknown(interaction: Interaction, why: object) -> UnknownOutcomeError:
    return UnknownOutcomeError(
        f"{interaction.kind} {interaction.id} may or may not have got the tag: {why}",
        hint="Run it again: it adds the tag where it is missing.",
    )
