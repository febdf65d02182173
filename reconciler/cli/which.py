"""Which account and which companies a command line means, looked up by people's names for them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from reconciler.errors import NotFoundError, UsageError
from reconciler.text.nearest import by_likeness
from reconciler.text.plural import few

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reconciler.callrail.resources import Resources, Row
    from reconciler.cli.console import Console
    from reconciler.cli.session import Session
    from reconciler.config import Configuration

_ID: Final = re.compile(r"ACC[0-9A-Za-z]{8,}")
NAMED: Final = 8
"""Accounts or companies that a hint names at most."""


async def find_account(
    named: str | None, session: Session, configuration: Configuration | None, console: Console
) -> tuple[Resources, str]:
    """How to read the account that ``named`` means, and its id.

    ``named`` is a handle of ``configuration``, an id, a name or the number of the address bar; None
    is the only account that there is. Raises UsageError where that is no answer, NotFoundError for
    an account that the key does not see.
    """
    configured = configuration.accounts if configuration else ()
    for account in configured:
        if named in {account.handle, account.ref.id}:
            return session.client.resources_of(account), account.ref.id
    if named is None and len(configured) == 1:
        return session.client.resources_of(configured[0]), configured[0].ref.id
    own = session.client.resources
    if named is not None and _ID.fullmatch(named):
        return own, named
    seen = await own.accounts()
    found = _only(seen) if named is None else _named(named, seen)
    account_id = str(found.get("id"))
    if named is not None and named == number(found):
        console.log(f"{named} is {found.get('name')}: its id is {account_id}")
    for account in configured:
        if account.ref.id == account_id:
            return session.client.resources_of(account), account_id
    return own, account_id


async def refuse_unknown_account(resources: Resources, account: str) -> None:
    """Raise NotFoundError when it is the account that was not found, and not what is in it."""
    seen = await resources.accounts()
    if account not in {row.get("id") for row in seen}:
        raise _unknown(account, seen)


async def find_companies(patterns: Sequence[str], resources: Resources, account: str) -> list[str]:
    """Ids of the companies that ``patterns`` (ids, names, globs) mean, in the listing's order.

    Raises UsageError for a pattern that none matches: an empty answer would look like one.
    """
    from reconciler.callrail.resources import Query
    from reconciler.model.names import any_glob

    query = Query(resource="companies", account=account)
    rows = [row async for row in resources.rows(query)]
    names = {str(row.get("id")): str(row.get("name")) for row in rows}
    for pattern in patterns:
        matches = any_glob((pattern,))
        if not any(matches(name) or matches(id_) for id_, name in names.items()):
            near = by_likeness(pattern, names.values(), lambda name: (name,))
            raise UsageError(
                f"--company {pattern!r} matches no company of {account}",
                hint=f"There is {', '.join(near[:NAMED])}." if near else "It has none.",
            )
    wanted = any_glob(patterns)
    return [id_ for id_, name in names.items() if wanted(name) or wanted(id_)]


def number(row: Row) -> str:
    """An account's number in the address bar (B), as text; empty where the answer has none."""
    value = row.get("numeric_id")
    return str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""


def described(rows: Sequence[Row]) -> str:
    """Accounts by id and name, the first few."""
    return few((f"{row.get('id')} ({row.get('name')})" for row in rows), NAMED)


def _only(seen: Sequence[Row]) -> Row:
    if len(seen) == 1:
        return seen[0]
    raise UsageError(
        f"the key sees {len(seen)} accounts, and none was chosen",
        hint=f"Give --account with one of: {described(seen)}."
        if seen
        else "Use a key of a user who may see the account.",
    )


def _named(named: str, seen: Sequence[Row]) -> Row:
    exact = [row for row in seen if named in {str(row.get("id")), number(row), row.get("name")}]
    alike = [row for row in seen if str(row.get("name")).casefold() == named.casefold()]
    found = exact or alike
    if not found:
        raise _unknown(named, seen)
    if len(found) > 1:
        raise UsageError(
            f"{len(found)} accounts are called {named!r}",
            hint=f"Give the id of one: {described(found)}.",
        )
    return found[0]


def _unknown(named: str, seen: Iterable[Row]) -> NotFoundError:
    near = by_likeness(named, seen, lambda row: (str(row.get("id")), str(row.get("name"))))
    return NotFoundError(
        f"there is no account {named}, or the key does not see it",
        hint=f"It sees {described(near) or 'no account at all'}.",
    )
