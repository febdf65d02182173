"""``diff``: what changed between two snapshots, or since one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.cli import flags
from reconciler.cli.command import command as make
from reconciler.cli.values import FILE, Format

if TYPE_CHECKING:
    from reconciler.cli.console import Console

FORMATS = (Format.TEXT, Format.JSON, Format.MARKDOWN, Format.CSV)


@make(
    ("a snapshot to compare with later", "reconciler snapshot --usage --out nov.json"),
    ("what has changed since, in live state", "reconciler diff nov.json"),
    ("what changed between two of them", "reconciler diff nov.json dec.json"),
    (
        "of one company, for a spreadsheet",
        "reconciler diff nov.json --company 'Dental*' --format csv",
    ),
    more="Tags are compared by id, so a rename is a rename. How many calls, forms and texts\n"
    "have a tag is compared where both sides counted that (snapshot --usage,\n"
    "diff --usage); that alone is no difference.\n",
)
@click.argument("old", type=FILE, metavar="OLD", help="a snapshot")
@click.argument("new", required=False, type=FILE, metavar="[NEW]", help="a later one; else live")
@flags.config_option
@flags.narrowing
@click.option(
    "--usage", is_flag=True, help="count what has each live tag, too: about a request per 250 calls"
)
@click.option("--detailed-exitcode", is_flag=True, help="exit 2 when there is a difference")
@flags.output(FORMATS, FORMATS)
@flags.network
def command(
    console: Console,
    *,
    old: str,
    new: str | None,
    config: tuple[str, ...],
    narrowing: flags.NarrowingFlags,
    usage: bool,
    detailed_exitcode: bool,
    output: flags.OutputFlags,
    network: flags.NetworkFlags,
) -> int:
    """Show what changed between two snapshots, or between one and live state, tag by tag."""
    from reconciler.cli.diff import DiffFlags, run
    from reconciler.errors import UsageError

    if new is not None and usage:
        raise UsageError("--usage counts what is live, and two snapshots are compared")
    asked = DiffFlags(old, new, config, narrowing, network, usage)
    return run(asked, output, console, detailed_exitcode=detailed_exitcode)
