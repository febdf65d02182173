"""What answers to writes of tags may look like, and what becomes of the values sent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.sandbox.client import ACCOUNT, COMPANY, Client

if TYPE_CHECKING:
    from collections.abc import Callable

    Under = Callable[..., Client]

X = {"name": "X", "tag_level": "account"}
OPPORTUNITY, SCHEDULE = 7886728, 7886733
COMPANY_TAG, ACCOUNT_TAG = f"tags/{OPPORTUNITY}.json", f"tags/{SCHEDULE}.json"
FORBIDDEN = {"error": "You do not have permission to perform the requested action"}
MANAGER = {"roles": {"sandbox-callrail-key": "manager"}}


@pytest.mark.parametrize(("setting", "kind"), [("text", str), ("number", int)])
def test_ids_of_answers_to_writes(under: Under, setting: str, kind: type) -> None:
    client = under(f"write_ids={setting}")
    made = client.of("POST", "tags.json", X).json["id"]
    changed = client.of("PUT", f"tags/{made}.json", {"name": "Y"}).json["id"]
    listed = client.get("tags.json")["tags"][-1]["id"]
    assert (type(made), type(changed), type(listed)) == (kind, kind, int)
    assert int(made) == int(changed) == listed


@pytest.mark.parametrize("setting", ["201", "200"])
def test_the_status_of_a_create(under: Under, setting: str) -> None:
    client = under(f"created_status={setting}")
    assert client.of("POST", "tags.json", X).status == int(setting)


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
def test_a_create_s_answer_may_report_less_than_was_done(
    under: Under, setting: str, raw: bytes, *, made: bool
) -> None:
    client = under(f"create_answer={setting}")
    reply = client.of("POST", "tags.json", X)
    assert (reply.status, reply.raw) == (201, raw)
    assert ("X" in client.names()) is made
    assert len(client.sandbox.log.writes) == made


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
def test_an_update_s_answer_may_report_less_than_was_done(
    under: Under, setting: str, status: int, raw: bytes, *, done: bool
) -> None:
    client = under(f"update_answer={setting}")
    reply = client.of("PUT", COMPANY_TAG, {"name": "Lead"})
    assert (reply.status, reply.raw) == (status, raw)
    assert ("Lead" in client.names()) is done
    assert len(client.sandbox.log.writes) == done


def test_an_update_s_answer_may_show_what_was_before(under: Under) -> None:
    client = under("update_answer=stale")
    assert client.of("PUT", COMPANY_TAG, {"name": "Lead"}).json["name"] == "Opportunity"
    assert "Lead" in client.names()


def test_errors_under_200_come_in_every_shape(under: Under) -> None:
    client = under("create_answer=error-done", "error_shape=errors-map")
    reply = client.of("POST", "tags.json", X)
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
    client = under(setting)
    assert client.of("POST", "tags.json", X | {"name": sent}).json["name"] == stored
    assert client.of("PUT", COMPANY_TAG, {"name": sent}).json["name"] == stored
    assert client.names() == [stored, "Schedule requested", stored]


def test_a_name_that_is_tidied_away_is_blank(under: Under) -> None:
    client = under("names=visible")
    assert client.of("POST", "tags.json", X | {"name": "\u200b"}).status == 422


def test_a_long_name_may_be_refused(under: Under) -> None:
    client = under("name_length=4", "long_names=refused")
    assert client.of("POST", "tags.json", X | {"name": "Lead"}).status == 201
    refusal = client.of("POST", "tags.json", X | {"name": "Leads"})
    assert (refusal.status, "too long" in refusal.json["error"]) == (422, True)


def test_unique_names_are_compared_as_they_are_stored(under: Under) -> None:
    client = under("names=trim", "unique_names=exact")
    assert client.of("POST", "tags.json", X | {"name": " Schedule requested "}).status == 422


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
    client = under(f"palette={setting}")
    for color in ("blue2", "purple1", "cyan1", "#bada55"):
        expected = 200 if color in taken else 400
        assert client.of("PUT", COMPANY_TAG, {"color": color}).status == expected


def test_a_colour_outside_the_palette_may_be_changed(under: Under) -> None:
    assert under("other_colors=422").of("PUT", COMPANY_TAG, {"color": "mauve"}).status == 422
    client = under("other_colors=changed")
    assert client.of("POST", "tags.json", X | {"color": "mauve"}).json["color"] == "gray1"
    assert client.of("PUT", ACCOUNT_TAG, {"color": "mauve"}).json["color"] == "gray1"


@pytest.mark.parametrize("nothing", [None, ""])
def test_null_and_empty_clear_a_colour_and_no_name(direct: Client, nothing: object) -> None:
    assert direct.of("PUT", ACCOUNT_TAG, {"color": nothing}).json["color"] == "gray1"
    assert direct.of("PUT", ACCOUNT_TAG, {"name": nothing}).status in {400, 422}
    assert "Schedule requested" in direct.names()


def test_a_create_without_a_level_is_a_company_s(direct: Client, under: Under) -> None:
    body = {"name": "X", "company_id": COMPANY}
    made = direct.of("POST", "tags.json", body).json
    assert (made["tag_level"], made["company_id"]) == ("company", COMPANY)
    assert direct.of("POST", "tags.json", {"name": "X"}).status == 400
    assert under("missing_level=refused").of("POST", "tags.json", body).status == 400


def test_account_level_is_the_administrators(start: Callable[..., Client], under: Under) -> None:
    client = start(**MANAGER)
    replies = [
        client.of("POST", "tags.json", X),
        client.of("PUT", ACCOUNT_TAG, {"color": "red1"}),
        client.of("DELETE", ACCOUNT_TAG),
    ]
    assert [(reply.status, reply.json) for reply in replies] == [(403, FORBIDDEN)] * 3
    assert client.sandbox.log.writes == []
    client.tag("X", COMPANY)
    assert client.of("PUT", COMPANY_TAG, {"color": "red1"}).status == 200
    assert client.of("DELETE", COMPANY_TAG).status == 204
    anyone = under("account_tags=anyone", **MANAGER)
    assert anyone.of("DELETE", ACCOUNT_TAG).status == 204


def test_a_reporting_user_writes_nothing(start: Callable[..., Client]) -> None:
    client = start(roles={"sandbox-callrail-key": "reporting"})
    assert client.names() == ["Opportunity", "Schedule requested"]
    reply = client.of("PUT", COMPANY_TAG, {"color": "red1"})
    assert (reply.status, reply.json) == (403, FORBIDDEN)


def test_a_role_that_does_not_exist_is_refused(start: Callable[..., Client]) -> None:
    with pytest.raises(ValueError, match="no role 'owner'"):
        start(roles={"sandbox-callrail-key": "owner"})


def test_one_tag_may_be_locked(under: Under) -> None:
    client = under(f"locked_tag={OPPORTUNITY}")
    assert client.of("PUT", COMPANY_TAG, {"color": "red1"}).json == FORBIDDEN
    assert client.of("DELETE", COMPANY_TAG).status == 403
    assert client.of("DELETE", ACCOUNT_TAG).status == 204


@pytest.mark.parametrize("setting", ["404", "204", "403"])
def test_a_second_delete(under: Under, setting: str) -> None:
    client = under(f"second_delete={setting}")
    statuses = [client.of("DELETE", COMPANY_TAG).status for _ in range(2)]
    assert statuses == [204, int(setting)]
    assert client.of("DELETE", "tags/x.json").status == 404
    assert len(client.sandbox.log.writes) == 1


def test_fields_that_the_page_leaves_out_may_be_missing(under: Under) -> None:
    client = under("tag_dates=off", "tag_backgrounds=off")
    assert not {"created_at", "background_color"} & set(client.get("tags.json")["tags"][0])
    assert not {"created_at", "background_color"} & set(client.of("POST", "tags.json", X).json)


def test_what_was_sent_is_logged_as_it_came(direct: Client) -> None:
    direct.headers["Request-From"] = "callrail_reconciler"
    direct.of("POST", "tags.json", X)
    (entry,) = direct.sandbox.log.writes
    assert (entry.request_from, entry.account) == ("callrail_reconciler", ACCOUNT)
    assert json.dumps(entry.body) == json.dumps(X)
