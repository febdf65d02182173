"""``get``: list what CallRail holds, read-only and complete."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from reconciler.cli.configuration import load_if_there
from reconciler.cli.rows import show_rows
from reconciler.cli.session import Session
from reconciler.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from reconciler.callrail import Resources
    from reconciler.callrail.resources import Row
    from reconciler.cli.console import Console
    from reconciler.config import Configuration

FILTERS = (
    "company_id",
    "tracker_id",
    "date_range",
    "start_date",
    "end_date",
    "search",
    "tags",
    "fields",
    "sort",
    "order",
    "group_by",
)


def run(args: argparse.Namespace, console: Console) -> int:
    """Read the rows of one resource and print them."""
    filters = _filters(args)
    configuration = load_if_there(args, console)
    rows = asyncio.run(_read(args, console, configuration, filters))
    show_rows(args.resource, rows, args, console)
    return 0


async def _read(
    args: argparse.Namespace,
    console: Console,
    configuration: Configuration | None,
    filters: tuple[tuple[str, str], ...],
) -> list[Row]:
    from reconciler.callrail import Query

    accounts = configuration.accounts if configuration else ()
    gateway = configuration.gateway if configuration else None
    async with Session(args, console, gateway, accounts=accounts) as session:

        async def read() -> list[Row]:
            resources, account = await _account(args, session, configuration)
            query = Query(
                resource=args.resource, account=account, filters=filters, limit=args.limit
            )
            if args.id is not None:
                return [await resources.row(query, args.id)]
            return [row async for row in resources.rows(query)]

        return await session.signals.watch(read())


async def _account(
    args: argparse.Namespace, session: Session, configuration: Configuration | None
) -> tuple[Resources, str | None]:
    """Through which door, and of which account (by id) to read."""
    own = session.client.resources
    if args.resource == "accounts":
        return own, None
    for account in configuration.accounts if configuration else ():
        if args.account in {account.handle, account.ref.id}:
            return session.client.resources_of(account), account.ref.id
    if args.account:
        return own, args.account
    if configuration and len(configuration.accounts) == 1:
        only = configuration.accounts[0]
        return session.client.resources_of(only), only.ref.id
    seen = await own.accounts()
    if len(seen) == 1:
        return own, str(seen[0].get("id"))
    names = ", ".join(f"{row.get('id')} ({row.get('name')})" for row in seen[:8]) or "none"
    raise UsageError(
        f"the key sees {len(seen)} accounts, and --account names none of them",
        hint=f"Give --account with one of: {names}.",
    )


def _filters(args: argparse.Namespace) -> tuple[tuple[str, str], ...]:
    """The filters given; raises UsageError for one that the resource does not have."""
    from reconciler.callrail import RESOURCES

    resource = RESOURCES[args.resource]
    given = [(name, getattr(args, name)) for name in FILTERS if getattr(args, name)]
    for name, _value in given:
        if name not in resource.filters:
            known = ", ".join(_flag(one) for one in resource.filters) or "no filter"
            raise UsageError(
                f"{args.resource} can't be filtered by {_flag(name)}", hint=f"It takes {known}."
            )
    for name in resource.required:
        if name not in dict(given):
            raise UsageError(
                f"{args.resource} needs {_flag(name)}",
                hint=f"`reconciler get companies` lists what {_flag(name)} can be.",
            )
    return tuple(given)


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")
