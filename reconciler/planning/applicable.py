"""Which tags can be put on an interaction: those that are live where it is, and in use.

CallRail makes a tag of every unknown name that is written to an interaction (B), so a name that is
not live there is never sent; a disabled one can't be newly applied (B). Tags are put on by name:
which of two of one name that would be, nothing says (D).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import RefusedError
from reconciler.model.tag import Status
from reconciler.text.nearest import did_you_mean
from reconciler.text.plural import listed
from reconciler.text.quote import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reconciler.model.tag import LiveTag


def refuse_unless_applicable(
    names: Iterable[str], company_id: str, live: Iterable[LiveTag]
) -> None:
    """Raise RefusedError unless each of ``names`` is one enabled tag of the company or account."""
    there = [tag for tag in live if tag.company_id in {None, company_id}]
    enabled = {tag.name for tag in there if tag.status is Status.ENABLED}
    disabled = {tag.name for tag in there} - enabled
    for name in names:
        if name in disabled:
            raise RefusedError(
                f"the tag {quoted(name)} is disabled, so it can't be put on a call",
                hint="Enable it first, or take another.",
            )
        namesakes = [tag for tag in there if tag.name == name]
        if len(namesakes) > 1:
            raise RefusedError(
                f"{_listed(namesakes)} are called {quoted(name)}, and a tag is put on by its name "
                "alone: it may be either",
                hint="Make them one: `merged_from: [{name: …, companies: all}]` on account level.",
            )
        if name not in enabled:
            raise RefusedError(
                f"the call's company and account level have no tag named {quoted(name)}: CallRail "
                "would create one",
                hint=did_you_mean(name, sorted(enabled)) or "Declare it and apply that first.",
            )


def _listed(namesakes: Sequence[LiveTag]) -> str:
    """``a tag of the account and a disabled tag of the company``."""
    reasons = [
        f"{'a' if tag.status is Status.ENABLED else 'a disabled'} tag of the "
        f"{'account' if tag.company_id is None else 'company'}"
        for tag in sorted(namesakes, key=lambda one: (one.company_id is not None, one.id))
    ]
    return listed(reasons)
