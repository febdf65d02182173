"""``audit``: who deviates, what is spelt how, what is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.cli import flags
from reconciler.cli.command import command as make
from reconciler.cli.values import FILE, Format

if TYPE_CHECKING:
    from reconciler.cli.console import Console

FORMATS = (Format.TEXT, Format.JSON, Format.MARKDOWN, Format.HTML, Format.CSV)


@make(
    ("who deviates from reconciler.yaml; without one, from most", "reconciler audit"),
    ("with how much each name is used, as a page", "reconciler audit --usage --format html"),
    ("a snapshot, without a key", "reconciler audit --live monday.json"),
    ("one tag in some companies", "reconciler audit --tag 'Spam*' --company 'Dental*'"),
)
@flags.config_paths
@flags.narrowing
@click.option("--live", type=FILE, metavar="SNAPSHOT", help="audit this snapshot, without a key")
@click.option("--usage", is_flag=True, help="count what has each tag, and when it was used last")
@click.option(
    "--deviating/--all",
    "deviating",
    default=None,
    help="only names that deviate (text, markdown), or every name (json, html, csv)",
)
@flags.output(FORMATS, FORMATS)
@flags.network
def command(
    console: Console,
    *,
    config: tuple[str, ...],
    narrowing: flags.NarrowingFlags,
    live: str | None,
    usage: bool,
    deviating: bool | None,
    output: flags.OutputFlags,
    network: flags.NetworkFlags,
) -> int:
    """Show which companies deviate, which names look alike, what is used. Nothing is changed."""
    from reconciler.cli.audit import AuditFlags, run

    return run(AuditFlags(config, narrowing, live, usage, deviating, network), output, console)
