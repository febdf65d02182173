"""``show``: saved plans, read offline; several are joined into one report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.cli import flags
from reconciler.cli.command import command as make
from reconciler.cli.values import FILE

if TYPE_CHECKING:
    from reconciler.cli.console import Console


@make(
    ("a saved plan", "reconciler show plan.json"),
    ("several as one page", "reconciler show acme.json beacon.json --format html"),
)
@click.argument("plan_file", nargs=-1, required=True, type=FILE, metavar="PLANFILE...")
@flags.output(grouped=True)
def command(console: Console, *, plan_file: tuple[str, ...], output: flags.OutputFlags) -> int:
    """Show saved plans, offline. Several are joined into one report."""
    from reconciler.cli.files import read_document
    from reconciler.cli.output import prepare
    from reconciler.cli.plan import show
    from reconciler.document import join, load_plan

    prepare(output, console)
    show(join([read_document(path, load_plan) for path in plan_file]), output, console)
    return 0
