"""``connections``: Maton's OAuth connections to CallRail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.cli import flags
from reconciler.cli.command import command as make
from reconciler.cli.values import Format

if TYPE_CHECKING:
    from reconciler.cli.console import Console

_FORMATS = (Format.TEXT, Format.JSON, Format.YAML)


@click.group(subcommand_metavar="ACTION [OPTIONS] …", options_metavar="")
def command() -> None:
    """Manage Maton's connections to CallRail."""


@make(("all of them", "reconciler connections list"))
@flags.format_option(_FORMATS)
@flags.network
def list_(console: Console, *, form: Format, network: flags.NetworkFlags) -> int:
    """List them."""
    from reconciler.cli import connections

    return connections.list_all(form, network, console)


@make(("and wait until it is active", "reconciler connections create --wait"))
@click.option("--wait", is_flag=True, help="until it is active")
@flags.format_option(_FORMATS)
@flags.network
def create(console: Console, *, wait: bool, form: Format, network: flags.NetworkFlags) -> int:
    """Make one; prints the address to open in a browser."""
    from reconciler.cli import connections

    return connections.create(form, network, console, wait=wait)


@make(("one", "reconciler connections get 21fd90f9-5935-43cd-b6c8-bde9d915ca80"))
@click.argument("connection", metavar="ID")
@flags.format_option(_FORMATS)
@flags.network
def get(console: Console, *, connection: str, form: Format, network: flags.NetworkFlags) -> int:
    """Show one."""
    from reconciler.cli import connections

    return connections.get(connection, form, network, console)


@make(("after asking", "reconciler connections delete 21fd90f9-5935-43cd-b6c8-bde9d915ca80"))
@click.argument("connection", metavar="ID")
@click.option("--auto-approve", is_flag=True, help="do not ask")
@flags.network
def delete(
    console: Console, *, connection: str, auto_approve: bool, network: flags.NetworkFlags
) -> int:
    """Delete one, after asking."""
    from reconciler.cli import connections

    return connections.delete(connection, network, console, auto_approve=auto_approve)


for _name, _action in (("list", list_), ("create", create), ("get", get), ("delete", delete)):
    command.add_command(_action, _name)
