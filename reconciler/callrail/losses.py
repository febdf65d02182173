"""What would be lost with a tag: what has it, which flows apply it, what can't be counted."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from reconciler.callrail.concurrency import Memo
from reconciler.callrail.interactions import CALLS, FORMS, TEXTS, row_id
from reconciler.callrail.paging import listing_of, read_all
from reconciler.callrail.references import Flow, FlowReader, count
from reconciler.callrail.tally import Tallied
from reconciler.callrail.usage import KindBeside, UsageCounter
from reconciler.callrail.wire import plain_row
from reconciler.concurrency import side_by_side
from reconciler.errors import ApiError, AuthError, UnreachableError
from reconciler.model.change import NONE, UNKNOWN, Applied, Count, Loss
from reconciler.model.usage import Beside, Use, Uses

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection

    from reconciler.callrail.api import ApiSession
    from reconciler.callrail.namesakes import Namesakes
    from reconciler.model.tag import LiveTag, Place
    from reconciler.model.usage import NameAt

_FORBIDDEN: Final = 403


class Losses:
    """One account's usage of tags. What was read once serves all tags that are asked about.

    ``uncounted`` says what could not be counted and why, by kind: ``texts`` -> a sentence's end.
    """

    def __init__(self, session: ApiSession, account: str, namesakes: Namesakes) -> None:
        self.uncounted: dict[str, str] = {}
        self._namesakes = namesakes
        names = lambda: namesakes.names  # noqa: E731 - they become known later
        calls = UsageCounter(session, account, CALLS, names)
        self._counters = {
            CALLS.noun: calls,
            FORMS.noun: UsageCounter(session, account, FORMS, names, calls),
            TEXTS.noun: UsageCounter(session, account, TEXTS, names, calls),
        }
        self._flows = FlowReader(session, account)
        self._form_capture = Memo(self._read_form_capture)
        self._session = session
        self._account = account

    async def usage(self, place: Place, tag: LiveTag, *, flows: bool = True) -> Loss:
        """What has ``tag`` of ``place``, and the flows that apply it (UNKNOWN where not asked for).

        What can't be read is UNKNOWN. Raises AuthError (401), QuotaError, UnreachableError.
        """
        shared = await self._shared(place, tag)
        kinds = await side_by_side(
            self._readable(noun, partial(counter.count, tag.name, place.company_id))
            for noun, counter in self._counters.items()
        )
        calls, forms, texts = (_at_most(one) if shared else one for one in kinds)
        applied, names = await self._applied(tag, shared=shared) if flows else Applied(UNKNOWN)
        return Loss(calls=calls, forms=forms, texts=texts, flows=applied, flow_names=names)

    async def uses(self, asked: Collection[NameAt], known: Collection[str]) -> Uses:
        """What shows each of ``asked``; ``known``: the names of all live tags. Raises as ``usage``.

        Flows are not read.
        """
        calls, forms, texts = await side_by_side(
            self._tallied(noun, counter, asked, known) for noun, counter in self._counters.items()
        )
        since, until = self._counters[CALLS.noun].covered
        return Uses(
            {one: _use(calls[one], forms[one], texts[one]) for one in asked},
            since=since,
            until=until,
            uncounted=self.uncounted,
        )

    async def _tallied(
        self,
        noun: str,
        counter: UsageCounter,
        asked: Collection[NameAt],
        known: Collection[str],
    ) -> dict[NameAt, Tallied]:
        """``counter``'s tally; where that can't be read, what :meth:`_readable` says of it."""
        found: dict[NameAt, Tallied] = {}

        async def tally() -> Count:
            found.update(await counter.tally(asked, known))
            return NONE

        unread = await self._readable(noun, tally)
        return found or dict.fromkeys(asked, Tallied(unread, idle=unread.none))

    async def beside(
        self, asked: Collection[NameAt], known: Collection[str]
    ) -> dict[NameAt, Beside]:
        """What else is on the interactions that show each of ``asked``. Arguments as for ``uses``.

        A kind that the key may not read is left out: it keeps all its tags. One that can't be read
        otherwise is of unknown number.
        """
        calls, forms, texts = await side_by_side(
            self._kind_beside(noun, counter, asked, known)
            for noun, counter in self._counters.items()
        )
        return {one: _beside(calls[one], forms[one], texts[one]) for one in asked}

    async def _kind_beside(
        self,
        noun: str,
        counter: UsageCounter,
        asked: Collection[NameAt],
        known: Collection[str],
    ) -> dict[NameAt, KindBeside]:
        try:
            return await counter.beside(asked, known)
        except UnreachableError:
            raise
        except AuthError as error:
            if error.status != _FORBIDDEN:
                raise
            shown = NONE
        except ApiError as error:
            self.uncounted.setdefault(noun, error.message)
            shown = UNKNOWN
        return dict.fromkeys(asked, KindBeside(shown, {}))

    async def flows(self, place: Place, tag: LiveTag) -> Applied:
        """The flows that apply ``tag`` of ``place``; raises as ``usage`` does."""
        return await self._applied(tag, shared=await self._shared(place, tag))

    async def _applied(self, tag: LiveTag, *, shared: bool) -> Applied:
        names: list[str] = []

        async def counted(read: Callable[[], Awaitable[tuple[Flow, ...]]]) -> Count:
            found = count(await read(), tag, shared=shared)
            names.extend(found.names)
            return found.number

        message, call = await side_by_side(
            [
                self._readable("message flows", partial(counted, self._flows.message_flows)),
                self._readable("call flows", partial(counted, self._flows.call_flows)),
            ]
        )
        return Applied(message + call, tuple(sorted(names)))

    async def _shared(self, place: Place, tag: LiveTag) -> bool:
        try:
            return await self._namesakes.shares(place, tag)
        except UnreachableError:
            raise
        except ApiError:
            return True

    async def _readable(self, kind: str, counting: Callable[[], Awaitable[Count]]) -> Count:
        """What ``counting`` gives; UNKNOWN, with the reason noted, where that can't be read.

        A key may be refused the forms of an account where no company records any: those are none.
        """
        try:
            return await counting()
        except UnreachableError:
            raise
        except AuthError as error:
            if error.status != _FORBIDDEN:
                raise
            if kind == FORMS.noun and await self._captures_no_forms():
                return NONE
            why = error.message
        except ApiError as error:
            why = error.message
        self.uncounted.setdefault(kind, why)
        return UNKNOWN

    async def _captures_no_forms(self) -> bool:
        try:
            return not await self._form_capture.of(None)
        except UnreachableError:
            raise
        except (ApiError, AuthError):
            return False

    async def _read_form_capture(self, _key: None) -> bool:
        """Whether any company, disabled ones included, may record form submissions.

        By the companies' switch ``form_capture`` (B); where there is no company, none says no.
        """
        listing = listing_of(
            self._session,
            self._account,
            "companies.json",
            rows=("companies",),
            parse=plain_row,
            key=lambda row: row_id(row, "companies"),
        )
        rows = await read_all(listing)
        return not rows or any(row.get("form_capture") is not False for row in rows)


def _use(calls: Tallied, forms: Tallied, texts: Tallied) -> Use:
    kinds = (calls, forms, texts)
    days = [one.last for one in kinds if one.last is not None]
    loss = Loss(calls=calls.number, forms=forms.number, texts=texts.number)
    return Use(loss, max(days, default=None), idle=all(one.idle for one in kinds))


def _beside(calls: KindBeside, forms: KindBeside, texts: KindBeside) -> Beside:
    return Beside(
        Loss(calls=calls.shown, forms=forms.shown, texts=texts.shown),
        {
            name: Loss(
                calls=calls.also.get(name, NONE),
                forms=forms.also.get(name, NONE),
                texts=texts.also.get(name, NONE),
            )
            for name in sorted({*calls.also, *forms.also, *texts.also})
        },
    )


def _at_most(counted: Count) -> Count:
    """``counted`` where other tags of the name have a share in it."""
    return Count.between(0, counted.most)
