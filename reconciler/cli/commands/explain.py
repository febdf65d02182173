"""``explain``: why a tag is planned as it is, or what a code means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.cli import flags
from reconciler.cli.command import command as make
from reconciler.cli.values import Format

if TYPE_CHECKING:
    from reconciler.cli.console import Console


@make(
    ("what becomes of a tag there, and by which line",
     'reconciler explain Opportunity --company "Dental West"'),
    ("what a warning means and what to do, offline", "reconciler explain PLAN001"),
)  # fmt: skip
@click.argument("name", metavar="NAME", help="a tag's name, declared, former or live; or a code")
@flags.config_option
@flags.account_option
@flags.company_option
@flags.format_option([Format.TEXT, Format.JSON])
@flags.network
def command(
    console: Console,
    *,
    name: str,
    config: tuple[str, ...],
    account: tuple[str, ...],
    company: tuple[str, ...],
    form: Format,
    network: flags.NetworkFlags,
) -> int:
    """Show why a tag is planned as it is, or what a code means. Nothing is changed."""
    from reconciler.cli.explain import ExplainFlags, run

    return run(name, ExplainFlags(config, account, company, network), form, console)
