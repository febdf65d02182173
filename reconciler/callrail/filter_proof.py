"""Proves that asking for a tag's name finds all there is, and nothing that is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from reconciler.callrail.concurrency import Memo
from reconciler.callrail.evidence import (
    ENOUGH,
    Fit,
    Rows,
    Trait,
    all_certain,
    evident,
    holds,
    stand_ins,
    traits,
    traits_of,
    with_trait,
)
from reconciler.callrail.survey import Question

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from reconciler.callrail.api import Query
    from reconciler.callrail.interactions import Row
    from reconciler.callrail.survey import Survey

_ASKED_AT_ONCE: Final = 1_500
"""Most characters of names in one question: an address has its limits."""
_NOBODY: Final = "reconciler-probe-8f1b6c02-no-such-tag"


class FilterProof:
    """Whether the filter, or the search, of one kind of interactions can be believed.

    ``live_names`` gives names of live tags; one of them is asked for where no row shows any.
    """

    def __init__(self, survey: Survey, live_names: Callable[[], Iterable[str]]) -> None:
        self._survey = survey
        self._live_names = live_names
        self._nobody = Memo(self._check_nobody)
        self._proof = Memo(self._prove)

    async def holds(self, name: str, first: Rows) -> bool:
        """Whether asking for ``name``, which gave ``first``, finds all there is and no more."""
        spelling = self._survey.spelling(name)
        if not self._survey.kind.by_search and not await self._nobody.of(spelling):
            return False
        found = any(name in row.names for row in first.rows)
        needed = frozenset[Trait]() if found else traits(name)
        return await self._proof.of((spelling, needed))

    async def finds_nothing(self, names: Iterable[str]) -> bool:
        """Whether asking for all of ``names``, many at once, finds nothing.

        No row shows a tag, so nothing else could prove it.
        """
        left = sorted(names)
        while some := _as_many_as_fit(left):
            found = Rows.of(await self._survey.reader.page(_any_of(some)))
            if found.total != 0 or found.rows:
                return False
            left = [name for name in left if name not in some]
        return not left

    async def _check_nobody(self, spelling: str) -> bool:
        """Whether a name that nobody has finds nothing."""
        found = await self._survey.ask(Question(spelling, _NOBODY))
        return found.total == 0 and not found.rows

    async def _prove(self, key: tuple[str, frozenset[Trait]]) -> bool:
        """Whether names with the needed traits are found where rows show them, asked by a spelling.

        True also where nothing has any tag: then every way of asking finds what there is.
        """
        spelling, needed = key
        rows = (await self._survey.survey()).rows
        names = stand_ins(rows, spelling, needed)
        if not evident(rows, names) or needed - traits_of(names):
            rows = (await self._survey.scan()).rows
            names = stand_ins(rows, spelling, needed)
        if not await self._found_as_shown(rows, spelling, names):
            return False
        if evident(rows, names):
            return await self._taken_as_written(spelling, names, needed)
        return await self._prove_by_many(rows, spelling, needed)

    async def _found_as_shown(
        self, rows: Sequence[Row], spelling: str, names: Iterable[str]
    ) -> bool:
        """Whether each of ``names`` is found on the ``rows`` that show it, and on no others."""
        for name in names:
            found = await self._survey.ask(Question(spelling, name))
            shown = {row.id for row in rows if name in row.names}
            silent = (
                self._survey.fits(found.rows, name)[Fit.SILENT] and not self._survey.kind.by_search
            )
            if silent or not self._survey.plausible(found, name) or not holds(found, shown):
                return False
        return True

    async def _taken_as_written(
        self, spelling: str, names: Sequence[str], needed: frozenset[Trait]
    ) -> bool:
        """Whether a server that finds ``names`` takes one with the other ``needed`` traits whole.

        No row shows a name with such a trait. One that is cut at it, or folded, would find the
        first of ``names`` in what is made of that here, and nobody is called so.
        """
        for trait in needed - traits_of(names):
            found = await self._survey.ask(Question(spelling, with_trait(names[0], trait)))
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
        if self._survey.kind.by_search or not all_certain(rows):
            return False
        shown = {name for row in rows for name in row.names}
        names = _as_many_as_fit((*sorted(shown), *sorted({*self._live_names()} - shown)))
        if not names:
            return False
        found = Rows.of(await self._survey.reader.page(_any_of(names)))
        if not holds(found, {row.id for row in rows if row.names & names}):
            return False
        if found.total == 0 and not found.rows:
            return True
        if not found.sound or not all(row.names & names for row in found.rows):
            return False
        alone = stand_ins(found.rows, spelling, needed)
        few = found.whole and len(found.rows) < ENOUGH
        return (
            bool(alone)
            and (few or evident(found.rows, alone))
            and await self._found_as_shown(found.rows, spelling, alone)
            and await self._taken_as_written(spelling, alone, needed)
        )


def _any_of(names: Iterable[str]) -> Query:
    return tuple(("tags[]", name) for name in names)


def _as_many_as_fit(names: Iterable[str]) -> frozenset[str]:
    chosen: set[str] = set()
    length = 0
    for name in names:
        length += len(quote(name)) + len("tags[]=&")
        if length > _ASKED_AT_ONCE:
            break
        chosen.add(name)
    return frozenset(chosen)
