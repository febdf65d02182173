"""``doctor``: what works, what doesn't, and what to do about it; changes nothing."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from reconciler.cli.configuration import load_if_there
from reconciler.cli.session import Session
from reconciler.errors import ConfigError, Interrupted, ReconcilerError
from reconciler.render.layout import count

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Coroutine, Mapping, Sequence

    from reconciler.cli.console import Console
    from reconciler.config import Configuration
    from reconciler.model.state import Account

OK, WARNING, FAILED = "ok", "warning", "failed"
SKEW_SECONDS = 300
"""A clock further off than this makes dates of reports and Retry-After misleading."""
PROXIES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: its ``state`` is ok, warning or failed."""

    what: str
    state: str
    said: str
    hint: str | None = None


class Doctor:
    """Collects findings; ``exit_code`` is that of the first failure."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.exit_code = 0

    def note(self, what: str, said: str, *, state: str = OK, hint: str | None = None) -> None:
        """Add a finding."""
        self.findings.append(Finding(what, state, said, hint))

    def fail(self, what: str, error: ReconcilerError) -> None:
        """Add what went wrong; what has been said before is not said again."""
        same = next((one for one in self.findings if one.said == error.message), None)
        if same is None:
            self.note(what, error.message, state=FAILED, hint=error.hint)
        else:
            self.note(what, f"the same as for {same.what}", state=FAILED)
        self.exit_code = self.exit_code or error.exit_code


def run(args: argparse.Namespace, console: Console) -> int:
    """Look at everything that a plan needs, in the order in which it needs it."""
    doctor = Doctor()
    configuration = _configuration(args, console, doctor)
    try:
        asyncio.run(_look(args, console, configuration, doctor))
    except Interrupted:
        raise
    except ReconcilerError as error:
        doctor.fail("key", error)
    _show(doctor, args, console)
    return doctor.exit_code


def _configuration(
    args: argparse.Namespace, console: Console, doctor: Doctor
) -> Configuration | None:
    try:
        configuration = load_if_there(args, console)
    except ConfigError as error:
        doctor.note(
            "configuration",
            error.message,
            state=FAILED,
            hint="`reconciler validate` shows each one.",
        )
        doctor.exit_code = error.exit_code
        return None
    if configuration is None:
        doctor.note(
            "configuration",
            "there is no reconciler.yaml here",
            state=WARNING,
            hint="`reconciler init` writes a first one.",
        )
    else:
        doctor.note("configuration", f"valid, {count(len(configuration.accounts), 'account')}")
    return configuration


def proxy_for(url: str, environ: Mapping[str, str]) -> str:
    """What stands between this machine and ``url``; never its address, which may hold a password.

    Plain http goes to this machine only, and past every proxy.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    used = next((name for name in PROXIES if environ.get(name)), None)
    if used is None or parts.scheme != "https":
        return "none is used"
    past = (environ.get("NO_PROXY") or environ.get("no_proxy") or "").split(",")
    names = [name.strip().lstrip(".") for name in past if name.strip()]
    if any(name in {"*", host} or host.endswith(f".{name}") for name in names):
        return f"none is used: NO_PROXY names {host}"
    return f"requests go through the proxy of {used}"


async def _look(
    args: argparse.Namespace,
    console: Console,
    configuration: Configuration | None,
    doctor: Doctor,
) -> None:
    accounts = configuration.accounts if configuration else ()
    gateway = configuration.gateway if configuration else None
    async with Session(args, console, gateway, accounts=accounts) as session:
        credential = session.credential
        doctor.note("key", f"found in {credential.origin_description}")
        doctor.note("door", f"{credential.gateway.value}, at {session.base_url}")
        doctor.note("proxy", proxy_for(session.base_url, console.environ))

        async def examine() -> None:
            if credential.gateway.value == "maton":
                await _try(doctor, "connection", lambda: _connections(session, doctor))
            if await _try(doctor, "server", lambda: _server(session, doctor)):
                await _try(doctor, "accounts", lambda: _accounts(session, doctor))
                for account in accounts:
                    what = f"account {account.handle}"
                    await _try(doctor, what, partial(_account, session, account, doctor))
                _quota(session, doctor, accounts)

        await session.signals.watch(examine())


async def _try(
    doctor: Doctor, what: str, look: Callable[[], Coroutine[object, object, None]]
) -> bool:
    try:
        await look()
    except Interrupted:
        raise
    except ReconcilerError as error:
        doctor.fail(what, error)
        return False
    return True


async def _connections(session: Session, doctor: Doctor) -> None:
    connections = await session.client.control.list()
    active = [one for one in connections if one.status == "ACTIVE"]
    if active:
        more = f", the oldest of {len(active)}" if len(active) > 1 else ""
        doctor.note("connection", f"{active[0].id} is active{more}")
    for one in connections:
        if one.status != "ACTIVE":
            hint = f"Open {one.url} in a browser." if one.status == "PENDING" else "Delete it."
            doctor.note("connection", f"{one.id} is {one.status}", state=WARNING, hint=hint)
    if not active:
        doctor.note(
            "connection",
            "Maton has no active connection to CallRail",
            state=FAILED,
            hint="`reconciler connections create --wait` makes one.",
        )
        doctor.exit_code = doctor.exit_code or 1


async def _server(session: Session, doctor: Doctor) -> None:
    _status, date = await session.client.server_time()
    doctor.note("server", "answers, and takes the key")
    if date is None:
        doctor.note("clock", "the server tells no time to compare with", state=WARNING)
        return
    try:
        theirs = parsedate_to_datetime(date)
    except ValueError:
        doctor.note("clock", "the server's time can't be read", state=WARNING)
        return
    # A date in "-0000" comes without a zone; HTTP knows no other than UTC.
    ahead = (datetime.now(UTC) - theirs.replace(tzinfo=theirs.tzinfo or UTC)).total_seconds()
    if abs(ahead) > SKEW_SECONDS:
        said = f"{abs(ahead):,.0f} seconds {'ahead of' if ahead > 0 else 'behind'} the server's"
        doctor.note("clock", said, state=WARNING, hint="Set this machine's clock.")
    else:
        doctor.note("clock", "agrees with the server's")


async def _accounts(session: Session, doctor: Doctor) -> None:
    seen = await session.client.resources.accounts()
    names = ", ".join(f"{row.get('id')} ({row.get('name')})" for row in seen[:5])
    more = f" and {len(seen) - 5:,} more" if len(seen) > 5 else ""
    if seen:
        doctor.note("accounts", f"the key sees {len(seen)}: {names}{more}")
    else:
        doctor.note(
            "accounts",
            "the key sees none",
            state=FAILED,
            hint="Make the key with a user who may see the account.",
        )
        doctor.exit_code = doctor.exit_code or 1


async def _account(session: Session, account: Account, doctor: Doctor) -> None:
    from reconciler.callrail import Query

    provider = session.provider(account)
    companies = await provider.companies()
    active = sum(company.active for company in companies)
    # One row shows that tags can be read; all of them may be hundreds of requests of the quota.
    one = Query(resource="tags", account=account.ref.id, limit=1)
    _ = [row async for row in session.client.resources_of(account).rows(one)]
    doctor.note(
        f"account {account.handle}",
        f"active companies: {active:,}, tags can be read; write access shows only at the first "
        "write",
    )


def _quota(session: Session, doctor: Doctor, accounts: Sequence[Account]) -> None:
    """What this run used, and of each account what the server told."""
    from reconciler.render.wording import allowance

    doctor.note("quota", f"{count(session.client.requests, 'request')} used by doctor")
    for account in accounts:
        left = session.client.provider(account).allowance
        said = "the server does not say what is left" if left is None else allowance(left)
        doctor.note(f"quota of {account.handle}", said)


def _show(doctor: Doctor, args: argparse.Namespace, console: Console) -> None:
    if args.format == "json":
        from reconciler.document import dump

        rows: list[dict[str, Any]] = [
            {"what": one.what, "state": one.state, "said": one.said, "hint": one.hint}
            for one in doctor.findings
        ]
        console.result(dump(rows))
        return
    from reconciler.render.escape import terminal

    style = console.style()
    paint = {OK: style.create, WARNING: style.update, FAILED: style.delete}
    width = max(len(one.what) for one in doctor.findings)
    lines = []
    for one in doctor.findings:
        state = paint[one.state](f"{one.state:<7}")
        lines.append(f"{state}  {one.what:<{width}}  {terminal(one.said)}")
        if one.hint:
            lines.append(f"{'':9}{'':{width}}  {terminal(one.hint)}")
    console.result("\n".join(lines))
