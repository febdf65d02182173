"""What people did in CallRail x what a change did to the configuration: each pair by its name.

Before both, ``Lead`` was declared and live, gray1. A cell lists the changes of the plan (verb,
name, what people did since the snapshot, cause), what this change undoes, and the warnings that
rest on the snapshot, of which PLAN011 is "renamed since" and PLAN012 "another tag since".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.model.state import State
from reconciler.planning.causes import by_cause
from reconciler.planning.since_news import is_news, only_news
from tests.expectations import declare, desired, draft, live
from tests.planning.people import (
    NORTH,
    Account,
    create,
    delete,
    disable,
    make_anew,
    recolor,
    rename,
    swap,
    take_name,
    trash,
)
from tests.planning.test_since import past, plan_of, warned

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.model.state import Declaration, DesiredAccount
    from reconciler.model.tag import LiveTag


def nothing(_account: Account, _one: LiveTag, _other: LiveTag) -> None:
    """Nobody did anything."""


def rename_as_proposed(account: Account, one: LiveTag, _other: LiveTag) -> None:
    """To the very name that the change declares."""
    account.put(one, name="Prospect")


def create_as_proposed(account: Account, _one: LiveTag, _other: LiveTag) -> None:
    """The very tag that the change declares."""
    account.make("Prospect")


LEAD, PROSPECT = declare("Lead", color="gray1"), declare("Prospect", color="gray1")
CONFIGURATIONS: dict[str, tuple[Declaration, ...]] = {
    "unchanged": (LEAD,),
    "removed": (),
    "recoloured": (declare("Lead", color="blue1"),),
    "renamed": (declare("Prospect", color="gray1", renamed_from=("Lead",)),),
    "replaced": (PROSPECT,),
    "disabled": (declare("Lead", color="gray1", state=State.DISABLED),),
    "absent": (declare("Lead", state=State.ABSENT, note="Over."),),
    "added to": (LEAD, PROSPECT),
}
ALONE = {
    "recoloured": "update Lead, this change",
    "renamed": "update Prospect, this change",
    "replaced": "create Prospect, this change",
    "disabled": "update Lead, this change",
    "absent": "trash Lead, this change",
    "added to": "create Prospect, this change",
}
"""What the plan does where nobody touched the tag; what is not in a table is nothing."""
TABLE: dict[Callable[..., object], dict[str, str]] = {
    nothing: ALONE,
    create: ALONE,
    rename: {
        "unchanged": "update Lead, renamed, drift; PLAN011",
        "removed": "undone: update Lead",
        "recoloured": "update Lead, renamed, both; PLAN011",
        "renamed": "update Prospect, renamed, both; PLAN011",
        "replaced": "create Prospect, this change; undone: update Lead",
        "disabled": "undone: update Lead; PLAN011",
        "absent": "undone: update Lead; PLAN011",
        "added to": "update Lead, renamed, drift; create Prospect, this change; PLAN011",
    },
    delete: {
        "unchanged": "create Lead, gone, drift",
        "removed": "undone: create Lead",
        "recoloured": "create Lead, gone, both",
        "renamed": "create Prospect, gone, this change; undone: create Lead",
        "replaced": "create Prospect, this change; undone: create Lead",
        "disabled": "undone: create Lead",
        "absent": "undone: create Lead",
        "added to": "create Lead, gone, drift; create Prospect, this change",
    },
    recolor: {
        "unchanged": "update Lead, recolored, drift",
        "removed": "undone: update Lead",
        "recoloured": "undone: update Lead",
        "renamed": "update Prospect, recolored, both",
        "replaced": "create Prospect, this change; undone: update Lead",
        "disabled": "update Lead, recolored, both",
        "absent": "trash Lead, recolored, both",
        "added to": "update Lead, recolored, drift; create Prospect, this change",
    },
    disable: {
        "unchanged": "update Lead, disabled, drift",
        "removed": "undone: update Lead",
        "recoloured": "update Lead, disabled, both",
        "renamed": "update Prospect, disabled, both",
        "replaced": "create Prospect, this change; undone: update Lead",
        "disabled": "undone: update Lead",
        "absent": "trash Lead, disabled, both",
        "added to": "update Lead, disabled, drift; create Prospect, this change",
    },
    trash: {
        "unchanged": "update Lead, trashed, drift",
        "removed": "undone: update Lead",
        "recoloured": "update Lead, trashed, both",
        "renamed": "create Prospect, trashed, this change; undone: update Lead; PLAN011",
        "replaced": "create Prospect, this change; undone: update Lead",
        "disabled": "update Lead, trashed, both",
        "absent": "undone: update Lead",
        "added to": "create Prospect, this change; update Lead, trashed, drift",
    },
    swap: {
        "unchanged": "PLAN012",
        "recoloured": "update Lead, this change; PLAN012",
        "renamed": "update Prospect, renamed, this change; PLAN012",
        "replaced": "create Prospect, this change",
        "disabled": "update Lead, this change; PLAN012",
        "absent": "trash Lead, renamed, this change; PLAN012",
        "added to": "create Prospect, this change; PLAN012",
    },
    take_name: {
        "unchanged": "PLAN012",
        "recoloured": "update Lead, this change; PLAN012",
        "renamed": "update Prospect, renamed, this change; PLAN012",
        "replaced": "create Prospect, this change",
        "disabled": "update Lead, this change; PLAN012",
        "absent": "trash Lead, renamed, this change; PLAN012",
        "added to": "create Prospect, this change; PLAN012",
    },
    make_anew: {
        "unchanged": "PLAN012",
        "recoloured": "update Lead, anew, this change; PLAN012",
        "renamed": "update Prospect, anew, this change; PLAN012",
        "replaced": "create Prospect, this change",
        "disabled": "update Lead, anew, this change; PLAN012",
        "absent": "trash Lead, new, this change; PLAN012",
        "added to": "create Prospect, this change; PLAN012",
    },
    rename_as_proposed: {
        "unchanged": "update Lead, renamed, drift; PLAN011",
        "removed": "undone: update Lead",
        "recoloured": "update Lead, renamed, both; PLAN011",
        "renamed": "undone: update Lead",
        "replaced": "undone: update Lead",
        "disabled": "undone: update Lead; PLAN011",
        "absent": "undone: update Lead; PLAN011",
        "added to": "create Lead, renamed, both; PLAN011",
    },
    create_as_proposed: {
        "recoloured": "update Lead, this change",
        "disabled": "update Lead, this change",
        "absent": "trash Lead, this change",
    },
}


def in_north(*declarations: Declaration) -> DesiredAccount:
    return desired(companies=[(NORTH, declarations)])


@pytest.mark.parametrize("changed", CONFIGURATIONS)
@pytest.mark.parametrize("deed", TABLE)
def test_each_pair_is_called_by_its_name(deed: Callable[..., object], changed: str) -> None:
    account = Account()
    one, other = account.make("Lead"), account.make("Spam")
    then = past(*account.tags.values())
    deed(account, one, other)
    now = live(*account.tags.values(), companies=[NORTH])
    head = draft(in_north(*CONFIGURATIONS[changed]), now, past=then)
    found = by_cause(head.changes, draft(in_north(LEAD), now, past=then).changes)
    cells = [
        ", ".join(filter(None, (f"{one.verb} {one.name}", one.since, one.cause)))
        for one in found.changes
    ]
    cells += [f"undone: {one.verb} {one.name}" for one in found.undone]
    cells += [code for code, _message in warned(head)]
    assert "; ".join(cells) == TABLE[deed].get(changed, "")
    # Drift is news where people made a change necessary, or gave the name to another tag.
    news = any(change.since for change in head.changes) or "PLAN012" in cells
    assert is_news(only_news(plan_of(head))) == news


def test_a_tag_renamed_in_callrail_is_taken_over_by_the_name_that_lists_it() -> None:
    account = Account()
    one = account.make("Lead")
    then = past(one)
    account.put(one, name="Leads")
    now = live(*account.tags.values(), companies=[NORTH])
    drafted = draft(in_north(*CONFIGURATIONS["renamed"]), now, past=then)
    ((_code, message),) = warned(drafted)
    assert message == (
        '"Lead", a former name of "Prospect", was renamed to "Leads", by the snapshot of '
        '2026-11-01 07:00 UTC; it is renamed to "Prospect" (acme · Dental North)'
    )
    (warning,) = drafted.warnings
    assert (warning.hint or "").splitlines()[1:] == ['name: "Leads"', 'renamed_from: ["Lead"]']


def test_what_the_trash_holds_as_declared_is_no_news() -> None:
    """An apply moved it there after the snapshot, or a merge did."""
    account = Account()
    old, new = account.make("Lead"), account.make("Prospect")
    then = past(old, new)
    trash(account, new, old)
    account.put(old, name="Prospect")
    now = live(*account.tags.values(), companies=[NORTH])
    merged = declare("Prospect", color="gray1", merged_from=("Lead",))
    assert warned(draft(in_north(merged), now, past=then)) == []
