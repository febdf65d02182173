"""``undo``: the plan that takes an apply back, by its report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.cli import flags
from reconciler.cli.command import command as make
from reconciler.cli.values import FILE

if TYPE_CHECKING:
    from reconciler.cli.console import Console


@make(
    ("an apply that leaves its report", "reconciler apply --report json=report.json"),
    ("what would take it back", "reconciler undo report.json"),
    ("save that", "reconciler undo report.json --out undo.json"),
    ("and do it", "reconciler apply undo.json"),
    more="Names, colors and states go back; created tags are disabled, not deleted; a delete\n"
    "can't be undone. Tags that have changed since that apply are left alone.\n",
)
@click.argument("report_file", type=FILE, metavar="REPORT")
@flags.config_option
@click.option("--out", type=FILE, metavar="FILE", help="save the plan for apply")
@flags.output(grouped=True)
@flags.network
def command(
    console: Console,
    *,
    report_file: str,
    config: tuple[str, ...],
    out: str | None,
    output: flags.OutputFlags,
    network: flags.NetworkFlags,
) -> int:
    """Show the plan that takes an apply back, by the report of that apply."""
    from reconciler.cli.undo import run

    return run(report_file, config, network, output, console, out=out)
