"""Reads interactions: calls, form submissions and text threads, and the tags that each shows.

What a row shows is evidence, and it may be none: ``tags`` was seen as names, as objects, as objects
without a name, as null, and missing (C). A row therefore says which names it shows and whether that
is all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from reconciler.callrail.paging import PER_PAGE, Page, key_in, parse_page
from reconciler.errors import ProtocolError, RejectedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.callrail.api import ApiSession, Query

RETENTION_MONTHS: Final = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionKind:
    """One kind of interaction: where it is listed, and how it is found by a tag's name.

    ``keys``: what the list may be called in an answer (the threads' key is D). ``by_search``: there
    is no filter by tag, only a search that finds other things too (B: text threads).
    ``in_order`` is the query that lists the oldest first, so that what comes in while pages are
    read moves none of them. ``moment``: what dates a row; empty where nothing does (B).
    """

    noun: str
    file: str
    keys: tuple[str, ...]
    query: Query = ()
    by_search: bool = False
    in_order: Query = ()
    moment: str = ""


CALLS: Final = InteractionKind(
    noun="calls",
    file="calls.json",
    keys=("calls",),
    query=(("fields", "tags,company_id"), ("sort", "start_time"), ("order", "desc")),
    in_order=(("fields", "tags,company_id"), ("sort", "start_time"), ("order", "asc")),
    moment="start_time",
)
FORMS: Final = InteractionKind(
    noun="forms",
    file="form_submissions.json",
    keys=("form_submissions",),
    query=(("fields", "tags"),),
    moment="submitted_at",
)
TEXTS: Final = InteractionKind(
    noun="texts", file="sms-threads.json", keys=("sms_threads", "sms-threads"), by_search=True
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An interaction as far as it matters here.

    ``names`` are the tags that it shows; ``certain`` says that it shows all that it has.
    ``described`` holds its other texts, by which a search may have found it. ``day`` is when it
    was, as the server writes it; None where it does not.
    """

    id: str
    company_id: str | None
    names: frozenset[str]
    certain: bool
    described: str = ""
    day: date | None = None


RowPage = Page[Row]


class Reader:
    """Pages of one resource of an account, over the whole retention period where that is served."""

    def __init__(self, session: ApiSession, account: str, kind: InteractionKind) -> None:
        self.kind = kind
        self._session = session
        self._account = account
        self.today = datetime.fromtimestamp(session.run.settings.clock.time(), UTC).date()
        # Its zone may be ahead of UTC, so today may have begun there; or it wants no day to come.
        start = retention_start(self.today)
        self._periods: list[Query] = [
            period(start, self.today + timedelta(days=1)),
            period(start, self.today),
            (),
        ]

    @property
    def dated(self) -> bool:
        """Whether the retention period is asked for, and not what the server covers unasked."""
        return bool(self._periods[0])

    async def page(
        self, query: Query = (), *, number: int = 1, dates: Query | None = None
    ) -> RowPage:
        """A page of ``dates``, or of the whole period; of a shorter one where the server refuses
        that (``dated``).

        Raises AuthError, QuotaError or an ApiError.
        """
        if dates is not None:
            return await self._get((*query, *dates), number=number, per_page=PER_PAGE)
        while True:
            asked = self._periods[0]
            try:
                return await self._get((*query, *asked), number=number, per_page=PER_PAGE)
            except RejectedError:
                if len(self._periods) == 1:
                    raise
                if self._periods[0] is asked:
                    self._periods.pop(0)

    async def number_of(self, dates: Query) -> int | None:
        """How many interactions there are in ``dates`` (none: whatever is covered unasked)."""
        return (await self._get(dates, number=1, per_page=1)).total

    @property
    def first_day(self) -> Query:
        """The first day of the period."""
        start = retention_start(self.today)
        return period(start, start)

    @property
    def covered(self) -> tuple[date, date]:
        """The first and the last day of the period."""
        return retention_start(self.today), self.today

    def last_days(self, number: int) -> Query:
        """So many days up to today, and the day before them, which may be theirs elsewhere."""
        return period(self.today - timedelta(days=number + 1), self.today + timedelta(days=1))

    @property
    def day_to_come(self) -> Query:
        """A day on which nothing can have happened yet, in whatever time zone."""
        day = self.today + timedelta(days=2)
        return period(day, day)

    async def _get(self, query: Query, *, number: int, per_page: int) -> RowPage:
        asked = (*query, *self.kind.query)
        asked += (("page", str(number)), ("per_page", str(per_page)))
        answer = await self._session.get(self._account, self.kind.file, query=asked)
        parse = partial(row_of, described=self.kind.by_search, moment=self.kind.moment)
        return parse_page(answer.payload, rows=self._key(answer.payload), parse=parse)

    def _key(self, payload: object) -> str:
        """What the list is called here: as is known, else it is the only list that there is."""
        there: Mapping[str, object] = payload if isinstance(payload, Mapping) else {}
        lists = [key for key, value in there.items() if isinstance(value, list)]
        if len(lists) == 1 and not set(self.kind.keys) & there.keys():
            return lists[0]
        return key_in(payload, self.kind.keys)


def row_of(payload: object, *, described: bool = True, moment: str = "") -> Row:
    """A row, with its other texts where they matter; ``moment`` is the key of what dates it.

    Tags of an unknown shape are no evidence. Raises ProtocolError for what has no id.
    """
    if not isinstance(payload, dict):
        raise ProtocolError("an interaction is not an object")
    company_id = payload.get("company_id")
    names, certain = shown_tags(payload.get("tags"))
    pairs = payload.items() if described else ()
    texts = [value for key, value in pairs if key != "tags" and isinstance(value, str)]
    return Row(
        id=row_id(payload, "interactions"),
        company_id=company_id if isinstance(company_id, str) else None,
        names=names,
        certain=certain,
        described="\n".join(texts).casefold() if described else "",
        day=_day(payload.get(moment)) if moment else None,
    )


def _day(moment: object) -> date | None:
    """The day that ``moment``, in ISO 8601, begins with."""
    try:
        return date.fromisoformat(moment[:10]) if isinstance(moment, str) else None
    except ValueError:
        return None


def row_id(row: Mapping[str, object], what: str) -> str:
    """The id of ``row`` as text, which a number also is. Raises ProtocolError."""
    number = row.get("id")
    if isinstance(number, bool) or not isinstance(number, int | str) or not str(number):
        raise ProtocolError(f"a row of {what} has no id")
    return str(number)


def shown_tags(tags: object) -> tuple[frozenset[str], bool]:
    """The names that ``tags`` shows, as strings or objects with ``name`` (C), and whether all."""
    if not isinstance(tags, list):
        return frozenset(), False
    entries = [tag.get("name") if isinstance(tag, Mapping) else tag for tag in tags]
    names = [name for name in entries if isinstance(name, str)]
    return frozenset(names), len(names) == len(entries)


def period(start: date, end: date) -> Query:
    """``start`` to ``end``, both included, in the form that all three resources take (B)."""
    return (("start_date", start.isoformat()), ("end_date", end.isoformat()))


def retention_start(today: date) -> date:
    """The first day that may be asked for: a range of more than 25 months is an error (A, B)."""
    months = today.year * 12 + today.month - 1 - RETENTION_MONTHS
    first = today.replace(year=months // 12, month=months % 12 + 1, day=1)
    next_month = (first + timedelta(days=32)).replace(day=1)
    day = min(today.day, (next_month - first).days)
    return first.replace(day=day) + timedelta(days=1)


def ids(rows: Sequence[Row]) -> frozenset[str]:
    """The ids of ``rows``."""
    return frozenset(row.id for row in rows)
