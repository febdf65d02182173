"""How much names are used, and when they were last: counts of what interactions show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from reconciler.model.change import Loss

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.model.trash import Day

IDLE_DAYS: Final = 90
"""A name that no interaction of so many days shows counts as unused."""


class NameAt(NamedTuple):
    """A name as interactions of one company show it; None: those of all companies."""

    name: str
    company_id: str | None


class Use(NamedTuple):
    """The interactions that show a name, and when the newest was.

    ``last`` is the newest day that is known (None: none is). ``idle``: certainly no interaction of
    the last IDLE_DAYS shows the name.
    """

    loss: Loss
    last: Day | None = None
    idle: bool = False

    def plus(self, other: Use) -> Use:
        """Both together."""
        days = [day for day in (self.last, other.last) if day is not None]
        return Use(self.loss + other.loss, max(days, default=None), self.idle and other.idle)

    @property
    def none(self) -> bool:
        """Whether certainly nothing shows the name."""
        return self.loss.interactions.none


class Beside(NamedTuple):
    """What else is on the interactions that show a name.

    ``shown`` counts them, without the kinds that the key may not read; ``also``: how many of them
    show each other name.
    """

    shown: Loss
    also: Mapping[str, Loss]

    def lacking(self, name: str) -> Loss:
        """Those of them that do not show ``name``."""
        shown, both = self.shown, self.also.get(name, Loss())
        return Loss(
            calls=shown.calls.less(both.calls),
            forms=shown.forms.less(both.forms),
            texts=shown.texts.less(both.texts),
        )


class Uses(NamedTuple):
    """What was counted: by name and company, over the days ``since`` to ``until`` (None: a snapshot
    does not say them).

    ``uncounted``: why what could not be counted, by kind.
    """

    of: Mapping[NameAt, Use]
    since: Day | None
    until: Day | None
    uncounted: Mapping[str, str]
