"""``demo``: the main job, on the embedded sandbox, by the very commands that a user types."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.cli.command import command as make
from reconciler.cli.values import FILE

if TYPE_CHECKING:
    from reconciler.cli.console import Console


@make(
    ("see it work", "reconciler demo"),
    ("and look at the files afterwards", "reconciler demo --keep demo"),
)
@click.option("--keep", type=FILE, metavar="DIR", help="keep what the demo writes in DIR")
def command(console: Console, *, keep: str | None) -> int:
    """Start a sandbox; plan, apply, take a tag back and plan again there. Needs no account."""
    from reconciler.cli.demo import run

    return run(keep, console)
