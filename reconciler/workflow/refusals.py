"""What stops a plan, in one sentence: each reason once, however many changes share it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import RefusedError
from reconciler.model.change import Action

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reconciler.model.change import Change

SHOWN = 5
"""Reasons that a refusal names, and changes that it names for each; the plan above shows all."""


def blocked_refusal(blocked: Sequence[Change]) -> RefusedError:
    """The refusal of a plan in which ``blocked`` may not be sent (at least one)."""
    are = "is" if len(blocked) == 1 else "are"
    deletes_only = all(change.action is Action.DELETE for change in blocked)
    hint = "Limits and protections are changed in the configuration, where that is reviewed."
    if deletes_only:
        hint += " --no-deletes does the rest and leaves deletes for later."
    reasons = by_reason((change, why) for change in blocked for why in change.objections)
    return RefusedError(f"{counted(len(blocked))} {are} blocked: {reasons}", hint=hint)


def by_reason(pairs: Iterable[tuple[Change, str]]) -> str:
    """``reason (delete "A", "B" and 3 more); another reason (…)`` of changes and their reasons."""
    reasons: dict[str, list[Change]] = {}
    for change, why in pairs:
        reasons.setdefault(why, []).append(change)
    shown = [f"{why} ({_named(changes)})" for why, changes in reasons.items()]
    more = len(shown) - SHOWN
    return "; ".join([*shown[:SHOWN], *([f"and {more} more reasons"] if more > 0 else [])])


def counted(count: int, noun: str = "change") -> str:
    """``1 change``, ``7 deletes``."""
    return f"1 {noun}" if count == 1 else f"{count:,} {noun}s"


def _named(changes: Sequence[Change]) -> str:
    """The changes by action, place and name; the place only where it is one for all."""
    first = changes[0]
    alike = all((one.action, one.place) == (first.action, first.place) for one in changes)
    if alike:
        names = ", ".join(f'"{change.name}"' for change in changes[:SHOWN])
        what = f"{first.place}: {first.action} {names}"
    else:
        what = ", ".join(
            f'{change.place}: {change.action} "{change.name}"' for change in changes[:SHOWN]
        )
    more = len(changes) - SHOWN
    return f"{what} and {more:,} more" if more > 0 else what
