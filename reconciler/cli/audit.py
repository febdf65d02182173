"""``audit``: who deviates, what is spelt how, what is used."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from reconciler import __version__
from reconciler.cli.configuration import load_if_there, refuse_numbers
from reconciler.cli.exit_code import unread_code
from reconciler.cli.importing import accounts_of
from reconciler.cli.output import Shown, emit, prepare
from reconciler.cli.plan import report_unread
from reconciler.cli.session import Session
from reconciler.planning import Narrowing
from reconciler.workflow import clock
from reconciler.workflow.audit import AuditRequest, make_audit

if TYPE_CHECKING:
    from reconciler.cli.console import Console
    from reconciler.cli.flags import NarrowingFlags, NetworkFlags, OutputFlags
    from reconciler.model.audit import Audit


class AuditFlags(NamedTuple):
    """What is asked of an audit."""

    config: tuple[str, ...]
    narrowing: NarrowingFlags
    usage: bool
    deviating: bool | None
    network: NetworkFlags


def run(asked: AuditFlags, output: OutputFlags, console: Console) -> int:
    """Read, hold against the configuration or against most, show; a partial one has its code."""
    prepare(output, console)
    audit = asyncio.run(_audit(asked, console))
    console.warnings(audit.warnings)
    report_unread(audit.unread, console)
    emit(audit, Shown.AUDIT, output, console)
    return unread_code(audit)


async def _audit(asked: AuditFlags, console: Console) -> Audit:
    base = load_if_there(asked.config, console)
    if base is not None:
        base = base.on(clock.today())
    async with Session(
        asked.network,
        console,
        base.gateway if base else None,
        accounts=base.accounts if base else (),
    ) as session:
        if base is not None:
            await session.watch(refuse_numbers(base, session))
        accounts = await session.watch(accounts_of(asked.narrowing.account, base, session))
        request = AuditRequest(
            narrowing=Narrowing(companies=asked.narrowing.company, tags=asked.narrowing.tag),
            usage=asked.usage,
            say=console.progress().step,
        )
        audit = await session.watch(make_audit(accounts, session.auditable, request, base))
        sent = session.client.requests
    now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return replace(
        audit,
        requests=sent,
        only_deviating=asked.deviating,
        created_at=now,
        tool_version=__version__,
    )
