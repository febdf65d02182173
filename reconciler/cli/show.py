"""``show``: saved plans, read offline; several are joined into one report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.cli.files import read_file
from reconciler.cli.plan import show
from reconciler.document import join, load_plan

if TYPE_CHECKING:
    import argparse

    from reconciler.cli.console import Console


def run(args: argparse.Namespace, console: Console) -> int:
    """Show the plan files; raises DocumentError or RefusedError for what is no sound plan."""
    show(join([load_plan(read_file(path)) for path in args.plan_file]), args, console)
    return 0
