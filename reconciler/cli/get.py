"""``get``: list what CallRail holds, read-only and complete."""

from __future__ import annotations

import asyncio
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from reconciler.cli.configuration import load_if_there
from reconciler.cli.rows import show_rows
from reconciler.cli.session import Session
from reconciler.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from reconciler.callrail import Resources
    from reconciler.callrail.resources import Row
    from reconciler.cli.console import Console
    from reconciler.config import Configuration

NAMED = 8
"""Accounts that a hint names at most."""
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
            try:
                if args.id is not None:
                    return [await resources.one(query, args.id)]
                return [row async for row in resources.rows(query)]
            except NotFoundError:
                await _refuse_unknown(resources, account)
                raise

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
    raise UsageError(
        f"the key sees {len(seen)} accounts, and nothing says which one is meant",
        hint=f"Give --account with one of: {_named(seen)}."
        if seen
        else "Use a key of a user who may see the account.",
    )


async def _refuse_unknown(resources: Resources, account: str | None) -> None:
    """Raise NotFoundError when it is the account that was not found, and not what is in it."""
    seen = await resources.accounts()
    if account is None or account in {row.get("id") for row in seen}:
        return
    near = sorted(seen, key=lambda row: _likeness(account, row), reverse=True)
    raise NotFoundError(
        f"there is no account {account}, or the key does not see it",
        hint=f"It sees {_named(near) or 'no account at all'}.",
    )


def _likeness(text: str, account: Row) -> float:
    """How near ``text`` comes to the id or the name of ``account``, from 0 to 1."""
    known = (str(account.get("id")), str(account.get("name")))
    return max(SequenceMatcher(None, text.lower(), one.lower()).ratio() for one in known)


def _named(accounts: Sequence[Row]) -> str:
    more = f" and {len(accounts) - NAMED:,} more" if len(accounts) > NAMED else ""
    return ", ".join(f"{row.get('id')} ({row.get('name')})" for row in accounts[:NAMED]) + more


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
    for name, _value in given:
        if args.id is not None and name not in {"fields", *resource.required}:
            raise UsageError(f"{_flag(name)} chooses among many, and an ID names one")
    for name in resource.required:
        if name not in dict(given):
            raise UsageError(
                f"{args.resource} needs {_flag(name)}",
                hint=f"`reconciler get companies` lists what {_flag(name)} can be.",
            )
    return tuple(given)


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")
