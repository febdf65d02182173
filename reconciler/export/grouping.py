"""Live tags of several accounts, joined into as few declarations as can be.

Terms. A *tag* is a name, a colour and a status. A *selector* is how a declaration names the
companies of an account that have a tag: none (account level), all, a list, or all but a list.

Method. In each account every tag gets the shortest selector of exactly the companies that have it;
a tag of several accounts with the same selector becomes one declaration. A company is written by
its name only where that can't mean anything else; otherwise by its id.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.config.configuration import Selector
from reconciler.model.names import any_alike, is_glob
from reconciler.model.tag import AccountRef, Company, LiveTag, Tag
from reconciler.text.quote import double_quoted
from reconciler.text.visible import NOT_IN_A_LINE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from reconciler.config.configuration import Configuration

NAMELESS = "neither its company's name nor its id can be written safely"
LONGEST_NAME = 1000
"""As the schema has it."""


@dataclass(slots=True)
class DeclarationGroup:
    """One declaration to be written; ``remarks`` are for the person who reads it.

    ``merged_from`` and ``renamed_from``: other names that it takes over.
    """

    tag: Tag
    selector: Selector | None
    accounts: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    merged_from: dict[str, None] = field(default_factory=dict)
    renamed_from: dict[str, None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A live tag that can't be declared, and why."""

    account: str
    place: str
    tag: LiveTag
    reason: str


@dataclass(slots=True)
class Grouping:
    """Everything of the given accounts: declarations, and what they leave out.

    ``called``: the names of companies that selectors name by their ids.
    """

    groups: list[DeclarationGroup] = field(default_factory=list)
    called: dict[str, str] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)
    disabled: Counter[str] = field(default_factory=Counter)
    ignored: Counter[str] = field(default_factory=Counter)


def group(
    accounts: Sequence[tuple[AccountRef, Mapping[str, Company], Sequence[LiveTag]]],
    base: Configuration | None,
) -> Grouping:
    """Join the live tags of ``accounts``; ``base`` has what they ignore."""
    ignored = ignored_of(base)
    result = Grouping()
    joined: dict[tuple[Tag, Selector | None], DeclarationGroup] = {}
    for ref, companies, tags in accounts:
        account = AccountTags(ref, companies, result)
        for tag, selector, remarks in account.declarations(tags, ignored(ref)):
            one = joined.setdefault((tag, selector), DeclarationGroup(tag, selector))
            one.accounts.append(ref.handle)
            one.remarks.extend(remarks)
    for one in joined.values():
        one.accounts.sort()
        one.remarks.sort()
    result.groups.extend(sorted(joined.values(), key=in_order))
    return result


def ignored_of(base: Configuration | None) -> Callable[[AccountRef], Callable[[str], bool]]:
    """The test for names that an account of ``base`` ignores."""
    ignores = {one.ref.id: one.policy.ignore for one in base.accounts} if base else {}
    return lambda ref: any_alike(ignores.get(ref.id, ()))


def refusal(name: str) -> str | None:
    """Why the language refuses ``name`` for a tag; None when it does not."""
    if not name or len(name) > LONGEST_NAME:
        return "it is empty" if not name else "it is too long"
    if not is_line(name):
        return "it holds a control or bidirectional-override character"
    if name[0].isspace() or name[-1].isspace():
        return "it begins or ends with a space"
    if not unicodedata.is_normalized("NFC", name):
        return "it is not in Unicode's composed form (NFC)"
    return None


def is_line(text: str) -> bool:
    """Whether ``text`` is what the schema calls a line."""
    return 0 < len(text) <= LONGEST_NAME and NOT_IN_A_LINE.search(text) is None


class AccountTags:
    """One account's live tags on their way to declarations; what is left out goes to ``result``."""

    def __init__(self, ref: AccountRef, companies: Mapping[str, Company], result: Grouping) -> None:
        self._ref = ref
        self.handle = ref.handle
        self.active = {one.id: one for one in companies.values() if one.active}
        self._references = _references(list(self.active.values()), companies)
        self._result = result
        for one in self.active.values():
            if self._references.get(one.id) == one.id != one.name:
                # An id belongs to one account; should two share it, the order decides nothing.
                known = result.called.get(one.id, one.name)
                result.called[one.id] = min(known, one.name)

    def declarations(
        self, tags: Iterable[LiveTag], ignored: Callable[[str], bool]
    ) -> Iterable[tuple[Tag, Selector | None, list[str]]]:
        """Each tag with the companies that have it, and what is remarkable there."""
        places_of: dict[Tag, dict[str | None, None]] = {}
        remarks: dict[tuple[Tag, bool], list[str]] = {}
        for (company_id, name), duplicates in self.by_place(tags, ignored).items():
            first = min(duplicates, key=lambda one: one.id)
            color = first.color if first.color and is_line(first.color) else None
            tag = Tag(name, color, first.status)
            places_of.setdefault(tag, {})[company_id] = None
            if len(duplicates) > 1:
                where = remarks.setdefault((tag, company_id is None), [])
                where.append(self.remark_on_duplicates(company_id, duplicates))
        for tag, places in places_of.items():
            if None in places:
                yield tag, None, remarks.get((tag, True), [])
            chosen = [one for one in places if one is not None]
            selector = self.choose(chosen, tag)
            if selector is not None:
                yield tag, selector, remarks.get((tag, False), [])

    def by_place(
        self,
        tags: Iterable[LiveTag],
        ignored: Callable[[str], bool],
        *,
        refused: Callable[[str], str | None] = refusal,
    ) -> dict[tuple[str | None, str], list[LiveTag]]:
        """Tags by company and name, but for those whose names are ``refused``; these are noted."""
        found: dict[tuple[str | None, str], list[LiveTag]] = {}
        for tag in tags:
            if tag.company_id is not None and tag.company_id not in self.active:
                self._result.disabled[self._ref.handle] += 1
            elif ignored(tag.name):
                self._result.ignored[self._ref.handle] += 1
            elif (reason := refused(tag.name)) is not None:
                self.leave_out(tag, f"its name can't be declared: {reason}")
            else:
                found.setdefault((tag.company_id, tag.name), []).append(tag)
        return found

    def choose(self, ids: Sequence[str], tag: Tag) -> Selector | None:
        """The shortest selector of exactly these companies."""
        if not ids:
            return None
        if len(ids) == len(self.active):
            return Selector(None)
        wanted = set(ids)
        others = [one for one in self.active if one not in wanted]
        if len(others) < len(ids) and all(one in self._references for one in others):
            return Selector(None, self.named(others))
        for one in ids:
            if one not in self._references:
                self._note_nameless(one, tag)
        named = self.named(ids)
        return Selector(named) if named else None

    def named(self, ids: Iterable[str]) -> tuple[str, ...]:
        """How to write the companies; those that can't be written safely are left out."""
        known = (self._references[one] for one in ids if one in self._references)
        return tuple(sorted(known, key=lambda name: (name.casefold(), name)))

    def _note_nameless(self, company_id: str, tag: Tag) -> None:
        live = LiveTag(0, tag.name, tag.color, tag.status, company_id)
        self.leave_out(live, NAMELESS)

    def leave_out(self, tag: LiveTag, reason: str) -> None:
        """Note that ``tag`` is left out."""
        place = self.place(tag.company_id)
        self._result.left_out.append(LeftOut(self._ref.handle, place, tag, reason))

    def place(self, company_id: str | None) -> str:
        """What people call the place."""
        if company_id is None:
            return "account level"
        company = self.active.get(company_id)
        return company.name if company else company_id

    def remark_on_duplicates(self, company_id: str | None, duplicates: Sequence[LiveTag]) -> str:
        """Report which ids are live tags of one name."""
        ids = ", ".join(str(one.id) for one in sorted(duplicates, key=lambda one: one.id))
        place = "on account level" if company_id is None else double_quoted(self.place(company_id))
        return (
            f"{self._ref.handle}, {place}: {len(duplicates)} live tags have this name (ids {ids})"
        )


def _references(active: Sequence[Company], companies: Mapping[str, Company]) -> dict[str, str]:
    """How to write each active company so that nothing else is meant: by name, else by id."""
    named = Counter(one.name for one in active)
    references = {}
    for one in active:
        by_name = is_line(one.name) and not is_glob(one.name) and named[one.name] == 1
        if by_name and (one.name == one.id or one.name not in companies):
            references[one.id] = one.name
        elif is_line(one.id) and not is_glob(one.id) and not named[one.id]:
            references[one.id] = one.id
    return references


def in_order(one: DeclarationGroup) -> tuple[object, ...]:
    """What declarations are sorted by: name, level, companies."""
    selector = one.selector or Selector((), ())
    return (
        one.tag.name.casefold(),
        one.tag.name,
        one.selector is not None,
        selector.include is not None,
        selector.include or (),
        selector.exclude,
        one.accounts,
        one.tag.color or "",
        one.tag.status.value,
    )
