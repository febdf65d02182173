"""The stable codes of what a plan warns about, and which of them nobody may mute."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class PlanCode(StrEnum):
    """The codes; they are never reused for something else."""

    BOTH_LIVE = "PLAN001"
    SEVERAL_FORMER = "PLAN002"
    DUPLICATES = "PLAN003"
    LOOK_ALIKE = "PLAN004"
    MOVED = "PLAN005"
    # PLAN006 was a --tag that matches nothing; codes are not used again.
    OTHER_LEVEL = "PLAN007"
    FORMER_ELSEWHERE = "PLAN008"
    NOT_CREATED = "PLAN009"
    SEVERAL_IN_TRASH = "PLAN010"
    RENAMED_SINCE = "PLAN011"
    ANOTHER_SINCE = "PLAN012"
    PURGES_WAIT = "PLAN013"


MEANINGS: Final = {
    PlanCode.BOTH_LIVE: "A former name is still live beside the declared one; it is left alone.",
    PlanCode.SEVERAL_FORMER: "Several former names are live; the first as written is renamed, the "
    "rest stay.",
    PlanCode.DUPLICATES: "Several live tags of one place have the declared name; the oldest is "
    "managed.",
    PlanCode.LOOK_ALIKE: "A declared tag is new, or newer than a live look-alike that may be its "
    "former self.",
    PlanCode.MOVED: "A tag is created in one place and removed in another; its calls do not move.",
    PlanCode.OTHER_LEVEL: "A name declared on one level is live on the other: people see two.",
    PlanCode.FORMER_ELSEWHERE: "A former name is live in another place: something still writes it.",
    PlanCode.NOT_CREATED: "A declared tag is not created: a live one differs only by what servers "
    "tidy.",
    PlanCode.PURGES_WAIT: "More tags in the trash are due than the limits allow to delete; the "
    "oldest go.",
    PlanCode.SEVERAL_IN_TRASH: "Several tags in the trash had the declared name; the newest comes "
    "back.",
    PlanCode.RENAMED_SINCE: "The tag of a declared name, or of a former one, was renamed since the "
    "snapshot; it gets the declared name, or the plan gives the reason why not.",
    PlanCode.ANOTHER_SINCE: "Another tag than in the snapshot has a declared name, or a former "
    "one, without its history.",
}

LOUD: Final = frozenset(
    {PlanCode.LOOK_ALIKE, PlanCode.MOVED, PlanCode.NOT_CREATED, PlanCode.RENAMED_SINCE}
)
"""What can't be muted: history is about to part from its name, or a declared tag is missing."""
