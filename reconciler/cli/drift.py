"""``drift``: the same plan, told to the person on call; 2 on any difference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.cli.exit_code import unread_code
from reconciler.cli.plan import DIFFERENCE, read_only_plan, show

if TYPE_CHECKING:
    import argparse

    from reconciler.cli.console import Console


def run(args: argparse.Namespace, console: Console) -> int:
    """Plan and show; 2 where live state is not as configured, blocked or not.

    Where an account could not be read, that failure's code instead.
    """
    plan = read_only_plan(args, console)
    show(plan, args, console)
    return unread_code(plan) or (DIFFERENCE if plan.changes else 0)
