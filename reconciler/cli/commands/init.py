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
    ("for a configuration in a folder of a repository", "reconciler init tags --ci github"),
    ("what this version would write otherwise", "reconciler init --ci github --diff"),
)
@click.argument("directory", default=".", help="where (here)")
@click.option("--ci", type=one_of(("github", "gitlab")), help="write the pipeline too")
@click.option(
    "--each-account",
    is_flag=True,
    help="plan each account on a machine of its own (GitHub)",
)
@click.option(
    "--diff", is_flag=True, help="show how the pipeline that is there differs; exit 2 if it does"
)
def command(
    console: Console, *, directory: str, ci: str | None, each_account: bool, diff: bool
) -> int:
    """Write a first reconciler.yaml whose comments teach; never overwrites."""
    from reconciler.cli.init import InitFlags, differences, write_first_files

    asked = InitFlags(directory, ci, each_account)
    if diff:
        return differences(asked, console)
    write_first_files(asked, console)
    return 0
