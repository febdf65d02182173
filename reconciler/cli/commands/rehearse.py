"""``rehearse``: a saved plan applied to a copy of its accounts, with and without lost answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.cli import flags
from reconciler.cli.command import command as make
from reconciler.cli.values import FILE

if TYPE_CHECKING:
    from reconciler.cli.console import Console


@make(
    ("save a plan", "reconciler plan --out plan.json"),
    ("and see it applied to a copy", "reconciler rehearse plan.json"),
    ("the same without a key", "reconciler rehearse plan.json --live live.json"),
    more="The copy is kept in this process, and once live state is read nothing is sent. Calls,\n"
    "forms and texts are as many as the plan has counted; one call stands for those that it\n"
    "has not. First the plan is applied as it is; then once more, and the first answer to\n"
    "each write is lost. Exit 3: something was left, lost or made twice.\n",
)
@click.argument("plan_file", type=FILE, metavar="PLAN")
@flags.config_option
@flags.live_option
@flags.network
def command(
    console: Console,
    *,
    plan_file: str,
    config: tuple[str, ...],
    live: str | None,
    network: flags.NetworkFlags,
) -> int:
    """Apply a saved plan to a copy of its accounts, with lost answers too. Sends nothing."""
    from reconciler.cli.rehearse import run

    return run(plan_file, config, live, network, console)
