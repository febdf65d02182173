"""Which warnings the configuration declares known: ``warnings: {ignore: {CODE: reason}}``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reconciler.config.codes import WARNINGS, Code
from reconciler.model.codes import LOUD, PlanCode
from reconciler.text.nearest import did_you_mean
from reconciler.text.plural import listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.config.check import Checked
    from reconciler.config.collector import Collector
    from reconciler.config.values import Origin

MUTABLE = frozenset({*WARNINGS, *PlanCode} - LOUD)
"""Codes that may be muted, as text."""

_OF_LIVE = re.compile("(LIVE|APPLY)[0-9]{3}")
"""Codes of what a run meets in live state; each may be another thing tomorrow."""


def read_muted(documents: Sequence[Checked], problems: Collector) -> dict[str, str]:
    """The reason of each muted code; what can't be muted is noted."""
    muted: dict[str, str] = {}
    keys: dict[str, Origin] = {}
    for document in documents:
        part = dict(document.sound("warnings")).get("ignore")
        for code, reason in () if part is None else part.items():
            key = part.key(code) if part is not None else reason
            if code in keys:
                problems.error(
                    Code.MUTED_TWICE,
                    f"{code} is muted twice",
                    key.mark(),
                    keys[code].mark("first here"),
                    hint="Keep one of them.",
                )
            elif _check(code, key, problems):
                keys[code] = key
                muted[code] = reason.value
    return muted


def _check(code: str, key: Origin, problems: Collector) -> bool:
    if code in MUTABLE:
        return True
    of_live = _OF_LIVE.fullmatch(code) is not None
    if code in LOUD or of_live or code in set(Code):
        why = "is an error, and errors can't be muted"
        if code in LOUD:
            why = "warns that history is about to be lost, or that a declared tag is not made"
        elif of_live:
            why = "reports what could not be read, counted or done"
        problems.error(
            Code.NOT_MUTABLE, f"{code} {why}", key.mark(), hint="Delete it, and mend the cause."
        )
    else:
        problems.error(
            Code.UNKNOWN_CODE,
            f"there is no warning {code}",
            key.mark(),
            hint=did_you_mean(code, sorted(MUTABLE)) or f"Known: {listed(sorted(MUTABLE))}.",
        )
    return False
