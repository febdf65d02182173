"""Which declaration meets which live tag in one place, by name and by former name.

Names are compared exactly. Where several live tags of a place bear one name (the API does not rule
it out) the one with the lowest id stands for them: it is the oldest, bears the longest history,
and is the same one in every run.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.model.state import State
from reconciler.planning.renames import Renames, find_renames

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reconciler.model.state import Declaration
    from reconciler.model.tag import LiveTag


@dataclass(frozen=True, slots=True)
class Matches:
    """What one place holds, sorted out.

    ``pairs``: a declaration and the live tag that it is compared with; ``missing``: to be created;
    ``unwanted``: declared absent, and live; ``unmanaged``: live and claimed by nobody;
    ``spared``: live, not declared, and not to be touched whatever ``unmanaged`` says, because a
    declaration speaks of its name; ``duplicates``: declared names that several live tags bear,
    of which one is compared.
    """

    declared: Mapping[str, Declaration]
    pairs: list[tuple[Declaration, LiveTag]] = field(default_factory=list)
    missing: list[Declaration] = field(default_factory=list)
    unwanted: list[tuple[Declaration, LiveTag]] = field(default_factory=list)
    unmanaged: list[LiveTag] = field(default_factory=list)
    spared: list[LiveTag] = field(default_factory=list)
    duplicates: dict[str, list[LiveTag]] = field(default_factory=dict)
    renames: Renames = field(default_factory=Renames)


def match(declared: Mapping[str, Declaration], live: Iterable[LiveTag]) -> Matches:
    """Match one place's declarations with its live tags."""
    by_name, twins = _index(live)
    renames = find_renames(declared, by_name)
    matches = Matches(declared, renames=renames)
    for name, declaration in declared.items():
        tag = by_name.get(name) or renames.takeovers.get(name)
        if declaration.state is State.ABSENT:
            doomed = [tag, *twins.get(name, ())] if tag else []
            matches.unwanted.extend((declaration, one) for one in doomed)
        elif tag is not None:
            matches.pairs.append((declaration, tag))
            if name in twins:
                matches.duplicates[name] = [tag, *twins[name]]
        elif declaration.state is State.ENABLED:
            matches.missing.append(declaration)
    _sort_out_the_rest(matches, by_name, twins)
    return matches


def _index(live: Iterable[LiveTag]) -> tuple[dict[str, LiveTag], dict[str, list[LiveTag]]]:
    """The tag that stands for each name, and the others that bear it."""
    by_name: dict[str, LiveTag] = {}
    twins: dict[str, list[LiveTag]] = {}
    for tag in live:
        known = by_name.setdefault(tag.name, tag)
        if known is tag:
            continue
        first, second = (known, tag) if known.id < tag.id else (tag, known)
        by_name[tag.name] = first
        twins.setdefault(tag.name, []).append(second)
    for others in twins.values():
        others.sort(key=lambda tag: tag.id)
    return by_name, twins


def _sort_out_the_rest(
    matches: Matches, by_name: Mapping[str, LiveTag], twins: Mapping[str, list[LiveTag]]
) -> None:
    taken_over = {tag.name for tag in matches.renames.takeovers.values()}
    for name, tag in by_name.items():
        others = twins.get(name, ())
        if name in matches.declared:
            if matches.declared[name].state is not State.ABSENT:
                matches.spared.extend(others)
        elif name in taken_over:
            matches.spared.extend(others)
        elif name in matches.renames.claimed:
            matches.spared.extend((tag, *others))
        else:
            matches.unmanaged.extend((tag, *others))
