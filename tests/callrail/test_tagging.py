"""One tag put on one interaction: what each answer means, and that twice does no harm."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from reconciler.errors import (
    NotFoundError,
    ProtocolError,
    RejectedError,
    UnknownOutcomeError,
)
from reconciler.model.interaction import Interaction, Kind
from tests.callrail.clients import live, straight
from tests.callrail.stand_in import BASE, Call, Reply, page, tag_row

NEW = live(2, "Opportunity", company_id="COM1")
CALL = Interaction(kind=Kind.CALL, id="CAL1", company_id="COM1", tags=("Oppty",))
ADD = f"PUT {BASE}/calls/CAL1.json"


@dataclass
class OneCall:
    """An account with one call; ``replies`` are given to PUTs in turn, and None acts as asked."""

    replies: list[Reply | None] = field(default_factory=list)
    commits: bool = True
    tags: list[str] = field(default_factory=lambda: ["Oppty"])
    live: list[dict[str, object]] = field(
        default_factory=lambda: [tag_row(2, "Opportunity", company="COM1")]
    )
    asked: list[str] = field(default_factory=list)

    def __call__(self, call: Call) -> Reply:
        self.asked.append(call.line)
        if call.path.endswith("tags.json"):
            return Reply(payload=page(self.live, call, key="tags", cap=250))
        if call.method == "PUT":
            assert call.body == {"tags": ["Opportunity"], "append_tags": True}
            reply = self.replies.pop(0) if self.replies else None
            if reply is None or self.commits:
                self.tags = sorted({*self.tags, "Opportunity"})
            if reply is not None:
                return reply
        return Reply(payload={"id": "CAL1", "company_id": "COM1", "tags": self.tags})


async def test_a_tag_is_put_on_beside_what_is_there() -> None:
    server = OneCall()
    written = await straight(server).append(CALL, NEW)
    assert written.tags == ("Opportunity", "Oppty")
    assert server.asked == [f"GET {BASE}/tags.json", ADD]


@pytest.mark.parametrize("commits", [True, False])
@pytest.mark.parametrize("status", [500, 503, 408, 409])
async def test_what_may_have_arrived_is_sent_again(status: int, commits: bool) -> None:
    server = OneCall([Reply(status=status, payload={}), Reply(status=status, payload={})], commits)
    written = await straight(server).append(CALL, NEW)
    assert written.tags == ("Opportunity", "Oppty")
    assert server.asked.count(ADD) == 3


async def test_a_server_that_never_shows_it_leaves_it_unknown() -> None:
    server = OneCall([Reply(status=500, payload={})] * 9, commits=False)
    with pytest.raises(UnknownOutcomeError, match="CAL1 may or may not have got the tag"):
        await straight(server).append(CALL, NEW)
    assert server.asked.count(ADD) == 4


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=204),
        Reply(payload={"id": "CAL1", "tags": None}),
        Reply(payload={"id": "CAL1", "tags": ["Oppty"]}),
        Reply(payload={"id": "CAL1"}),
    ],
)
async def test_an_answer_that_does_not_show_it_is_read_back(reply: Reply) -> None:
    server = OneCall([reply])
    assert (await straight(server).append(CALL, NEW)).tags == ("Opportunity", "Oppty")
    assert server.asked[-1] == f"GET {BASE}/calls/CAL1.json"
    server = OneCall([reply], commits=False)
    with pytest.raises(RejectedError, match="does not have 'Opportunity'"):
        await straight(server).append(CALL, NEW)


async def test_an_error_under_200_is_a_refusal() -> None:
    server = OneCall([Reply(payload={"error": "no such tag"})], commits=False)
    with pytest.raises(RejectedError, match="answered 200 with an error"):
        await straight(server).append(CALL, NEW)


async def test_an_interaction_that_is_gone_is_not_found() -> None:
    server = OneCall([Reply(status=404, payload={"error": "not found"})], commits=False)
    with pytest.raises(NotFoundError):
        await straight(server).append(CALL, NEW)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "it is gone"),
        ([tag_row(2, "Mine", company="COM1")], "'Mine', enabled, by now"),
        ([tag_row(2, "Opportunity", company="COM1") | {"status": "disabled"}], "disabled, by now"),
    ],
)
async def test_a_name_that_is_not_live_or_disabled_is_never_sent(
    rows: list[dict[str, object]], words: str
) -> None:
    server = OneCall(live=rows)
    with pytest.raises(RejectedError, match=words):
        await straight(server).append(CALL, NEW)
    assert ADD not in server.asked


async def test_tags_that_are_not_shown_are_no_tags_to_rely_on() -> None:
    server = OneCall()
    provider = straight(lambda _call: Reply(payload={"id": "CAL1", "tags": None}))
    with pytest.raises(ProtocolError, match="does not show its tags"):
        await provider.read(CALL)
    assert (await straight(server).read(CALL)).tags == ("Oppty",)
