"""Two readings of one account held against each other, tag by tag and company by company.

Terms. An *id* names a tag for good; its name does not. Premise: people rename, delete, create anew
and swap names in CallRail, and by name these look alike. Method: what both have is compared by id.
What only one has is gone or new; a gone and a new one of the same name in the same place were one
to people, so they are one piece of news: created anew, with its history lost.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.model.news import AccountNews, CompanyNews, TagNews
from reconciler.model.tag import Company, Place
from reconciler.planning.narrowing import EVERYTHING, Narrowing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.model.change import Loss
    from reconciler.model.state import LiveAccount
    from reconciler.model.tag import LiveTag

    Pair = tuple[LiveTag | None, LiveTag | None]


def news_between(
    before: LiveAccount, after: LiveAccount, narrowing: Narrowing = EVERYTHING
) -> AccountNews:
    """What became of the account ``before`` by the time of ``after``.

    Of a reading that holds odd rows nothing is taken for absent.
    """
    pairs = [
        (old, new)
        for old, new in _pairs(before, after)
        if not ((old is None and before.odd) or (new is None and after.odd))
        if narrowing.covers_tag(*(tag.name for tag in (old, new) if tag is not None))
    ]
    places = _Places(before, after)
    counted = before.usage is not None and after.usage is not None
    found = [
        TagNews(
            place=place,
            before=old,
            after=new,
            had=_use(before, old) if counted or new is None else None,
            has=_use(after, new) if counted or old is None else None,
        )
        for old, new in pairs
        for place in [places.of(new or old)]
        if narrowing.covers_company(place.company)
    ]
    tags = sorted((one for one in found if one.news or one.had != one.has), key=_order)
    companies = () if narrowing.tags else tuple(_companies(before, after, narrowing))
    return AccountNews(after.account, tuple(tags), companies, len(found) - len(tags))


def _pairs(before: LiveAccount, after: LiveAccount) -> Iterator[Pair]:
    """Tags that are one: by id, and by place and name where an id is gone and another is new."""
    live = {tag.id: tag for tag in after.tags}
    known = {tag.id for tag in before.tags}
    made: dict[tuple[str | None, str], list[LiveTag]] = defaultdict(list)
    for tag in sorted((one for one in after.tags if one.id not in known), reverse=True):
        made[tag.company_id, tag.name].append(tag)
    for tag in sorted(before.tags):
        if (same := live.get(tag.id)) is not None:
            yield tag, same
        else:
            anew = () if before.odd or after.odd else made[tag.company_id, tag.name]
            yield tag, anew.pop() if anew else None
    for tags in made.values():
        for tag in tags:
            yield None, tag


def _use(live: LiveAccount, tag: LiveTag | None) -> Loss | None:
    return None if tag is None or live.usage is None else live.usage.get(tag.id)


class _Places:
    """The places of both readings, their companies called as they are by now."""

    def __init__(self, before: LiveAccount, after: LiveAccount) -> None:
        self._account = after.account
        self._companies = {**before.companies, **after.companies}
        self._named = Counter(company.name for company in self._companies.values())

    def of(self, tag: LiveTag | None) -> Place:
        """Where ``tag`` lives."""
        company_id = None if tag is None else tag.company_id
        if company_id is None:
            return Place(self._account)
        company = self._companies.get(company_id) or Company(company_id, company_id)
        return Place(self._account, replace(company, has_namesake=self._named[company.name] > 1))


def _companies(
    before: LiveAccount, after: LiveAccount, narrowing: Narrowing
) -> Iterator[CompanyNews]:
    for company_id in dict.fromkeys((*before.companies, *after.companies)):
        old, new = before.companies.get(company_id), after.companies.get(company_id)
        one = CompanyNews(account=after.account, before=old, after=new)
        known = (company for company in (old, new) if company is not None)
        if one.news and any(map(narrowing.covers_company, known)):
            yield one


def _order(one: TagNews) -> tuple[str, str, str, int]:
    company = one.place.company
    return (
        "" if company is None else company.name,
        "" if company is None else company.id,
        one.tag.name,
        one.tag.id,
    )
