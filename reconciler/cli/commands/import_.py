"""``import``: live tags as a configuration whose plan is empty."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.cli import flags
from reconciler.cli.command import command as make
from reconciler.cli.values import FILE

if TYPE_CHECKING:
    from reconciler.cli.console import Console


@make(
    ("write down what is live, to start from", "reconciler import > reconciler.yaml"),
    ("of one account, by its name", "reconciler import 'Acme Dental Group'"),
    ("take what changed in CallRail into a file", "reconciler import --into reconciler.yaml"),
    ("tidy: one spelling, one colour", "reconciler import --consolidate --usage > reconciler.yaml"),
)
@click.argument(
    "named",
    nargs=-1,
    metavar="[ACCOUNT]...",
    help="id, handle or exact name (default: those configured, else all seen)",
    shell_complete=flags.complete_accounts,
)
@click.option(
    "--consolidate",
    is_flag=True,
    help="write the configuration that tidies: what looks like one tag becomes one",
)
@click.option(
    "--usage",
    is_flag=True,
    help="with --consolidate: the spelling that most calls, forms and texts have stays, counted",
)
@click.option(
    "--into",
    type=FILE,
    metavar="FILE",
    help="print what to write into this file, and where, so that it asks for what is live",
)
@flags.config_option
@flags.account_option
@flags.network
def command(
    console: Console,
    *,
    named: tuple[str, ...],
    config: tuple[str, ...],
    account: tuple[str, ...],
    network: flags.NetworkFlags,
    consolidate: bool,
    usage: bool,
    into: str | None,
) -> int:
    """Write live tags as a configuration to stdout. Its plan is empty and quiet.

    With --consolidate its plan is the tidying-up: one spelling and one colour for what is one tag.
    With --into it is lines to paste into a file that you wrote; nothing is written there.
    """
    from reconciler.cli.importing import run

    return run(
        named, config, account, network, console, consolidate=consolidate, usage=usage, into=into
    )
