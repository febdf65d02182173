"""``get``: list what CallRail holds, read-only and complete."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.cli.configuration import load_if_there
from reconciler.cli.filters import filters_of, is_range, tell_unknown_fields
from reconciler.cli.rows import show_rows
from reconciler.cli.session import Session
from reconciler.cli.which import find_account, find_companies, refuse_unknown_account
from reconciler.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import AsyncIterator

    from reconciler.callrail.catalog import Resource
    from reconciler.callrail.resources import Query, Resources, Row
    from reconciler.cli.console import Console
    from reconciler.cli.filters import Filters
    from reconciler.config import Configuration


def run(args: argparse.Namespace, console: Console) -> int:
    """Read the rows of one resource and print them."""
    from reconciler.callrail.catalog import RESOURCES

    resource = RESOURCES[args.resource]
    filters = filters_of(args, resource)
    configuration = load_if_there(args, console)
    rows = asyncio.run(_read(args, console, configuration, filters))
    show_rows(args.resource, rows, args, console)
    _remark(args, console, filters, rows)
    return 0


def _remark(args: argparse.Namespace, console: Console, filters: Filters, rows: list[Row]) -> None:
    """Say what the rows do not: which time they are of, which fields none of them has."""
    from reconciler.callrail.catalog import RESOURCES

    resource = RESOURCES[args.resource]
    ranged = any(is_range(name) for name, _ in filters)
    if resource.recent and args.id is None and not ranged:
        more = "" if "date_range" not in resource.filters else ", or --date-range"
        console.say(
            "No range was asked for: CallRail answers for the last 7 days. "
            f"Give --start-date and --end-date{more}."
        )
    if unknown := tell_unknown_fields(filters, rows, resource):
        console.say(". ".join(unknown))


async def _read(
    args: argparse.Namespace,
    console: Console,
    configuration: Configuration | None,
    filters: Filters,
) -> list[Row]:
    from reconciler.callrail.resources import Query

    accounts = configuration.accounts if configuration else ()
    gateway = configuration.gateway if configuration else None
    async with Session(args, console, gateway, accounts=accounts) as session:

        async def read() -> list[Row]:
            resources, account = session.client.resources, None
            if args.resource != "accounts":
                resources, account = await find_account(
                    args.account, session, configuration, console
                )
            query = Query(
                resource=args.resource, account=account, filters=filters, limit=args.limit
            )
            try:
                if args.id is not None:
                    return [await resources.one(query, args.id)]
                return [row async for row in _rows(args, resources, query)]
            except NotFoundError:
                if account is not None:
                    await refuse_unknown_account(resources, account)
                raise

        return await session.signals.watch(read())


async def _rows(args: argparse.Namespace, resources: Resources, query: Query) -> AsyncIterator[Row]:
    """The rows of ``query``, company after company where several are meant; each row once."""
    from reconciler.callrail.catalog import RESOURCES

    if not args.company or query.account is None:
        async for row in resources.rows(query):
            yield row
        return
    found = await find_companies(args.company, resources, query.account)
    companies = list(dict.fromkeys([*args.company_id, *found]))
    _expect_one(companies, RESOURCES[query.resource], query)
    plain = tuple(pair for pair in query.filters if pair[0] != "company_id")
    seen: set[str] = set()
    for company in companies:
        left = None if query.limit is None else query.limit - len(seen)
        narrowed = replace(query, filters=(*plain, ("company_id", company)), limit=left)
        async for row in resources.rows(narrowed):
            key = str(row.get("id", row))
            if key not in seen:
                seen.add(key)
                yield row


def _expect_one(companies: list[str], resource: Resource, query: Query) -> None:
    if len(companies) > 1 and not resource.paged:
        raise UsageError(
            f"{len(companies)} companies are meant, and {query.resource} takes one",
            hint="Narrow --company"
            + (", or --group-by company." if "group_by" in resource.filters else "."),
        )
