"""What a rehearsal of a plan has shown, on a copy of the accounts that nobody else uses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.model.outcome import Report
    from reconciler.model.plan import Plan
    from reconciler.model.tag import LiveTag


class Held(NamedTuple):
    """All that a copy holds, read past the API: each tag by its id, with its account's id, and
    which interaction (by id) has which tag (by id).
    """

    tags: Mapping[int, tuple[str, LiveTag]]
    assignments: frozenset[tuple[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Harm:
    """What a plan did beyond itself, a sentence each, and what it left undone.

    ``duplicates``: names that two tags of a place have now. ``lost``: tags that interactions have
    no more though nothing deletes them, or did not get though a merge gives them; ``assignments``
    counts those interactions. ``differences``: tags that are not as the plan leaves them.
    """

    duplicates: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    assignments: int = 0
    differences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A plan applied to a copy until there was nothing left to do, or no more came of it.

    ``reports``: of each apply in turn. ``faults``: answers that were lost. ``written_again``:
    writes of the plan applied once more after the end; None where it did not come to that.
    ``waited``: seconds that passed in waiting, none of them real.
    """

    reports: tuple[Report, ...]
    harm: Harm
    faults: int = 0
    written_again: int | None = None
    waited: float = 0.0

    @property
    def requests(self) -> int:
        """Of all applies but the one after the end."""
        return sum(report.requests for report in self.reports)

    @property
    def empty(self) -> bool:
        """Whether nothing is left: all tags are as the plan says, and it would write no more."""
        return self.written_again == 0 and not self.harm.differences

    @property
    def sound(self) -> bool:
        """Whether it came to its end, nothing is left and nothing was harmed."""
        return self.empty and not self.harm.duplicates and not self.harm.lost


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """``plan`` as it goes, and with the first answer to each write lost.

    ``faulty`` is None where already the first way ended otherwise than well.
    """

    plan: Plan
    plain: Trial
    faulty: Trial | None = None

    @property
    def sound(self) -> bool:
        """Whether both ways went well."""
        return self.plain.sound and self.faulty is not None and self.faulty.sound
