"""``show``: saved plans, read offline; several are joined into one report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.cli import flags
from reconciler.cli.command import command as make
from reconciler.cli.values import FILE, Format

if TYPE_CHECKING:
    from reconciler.cli.console import Console


@make(
    ("a saved plan", "reconciler show plan.json"),
    ("several as one page", "reconciler show acme.json beacon.json --format html"),
    (
        "what it does otherwise than the reviewed one, and why",
        "reconciler show plan.json --reviewed reviewed.json --live live.json",
    ),
)
@click.argument("plan_file", nargs=-1, required=True, type=FILE, metavar="PLANFILE...")
@click.option(
    "--reviewed",
    type=FILE,
    metavar="PLANFILE",
    help="show what differs from this plan, and why, as text",
)
@click.option(
    "--live",
    type=FILE,
    metavar="SNAPSHOT",
    help="with --reviewed: the live state that PLANFILE was made of, which tells why",
)
@flags.output(grouped=True)
def command(
    console: Console,
    *,
    plan_file: tuple[str, ...],
    reviewed: str | None,
    live: str | None,
    output: flags.OutputFlags,
) -> int:
    """Show saved plans, offline. Several are joined into one report."""
    from reconciler.cli.files import read_document
    from reconciler.cli.output import prepare
    from reconciler.cli.plan import show
    from reconciler.cli.reviewed import compare
    from reconciler.document import join, load_plan
    from reconciler.errors import UsageError

    if reviewed is None and live is not None:
        raise UsageError("--live goes with --reviewed: it tells why the two plans differ")
    if reviewed is not None and (output.form is not Format.TEXT or output.report):
        raise UsageError("--reviewed shows text alone: --format and --report have no other")
    prepare(output, console)
    plan = join([read_document(path, load_plan) for path in plan_file])
    if reviewed is None:
        show(plan, output, console)
    else:
        compare(plan, reviewed, live, console)
    return 0
