"""``connections``: Maton's OAuth connections to CallRail."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING

from reconciler.cli.rows import show_rows
from reconciler.cli.session import Session
from reconciler.errors import ApiError, AuthError, NotFoundError, QuotaError, RefusedError

if TYPE_CHECKING:
    import argparse

    from reconciler.callrail.maton import Connection
    from reconciler.cli.console import Console

ACTIVE, PENDING = "ACTIVE", "PENDING"
POLL_SECONDS = 3.0


def run(args: argparse.Namespace, console: Console) -> int:
    """List, create, show or delete connections."""
    return asyncio.run(_run(args, console))


async def _run(args: argparse.Namespace, console: Console) -> int:
    if not (console.environ.get("MATON_API_KEY") or console.environ.get("MATON_API_KEY_FILE")):
        raise AuthError(
            "connections are Maton's, and MATON_API_KEY is not set",
            hint="export MATON_API_KEY=…  (or MATON_API_KEY_FILE=path); a key of CallRail itself "
            "needs no connection.",
        )
    async with Session(args, console, "maton") as session:
        act = {"list": _list, "get": _get, "create": _create, "delete": _delete}[args.action]
        try:
            return await session.signals.watch(act(args, console, session))
        except NotFoundError as error:
            raise NotFoundError(
                f"there is no connection {args.id}" if "id" in args else error.message,
                hint="`reconciler connections list` shows those that there are.",
            ) from error


async def _list(args: argparse.Namespace, console: Console, session: Session) -> int:
    _show(await session.client.control.list(), args, console)
    return 0


async def _get(args: argparse.Namespace, console: Console, session: Session) -> int:
    _show((await session.client.control.get(args.id),), args, console)
    return 0


async def _create(args: argparse.Namespace, console: Console, session: Session) -> int:
    connection = await session.client.control.create()
    if args.wait and connection.status != ACTIVE:
        _tell_address(connection, console)
        console.say("Waiting until that is done; it is looked at every few seconds.")
        connection = await _until_active(connection, args, session)
    _show((connection,), args, console)
    return 0


async def _until_active(
    connection: Connection, args: argparse.Namespace, session: Session
) -> Connection:
    """Look every few seconds until it is ACTIVE; ApiError when it fails, QuotaError in the end."""
    clock = session.settings.clock
    end = clock.monotonic() + args.max_wait
    while connection.status != ACTIVE:
        if connection.status == "FAILED":
            raise ApiError(
                f"connection {connection.id} has failed",
                hint="Create another with `reconciler connections create`.",
            )
        if clock.monotonic() >= end:
            raise QuotaError(
                f"connection {connection.id} is still {connection.status}",
                hint="Open its address in a browser; --max-wait waits longer.",
            )
        await clock.sleep(POLL_SECONDS)
        connection = await session.client.control.get(connection.id)
    return connection


async def _delete(args: argparse.Namespace, console: Console, session: Session) -> int:
    if not args.auto_approve:
        if not console.interactive:
            raise RefusedError(
                "nobody approved the delete: there is no terminal to ask at",
                hint="Give --auto-approve.",
            )
        answer = console.ask(f"Delete connection {args.id}? Only 'yes' is a yes: ")
        if answer != "yes":
            raise RefusedError("the delete was not approved", hint="Nothing was changed.")
    await session.client.control.delete(args.id)
    console.say(f"Deleted connection {args.id}.")
    return 0


def _show(connections: tuple[Connection, ...], args: argparse.Namespace, console: Console) -> None:
    rows = [{"connection_id": one.id, **asdict(one)} for one in connections]
    for row in rows:
        del row["id"]
    show_rows("connections", rows, args, console)
    for connection in connections:
        _tell_address(connection, console)


def _tell_address(connection: Connection, console: Console) -> None:
    if connection.url and connection.status == PENDING:
        console.say(f"Open this address in a browser to let Maton in: {connection.url}")
