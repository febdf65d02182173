"""What a snapshot shows of a plan: tags that were renamed, made anew or deleted since it was taken.

Terms. The *past* is an account as a snapshot has it. Premise: a snapshot is evidence and no state.
It may be old or forged, and live state alone says what is there. Method: everything is matched
without it first. Then a create, and nothing else, may turn into the rename of a live tag that had
the declared name in that place, or a former name of it, so that its history is not split; no tag
that a declaration speaks of, or that `protect` or `ignore` names, is taken for it. So a plan made
with a snapshot removes and merges nothing that the same plan without it would keep; all else are
hints.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from enum import Enum, auto
from typing import TYPE_CHECKING, Final, NamedTuple

from reconciler.model.change import Create, Update
from reconciler.model.names import any_alike
from reconciler.model.news import News, news_of
from reconciler.model.state import State
from reconciler.model.trash import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Mapping, Sequence

    from reconciler.model.change import Change
    from reconciler.model.state import Declaration, LiveAccount, Policy
    from reconciler.model.tag import LiveTag
    from reconciler.planning.matching import Matches


class Trace(Enum):
    """What became of the tag that had a declared name, or a former one, and what is made of it."""

    RENAMED_BACK = auto()
    """It has a name that nobody speaks of, and gets the declared one."""
    NOT_WANTED = auto()
    """It has another name, and is declared absent, or disabled where it is live."""
    IN_TRASH = auto()
    SPOKEN_OF = auto()
    """It has another declared name, or a former one."""
    PROTECTED = auto()
    IGNORED = auto()
    MERGED_INTO = auto()
    """Other tags become the declared one: which one they are merged into no snapshot decides."""
    ANOTHER = auto()
    """It has another name, and another tag has the declared one."""
    SWAPPED = auto()
    """The same, and a declaration speaks of its name too."""
    ANEW = auto()
    """It is gone, and another tag has the declared name."""


class Traced(NamedTuple):
    """A declaration whose tag no longer has the name that it ``was`` to be found by, its own or a
    former one; ``now`` is what that one is called (of a tag that is gone: its id).
    """

    declaration: Declaration
    trace: Trace
    was: str
    now: str


class Past:
    """One account as it was when a snapshot was taken: at ``moment``, as people read it."""

    def __init__(self, then: LiveAccount, moment: str) -> None:
        self.moment = moment
        self._tags = {tag.id: tag for tag in then.tags}
        self._odd = bool(then.odd)
        self._named: dict[tuple[str | None, str], list[LiveTag]] = defaultdict(list)
        for tag in sorted(then.tags):
            self._named[tag.company_id, tag.name].append(tag)

    def news(self, tag: LiveTag) -> tuple[News, ...]:
        """What became of the live ``tag`` since."""
        then = self._tags.get(tag.id)
        return () if then is None and self._odd else news_of(then, tag)

    def seen_from(self, now: LiveAccount, policy: Policy) -> Hindsight:
        """This past beside the account as it is ``now``."""
        live = {tag.id: tag for tag in now.tags}
        owned = any_alike(policy.protect), any_alike(policy.ignore)
        return Hindsight(self, live, *owned, whole=not now.odd)

    def named(self, company_id: str | None, name: str) -> Sequence[LiveTag]:
        """The tags that had this name in that place, the oldest first."""
        return self._named.get((company_id, name), ())


class Hindsight(NamedTuple):
    """The ``past`` of an account beside what it is by now: ``live`` are its tags by id, all of them
    where it is ``whole``, and names are protected, or ignored.
    """

    past: Past
    live: Mapping[int, LiveTag]
    is_protected: Callable[[str], bool]
    is_ignored: Callable[[str], bool]
    whole: bool

    def take_back(
        self, matches: Matches, company_id: str | None, *, merged_into: Container[str] = ()
    ) -> None:
        """Note in ``matches``, which are of that place, what became of each declared name's tag,
        and turn creates into renames where the tag is live and nobody speaks of it.

        ``merged_into``: declared names that other tags are merged into.
        """
        matches.traced.extend(_traces(matches, self, company_id, merged_into))
        back = {
            one.declaration.name: self.elsewhere(company_id, one.was)[0]
            for one in matches.traced
            if one.trace is Trace.RENAMED_BACK
        }
        if back:
            _take(matches, back)

    def elsewhere(self, company_id: str | None, name: str) -> list[LiveTag]:
        """The tags that had the name in that place and are live there under another."""
        found = (self.live.get(tag.id) for tag in self.past.named(company_id, name))
        return [
            tag
            for tag in found
            if tag is not None and tag.company_id == company_id and tag.name != name
        ]

    def marked(self, change: Change, former_names: Sequence[str] = ()) -> Change:
        """``change`` with what people did since, as far as that made it necessary;
        ``former_names``: of the declaration that it carries out.
        """
        found = _cause(change, self, former_names)
        return change if found is None else replace(change, since=found)

    def is_gone(self, tag: LiveTag) -> bool:
        """Whether ``tag``, which was live, certainly is no more."""
        return self.whole and tag.id not in self.live

    def news(self, tag: LiveTag) -> News | None:
        """The weightiest of what became of the live ``tag`` since."""
        return next(iter(self.past.news(tag)), None)

    def news_of_named(self, tag: LiveTag) -> tuple[News, ...]:
        """What became of the live ``tag`` since, or of the one that had its name and is gone."""
        news = self.past.news(tag)
        then = self.past.named(tag.company_id, tag.name)
        if news == (News.NEW,) and then and self.is_gone(then[0]):
            return news_of(then[0], tag)
        return news


def _traces(
    matches: Matches, seen: Hindsight, company_id: str | None, merged_into: Container[str]
) -> Iterator[Traced]:
    past = seen.past
    has = _tags_by_declared_name(matches)
    missing = {one.name for one in matches.missing}
    missing |= {one.name for one, _names in matches.stored_as}
    formers = {former for one in matches.declared.values() for former in one.former_names}
    for name, declaration in matches.declared.items():
        tags, former = has.get(name, ()), declaration.former_names
        # Of a tag that the plan renames, what counts is the name that it is found by.
        names = {tags[0].name: None} if tags and tags[0].name in former else {name: None}
        if name in missing:
            names |= dict.fromkeys(former)
        was = next((one for one in names if past.named(company_id, one)), name)
        named = past.named(company_id, was)
        # A merge may have renamed one that had a former name, and put away the one that had this.
        ours = {one.id for other in (was, *former) for one in past.named(company_id, other)}
        if not named or any(tag.id in ours for tag in tags):
            continue
        now = seen.elsewhere(company_id, was)
        if now and not _is_trashed_as_declared(declaration, now[0]):
            known = now[0].name in matches.declared or now[0].name in formers
            if tags:
                found = Trace.SWAPPED if known else Trace.ANOTHER
            elif name not in missing:
                found = Trace.NOT_WANTED
            elif name in merged_into:
                found = Trace.MERGED_INTO
            else:
                found = _obstacle(now[0], seen, known=known) or Trace.RENAMED_BACK
            yield Traced(declaration, found, was, now[0].name)
        elif tags and all(map(seen.is_gone, named)):
            yield Traced(declaration, Trace.ANEW, was, str(named[0].id))


def _is_trashed_as_declared(declaration: Declaration, tag: LiveTag) -> bool:
    return declaration.state is State.ABSENT and parse(tag.name) is not None


def _tags_by_declared_name(matches: Matches) -> dict[str, list[LiveTag]]:
    """The live tags that stand for each declared name; those in the trash that are taken back."""
    found = {one.name: [tag] for one, tag in matches.pairs}
    found |= {one.name: [*tags[:1]] for one, tags in matches.restored}
    for one, tag in matches.unwanted:
        found.setdefault(one.name, []).append(tag)
    return found


def _obstacle(tag: LiveTag, seen: Hindsight, *, known: bool) -> Trace | None:
    """Why the live ``tag`` is not renamed back; ``known``: a declaration speaks of its name."""
    if parse(tag.name) is not None:
        return Trace.IN_TRASH
    if known:
        return Trace.SPOKEN_OF
    if seen.is_protected(tag.name):
        return Trace.PROTECTED
    return Trace.IGNORED if seen.is_ignored(tag.name) else None


def _take(matches: Matches, back: Mapping[str, LiveTag]) -> None:
    """Let declarations take the tags ``back``, by declared name. Nothing else moves: what was kept
    because it looks like a declared name that is missing stays kept.
    """
    ids, names = {tag.id for tag in back.values()}, {tag.name for tag in back.values()}
    matches.renamed_back.update(back)
    matches.pairs.extend((matches.declared[name], tag) for name, tag in back.items())
    matches.missing[:] = [one for one in matches.missing if one.name not in back]
    matches.stored_as[:] = [one for one in matches.stored_as if one[0].name not in back]
    matches.unmanaged[:] = [tag for tag in matches.unmanaged if tag.id not in ids]
    matches.kept[:] = [tag for tag in matches.kept if tag.id not in ids]
    matches.alike[:] = [
        (declaration, left)
        for declaration, alike in matches.alike
        if declaration.name not in back and (left := [one for one in alike if one not in names])
    ]


def _cause(change: Change, seen: Hindsight, former_names: Sequence[str]) -> News | None:
    match change:
        case Create(place=place, after=after):
            names = (after.name, *former_names)
            then = [one for name in names for one in seen.past.named(place.company_id, name)]
            now = seen.live.get(then[0].id) if then else None
            known = then and (now is not None or seen.is_gone(then[0]))
            return next(iter(news_of(then[0], now)), None) if known else None
        case Update(trashes=False, before=before, fields=fields):
            news = seen.news_of_named(before)
            return next((one for one in news if _FIELDS.get(one, fields[0]) in fields), None)
        case _:
            return seen.news(change.before)


_FIELDS: Final = {
    News.RENAMED: "name",
    News.RECOLORED: "color",
    News.ENABLED: "status",
    News.DISABLED: "status",
}
"""The field of an update that such news make necessary; of others, any."""
