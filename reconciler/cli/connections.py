"""``connections``: Maton's OAuth connections to CallRail."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, TypeVar

from reconciler.cli.rows import show_rows
from reconciler.cli.session import Session
from reconciler.errors import ApiError, AuthError, NotFoundError, QuotaError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from reconciler.callrail.maton import MatonConnection
    from reconciler.cli.console import Console
    from reconciler.cli.flags import NetworkFlags
    from reconciler.cli.values import Format

T = TypeVar("T")
ACTIVE, PENDING = "ACTIVE", "PENDING"
POLL_SECONDS = 3.0


def list_all(form: Format, network: NetworkFlags, console: Console) -> int:
    """Show all of them."""
    _show(
        _with_control(network, console, lambda session: session.client.control.list()),
        form,
        console,
    )
    return 0


def get(connection: str, form: Format, network: NetworkFlags, console: Console) -> int:
    """Show the one whose id is ``connection``."""
    with _named(connection):
        found = _with_control(
            network, console, lambda session: session.client.control.get(connection)
        )
    _show((found,), form, console)
    return 0


def create(form: Format, network: NetworkFlags, console: Console, *, wait: bool) -> int:
    """Make one, and ``wait`` until it is active."""

    async def act(session: Session) -> MatonConnection:
        made = await session.client.control.create()
        if wait and made.status != ACTIVE:
            _report_address(made, console)
            console.log("Waiting until that is done; it is asked for every few seconds.")
            return await _until_active(made, network.max_wait, session)
        return made

    _show((_with_control(network, console, act),), form, console)
    return 0


def delete(connection: str, network: NetworkFlags, console: Console, *, auto_approve: bool) -> int:
    """Delete the one whose id is ``connection``, after asking unless ``auto_approve``."""

    async def act(session: Session) -> None:
        if not auto_approve:
            _expect_approval(connection, console)
        await session.client.control.delete(connection)

    with _named(connection):
        _with_control(network, console, act)
    console.log(f"Deleted connection {connection}.")
    return 0


def _with_control(
    network: NetworkFlags, console: Console, act: Callable[[Session], Coroutine[object, object, T]]
) -> T:
    """What ``act`` gives in a session with Maton; raises AuthError without a key for it."""
    if not (console.environ.get("MATON_API_KEY") or console.environ.get("MATON_API_KEY_FILE")):
        raise AuthError(
            "connections are Maton's, and MATON_API_KEY is not set",
            hint="export MATON_API_KEY=…  (or MATON_API_KEY_FILE=path); a key of CallRail itself "
            "needs no connection.",
        )

    async def run() -> T:
        async with Session(network, console, "maton") as session:
            return await session.watch(act(session))

    return asyncio.run(run())


@contextmanager
def _named(connection: str) -> Iterator[None]:
    """Says of a connection that is not found which one it is."""
    try:
        yield
    except NotFoundError as error:
        raise NotFoundError(
            f"there is no connection {connection}",
            hint="`reconciler connections list` shows those that there are.",
        ) from error


async def _until_active(
    connection: MatonConnection, max_wait: float, session: Session
) -> MatonConnection:
    """Ask every few seconds until it is ACTIVE; ApiError when it fails, QuotaError in the end."""
    clock = session.settings.clock
    end = clock.monotonic() + max_wait
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


def _expect_approval(connection: str, console: Console) -> None:
    """Ask; raises RefusedError where nobody can be asked, and for every answer but ``yes``."""
    if not console.interactive:
        raise RefusedError(
            "nobody approved the delete: there is no terminal to ask at",
            hint="Give --auto-approve.",
        )
    if console.ask(f"Delete connection {connection}? Only 'yes' is a yes: ") != "yes":
        raise RefusedError("the delete was not approved", hint="Nothing was changed.")


def _show(connections: tuple[MatonConnection, ...], form: Format, console: Console) -> None:
    rows = [{"connection_id": one.id, **asdict(one)} for one in connections]
    for row in rows:
        del row["id"]
    show_rows("connections", rows, form, console)
    for connection in connections:
        _report_address(connection, console)


def _report_address(connection: MatonConnection, console: Console) -> None:
    if connection.url and connection.status == PENDING:
        console.log(f"Open this address in a browser to let Maton in: {connection.url}")
