"""``snapshot``: save live state, to plan against it offline."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reconciler import __version__
from reconciler.cli.configuration import load_configuration, refuse_numbers
from reconciler.cli.files import expect_writable, write_file
from reconciler.cli.session import Session
from reconciler.document import dump, snapshot_document
from reconciler.text.plural import count
from reconciler.workflow.snapshot import read_live

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.cli.console import Console
    from reconciler.cli.flags import NetworkFlags
    from reconciler.config import Configuration
    from reconciler.model.state import LiveAccount


def run(
    config: Sequence[str],
    account: Sequence[str],
    network: NetworkFlags,
    console: Console,
    *,
    out: str | None,
    usage: bool,
) -> int:
    """Read the configured accounts whole and write them to ``out`` or stdout; with ``usage`` also
    what has each tag.
    """
    if out:
        expect_writable([out])
    configuration = load_configuration(config, console, account=account)
    live = asyncio.run(_read(configuration, network, console, usage=usage))
    now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    text = dump(snapshot_document(live, created_at=now, tool_version=__version__))
    if out:
        write_file(out, text, console)
        tags = sum(len(one.tags) for one in live)
        console.log(f"Saved {count(tags, 'tag')} of {count(len(live), 'account')} to {out}.")
    else:
        console.result(text)
    return 0


async def _read(
    configuration: Configuration, network: NetworkFlags, console: Console, *, usage: bool
) -> Sequence[LiveAccount]:
    async with Session(
        network, console, configuration.gateway, accounts=configuration.accounts
    ) as session:
        await session.watch(refuse_numbers(configuration, session))
        work = read_live(
            configuration.accounts, session.provider, usage=usage, log=console.progress().step
        )
        return await session.watch(work)
