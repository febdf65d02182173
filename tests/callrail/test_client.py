from __future__ import annotations

import subprocess
import sys
import tracemalloc
from dataclasses import replace
from typing import Any

import pytest

from reconciler.callrail.client import connect
from reconciler.callrail.credentials import Credential
from reconciler.callrail.resources import Query
from reconciler.callrail.runtime import Settings
from reconciler.callrail.tags import AccountProvider
from reconciler.errors import (
    AuthError,
    NotFoundError,
    QuotaError,
    ReconcilerError,
    RejectedError,
)
from reconciler.model.state import Gateway
from reconciler.model.tag import AccountRef
from tests.callrail.clients import KEY, account, maton, scenario, settings
from tests.callrail.stand_in import ACCOUNT, Call, Reply, StandIn, tag_rows
from tests.callrail.wire_server import WireServer


def test_httpx_is_not_imported_before_a_connection_is_wanted() -> None:
    code = (
        "import sys\n"
        "from reconciler.callrail import catalog, client, credentials, runtime\n"
        "credentials.find_key({'CALLRAIL_API_KEY': 'k'}, gateway=None)\n"
        "client.connect(runtime.Settings())\n"
        "assert not {'httpx', 'yaml', 'jsonschema', 'deepdiff', 'rich'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)


def test_plain_http_to_another_machine_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(ReconcilerError, match="plain http"):
        connect(settings("http://example.com"))


@pytest.mark.parametrize("limits", [{"parallelism": 0}, {"max_wait": -1.0}])
def test_limits_that_let_nothing_through_are_refused(limits: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="at least"):
        Settings(**limits)  # type: ignore[arg-type]


async def test_an_account_uses_its_own_key() -> None:
    own = Credential(gateway=Gateway.MATON, key="own-key", origin_description="ACME_KEY")

    async with WireServer(StandIn()) as server:
        reported = settings(server.url, credential=None, account_credentials={"acme": own})
        async with connect(reported) as client:
            await client.provider(account()).tags()
            assert [
                row async for row in client.resources_of(account()).rows(Query(resource="accounts"))
            ]
            with pytest.raises(AuthError):
                _ = client.resources
        assert {call.headers["authorization"] for call in server.calls} == {"Bearer own-key"}
        assert reported.redactor.redact("x own-key x") != "x own-key x"


async def test_a_provider_is_made_once_an_account() -> None:
    async with scenario(StandIn()) as s:
        assert s.client.provider(account()) is s.provider
        await s.provider.tags()
        await s.provider.companies()
        assert s.client.requests == s.provider.requests == 2


async def test_the_first_accounts_come_with_the_headers_of_their_answer() -> None:
    def handle(_: Call) -> Reply:
        headers = {"Date": "Wed, 25 Nov 2026 12:00:00 GMT", "X-Rate-Limit-Hourly-Used": "7"}
        return Reply(payload={"accounts": [{"id": ACCOUNT}]}, headers=headers)

    async with scenario(handle, credential=maton()) as s:
        answer = await s.client.first_accounts()
        assert answer.payload == {"accounts": [{"id": ACCOUNT}]}
        assert answer.headers["date"] == "Wed, 25 Nov 2026 12:00:00 GMT"
        assert answer.headers["x-rate-limit-hourly-used"] == "7"


@pytest.mark.parametrize("read", ["tags", "companies"])
async def test_the_number_of_the_address_bar_gives_the_id_that_is_meant(
    read: str,
) -> None:
    rows = [{"id": "ACC9", "name": "Acme", "numeric_id": 227799611}]

    async with scenario(lambda _: Reply(payload={"accounts": rows, "total_records": 1})) as s:
        ref = AccountRef("by-number", "227799611")
        provider = s.client.provider(replace(account(), ref=ref))
        with pytest.raises(NotFoundError, match=r"^227799611 is Acme: its id is ACC9$"):
            await getattr(provider, read)()
        assert s.server.lines == ["GET /v3/a.json"]


async def test_an_account_is_called_by_its_handle() -> None:
    async with scenario(lambda _: Reply(status=429), max_wait=0.0) as s:
        with pytest.raises(QuotaError, match=r"^acme has used up its quota"):
            await s.provider.tags()


async def test_no_value_shows_the_key() -> None:
    async with scenario(StandIn()) as s:
        for value in (s.client, s.provider, s.settings, s.client.resources, vars(s.client)):
            assert KEY not in repr(value)


async def test_a_live_tag_costs_less_than_600_bytes() -> None:
    async with scenario(StandIn(tags=tag_rows(4_000))) as s:
        await s.provider.companies()
        tracemalloc.start()
        listing = await s.provider.tags()
        used, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        result = used / len(listing.tags)
    assert result < 600


async def test_a_refusal_by_the_server_is_reported_in_its_words() -> None:
    from tests.callrail.clients import ACCOUNT_PLACE, desired
    from tests.callrail.stand_in import Fault, Reply

    refuse = Reply(status=400, payload={"error": "Color is not included in the list"})
    async with scenario(StandIn(faults=[Fault(method="POST", reply=refuse)])) as s:
        with pytest.raises(RejectedError, match="Color is not included") as caught:
            await s.provider.create(ACCOUNT_PLACE, desired("Lead", "blue9"))
        assert caught.value.status == 400


async def test_an_account_that_cannot_be_closed_keeps_no_connection_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def fail(_provider: object) -> None:
        raise RuntimeError("a read can't be ended")

    transports: list[Any] = []

    async with WireServer(StandIn(tags=tag_rows(1))) as server:
        client = connect(settings(server.url))
        await client.provider(account()).tags()
        transports.extend(client._transports.values())
        monkeypatch.setattr(AccountProvider, "close", fail)
        with pytest.raises(RuntimeError, match="can't be ended"):
            await client.__aexit__(None, None, None)
    assert [one._client.is_closed for one in transports] == [True]
