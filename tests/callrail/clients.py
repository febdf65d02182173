"""Builds clients for tests: a key that must never show, a clock that never waits."""

from __future__ import annotations

import asyncio
import copy
import random
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from reconciler.callrail.client import Client, connect
from reconciler.callrail.credentials import Credential
from reconciler.callrail.exchange import Answer
from reconciler.callrail.runtime import Settings, Timeouts
from reconciler.callrail.tags import AccountProvider
from reconciler.model.problem import Source
from reconciler.model.state import Account, Gateway
from reconciler.model.tag import AccountRef, Company, LiveTag, Place, Tag
from tests.callrail.stand_in import ACCOUNT, NOW, Call, Handler
from tests.callrail.wire_server import WireServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from reconciler.callrail.exchange import Exchange, Request
    from tests.callrail.stand_in import Reply

KEY = "canary-7c1e5b0a9d"
REF = AccountRef("acme", ACCOUNT)
ACCOUNT_PLACE = Place(REF)
DENTAL = Place(REF, Company("COM1", "Dental"))


@dataclass
class FakeClock:
    """Sleeping moves it forward at once; those who sleep at the same time share the time."""

    now: float = 1_000.0
    wall: float = NOW
    slept: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.wall + self.now

    async def sleep(self, seconds: float) -> None:
        until = self.now + seconds
        self.slept.append(seconds)
        await asyncio.sleep(0)
        self.now = max(self.now, until)


def settings(url: str, **changes: object) -> Settings:
    basic = Settings(
        credential=Credential(
            gateway=Gateway.CALLRAIL, key=KEY, origin_description="CALLRAIL_API_KEY"
        ),
        api_url=url,
        control_url=url,
        clock=FakeClock(),
        random=random.Random(7),
        timeouts=Timeouts(connect=2.0, read=2.0, total=4.0, grace=0.3),
    )
    return replace(basic, **changes)  # type: ignore[arg-type]


def maton() -> Credential:
    return Credential(gateway=Gateway.MATON, key=KEY, origin_description="MATON_API_KEY")


def account(identifier: str = ACCOUNT, *, connection: str | None = None) -> Account:
    return Account(
        ref=AccountRef("acme", identifier),
        source=Source("reconciler.yaml", 1),
        connection=connection,
    )


@dataclass(frozen=True)
class Scenario:
    """A server, a client of it, and the provider of its account."""

    server: WireServer
    client: Client
    provider: AccountProvider
    settings: Settings


@asynccontextmanager
async def scenario(handler: Handler, **changes: object) -> AsyncIterator[Scenario]:
    async with asyncio.timeout(60), WireServer(handler) as server:
        chosen = settings(server.url, **changes)
        async with connect(chosen) as client:
            yield Scenario(server, client, client.provider(account()), chosen)


def live(number: int, name: str, **changes: object) -> LiveTag:
    from reconciler.model.tag import Status

    tag = LiveTag(number, name, "gray1", Status.ENABLED, None)
    return tag._replace(**changes)  # type: ignore[arg-type]


def desired(name: str, color: str | None = None) -> Tag:
    return Tag(name, color)


class StraightTransport:
    """A transport without sockets, for tests of many requests."""

    def __init__(self, handler: Callable[[Call], Reply]) -> None:
        self._handler = handler

    async def send(self, request: Request, *, headers: Mapping[str, str]) -> Exchange:
        await asyncio.sleep(0)
        reply = self._handler(
            Call(
                method=request.method.value,
                path=request.path,
                query=dict(request.query),
                pairs=request.query,
                headers=dict(headers),
                body=request.body,
            )
        )
        kept = {name.lower(): value for name, value in reply.headers.items()}
        payload = copy.deepcopy(reply.payload)
        return Answer(status=reply.status, payload=payload, headers=kept)


def straight(handler: Callable[[Call], Reply], **changes: object) -> AccountProvider:
    """A provider that asks ``handler`` without any network between."""
    from reconciler.callrail.api import ApiContext, ApiSession
    from reconciler.callrail.explain import Access

    chosen = settings("http://127.0.0.1:1", **changes)
    assert chosen.credential is not None
    access = Access(credential=chosen.credential, base="http://127.0.0.1:1")
    session = ApiSession(ApiContext(chosen), StraightTransport(handler), access)
    return AccountProvider(session, ACCOUNT)
