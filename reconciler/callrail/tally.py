"""How many of an account's rows show each name, and when the newest was; reads nothing.

Premise. Rows that were all read need no filter to be believed, only themselves: one that does not
show its tags may have any, one that does not show its company may be of any, and a name that no
live tag has may be one that the server tidied. What was not read may hold more.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

from reconciler.callrail.evidence import folded
from reconciler.model.change import Count
from reconciler.model.usage import NameAt

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from reconciler.callrail.interactions import Row
    from reconciler.model.trash import Day


class Tallied(NamedTuple):
    """One kind's number of a name, the newest day that is known, and whether it is idle."""

    number: Count
    last: Day | None = None
    idle: bool = False


class Tally:
    """The names that ``rows`` show, by company.

    ``whole``: there are no other rows. ``known``: the names of live tags. ``since``: the day from
    which on a use is recent; ``recent`` holds the ids of undated rows that are, None where nobody
    knows.
    """

    def __init__(
        self,
        rows: Iterable[Row],
        *,
        whole: bool,
        known: Collection[str],
        since: Day,
        recent: Collection[str] | None = None,
    ) -> None:
        self._whole, self._since = whole, since
        self._counts: Counter[NameAt] = Counter()
        self._last: dict[NameAt, Day] = {}
        self._recent: set[NameAt] = set()
        self._silent: Counter[str | None] = Counter()
        self._companies: dict[str, set[str | None]] = defaultdict(set)
        strange: Counter[NameAt] = Counter()
        for row in rows:
            self._silent[row.company_id] += not row.certain
            for name in row.names:
                at = NameAt(name, row.company_id)
                if name not in known:
                    strange[NameAt(folded(name), row.company_id)] += 1
                    continue
                self._counts[at] += 1
                self._companies[name].add(row.company_id)
                if row.day is not None:
                    self._last[at] = max(row.day, self._last.get(at, row.day))
                elif recent is None or row.id in recent:
                    self._recent.add(at)
        self._strange = strange

    def of(self, asked: NameAt) -> Tallied:
        """The count of a name in one company, or in all."""
        places = self._places(asked)
        sure = [one for one in places if one.company_id is not None or asked.company_id is None]
        least = sum(self._counts[one] for one in sure)
        most = sum(self._counts[one] for one in places) + self._like(asked)
        bounded = self._whole and not self._silences(asked.company_id)
        count = Count.between(least, most if bounded else None)
        last = max((self._last[one] for one in sure if one in self._last), default=None)
        recent = any(one in self._last and self._last[one] >= self._since for one in places)
        quiet = not recent and self._recent.isdisjoint(places)
        return Tallied(count, last, idle=count.most is not None and quiet)

    def _places(self, asked: NameAt) -> list[NameAt]:
        """Where rows may show it: in the company, in one that they do not name; or anywhere."""
        companies = self._companies.get(asked.name, set())
        if asked.company_id is not None:
            companies = companies & {asked.company_id, None}
        return [NameAt(asked.name, company) for company in companies]

    def _like(self, asked: NameAt) -> int:
        """Rows with a name that no live tag has, and that a server may have made of this one."""
        if not self._strange:
            return 0
        key = folded(asked.name)
        found = (
            times
            for at, times in self._strange.items()
            if at.name == key and (asked.company_id is None or at.company_id in {None, asked[1]})
        )
        return sum(found)

    def _silences(self, company_id: str | None) -> int:
        if company_id is None:
            return self._silent.total()
        return self._silent[company_id] + self._silent[None]
