"""One run's way to the API: keys from the environment, flags, signals, and the client's life."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, Self, TypeVar

from reconciler.callrail.client import connect
from reconciler.callrail.credentials import find_key
from reconciler.callrail.endpoints import find_endpoints
from reconciler.callrail.runtime import Settings, Stop
from reconciler.cli.signals import Signals
from reconciler.errors import AuthError
from reconciler.model.state import Gateway
from reconciler.text.plural import count, listed

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable
    from contextlib import AbstractContextManager
    from types import TracebackType

    from reconciler.callrail.client import Client
    from reconciler.callrail.credentials import Credential
    from reconciler.cli.console import Console
    from reconciler.cli.flags import NetworkFlags
    from reconciler.model.state import Account
    from reconciler.provider import Auditable, Provider

LOG: Final = logging.getLogger(__name__)
T = TypeVar("T")


class Session:
    """An async context: inside it the API is reachable, at its end every connection is closed.

    ``gateway`` is the configuration's, or None where it names none. Entering raises AuthError
    where no key is found; ``accounts`` with a key of their own are found then as well.
    """

    def __init__(
        self,
        network: NetworkFlags,
        console: Console,
        gateway: Gateway | str | None,
        *,
        accounts: Iterable[Account] = (),
    ) -> None:
        wanted = Gateway(gateway) if gateway else None
        self.signals = Signals()
        stop = Stop()
        self._own = self._own_credentials(console, wanted, accounts)
        self.credential = self._credential(console, wanted)
        for credential in (self.credential, *self._own.values()):
            console.hide(credential)
        self.settings = Settings(
            credential=self.credential,
            account_credentials=self._own,
            api_url=console.environ.get("RECONCILER_API_URL") or None,
            control_url=console.environ.get("RECONCILER_CONTROL_URL") or None,
            parallelism=network.parallelism,
            max_wait=network.max_wait,
            max_requests=network.max_requests,
            stop=stop,
            redactor=console.redactor,
        )
        self.signals.on_stop(lambda: stop.set(self.signals.number or 2))
        self._console = console
        self.client: Client

    async def __aenter__(self) -> Self:
        """Open the client; no request is sent."""
        self.client = await connect(self.settings).__aenter__()
        # Not when it was read: a runner has to learn of a key that it must hide before all else.
        LOG.info("read %s", listed(sorted(self._console.files)) or "no configuration")
        LOG.info("requests go to %s, with %s", self.base_url, self.credential.origin_description)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close every connection."""
        await self.client.__aexit__(kind, error, trace)

    async def watch(self, work: Coroutine[object, object, T]) -> T:
        """Do ``work``, with signals handled and shown how far it is."""
        with self.progress("Reading"):
            return await self.signals.watch(work)

    def progress(self, text: str) -> AbstractContextManager[None]:
        """While it lasts whoever waits sees ``text``, requests so far and waits for the quota."""
        return self._console.working(text, self._how_far)

    def _how_far(self) -> str:
        done = count(self.client.requests, "request")
        seconds = self.client.quota_wait
        return f"{done}; the quota allows the next in {_clock(seconds)}" if seconds else done

    @property
    def base_url(self) -> str:
        """The API's address in use."""
        settings = self.settings
        return find_endpoints(
            self.credential.gateway, api_url=settings.api_url, control_url=settings.control_url
        ).api

    def stopping(self) -> int | None:
        """The signal that asked for the end; None: none did."""
        return self.signals.number

    async def wait(self, seconds: float) -> None:
        """Wait on the client's clock; raises Interrupted as soon as the end is asked for."""
        await self.settings.stop.sleep(self.settings.clock, seconds)

    def provider(self, account: Account) -> Provider:
        """The provider of one account."""
        return self.client.provider(account)

    def auditable(self, account: Account) -> Auditable:
        """The same, for an audit."""
        return self.client.provider(account)

    def _own_credentials(
        self, console: Console, gateway: Gateway | None, accounts: Iterable[Account]
    ) -> dict[str, Credential]:
        found: dict[str, Credential] = {}
        known: dict[str, Credential] = {}
        for account in accounts:
            name = account.api_key_env
            if name is None:
                continue
            try:
                # Looked up once: a file may be a pipe, which gives its key a single time.
                if name not in known:
                    known[name] = find_key(console.environ, gateway=gateway, api_key_env=name)
                found[account.handle] = known[name]
            except AuthError as error:
                place = f"{account.api_key_source}: " if account.api_key_source else ""
                raise AuthError(
                    f"{place}account {account.handle}: {error.message}", hint=error.hint
                ) from None
        return found

    def _credential(self, console: Console, gateway: Gateway | None) -> Credential:
        """The run's key; accounts' own ones will do where every account has its own."""
        try:
            return find_key(console.environ, gateway=gateway)
        except AuthError:
            if not self._own:
                raise
            return next(iter(self._own.values()))


def _clock(seconds: float) -> str:
    """``4:05``, as a countdown shows it."""
    minutes, rest = divmod(int(seconds) + 1, 60)
    return f"{minutes}:{rest:02}"
