"""``--company`` and ``--tag``: the part of the work that a run is limited to."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from reconciler.model.names import any_glob
from reconciler.model.trash import original

if TYPE_CHECKING:
    from reconciler.model.change import Change
    from reconciler.model.plan import Excepted
    from reconciler.model.tag import Company


class Narrowing(NamedTuple):
    """Globs of company names or ids, and of tag names; empty means all.

    Desired and live are limited alike, so that what is left out can't be deleted. Tags are
    narrowed after they are matched: a rename is in when either of its names is, and never
    falls apart into a create and a tag that stays.
    """

    companies: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    def covers_company(self, company: Company | None) -> bool:
        """Whether a place is in: account level only where no company was asked for."""
        if not self.companies:
            return True
        if company is None:
            return False
        matches = any_glob(self.companies)
        return matches(company.name) or matches(company.id)

    def covers_tag(self, *names: str) -> bool:
        """Whether one of a tag's names, declared or live, is in; also by what it was called before
        it went to the trash.
        """
        return not self.tags or any(map(any_glob(self.tags), (*names, *map(original, names))))

    def covers(self, change: Change) -> bool:
        """Whether a change is in, by its place and by either of its names."""
        return self.covers_company(change.place.company) and self.covers_tag(*change.names)

    def covers_exception(self, exception: Excepted) -> bool:
        """Whether one of its tags is in, and the company as it is written."""
        companies = not self.companies or any_glob(self.companies)(exception.company)
        return companies and self.covers_tag(*exception.tags)


EVERYTHING = Narrowing()
