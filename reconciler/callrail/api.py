"""Sends requests with a key, under the run's limits: parallelism, quota, pacing, retries, stop."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from reconciler.callrail.concurrency import Slots
from reconciler.callrail.exchange import Answer, Method, Request, path
from reconciler.callrail.explain import Access, failure, reason
from reconciler.callrail.rate_limits import AccountQuota, RateLimits, duration
from reconciler.callrail.retry import ATTEMPTS, RetryBudget, Verdict, backoff, decide, retry_after
from reconciler.callrail.runtime import Sent
from reconciler.errors import QuotaError
from reconciler.model.state import Gateway

if TYPE_CHECKING:
    from reconciler.callrail.exchange import Exchange, Transport
    from reconciler.callrail.runtime import Settings

LOG: Final = logging.getLogger("reconciler.api")
_NO_ACCOUNT: Final = ""
_NAME: Final = "callrail_reconciler"
_REPORTED: Final = 2.0
"""Seconds; a shorter wait is over before anyone wonders."""
_TO_BE_READ: Final = frozenset({Verdict.VERIFY, Verdict.UNSEEN, Verdict.CONTRADICTED})

Query = tuple[tuple[str, str], ...]
Check = Callable[[], None]


class AmbiguousError(Exception):
    """A write whose effect must be read; ``args[0]`` says why.

    ``verdict``: VERIFY (it may have happened), UNSEEN (it is done, but not seen as what) or
    CONTRADICTED (the answer says both). ``status`` is the answer's, None where none came;
    ``message`` is the server's own.
    """

    def __init__(
        self,
        why: str,
        *,
        verdict: Verdict = Verdict.VERIFY,
        status: int | None = None,
        message: str = "",
    ) -> None:
        super().__init__(why)
        self.verdict = verdict
        self.status = status
        self.message = message


class StaleError(Exception):
    """A write waited so long that live state must be read again before it is sent."""


class ApiContext:
    """What all sessions of a run share."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.requests = 0
        self.writes = 0
        self.slots = Slots(settings.parallelism)
        self.retries = RetryBudget()
        self.pace = RateLimits(settings.quota.gateway)
        self.now = settings.clock.monotonic
        self._quotas: dict[str, AccountQuota] = {}
        self._known: dict[str, tuple[str, int | None]] = {}

    def know(self, account: str, *, handle: str, requests_per_hour: int | None) -> None:
        """Call ``account`` by its handle in messages, and hold it to its own limit if it has one.

        To be called before the first request of the account.
        """
        self._known[account] = handle, requests_per_hour

    def quota(self, account: str | None) -> AccountQuota:
        """The account's counter; requests that belong to no account have one of their own."""
        key = account or _NO_ACCOUNT
        if key not in self._quotas:
            handle, chosen = self._known.get(key, (f"account {key}" if key else "", None))
            self._quotas[key] = AccountQuota(
                handle,
                self.settings.quota.account if account else (),
                max_wait=self.settings.max_wait,
                chosen=chosen,
            )
        return self._quotas[key]

    def quota_wait(self) -> float:
        """Seconds until the last of the waits for a quota ends; 0 where none does."""
        ends = (quota.waiting_until for quota in tuple(self._quotas.values()))
        return max(0.0, max(ends, default=0.0) - self.settings.clock.monotonic())

    def expect_allowed(self) -> None:
        """Raise QuotaError where the run has sent as many requests as it may."""
        most = self.settings.max_requests
        if most is not None and self.requests >= most:
            # What was read is kept nowhere: as many requests get no further the next time.
            again = "Run it again: what is done is skipped, the rest goes on."
            unwritten = "Nothing was written. Let it send more: the next run reads all of it anew."
            raise QuotaError(
                f"this run has sent the {most:,} requests of --max-requests",
                hint=again if self.writes else unwritten,
            )

    async def sleep(self, seconds: float) -> None:
        """Wait; raises Interrupted as soon as the end is asked for."""
        await self.settings.stop.sleep(self.settings.clock, seconds)

    async def pause(self, attempt: int) -> None:
        """Wait before the attempt after ``attempt``, as ``sleep`` does."""
        await self.sleep(backoff(attempt, self.settings.random))


class ApiSession:
    """One key at one origin: ``access`` says which, ``run`` is shared with the other sessions."""

    def __init__(self, run: ApiContext, transport: Transport, access: Access) -> None:
        self.run = run
        self.access = access
        self._transport = transport
        self._headers = _headers(access)
        through_maton = access.credential.gateway is Gateway.MATON
        self._pace = (run.pace,) if through_maton else ()

    async def get(self, account: str, *segments: str, query: Query = ()) -> Answer:
        """What ``segments`` below ``account`` show; raises as ``call`` does."""
        return await self.call(
            Request(
                method=Method.GET,
                path=path("v3", "a", account, *segments),
                query=query,
                account=account,
            )
        )

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
        quota = self.run.quota(request.account)
        for attempt in itertools.count(1):
            sent_at, exchange = await self._turn(
                request, quota, attempt=attempt, check=check, urgent=urgent
            )
            verdict = decide(exchange, request.method)
            if verdict is Verdict.THROTTLED:
                self._throttled(quota, exchange, sent_at)
                continue
            quota.accepted(sent_at=sent_at)
            if verdict is Verdict.ACCEPT and isinstance(exchange, Answer):
                return exchange
            if verdict in _TO_BE_READ:
                raise self._ambiguous(verdict, exchange)
            if verdict is not Verdict.RETRY or not self._may_repeat(attempt):
                raise self._error(verdict, exchange, request)
            await self.run.pause(attempt)
        raise AssertionError("unreachable")

    def _may_repeat(self, attempt: int) -> bool:
        return attempt < ATTEMPTS and self.run.retries.take(requests=self.run.requests)

    async def _turn(
        self,
        request: Request,
        quota: AccountQuota,
        *,
        attempt: int,
        check: Check | None,
        urgent: bool,
    ) -> tuple[float, Exchange]:
        """Wait until ``request`` may be sent, and send it once; with the time when it was."""
        run = self.run
        while True:
            async with run.slots.taken(urgent=urgent):
                run.settings.stop.check()
                now = run.now()
                for_quota = quota.delay(now)
                for_pace = max([pace.delay(now) for pace in self._pace], default=0.0)
                if not for_quota and not for_pace:
                    run.expect_allowed()
                    if check is not None:
                        check()
                    return await self._send(request, quota, attempt=attempt)
            # Waiting holds no slot: another account's requests can use it.
            if for_quota:
                self._grant(quota, for_quota, now)
            await run.sleep(for_quota or for_pace)

    def _grant(self, quota: AccountQuota, delay: float, now: float) -> None:
        """Let the account wait for its quota, and report a wait of some length."""
        if quota.grant(delay, now=now) >= _REPORTED:
            LOG.warning("%s: waiting %s for the quota", quota.why(now), duration(delay))

    async def _send(
        self, request: Request, quota: AccountQuota, *, attempt: int
    ) -> tuple[float, Exchange]:
        run = self.run
        run.requests += 1
        run.writes += request.method is not Method.GET
        limits = (quota, *self._pace)
        for limit in limits:
            limit.enter()
        sent_at = run.now()
        try:
            exchange = await self._transport.send(request, headers=self._headers)
        finally:
            for limit in limits:
                limit.leave(run.now())
        if isinstance(exchange, Answer):
            quota.report(exchange.headers, sent_at=sent_at, now=run.now())
        self._note(request, exchange, quota.account, seconds=run.now() - sent_at, attempt=attempt)
        return sent_at, exchange

    def _throttled(self, quota: AccountQuota, exchange: Exchange, sent_at: float) -> None:
        settings = self.run.settings
        header = exchange.headers.get("retry-after") if isinstance(exchange, Answer) else None
        quota.throttled(
            sent_at=sent_at,
            now=self.run.now(),
            after=retry_after(header, now=settings.clock.time()),
            rnd=settings.random,
        )

    def _note(
        self, request: Request, exchange: Exchange, whose: str, *, seconds: float, attempt: int
    ) -> None:
        status = exchange.status if isinstance(exchange, Answer) else None
        LOG.debug(
            "%s%s %s %s %.0f ms, attempt %d",
            f"{whose}: " if whose else "",
            request.method.value,
            request.path,
            status if status is not None else type(exchange).__name__,
            seconds * 1000,
            attempt,
        )
        if self.run.settings.on_request is not None:
            self.run.settings.on_request(
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
        message = self._safe(exchange.message)
        return AmbiguousError(why, verdict=verdict, status=exchange.status, message=message)

    def _error(self, verdict: Verdict, exchange: Exchange, request: Request) -> Exception:
        error = failure(verdict, exchange, request, self.access)
        error.message = self._safe(error.message)
        error.args = (error.message,)
        return error

    def _safe(self, text: str) -> str:
        """``text`` without the key, which a server may have echoed."""
        return self.run.settings.redactor.redact(text)


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
