"""Selectors that match nothing, or more than their author may think."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.config.codes import Code
from reconciler.model.names import is_glob
from reconciler.text.nearest import nearest
from reconciler.text.plural import listed
from reconciler.text.quote import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reconciler.config.collector import Collector
    from reconciler.config.configuration import Entry, Selector
    from reconciler.config.selectors import CompanyIndex
    from reconciler.config.values import Origin

_MOST_SUGGESTIONS = 25
"""Misspelt company names that get a "did you mean": each is compared with every company."""


class SelectorCheck:
    """Holds each selector against the companies of all the accounts that it applies to.

    Every pattern, also one of `except`, must match somewhere: what matches nothing is misspelt, and
    an `except` that is would let tags into the company that was meant to stay out.
    """

    def __init__(self, indexes: Mapping[str, CompanyIndex], problems: Collector) -> None:
        self._indexes = indexes
        self._problems = problems
        self._suggestions = _MOST_SUGGESTIONS
        self._good: set[tuple[Selector, tuple[str, ...]]] = set()
        self._reported: set[tuple[Selector, tuple[str, ...], int]] = set()
        self._shared_names: set[tuple[str, str]] = set()
        self._disabled: dict[tuple[str, str], dict[tuple[str, int], Origin]] = {}

    def check(self, entry: Entry) -> None:
        """Note what is wrong with the entry's selector, a scope's once for all its tags."""
        selector = entry.selector
        if selector is None or (selector, entry.accounts) in self._good:
            return
        key = (selector, entry.accounts, entry.place.span)
        if key in self._reported:
            return
        indexes = [self._indexes[handle] for handle in entry.accounts]
        # What an account of another run is for can't be told from a mistake in this one.
        if entry.narrowed or self._matches(entry.place, selector, indexes):
            self._good.add((selector, entry.accounts))
        else:
            self._reported.add(key)
        self._check_shared_names(entry)

    def _matches(self, place: Origin, selector: Selector, indexes: Sequence[CompanyIndex]) -> bool:
        good, skipped, selected = True, False, selector.include is None
        for key, origin in _patterns(place):
            if any(index.matches(origin.value) for index in indexes):
                selected = selected or key == "companies"
                continue
            disabled = [name for one in indexes for name in one.matches_disabled(origin.value)]
            if disabled and key == "companies" and not is_glob(origin.value):
                skipped = True
                users = self._disabled.setdefault((origin.value, disabled[0]), {})
                users[origin.text.file, origin.span] = origin
            elif key == "companies" or not disabled:
                good = False
                self._report_no_match(origin, indexes, disabled)
        nothing = good and not any(index.select(selector) for index in indexes)
        # A tag of one client who has left lands nowhere: that stops no pipeline.
        if nothing and (selected or not skipped):
            good = False
            self._report_nothing_left(place)
        return good

    def finish(self) -> None:
        """Warn of each disabled company once, however many tags name it."""
        for (value, name), origins in self._disabled.items():
            called = "" if name == value else f", {quoted(name)},"
            others = f" (here and in {len(origins) - 1:,} more)" if len(origins) > 1 else ""
            self._problems.warning(
                Code.COMPANY_DISABLED,
                f"the company {quoted(value)}{called} is disabled: it is skipped{others}",
                next(iter(origins.values())).mark(),
                hint="Delete it here, or enable the company in CallRail.",
            )

    def _report_no_match(
        self, origin: Origin, indexes: Sequence[CompanyIndex], disabled: Sequence[str]
    ) -> None:
        if disabled:
            message = (
                f"{quoted(origin.value)} matches no active company: "
                f"{quoted(disabled[0])} is disabled"
            )
            hint = "Delete it here, or enable the company in CallRail."
        else:
            message = f"{quoted(origin.value)} matches no company"
            hint = self._suggestion(origin.value, indexes)
        self._problems.error(Code.NOTHING_SELECTED, message, origin.mark(), hint=hint)

    def _suggestion(self, pattern: str, indexes: Sequence[CompanyIndex]) -> str:
        if pattern == "all":
            return "Every active company is `companies: all`, without brackets."
        near: Sequence[str] = ()
        if self._suggestions:
            self._suggestions -= 1
            known = (name for index in indexes for name in index.names)
            near = nearest(pattern.replace("*", ""), known, most=3)
        if near:
            return f"Did you mean {listed(map(quoted, near), last='or')}?"
        return "`reconciler get companies` lists them."

    def _report_nothing_left(self, place: Origin) -> None:
        at = place.at("companies")
        if "except" in place.value:
            self._problems.error(
                Code.NOTHING_LEFT,
                "`except` takes away every company that `companies` selects",
                place.at("except").mark(),
                at.mark("selects them"),
                hint="Narrow `except`, or delete the tag's block.",
            )
        else:
            self._problems.error(
                Code.NOTHING_SELECTED,
                "there is no active company to select",
                at.mark(),
                hint="Leave out `companies` for a tag on account level, or narrow `accounts`.",
            )

    def _check_shared_names(self, entry: Entry) -> None:
        for _key, origin in _patterns(entry.place):
            for handle in entry.accounts:
                ids = self._indexes[handle].named(origin.value)
                if len(ids) > 1 and (handle, origin.value) not in self._shared_names:
                    self._shared_names.add((handle, origin.value))
                    self._problems.warning(
                        Code.COMPANY_TWICE,
                        f"{len(ids)} companies of {handle} have the name "
                        f"{quoted(origin.value)}; all of them are meant",
                        origin.mark(),
                        hint=f"Write the id of the one that is meant: {listed(ids, last='or')}.",
                    )


def _patterns(place: Origin) -> Iterator[tuple[str, Origin]]:
    """The patterns of `companies` and `except`, where they are lists."""
    for key in ("companies", "except"):
        if key in place.value and place.value[key] != "all":
            for origin in place.at(key).each():
                yield key, origin.at("company") if isinstance(origin.value, dict) else origin
