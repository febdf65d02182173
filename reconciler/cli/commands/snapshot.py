"""``snapshot``: save live state, to plan against it offline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.cli import flags
from reconciler.cli.command import command as make
from reconciler.cli.values import FILE

if TYPE_CHECKING:
    from reconciler.cli.console import Console


@make(
    ("save what is live", "reconciler snapshot --out live.json"),
    ("and plan against it, without a key", "reconciler plan --live live.json"),
    ("with what has each tag, for `diff` in a month", "reconciler snapshot --usage --out dec.json"),
)
@flags.config_paths
@flags.account_option
@click.option("--out", type=FILE, metavar="FILE", help="default: stdout")
@click.option(
    "--usage",
    is_flag=True,
    help="keep what has each tag, too (calls, forms, texts, flows): about a request per 250 calls",
)
@flags.network
def command(
    console: Console,
    *,
    config: tuple[str, ...],
    account: tuple[str, ...],
    out: str | None,
    usage: bool,
    network: flags.NetworkFlags,
) -> int:
    """Save the live state of the configured accounts: for offline plans, `diff` and `--since`.

    Tags and companies by id; no data of customers.
    """
    from reconciler.cli.snapshot import run

    return run(config, account, network, console, out=out, usage=usage)
