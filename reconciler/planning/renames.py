"""Which live tag becomes which declared name, so that its calls keep it.

Terms. A *rename* is one update that gives a live tag the name that is declared. A *former name* is
one that a declaration of the place lists in ``renamed_from``.

Premise. There is no state file: a name's history is known from ``renamed_from`` alone, and a wrong
guess would move years of calls to another tag. The configuration stage has already refused chains,
swaps and former names that are listed twice.

Method. A declared name that is live is itself; former names that are live beside it are left
alone, for a delete would lose their calls. A declared name that is not live takes over the live
tag with a former name; of several, the first in the order in which the names are written, because
only the author knows which one carries the history that matters. The others are left alone too, and
the plan says so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.model.state import State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.model.state import Declaration
    from reconciler.model.tag import LiveTag


@dataclass(frozen=True, slots=True)
class Renames:
    """``renamed``: declared name -> live tag; ``still_live``: declared name -> tags with former
    names that stay beside it; ``listed``: every former name that is live.
    """

    renamed: dict[str, LiveTag] = field(default_factory=dict)
    still_live: dict[str, list[LiveTag]] = field(default_factory=dict)
    listed: set[str] = field(default_factory=set)


def find_renames(
    declared: Mapping[str, Declaration],
    by_name: Mapping[str, LiveTag],
    survivors: Mapping[str, LiveTag],
) -> Renames:
    """Find the renames of one place and the former names that stay.

    ``survivors``: declared name -> the tag that takes it over in a merge.
    """
    renames = Renames(renamed=dict(survivors))
    for name, declaration in declared.items():
        if not declaration.renamed_from or declaration.state is State.ABSENT:
            continue
        live = [by_name[old] for old in declaration.renamed_from if old in by_name]
        former = [tag for tag in live if tag != survivors.get(name)]
        if not former:
            continue
        renames.listed.update(tag.name for tag in former)
        if name not in by_name and name not in survivors:
            renames.renamed[name] = former.pop(0)
        if former:
            renames.still_live[name] = former
    return renames
