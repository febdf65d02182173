"""``audit``: who deviates, what is spelt how, what is used."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from reconciler import __version__
from reconciler.cli.configuration import load_if_there, refuse_numbers
from reconciler.cli.exit_code import unread_code
from reconciler.cli.files import read_document
from reconciler.cli.importing import accounts_of
from reconciler.cli.output import Shown, emit, prepare
from reconciler.cli.plan import report_unread
from reconciler.cli.session import Session
from reconciler.errors import UsageError
from reconciler.model.state import Account
from reconciler.planning import Narrowing
from reconciler.text.quote import quoted
from reconciler.workflow import clock
from reconciler.workflow.audit import AuditRequest, make_audit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.cli.console import Console
    from reconciler.cli.flags import NarrowingFlags, NetworkFlags, OutputFlags
    from reconciler.config import Configuration
    from reconciler.model.audit import Audit
    from reconciler.model.state import Snapshot


class AuditFlags(NamedTuple):
    """What is asked of an audit."""

    config: tuple[str, ...]
    narrowing: NarrowingFlags
    live: str | None
    usage: bool
    deviating: bool | None
    network: NetworkFlags


def run(asked: AuditFlags, output: OutputFlags, console: Console) -> int:
    """Read, hold against the configuration or against most, show; a partial one has its code."""
    prepare(output, console)
    audit = asyncio.run(_audit(asked, console) if asked.live is None else _kept(asked, console))
    console.warnings(audit.warnings)
    report_unread(audit.unread, console)
    emit(audit, Shown.AUDIT, output, console)
    return unread_code(audit)


async def _kept(asked: AuditFlags, console: Console) -> Audit:
    """The audit of the snapshot ``asked.live``; usage is told where the snapshot has it."""
    from reconciler.document import read_snapshot
    from reconciler.workflow.snapshot import provider_from

    snapshot = read_document(asked.live or "", read_snapshot)
    if asked.usage and any(one.usage is None for one in snapshot.accounts):
        raise UsageError(
            "the snapshot has no counts of what has its tags",
            hint="Take one that has: reconciler snapshot --usage. Or leave --usage out.",
        )
    base = _configuration(asked, console)
    accounts = _accounts(snapshot, base, asked.narrowing.account)
    audit = await make_audit(
        accounts, provider_from(snapshot.accounts), _request(asked, console), base
    )
    return _stamped(audit, asked, requests=0, created_at=snapshot.created_at)


def _accounts(
    snapshot: Snapshot, base: Configuration | None, wanted: Sequence[str]
) -> list[Account]:
    """Those configured, or else all that the snapshot holds; of them the ``wanted`` ones."""
    known = list(base.accounts) if base else [Account(ref=one.account) for one in snapshot.accounts]
    for word in wanted:
        if not any(word in {one.handle, one.ref.id} for one in known):
            raise UsageError(f"the snapshot has no account {quoted(word)}")
    return [one for one in known if not wanted or {one.handle, one.ref.id} & {*wanted}]


def _configuration(asked: AuditFlags, console: Console) -> Configuration | None:
    base = load_if_there(asked.config, console)
    return None if base is None else base.on(clock.today())


def _request(asked: AuditFlags, console: Console) -> AuditRequest:
    return AuditRequest(
        narrowing=Narrowing(companies=asked.narrowing.company, tags=asked.narrowing.tag),
        usage=asked.usage,
        log=console.progress().step,
    )


async def _audit(asked: AuditFlags, console: Console) -> Audit:
    base = _configuration(asked, console)
    async with Session(
        asked.network,
        console,
        base.gateway if base else None,
        accounts=base.accounts if base else (),
    ) as session:
        if base is not None:
            await session.watch(refuse_numbers(base, session))
        accounts = await session.watch(accounts_of(asked.narrowing.account, base, session))
        audit = await session.watch(
            make_audit(accounts, session.auditable, _request(asked, console), base)
        )
        sent = session.client.requests
    now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return _stamped(audit, asked, requests=sent, created_at=now)


def _stamped(audit: Audit, asked: AuditFlags, *, requests: int, created_at: str) -> Audit:
    return replace(
        audit,
        requests=requests,
        only_deviating=asked.deviating,
        created_at=created_at,
        tool_version=__version__,
    )
