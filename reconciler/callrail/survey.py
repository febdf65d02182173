"""One kind of an account's interactions, as far as they are read; each read is made once."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from reconciler.callrail.concurrency import Memo
from reconciler.callrail.evidence import Fit, Rows, explained, fit
from reconciler.callrail.interactions import Reader, ids
from reconciler.concurrency import side_by_side

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.callrail.api import ApiSession, Query
    from reconciler.callrail.interactions import InteractionKind, Row

SURVEYED_PAGES: Final = 4
"""Pages read at once where they are all of them: then rows can be counted, whatever filters do."""
SCANNED_PAGES: Final = 20
"""Most pages read to count rows one by one: 5,000 interactions."""


class Question(NamedTuple):
    """A parameter and a name, and the id of the company that it is narrowed to."""

    spelling: str
    name: str
    company_id: str | None = None


class Survey:
    """The reads of one ``kind`` of an account's interactions.

    The *survey* is the first page of all, or all where that is a few pages; the *scan* is as many
    pages as are read at most.
    """

    def __init__(self, session: ApiSession, account: str, kind: InteractionKind) -> None:
        self.kind = kind
        self.reader = Reader(session, account, kind)
        self._session, self._account = session, account
        self._survey = Memo(self._read_survey)
        self._scan = Memo(self._read_scan)
        self._found = Memo(self._find)
        self._found_whole = Memo(self._find_whole)
        self._found_all = Memo(self._find_all)
        self._all = Memo(self._read_all)
        self._recent = Memo(self._read_since)

    async def survey(self) -> Rows:
        """The first page of all interactions."""
        return await self._survey.of(None)

    async def scan(self) -> Rows:
        """All interactions, or as many as are read at most."""
        return await self._scan.of(None)

    async def everything(self) -> Rows:
        """All interactions, however many pages that takes; not whole where they kept moving."""
        survey = await self.survey()
        return survey if survey.whole else await self._all.of(None)

    async def since(self, days: int) -> Rows:
        """Those of the last ``days``, and of the day before."""
        return await self._recent.of(days)

    async def find(self, name: str, company_id: str | None = None) -> Rows:
        """The first page of what the filter or the search finds for ``name``."""
        return await self.ask(Question(self.spelling(name), name, company_id))

    async def ask(self, question: Question) -> Rows:
        """The first page of what ``question`` finds."""
        return await self._found.of(question)

    async def find_whole(self, name: str) -> Rows | None:
        """All that is found for ``name``; None where that is too much, or does not hold still."""
        return await self._found_whole.of(name)

    async def find_all(self, name: str) -> Rows:
        """All that is found for ``name``, however many pages that takes."""
        first = await self.find(name)
        return first if first.whole else await self._found_all.of(name)

    def spelling(self, name: str) -> str:
        """The parameter to ask by: whether ``tags`` splits at commas is D, ``tags[]`` does not."""
        if self.kind.by_search:
            return "search"
        return "tags[]" if "," in name else "tags"

    def fits(self, rows: Iterable[Row], name: str) -> Counter[Fit]:
        """How many of ``rows`` show what of ``name``."""
        return Counter(fit(row, name, empty_lacks=self.kind.by_search) for row in rows)

    def plausible(self, found: Rows, name: str) -> bool:
        """Whether every row may have been found for ``name``, and the numbers fit."""
        if not self.kind.by_search:
            return found.sound and not self.fits(found.rows, name)[Fit.LACKS]
        empty = (row for row in found.rows if row.certain and not row.names)
        return found.sound and all(explained(row, name) for row in empty)

    async def _read_survey(self, _key: None) -> Rows:
        first = Rows.of(await self.reader.page())
        few = first.total is not None and first.total <= SURVEYED_PAGES * len(first.rows)
        return await self._pages(first, ()) if few and not first.whole else first

    async def _read_scan(self, _key: None) -> Rows:
        survey = await self.survey()
        return survey if survey.whole else await self._pages(survey, ())

    async def _read_all(self, _key: None) -> Rows:
        # Texts by which a search finds them are of no use here, and they are what takes memory.
        kind = replace(self.kind, query=self.kind.in_order or self.kind.query, by_search=False)
        reader = Reader(self._session, self._account, kind)
        rows = await self._read_pages(reader)
        return rows if rows.whole else await self._read_pages(reader)

    async def _read_pages(
        self, reader: Reader, dates: Query | None = None, query: Query = ()
    ) -> Rows:
        """All pages by the total of the first; what comes in meanwhile stands behind them."""
        first = await reader.page(query, dates=dates)
        if first.total is None or not first.rows:
            return Rows.of(first)
        last = -(-first.total // len(first.rows))
        rest = (reader.page(query, dates=dates, number=at) for at in range(2, last + 1))
        pages = [first, *await side_by_side(rest)]
        by_id = {row.id: row for page in pages for row in page.rows}
        fewer = any(page.total is None or page.total < first.total for page in pages)
        twice = len(by_id) < sum(len(page.rows) for page in pages)
        whole = not fewer and not twice and len(by_id) >= first.total
        return Rows(rows=tuple(by_id.values()), total=first.total, whole=whole)

    async def _read_since(self, days: int) -> Rows:
        return await self._read_pages(self.reader, self.reader.last_days(days))

    async def _find(self, question: Question) -> Rows:
        return Rows.of(await self.reader.page(_query(question)))

    async def _find_whole(self, name: str) -> Rows | None:
        question = Question(self.spelling(name), name)
        found = await self._pages(await self.ask(question), _query(question))
        return found if found.whole else None

    async def _find_all(self, name: str) -> Rows:
        found = await self.find_whole(name)
        question = Question(self.spelling(name), name)
        return found or await self._read_pages(self.reader, query=_query(question))

    async def _pages(self, first: Rows, query: Query) -> Rows:
        """``first`` and the pages after it, up to SCANNED_PAGES."""
        size = max(1, len(first.rows))
        last = SCANNED_PAGES
        if first.total is not None:
            last = min(last, -(-first.total // size))
        pages = await side_by_side(
            self.reader.page(query, number=number) for number in range(2, last + 1)
        )
        rows = (*first.rows, *(row for page in pages for row in page.rows))
        steady = {page.total for page in pages} <= {first.total}
        whole = steady and len(rows) == len(ids(rows)) == first.total
        return Rows(rows=rows, total=first.total, whole=whole)


def _query(question: Question) -> Query:
    company = () if question.company_id is None else (("company_id", question.company_id),)
    return (*company, (question.spelling, question.name))
