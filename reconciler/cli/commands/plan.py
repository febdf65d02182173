"""``plan``: show what apply would do, and save it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.cli import flags
from reconciler.cli.command import command as make
from reconciler.cli.values import FILE

if TYPE_CHECKING:
    from reconciler.cli.console import Console


@make(
    ("what would change, by the reconciler.yaml here", "reconciler plan"),
    ("save it for review, to apply just that", "reconciler plan --out plan.json"),
    (
        "what people renamed since then gets its name back",
        "reconciler plan --since yesterday.json",
    ),
    (
        "what comes from this branch, and what has drifted in CallRail",
        "reconciler plan --base origin/main",
    ),
    (
        "one account, as a page beside the text",
        "reconciler plan --account acme --report html=plan.html",
    ),
)
@flags.config_paths
@flags.narrowing
@click.option(
    "--out",
    type=FILE,
    metavar="FILE",
    help="save the plan for `apply FILE`, which takes it for 7 days",
)
@flags.live_option
@flags.since_option
@flags.causes
@click.option("--detailed-exitcode", is_flag=True, help="exit 2 when there is a difference")
@click.option("--show-unmanaged", is_flag=True, help="list undeclared tags")
@click.option(
    "--impact", is_flag=True, help="count what has the tags that are disabled or renamed, too"
)
@flags.output(grouped=True)
@flags.network
def command(
    console: Console,
    *,
    config: tuple[str, ...],
    narrowing: flags.NarrowingFlags,
    out: str | None,
    live: str | None,
    since: str | None,
    causes: flags.CauseFlags,
    detailed_exitcode: bool,
    show_unmanaged: bool,
    impact: bool,
    output: flags.OutputFlags,
    network: flags.NetworkFlags,
) -> int:
    """Show what apply would do. Nothing is changed."""
    from reconciler.cli.plan import PlanFlags, run

    asked = PlanFlags(config, narrowing, network, live, show_unmanaged, impact, causes, since)
    return run(asked, output, console, out=out, detailed_exitcode=detailed_exitcode)
