"""Sends requests under the run's limits: parallelism, quota, pacing, retries, wish to end."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from reconciler.callrail.exchange import Answer
from reconciler.callrail.explain import Access, failure, reason
from reconciler.callrail.quota import HOUR, AccountQuota, Limits, duration
from reconciler.callrail.retry import ATTEMPTS, RetryBudget, Verdict, backoff, decide, retry_after
from reconciler.callrail.settings import Sent
from reconciler.model.state import Gateway

if TYPE_CHECKING:
    from reconciler.callrail.exchange import Exchange, Request
    from reconciler.callrail.settings import Settings
    from reconciler.callrail.transport import Transport

LOG: Final = logging.getLogger("reconciler.api")
_NO_ACCOUNT: Final = ""
_NAME: Final = "callrail_reconciler"
# A shorter wait is over before anyone wonders.
_TOLD: Final = 2.0
_TO_BE_READ: Final = frozenset({Verdict.VERIFY, Verdict.UNSEEN, Verdict.CONTRADICTED})

Check = Callable[[], None]


class AmbiguousError(Exception):
    """A write whose effect must be read; ``args[0]`` says why.

    ``verdict``: VERIFY (it may have happened), UNSEEN (it is done, nobody saw as what) or
    CONTRADICTED (the answer says both). ``status`` is the answer's, None where none came; ``said``
    is what the server said in it.
    """

    def __init__(
        self,
        why: str,
        *,
        verdict: Verdict = Verdict.VERIFY,
        status: int | None = None,
        said: str = "",
    ) -> None:
        super().__init__(why)
        self.verdict = verdict
        self.status = status
        self.said = said


class StaleError(Exception):
    """A write waited so long that live state must be read again before it is sent."""


class Slots:
    """At most ``count`` requests at once; of those that wait, the urgent go first."""

    def __init__(self, count: int) -> None:
        self._free = count
        self._urgent: deque[asyncio.Future[None]] = deque()
        self._others: deque[asyncio.Future[None]] = deque()

    @asynccontextmanager
    async def taken(self, *, urgent: bool) -> AsyncIterator[None]:
        """A context in which one slot is held."""
        await self._acquire(self._urgent if urgent else self._others)
        try:
            yield
        finally:
            self._release()

    async def _acquire(self, queue: deque[asyncio.Future[None]]) -> None:
        if self._free > 0:
            self._free -= 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._release()
            raise

    def _release(self) -> None:
        for queue in (self._urgent, self._others):
            while queue:
                turn = queue.popleft()
                if not turn.done():
                    turn.set_result(None)
                    return
        self._free += 1


class Run:
    """What all doors of a run share."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.requests = 0
        self.slots = Slots(settings.parallelism)
        self.retries = RetryBudget()
        self.pace = Limits(settings.quota.gateway)
        self._quotas: dict[str, AccountQuota] = {}
        self._known: dict[str, tuple[str, int | None]] = {}

    def know(self, account: str, *, handle: str, requests_per_hour: int | None) -> None:
        """Call ``account`` by its handle in messages, and hold it to its own limit if it has one.

        To be told before the first request of the account.
        """
        self._known[account] = handle, requests_per_hour

    def quota(self, account: str | None) -> AccountQuota:
        """The account's counter; requests that belong to no account have one of their own."""
        key = account or _NO_ACCOUNT
        if key not in self._quotas:
            handle, most = self._known.get(key, (f"account {key}" if key else "", None))
            windows = self.settings.quota.account if account else ()
            own = () if most is None else ((most, HOUR),)
            self._quotas[key] = AccountQuota(
                handle,
                limits=Limits((*own, *windows)),
                max_wait=self.settings.max_wait,
                chosen=most is not None,
            )
        return self._quotas[key]

    def now(self) -> float:
        """The clock's monotonic seconds."""
        return self.settings.clock.monotonic()

    def quota_wait(self) -> float:
        """Seconds until the last of the waits for a quota ends; 0 where none does."""
        ends = (quota.waiting_until for quota in tuple(self._quotas.values()))
        return max(0.0, max(ends, default=0.0) - self.now())

    async def sleep(self, seconds: float) -> None:
        """Wait; raises Interrupted as soon as the end is asked for."""
        await self.settings.stop.sleep(self.settings.clock, seconds)


class Door:
    """One key at one origin."""

    def __init__(self, run: Run, transport: Transport, access: Access) -> None:
        self._run = run
        self._transport = transport
        self._access = access
        self._headers = _headers(access)
        gateway = access.credential.gateway is Gateway.MATON
        self._pace = run.pace if gateway else Limits(())

    @property
    def access(self) -> Access:
        """The way that requests take."""
        return self._access

    @property
    def run(self) -> Run:
        """What it shares with the run's other doors."""
        return self._run

    async def call(
        self, request: Request, *, check: Check | None = None, urgent: bool = False
    ) -> Answer:
        """Send ``request``, again where that is safe, and return an accepted answer.

        ``check`` is called each time just before the request is sent, with nothing in between; what
        it raises is raised. ``urgent`` goes before others that wait for a connection: it rests on a
        read that gets old. Raises AmbiguousError for a write whose effect must be read, else the
        error of the table: AuthError, QuotaError, RejectedError, ProtocolError, UnreachableError,
        ApiError, Interrupted.
        """
        for attempt in itertools.count(1):
            sent_at, exchange = await self._turn(
                request, attempt=attempt, check=check, urgent=urgent
            )
            verdict = decide(exchange, request.method)
            if verdict is Verdict.THROTTLED:
                self._throttled(request, exchange, sent_at)
                continue
            self._run.quota(request.account).accepted(sent_at=sent_at)
            if verdict is Verdict.ACCEPT and isinstance(exchange, Answer):
                return exchange
            if verdict in _TO_BE_READ:
                raise self._ambiguous(verdict, exchange)
            if verdict is not Verdict.RETRY or not self._may_repeat(attempt):
                raise self._error(verdict, exchange, request)
            await self._run.sleep(backoff(attempt, self._run.settings.random))
        raise AssertionError("unreachable")

    def _may_repeat(self, attempt: int) -> bool:
        return attempt < ATTEMPTS and self._run.retries.take(requests=self._run.requests)

    async def _turn(
        self, request: Request, *, attempt: int, check: Check | None, urgent: bool
    ) -> tuple[float, Exchange]:
        """Wait until ``request`` may be sent, and send it once; with the time when it was."""
        run, quota = self._run, self._run.quota(request.account)
        while True:
            run.settings.stop.check()
            # Waiting for the quota holds no slot: another account's requests can use it.
            if (delay := quota.delay(run.now())) > 0:
                longer = quota.grant(delay, now=run.now())
                if longer >= _TOLD:
                    why = quota.why(run.now())
                    LOG.warning("%s: waiting %s for the quota", why, duration(delay))
                await run.sleep(delay)
                continue
            if (delay := self._pace.delay(run.now())) > 0:
                await run.sleep(delay)
                continue
            async with run.slots.taken(urgent=urgent):
                run.settings.stop.check()
                if quota.delay(run.now()) > 0 or self._pace.delay(run.now()) > 0:
                    continue
                if check is not None:
                    check()
                return await self._send(request, quota, attempt=attempt)

    async def _send(
        self, request: Request, quota: AccountQuota, *, attempt: int
    ) -> tuple[float, Exchange]:
        run = self._run
        run.requests += 1
        quota.enter()
        self._pace.enter()
        sent_at = run.now()
        try:
            exchange = await self._transport.send(request, headers=self._headers)
        finally:
            quota.leave(run.now())
            self._pace.leave(run.now())
        if isinstance(exchange, Answer):
            quota.tell(exchange.headers, sent_at=sent_at, now=run.now())
        self._note(request, exchange, seconds=run.now() - sent_at, attempt=attempt)
        return sent_at, exchange

    def _throttled(self, request: Request, exchange: Exchange, sent_at: float) -> None:
        settings = self._run.settings
        header = exchange.headers.get("retry-after") if isinstance(exchange, Answer) else None
        self._run.quota(request.account).throttled(
            sent_at=sent_at,
            now=self._run.now(),
            after=retry_after(header, now=settings.clock.time()),
            rnd=settings.random,
        )

    def _note(self, request: Request, exchange: Exchange, *, seconds: float, attempt: int) -> None:
        status = exchange.status if isinstance(exchange, Answer) else None
        whose = self._run.quota(request.account).account
        LOG.debug(
            "%s%s %s %s %.0f ms, attempt %d",
            f"{whose}: " if whose else "",
            request.method.value,
            request.path,
            status if status is not None else type(exchange).__name__,
            seconds * 1000,
            attempt,
        )
        if self._run.settings.on_request is not None:
            self._run.settings.on_request(
                Sent(
                    method=request.method.value,
                    path=request.path,
                    account=request.account,
                    status=status,
                    seconds=seconds,
                    attempt=attempt,
                )
            )

    def _ambiguous(self, verdict: Verdict, exchange: Exchange) -> AmbiguousError:
        why = self._safe(reason(exchange))
        if not isinstance(exchange, Answer):
            return AmbiguousError(why, verdict=verdict)
        said = self._safe(exchange.message)
        return AmbiguousError(why, verdict=verdict, status=exchange.status, said=said)

    def _error(self, verdict: Verdict, exchange: Exchange, request: Request) -> Exception:
        error = failure(verdict, exchange, request, self._access)
        error.message = self._safe(error.message)
        error.args = (error.message,)
        return error

    def _safe(self, text: str) -> str:
        """``text`` without the key, which a server may have echoed."""
        return self._run.settings.redactor.redact(text)


def _headers(access: Access) -> dict[str, str]:
    """The headers that authorise (A, B): the gateways want different forms.

    CallRail asks third-party software to name itself (B); Maton passes its own name on.
    """
    key = access.credential.key
    if access.credential.gateway is Gateway.CALLRAIL:
        return {"Authorization": f'Token token="{key}"', "Request-From": _NAME}
    headers = {"Authorization": f"Bearer {key}"}
    if access.connection is not None:
        headers["Maton-Connection"] = access.connection
    return headers
