"""``diff``: what became of tags and companies between two snapshots, or since one."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from reconciler import __version__
from reconciler.cli.configuration import load_if_there, refuse_numbers
from reconciler.cli.exit_code import unread_code
from reconciler.cli.files import read_document
from reconciler.cli.output import Shown, emit, prepare
from reconciler.cli.plan import DIFFERENCE, report_unread
from reconciler.cli.session import Session
from reconciler.document import read_snapshot
from reconciler.planning import Narrowing
from reconciler.workflow import clock
from reconciler.workflow.diff import DiffRequest, accounts_to_read, diff, diff_live

if TYPE_CHECKING:
    from reconciler.cli.console import Console
    from reconciler.cli.flags import NarrowingFlags, NetworkFlags, OutputFlags
    from reconciler.config import Configuration
    from reconciler.model.news import Comparison
    from reconciler.model.state import Snapshot


class DiffFlags(NamedTuple):
    """What is compared: ``old`` with ``new``, files of snapshots; None: with live state."""

    old: str
    new: str | None
    config: tuple[str, ...]
    narrowing: NarrowingFlags
    network: NetworkFlags
    usage: bool


def run(asked: DiffFlags, output: OutputFlags, console: Console, *, detailed_exitcode: bool) -> int:
    """Compare and show; 2 for a difference where asked."""
    prepare(output, console, keep=asked.old)
    old = read_document(asked.old, read_snapshot)
    request = DiffRequest(
        old=asked.old,
        accounts=asked.narrowing.account,
        narrowing=Narrowing(companies=asked.narrowing.company, tags=asked.narrowing.tag),
        usage=asked.usage,
        log=console.progress().step,
    )
    if asked.new is None:
        configuration = _configuration(asked, old, console)
        found = asyncio.run(_diff_live(request, old, configuration, asked, console))
    else:
        new = read_document(asked.new, read_snapshot)
        if old.created_at > new.created_at:
            console.log(f"{asked.old} was taken after {asked.new}: what follows is the way back.")
        found = diff(request, old, new, asked.new)
    found = replace(found, tool_version=__version__)
    report_unread(found.unread, console)
    emit(found, Shown.DIFF, output, console)
    return unread_code(found) or (DIFFERENCE if detailed_exitcode and found.differs else 0)


def _configuration(asked: DiffFlags, old: Snapshot, console: Console) -> Configuration | None:
    """The configuration that says how accounts are reached: the one named, else the default where
    it names one of the snapshot's.
    """
    configuration = load_if_there(asked.config, console)
    if configuration is None or asked.config or console.environ.get("RECONCILER_CONFIG"):
        return configuration
    held = {one.account.id for one in old.accounts}
    names_one = any(one.ref.id in held for one in configuration.accounts)
    return configuration if names_one else None


async def _diff_live(
    request: DiffRequest,
    old: Snapshot,
    configuration: Configuration | None,
    asked: DiffFlags,
    console: Console,
) -> Comparison:
    gateway = None if configuration is None else configuration.gateway
    accounts = accounts_to_read(old, configuration)
    async with Session(asked.network, console, gateway, accounts=accounts) as session:
        if configuration is not None:
            await session.watch(refuse_numbers(configuration, session))
        now = clock.now().isoformat(timespec="seconds").replace("+00:00", "Z")
        work = diff_live(request, old, accounts, session.provider, now=now)
        return await session.watch(work)
