from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from reconciler.errors import (
    ForbiddenError,
    NotFoundError,
    ReconcilerError,
    RejectedError,
    UnknownOutcomeError,
)
from reconciler.model.tag import Status, Tag
from reconciler.provider import Created, Updated
from tests.callrail.clients import (
    ACCOUNT_PLACE,
    DENTAL,
    KEY,
    FakeClock,
    desired,
    live,
    maton,
    scenario,
)
from tests.callrail.stand_in import Fault, Reply, StandIn, tag_row, tag_rows

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from reconciler.callrail.tags import AccountProvider
    from tests.callrail.stand_in import Call

RESET = Reply(reset=True)
HTML = {"Content-Type": "text/html"}
AMBIGUOUS = [
    RESET,
    Reply(status=500, payload={"error": "oops"}),
    Reply(status=503, body=b"<html>busy</html>", headers=HTML),
    Reply(status=302, headers={"Location": "https://elsewhere.example/"}),
    Reply(status=409, payload={"error": "try later"}),
    Reply(status=413, body=b"<html>too large</html>", headers=HTML),
    Reply(status=425, payload={"error": "too early"}),
    Reply(status=499, body=b"<html>closed</html>", headers=HTML),
]
UNSEEN = [
    Reply(status=201, body=b'{"id": 10', announce=40),
    Reply(status=201, body=b"{"),
    Reply(status=201, body=b""),
    Reply(status=204),
    Reply(status=200, payload={"id": "ten"}),
    Reply(status=200, payload=[]),
    Reply(status=201, payload={"created": True}),
    Reply(status=201, body=b"<html>hello</html>", headers=HTML),
    Reply(status=201, payload={"id": 5}, headers={"Content-Encoding": "gzip"}),
]
REFUSES = [
    Reply(status=200, payload={"error": "Color is invalid"}),
    Reply(status=201, payload={"errors": ["Color is invalid"]}),
]
POST = "POST /v3/a/ACC1/tags.json"
PUT = "PUT /v3/a/ACC1/tags/7.json"


def by_id(provider: AccountProvider, method: str) -> Awaitable[object]:
    """The tag 7 recoloured or deleted."""
    if method == "PUT":
        return provider.update(live(7, "Lead"), Tag("Lead", "red1"))
    return provider.delete(live(7, "Lead"))


@pytest.mark.parametrize("text_ids", [False, True])
@pytest.mark.parametrize("place", [ACCOUNT_PLACE, DENTAL])
async def test_a_tag_is_created_recoloured_disabled_and_deleted(
    place: object, text_ids: bool
) -> None:
    server = StandIn(text_ids=text_ids)

    async with scenario(server) as s:
        made = (await s.provider.create(place, desired("New", "blue1"))).tag  # type: ignore[arg-type]
        red = (await s.provider.update(made, Tag("New", "red1"))).tag
        off = (await s.provider.update(red, Tag("New", None, Status.DISABLED))).tag
        assert (off.color, off.status) == ("red1", Status.DISABLED)
        await s.provider.delete(off)
        assert server.tags == []
        bodies = [call.body for call in s.server.calls if call.method == "PUT"]
        assert bodies == [{"color": "red1"}, {"disabled": True}]
        assert [call.method for call in s.server.calls].count("POST") == 1


async def test_create_sends_the_documented_fields_only() -> None:
    async with scenario(StandIn()) as s:
        await s.provider.create(DENTAL, desired("A", "blue1"))
        await s.provider.create(ACCOUNT_PLACE, desired("B"))
        assert [call.body for call in s.server.calls if call.method == "POST"] == [
            {"name": "A", "tag_level": "company", "color": "blue1", "company_id": "COM1"},
            {"name": "B", "tag_level": "account"},
        ]


async def test_each_gateway_gets_its_own_authorization() -> None:
    async with scenario(StandIn()) as s:
        await s.provider.tags()
        assert s.server.calls[0].headers["authorization"] == f'Token token="{KEY}"'
    async with scenario(StandIn(), credential=maton()) as s:
        await s.provider.tags()
        assert s.server.calls[0].headers["authorization"] == f"Bearer {KEY}"


async def created(server: StandIn, *, name: str = "Lead") -> tuple[Created, int]:
    """What a create after one listing gives, and how often it was sent."""

    async with scenario(server) as s:
        await s.provider.tags()
        made = await s.provider.create(ACCOUNT_PLACE, desired(name))
        return made, s.server.lines.count(POST)


async def fails(server: StandIn, error: type[ReconcilerError], match: str = "") -> int:
    """How often a create that ends in ``error`` was sent."""

    async with scenario(server) as s:
        await s.provider.tags()
        with pytest.raises(error, match=match):
            await s.provider.create(ACCOUNT_PLACE, desired("Lead"))
        return s.server.lines.count(POST)


@pytest.mark.parametrize("reply", AMBIGUOUS, ids=range(len(AMBIGUOUS)))
@pytest.mark.parametrize("commit", [True, False])
async def test_a_create_whose_answer_is_lost_makes_one_tag(reply: Reply, *, commit: bool) -> None:
    server = StandIn(tags=[tag_row(1, "Old")])
    server.faults = [Fault(method="POST", reply=reply, commit=commit)]
    made, posts = await created(server)
    assert [row["name"] for row in server.tags] == ["Old", "Lead"]
    assert (made.tag.id, made.adopted, posts) == (2, commit, 1 if commit else 2)


@pytest.mark.parametrize("reply", UNSEEN, ids=range(len(UNSEEN)))
@pytest.mark.parametrize("lag", [0, 3])
async def test_after_a_2xx_the_tag_is_found_and_never_sent_again(reply: Reply, lag: int) -> None:
    server = StandIn(tags=[tag_row(1, "Old")])
    late = Reply(
        payload={"page": 1, "per_page": 250, "total_records": 1, "tags": [tag_row(1, "Old")]}
    )
    server.faults = [
        Fault(method="POST", reply=reply, commit=True),
        Fault(method="GET", reply=late, nth=2, times=lag),
    ]
    made, posts = await created(server)
    assert (made.tag.id, made.adopted, posts, len(server.tags)) == (2, True, 1, 2)


@pytest.mark.parametrize("reply", UNSEEN, ids=range(len(UNSEEN)))
async def test_after_a_2xx_a_tag_that_is_not_found_is_unknown(reply: Reply) -> None:
    server = StandIn(faults=[Fault(method="POST", reply=reply)])
    assert await fails(server, UnknownOutcomeError, "no listing shows it") == 1


@pytest.mark.parametrize("reply", REFUSES, ids=range(len(REFUSES)))
async def test_an_error_under_2xx_is_a_failure_unless_live_state_shows_the_tag(
    reply: Reply,
) -> None:
    assert (
        await fails(StandIn(faults=[Fault(method="POST", reply=reply)]), RejectedError, "Color")
        == 1
    )
    made, posts = await created(StandIn(faults=[Fault(method="POST", reply=reply, commit=True)]))
    assert (made.tag.name, made.adopted, posts) == ("Lead", True, 1)


async def test_ten_seconds_of_listings_are_read_for_a_lost_create() -> None:
    server = StandIn(faults=[Fault(method="POST", reply=UNSEEN[1])])

    async with scenario(server) as s:
        await s.provider.tags()
        clock = s.settings.clock
        began = clock.monotonic()
        with pytest.raises(UnknownOutcomeError):
            await s.provider.create(ACCOUNT_PLACE, desired("Lead"))
        assert clock.monotonic() - began == pytest.approx(10.0)
        assert server.listings == 1 + 4


STORED = ["lead  quality", "Lead quality", "LEAD QUALITY", "Lead Qualit", "Lead\u00a0Quality"]


@pytest.mark.parametrize("stored", STORED)
@pytest.mark.parametrize("reply", [None, RESET, UNSEEN[1]], ids=["answered", "reset", "unreadable"])
async def test_a_name_that_the_server_tidied_is_known_by_its_id(
    reply: Reply | None, stored: str
) -> None:
    server = StandIn(tags=[tag_row(1, "Old")], tidy=lambda _name: stored)
    if reply is not None:
        server.faults = [Fault(method="POST", reply=reply, commit=True)]
    made, posts = await created(server, name="Lead Quality")
    assert (made.tag.id, made.tag.name, posts) == (2, stored, 1)


async def test_a_tag_that_appeared_since_the_listing_is_adopted_without_a_request() -> None:
    server = StandIn()

    async with scenario(server) as s:
        await s.provider.tags()
        server.tags.append(tag_row(7, "Lead"))
        await s.provider.tags()
        made = await s.provider.create(ACCOUNT_PLACE, desired("Lead"))
        assert (made.tag.id, made.adopted) == (7, True)
        server.tags.append(tag_row(8, "Spam", color="red1"))
        await s.provider.tags()
        with pytest.raises(RejectedError, match="appeared"):
            await s.provider.create(ACCOUNT_PLACE, desired("Spam", "blue1"))
        assert POST not in s.server.lines


async def test_a_listing_that_lags_behind_our_own_writes_proves_nothing() -> None:
    server = StandIn()
    empty = Reply(payload={"page": 1, "per_page": 250, "total_records": 0, "tags": []})
    server.faults = [
        Fault(method="POST", reply=RESET, nth=2, commit=True),
        Fault(method="GET", reply=empty, times=99),
    ]

    async with scenario(server) as s:
        await s.provider.tags()
        await s.provider.create(ACCOUNT_PLACE, desired("First"))
        with pytest.raises(UnknownOutcomeError, match="lags"):
            await s.provider.create(ACCOUNT_PLACE, desired("Second"))
        assert len(server.tags) == s.server.lines.count(POST) == 2


@pytest.mark.parametrize("commit", [True, False])
async def test_a_create_that_is_lost_twice_is_found_or_unknown(*, commit: bool) -> None:
    server = StandIn()
    server.faults = [Fault(method="POST", reply=RESET, times=1), Fault(method="POST", reply=RESET)]
    server.faults[1].commit = commit

    async with scenario(server) as s:
        if commit:
            assert (await s.provider.create(ACCOUNT_PLACE, desired("Lead"))).adopted
        else:
            with pytest.raises(UnknownOutcomeError):
                await s.provider.create(ACCOUNT_PLACE, desired("Lead"))
        assert s.server.lines.count("POST /v3/a/ACC1/tags.json") == 2


async def test_several_new_tags_of_the_name_stop_the_create() -> None:
    server = StandIn()
    server.faults = [Fault(method="POST", reply=RESET, commit=True)]

    async with scenario(server) as s:
        await s.provider.tags()
        server.tags.append(tag_row(50, "Lead"))
        with pytest.raises(UnknownOutcomeError, match="2 new tags"):
            await s.provider.create(ACCOUNT_PLACE, desired("Lead"))


async def test_lost_creates_share_their_reads() -> None:
    server = StandIn(tags=tag_rows(10))
    server.faults = [Fault(method="POST", reply=RESET, commit=True, times=10)]

    async with scenario(server) as s:
        await s.provider.tags()
        expectations = [desired(f"new {n}") for n in range(10)]
        made = await asyncio.gather(*(s.provider.create(ACCOUNT_PLACE, w) for w in expectations))
        assert [each.tag.name for each in made] == [w.name for w in expectations]
        assert server.listings <= 4


async def test_a_name_that_our_own_lost_request_took_is_adopted() -> None:
    server = StandIn(unique=True)
    server.faults = [Fault(method="POST", reply=RESET, commit=True)]
    hidden = [Reply(payload={"page": 1, "per_page": 250, "total_records": 0, "tags": []})]
    server.faults.append(Fault(method="GET", path="tags.json", reply=hidden[0], times=3))

    async with scenario(server) as s:
        await s.provider.tags()
        assert (await s.provider.create(ACCOUNT_PLACE, desired("Lead"))).adopted
    assert len(server.tags) == 1


async def test_a_name_that_someone_else_has_is_a_conflict() -> None:
    server = StandIn(unique=True)

    async with scenario(server) as s:
        await s.provider.tags()
        server.tags.append(tag_row(1, "Lead", color="red1"))
        with pytest.raises(RejectedError, match="taken") as caught:
            await s.provider.create(ACCOUNT_PLACE, desired("Lead", "blue1"))
        assert caught.value.status == 422
        assert (await s.provider.create(ACCOUNT_PLACE, desired("Lead", "red1"))).adopted


@pytest.mark.parametrize("reply", AMBIGUOUS, ids=range(len(AMBIGUOUS)))
@pytest.mark.parametrize("commit", [True, False])
async def test_an_update_whose_answer_is_lost_is_done_once_it_shows(
    reply: Reply, *, commit: bool
) -> None:
    server = StandIn(tags=[tag_row(7, "Lead")])
    server.faults = [Fault(method="PUT", reply=reply, commit=commit)]

    async with scenario(server) as s:
        changed = await s.provider.update(live(7, "Lead"), Tag("Lead", "red1"))
        assert (changed.tag.color, changed.already) == ("red1", False)
        assert s.server.lines.count(PUT) == (1 if commit else 2)


async def test_an_update_that_stays_lost_is_unknown() -> None:
    server = StandIn(tags=[tag_row(7, "Lead")])
    server.faults = [Fault(method="PUT", reply=RESET, times=9)]

    async with scenario(server) as s:
        with pytest.raises(UnknownOutcomeError):
            await s.provider.update(live(7, "Lead"), Tag("Lead", "red1"))
        assert s.server.lines.count(PUT) == 3


@pytest.mark.parametrize("reply", [*UNSEEN, Reply(payload=tag_row(7, "Lead"))])
async def test_an_update_that_was_accepted_is_read_and_never_sent_again(reply: Reply) -> None:
    for commit in (True, False):
        server = StandIn(tags=[tag_row(7, "Lead")])
        server.faults = [Fault(method="PUT", reply=reply, commit=commit)]
        page = reply.headers == HTML or "Content-Encoding" in reply.headers

        async def work(server: StandIn = server) -> tuple[str | None, int]:
            async with scenario(server) as s:
                changed = await s.provider.update(live(7, "Lead"), Tag("Lead", "red1"))
                return changed.tag.color, s.server.lines.count(PUT)

        color, puts = await work()
        if page:
            # A page under 200 is no answer of the API: ambiguous, and a PUT may be repeated.
            assert (color, puts) == ("red1", 1 if commit else 2)
        else:
            silent = reply.status == 204
            assert (color, puts) == ("red1" if commit or silent else "gray1", 1)


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
@pytest.mark.parametrize("reply", REFUSES, ids=range(len(REFUSES)))
async def test_a_write_with_an_error_under_2xx_is_what_live_state_shows(
    method: str, reply: Reply
) -> None:
    for commit in (True, False):
        server = StandIn(tags=[tag_row(7, "Lead"), tag_row(8, "Other")])
        server.faults = [Fault(method=method, reply=reply, commit=commit)]

        async def work(server: StandIn = server) -> int:
            async with scenario(server) as s:
                write = by_id(s.provider, method)
                if commit:  # noqa: B023 - run within this turn of the loop
                    await write
                else:
                    with pytest.raises(RejectedError, match="Color is invalid"):
                        await write
                return sum(call.method == method for call in s.server.calls)

        assert await work() == 1


@pytest.mark.parametrize("text_ids", [False, True])
async def test_a_color_or_name_that_the_server_changes_is_done_as_it_is_stored(
    *, text_ids: bool
) -> None:
    server = StandIn(tags=[tag_row(7, "Lead")], text_ids=text_ids, tidy=str.upper)

    async with scenario(server) as s:
        changed = await s.provider.update(live(7, "Lead"), Tag("Vip", "red1"))
        assert (changed.tag.name, changed.tag.color) == ("VIP", "red1")
        assert s.server.lines.count(PUT) == 1


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_a_403_is_about_one_tag(method: str) -> None:
    server = StandIn(tags=[tag_row(7, "Lead")])
    no = {"error": "You do not have permission to perform the requested action"}
    server.faults = [Fault(method=method, reply=Reply(status=403, payload=no))]

    async with scenario(server) as s:
        with pytest.raises(ForbiddenError, match="You do not have permission"):
            await by_id(s.provider, method)


async def test_a_403_to_the_delete_of_what_is_gone_is_no_failure() -> None:
    server = StandIn(tags=[tag_row(7, "Lead"), tag_row(8, "Other")])
    no = Reply(status=403, payload={"error": "no"})
    server.faults = [Fault(method="DELETE", reply=no, commit=True)]

    async with scenario(server) as s:
        assert await s.provider.delete(live(7, "Lead")) is False


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_a_tag_that_others_changed_is_not_overwritten_or_deleted(method: str) -> None:
    server = StandIn(tags=[tag_row(7, "Lead"), tag_row(8, "Other")])

    async with scenario(server) as s:
        await s.provider.tags()
        server.tags[0]["color"] = "blue2"
        await s.settings.clock.sleep(2.5)
        with pytest.raises(RejectedError, match="its color is blue2, not gray1"):
            await by_id(s.provider, method)
        assert [call.method for call in s.server.calls] == ["GET", "GET"]


async def test_one_read_serves_many_writes_and_a_young_one_needs_none() -> None:
    server = StandIn(tags=tag_rows(10))

    async with scenario(server) as s:
        await s.provider.tags()
        await s.provider.update(live(1, "tag 1"), desired("a"))
        assert server.listings == 1
        await s.settings.clock.sleep(2.5)
        writes = [s.provider.update(live(n, f"tag {n}"), desired(f"b{n}")) for n in range(2, 11)]
        await asyncio.gather(*writes)
        assert server.listings == 2


@pytest.mark.parametrize(
    ("place", "honest", "most"), [("COM7", True, 1), (None, True, 1), ("COM7", False, 81)]
)
async def test_20000_tags_are_not_read_for_one_write(
    place: str | None, honest: bool, most: int
) -> None:
    rows = [tag_row(n, f"t{n}", company=f"COM{n % 400}") for n in range(1, 20_001)]
    rows.append(tag_row(20_001, "Lead", company=place))
    server = StandIn(
        tags=rows,
        filter_by_company="own" if honest else "ignored",
        filter_by_level=honest,
    )

    async with scenario(server) as s:
        await s.provider.tags()
        await s.settings.clock.sleep(2.5)
        before = s.client.requests
        tag = live(20_001, "Lead", company_id=place)
        await s.provider.update(tag, Tag("Lead", "red1"))
        assert s.client.requests - before - 1 <= most + (not honest)


async def test_an_update_of_a_tag_that_is_gone_is_a_conflict() -> None:
    async with scenario(StandIn()) as s:
        with pytest.raises(NotFoundError, match="gone"):
            await s.provider.update(live(7, "Lead"), Tag("Lead", "red1"))


async def test_nothing_is_sent_when_nothing_differs() -> None:
    async with scenario(StandIn()) as s:
        tag = live(7, "Lead")
        assert await s.provider.update(tag, Tag("Lead", None)) == Updated(tag=tag, already=True)
        assert s.client.requests == 0


async def test_deleting_what_is_gone_is_done() -> None:
    async with scenario(StandIn()) as s:
        assert await s.provider.delete(live(7, "Lead")) is False


async def test_a_404_to_a_delete_is_done() -> None:
    server = StandIn(tags=[tag_row(7, "Lead")])
    server.before = lambda call: server.tags.clear() if call.method == "DELETE" else None

    async with scenario(server) as s:
        assert await s.provider.delete(live(7, "Lead")) is False
        assert [call.method for call in s.server.calls] == ["GET", "DELETE"]


@pytest.mark.parametrize("commit", [True, False])
async def test_a_delete_whose_answer_is_lost_ends_certain(*, commit: bool) -> None:
    server = StandIn(tags=[tag_row(7, "Lead"), tag_row(8, "Other")])
    server.faults = [Fault(method="DELETE", reply=RESET, commit=commit)]

    async with scenario(server) as s:
        await s.provider.delete(live(7, "Lead"))
    assert [row["id"] for row in server.tags] == [8]


async def test_a_lost_delete_is_not_repeated_on_a_tag_that_changed() -> None:
    server = StandIn(tags=[tag_row(7, "Lead")])
    server.faults = [Fault(method="DELETE", reply=RESET)]

    async with scenario(server) as s:
        server.tags[0]["name"] = "Renamed"
        with pytest.raises(RejectedError, match="changed"):
            await s.provider.delete(live(7, "Lead"))
    assert len(server.tags) == 1


async def test_a_page_of_404_does_not_prove_that_a_tag_is_gone() -> None:
    server = StandIn(tags=[tag_row(7, "Lead")])
    html = Reply(status=404, body=b"<html>lost</html>", headers={"Content-Type": "text/html"})
    server.faults = [Fault(method="DELETE", reply=html)]

    async with scenario(server) as s:
        await s.provider.delete(live(7, "Lead"))
        assert s.server.lines.count("DELETE /v3/a/ACC1/tags/7.json") == 2
    assert server.tags == []


async def test_a_failed_read_never_counts_as_gone() -> None:
    server = StandIn(tags=[tag_row(7, "Lead")])
    short = Reply(payload={"page": 1, "per_page": 250, "total_records": 1, "tags": []})
    server.faults = [
        Fault(method="DELETE", reply=RESET),
        Fault(method="GET", reply=short, nth=2, times=99),
    ]

    async with scenario(server) as s:
        await s.provider.tags()
        with pytest.raises(UnknownOutcomeError):
            await s.provider.delete(live(7, "Lead"))


async def refused_after(first: Reply, then: Reply) -> type[Exception]:
    """The error of a create that meets ``first`` and, sent again, ``then``."""
    server = StandIn(
        faults=[Fault(method="POST", reply=first), Fault(method="POST", reply=then, times=99)]
    )

    async with scenario(server, max_wait=0.0) as s:
        with pytest.raises(ReconcilerError) as caught:
            await s.provider.create(ACCOUNT_PLACE, desired("Lead"))
        return type(caught.value)


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
async def test_a_repeated_create_ends_certain_only_when_the_server_confirms_it(
    then: Reply, kind: type[Exception]
) -> None:
    assert await refused_after(RESET, then) is kind


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_a_repeated_write_that_can_not_be_sent_stays_unknown(method: str) -> None:
    server = StandIn(tags=[tag_row(7, "Lead")])
    refuse = Reply(status=401, payload={"error": "no"})
    server.faults = [Fault(method=method, reply=RESET), Fault(method=method, reply=refuse)]

    async with scenario(server) as s:
        with pytest.raises(UnknownOutcomeError):
            await by_id(s.provider, method)


async def test_a_lost_write_is_unknown_when_the_read_fails() -> None:
    server = StandIn(unique=True)
    page = Reply(body=b"<html>", headers={"Content-Type": "text/html"})
    server.faults = [Fault(method="GET", reply=page, nth=2, times=99)]

    async with scenario(server) as s:
        await s.provider.tags()
        server.tags.append(tag_row(1, "Lead"))
        with pytest.raises(UnknownOutcomeError):
            await s.provider.create(ACCOUNT_PLACE, desired("Lead"))


async def test_an_answer_without_a_body_is_success_for_an_update() -> None:
    server = StandIn(tags=[tag_row(7, "Lead")])
    server.faults = [Fault(method="PUT", reply=Reply(status=204), commit=True)]

    async with scenario(server) as s:
        changed = await s.provider.update(live(7, "Lead"), Tag("Lead 2"))
        assert changed.tag == live(7, "Lead 2")
        assert [call.method for call in s.server.calls] == ["GET", "PUT"]


async def test_an_answer_about_another_tag_proves_nothing() -> None:
    server = StandIn(tags=[tag_row(7, "Lead")])
    server.faults = [Fault(method="PUT", reply=Reply(payload=tag_row(8, "Lead")), commit=True)]

    async with scenario(server) as s:
        changed = await s.provider.update(live(7, "Lead"), Tag("Lead", "red1"))
        assert (changed.tag.id, changed.tag.color) == (7, "red1")


async def test_the_api_creates_no_disabled_tag() -> None:
    async with scenario(StandIn()) as s:
        with pytest.raises(ValueError, match="enabled"):
            await s.provider.create(ACCOUNT_PLACE, Tag("Lead", None, Status.DISABLED))


async def test_a_create_outside_of_what_was_read_reads_first() -> None:
    server = StandIn(tags=[tag_row(n, f"t{n}", company=f"COM{n % 9}") for n in range(1, 2_001)])
    server.faults = [Fault(method="POST", reply=RESET, commit=True)]

    async with scenario(server) as s:
        await s.provider.tags({"COM1"})
        made = await s.provider.create(ACCOUNT_PLACE, desired("Lead"))
        assert (made.tag.id, made.adopted) == (2_001, True)


async def test_a_tag_of_another_create_on_its_way_is_no_form_of_a_lost_one() -> None:
    server = StandIn()

    async def slow(call: Call) -> Reply:
        if call.method == "POST" and call.body["name"] == "Lead":  # type: ignore[index]
            return RESET
        reply = server(call)
        if call.method == "POST":
            await asyncio.sleep(0.2)
        return reply

    async with scenario(slow) as s:
        await s.provider.tags()
        expectations = [
            s.provider.create(ACCOUNT_PLACE, desired(name)) for name in ("LEAD", "Lead")
        ]
        upper, lower = await asyncio.gather(*expectations, return_exceptions=True)
        assert isinstance(lower, UnknownOutcomeError)
        assert upper == Created(tag=live(101, "LEAD"), adopted=False)


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_a_read_that_a_quota_stopped_half_way_is_old(method: str) -> None:
    rows = [tag_row(n, f"t{n}") for n in range(1_001, 1_601)]
    rows[300] = tag_row(7, "Lead")
    server = StandIn(tags=rows)
    throttled = Reply(status=429, payload={"error": "slow down"}, headers={"Retry-After": "3600"})
    asked: list[str] = []

    def pause(call: Call) -> Reply:
        asked.append(f"{call.method} {call.query.get('page')}")
        # Page 2 is seen, page 3 an hour later; between them someone recolours what page 2 had.
        if asked.count("GET 3") == 2 and rows[300]["color"] == "gray1":
            rows[300]["color"] = "blue2"
            return throttled
        return server(call)

    async with scenario(pause, max_wait=7_200.0, parallelism=1) as s:
        await s.provider.tags()
        await s.settings.clock.sleep(2.5)
        with pytest.raises(RejectedError, match="its color is blue2"):
            await by_id(s.provider, method)
        assert f"{method} None" not in asked


async def test_a_slow_server_is_asked_for_no_more_than_a_quick_one() -> None:
    clock = FakeClock()

    def slowly(_call: Call) -> None:
        clock.now += 3.0

    server = StandIn(before=slowly)

    async with scenario(server, clock=clock) as s:
        await s.provider.tags()
        for number in range(8):
            await s.provider.create(ACCOUNT_PLACE, desired(f"Lead {number}"))
        assert server.listings == 1


async def test_a_refused_delete_stays_refused_where_it_can_not_be_read_again() -> None:
    server = StandIn(tags=[tag_row(7, "Lead")])
    server.faults = [
        Fault(method="DELETE", reply=Reply(status=403, payload={"error": "no permission"})),
        Fault(method="GET", reply=Reply(status=401, payload={"error": "no"}), nth=2, times=99),
    ]

    async with scenario(server) as s:
        await s.provider.tags()
        with pytest.raises(ForbiddenError, match="no permission"):
            await s.provider.delete(live(7, "Lead"))


async def test_what_an_error_under_2xx_did_in_part_is_reported() -> None:
    server = StandIn(tags=[tag_row(7, "Lead")])
    refusal = Reply(payload={"id": None, "errors": ["Color is locked"]})
    server.faults = [Fault(method="PUT", reply=refusal)]

    def renames(call: Call) -> None:
        if call.method == "PUT":
            server.tags[0]["name"] = "Hot lead"

    async with scenario(server) as s:
        await s.provider.tags()
        server.before = renames
        with pytest.raises(RejectedError, match=r"Color is locked.*called 'Hot lead'") as caught:
            await s.provider.update(live(7, "Lead"), Tag("Hot lead", "red1"))
        assert caught.value.in_part


async def test_a_create_that_the_server_made_elsewhere_is_not_to_be_sent_again() -> None:
    elsewhere = Reply(status=201, payload=tag_row(5, "Lead", company="COM9"))
    server = StandIn(faults=[Fault(method="POST", reply=elsewhere)])

    async with scenario(server) as s:
        await s.provider.tags()
        with pytest.raises(UnknownOutcomeError, match=r"id 5.*in another place") as caught:
            await s.provider.create(ACCOUNT_PLACE, desired("Lead"))
        assert "run it again only once CallRail shows" in str(caught.value.hint)
        assert s.server.lines.count(POST) == 1
