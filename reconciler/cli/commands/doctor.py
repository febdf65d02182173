"""``doctor``: what works, what doesn't, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.cli import flags
from reconciler.cli.command import command as make
from reconciler.cli.values import Format

if TYPE_CHECKING:
    from reconciler.cli.console import Console


@make(
    ("before the first plan, and when something fails", "reconciler doctor"),
    ("for a program", "reconciler doctor --format json"),
)
@flags.config_paths
@flags.format_option((Format.TEXT, Format.JSON))
@flags.network
def command(
    console: Console, *, config: tuple[str, ...], form: Format, network: flags.NetworkFlags
) -> int:
    """Check key, gateway, accounts, role, connection, clock, proxy and quota, with what to do.

    Changes nothing.
    """
    from reconciler.cli.doctor import run

    return run(config, form, network, console)
