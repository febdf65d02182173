"""``apply``: carry out a saved plan, or plan first and ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.cli import flags
from reconciler.cli.command import command as make
from reconciler.cli.values import FILE

if TYPE_CHECKING:
    from reconciler.cli.console import Console


@make(
    ("plan, show, ask, do", "reconciler apply"),
    ("do what was reviewed, without asking", "reconciler apply plan.json"),
    (
        "in CI: only if the plan is still the reviewed one",
        "reconciler apply --auto-approve --expect-digest sha256:3f1c",
    ),
    (
        "what the last commit changed, and no drift",
        "reconciler apply --base HEAD^1 --only this-change",
    ),
    ("posted to a channel, too", 'reconciler apply plan.json --webhook "$SLACK_WEBHOOK"'),
)
@click.argument(
    "file",
    required=False,
    type=FILE,
    metavar="[FILE]",
    help="a saved plan, which was reviewed; or a configuration, as with -c",
)
@flags.config_option
@flags.narrowing
@flags.since_option
@flags.causes
@click.option("--auto-approve", is_flag=True, help="do not ask")
@click.option("--expect-digest", metavar="sha256:…", help="refuse unless the plan is this one")
@click.option("--allow-deletes", is_flag=True, help="delete what the plan deletes")
@click.option("--no-deletes", is_flag=True, help="do all but the deletes")
@flags.output(grouped=True)
@flags.webhook_option
@flags.network
def command(
    console: Console,
    *,
    file: str | None,
    config: tuple[str, ...],
    narrowing: flags.NarrowingFlags,
    since: str | None,
    causes: flags.CauseFlags,
    auto_approve: bool,
    expect_digest: str | None,
    allow_deletes: bool,
    no_deletes: bool,
    output: flags.OutputFlags,
    webhook: str | None,
    network: flags.NetworkFlags,
) -> int:
    """Make live tags as configured, after asking; or do what a saved plan says."""
    from reconciler.cli.apply import ApplyFlags, run
    from reconciler.errors import UsageError
    from reconciler.executor import Deletes

    console.webhook = webhook
    if allow_deletes and no_deletes:
        raise UsageError("--allow-deletes and --no-deletes contradict each other")
    deletes = Deletes.SEND if allow_deletes else Deletes.UNDECIDED
    deletes = Deletes.HOLD_BACK if no_deletes else deletes
    asked = ApplyFlags(
        config, narrowing, causes, network, output, auto_approve, expect_digest, deletes, since
    )
    return run(file, asked, console)
