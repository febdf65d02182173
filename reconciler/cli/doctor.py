"""``doctor``: what works, what doesn't, and what to do about it; changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import urlsplit

from reconciler.callrail import endpoints
from reconciler.cli.configuration import load_if_there
from reconciler.cli.session import Session
from reconciler.cli.values import Format
from reconciler.cli.which import number
from reconciler.document import dump
from reconciler.errors import (
    ApiError,
    AuthError,
    ConfigError,
    Interrupted,
    NotFoundError,
    ReconcilerError,
    RejectedError,
)
from reconciler.render.escape import terminal
from reconciler.render.layout import wrap
from reconciler.render.wording import allowance
from reconciler.text.plural import count, few

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence

    from reconciler.callrail.resources import Row
    from reconciler.cli.console import Console
    from reconciler.cli.flags import NetworkFlags
    from reconciler.config import Configuration
    from reconciler.model.plan import Allowance
    from reconciler.model.state import Account
    from reconciler.render.style import Style

T = TypeVar("T")
NAMED: Final = 5
"""Accounts that are named at most."""
_LOW: Final = 0.1
"""The part of a quota below which it is a warning."""
OK, WARNING, FAILED = "ok", "warning", "failed"
SKEW_SECONDS = 300
"""A clock further off than this makes dates of reports and Retry-After misleading."""
PROXIES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing checked: its ``state`` is ok, warning or failed."""

    what: str
    state: str
    message: str
    hint: str | None = None


class Doctor:
    """Collects findings; ``exit_code`` is that of the first failure."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.exit_code = 0

    def note(self, what: str, message: str, *, state: str = OK, hint: str | None = None) -> None:
        """Add a finding."""
        self.findings.append(Finding(what, state, message, hint))

    def fail(self, what: str, error: ReconcilerError) -> None:
        """Add what went wrong; what was reported before is not repeated."""
        failed = (one for one in self.findings if one.state == FAILED)
        same = next((one for one in failed if one.message == error.message), None)
        if same is None:
            self.note(what, error.message, state=FAILED, hint=error.hint)
        else:
            self.note(what, f"the same as for {same.what}", state=FAILED)
        self.exit_code = self.exit_code or error.exit_code


def run(config: Sequence[str], form: Format, network: NetworkFlags, console: Console) -> int:
    """Check everything that a plan needs, in the order in which it needs it."""
    doctor = Doctor()
    configuration = _configuration(config, console, doctor)
    try:
        asyncio.run(_examine_all(network, console, configuration, doctor))
    except Interrupted:
        raise
    except ReconcilerError as error:
        doctor.fail("key", error)
    _show(doctor, form, console)
    return doctor.exit_code


def _configuration(config: Sequence[str], console: Console, doctor: Doctor) -> Configuration | None:
    try:
        configuration = load_if_there(config, console)
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


async def _examine_all(
    network: NetworkFlags,
    console: Console,
    configuration: Configuration | None,
    doctor: Doctor,
) -> None:
    accounts = configuration.accounts if configuration else ()
    gateway = configuration.gateway if configuration else None
    async with Session(network, console, gateway, accounts=accounts) as session:
        credential = session.credential
        doctor.note(
            "key", f"a key for {credential.gateway.value}, from {credential.origin_description}"
        )
        for handle, own in session.settings.account_credentials.items():
            message = f"a key for {own.gateway.value} of its own, from {own.origin_description}"
            doctor.note(f"key of {handle}", message)
        doctor.note("gateway", f"{credential.gateway.value}, at {session.base_url}")
        doctor.note("proxy", proxy_for(session.base_url, console.environ))
        await session.watch(_examine(session, accounts, doctor))


async def _examine(session: Session, accounts: Sequence[Account], doctor: Doctor) -> None:
    if session.credential.gateway.value == "maton":
        await _try(doctor, "connection", lambda: _connections(session, doctor))
    seen: list[Row] = []
    if not await _try(doctor, "server", lambda: _server(session, doctor, seen)):
        return
    _accounts(seen, accounts, doctor)
    names = {str(row.get("id")): str(row.get("name")) for row in seen}
    for account in accounts:
        what = f"account {account.handle}"
        name = names.get(account.ref.id)
        await _try(doctor, what, partial(_account, session, account, doctor, name))
    doctor.note("requests", f"{count(session.client.requests, 'request')} sent by this check")


async def _try(
    doctor: Doctor, what: str, check: Callable[[], Coroutine[object, object, None]]
) -> bool:
    try:
        await check()
    except Interrupted:
        raise
    except ReconcilerError as error:
        doctor.fail(what, error)
        return False
    return True


async def _connections(session: Session, doctor: Doctor) -> None:
    try:
        connections = await session.client.control.list()
    except ApiError as error:
        older = session.client.older_control
        if older is None or not _may_be_moved(error):
            raise
        connections = await _answer_of_older(older.list(), error)
        doctor.note(
            "control plane",
            f"{error.message}; {endpoints.OLDER_CONTROL_URL}, its older address, answers",
            state=WARNING,
            hint=f"For now: export RECONCILER_CONTROL_URL={endpoints.OLDER_CONTROL_URL}",
        )
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


async def _server(session: Session, doctor: Doctor, seen: list[Row]) -> None:
    """Ask for the accounts: does the address answer, does it take the key, what time is it there.

    ``seen`` gets the accounts.
    """
    try:
        answer = await session.client.first_accounts()
    except ApiError as error:
        older = session.client.older_url
        if older is None or not _may_be_moved(error):
            raise
        await _answer_of_older(session.client.first_accounts(older=True), error)
        error.hint = (
            f"{older}, its older address, answers and takes the key. "
            f"For now: export RECONCILER_API_URL={older}"
        )
        raise
    doctor.note("server", f"{session.base_url} answers, and takes the key")
    _clock(answer.headers.get("date"), doctor)
    seen.extend(_whole(answer.payload, "accounts") or await session.client.resources.accounts())


def _whole(payload: object, key: str) -> list[Row]:
    """The rows of a page that is all that there is; empty where it is not, or is not a page."""
    rows = payload.get(key) if isinstance(payload, Mapping) else None
    if not isinstance(payload, Mapping) or not isinstance(rows, list):
        return []
    whole = payload.get("total_records") == len(rows)
    return [row for row in rows if isinstance(row, Mapping)] if whole else []


def _may_be_moved(error: ApiError) -> bool:
    """Whether ``error`` may come of an address that is no more, or not yet, Maton's."""
    return not isinstance(error, RejectedError) or isinstance(error, NotFoundError)


async def _answer_of_older(asking: Awaitable[T], error: ApiError) -> T:
    """What the older address answers; raises ``error``, the newer one's, where it does not."""
    try:
        return await asking
    except Interrupted:
        raise
    except ReconcilerError:
        raise error from None


def _clock(date: str | None, doctor: Doctor) -> None:
    if date is None:
        doctor.note("clock", "the server gives no time to compare with", state=WARNING)
        return
    try:
        theirs = parsedate_to_datetime(date)
    except ValueError:
        doctor.note("clock", "the server's time can't be read", state=WARNING)
        return
    # A date in "-0000" comes without a zone; HTTP knows no other than UTC.
    ahead = (datetime.now(UTC) - theirs.replace(tzinfo=theirs.tzinfo or UTC)).total_seconds()
    if abs(ahead) > SKEW_SECONDS:
        message = f"{abs(ahead):,.0f} seconds {'ahead of' if ahead > 0 else 'behind'} the server's"
        doctor.note("clock", message, state=WARNING, hint="Set this machine's clock.")
    else:
        doctor.note("clock", "agrees with the server's")


def _accounts(seen: Sequence[Row], accounts: Sequence[Account], doctor: Doctor) -> None:
    """What the key sees, and which of it is meant by a number of the address bar."""
    handles = {account.ref.id: account.handle for account in accounts}
    if not seen:
        doctor.note(
            "accounts",
            "the key sees no account",
            state=FAILED,
            hint="Make the key with a user who may see the account.",
        )
        doctor.exit_code = doctor.exit_code or 1
        return
    named = few((f"{row.get('id')} ({row.get('name')})" for row in seen), NAMED)
    doctor.note("accounts", f"the key sees {count(len(seen), 'account')}: {named}")
    for row in seen[:NAMED]:
        if digits := number(row):
            handle = handles.get(str(row.get("id")))
            whose = f", {handle} in the configuration" if handle else ""
            doctor.note(
                f"number {digits}",
                f"{digits} is {row.get('name')}: its id is {row.get('id')}{whose}",
            )


async def _account(session: Session, account: Account, doctor: Doctor, name: str | None) -> None:
    provider = session.provider(account)
    companies = await provider.companies()
    active = sum(company.active for company in companies)
    # One row shows that tags can be read; all of them may be hundreds of requests of the quota.
    await session.client.first_page(account, "tags.json", per_page=1)
    called = f"{name}; " if name else ""
    doctor.note(
        f"account {account.handle}",
        f"{called}active companies: {active:,}, tags can be read; write access shows only at the "
        "first write",
    )
    try:
        answer = await session.client.first_page(account, "users.json", per_page=250)
    except AuthError as error:
        _role_unknown(account, error, doctor)
    except ApiError as error:
        doctor.note(f"role in {account.handle}", error.message, state=WARNING, hint=error.hint)
    else:
        _role(account, answer.payload, doctor)
    _quota(account, provider.allowance, doctor)


def _role(account: Account, payload: object, doctor: Doctor) -> None:
    """What the users that the key sees say of its own user's role; the API does not say it (B)."""
    roles = [str(row.get("role")) for row in _whole(payload, "users")]
    if not roles:
        return
    if "admin" not in roles:
        doctor.note(
            f"role in {account.handle}",
            f"none of the {count(len(roles), 'user')} that the key sees is an administrator "
            f"({', '.join(sorted(set(roles)))})",
            state=WARNING,
            hint=_ADMINS,
        )
    elif len(roles) == 1:
        doctor.note(f"role in {account.handle}", "the one user that the key sees is an admin")


def _role_unknown(account: Account, error: AuthError, doctor: Doctor) -> None:
    doctor.note(
        f"role in {account.handle}",
        f"the key may not list users, so it may be a manager's: {error.message}",
        state=WARNING,
        hint=_ADMINS,
    )


_ADMINS: Final = (
    "Only administrators can create and edit account-level tags; a manager's key does the "
    "companies' own."
)


def _quota(account: Account, left: Allowance | None, doctor: Doctor) -> None:
    low = left is not None and left.left < left.allowed * _LOW
    doctor.note(
        f"quota of {account.handle}",
        "the server does not report what is left" if left is None else allowance(left),
        state=WARNING if low else OK,
        hint="Other programs and earlier runs share it: run again when more is left."
        if low
        else None,
    )


_LEAST_ROOM = 40
"""Columns for what is found beside its name: the API's ids have 35."""


def _show(doctor: Doctor, form: Format, console: Console) -> None:
    if form is Format.JSON:
        rows = [
            {"what": one.what, "state": one.state, "message": one.message, "hint": one.hint}
            for one in doctor.findings
        ]
        console.result(dump(rows))
        return
    console.result("\n".join(chain(*_laid_out(doctor.findings, console.style(), console.width()))))


def _laid_out(findings: Sequence[Finding], style: Style, width: int) -> Iterator[Sequence[str]]:
    """The lines of each finding: beside its name, or beneath it where there is no room for that."""
    paint = {OK: style.create, WARNING: style.update, FAILED: style.delete}
    column = max(len(one.what) for one in findings)
    indent = 9 + column + 2
    beside = not width or width - indent >= _LEAST_ROOM
    indent = indent if beside else 9
    for one in findings:
        texts = [
            wrap(terminal(text), max(width - indent, 0)) for text in (one.message, one.hint) if text
        ]
        state = paint[one.state](f"{one.state:<7}")
        first, *more = chain(*texts) if beside else ("", *chain(*texts))
        head = f"{state}  {one.what:<{column}}  {first}" if beside else f"{state}  {one.what}"
        yield [head, *(" " * indent + line for line in more)]
