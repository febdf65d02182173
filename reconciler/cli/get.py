"""``get``: list what CallRail holds, read-only and complete."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from reconciler.callrail.catalog import RESOURCES
from reconciler.callrail.resources import Query
from reconciler.cli.configuration import load_if_there
from reconciler.cli.filters import filters_of, is_range, parts, unknown_fields
from reconciler.cli.rows import show_rows
from reconciler.cli.session import Session
from reconciler.cli.which import find_account, find_companies, refuse_unknown_account
from reconciler.errors import NotFoundError, UsageError
from reconciler.model.trash import parse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from reconciler.callrail.catalog import Resource
    from reconciler.callrail.resources import Resources, Row
    from reconciler.cli.console import Console
    from reconciler.cli.filters import Filters
    from reconciler.cli.flags import NetworkFlags
    from reconciler.cli.values import Format
    from reconciler.config import Configuration


class GetFlags(NamedTuple):
    """What is asked for: one row by its id, or those that the filters leave."""

    resource: str
    row_id: str | None
    config: tuple[str, ...]
    account: str | None
    limit: int | None
    form: Format
    trash: bool
    network: NetworkFlags
    filters: Mapping[str, tuple[str, ...]]


def run(asked: GetFlags, console: Console) -> int:
    """Read the rows of one resource and print them."""
    if asked.trash and (asked.resource != "tags" or asked.row_id is not None):
        raise UsageError("--trash is of `get tags`", hint="Write `reconciler get tags --trash`.")
    filters = filters_of(asked, RESOURCES[asked.resource])
    configuration = load_if_there(asked.config, console)
    rows = asyncio.run(_read(asked, console, configuration, filters))
    fields = [one for value in asked.filters["fields"] for one in parts(value)]
    kind = "tags-in-the-trash" if asked.trash else asked.resource
    show_rows(kind, rows, asked.form, console, fields=fields)
    _remark(asked, console, filters, rows)
    return 0


def _remark(asked: GetFlags, console: Console, filters: Filters, rows: list[Row]) -> None:
    """Report what the rows do not: which time they are of, which fields none of them has."""
    resource = RESOURCES[asked.resource]
    ranged = any(is_range(name) for name, _ in filters)
    if resource.recent and asked.row_id is None and not ranged:
        more = "" if "date_range" not in resource.filters else ", or --date-range"
        console.log(
            "No range was asked for: CallRail answers for the last 7 days. "
            f"Give --start-date and --end-date{more}."
        )
    if unknown := unknown_fields(filters, rows, resource):
        console.log(". ".join(unknown))


async def _read(
    asked: GetFlags,
    console: Console,
    configuration: Configuration | None,
    filters: Filters,
) -> list[Row]:
    accounts = configuration.accounts if configuration else ()
    gateway = configuration.gateway if configuration else None
    async with Session(asked.network, console, gateway, accounts=accounts) as session:

        async def read() -> list[Row]:
            resources, account = session.client.resources, None
            if asked.resource != "accounts":
                resources, account = await find_account(
                    asked.account, session, configuration, console
                )
            # Which rows lie in the trash only their names tell.
            limit = None if asked.trash else asked.limit
            query = Query(resource=asked.resource, account=account, filters=filters, limit=limit)
            try:
                if asked.row_id is not None:
                    return [await resources.one(query, asked.row_id)]
                rows = [row async for row in _rows(asked, resources, query)]
                if not asked.trash:
                    return rows
                days = next((one.policy.trash for one in accounts if one.ref.id == account), None)
                return _in_trash(rows, days)[: asked.limit]
            except NotFoundError:
                if account is not None:
                    await refuse_unknown_account(resources, account)
                raise

        return await session.watch(read())


async def _rows(asked: GetFlags, resources: Resources, query: Query) -> AsyncIterator[Row]:
    """The rows of ``query``, company after company where several are meant; each row once."""
    if not asked.filters["company"] or query.account is None:
        async for row in resources.rows(query):
            yield row
        return
    found = await find_companies(asked.filters["company"], resources, query.account)
    companies = list(dict.fromkeys([*asked.filters["company_id"], *found]))
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


def _in_trash(rows: list[Row], days: int | None) -> list[Row]:
    """Those of ``rows`` that lie in the trash: what they ``was`` called, ``since`` when they are
    there, and the day on which they are ``due`` where the account keeps them for ``days``.
    """
    found: list[Row] = []
    for row in rows:
        name = parse(str(row.get("name")))
        if name is not None:
            kept = days is None or row.get("status") == "enabled"
            due = None if days is None or kept else name.due(days)
            shown = None if due is None else due.isoformat()
            found.append({**row, "was": name.kept, "since": name.day.isoformat(), "due": shown})
    return found


def _expect_one(companies: list[str], resource: Resource, query: Query) -> None:
    if len(companies) > 1 and not resource.paged:
        raise UsageError(
            f"{len(companies)} companies are meant, and {query.resource} takes one",
            hint="Narrow --company"
            + (", or --group-by company." if "group_by" in resource.filters else "."),
        )
