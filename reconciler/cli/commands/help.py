"""``help``: what ``--help`` prints, by the word that people try."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.cli.command import command as make

if TYPE_CHECKING:
    from reconciler.cli.console import Console


@make(
    ("all commands", "reconciler help"),
    ("one of them", "reconciler help plan"),
)
@click.argument("words", nargs=-1, metavar="[COMMAND]...")
def command(console: Console, *, words: tuple[str, ...]) -> int:
    """Show the help of a command, or of all."""
    ctx = click.get_current_context().find_root()
    for word in words:
        group = ctx.command
        found = group.get_command(ctx, word) if isinstance(group, click.Group) else None
        if found is None:
            raise click.exceptions.NoSuchCommand(word, ctx=ctx)
        ctx = click.Context(found, info_name=word, parent=ctx)
    console.result(ctx.get_help())
    return 0
