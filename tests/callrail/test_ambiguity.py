"""Writes under every fault of the sandbox: what is said to have happened is what happened."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from reconciler.callrail.client import connect
from reconciler.callrail.runtime import Timeouts
from reconciler.errors import ReconcilerError, UnknownOutcomeError
from reconciler.model.state import Account, Gateway
from reconciler.model.tag import AccountRef, Place
from reconciler.sandbox import Options, Sandbox, Switches
from reconciler.sandbox.faults import Do, Fault
from reconciler.sandbox.options import DIRECT_KEY, MATON_KEY
from tests.callrail.clients import account, desired, settings

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from reconciler.callrail.runtime import Settings
    from reconciler.callrail.tags import AccountProvider
    from reconciler.model.tag import LiveTag

BULK = "ACC00000000000000000000000000000b01"
REF = AccountRef("bulk", BULK)
WRITES = 5
FAULTS = [
    (Do.REFUSE, ""),
    (Do.RESET, ""),
    (Do.RESET_AFTER, ""),
    (Do.HANG, ""),
    (Do.HANG_AFTER, ""),
    (Do.DRIP, "0.05"),
    (Do.TRUNCATE, ""),
    *((Do.STATUS, status) for status in ("400", "408", "429", "500", "503", "302")),
    *((Do.STATUS_AFTER, status) for status in ("500", "503")),
    *((Do.BODY, body) for body in ("html", "empty", "list", "null", "number", "deep", "nan")),
    (Do.REDIRECT, "http://127.0.0.1:9/elsewhere"),
]
QUICK = Timeouts(connect=2.0, read=0.6, total=1.0, grace=0.3)
CREATE, UPDATE, DELETE = "POST", "PUT", "DELETE"


def client_settings(sandbox: Sandbox, gateway: Gateway = Gateway.CALLRAIL) -> Settings:
    from reconciler.callrail.credentials import Credential

    direct = gateway is Gateway.CALLRAIL
    credential = Credential(
        gateway=gateway,
        key=DIRECT_KEY if direct else MATON_KEY,
        origin_description="CALLRAIL_API_KEY" if direct else "MATON_API_KEY",
    )
    url = sandbox.url if direct else sandbox.gateway_url
    return settings(
        url,
        credential=credential,
        timeouts=QUICK,
        control_url=sandbox.control_url,
        parallelism=WRITES,
    )


def bulk() -> Account:
    return Account(ref=REF, source=account().source)


async def write_all(sandbox: Sandbox, gateway: Gateway) -> None:
    """Create, update and delete, ``WRITES`` of each at once, and check each against the store."""
    async with connect(client_settings(sandbox, gateway)) as client:
        provider = client.provider(bulk())
        tags = (await provider.tags()).tags
        for method in (CREATE, UPDATE, DELETE):
            chosen = tags[:WRITES] if method == UPDATE else tags[WRITES : 2 * WRITES]
            wanted = [tag.name if method == DELETE else f"{method} {tag.name}" for tag in chosen]
            work = [
                write(provider, method, tag, name) for tag, name in zip(chosen, wanted, strict=True)
            ]
            results = await asyncio.gather(*work, return_exceptions=True)
            check(sandbox, method, dict(zip(wanted, results, strict=True)))


def write(provider: AccountProvider, method: str, tag: LiveTag, name: str) -> Awaitable[object]:
    if method == CREATE:
        return provider.create(Place(REF), desired(name))
    if method == UPDATE:
        return provider.update(tag, desired(name))
    return provider.delete(tag)


def check(sandbox: Sandbox, method: str, results: dict[str, object]) -> None:
    names = [str(row["name"]) for row in sandbox.store.tags(BULK)]
    assert len(names) == len(set(names)), "a tag was made twice"
    for name, result in results.items():
        failed = isinstance(result, Exception)
        assert not failed or isinstance(result, ReconcilerError), repr(result)
        if not isinstance(result, UnknownOutcomeError):
            assert (name in names) is (failed if method == DELETE else not failed), (name, result)


async def matrix(faults: list[Fault], gateway: Gateway, switches: Switches | None = None) -> None:
    options = Options(seed="bulk:20", faults=tuple(faults), switches=switches or Switches())
    with Sandbox(options) as sandbox:
        await write_all(sandbox, gateway)


def on_each(action: Do, value: str, nth: int | None) -> list[Fault]:
    methods = (CREATE, UPDATE, DELETE)
    return [Fault(do=action, method=method, value=value, nth=nth) for method in methods]


@pytest.mark.parametrize(("action", "value"), FAULTS)
async def test_one_fault_leaves_a_true_report(action: Do, value: str) -> None:
    await matrix(on_each(action, value, 2), Gateway.CALLRAIL)


@pytest.mark.parametrize("gateway", list(Gateway))
@pytest.mark.parametrize(
    ("action", "value"), [(Do.RESET_AFTER, ""), (Do.STATUS_AFTER, "503"), (Do.RESET, "")]
)
async def test_a_fault_on_every_write_leaves_a_true_report(
    action: Do, value: str, gateway: Gateway
) -> None:
    await matrix(on_each(action, value, None), gateway)


@pytest.mark.soak
@pytest.mark.parametrize("gateway", list(Gateway))
@pytest.mark.parametrize(("action", "value"), [*FAULTS, (Do.GZIP_BOMB, "")])
async def test_a_fault_anywhere_leaves_a_true_report(
    action: Do, value: str, gateway: Gateway
) -> None:
    for switches in (Switches(), Switches(unique_names="exact"), Switches(read_delay=1)):
        # A connection is refused before it says what it is for: never all of them.
        each = () if action is Do.REFUSE else (None,)
        for nth in (*range(1, WRITES + 3), *each):
            await matrix(on_each(action, value, nth), gateway, switches)


@pytest.mark.parametrize(
    "fault",
    ["lying-total", "duplicate-row", "shift-pages", "body=list", "gzip-bomb", "redirect=http://x"],
)
async def test_a_listing_that_lies_gives_none(fault: str) -> None:
    async def work(sandbox: Sandbox) -> None:
        async with connect(client_settings(sandbox)) as client:
            with pytest.raises(ReconcilerError):
                await client.provider(bulk()).tags()

    from reconciler.sandbox import parse_fault

    options = Options(seed="bulk:600", faults=(parse_fault(f"GET tags.json {fault}"),))
    with Sandbox(options) as sandbox:
        await work(sandbox)


@pytest.mark.parametrize("gateway", list(Gateway))
async def test_1000_tags_cost_four_requests_through_either_gateway(gateway: Gateway) -> None:
    async def work(sandbox: Sandbox) -> None:
        async with connect(client_settings(sandbox, gateway)) as client:
            listing = await client.provider(bulk()).tags()
            assert (len(listing.tags), client.requests) == (1_000, 4)

    with Sandbox(Options(seed="bulk:1000")) as sandbox:
        await work(sandbox)
        assert [entry.status for entry in sandbox.log.entries] == [200] * 4
