"""What a reviewer should know of the usage of tags: what can't be counted, which flows break.

A delete of a tag that a flow applies is bounded by a limit. A disabled tag can't be newly applied
(B), so a flow that applies it goes on without it, and nobody notices.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from reconciler.model.change import NONE
from reconciler.model.problem import Problem, Severity
from reconciler.text.plural import count
from reconciler.text.quote import double_quoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.model.change import Change, Count

UNCOUNTED: Final = "LIVE010"
FLOW_BREAKS: Final = "LIVE011"

_CHANGE_FLOWS: Final = "Change the flows in CallRail first, or leave the tag enabled."
_RIGHTS: Final = "The key's user must be able to see them in CallRail."


def warn_of_usage(
    handle: str, flows: Sequence[tuple[Change, Count]], uncounted: Mapping[str, str]
) -> list[Problem]:
    """Warnings of an account: ``uncounted`` kinds and why, tags disabled that ``flows`` apply."""
    found = [
        _warning(UNCOUNTED, f"{handle}: {kind} can't be counted: {why}", _RIGHTS)
        for kind, why in uncounted.items()
    ]
    for name, places in Counter(change.name for change, _count in flows).items():
        applied = sum((one for change, one in flows if change.name == name), start=NONE)
        if applied.number:
            found.append(_broken(handle, name, applied.number, places))
    return found


def _broken(handle: str, name: str, flows: int, places: int) -> Problem:
    apply = count(flows, "flow applies", "flows apply")
    where = f" in {places:,} places" if places > 1 else ""
    return _warning(
        FLOW_BREAKS,
        f"{handle}: {apply} {double_quoted(name)}, which will be disabled{where}: "
        "it can't be applied any more",
        _CHANGE_FLOWS,
    )


def _warning(code: str, message: str, hint: str) -> Problem:
    return Problem(code=code, message=message, hint=hint, severity=Severity.WARNING)
