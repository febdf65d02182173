"""The sentences that every sink says about a change, as visible text on one line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reconciler.model.change import Action, Change, Impact, Precision, Reason
from reconciler.model.codes import PlanCode
from reconciler.model.tag import Status
from reconciler.render.escape import label, terminal
from reconciler.render.layout import count, number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from reconciler.model.plan import Plan
    from reconciler.model.tag import Place, Tag

    Chip = Callable[[str | None], str]
    """What stands before a colour's name: a block in that colour, or nothing."""

SIGNS: Final = {Action.CREATE: "+", Action.UPDATE: "~", Action.DELETE: "-"}
NO_CHANGES: Final = "No changes. Live state matches the configuration."
_HELD_BACK: Final = "No changes, but declared tags are not live (see the warnings)."


def no_chip(_color: str | None) -> str:
    """Nothing before the names of colours."""
    return ""


def no_changes(plan: Plan) -> str:
    """What to say of a plan without changes, and whether live state is all that was declared."""
    held_back = any(warning.code == PlanCode.NOT_CREATED for warning in plan.warnings)
    return _HELD_BACK if held_back else NO_CHANGES


def title(place: Place) -> str:
    """``acme · Dental North``, ``acme · account``."""
    company = "account" if place.company is None else label(place.company.known_as)
    return f"{label(place.account.handle)} · {company}"


def detail(change: Change, *, chip: Chip = no_chip) -> str:
    """What follows a change's name: its values, what differs, or what is lost and why."""
    before, after = change.before, change.after
    if after is None:
        return "; ".join(filter(None, [blast(change), _why(change)]))
    if before is None:
        parts = _created(after, chip=chip)
    else:
        parts = [*_differences(change.fields, before, after, chip=chip)]
    parts += filter(None, [blast(change)])
    if after.status is Status.DISABLED and before is not None:
        return "; ".join(filter(None, [", ".join(parts), _why(change)]))
    return ", ".join(parts)


def blast(change: Change) -> str:
    """``strips 212 calls`` for a delete, ``on 212 calls`` otherwise; empty where none counted."""
    if change.impact is None:
        return ""
    verb = "strips" if change.action is Action.DELETE else "on"
    return f"{verb} {calls(change.impact)}"


def calls(impact: Impact) -> str:
    """``no calls``, ``212 calls``, ``at least 500 calls``, ``an unknown number of calls``."""
    if impact.precision is Precision.UNKNOWN:
        return "an unknown number of calls"
    if impact.precision is Precision.AT_LEAST:
        return f"at least {count(impact.calls, 'call')}"
    return count(impact.calls, "call") if impact.calls else "no calls"


def total(impacts: Iterable[Impact | None]) -> Impact | None:
    """The sum of several counts, as sure as the least sure of them; None where none counted."""
    known = [impact for impact in impacts if impact is not None]
    if not known:
        return None
    sure = all(impact.precision is Precision.EXACT for impact in known)
    added = sum(impact.calls for impact in known)
    if not added and any(impact.precision is Precision.UNKNOWN for impact in known):
        return Impact(0, Precision.UNKNOWN)
    return Impact(added, Precision.EXACT if sure else Precision.AT_LEAST)


def lost(plan: Plan) -> Impact | None:
    """The calls that all deletes of ``plan`` take tags off; None where nobody counted."""
    deletes = plan.deletes
    if any(change.impact is None for change in deletes):
        counted = [change.impact for change in deletes if change.impact is not None]
        return total([*counted, Impact(0, Precision.UNKNOWN)]) if counted else None
    return total(change.impact for change in deletes)


def worst_first(deletes: Iterable[Change]) -> list[Change]:
    """``deletes`` by the calls they strip: the unknown weigh most, the uncounted least."""

    def weight(change: Change) -> tuple[bool, int]:
        if change.impact is None:
            return False, -1
        return change.impact.precision is Precision.UNKNOWN, change.impact.calls

    return sorted(deletes, key=weight, reverse=True)


def summary(plan: Plan) -> str:
    """``1 to create, 1 to update, 1 to delete; 212 unchanged, 37 unmanaged kept``."""
    counts = plan.summary
    return (
        f"{number(counts.create)} to create, {number(counts.update)} to update, "
        f"{number(counts.delete)} to delete; {kept(plan)}"
    )


def kept(plan: Plan) -> str:
    """``212 unchanged, 37 unmanaged kept``: what the plan does not touch."""
    counts = plan.summary
    return f"{number(counts.unchanged)} unchanged, {number(counts.unmanaged)} unmanaged kept"


def requests(plan: Plan) -> str:
    """``4 used to plan, 3 to apply; the quota is 1,000 an hour and account``."""
    used = sum(use.plan_requests for use in plan.accounts)
    needed = sum(use.apply_requests for use in plan.accounts)
    return (
        f"{number(used)} used to plan, {number(needed)} to apply; "
        "the quota is 1,000 an hour and account"
    )


def blocked(plan: Plan) -> str:
    """What blocked changes mean for the plan; empty where there are none."""
    held = plan.summary.blocked
    if not held:
        return ""
    return f"{count(held, 'change')}; apply refuses the plan"


def values(tag: Tag, *, chip: Chip = no_chip) -> str:
    """``blue1``, ``blue1, disabled``: a tag's values beside its name."""
    return ", ".join(_created(tag, chip=chip))


def _created(tag: Tag, *, chip: Chip) -> list[str]:
    parts = [] if tag.color is None else [_color(tag.color, chip=chip)]
    return [*parts, "disabled"] if tag.status is Status.DISABLED else parts


def _differences(fields: Iterable[str], before: Tag, after: Tag, *, chip: Chip) -> Iterable[str]:
    for field in fields:
        if field == "name":
            yield f"name {label(before.name)} -> {label(after.name)}"
        elif field == "color":
            old, new = (_color(tag.color, chip=chip) for tag in (before, after))
            yield f"color {old} -> {new}"
        else:
            yield f"status {before.status.value} -> {after.status.value}"


def _color(color: str | None, *, chip: Chip) -> str:
    return "none" if color is None else f"{chip(color)}{terminal(color)}"


def _why(change: Change) -> str:
    if change.note:
        return terminal(change.note)
    return "live, but not declared" if change.reason is Reason.UNMANAGED else ""
