"""Which companies of an account a selector means; every answer is worked out once."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from reconciler.model.names import glob, is_glob

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.config.configuration import Selector
    from reconciler.model.tag import Company


class CompanyIndex:
    """The companies of one account, by id, by name and by pattern.

    A pattern with * or ? is held against names; one without is an exact name or an id.
    """

    def __init__(self, companies: Sequence[Company]) -> None:
        self.companies: Mapping[str, Company] = {one.id: one for one in companies}
        known = list(self.companies.values())
        self._active = _Names([one for one in known if one.active])
        self._disabled = _Names([one for one in known if not one.active])
        self._selected: dict[Selector, tuple[str, ...]] = {}

    @property
    def names(self) -> Sequence[str]:
        """The active companies' names, sorted."""
        return self._active.sorted

    def name(self, company_id: str) -> str:
        """What the company is called."""
        return self.companies[company_id].name

    def select(self, selector: Selector) -> tuple[str, ...]:
        """Ids of the active companies that ``selector`` means, in the order of the listing."""
        known = self._selected.get(selector)
        if known is None:
            chosen = self._active.ids
            if selector.include is not None:
                wanted = {one for p in selector.include for one in self._active.find(p)}
                # One company out of thousands, thousands of times, must not walk them all.
                chosen = sorted(wanted, key=self._active.position.__getitem__)
            out = {one for pattern in selector.exclude for one in self._active.find(pattern)}
            known = tuple(one for one in chosen if one not in out) if out else tuple(chosen)
            self._selected[selector] = known
        return known

    def matches(self, pattern: str) -> Sequence[str]:
        """Ids of the active companies that ``pattern`` alone means."""
        return self._active.find(pattern)

    def matches_disabled(self, pattern: str) -> Sequence[str]:
        """Names of the disabled companies that ``pattern`` would mean."""
        return [self.name(one) for one in self._disabled.find(pattern)]

    def named(self, name: str) -> Sequence[str]:
        """Ids of the active companies whose exact name is ``name``."""
        return () if is_glob(name) else self._active.by_name.get(name, ())


class _Names:
    def __init__(self, companies: Sequence[Company]) -> None:
        self.ids = [one.id for one in companies]
        self.position = {one: position for position, one in enumerate(self.ids)}
        self.by_name: dict[str, list[str]] = {}
        for one in companies:
            self.by_name.setdefault(one.name, []).append(one.id)
        self.sorted = sorted(self.by_name)
        self._found: dict[str, Sequence[str]] = {}

    def find(self, pattern: str) -> Sequence[str]:
        """Ids of those that ``pattern`` means."""
        if not is_glob(pattern):
            ids = self.by_name.get(pattern, [])
            return [*ids, pattern] if pattern in self.position and pattern not in ids else ids
        found = self._found.get(pattern)
        if found is None:
            matches = glob(pattern)
            found = [
                one
                for name in self._beginning(pattern)
                if matches(name)
                for one in self.by_name[name]
            ]
            self._found[pattern] = found
        return found

    def _beginning(self, pattern: str) -> Sequence[str]:
        """Names that begin like ``pattern`` does before its first wildcard."""
        start = pattern[: min(p for p in (pattern.find("*"), pattern.find("?")) if p >= 0)]
        if not start:
            return self.sorted
        low = bisect_left(self.sorted, start)
        return self.sorted[low : bisect_right(self.sorted, start + "\U0010ffff")]
