"""Who deviates: each name of an account, place by place, against what is declared or most have."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from reconciler.model.change import Applied

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reconciler.model.outcome import AccountError
    from reconciler.model.plan import Allowance, Exempted
    from reconciler.model.problem import Problem, Source
    from reconciler.model.tag import AccountRef, Company, Level, LiveTag
    from reconciler.model.trash import Day
    from reconciler.model.usage import Use


class CellState(StrEnum):
    """How a place stands to a name, the gravest first."""

    MISSING = "missing"
    SPELT_OTHERWISE = "spelt_otherwise"
    OTHER_COLOR = "other_color"
    DISABLED = "disabled"
    ENABLED = "enabled"
    """Though it is declared disabled."""
    TWICE = "twice"
    """Several live tags have the name."""
    STILL_LIVE = "still_live"
    """Though it is declared absent."""
    OTHER_LEVEL = "other_level"
    """The name belongs on the other level, and is live here too: people see two."""
    EXTRA = "extra"
    """Live here, and neither declared here nor what most have."""
    EXCEPTED = "excepted"
    """Live here, where the configuration explains why it is not declared."""
    RETIRED = "retired"
    """Extra, but disabled: it stays on what has it, and nobody can choose it any more."""
    AS_DECLARED = "as_declared"
    AS_MOST = "as_most"


DEVIATIONS: Final = frozenset(CellState) - {
    CellState.EXCEPTED,
    CellState.RETIRED,
    CellState.AS_DECLARED,
    CellState.AS_MOST,
}


class Usage(NamedTuple):
    """A live tag, what has it, and the flows that apply it; None where nobody counted.

    Where a tag of the same name may have a share in it the number is at most that.
    """

    tag: LiveTag
    use: Use | None = None
    applied: Applied | None = None


class Cell(NamedTuple):
    """A name in one place: its ``states``, and its ``tags`` there, however they are spelt."""

    states: tuple[CellState, ...]
    tags: tuple[Usage, ...] = ()

    @property
    def deviates(self) -> bool:
        """Whether something here is not as it is declared, or as most have it."""
        return not DEVIATIONS.isdisjoint(self.states)


class Spelling(NamedTuple):
    """Another spelling of a name: the companies that have it (None: account level), and its use."""

    name: str
    places: tuple[Company | None, ...]
    use: Use | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NameAudit:
    """One name: where it belongs, and how each place stands to it.

    ``levels``: where it is declared, or where most have it; none where it is just there. ``color``
    is the one that it should have, None where nothing says one. ``cells`` holds the places that
    have it or should, by company id (None: account level). ``use`` counts every interaction that
    shows the very name, whatever the level of its tag. ``source`` is where it is declared first.
    """

    name: str
    levels: frozenset[Level]
    color: str | None
    cells: Mapping[str | None, Cell]
    spellings: tuple[Spelling, ...] = ()
    use: Use | None = None
    source: Source | None = None

    @property
    def usages(self) -> Iterator[Usage]:
        """Its live tags, place by place."""
        return (one for cell in self.cells.values() for one in cell.tags)

    def applied(self, spelling: str | None = None) -> Applied | None:
        """The flows that apply any of its tags, or those in one ``spelling``; None: not counted."""
        found = [one for one in self.usages if spelling in {None, one.tag.name}]
        known = [one.applied for one in found if one.applied is not None]
        return Applied.any_of(known) if known else None

    @property
    def deviates(self) -> bool:
        """Whether any place deviates."""
        return any(cell.deviates for cell in self.cells.values())

    @property
    def is_extra(self) -> bool:
        """Whether nothing is declared of it, and that is all that there is to say of it."""
        shown = self.levels or self.spellings or self.places(CellState.STILL_LIVE)
        return not shown and self.deviates

    @property
    def on_both_levels(self) -> bool:
        """Whether it is live on account level and in companies, under this very name."""
        live = {
            company_id is None
            for company_id, cell in self.cells.items()
            if any(one.tag.name == self.name for one in cell.tags)
        }
        return len(live) > 1

    def places(self, state: CellState) -> tuple[str | None, ...]:
        """The places in this state, by company id."""
        return tuple(place for place, cell in self.cells.items() if state in cell.states)


class Trashed(NamedTuple):
    """A tag in the trash: its place (None: account level) and the tag."""

    company: Company | None
    tag: LiveTag


class Counted(NamedTuple):
    """What was counted: the days of it, None where a snapshot has the counts, and why some kind
    could not be.
    """

    since: Day | None
    until: Day | None
    uncounted: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountAudit:
    """One account. ``companies`` are the active ones, ``shown`` those that were asked for.

    ``declared``: names are held against a configuration, not against what most companies have.
    ``names``: those that deviate first. ``tags`` counts the live ones that names speak of. Left out
    are tags of disabled companies (``of_disabled``), those that others own (``ignored``), and
    ``odd`` rows of the listing, which are not tags as we know them.
    ``counted`` is None where usage was not asked for. ``exceptions`` are those that the
    configuration explains, whether or not the tag is live there.
    """

    account: AccountRef
    declared: bool
    companies: tuple[Company, ...]
    shown: tuple[Company, ...]
    names: tuple[NameAudit, ...]
    tags: int
    trash: tuple[Trashed, ...] = ()
    exceptions: tuple[Exempted, ...] = ()
    of_disabled: int = 0
    ignored: int = 0
    odd: int = 0
    counted: Counted | None = None
    requests: int = 0
    allowance: Allowance | None = None

    @property
    def deviating(self) -> tuple[NameAudit, ...]:
        """Names that are not the same everywhere, or not as declared."""
        return tuple(one for one in self.names if one.deviates and not one.is_extra)

    @property
    def extra(self) -> tuple[NameAudit, ...]:
        """Names that belong nowhere and are live."""
        return tuple(one for one in self.names if one.is_extra)

    @property
    def same(self) -> tuple[NameAudit, ...]:
        """Names that are as they should be in every place."""
        return tuple(one for one in self.names if not one.deviates)


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """All accounts that could be read, and why the others could not; what it took in ``requests``.

    ``only_deviating``: whether names that are the same everywhere are left out of what is shown;
    None: as each format has it. ``narrowed``: it is of some companies or names.
    """

    accounts: tuple[AccountAudit, ...]
    unread: tuple[AccountError, ...] = ()
    warnings: tuple[Problem, ...] = ()
    requests: int = 0
    narrowed: bool = False
    only_deviating: bool | None = None
    created_at: str = ""
    tool_version: str = ""

    def listed(self, one: AccountAudit, *, only_deviating: bool) -> tuple[NameAudit, ...]:
        """The names of ``one`` to show; ``only_deviating`` where nothing else was asked for."""
        asked = self.only_deviating
        only = only_deviating if asked is None else asked
        return tuple(name for name in one.names if name.deviates) if only else one.names
