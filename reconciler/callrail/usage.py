"""Counts the interactions that have a tag, and says how sure each number is.

Terms. The *survey* is the first page of all of a resource's interactions. To *find* is to ask for
those of one name: by the filter ``tags`` (B), or by ``search`` where there is no filter (B: text
threads). A number is *exact* only where what was found and what the rows show agree.

Premise. Too small a number loses history without anyone having seen it; too large a one stops a
delete, which somebody then checks. What a filter means is published in one sentence. One may be
ignored, know half of the rows, fold case, split at commas, or answer for the last days only; and a
row may not show its tags. So neither a total nor a row is believed alone.

Method.
1. The dates: without a range, which covers the last days (B), there must be fewer, or on a day of
   which nothing is to be had. Else the range may have been ignored: at least so many. Where there
   is nothing at all, dates must matter to another kind, or too long a range be refused.
2. Rows found that do not show the name, though they show other tags: the filter means something
   else. Rows found that show no tags at all: the number is unknown beyond the rows that show it.
3. Rows of the survey that show the name must be among those found; so must those of the commonest
   name that rows show. A zero is believed where names that rows show are found, and are like the
   asked one in what a server could stumble over (capitals, blanks, commas), or it is seen not to
   stumble. A name that nobody has must find nothing.
4. A filter that fails is not asked again: rows are counted, on a bounded number of pages.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from reconciler.callrail.concurrency import Memo
from reconciler.callrail.evidence import Fit, Rows, all_certain, counted, holds
from reconciler.callrail.filter_proof import FilterProof
from reconciler.callrail.interactions import ids
from reconciler.callrail.survey import Survey
from reconciler.callrail.tally import Tallied, Tally
from reconciler.errors import ApiError, AuthError, RejectedError, UnreachableError
from reconciler.model.change import NONE, UNKNOWN, Count
from reconciler.model.usage import IDLE_DAYS, NameAt

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from datetime import date

    from reconciler.callrail.api import ApiSession, Query
    from reconciler.callrail.interactions import InteractionKind, Row


class KindBeside(NamedTuple):
    """One kind's interactions that show a name: their number, and of each other name on them."""

    shown: Count
    also: Mapping[str, Count]


class UsageCounter:
    """One kind of an account's interactions, counted by tag.

    ``live_names`` gives names of live tags; one of them is asked for where no row shows any.
    ``beside`` counts another kind: what it shows of dates holds here too, where there is nothing.
    """

    def __init__(
        self,
        session: ApiSession,
        account: str,
        kind: InteractionKind,
        live_names: Callable[[], Iterable[str]] = tuple,
        beside: UsageCounter | None = None,
    ) -> None:
        self._survey = Survey(session, account, kind)
        self._proof = FilterProof(self._survey, live_names)
        self._beside = beside
        self._dates = Memo(self._check_dates)
        self._companies = Memo(self._check_company_filter)

    async def count(self, name: str, company_id: str | None) -> Count:
        """The interactions that have a tag called ``name``, of one company or of all.

        UNKNOWN where they can't be read. Raises AuthError, QuotaError, UnreachableError.
        """
        asked = NameAt(name, company_id)
        survey = await self._survey.survey()
        if survey.whole and not survey.rows:
            return await self._nothing()
        count = await self._by_finding(asked, survey)
        if count is None:
            count = await self._by_rows(asked)
        return count if await self._dated() else Count.between(count.least, None)

    @property
    def covered(self) -> tuple[date, date]:
        """The first and the last day of what is counted."""
        return self._survey.reader.covered

    async def tally(
        self, asked: Collection[NameAt], known: Collection[str], *, idle: bool = True
    ) -> dict[NameAt, Tallied]:
        """What shows each of ``asked``, by the cheaper of one pass over all rows or a question
        each; ``known``: the names of all live tags. ``idle`` False: nobody asks when.

        Raises as ``count`` does.
        """
        survey = await self._survey.survey()
        if survey.whole and not survey.rows:
            nothing = await self._nothing()
            return dict.fromkeys(asked, Tallied(nothing, idle=nothing.none))
        rows = await self._all_at_once(survey, asked)
        if rows is None:
            return {one: await self._found(one) for one in asked}
        if not any(row.names for row in rows.rows) and not self._survey.kind.by_search:
            return await self._shown_by_none(rows, asked)
        dated = await self._dated()
        tally = Tally(
            rows.rows,
            whole=rows.whole and dated,
            known=known,
            since=self._survey.reader.today - timedelta(days=IDLE_DAYS),
            recent=await self._recent(rows) if dated and idle else None,
        )
        return {one: tally.of(one) for one in asked}

    async def _all_at_once(self, survey: Rows, asked: Collection[NameAt]) -> Rows | None:
        """All rows, where reading them costs no more than a question for each of ``asked``."""
        pages = 0 if survey.whole else -(-(survey.total or 0) // max(1, len(survey.rows)))
        if pages > len(asked) or (not survey.whole and survey.total is None):
            return None
        return await self._survey.everything()

    async def beside(
        self, asked: Collection[NameAt], known: Collection[str]
    ) -> dict[NameAt, KindBeside]:
        """What else is on the rows that show each of ``asked``; the same way as ``tally`` goes.

        What rests on rows that may not be all of them is "at least".
        """
        tallied = await self.tally(asked, known, idle=False)
        survey = await self._survey.survey()
        every = await self._all_at_once(survey, asked) if survey.rows else survey
        return {one: await self._others(one, tallied[one].number, every) for one in asked}

    async def _others(self, asked: NameAt, shown: Count, every: Rows | None) -> KindBeside:
        if shown.none:
            return KindBeside(shown, {})
        rows = every or await self._survey.find_all(asked.name)
        has = [
            row
            for row in rows.rows
            if asked.name in row.names and asked.company_id in {None, row.company_id}
        ]
        times = Counter(name for row in has for name in row.names if name != asked.name)
        sure = all_certain(has) and shown == Count(len(has))
        return KindBeside(
            shown,
            {one: Count.between(number, number if sure else None) for one, number in times.items()},
        )

    async def _nothing(self) -> Count:
        """The count where no interactions are listed."""
        blind = self._beside is not None and await self._beside.ignores_dates()
        return NONE if await self._dated() and not blind else UNKNOWN

    async def _dated(self) -> bool:
        return self._survey.reader.dated and await self._dates.of(None)

    async def _found(self, asked: NameAt) -> Tallied:
        """What :meth:`count` gives, with the newest day where what was found begins with it."""
        count = await self.count(*asked)
        first = await self._survey.find(asked.name)
        days = [
            row.day
            for row in first.rows
            if row.day is not None
            and asked.name in row.names
            and asked.company_id in {None, row.company_id}
        ]
        newest_first = first.whole or bool(self._survey.kind.in_order)
        return Tallied(count, max(days, default=None) if newest_first else None, idle=count.none)

    async def _shown_by_none(self, rows: Rows, asked: Collection[NameAt]) -> dict[NameAt, Tallied]:
        """No row shows a tag: there is none where every row says so and the filter does too."""
        certain = rows.whole and all_certain(rows.rows) and await self._dated()
        none = certain and await self._proof.finds_nothing({one.name for one in asked})
        return dict.fromkeys(asked, Tallied(NONE if none else UNKNOWN, idle=none))

    async def _recent(self, rows: Rows) -> frozenset[str] | None:
        """The ids of the recent ones of ``rows`` that nothing dates; None where nobody knows."""
        if all(row.day is not None for row in rows.rows):
            return frozenset()
        listed = await self._survey.since(IDLE_DAYS)
        return ids(listed.rows) if listed.whole else None

    async def _check_dates(self, _key: None) -> bool:
        """Whether the answers cover the range that was asked for."""
        whole = (await self._survey.survey()).total
        unasked = await self._survey.reader.number_of(())
        if whole is None or unasked is None:
            return False
        if unasked < whole or whole == unasked == 0:
            return True
        # All of it is recent, or the range is ignored: then one day long ago has it all too.
        # A server that knows the start alone gives all from the first day on, and nothing of a day
        # to come; should our clock be late, that day has come, and proves nothing.
        return await self._fewer(self._survey.reader.first_day, whole) or await self._fewer(
            self._survey.reader.day_to_come, whole
        )

    async def _fewer(self, dates: Query, whole: int) -> bool:
        """Whether the server finds less than ``whole`` in ``dates``, and takes them."""
        try:
            found = await self._survey.reader.number_of(dates)
        except RejectedError:
            return False
        return found is not None and found < whole

    async def ignores_dates(self) -> bool:
        """Whether there are interactions of this kind, and the dates asked for change nothing.

        False where there are none: an empty account shows nothing of how dates are read. That they
        are read is published (A, B), so nothing found is then believed.
        """
        try:
            some = (await self._survey.survey()).total
            return bool(some) and not (self._survey.reader.dated and await self._dates.of(None))
        except UnreachableError:
            raise
        except (ApiError, AuthError):
            return False

    async def _by_finding(self, asked: NameAt, survey: Rows) -> Count | None:
        """The count by the filter or the search; None where they are not to be believed."""
        first = await self._survey.find(asked.name)
        shown = {row.id for row in survey.rows if asked.name in row.names}
        if not self._survey.plausible(first, asked.name) or not holds(first, shown):
            return None
        if self._agree(asked.name, first, survey):
            found = first if first.whole else survey
            has = [row for row in found.rows if first.whole or asked.name in row.names]
            return self._count(has, asked)
        if await self._proof.holds(asked.name, first):
            return await self._sum(asked, first)
        if self._survey.kind.by_search:
            return await self._by_rows(asked, silence_is_none=True)
        return None

    def _agree(self, name: str, first: Rows, survey: Rows) -> bool:
        """Whether all rows there are show the name just where it was found."""
        shows_tags = self._survey.kind.by_search or any(row.names for row in survey.rows)
        if not (survey.whole and shows_tags and all_certain(survey.rows)):
            return False
        shown = {row.id for row in survey.rows if name in row.names}
        has = {row.id for row in first.rows if name in row.names}
        if first.whole:
            return has == shown
        # One by one, unless the search found other rows too.
        return first.total == len(shown) and has <= shown and len(has) == len(first.rows)

    async def _sum(self, asked: NameAt, first: Rows) -> Count:
        """The count by what was found for the name, of which ``first`` is the first page."""
        fits = self._survey.fits(first.rows, asked.name)
        if fits[Fit.SILENT]:
            return Count.between(self._count(first.rows, asked).least, None)
        uniform = fits[Fit.HAS] == len(first.rows) and not self._survey.kind.by_search
        if asked.company_id is None and uniform:
            return Count(first.total or 0)
        found = first if first.whole else await self._survey.find_whole(asked.name)
        if found is not None:
            return self._count(found.rows, asked)
        if self._survey.kind.by_search:
            return Count.between(self._count(first.rows, asked).least, None)
        if asked.company_id is not None and uniform:
            return await self._of_company(asked.name, asked.company_id, first)
        return Count.between(0, first.total)

    async def _of_company(self, name: str, company_id: str, first: Rows) -> Count:
        """The count by the filter ``company_id``; where that fails, at most the account's."""
        if await self._companies.of(name):
            own = await self._survey.find(name, company_id)
            its = all(row.company_id == company_id for row in own.rows)
            if own.sound and its and self._survey.fits(own.rows, name)[Fit.HAS] == len(own.rows):
                return Count(own.total or 0)
        return Count.between(0, first.total)

    async def _check_company_filter(self, name: str) -> bool:
        """Whether ``company_id`` picks the rows of a company out of those found for ``name``."""
        first = await self._survey.find(name)
        company_id = next((row.company_id for row in first.rows if row.company_id), None)
        if company_id is None:
            return False
        own = await self._survey.find(name, company_id)
        expected = {row.id for row in first.rows if row.company_id == company_id}
        return holds(own, expected) and all(row.company_id == company_id for row in own.rows)

    async def _by_rows(self, asked: NameAt, *, silence_is_none: bool = False) -> Count:
        """The count by reading rows, all of them or as many as are read at most.

        ``silence_is_none``: where no row shows any tag, none has one.
        """
        scan = await self._survey.scan()
        count = counted(scan.rows, asked, empty_lacks=True)
        if scan.whole and (silence_is_none or any(row.names for row in scan.rows)):
            return count
        return Count.between(count.least, None)

    def _count(self, found: Iterable[Row], asked: NameAt) -> Count:
        """How many of the rows that were found for the name have it."""
        return counted(found, asked, empty_lacks=self._survey.kind.by_search)
