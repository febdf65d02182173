"""``snapshot``: save live state, to plan against it offline."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reconciler import __version__
from reconciler.cli.configuration import load_configuration
from reconciler.cli.files import write_file
from reconciler.cli.numbers import refuse_numbers
from reconciler.cli.session import Session
from reconciler.document import dump, snapshot_document
from reconciler.text.plural import count

if TYPE_CHECKING:
    import argparse

    from reconciler.cli.console import Console


def run(args: argparse.Namespace, console: Console) -> int:
    """Read the configured accounts whole and write them to ``--out`` or stdout."""
    return asyncio.run(_run(args, console))


async def _run(args: argparse.Namespace, console: Console) -> int:
    from reconciler.workflow.snapshot import read_live

    configuration = load_configuration(args, console)
    async with Session(
        args, console, configuration.gateway, accounts=configuration.accounts
    ) as session:
        await session.signals.watch(refuse_numbers(configuration, session))
        work = read_live(configuration.accounts, session.provider)
        live = await session.signals.watch(work)
    now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    text = dump(snapshot_document(live, created_at=now, tool_version=__version__))
    if args.out:
        write_file(args.out, text, console)
        tags = sum(len(one.tags) for one in live)
        console.say(f"Saved {count(tags, 'tag')} of {count(len(live), 'account')} to {args.out}.")
    else:
        console.result(text)
    return 0
