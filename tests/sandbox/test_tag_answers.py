"""What answers to writes of tags may look like, and what becomes of the values sent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.sandbox.talk import ACCOUNT, COMPANY, Talk

if TYPE_CHECKING:
    from collections.abc import Callable

    Under = Callable[..., Talk]

X = {"name": "X", "tag_level": "account"}
OPPORTUNITY, SCHEDULE = 7886728, 7886733
COMPANY_TAG, ACCOUNT_TAG = f"tags/{OPPORTUNITY}.json", f"tags/{SCHEDULE}.json"
FORBIDDEN = {"error": "You do not have permission to perform the requested action"}
MANAGER = {"roles": {"sandbox-callrail-key": "manager"}}


@pytest.mark.parametrize(("setting", "kind"), [("text", str), ("number", int)])
def test_ids_of_answers_to_writes(under: Under, setting: str, kind: type) -> None:
    talk = under(f"write_ids={setting}")
    made = talk.of("POST", "tags.json", X).json["id"]
    changed = talk.of("PUT", f"tags/{made}.json", {"name": "Y"}).json["id"]
    listed = talk.get("tags.json")["tags"][-1]["id"]
    assert (type(made), type(changed), type(listed)) == (kind, kind, int)
    assert int(made) == int(changed) == listed


@pytest.mark.parametrize("setting", ["201", "200"])
def test_the_status_of_a_create(under: Under, setting: str) -> None:
    talk = under(f"created_status={setting}")
    assert talk.of("POST", "tags.json", X).status == int(setting)


@pytest.mark.parametrize(
    ("setting", "raw", "made"),
    [
        ("empty", b"{}", True),
        ("none", b"", True),
        ("unreadable", b'{"id": 72', True),
        ("error-done", b'{"error": "Something went wrong"}', True),
        ("error", b'{"error": "The tag could not be created"}', False),
    ],
)
def test_a_create_s_answer_may_say_less_than_was_done(
    under: Under, setting: str, raw: bytes, *, made: bool
) -> None:
    talk = under(f"create_answer={setting}")
    reply = talk.of("POST", "tags.json", X)
    assert (reply.status, reply.raw) == (201, raw)
    assert ("X" in talk.names()) is made
    assert len(talk.sandbox.log.writes) == made


@pytest.mark.parametrize(
    ("setting", "status", "raw", "done"),
    [
        ("empty", 200, b"{}", True),
        ("none", 204, b"", True),
        ("unreadable", 200, b'{"id": 72', True),
        ("error-done", 200, b'{"error": "Something went wrong"}', True),
        ("error", 200, b'{"error": "The tag could not be updated"}', False),
    ],
)
def test_an_update_s_answer_may_say_less_than_was_done(
    under: Under, setting: str, status: int, raw: bytes, *, done: bool
) -> None:
    talk = under(f"update_answer={setting}")
    reply = talk.of("PUT", COMPANY_TAG, {"name": "Lead"})
    assert (reply.status, reply.raw) == (status, raw)
    assert ("Lead" in talk.names()) is done
    assert len(talk.sandbox.log.writes) == done


def test_an_update_s_answer_may_show_what_was_before(under: Under) -> None:
    talk = under("update_answer=stale")
    assert talk.of("PUT", COMPANY_TAG, {"name": "Lead"}).json["name"] == "Opportunity"
    assert "Lead" in talk.names()


def test_errors_under_200_come_in_every_shape(under: Under) -> None:
    talk = under("create_answer=error-done", "error_shape=errors-map")
    reply = talk.of("POST", "tags.json", X)
    assert (reply.status, reply.json) == (201, {"errors": {"base": ["Something went wrong"]}})


@pytest.mark.parametrize(
    ("setting", "sent", "stored"),
    [
        ("names=kept", " New\u00a0 lead\u200b ", " New\u00a0 lead\u200b "),
        ("names=trim", " New  lead ", "New  lead"),
        ("names=collapse", " New  lead ", "New lead"),
        ("names=lower", "New LEAD", "new lead"),
        ("names=capitalize", "new LEAD", "New lead"),
        ("names=nfc", "Cafe\u0301", "Caf\u00e9"),
        ("names=nfd", "Caf\u00e9", "Cafe\u0301"),
        ("names=nbsp", "New\u00a0lead", "New lead"),
        ("names=visible", "New\u200b\x07 lead", "New lead"),
        ("name_length=4", "New lead", "New "),
    ],
)
def test_names_are_tidied_wherever_they_are_written(
    under: Under, setting: str, sent: str, stored: str
) -> None:
    talk = under(setting)
    assert talk.of("POST", "tags.json", X | {"name": sent}).json["name"] == stored
    assert talk.of("PUT", COMPANY_TAG, {"name": sent}).json["name"] == stored
    assert talk.names() == [stored, "Schedule requested", stored]


def test_a_name_that_is_tidied_away_is_blank(under: Under) -> None:
    talk = under("names=visible")
    assert talk.of("POST", "tags.json", X | {"name": "\u200b"}).status == 422


def test_a_long_name_may_be_refused(under: Under) -> None:
    talk = under("name_length=4", "long_names=refused")
    assert talk.of("POST", "tags.json", X | {"name": "Lead"}).status == 201
    refusal = talk.of("POST", "tags.json", X | {"name": "Leads"})
    assert (refusal.status, "too long" in refusal.json["error"]) == (422, True)


def test_unique_names_are_compared_as_they_are_stored(under: Under) -> None:
    talk = under("names=trim", "unique_names=exact")
    assert talk.of("POST", "tags.json", X | {"name": " Schedule requested "}).status == 422


@pytest.mark.parametrize(
    ("setting", "taken"),
    [
        ("any", {"blue2", "purple1", "cyan1", "#bada55"}),
        ("reference", {"blue2", "purple1", "cyan1"}),
        ("page", {"blue2"}),
        ("narrow", {"purple1"}),
    ],
)
def test_palettes(under: Under, setting: str, taken: set[str]) -> None:
    talk = under(f"palette={setting}")
    for color in ("blue2", "purple1", "cyan1", "#bada55"):
        expected = 200 if color in taken else 400
        assert talk.of("PUT", COMPANY_TAG, {"color": color}).status == expected


def test_a_colour_outside_the_palette_may_be_changed(under: Under) -> None:
    assert under("other_colors=422").of("PUT", COMPANY_TAG, {"color": "mauve"}).status == 422
    talk = under("other_colors=changed")
    assert talk.of("POST", "tags.json", X | {"color": "mauve"}).json["color"] == "gray1"
    assert talk.of("PUT", ACCOUNT_TAG, {"color": "mauve"}).json["color"] == "gray1"


@pytest.mark.parametrize("nothing", [None, ""])
def test_null_and_empty_clear_a_colour_and_no_name(direct: Talk, nothing: object) -> None:
    assert direct.of("PUT", ACCOUNT_TAG, {"color": nothing}).json["color"] == "gray1"
    assert direct.of("PUT", ACCOUNT_TAG, {"name": nothing}).status in {400, 422}
    assert "Schedule requested" in direct.names()


def test_a_create_without_a_level_is_a_company_s(direct: Talk, under: Under) -> None:
    body = {"name": "X", "company_id": COMPANY}
    made = direct.of("POST", "tags.json", body).json
    assert (made["tag_level"], made["company_id"]) == ("company", COMPANY)
    assert direct.of("POST", "tags.json", {"name": "X"}).status == 400
    assert under("missing_level=refused").of("POST", "tags.json", body).status == 400


def test_account_level_is_the_administrators(start: Callable[..., Talk], under: Under) -> None:
    talk = start(**MANAGER)
    replies = [
        talk.of("POST", "tags.json", X),
        talk.of("PUT", ACCOUNT_TAG, {"color": "red1"}),
        talk.of("DELETE", ACCOUNT_TAG),
    ]
    assert [(reply.status, reply.json) for reply in replies] == [(403, FORBIDDEN)] * 3
    assert talk.sandbox.log.writes == []
    talk.tag("X", COMPANY)
    assert talk.of("PUT", COMPANY_TAG, {"color": "red1"}).status == 200
    assert talk.of("DELETE", COMPANY_TAG).status == 204
    anyone = under("account_tags=anyone", **MANAGER)
    assert anyone.of("DELETE", ACCOUNT_TAG).status == 204


def test_a_reporting_user_writes_nothing(start: Callable[..., Talk]) -> None:
    talk = start(roles={"sandbox-callrail-key": "reporting"})
    assert talk.names() == ["Opportunity", "Schedule requested"]
    reply = talk.of("PUT", COMPANY_TAG, {"color": "red1"})
    assert (reply.status, reply.json) == (403, FORBIDDEN)


def test_a_role_that_does_not_exist_is_refused(start: Callable[..., Talk]) -> None:
    with pytest.raises(ValueError, match="no role 'owner'"):
        start(roles={"sandbox-callrail-key": "owner"})


def test_one_tag_may_be_locked(under: Under) -> None:
    talk = under(f"locked_tag={OPPORTUNITY}")
    assert talk.of("PUT", COMPANY_TAG, {"color": "red1"}).json == FORBIDDEN
    assert talk.of("DELETE", COMPANY_TAG).status == 403
    assert talk.of("DELETE", ACCOUNT_TAG).status == 204


@pytest.mark.parametrize("setting", ["404", "204", "403"])
def test_a_second_delete(under: Under, setting: str) -> None:
    talk = under(f"second_delete={setting}")
    statuses = [talk.of("DELETE", COMPANY_TAG).status for _ in range(2)]
    assert statuses == [204, int(setting)]
    assert talk.of("DELETE", "tags/x.json").status == 404
    assert len(talk.sandbox.log.writes) == 1


def test_fields_that_the_page_leaves_out_may_be_missing(under: Under) -> None:
    talk = under("tag_dates=off", "tag_backgrounds=off")
    assert not {"created_at", "background_color"} & set(talk.get("tags.json")["tags"][0])
    assert not {"created_at", "background_color"} & set(talk.of("POST", "tags.json", X).json)


def test_what_was_sent_is_logged_as_it_came(direct: Talk) -> None:
    direct.headers["Request-From"] = "callrail_reconciler"
    direct.of("POST", "tags.json", X)
    (entry,) = direct.sandbox.log.writes
    assert (entry.request_from, entry.account) == ("callrail_reconciler", ACCOUNT)
    assert json.dumps(entry.body) == json.dumps(X)
