"""One call is changed as asked, and keeps whatever was not asked about, on any server."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from reconciler.callrail.client import connect
from reconciler.callrail.credentials import Credential
from reconciler.errors import ApplyError, NotFoundError, RefusedError, RejectedError
from reconciler.model.call import Call, CallEdit, call_differences
from reconciler.model.state import Account, Gateway
from reconciler.model.tag import AccountRef
from reconciler.sandbox import Options, Sandbox
from reconciler.sandbox.seeds.reference import ACCOUNT
from reconciler.sandbox.switches import set_switches
from tests.callrail.clients import settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from reconciler.callrail.calls import CallEditor

CALL = "CAL019c46b9fc277a7881e3728fea20869b"
OPPORTUNITY, SCHEDULED = "Opportunity", "Schedule requested"
IDS = {OPPORTUNITY: 7886728, SCHEDULED: 7886733}
ADD = CallEdit(add_tags=(SCHEDULED,))
SWAP = CallEdit(add_tags=(SCHEDULED,), remove_tags=(OPPORTUNITY,))


@asynccontextmanager
async def calls(
    *switches: str, tags: tuple[str, ...] = (OPPORTUNITY,)
) -> AsyncIterator[tuple[CallEditor, Sandbox]]:
    """The calls of a server whose one call has ``tags``."""
    with Sandbox(Options(seed="reference", switches=set_switches(*switches))) as sandbox:
        put(sandbox, *tags)
        key = Credential(
            gateway=Gateway.CALLRAIL,
            key=sandbox.options.direct_keys[0],
            origin_description="CALLRAIL_API_KEY",
        )
        async with connect(settings(sandbox.url, credential=key)) as client:
            yield client.calls_of(Account(ref=AccountRef("acme", ACCOUNT))), sandbox


def put(sandbox: Sandbox, *names: str) -> None:
    sandbox.store.insert("call_tags", [{"call_id": CALL, "tag_id": IDS[name]} for name in names])


def truth(sandbox: Sandbox) -> set[str]:
    """The names of the tags that the call has."""
    sql = "SELECT name FROM tags JOIN call_tags ON tags.id = tag_id"
    return {row["name"] for row in sandbox.store.rows(sql)}


def writes(sandbox: Sandbox) -> int:
    return len(sandbox.log.writes)


async def test_it_is_read_with_all_that_can_be_changed() -> None:
    async with calls() as (api, _):
        call = await api.read(CALL)
    assert call.tags == (OPPORTUNITY,)
    assert (call.note, call.value, call.customer_name) == (None, None, "John Doe")


@pytest.mark.parametrize("append", ["honoured", "flag", "list", "ignored"])
async def test_a_tag_is_added_and_none_is_lost_whatever_the_server_makes_of_it(append: str) -> None:
    async with calls(f"append={append}") as (api, sandbox):
        call = await api.update(await api.read(CALL), ADD)
        assert truth(sandbox) == {OPPORTUNITY, SCHEDULED}
        assert set(call.tags or ()) == {OPPORTUNITY, SCHEDULED}
        assert writes(sandbox) == (1 if append in {"honoured", "flag"} else 2)


@pytest.mark.parametrize("append", ["honoured", "flag", "list", "ignored"])
async def test_a_tag_is_taken_off_and_the_others_stay(append: str) -> None:
    async with calls(f"append={append}", tags=(OPPORTUNITY, SCHEDULED)) as (api, sandbox):
        await api.update(await api.read(CALL), CallEdit(remove_tags=(SCHEDULED,)))
        assert truth(sandbox) == {OPPORTUNITY}
        await api.update(await api.read(CALL), SWAP)
        assert truth(sandbox) == {SCHEDULED}


async def test_texts_are_set_and_cleared() -> None:
    edit = CallEdit(note="Called back", lead_status="good_lead", value="$1,150.5")
    async with calls() as (api, _):
        call = await api.update(await api.read(CALL), edit)
        assert (call.note, call.lead_status, call.value) == ("Called back", "good_lead", "1150.50")
        cleared = CallEdit(note="", lead_status="", value="", customer_name="")
        call = await api.update(call, cleared)
        assert (call.note, call.lead_status, call.value, call.customer_name) == (None,) * 4
        assert call.tags == (OPPORTUNITY,)


async def test_nothing_is_sent_for_what_is_so_already() -> None:
    async with calls() as (api, sandbox):
        await api.update(await api.read(CALL), CallEdit(add_tags=(OPPORTUNITY,), note=""))
        assert writes(sandbox) == 0


@pytest.mark.parametrize("tags", ["null", "missing", "unnamed"])
@pytest.mark.parametrize("edit", [ADD, SWAP])
async def test_tags_that_are_not_shown_are_not_changed(tags: str, edit: CallEdit) -> None:
    async with calls(f"call_tags={tags}") as (api, sandbox):
        with pytest.raises(RefusedError, match="does not show all tags"):
            await api.update(await api.read(CALL), edit)
        assert writes(sandbox) == 0
        await api.update(await api.read(CALL), CallEdit(note="x"))
        assert truth(sandbox) == {OPPORTUNITY}


async def test_tags_may_be_shown_as_objects() -> None:
    async with calls("call_tags=objects") as (api, sandbox):
        await api.update(await api.read(CALL), SWAP)
        assert truth(sandbox) == {SCHEDULED}


@pytest.mark.parametrize("edit", [SWAP, CallEdit(note="mine")])
async def test_what_has_changed_since_it_was_shown_is_refused(edit: CallEdit) -> None:
    async with calls() as (api, sandbox):
        shown = await api.read(CALL)
        put(sandbox, SCHEDULED)
        sandbox.store.run("UPDATE calls SET note = 'theirs'")
        with pytest.raises(RefusedError, match="has changed since it was shown"):
            await api.update(shown, edit)
        assert writes(sandbox) == 0


async def test_a_tag_that_others_add_meanwhile_does_not_keep_ours_off() -> None:
    async with calls(tags=()) as (api, sandbox):
        shown = await api.read(CALL)
        put(sandbox, OPPORTUNITY)
        await api.update(shown, ADD)
        assert truth(sandbox) == {OPPORTUNITY, SCHEDULED}


@pytest.mark.parametrize(
    "fault", ["reset-after-commit", "status-after-commit=502", "reset-before-commit", "body=html"]
)
@pytest.mark.parametrize("edit", [ADD, SWAP])
async def test_a_lost_answer_is_resolved_by_reading(fault: str, edit: CallEdit) -> None:
    async with calls() as (api, sandbox):
        sandbox.faults.add(f"PUT calls nth=1 {fault}")
        await api.update(await api.read(CALL), edit)
        kept = {OPPORTUNITY} if edit is ADD else set()
        assert truth(sandbox) == {SCHEDULED} | kept


@pytest.mark.parametrize("fault", ["PUT calls status=502", "GET calls/ after=2 status=401"])
async def test_what_stays_unknown_is_reported_as_that(fault: str) -> None:
    async with calls() as (api, sandbox):
        sandbox.faults.add(fault)
        with pytest.raises(ApplyError, match="is not known"):
            await api.update(await api.read(CALL), ADD)


async def test_a_server_that_does_nothing_is_reported() -> None:
    async with calls("disabled_tags=ignored") as (api, sandbox):
        sandbox.store.run(f"UPDATE tags SET status = 'disabled' WHERE name = '{SCHEDULED}'")
        with pytest.raises(ApplyError, match=r'is not as asked .* tags is "Opportunity"'):
            await api.update(await api.read(CALL), ADD)


@pytest.mark.parametrize(("status", "error"), [("400", RejectedError), ("403", RejectedError)])
async def test_a_refusal_changes_nothing(status: str, error: type[Exception]) -> None:
    async with calls() as (api, sandbox):
        sandbox.faults.add(f"PUT calls status={status}")
        with pytest.raises(error):
            await api.update(await api.read(CALL), ADD)
        assert truth(sandbox) == {OPPORTUNITY}


async def test_a_spam_mark_hides_the_call() -> None:
    async with calls() as (api, sandbox):
        call = await api.update(await api.read(CALL), CallEdit(spam=True))
        assert call.spam
        assert sandbox.store.value("SELECT spam FROM calls") == 1
        with pytest.raises(NotFoundError):
            await api.read(CALL)


def test_the_order_of_tags_and_the_spelling_of_amounts_differ_in_nothing() -> None:
    one = Call(id="CAL1", company_id="COM1", tags=("A", "B"), value="1.00", note="")
    other = Call(id="CAL1", company_id="COM1", tags=("B", "A"), value="$1", note=None)
    assert call_differences(one, other) == ()
