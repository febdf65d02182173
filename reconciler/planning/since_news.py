"""Drift that is news: what differs from the configuration by what people did since a snapshot."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from reconciler.model.codes import PlanCode
from reconciler.model.news import News

if TYPE_CHECKING:
    from reconciler.model.plan import Plan

CONCERNS_UNDECLARED: Final = frozenset({News.NEW, News.RENAMED, News.RESTORED})
"""What is worth telling of a tag that nobody declared."""


def is_news(plan: Plan) -> bool:
    """Whether ``plan`` holds news: changes, or a declared name that is on another tag by now."""
    return bool(plan.changes) or any(one.code == PlanCode.ANOTHER_SINCE for one in plan.warnings)


def only_news(plan: Plan) -> Plan:
    """``plan``, held against a snapshot, without what that shows as it is by now.

    What is left out is counted. In an account that the snapshot does not hold everything is news,
    and so are accounts that could not be read.
    """
    if plan.since is None:
        return plan
    unknown = frozenset(plan.since.lacking)
    changes = tuple(
        one for one in plan.changes if one.since is not None or one.place.account.handle in unknown
    )
    unmanaged = tuple(
        one
        for one in plan.unmanaged_tags
        if one.since in CONCERNS_UNDECLARED or one.place.account.handle in unknown
    )
    older = len(plan.changes) - len(changes)
    since = plan.since._replace(older=older)
    return replace(plan, changes=changes, unmanaged_tags=unmanaged, since=since)
