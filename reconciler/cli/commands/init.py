"""``init``: a first configuration that teaches, and the pipeline on request."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.cli.command import command as make
from reconciler.cli.values import one_of

if TYPE_CHECKING:
    from reconciler.cli.console import Console


@make(
    ("a first reconciler.yaml here", "reconciler init"),
    ("with the workflows for GitHub", "reconciler init --ci github"),
)
@click.argument("directory", default=".", help="where (here)")
@click.option("--ci", type=one_of(("github", "gitlab")), help="write the pipeline too")
def command(console: Console, *, directory: str, ci: str | None) -> int:
    """Write a first reconciler.yaml whose comments teach; never overwrites."""
    from reconciler.cli.init import write_first_files

    write_first_files(directory, ci, console)
    return 0
