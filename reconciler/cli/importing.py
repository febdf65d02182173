"""``import``: live tags as a configuration whose plan is empty."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.configuration import load_configuration, load_if_there
from reconciler.cli.session import Session
from reconciler.errors import UsageError
from reconciler.model.state import Account
from reconciler.model.tag import AccountRef
from reconciler.text.nearest import did_you_mean
from reconciler.text.plural import listed
from reconciler.text.quote import quoted
from reconciler.workflow.importing import tidied, to_paste, written
from reconciler.workflow.snapshot import read_live

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from reconciler.cli.console import Console
    from reconciler.cli.flags import NetworkFlags
    from reconciler.config import Configuration
    from reconciler.model.state import LiveAccount

    Seen = tuple[Account, str, str]
    """An account, its name and its number."""

_ID = re.compile("ACC[0-9A-Za-z]+")


def run(
    named: Sequence[str],
    config: Sequence[str],
    handles: Sequence[str],
    network: NetworkFlags,
    console: Console,
    *,
    consolidate: bool = False,
    usage: bool = False,
    into: str | None = None,
) -> int:
    """Read the accounts whole and print the configuration that asks for what is there.

    ``named`` are ids, handles or names; ``handles`` limit what the configuration has.
    ``consolidate``: the one that tidies instead; ``usage``: by what has each spelling. ``into``:
    what to write into this file of the configuration instead.
    """
    if usage and not consolidate:
        raise UsageError("--usage goes with --consolidate: nothing else is decided by it")
    if into is not None:
        if consolidate:
            raise UsageError("--into takes in what is live, --consolidate changes it: choose one")
        return _into(into, named, config, handles, network, console)
    base = load_if_there(config, console)
    if base is not None and handles:
        base = base.only(handles)
    if base is None and handles and not named:
        raise UsageError(
            "--account names a handle of a configuration, and there is none",
            hint="Give the account's id or name instead: `reconciler import ACC…`.",
        )
    console.result(
        asyncio.run(_import(named, base, network, console, consolidate=consolidate, usage=usage))
    )
    return 0


def _into(
    into: str,
    named: Sequence[str],
    config: Sequence[str],
    handles: Sequence[str],
    network: NetworkFlags,
    console: Console,
) -> int:
    """Print what to write into the file ``into`` so that it asks for what is live."""
    base = load_configuration(config or [into], console, account=handles)
    file = next((one for one in base.files if Path(one).resolve() == Path(into).resolve()), None)
    if file is None:
        raise UsageError(f"{quoted(into)} is not a file of the configuration")
    live = asyncio.run(_read(named, base, network, console))
    known = {one.ref.id for one in base.accounts}
    for one in live:
        if one.account.id not in known:
            raise UsageError(f"the configuration has no account {one.account.id}")
    text = to_paste(live, base, file)
    if text:
        console.result(text)
    else:
        console.log("Nothing to take in: all that is live is so declared.")
    return 0


async def _read(
    named: Sequence[str], base: Configuration, network: NetworkFlags, console: Console
) -> Sequence[LiveAccount]:
    async with Session(network, console, base.gateway, accounts=base.accounts) as session:
        accounts = await session.watch(accounts_of(named, base, session))
        return await session.watch(read_live(accounts, session.provider))


async def _import(
    named: Sequence[str],
    base: Configuration | None,
    network: NetworkFlags,
    console: Console,
    *,
    consolidate: bool,
    usage: bool,
) -> str:
    async with Session(
        network, console, base.gateway if base else None, accounts=base.accounts if base else ()
    ) as session:
        accounts = await session.watch(accounts_of(named, base, session))
        live = await session.watch(read_live(accounts, session.provider))
        if consolidate:
            return await session.watch(tidied(live, base, session.provider if usage else None))
    return written(live, base)


async def accounts_of(
    named: Sequence[str], base: Configuration | None, session: Session
) -> list[Account]:
    """The accounts meant: those named, else those configured, else all that the key sees."""
    configured = list(base.accounts) if base else []
    if named:
        return await _named(named, configured, session)
    if configured:
        return configured
    return [one for one, _name, _number in await _seen(session)]


async def _named(
    words: Sequence[str], configured: Sequence[Account], session: Session
) -> list[Account]:
    """An account for each of ``words``: an id, a handle or an exact name.

    Only what neither the configuration nor the form of an id tells costs a request.
    """
    known = {one.ref.id: one for one in configured} | {one.handle: one for one in configured}
    if all(word in known or _ID.match(word) for word in words):
        return list(dict.fromkeys(known.get(word) or _new(word, word) for word in words))
    seen = await _seen(session)
    for account, name, _number in seen:
        mine = known.get(account.ref.id, account)
        for word in (account.ref.id, account.handle, name):
            known.setdefault(word, mine)
    numbers = {number: (account, name) for account, name, number in seen}
    return list(dict.fromkeys(_find(word, known, numbers, seen) for word in words))


def _find(
    word: str,
    known: Mapping[str, Account],
    numbers: Mapping[str, tuple[Account, str]],
    seen: Sequence[Seen],
) -> Account:
    if [name for _account, name, _number in seen].count(word) > 1:
        ids = [account.ref.id for account, name, _number in seen if name == word]
        raise UsageError(
            f"{len(ids)} accounts are called {quoted(word)}",
            hint=f"Give the id of the one that is meant: {listed(ids, last='or')}.",
        )
    if word in known:
        return known[word]
    if word in numbers:
        account, name = numbers[word]
        raise UsageError(
            f"{word} is {name}: its id is {account.ref.id}",
            hint=f"Write `reconciler import {account.ref.id}`.",
        )
    raise UsageError(
        f"no account {quoted(word)}: neither an id, nor a handle, nor an exact name",
        hint=did_you_mean(word, [name for _account, name, _number in seen], most=3)
        or "`reconciler get accounts` lists what the key sees.",
    )


async def _seen(session: Session) -> list[Seen]:
    """The accounts that the key sees, each with its name and the number of the address bar."""
    rows = await session.client.resources.accounts()
    names = [str(row.get("name") or "") for row in rows]
    return [
        (_new(str(row.get("id")), handle), name, str(row.get("numeric_id") or ""))
        for row, name, handle in zip(rows, names, _handles(names), strict=True)
    ]


def _new(account_id: str, handle: str) -> Account:
    return Account(ref=AccountRef(handle, account_id))


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
