"""Rows of a listing that are no tags as we know them: which of them a plan may leave alone.

What an odd row stands for can't be compared, so it must not matter. It can matter where its place
is covered and its name may be one that is declared there; elsewhere the plan goes on without it,
and deletes nothing in the account, for what is not understood is no basis for what can't be undone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from reconciler.errors import ProtocolError
from reconciler.model.change import one_a_line
from reconciler.model.problem import Problem, Severity
from reconciler.planning.guard import is_removal
from reconciler.text.plural import count
from reconciler.text.quote import double_quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.model.change import Change
    from reconciler.model.state import DesiredAccount
    from reconciler.provider import OddTag

ODD_ROW: Final = "LIVE001"
_SHOWN: Final = 5
_HINT: Final = "Ask CallRail's support what it is; its screen may show it."


def warn_of_odd_rows(odd: Sequence[OddTag], desired: DesiredAccount) -> list[Problem]:
    """A warning for each of the first ``odd`` rows, and one that counts the others.

    Raises ProtocolError for one that may be a declared tag, or have the name of one.
    """
    handle = desired.account.handle
    names: set[str] = set()
    for declared in desired.tags.values():
        for name, declaration in declared.items():
            names.update((name, *declaration.former_names))
    names.update(name for promoted in desired.promoted.values() for name in promoted)
    for row in odd:
        covered = not row.placed or row.company_id in {*desired.tags, *desired.promoted}
        if covered and (row.name is None or row.name in names):
            raise ProtocolError(
                f"{_odd(row, handle)}, and it may be one that the configuration declares",
                hint=_HINT,
            )
    left = f"it is left alone, and nothing is deleted in {handle}"
    found = [_warning(f"{_odd(row, handle)}: {left}") for row in odd[:_SHOWN]]
    if len(odd) > _SHOWN:
        more = count(len(odd) - _SHOWN, "more tag is", "more tags are")
        found.append(_warning(f"{handle}: {more} as odd"))
    return found


def hold_deletes_back(changes: Sequence[Change], odd: Sequence[OddTag]) -> Sequence[Change]:
    """An account's ``changes``, the deletes and moves to the trash blocked where there are ``odd``
    rows.
    """
    if not odd or not changes:
        return changes
    handle = changes[0].place.account.handle
    why = f"{_odd(odd[0], handle)}, so nothing is deleted in the account"
    return [
        replace(change, blocked_by=one_a_line([*change.objections, why]))
        if is_removal(change)
        else change
        for change in changes
    ]


def _odd(row: OddTag, handle: str) -> str:
    name = "without a name" if row.name is None else double_quoted(row.name[:60])
    where = f"of {handle} on page {row.page} of the listing"
    return f"tag {row.id} {name} {where} is odd ({row.why})"


def _warning(message: str) -> Problem:
    return Problem(code=ODD_ROW, message=message, hint=_HINT, severity=Severity.WARNING)
