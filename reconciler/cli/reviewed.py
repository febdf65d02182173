"""``show --reviewed``: what a plan does otherwise than the one that was reviewed, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.cli.files import read_document
from reconciler.document import load_plan, load_snapshot
from reconciler.planning.reviewed import differences
from reconciler.render import reviewed as render

if TYPE_CHECKING:
    from reconciler.cli.console import Console
    from reconciler.model.plan import Plan


def compare(plan: Plan, reviewed: str, live: str | None, console: Console) -> None:
    """Show what ``plan`` does otherwise than the plan of the file ``reviewed``; ``live`` is a
    snapshot.
    """
    accounts = () if live is None else read_document(live, load_snapshot)
    tags = {one.account.id: one.tags for one in accounts}
    found = differences(read_document(reviewed, load_plan), plan, tags)
    console.result(render.text(found, style=console.style(), width=console.width()))
