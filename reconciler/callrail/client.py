"""One run's client: builds the sessions on first use, and hands out providers."""

from __future__ import annotations

import sys
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from reconciler.callrail.api import ApiContext, ApiSession
from reconciler.callrail.endpoints import find_endpoints, find_older_endpoints
from reconciler.callrail.exchange import Method, Request, path
from reconciler.callrail.explain import Access
from reconciler.callrail.paging import PER_PAGE
from reconciler.callrail.tags import AccountProvider
from reconciler.callrail.wire import object_id
from reconciler.errors import AuthError, NotFoundError, ReconcilerError, UsageError
from reconciler.model.state import Gateway
from reconciler.text.nearest import by_likeness
from reconciler.text.plural import few
from reconciler.text.visible import safe_text

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from reconciler.callrail.calls import CallEditor
    from reconciler.callrail.credentials import Credential
    from reconciler.callrail.endpoints import Endpoints
    from reconciler.callrail.exchange import Answer, OpenTransport
    from reconciler.callrail.maton import Connections
    from reconciler.callrail.resources import Resources
    from reconciler.callrail.runtime import Settings
    from reconciler.model.state import Account

_SHOWN_ACCOUNTS = 8


def connect(settings: Settings) -> Client:
    """The client for ``settings``, to be entered with ``async with``. Nothing is sent yet.

    Raises ReconcilerError for an address that may not be used.
    """
    return Client(settings)


class Client:
    """Connections, counters and limits of one run. Use it within one event loop."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._run = ApiContext(settings)
        self._transports: dict[str, OpenTransport] = {}
        self._sessions: dict[tuple[str, Credential, str | None], ApiSession] = {}
        self._providers: dict[str, AccountProvider] = {}
        for credential in (settings.credential, *settings.account_credentials.values()):
            if credential is not None:
                settings.redactor.add(credential.key)
                find_endpoints(
                    credential.gateway, api_url=settings.api_url, control_url=settings.control_url
                )
        settings.stop.when_set(self._shorten_timeouts)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # The last in are the first out; one that can't be closed keeps no other open.
        async with AsyncExitStack() as closing:
            for transport in self._transports.values():
                closing.push_async_callback(transport.close)
            for provider in self._providers.values():
                closing.push_async_callback(provider.close)

    @property
    def requests(self) -> int:
        """Requests sent so far, over all accounts, retries and failed ones included."""
        return self._run.requests

    @property
    def quota_wait(self) -> float:
        """Seconds until the quota allows the next request; 0 where none has to wait."""
        return self._run.quota_wait()

    def provider(self, account: Account) -> AccountProvider:
        """The provider of one account of the configuration; the same one each time."""
        handle = account.handle
        if handle not in self._providers:
            credential = self._settings.account_credentials.get(handle)
            session = self._session(credential, connection=account.connection)
            self._know(account)

            async def lost(error: NotFoundError) -> ReconcilerError:
                return await _lost(session, account.ref.id, error)

            async def admit() -> None:
                await _refuse_number(session, account.ref.id)

            self._providers[handle] = AccountProvider(
                session,
                account.ref.id,
                lost=lost,
                admit=admit if account.ref.id.isdecimal() else None,
            )
        return self._providers[handle]

    @property
    def resources(self) -> Resources:
        """What can be read with the run's own key."""
        return _resources(self._session(None))

    def resources_of(self, account: Account) -> Resources:
        """What can be read with an account's own key and connection."""
        self._know(account)
        credential = self._settings.account_credentials.get(account.handle)
        return _resources(self._session(credential, connection=account.connection))

    def calls_of(self, account: Account) -> CallEditor:
        """The calls of an account, to read and change one."""
        # Here and not above, like Resources: plan and apply need neither.
        from reconciler.callrail.calls import CallEditor  # noqa: PLC0415

        self._know(account)
        credential = self._settings.account_credentials.get(account.handle)
        return CallEditor(self._session(credential, connection=account.connection), account.ref.id)

    @property
    def control(self) -> Connections:
        """Maton's connections. Raises UsageError when the key is CallRail's."""
        return self._control(older=False)

    @property
    def older_control(self) -> Connections | None:
        """The same under the control plane's older name; None where it has none, or was set."""
        return self._control(older=True) if self._older(self._credential(None)) else None

    def _control(self, *, older: bool) -> Connections:
        credential = self._credential(None)
        if credential.gateway is not Gateway.MATON:
            raise UsageError(
                "connections belong to Maton, and the key in use is CallRail's",
                hint="export MATON_API_KEY=… and write 'gateway: maton'",
            )
        # Here and not above, like Resources: plan and apply need neither.
        from reconciler.callrail.maton import Connections  # noqa: PLC0415

        return Connections(self._session(None, control=True, older=older))

    @property
    def older_url(self) -> str | None:
        """The older name of the API's base, None where it has none, or was set."""
        older = self._older(self._credential(None))
        return older.api if older and not self._settings.api_url else None

    async def first_accounts(self, *, older: bool = False) -> Answer:
        """The first page of the accounts as it came, to check key, clock and address."""
        query = (("page", "1"), ("per_page", str(PER_PAGE)))
        request = Request(method=Method.GET, path=path("v3", "a.json"), query=query)
        return await self._session(None, older=older).call(request)

    async def first_page(self, account: Account, file: str, *, per_page: int) -> Answer:
        """The first page of what ``file`` lists in ``account``, with the headers that came."""
        own = self._settings.account_credentials.get(account.handle)
        session = self._session(own, connection=account.connection)
        query = (("page", "1"), ("per_page", str(per_page)))
        return await session.get(account.ref.id, file, query=query)

    def _know(self, account: Account) -> None:
        self._run.know(
            account.ref.id,
            handle=account.handle,
            requests_per_hour=account.policy.requests_per_hour,
        )

    def _older(self, credential: Credential) -> Endpoints | None:
        settings = self._settings
        return find_older_endpoints(
            credential.gateway, api_url=settings.api_url, control_url=settings.control_url
        )

    def _credential(self, own: Credential | None) -> Credential:
        credential = own or self._settings.credential
        if credential is None:
            raise AuthError(
                "there is no API key in the environment",
                hint="export CALLRAIL_API_KEY=… or MATON_API_KEY=…",
            )
        return credential

    def _session(
        self,
        own: Credential | None,
        *,
        connection: str | None = None,
        control: bool = False,
        older: bool = False,
    ) -> ApiSession:
        credential = self._credential(own)
        settings = self._settings
        usual = find_endpoints(
            credential.gateway, api_url=settings.api_url, control_url=settings.control_url
        )
        bases = (self._older(credential) if older else None) or usual
        base = bases.control if control else bases.api
        if connection is not None:
            object_id(connection, "connection")
        key = (base, credential, connection)
        if key not in self._sessions:
            access = Access(credential=credential, base=base, connection=connection)
            self._sessions[key] = ApiSession(self._run, self._transport(base), access)
        return self._sessions[key]

    def _transport(self, base: str) -> OpenTransport:
        if base not in self._transports and self._settings.transport is not None:
            self._transports[base] = self._settings.transport(base)
        elif base not in self._transports:
            # Here and not above: httpx is imported when a connection is wanted, not before; and
            # without its own command line, which takes 45 ms where click happens to be installed.
            # None stands for a module that can't be imported, and httpx is prepared for that.
            sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
            from reconciler.callrail.transport import HttpxTransport  # noqa: PLC0415

            settings = self._settings
            self._transports[base] = HttpxTransport(
                base,
                timeouts=settings.timeouts,
                parallelism=settings.parallelism,
                redact=settings.redactor.redact,
            )
        return self._transports[base]

    def _shorten_timeouts(self) -> None:
        for transport in self._transports.values():
            transport.shorten_timeouts()


def _resources(session: ApiSession) -> Resources:
    from reconciler.callrail.resources import Resources  # noqa: PLC0415 - plan and apply need none

    return Resources(session)


async def _refuse_number(session: ApiSession, account: str) -> None:
    """Raise NotFoundError where ``account`` is the number of the address bar, naming the id (B).

    The API would take the number; but one account under two ids is two accounts to our limits,
    digests and saved plans.
    """
    for row in await _resources(session).accounts():
        if str(row.get("numeric_id")) == account and row.get("id") != account:
            identifier, name = safe_text(str(row.get("id"))), safe_text(str(row.get("name")))
            raise NotFoundError(
                f"{account} is {name}: its id is {identifier}", hint=f"Write id: {identifier}"
            )


async def _lost(session: ApiSession, account: str, error: NotFoundError) -> ReconcilerError:
    """The error for an account that the server does not know, with those that the key sees."""
    try:
        rows = await _resources(session).accounts()
    except ReconcilerError:
        return error
    names = {str(row.get("id")): safe_text(str(row.get("name") or ""), limit=60) for row in rows}
    if account in names:
        return error
    near = by_likeness(account, names, lambda one: (one,))
    shown = few((f"{safe_text(key, limit=60)} ({names[key]})" for key in near), _SHOWN_ACCOUNTS)
    source = session.access.credential.origin_description
    return NotFoundError(
        f"there is no account {account}, or the key of {source} does not see it",
        hint=f"It sees {shown}." if names else "It sees no account at all.",
    )
