"""A copy of a plan's accounts on the sandbox, within this process: there is no socket to leave by.

The client is the one that applies for real, its transport the sandbox's app itself and its clock
one that nobody waits for.
"""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from reconciler.callrail.client import connect
from reconciler.callrail.credentials import Credential
from reconciler.callrail.decode import server_message
from reconciler.callrail.exchange import Ambiguous, Answer, Flaw, Method
from reconciler.callrail.runtime import Settings
from reconciler.errors import DocumentError
from reconciler.model.change import Create, Loss, Merge
from reconciler.model.rehearsal import Held
from reconciler.model.state import Gateway
from reconciler.model.tag import LiveTag, Status
from reconciler.sandbox.app import App
from reconciler.sandbox.assignments import KINDS
from reconciler.sandbox.log import LogEntry
from reconciler.sandbox.options import DIRECT_KEY, Options
from reconciler.sandbox.seeds.copy import AccountCopy, CompanyCopy, TagCopy, seed_copy
from reconciler.sandbox.store import Store
from reconciler.sandbox.switches import set_switches
from reconciler.workflow.rehearse import Answers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence

    from reconciler.callrail.client import Client
    from reconciler.callrail.exchange import Exchange, Request
    from reconciler.model.change import Change, Count
    from reconciler.model.state import Account, LiveAccount
    from reconciler.provider import Provider

_HERE: Final = "http://localhost"
"""What the requests' addresses begin with; nothing is asked for there."""
_FOREVER: Final = 1e9


class UsedBy(NamedTuple):
    """How many interactions of each kind have a tag."""

    calls: int = 0
    forms: int = 0
    texts: int = 0


def uses(changes: Iterable[Change]) -> dict[int, UsedBy]:
    """By tag id, what has the tags that ``changes`` concern: as they count it.

    Where nobody has counted, or a number is unknown, one stands for all, so that its loss shows.
    """
    found: dict[int, UsedBy] = {}
    uncounted: set[int] = set()
    for change in changes:
        if isinstance(change, Create):
            continue
        if change.loss is None:
            uncounted.add(change.before.id)
        else:
            found[change.before.id] = _of_loss(change.loss)
        if isinstance(change, Merge) and change.into is not None:
            uncounted.add(change.into.id)
    return dict.fromkeys(uncounted, UsedBy(calls=1)) | found


def _of_loss(loss: Loss) -> UsedBy:
    return UsedBy(_number(loss.calls), _number(loss.forms), _number(loss.texts))


def _number(count: Count) -> int:
    return max(count.number, 0 if count.none else 1)


class SandboxReplica:
    """One copy: a store of its own in memory, filled from ``live``; ``uses`` by tag id.

    ``switches`` of the sandbox: no colour is refused, for which there are only the server knows.
    """

    def __init__(
        self,
        live: Sequence[LiveAccount],
        uses: Mapping[int, UsedBy],
        answers: Answers,
        *,
        parallelism: int,
        switches: Sequence[str] = ("palette=any",),
    ) -> None:
        today = datetime.now(UTC).date()
        self._clock = _Clock()
        self._store = Store(None)
        try:
            seed_copy(self._store, (_copy(one, uses) for one in live), today)
        except ValueError as error:
            self._store.close()
            raise DocumentError(f"what is live can't be copied: {error}") from None
        variant = set_switches(*switches)
        options = Options(today=today, clock=self._clock.monotonic, switches=variant)
        self._transport = SandboxTransport(App(options, self._store), answers)
        self._parallelism = parallelism

    @property
    def writes(self) -> int:
        """Requests so far that changed something."""
        return self._transport.writes

    @property
    def faults(self) -> int:
        """Answers so far that were lost."""
        return len(self._transport.lost)

    @property
    def waited(self) -> float:
        """Seconds that have passed in waiting."""
        return self._clock.monotonic()

    def close(self) -> None:
        """Throw the copy away."""
        self._store.close()

    def held(self) -> Held:
        """All that the store holds."""
        rows = self._store.tags()
        return Held(
            tags={row["id"]: (row["account_id"], _live_tag(row)) for row in rows},
            assignments=frozenset(self._assignments()),
        )

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[_Connection]:
        """A new run's client: nothing is left in it of the runs before."""
        credential = Credential(
            gateway=Gateway.CALLRAIL, key=DIRECT_KEY, origin_description="the rehearsal"
        )
        settings = Settings(
            credential=credential,
            api_url=_HERE,
            parallelism=self._parallelism,
            max_wait=_FOREVER,
            clock=self._clock,
            transport=lambda _base: self._transport,
        )
        async with connect(settings) as client:
            yield _Connection(client, settings)

    def _assignments(self) -> Iterator[tuple[str, int]]:
        for kind in KINDS:
            for row in self._store.rows(f"SELECT {kind.link} AS owner, tag_id FROM {kind.links}"):  # noqa: S608 - names are ours
                yield row["owner"], row["tag_id"]


def _copy(live: LiveAccount, uses: Mapping[int, UsedBy]) -> AccountCopy:
    return AccountCopy(
        id=live.account.id,
        name=live.account.name or live.account.handle,
        companies=[CompanyCopy(one.id, one.name, one.active) for one in live.companies.values()],
        tags=[
            TagCopy(
                tag.id,
                tag.name,
                tag.color,
                tag.status.value,
                tag.company_id,
                *uses.get(tag.id, UsedBy()),
            )
            for tag in live.tags
        ],
    )


def _live_tag(row: Mapping[str, object]) -> LiveTag:
    values: dict[str, object] = {name: row[name] for name in LiveTag._fields}
    return LiveTag(**{**values, "status": Status(str(row["status"]))})  # type: ignore[arg-type]


class _Connection:
    """A run's way to the copy; no signal ends it early."""

    def __init__(self, client: Client, settings: Settings) -> None:
        self._client, self._settings = client, settings

    def provider(self, account: Account) -> Provider:
        """The provider of one account."""
        return self._client.provider(account)

    def stopping(self) -> int | None:
        """Nobody asks for the end."""
        return None

    async def wait(self, seconds: float) -> None:
        """Wait on the clock of the copy."""
        await self._settings.clock.sleep(seconds)


class SandboxTransport:
    """Hands requests to the sandbox's app; ``lost`` are the writes whose first answer got lost."""

    def __init__(self, app: App, answers: Answers) -> None:
        self._app = app
        self._answers = answers
        self.lost: set[tuple[str, str, str]] = set()
        self.writes = 0

    async def send(self, request: Request, *, headers: Mapping[str, str]) -> Exchange:
        """What the app answers, or that nobody knows."""
        await asyncio.sleep(0)  # So that requests that run at once take turns, as they do for real.
        body = "" if request.body is None else json.dumps(request.body)
        entry = LogEntry(0, request.method.value, request.path, _query(request))
        lower = {name.lower(): value for name, value in headers.items()}
        given = self._app.answer(entry, lower, body.encode())
        self.writes += given.committed
        write = (request.method.value, request.path, body)
        lossy = self._answers is Answers.LOST and request.method is not Method.GET
        if lossy and write not in self.lost:
            self.lost.add(write)
            return Ambiguous("the answer was lost, as it is rehearsed")
        kept = {name.lower(): value for name, value in given.headers.items()}
        if given.payload is None:
            flaw = Flaw.UNREADABLE
            return Answer(status=given.status, headers=kept, flaw=flaw, message="it is empty")
        payload: object = json.loads(given.body())
        message = server_message(payload)
        return Answer(status=given.status, payload=payload, headers=kept, message=message)

    def shorten_timeouts(self) -> None:
        """Nothing takes time."""

    async def close(self) -> None:
        """Nothing is open."""


def _query(request: Request) -> str:
    from urllib.parse import urlencode

    return urlencode(request.query)


class _Clock:
    """Time that passes as soon as somebody waits for it."""

    def __init__(self) -> None:
        self._passed = 0.0
        self._began = time.time()

    def monotonic(self) -> float:
        """Seconds that were waited for."""
        return self._passed

    def time(self) -> float:
        """Seconds since 1970, those included."""
        return self._began + self._passed

    async def sleep(self, seconds: float) -> None:
        """Let ``seconds`` pass; those who wait at once wait once."""
        until = self._passed + seconds
        await asyncio.sleep(0)
        self._passed = max(self._passed, until)
