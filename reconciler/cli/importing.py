"""``import``: live tags as a configuration whose plan is empty."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from reconciler.cli.configuration import load_if_there
from reconciler.cli.session import Session
from reconciler.errors import UsageError
from reconciler.model.problem import Source
from reconciler.model.state import Account
from reconciler.model.tag import AccountRef

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from reconciler.cli.console import Console
    from reconciler.config import Configuration


def run(args: argparse.Namespace, console: Console) -> int:
    """Read the accounts whole and print the configuration that asks for what is there."""
    return asyncio.run(_run(args, console))


async def _run(args: argparse.Namespace, console: Console) -> int:
    from reconciler.config.emit import emit
    from reconciler.workflow.snapshot import read_live

    base = load_if_there(args, console)
    if base is not None and args.account:
        base = base.only(args.account)
    async with Session(
        args, console, base.gateway if base else None, accounts=base.accounts if base else ()
    ) as session:
        accounts = await session.signals.watch(_accounts(args, base, session))
        live = await session.signals.watch(read_live(accounts, session.provider))
    console.result(emit([(one.account, one.companies, one.tags) for one in live], base=base))
    return 0


async def _accounts(
    args: argparse.Namespace, base: Configuration | None, session: Session
) -> list[Account]:
    """The accounts meant: those named, else those configured, else all that the key sees."""
    configured = {one.ref.id: one for one in base.accounts} if base else {}
    if args.account_id:
        return [configured.get(one) or _new(one, one) for one in args.account_id]
    if configured:
        return list(configured.values())
    if args.account:
        raise UsageError(
            "--account names a handle of a configuration, and there is none",
            hint="Give the account's id instead: `reconciler import ACC…`.",
        )
    rows = await session.client.resources.accounts()
    seen = [(str(row.get("id")), str(row.get("name") or "")) for row in rows]
    handles = _handles(name for _id, name in seen)
    return [
        _new(account_id, handle) for (account_id, _name), handle in zip(seen, handles, strict=True)
    ]


def _new(account_id: str, handle: str) -> Account:
    return Account(ref=AccountRef(handle, account_id), source=Source("", 0))


def _handles(names: Iterable[str]) -> list[str]:
    """A short handle for each account name, no two alike."""
    handles: list[str] = []
    for name in names:
        plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:30].strip("-") or "account"
        handle, number = plain, 2
        while handle in handles:
            handle, number = f"{plain}-{number}", number + 1
        handles.append(handle)
    return handles
