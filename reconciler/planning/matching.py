"""Which declaration meets which live tag in one place, by name and by former name.

Names are compared exactly. Those that meet none are then compared as people and servers do: a
declared name that is not live may be live as the server tidied it, and a live tag that nobody
declared may be the former self of one that is created. Neither is created again nor lost by
guessing. Where several live tags of a place have one name (the API does not rule it out) the one
with the lowest id stands for them: it is the oldest, has the longest history, and is the same one
in every run. The others are its duplicates.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.model.state import State
from reconciler.model.trash import kept
from reconciler.planning.renames import Renames, find_renames
from reconciler.planning.tidied import Tidied
from reconciler.planning.trash import newest_first
from reconciler.text.alike import Names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from reconciler.model.state import Declaration
    from reconciler.model.tag import LiveTag
    from reconciler.planning.since import Traced


@dataclass(frozen=True, slots=True)
class Matches:
    """What one place holds, sorted out.

    ``pairs``: a declaration and the live tag that it is compared with; ``missing``: to be created;
    ``unwanted``: declared absent, and live; ``unmanaged``: live, and no declaration names it;
    ``kept``: live, not declared, and not to be touched whatever ``unmanaged`` says, because a
    declaration speaks of its name or of one that looks like it; ``duplicates``: declared names
    that several live tags have (or had, where it is renamed), of which one is compared;
    ``stored_as``: declarations that are not created, because live names may be theirs as the server
    tidied them; ``alike``: names, still live or about to go, that look like a declared one which is
    missing or younger; ``restored``: declarations that take the first of their tags back from the
    trash, the older ones behind it stay there; ``renamed_back``: declared name -> the tag among the
    pairs that had it when a snapshot was taken; ``traced``: what else that snapshot shows.
    """

    declared: Mapping[str, Declaration]
    pairs: list[tuple[Declaration, LiveTag]] = field(default_factory=list)
    missing: list[Declaration] = field(default_factory=list)
    unwanted: list[tuple[Declaration, LiveTag]] = field(default_factory=list)
    unmanaged: list[LiveTag] = field(default_factory=list)
    kept: list[LiveTag] = field(default_factory=list)
    duplicates: dict[str, list[LiveTag]] = field(default_factory=dict)
    stored_as: list[tuple[Declaration, list[str]]] = field(default_factory=list)
    alike: list[tuple[Declaration, Sequence[str]]] = field(default_factory=list)
    renames: Renames = field(default_factory=Renames)
    restored: list[tuple[Declaration, Sequence[LiveTag]]] = field(default_factory=list)
    renamed_back: dict[str, LiveTag] = field(default_factory=dict)
    traced: list[Traced] = field(default_factory=list)


def match(
    declared: Mapping[str, Declaration],
    live: Iterable[LiveTag],
    *,
    trash: Sequence[LiveTag] = (),
    keeps_unmanaged: bool = True,
    survivors: Mapping[str, LiveTag] | None = None,
) -> Matches:
    """Match one place's declarations with its live tags; those in its ``trash`` are no part of
    them.

    ``survivors``: declared name -> the one of ``live`` that takes it over in a merge.
    ``keeps_unmanaged``: whether the account's policy leaves alone what nobody declared; where it
    does not, look-alikes of live tags are searched too.
    """
    by_name, duplicates = _index(live)
    renames = find_renames(declared, by_name, survivors or {})
    matches = Matches(declared, renames=renames)
    for name, declaration in declared.items():
        tag = by_name.get(name) or renames.renamed.get(name)
        if declaration.state is State.ABSENT:
            to_delete = [tag, *duplicates.get(name, ())] if tag else []
            matches.unwanted.extend((declaration, one) for one in to_delete)
        elif tag is not None:
            matches.pairs.append((declaration, tag))
            if tag.name in duplicates:
                matches.duplicates[name] = [tag, *duplicates[tag.name]]
        elif declaration.state in (State.ENABLED, State.ANY):
            matches.missing.append(declaration)
    _sort_out_undeclared(matches, by_name, duplicates)
    _hold_back_what_may_be_stored(matches, longest=max(map(len, by_name), default=0))
    if trash:
        _take_back(matches, newest_first(trash))
    _keep_look_alikes(matches, keeps_unmanaged=keeps_unmanaged)
    return matches


def _index(live: Iterable[LiveTag]) -> tuple[dict[str, LiveTag], dict[str, list[LiveTag]]]:
    """The tag that stands for each name, and the others that have it."""
    by_name: dict[str, LiveTag] = {}
    duplicates: dict[str, list[LiveTag]] = {}
    for tag in live:
        known = by_name.setdefault(tag.name, tag)
        if known is tag:
            continue
        first, second = (known, tag) if known.id < tag.id else (tag, known)
        by_name[tag.name] = first
        duplicates.setdefault(tag.name, []).append(second)
    for others in duplicates.values():
        others.sort(key=lambda tag: tag.id)
    return by_name, duplicates


def _sort_out_undeclared(
    matches: Matches, by_name: Mapping[str, LiveTag], duplicates: Mapping[str, list[LiveTag]]
) -> None:
    if not duplicates and by_name.keys() <= matches.declared.keys():
        return
    renamed = {tag.name for tag in matches.renames.renamed.values()}
    for name, tag in by_name.items():
        others = duplicates.get(name, ())
        if name in matches.declared:
            if matches.declared[name].state is not State.ABSENT:
                matches.kept.extend(others)
        elif name in renamed:
            matches.kept.extend(others)
        elif name in matches.renames.listed:
            matches.kept.extend((tag, *others))
        else:
            matches.unmanaged.extend((tag, *others))


def _hold_back_what_may_be_stored(matches: Matches, *, longest: int) -> None:
    """Don't create what an unmanaged tag may be already, under a name that the server tidied."""
    if not matches.missing or not matches.unmanaged:
        return
    stored = Tidied({tag.name for tag in matches.unmanaged}, longest=longest)
    found = [(one, stored.of(one.name)) for one in matches.missing]
    matches.missing[:] = [one for one, names in found if not names]
    matches.stored_as.extend((one, names) for one, names in found if names)
    _keep(matches, {name for _one, names in found for name in names})


def _take_back(matches: Matches, trash: Mapping[str, list[LiveTag]]) -> None:
    """Take back from the trash what is declared and not live, rather than create it."""
    live = {declaration.name for declaration, _tag in matches.pairs}
    disabled = (
        one
        for one in matches.declared.values()
        if one.state is State.DISABLED and one.name not in live
    )
    for declaration in (*matches.missing, *disabled):
        if tags := trash.get(kept(declaration.name)):
            matches.restored.append((declaration, tags))
    back = {declaration.name for declaration, _tags in matches.restored}
    matches.missing[:] = [one for one in matches.missing if one.name not in back]


def _keep_look_alikes(matches: Matches, *, keeps_unmanaged: bool) -> None:
    """Leave alone what may be the former self of a tag that is created, or was by an earlier run.

    No record says what an earlier run created, but its tag has the higher id: a look-alike that is
    older than the declared tag may carry the history that was meant.
    """
    if not matches.missing and keeps_unmanaged:
        return
    oldest: dict[str, int] = {}
    for tag in matches.unmanaged:
        oldest[tag.name] = min(tag.id, oldest.get(tag.name, tag.id))
    absent = {tag.name for _declaration, tag in matches.unwanted}
    if not oldest and not absent:
        return
    known = Names({*oldest, *absent})
    for declaration in matches.missing:
        if names := known.like(declaration.name):
            matches.alike.append((declaration, names))
    if not keeps_unmanaged and oldest:
        known = Names(oldest)
        restored = ((declaration, tags[0]) for declaration, tags in matches.restored)
        for declaration, tag in (*matches.pairs, *restored):
            older = [one for one in known.like(declaration.name) if oldest[one] < tag.id]
            if older:
                matches.alike.append((declaration, older))
    _keep(matches, {name for _declaration, names in matches.alike for name in names})


def _keep(matches: Matches, names: set[str]) -> None:
    if names:
        matches.kept.extend(tag for tag in matches.unmanaged if tag.name in names)
        matches.unmanaged[:] = [tag for tag in matches.unmanaged if tag.name not in names]
