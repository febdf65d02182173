"""``drift``: the same plan, reported to the person on call; 2 on any difference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.cli import flags
from reconciler.cli.command import command as make

if TYPE_CHECKING:
    from reconciler.cli.console import Console


@make(
    ("is live state as configured?", "reconciler drift"),
    ("for an issue", "reconciler drift --format markdown"),
    ("only what is new since then", "reconciler drift --since yesterday.json"),
    ("posted to a channel, too", 'reconciler drift --webhook "$SLACK_WEBHOOK"'),
)
@flags.config_paths
@flags.narrowing
@flags.live_option
@flags.since_option
@flags.output()
@flags.webhook_option
@flags.network
def command(
    console: Console,
    *,
    config: tuple[str, ...],
    narrowing: flags.NarrowingFlags,
    live: str | None,
    since: str | None,
    output: flags.OutputFlags,
    webhook: str | None,
    network: flags.NetworkFlags,
) -> int:
    """Report what differs from the configuration, changing nothing.

    Ends with 2 where live state is not as configured, blocked or not; with --since, where that is
    news.
    """
    from reconciler.cli.exit_code import unread_code
    from reconciler.cli.output import Shown, prepare
    from reconciler.cli.plan import DIFFERENCE, PlanFlags, read_only_plan, show

    console.webhook = webhook
    prepare(output, console)
    asked = PlanFlags(config, narrowing, network, live, show_unmanaged=True, since=since)
    plan = read_only_plan(asked, console)
    differs = bool(plan.changes)
    if since is not None:
        from reconciler.planning.since_news import is_news, only_news

        plan = only_news(plan)
        differs = is_news(plan)
    show(plan, output, console, as_=Shown.DRIFT)
    return unread_code(plan) or (DIFFERENCE if differs else 0)
