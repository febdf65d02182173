"""Why a tag is planned as it is: what declares it where, what is live, and what a plan does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from reconciler.model.change import Change, Loss
    from reconciler.model.problem import Problem, Source
    from reconciler.model.state import Declaration
    from reconciler.model.tag import LiveTag, Place


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredBlock:
    """A ``declaration`` that has the name, or lists it among its former names.

    ``companies`` and ``excepted`` are as written at ``place``; ``companies`` None: account level,
    empty: all. ``promoted`` are names of companies' own tags that become this one. ``scope`` is
    the one that says where; None: the block itself does.
    """

    declaration: Declaration
    accounts: tuple[str, ...]
    companies: tuple[str, ...] | None
    excepted: tuple[str, ...]
    promoted: tuple[str, ...] = ()
    scope: str | None
    place: Source


class LiveUse(NamedTuple):
    """A live tag, and what has it (None: nobody counted)."""

    tag: LiveTag
    loss: Loss | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """One place: ``why`` something declares the tag there, at the line ``source``, or nothing does.

    ``declared``: something does. ``live`` are the tags of its names; ``changes`` what a plan does
    with them; ``nothing`` says why it does nothing.
    """

    place: Place
    declared: bool
    why: str
    source: Source | None = None
    live: tuple[LiveUse, ...] = ()
    changes: tuple[Change, ...] = ()
    nothing: str = ""


class Rule(NamedTuple):
    """What an account's entry says of the name, whatever declares it."""

    account: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """All that speaks of ``name``; ``spots`` are the places where it is declared or live, or that
    were asked for, ``elsewhere`` the others. ``nearest`` are declared names like it, where nothing
    declares it. ``uncounted`` live tags were too many to count.
    """

    name: str
    blocks: tuple[DeclaredBlock, ...]
    spots: tuple[Spot, ...]
    elsewhere: tuple[Spot, ...]
    nearest: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    uncounted: int = 0
    warnings: tuple[Problem, ...] = ()
