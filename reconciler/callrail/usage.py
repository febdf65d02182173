"""Counts the interactions that have a tag, and says how sure each number is.

Terms. The *survey* is the first page of all of a resource's interactions. To *find* is to ask for
those of one name: by the filter ``tags`` (B), or by ``search`` where there is no filter (B: text
threads). A number is *exact* only where what was found and what the rows show agree.

Premise. Too small a number loses history without anyone having seen it; too large a one stops a
delete, which somebody then looks into. What a filter means is published in one sentence. One may be
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
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import quote

from reconciler.callrail.concurrency import Memo, gather
from reconciler.callrail.interactions import Reader, Row, RowPage, ids
from reconciler.errors import ApiError, AuthError, RejectedError, UnreachableError
from reconciler.model.change import NONE, UNKNOWN, Count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from reconciler.callrail.api import ApiSession, Query
    from reconciler.callrail.interactions import Resource

SURVEYED_PAGES: Final = 4
"""Pages read at once where they are all of them: then rows can be counted, whatever filters do."""
SCANNED_PAGES: Final = 20
"""Most pages read to count rows one by one: 5,000 interactions."""
_EVIDENCE: Final = 6
"""Least rows that must be found as they are shown: a filter that knows half of them finds three."""
_STAND_INS: Final = 4
"""Most names that are asked for to get them."""
_ASKED_AT_ONCE: Final = 1_500
"""Most characters of names in one question: an address has its limits."""
_NOBODY: Final = "reconciler-probe-8f1b6c02-no-such-tag"


class Trait(Enum):
    """What in a name a server could stumble over."""

    CAPITAL = auto()
    BLANK = auto()
    COMMA = auto()


class Fit(Enum):
    """What a row that was found shows of the name that was asked for."""

    HAS = auto()
    LIKE = auto()
    """A name that differs in case or blanks only: another tag, or this one, tidied."""
    SILENT = auto()
    """Not its tags, or not all of them."""
    LACKS = auto()


class Tagged(NamedTuple):
    """A name, and the company whose interactions are counted (None: those of all)."""

    name: str
    company_id: str | None


class Question(NamedTuple):
    """A parameter and a name, and the id of the company that it is narrowed to."""

    spelling: str
    name: str
    company_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Some of a listing's rows; ``whole``: they are all of them. ``total`` as the server has it.

    ``sound``: there are as many of them as the server's own numbers make it.
    """

    rows: tuple[Row, ...]
    total: int | None
    whole: bool
    sound: bool = True

    @classmethod
    def of(cls, page: RowPage) -> Rows:
        """The rows of a first page."""
        count, total = len(page.rows), page.total
        if total is None:
            return cls(rows=page.rows, total=None, whole=not count, sound=False)
        full = count if page.per_page is None else page.per_page
        sound = count == min(total, full) and len(ids(page.rows)) == count
        return cls(rows=page.rows, total=total, whole=count == total, sound=sound)


class UsageCounter:
    """One kind of an account's interactions, counted by tag.

    ``live_names`` gives names of live tags; one of them is asked for where no row shows any.
    ``beside`` counts another kind: what it shows of dates holds here too, where there is nothing.
    """

    def __init__(
        self,
        session: ApiSession,
        account: str,
        resource: Resource,
        live_names: Callable[[], Iterable[str]] = tuple,
        beside: UsageCounter | None = None,
    ) -> None:
        self._reader = Reader(session, account, resource)
        self._resource = resource
        self._live_names = live_names
        self._beside = beside
        self._survey = Memo(self._read_survey)
        self._dates = Memo(self._check_dates)
        self._found = Memo(self._find)
        self._found_whole = Memo(self._find_whole)
        self._scan = Memo(self._read_scan)
        self._nobody = Memo(self._check_nobody)
        self._proof = Memo(self._prove)
        self._companies = Memo(self._check_company_filter)

    async def count(self, name: str, company_id: str | None) -> Count:
        """The interactions that have a tag called ``name``, of one company or of all.

        UNKNOWN where they can't be read. Raises AuthError, QuotaError, UnreachableError.
        """
        asked = Tagged(name, company_id)
        survey = await self._survey.of(None)
        dated = self._reader.dated and await self._dates.of(None)
        if survey.whole and not survey.rows:
            blind = self._beside is not None and await self._beside.ignores_dates()
            return NONE if dated and not blind else UNKNOWN
        counted = await self._by_finding(asked, survey)
        if counted is None:
            counted = await self._by_rows(asked)
        return counted if dated else Count.between(counted.least, None)

    async def _read_survey(self, _key: None) -> Rows:
        first = Rows.of(await self._reader.page())
        few = first.total is not None and first.total <= SURVEYED_PAGES * len(first.rows)
        return await self._pages(first, ()) if few and not first.whole else first

    async def _check_dates(self, _key: None) -> bool:
        """Whether the answers cover the range that was asked for."""
        whole = (await self._survey.of(None)).total
        unasked = await self._reader.number_of(())
        if whole is None or unasked is None:
            return False
        if unasked < whole or whole == unasked == 0:
            return True
        # All of it is recent, or the range is ignored: then one day long ago has it all too.
        # A server that knows the start alone gives all from the first day on, and nothing of a day
        # to come; should our clock be late, that day has come, and proves nothing.
        return await self._fewer(self._reader.first_day, whole) or await self._fewer(
            self._reader.day_to_come, whole
        )

    async def _fewer(self, dates: Query, whole: int) -> bool:
        """Whether the server finds less than ``whole`` in ``dates``, and takes them."""
        try:
            found = await self._reader.number_of(dates)
        except RejectedError:
            return False
        return found is not None and found < whole

    async def ignores_dates(self) -> bool:
        """Whether there are interactions of this kind, and the dates asked for change nothing.

        False where there are none: an empty account shows nothing of how dates are read. That they
        are read is published (A, B), so nothing found is then believed.
        """
        try:
            some = (await self._survey.of(None)).total
            return bool(some) and not (self._reader.dated and await self._dates.of(None))
        except UnreachableError:
            raise
        except (ApiError, AuthError):
            return False

    # Finding

    async def _by_finding(self, asked: Tagged, survey: Rows) -> Count | None:
        """The count by the filter or the search; None where they are not to be believed."""
        first = await self._found.of(self._question(asked.name))
        shown = {row.id for row in survey.rows if asked.name in row.names}
        if not self._plausible(first, asked.name) or not _holds(first, shown):
            return None
        if self._agree(asked.name, first, survey):
            found = first if first.whole else survey
            has = [row for row in found.rows if first.whole or asked.name in row.names]
            return self._count(has, asked)
        if await self._proved(asked.name, first):
            return await self._sum(asked, first)
        if self._resource.by_search:
            return await self._by_rows(asked, silence_is_none=True)
        return None

    def _agree(self, name: str, first: Rows, survey: Rows) -> bool:
        """Whether all rows there are show the name just where it was found."""
        speaks = self._resource.by_search or any(row.names for row in survey.rows)
        if not (survey.whole and speaks and _certain(survey.rows)):
            return False
        shown = {row.id for row in survey.rows if name in row.names}
        has = {row.id for row in first.rows if name in row.names}
        if first.whole:
            return has == shown
        # One by one, unless the search found other rows too.
        return first.total == len(shown) and has <= shown and len(has) == len(first.rows)

    def _fits(self, rows: Iterable[Row], name: str) -> Counter[Fit]:
        return Counter(_fit(row, name, empty_lacks=self._resource.by_search) for row in rows)

    def _plausible(self, found: Rows, name: str) -> bool:
        """Whether every row may have been found for ``name``, and the numbers fit."""
        if not self._resource.by_search:
            return found.sound and not self._fits(found.rows, name)[Fit.LACKS]
        empty = (row for row in found.rows if row.certain and not row.names)
        return found.sound and all(_explained(row, name) for row in empty)

    async def _sum(self, asked: Tagged, first: Rows) -> Count:
        """The count by what was found for the name, of which ``first`` is the first page."""
        fits = self._fits(first.rows, asked.name)
        if fits[Fit.SILENT]:
            return Count.between(self._count(first.rows, asked).least, None)
        uniform = fits[Fit.HAS] == len(first.rows) and not self._resource.by_search
        if asked.company_id is None and uniform:
            return Count(first.total or 0)
        found = first if first.whole else await self._found_whole.of(asked.name)
        if found is not None:
            return self._count(found.rows, asked)
        if self._resource.by_search:
            return Count.between(self._count(first.rows, asked).least, None)
        if asked.company_id is not None and uniform:
            return await self._of_company(asked.name, asked.company_id, first)
        return Count.between(0, first.total)

    async def _of_company(self, name: str, company_id: str, first: Rows) -> Count:
        """The count by the filter ``company_id``; where that fails, at most the account's."""
        if await self._companies.of(name):
            own = await self._found.of(self._question(name, company_id))
            its = all(row.company_id == company_id for row in own.rows)
            if own.sound and its and self._fits(own.rows, name)[Fit.HAS] == len(own.rows):
                return Count(own.total or 0)
        return Count.between(0, first.total)

    async def _find(self, question: Question) -> Rows:
        return Rows.of(await self._reader.page(_query(question)))

    async def _find_whole(self, name: str) -> Rows | None:
        """All that is found for ``name``; None where that is too much, or does not hold still."""
        question = self._question(name)
        found = await self._pages(await self._found.of(question), _query(question))
        return found if found.whole else None

    def _question(self, name: str, company_id: str | None = None) -> Question:
        return Question(self._spelling(name), name, company_id)

    def _spelling(self, name: str) -> str:
        """The parameter to ask by: whether ``tags`` splits at commas is D, ``tags[]`` does not."""
        if self._resource.by_search:
            return "search"
        return "tags[]" if "," in name else "tags"

    async def _check_company_filter(self, name: str) -> bool:
        """Whether ``company_id`` picks the rows of a company out of those found for ``name``."""
        first = await self._found.of(self._question(name))
        company_id = next((row.company_id for row in first.rows if row.company_id), None)
        if company_id is None:
            return False
        own = await self._found.of(self._question(name, company_id))
        expected = {row.id for row in first.rows if row.company_id == company_id}
        return _holds(own, expected) and all(row.company_id == company_id for row in own.rows)

    # Proving

    async def _proved(self, name: str, first: Rows) -> bool:
        """Whether asking for ``name`` finds all there is, and nothing that is not."""
        spelling = self._spelling(name)
        if not self._resource.by_search and not await self._nobody.of(spelling):
            return False
        found = any(name in row.names for row in first.rows)
        needed = frozenset[Trait]() if found else traits(name)
        return await self._proof.of((spelling, needed))

    async def _check_nobody(self, spelling: str) -> bool:
        """Whether a name that nobody has finds nothing."""
        found = await self._found.of(Question(spelling, _NOBODY))
        return found.total == 0 and not found.rows

    async def _prove(self, key: tuple[str, frozenset[Trait]]) -> bool:
        """Whether names with the needed traits are found where rows show them, asked by a spelling.

        True also where nothing has any tag: then every way of asking finds what there is.
        """
        spelling, needed = key
        rows = (await self._survey.of(None)).rows
        names = _stand_ins(rows, spelling, needed)
        if not _evident(rows, names) or needed - _traits_of(names):
            rows = (await self._scan.of(None)).rows
            names = _stand_ins(rows, spelling, needed)
        if not await self._found_as_shown(rows, spelling, names):
            return False
        if _evident(rows, names):
            return await self._taken_as_written(spelling, names, needed)
        return await self._prove_by_many(rows, spelling, needed)

    async def _found_as_shown(
        self, rows: Sequence[Row], spelling: str, names: Iterable[str]
    ) -> bool:
        """Whether each of ``names`` is found on the ``rows`` that show it, and on no others."""
        for name in names:
            found = await self._found.of(Question(spelling, name))
            shown = {row.id for row in rows if name in row.names}
            silent = self._fits(found.rows, name)[Fit.SILENT] and not self._resource.by_search
            if silent or not self._plausible(found, name) or not _holds(found, shown):
                return False
        return True

    async def _taken_as_written(
        self, spelling: str, names: Sequence[str], needed: frozenset[Trait]
    ) -> bool:
        """Whether a server that finds ``names`` takes one with the other ``needed`` traits whole.

        No row shows a name with such a trait. One that is cut at it, or folded, would find the
        first of ``names`` in what is made of that here, and nobody is called so.
        """
        for trait in needed - _traits_of(names):
            found = await self._found.of(Question(spelling, _with_trait(names[0], trait)))
            if found.total != 0 or found.rows:
                return False
        return True

    async def _prove_by_many(
        self, rows: Sequence[Row], spelling: str, needed: frozenset[Trait]
    ) -> bool:
        """Few ``rows`` or none show a tag: ask for the names of many live tags at once.

        Those rows must be among what is found, and each row that is found must show one of the
        names, some of which are then asked for alone. Where few rows have a tag at all, these few
        are all the evidence that there can be.
        """
        if self._resource.by_search or not _certain(rows):
            return False
        shown = {name for row in rows for name in row.names}
        names = _as_many_as_fit((*sorted(shown), *sorted({*self._live_names()} - shown)))
        if not names:
            return False
        found = Rows.of(await self._reader.page(tuple(("tags[]", name) for name in names)))
        if not _holds(found, {row.id for row in rows if row.names & names}):
            return False
        if found.total == 0 and not found.rows:
            return True
        if not found.sound or not all(row.names & names for row in found.rows):
            return False
        alone = _stand_ins(found.rows, spelling, needed)
        few = found.whole and len(found.rows) < _EVIDENCE
        return (
            bool(alone)
            and (few or _evident(found.rows, alone))
            and await self._found_as_shown(found.rows, spelling, alone)
            and await self._taken_as_written(spelling, alone, needed)
        )

    # Counting rows

    async def _by_rows(self, asked: Tagged, *, silence_is_none: bool = False) -> Count:
        """The count by reading rows, all of them or as many as are read at most.

        ``silence_is_none``: where no row shows any tag, none has one.
        """
        scan = await self._scan.of(None)
        counted = _counted(scan.rows, asked, empty_lacks=True)
        if scan.whole and (silence_is_none or any(row.names for row in scan.rows)):
            return counted
        return Count.between(counted.least, None)

    def _count(self, found: Iterable[Row], asked: Tagged) -> Count:
        """How many of the rows that were found for the name have it."""
        return _counted(found, asked, empty_lacks=self._resource.by_search)

    async def _read_scan(self, _key: None) -> Rows:
        survey = await self._survey.of(None)
        return survey if survey.whole else await self._pages(survey, ())

    async def _pages(self, first: Rows, query: Query) -> Rows:
        """``first`` and the pages after it, up to SCANNED_PAGES."""
        size = max(1, len(first.rows))
        last = SCANNED_PAGES
        if first.total is not None:
            last = min(last, -(-first.total // size))
        pages = await gather(
            *(self._reader.page(query, number=number) for number in range(2, last + 1))
        )
        rows = (*first.rows, *(row for page in pages for row in page.rows))
        told = {page.total for page in pages} <= {first.total}
        whole = told and len(rows) == len(ids(rows)) == first.total
        return Rows(rows=rows, total=first.total, whole=whole)


def traits(name: str) -> frozenset[Trait]:
    """What in ``name`` a server could stumble over."""
    found = {
        Trait.CAPITAL: name != name.lower(),
        Trait.BLANK: any(character.isspace() for character in name),
        Trait.COMMA: "," in name,
    }
    return frozenset(trait for trait, has in found.items() if has)


def _fit(row: Row, name: str, *, empty_lacks: bool) -> Fit:
    """What ``row`` shows; ``empty_lacks``: a row that shows no tags has none."""
    if name in row.names:
        return Fit.HAS
    if not row.certain:
        return Fit.SILENT
    if any(_folded(one) == _folded(name) for one in row.names):
        return Fit.LIKE
    return Fit.LACKS if row.names or empty_lacks else Fit.SILENT


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())


def _explained(row: Row, name: str) -> bool:
    """Whether a search for ``name`` may have found ``row`` by something other than its tags."""
    return any(word in row.described for word in name.casefold().split())


def _holds(found: Rows, shown: set[str]) -> bool:
    """Whether ``found`` has the interactions ``shown``; both are listed in the same order."""
    if found.whole or len(shown) <= len(found.rows):
        return shown <= ids(found.rows)
    return ids(found.rows) <= shown


def _counted(rows: Iterable[Row], asked: Tagged, *, empty_lacks: bool) -> Count:
    """The rows that have the tag; one that does not say so, or not whose it is, may have it."""
    least = maybe = silent = 0
    for row in rows:
        if asked.company_id is not None and row.company_id not in {None, asked.company_id}:
            continue
        fit = _fit(row, asked.name, empty_lacks=empty_lacks)
        sure = asked.company_id is None or row.company_id is not None
        least += fit is Fit.HAS and sure
        maybe += fit is Fit.LIKE or (fit is Fit.HAS and not sure)
        silent += fit is Fit.SILENT
    return Count.between(least, None if silent else least + maybe)


def _certain(rows: Iterable[Row]) -> bool:
    return all(row.certain for row in rows)


def _query(question: Question) -> Query:
    company = () if question.company_id is None else (("company_id", question.company_id),)
    return (*company, (question.spelling, question.name))


def _as_many_as_fit(names: Iterable[str]) -> frozenset[str]:
    chosen: set[str] = set()
    length = 0
    for name in names:
        length += len(quote(name)) + len("tags[]=&")
        if length > _ASKED_AT_ONCE:
            break
        chosen.add(name)
    return frozenset(chosen)


def _stand_ins(rows: Sequence[Row], spelling: str, needed: frozenset[Trait]) -> list[str]:
    """Few names that ``rows`` show, the commonest, with as many of the ``needed`` traits as any."""
    # Asked for by "tags", a name with a comma may be taken for two.
    times = Counter(
        name for row in rows for name in row.names if spelling != "tags" or "," not in name
    )
    chosen: list[str] = []
    missing = needed
    while times and len(chosen) < _STAND_INS and (missing or not _evident(rows, chosen)):
        best = max(times, key=lambda name: (len(traits(name) & missing), times[name], name))
        if _evident(rows, chosen) and not traits(best) & missing:
            break
        chosen.append(best)
        missing -= traits(best)
        del times[best]
    return chosen


def _traits_of(names: Iterable[str]) -> frozenset[Trait]:
    return frozenset(trait for name in names for trait in traits(name))


def _with_trait(name: str, trait: Trait) -> str:
    """What a server that stumbles over ``trait`` would take for ``name``."""
    made = {Trait.CAPITAL: name.upper(), Trait.BLANK: f"{name} {name}"}
    return made.get(trait, f"{name},{name}")


def _evident(rows: Sequence[Row], names: Sequence[str]) -> bool:
    """Whether ``rows`` show ``names`` often enough: a filter may know only some of them."""
    return sum(name in row.names for row in rows for name in names) >= _EVIDENCE
