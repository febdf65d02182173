"""What stops a plan, in one sentence: each reason once, however many changes share it."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from reconciler.errors import RefusedError
from reconciler.model.change import Delete
from reconciler.text.plural import count
from reconciler.text.quote import double_quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reconciler.model.change import Change

SHOWN = 5
"""Reasons that a refusal names, and changes that it names for each; the plan above shows all."""


def blocked_refusal(blocked: Sequence[Change]) -> RefusedError:
    """The refusal of a plan in which ``blocked`` may not be sent (at least one)."""
    are = "is" if len(blocked) == 1 else "are"
    deletes_only = all(isinstance(change, Delete) for change in blocked)
    hint = "Limits and protections are changed in the configuration, where that is reviewed."
    if deletes_only:
        hint += " --no-deletes does the rest and leaves deletes for later."
    reasons = by_reason((change, why) for change in blocked for why in change.objections)
    return RefusedError(
        f"{count(len(blocked), 'change')} {are} blocked", hint=hint, reasons=reasons
    )


def by_reason(pairs: Iterable[tuple[Change, str]]) -> list[str]:
    """``reason (delete "A", "B" and 3 more)``, each once, of changes and their reasons."""
    reasons: dict[str, list[Change]] = {}
    for change, why in pairs:
        reasons.setdefault(why, []).append(change)
    shown = [f"{why} ({_named(changes)})" for why, changes in reasons.items()]
    more = len(shown) - SHOWN
    others = [f"and {count(more, 'more reason')}"] if more > 0 else []
    return [*shown[:SHOWN], *others]


def _named(changes: Sequence[Change]) -> str:
    """The changes by place, action and name, each place once in a row."""
    same = groupby(changes[:SHOWN], key=lambda one: (one.place, one.verb))
    what = ", ".join(
        f"{place}: {verb} {', '.join(double_quoted(one.name) for one in those)}"
        for (place, verb), those in same
    )
    more = len(changes) - SHOWN
    return f"{what} and {more:,} more" if more > 0 else what
