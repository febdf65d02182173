from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.errors import (
    NotFoundError,
    ReconcilerError,
    RejectedError,
    UnknownOutcomeError,
)
from reconciler.model.tag import Status, Tag
from tests.callrail.clients import ACCOUNT_PLACE, DENTAL, KEY, live, maton, run, stage, wish
from tests.callrail.tag_server import Fault, TagServer, tag_row, tag_rows
from tests.callrail.wire_server import Reply

if TYPE_CHECKING:
    from reconciler.provider import Made

RESET = Reply(reset=True)
LOST = [
    RESET,
    Reply(status=500, payload={"error": "oops"}),
    Reply(status=503, body=b"<html>busy</html>", headers={"Content-Type": "text/html"}),
    Reply(status=201, body=b'{"id": 10', announce=40),
    Reply(status=201, body=b"<html>hello</html>", headers={"Content-Type": "text/html"}),
    Reply(status=201, body=b"{"),
    Reply(status=200, payload={"id": "ten"}),
    Reply(status=302, headers={"Location": "https://elsewhere.example/"}),
    Reply(status=201, payload={"id": 5}, headers={"Content-Encoding": "gzip"}),
]


@pytest.mark.parametrize("text_ids", [False, True])
@pytest.mark.parametrize("place", [ACCOUNT_PLACE, DENTAL])
def test_a_tag_is_created_recoloured_disabled_and_deleted(place: object, text_ids: bool) -> None:
    server = TagServer(text_ids=text_ids)

    async def work() -> None:
        async with stage(server) as s:
            made = (await s.provider.create(place, wish("New", "blue1"))).tag  # type: ignore[arg-type]
            red = await s.provider.update(made, Tag("New", "red1"))
            off = await s.provider.update(red, Tag("New", None, Status.DISABLED))
            assert (off.color, off.status) == ("red1", Status.DISABLED)
            await s.provider.delete(off)
            assert server.tags == []
            bodies = [call.body for call in s.server.calls if call.method == "PUT"]
            assert bodies == [{"color": "red1"}, {"disabled": True}]
            assert [call.method for call in s.server.calls].count("POST") == 1

    run(work())


def test_create_sends_the_documented_fields_only() -> None:
    async def work() -> None:
        async with stage(TagServer()) as s:
            await s.provider.create(DENTAL, wish("A", "blue1"))
            await s.provider.create(ACCOUNT_PLACE, wish("B"))
            assert [call.body for call in s.server.calls if call.method == "POST"] == [
                {"name": "A", "tag_level": "company", "color": "blue1", "company_id": "COM1"},
                {"name": "B", "tag_level": "account"},
            ]

    run(work())


def test_each_door_gets_its_own_authorization() -> None:
    async def work() -> None:
        async with stage(TagServer()) as s:
            await s.provider.tags()
            assert s.server.calls[0].headers["authorization"] == f'Token token="{KEY}"'
        async with stage(TagServer(), credential=maton()) as s:
            await s.provider.tags()
            assert s.server.calls[0].headers["authorization"] == f"Bearer {KEY}"

    run(work())


@pytest.mark.parametrize("reply", LOST, ids=range(len(LOST)))
@pytest.mark.parametrize("commit", [True, False])
def test_a_create_whose_answer_is_lost_makes_one_tag(reply: Reply, *, commit: bool) -> None:
    server = TagServer(tags=[tag_row(1, "Lead")])
    server.faults = [Fault(method="POST", reply=reply, commit=commit)]

    async def work() -> Made:
        async with stage(server) as s:
            await s.provider.tags()
            return await s.provider.create(ACCOUNT_PLACE, wish("Lead"))

    made = run(work())
    assert [row["name"] for row in server.tags] == ["Lead", "Lead"]
    assert made.tag.id == 2
    assert made.adopted is commit


@pytest.mark.parametrize("commit", [True, False])
def test_a_create_that_is_lost_twice_is_found_or_unknown(*, commit: bool) -> None:
    server = TagServer()
    server.faults = [Fault(method="POST", reply=RESET, times=1), Fault(method="POST", reply=RESET)]
    server.faults[1].commit = commit

    async def work() -> None:
        async with stage(server) as s:
            if commit:
                assert (await s.provider.create(ACCOUNT_PLACE, wish("Lead"))).adopted
            else:
                with pytest.raises(UnknownOutcomeError):
                    await s.provider.create(ACCOUNT_PLACE, wish("Lead"))
            assert s.server.lines.count("POST /v3/a/ACC1/tags.json") == 2

    run(work())


def test_several_new_tags_of_the_name_stop_the_create() -> None:
    server = TagServer()
    server.faults = [Fault(method="POST", reply=RESET, commit=True)]

    async def work() -> None:
        async with stage(server) as s:
            await s.provider.tags()
            server.tags.append(tag_row(50, "Lead"))
            with pytest.raises(UnknownOutcomeError, match="2 new tags"):
                await s.provider.create(ACCOUNT_PLACE, wish("Lead"))

    run(work())


def test_lost_creates_share_their_looks() -> None:
    server = TagServer(tags=tag_rows(10))
    server.faults = [Fault(method="POST", reply=RESET, commit=True, times=10)]

    async def work() -> None:
        import asyncio

        async with stage(server) as s:
            await s.provider.tags()
            wishes = [wish(f"new {n}") for n in range(10)]
            made = await asyncio.gather(*(s.provider.create(ACCOUNT_PLACE, w) for w in wishes))
            assert [each.tag.name for each in made] == [w.name for w in wishes]
            assert server.listings <= 4

    run(work())


def test_a_name_that_our_own_lost_request_took_is_adopted() -> None:
    server = TagServer(unique=True)
    server.faults = [Fault(method="POST", reply=RESET, commit=True)]
    hidden = [Reply(payload={"page": 1, "per_page": 250, "total_records": 0, "tags": []})]
    server.faults.append(Fault(method="GET", path="tags.json", reply=hidden[0], times=3))

    async def work() -> None:
        async with stage(server) as s:
            await s.provider.tags()
            assert (await s.provider.create(ACCOUNT_PLACE, wish("Lead"))).adopted

    run(work())
    assert len(server.tags) == 1


def test_a_name_that_someone_else_has_is_a_conflict() -> None:
    server = TagServer(unique=True, tags=[tag_row(1, "Lead")])

    async def work() -> None:
        async with stage(server) as s:
            await s.provider.tags()
            with pytest.raises(RejectedError, match="taken") as caught:
                await s.provider.create(ACCOUNT_PLACE, wish("Lead"))
            assert caught.value.status == 422

    run(work())


@pytest.mark.parametrize("reply", LOST[:-2], ids=range(len(LOST) - 2))
@pytest.mark.parametrize("commit", [True, False])
def test_an_update_whose_answer_is_lost_is_done_once_it_shows(
    reply: Reply, *, commit: bool
) -> None:
    server = TagServer(tags=[tag_row(7, "Lead")])
    server.faults = [Fault(method="PUT", reply=reply, commit=commit)]

    async def work() -> None:
        async with stage(server) as s:
            changed = await s.provider.update(live(7, "Lead"), Tag("Lead", "red1"))
            assert changed.color == "red1"
            assert s.server.lines.count("PUT /v3/a/ACC1/tags/7.json") == (1 if commit else 2)

    run(work())


def test_an_update_that_stays_lost_is_unknown() -> None:
    server = TagServer(tags=[tag_row(7, "Lead")])
    server.faults = [Fault(method="PUT", reply=RESET, times=9)]

    async def work() -> None:
        async with stage(server) as s:
            with pytest.raises(UnknownOutcomeError):
                await s.provider.update(live(7, "Lead"), Tag("Lead", "red1"))
            assert s.server.lines.count("PUT /v3/a/ACC1/tags/7.json") == 3

    run(work())


def test_an_update_that_the_server_ignores_is_no_success() -> None:
    server = TagServer(tags=[tag_row(7, "Lead")])
    server.faults = [Fault(method="PUT", reply=Reply(payload=tag_row(7, "Lead")))]

    async def work() -> None:
        async with stage(server) as s:
            with pytest.raises(RejectedError, match="left color as it was"):
                await s.provider.update(live(7, "Lead"), Tag("Lead", "red1"))

    run(work())


def test_an_update_of_a_tag_that_is_gone_is_a_conflict() -> None:
    async def work() -> None:
        async with stage(TagServer()) as s:
            with pytest.raises(NotFoundError, match="gone"):
                await s.provider.update(live(7, "Lead"), Tag("Lead", "red1"))

    run(work())


def test_nothing_is_sent_when_nothing_differs() -> None:
    async def work() -> None:
        async with stage(TagServer()) as s:
            tag = live(7, "Lead")
            assert await s.provider.update(tag, Tag("Lead", None)) is tag
            assert s.client.requests == 0

    run(work())


def test_deleting_what_is_gone_is_done() -> None:
    async def work() -> None:
        async with stage(TagServer()) as s:
            await s.provider.delete(live(7, "Lead"))
            assert s.client.requests == 1

    run(work())


@pytest.mark.parametrize("commit", [True, False])
def test_a_delete_whose_answer_is_lost_ends_certain(*, commit: bool) -> None:
    server = TagServer(tags=[tag_row(7, "Lead"), tag_row(8, "Other")])
    server.faults = [Fault(method="DELETE", reply=RESET, commit=commit)]

    async def work() -> None:
        async with stage(server) as s:
            await s.provider.delete(live(7, "Lead"))

    run(work())
    assert [row["id"] for row in server.tags] == [8]


def test_a_lost_delete_is_not_repeated_on_a_tag_that_changed() -> None:
    server = TagServer(tags=[tag_row(7, "Lead")])
    server.faults = [Fault(method="DELETE", reply=RESET)]

    async def work() -> None:
        async with stage(server) as s:
            server.tags[0]["name"] = "Renamed"
            with pytest.raises(RejectedError, match="changed"):
                await s.provider.delete(live(7, "Lead"))

    run(work())
    assert len(server.tags) == 1


def test_a_page_of_404_does_not_prove_that_a_tag_is_gone() -> None:
    server = TagServer(tags=[tag_row(7, "Lead")])
    html = Reply(status=404, body=b"<html>lost</html>", headers={"Content-Type": "text/html"})
    server.faults = [Fault(method="DELETE", reply=html)]

    async def work() -> None:
        async with stage(server) as s:
            await s.provider.delete(live(7, "Lead"))
            assert s.server.lines.count("DELETE /v3/a/ACC1/tags/7.json") == 2

    run(work())
    assert server.tags == []


def test_a_failed_look_never_counts_as_gone() -> None:
    server = TagServer(tags=[tag_row(7, "Lead")])
    short = Reply(payload={"page": 1, "per_page": 250, "total_records": 1, "tags": []})
    server.faults = [
        Fault(method="DELETE", reply=RESET),
        Fault(method="GET", reply=short, times=99),
    ]

    async def work() -> None:
        async with stage(server) as s:
            with pytest.raises(UnknownOutcomeError):
                await s.provider.delete(live(7, "Lead"))

    run(work())


def refused_after(first: Reply, then: Reply) -> type[Exception]:
    """The error of a create that meets ``first`` and, sent again, ``then``."""
    server = TagServer(
        faults=[Fault(method="POST", reply=first), Fault(method="POST", reply=then, times=99)]
    )

    async def work() -> type[Exception]:
        async with stage(server, max_wait=0.0) as s:
            with pytest.raises(ReconcilerError) as caught:
                await s.provider.create(ACCOUNT_PLACE, wish("Lead"))
            return type(caught.value)

    return run(work())


@pytest.mark.parametrize(
    ("then", "kind"),
    [
        (Reply(status=422, payload={"error": "Name is too long"}), RejectedError),
        (Reply(status=422, payload={"error": "Name is taken"}), RejectedError),
        (Reply(status=401, payload={"error": "no"}), UnknownOutcomeError),
        (Reply(status=429, payload={"error": "no"}), UnknownOutcomeError),
        (RESET, UnknownOutcomeError),
    ],
)
def test_a_repeated_create_ends_certain_only_when_the_server_says_so(
    then: Reply, kind: type[Exception]
) -> None:
    assert refused_after(RESET, then) is kind


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_repeated_write_that_can_not_be_sent_stays_unknown(method: str) -> None:
    server = TagServer(tags=[tag_row(7, "Lead")])
    refuse = Reply(status=401, payload={"error": "no"})
    server.faults = [Fault(method=method, reply=RESET), Fault(method=method, reply=refuse)]

    async def work() -> None:
        async with stage(server) as s:
            write = (
                s.provider.delete(live(7, "Lead"))
                if method == "DELETE"
                else s.provider.update(live(7, "Lead"), Tag("Lead", "red1"))
            )
            with pytest.raises(UnknownOutcomeError):
                await write

    run(work())


def test_a_lost_write_is_unknown_when_the_look_fails() -> None:
    server = TagServer(unique=True, tags=[tag_row(1, "Lead")])
    page = Reply(body=b"<html>", headers={"Content-Type": "text/html"})
    server.faults = [Fault(method="GET", reply=page, nth=2, times=99)]

    async def work() -> None:
        async with stage(server) as s:
            await s.provider.tags()
            with pytest.raises(UnknownOutcomeError):
                await s.provider.create(ACCOUNT_PLACE, wish("Lead"))

    run(work())


def test_an_answer_without_a_body_is_success_for_an_update() -> None:
    server = TagServer(tags=[tag_row(7, "Lead")])
    server.faults = [Fault(method="PUT", reply=Reply(status=204), commit=True)]

    async def work() -> None:
        async with stage(server) as s:
            changed = await s.provider.update(live(7, "Lead"), Tag("Lead 2"))
            assert changed == live(7, "Lead 2")
            assert s.client.requests == 1

    run(work())


def test_an_answer_about_another_tag_proves_nothing() -> None:
    server = TagServer(tags=[tag_row(7, "Lead")])
    server.faults = [Fault(method="PUT", reply=Reply(payload=tag_row(8, "Lead")), commit=True)]

    async def work() -> None:
        async with stage(server) as s:
            changed = await s.provider.update(live(7, "Lead"), Tag("Lead", "red1"))
            assert (changed.id, changed.color) == (7, "red1")

    run(work())


def test_the_api_creates_no_disabled_tag() -> None:
    async def work() -> None:
        async with stage(TagServer()) as s:
            with pytest.raises(ValueError, match="enabled"):
                await s.provider.create(ACCOUNT_PLACE, Tag("Lead", None, Status.DISABLED))

    run(work())


def test_a_create_outside_of_what_was_read_reads_first() -> None:
    server = TagServer(tags=[tag_row(n, f"t{n}", company=f"COM{n % 9}") for n in range(1, 2_001)])
    server.tags.append(tag_row(5_000, "Lead"))
    server.faults = [Fault(method="POST", reply=RESET, commit=True)]

    async def work() -> None:
        async with stage(server) as s:
            await s.provider.tags({"COM1"})
            made = await s.provider.create(ACCOUNT_PLACE, wish("Lead"))
            assert (made.tag.id, made.adopted) == (5_001, True)

    run(work())
