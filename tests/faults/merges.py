"""Two spellings of a tag on calls, forms and texts, and what must be true however a merge went."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import pytest

from reconciler.callrail.client import connect
from reconciler.callrail.credentials import Credential
from reconciler.callrail.runtime import Settings
from reconciler.callrail.transport import HttpxTransport
from reconciler.executor import RunContext, execute
from reconciler.model.change import Count, Loss, Merge, Reason
from reconciler.model.problem import Source
from reconciler.model.state import Account, Gateway
from reconciler.model.tag import AccountRef, Company, LiveTag, Place, Status, Tag
from reconciler.sandbox import Options, Sandbox
from reconciler.sandbox.assignments import KINDS
from reconciler.sandbox.options import DIRECT_KEY
from reconciler.sandbox.seeds.pair import (
    ACCOUNT,
    COMPANY,
    NEW_NAME,
    NEW_TAG,
    OLD_NAME,
    OLD_TAG,
    TURNS,
)
from reconciler.sandbox.switches import set_switches
from tests import builders
from tests.callrail.clients import FakeClock
from tests.faults.colleague import Colleague

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.callrail.exchange import Exchange, Request
    from reconciler.model.outcome import Outcome, Report

REF = AccountRef("pair", ACCOUNT)
PLACE = Place(REF, Company(COMPANY, "Dental West"))
TRASH = f"~trash 2026-11-25 {OLD_NAME}"
OLD = LiveTag(OLD_TAG, OLD_NAME, "gray1", Status.ENABLED, COMPANY)
NEW = LiveTag(NEW_TAG, NEW_NAME, "gray1", Status.ENABLED, COMPANY)


class PatientClock(FakeClock):
    """Time that passes at once; no hour is skipped under a request that is under way."""

    answered: Callable[[], int] = staticmethod(lambda: 0)

    async def sleep(self, seconds: float) -> None:
        """Move it forward; by minutes once nothing more is ``answered``."""
        until, before = self.now + seconds, -1
        while seconds > 60 and before != (before := self.answered()):  # noqa: ASYNC110 - by threads
            await asyncio.sleep(0.1)
        await asyncio.sleep(0)
        self.now = max(self.now, until)


class Killed(BaseException):
    """Ends a run as a kill does: nothing of it reacts."""


class Silent:
    """Hears outcomes and keeps nothing."""

    def outcome(self, _outcome: Outcome) -> None:
        """Nothing."""


def loss(numbers: int) -> Loss:
    """What the seed's first ``numbers`` interactions count to."""
    kinds = [kind.name for kind in (TURNS[number % len(TURNS)] for number in range(numbers))]
    calls, forms, texts = (Count(kinds.count(kind.name)) for kind in KINDS)
    return Loss(calls=calls, forms=forms, texts=texts)


def merge(old: int, **values: Any) -> Merge:
    """The old spelling, on the first ``old`` interactions, into the new one."""
    basic: dict[str, Any] = {
        "place": PLACE,
        "reason": Reason.MERGED_FROM,
        "before": OLD,
        "into": NEW,
        "after": NEW.tag,
        "trash_name": TRASH,
        "loss": loss(old),
    }
    return Merge(**{**basic, **values})


def the_other_way(new: Loss) -> Merge:
    """The tag of the new spelling is given up, and the old one takes its name over."""
    trash = f"~trash 2026-11-25 {NEW_NAME}"
    after = Tag(NEW_NAME, "gray1")
    return merge(0, before=NEW, into=OLD, after=after, trash_name=trash, loss=new)


@dataclass
class Pair:
    """A sandbox with a pair of spellings; merges are carried out on a clock that is turned."""

    sandbox: Sandbox
    clock: FakeClock

    @classmethod
    def of(cls, old: int, new: int, both: int = 0, *switches: str, **options: Any) -> Pair:
        """A pair on so many interactions."""
        clock = today()
        chosen = {"quota": None, "clock": clock.monotonic, **options}
        seed = f"pair:{old}:{new}:{both}"
        sandbox = Sandbox(Options(seed=seed, switches=set_switches(*switches), **chosen))
        clock.answered = lambda: len(sandbox.log.entries)
        return cls(sandbox, clock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.sandbox.close()

    def apply(self, *merges: Merge, **settings: Any) -> Report:
        """Carry out ``merges`` as a new process would, with nothing known but them."""
        return asyncio.run(self._apply(merges, settings))

    def apply_until(self, nth: int, merge: Merge, *, commit: bool, **settings: Any) -> bool:
        """Carry out ``merge`` in a process that dies at its nth request; whether it did.

        ``commit``: the server acts on that request all the same.
        """
        send = HttpxTransport.send
        sent = 0

        async def dying(transport: HttpxTransport, request: Request, **rest: Any) -> Exchange:
            nonlocal sent
            sent += 1
            if sent > nth or (sent == nth and not commit):
                raise Killed
            exchange = await send(transport, request, **rest)
            if sent >= nth:
                raise Killed
            return exchange

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(HttpxTransport, "send", dying)
            with suppress(Killed, BaseExceptionGroup):
                self.apply(merge, **settings)
                return sent >= nth
        return True

    async def _apply(self, merges: tuple[Merge, ...], settings: dict[str, Any]) -> Report:
        key = Credential(
            gateway=Gateway.CALLRAIL, key=DIRECT_KEY, origin_description="CALLRAIL_API_KEY"
        )
        own = Settings(credential=key, api_url=self.sandbox.url, clock=self.clock, parallelism=1)
        chosen = replace(own, **settings)
        async with connect(chosen) as client:
            provider = client.provider(Account(ref=REF, source=Source("reconciler.yaml", 1)))
            run = RunContext(
                watcher=Silent(), parallelism=chosen.parallelism, pause=self.clock.sleep
            )
            return await execute(builders.plan(*merges), {"pair": provider}, run)

    @property
    def colleague(self) -> Colleague:
        """Somebody who works in the account too."""
        return Colleague(self.sandbox, ACCOUNT)

    def ids(self) -> dict[str, set[int]]:
        """The ids of the tags on each interaction."""
        return {one: {tag["id"] for tag in tags} for one, tags in self._tags().items()}

    def names(self) -> dict[str, set[str]]:
        """The names of the tags on each interaction."""
        return {one: {tag["name"] for tag in tags} for one, tags in self._tags().items()}

    def _tags(self) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = {}
        for kind in KINDS:
            ids = [row["id"] for row in self.sandbox.store.rows(f"SELECT id FROM {kind.table}")]
            tags = self.sandbox.app.assignments.of(kind, ids)
            found |= {one: list(tags.get(one, [])) for one in ids}
        return found

    @property
    def requests(self) -> list[str]:
        """What was asked, one a line."""
        return [f"{one.method} {one.path.split('/', 4)[4]}" for one in self.sandbox.log.entries]

    @property
    def writes(self) -> list[str]:
        """What was written to interactions, one a line."""
        return [
            line for line in self.requests if line.startswith("PUT ") and "PUT tags/" not in line
        ]


def today() -> PatientClock:
    """A clock that starts now: how far back records are kept is counted from today."""
    clock = PatientClock()
    clock.wall = time.time() - clock.now
    return clock
