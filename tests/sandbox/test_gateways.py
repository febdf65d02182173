"""Both ways in: keys, connections, quota, and errors as JSON."""

from __future__ import annotations

import email.utils
from typing import TYPE_CHECKING

import pytest

from reconciler.sandbox import Switches
from tests.sandbox.talk import ACCOUNT, CONNECTION, DIRECT, MATON, Reply, Talk

if TYPE_CHECKING:
    from collections.abc import Callable

A = "/v3/a.json"


def test_either_gateway_leads_to_the_same(direct: Talk, maton: Talk) -> None:
    assert direct.send("GET", A).json == maton.send("GET", A).json
    assert direct.get("tags.json") == maton.get("tags.json")


@pytest.mark.parametrize(
    ("prefix", "headers"),
    [
        ("", {}),
        ("", MATON),
        ("", {"Authorization": "sandbox-callrail-key"}),
        ("", {"Authorization": 'Token token="another"'}),
        ("/callrail", {}),
        ("/callrail", DIRECT),
        ("/callrail", {"Authorization": "Bearer another"}),
    ],
)
def test_a_key_is_for_its_own_gateway(direct: Talk, prefix: str, headers: dict[str, str]) -> None:
    reply = Talk(direct.sandbox, prefix, headers).send("GET", A)
    assert reply.status == 401
    assert set(reply.json) == ({"message"} if prefix else {"error"})
    assert direct.sandbox.log.writes == []


def test_the_control_plane_takes_maton_s_key_only(direct: Talk) -> None:
    assert direct.send("GET", "/connections").status == 401
    assert Talk(direct.sandbox, "", {}).send("POST", "/connections", {}).status == 401


def test_the_connection_named_is_the_one_used(maton: Talk) -> None:
    maton.headers["Maton-Connection"] = CONNECTION
    assert maton.send("GET", A).status == 200
    maton.headers["Maton-Connection"] = "not-one-of-mine"
    assert maton.send("GET", A).status == 400


def test_a_pending_connection_lets_nobody_through(maton: Talk, control: Talk) -> None:
    pending = control.send("POST", "/connections", {"app": "callrail"}).json["connection"]
    maton.headers["Maton-Connection"] = pending["connection_id"]
    assert maton.send("GET", A).status == 400


def test_without_any_connection_the_gateway_answers_400(maton: Talk, control: Talk) -> None:
    assert control.send("DELETE", f"/connections/{CONNECTION}").status == 200
    assert maton.send("GET", A).status == 400


def test_an_expired_grant_is_a_500_of_the_gateway_alone(start: Callable[..., Talk]) -> None:
    talk = start(switches=Switches(oauth="expired"))
    assert talk.send("GET", A).status == 200
    assert Talk(talk.sandbox, "/callrail", MATON).send("GET", A).status == 500


def test_a_key_sees_what_its_user_sees(start: Callable[..., Talk]) -> None:
    talk = start(seed="agency", reach={"sandbox-callrail-key": (ACCOUNT,)})
    assert [row["id"] for row in talk.send("GET", A).json["accounts"]] == [ACCOUNT]
    assert talk.get("tags.json")["total_records"] > 0
    other = ACCOUNT.removesuffix("3") + "4"
    assert talk.send("GET", f"/v3/a/{other}/tags.json").status == 404


def test_an_account_s_quota_is_429_until_its_window_has_passed(start: Callable[..., Talk]) -> None:
    now = [0.0]
    talk = start(quota=2, quota_window=60.0, clock=lambda: now[0])
    assert [talk.of("GET", "tags.json").status for _ in range(3)] == [200, 200, 429]
    assert talk.send("GET", A).status == 200, "the list of accounts is no account's request"
    assert "Retry-After" not in talk.of("GET", "tags.json").headers
    now[0] = 60.0
    assert talk.of("GET", "tags.json").status == 200


def test_the_quota_is_the_account_s_whatever_the_gateway(start: Callable[..., Talk]) -> None:
    talk = start(quota=1)
    assert talk.of("GET", "tags.json").status == 200
    assert Talk(talk.sandbox, "/callrail", MATON).of("GET", "tags.json").status == 429


def test_a_429_may_tell_how_long_to_wait(start: Callable[..., Talk]) -> None:
    talk = start(quota=1, switches=Switches(retry_after="seconds"))
    talk.of("GET", "tags.json")
    assert 3_590 < int(talk.of("GET", "tags.json").headers["Retry-After"]) <= 3_601
    talk = start(quota=1, switches=Switches(retry_after="date"))
    talk.of("GET", "tags.json")
    email.utils.parsedate_to_datetime(talk.of("GET", "tags.json").headers["Retry-After"])


def test_a_refused_write_changes_nothing(start: Callable[..., Talk]) -> None:
    talk = start(quota=1)
    talk.get("tags.json")
    body = {"name": "X", "tag_level": "account"}
    assert talk.of("POST", "tags.json", body).status == 429
    assert len(talk.sandbox.store.tags()) == 2


def test_a_key_that_may_not_write_still_reads(start: Callable[..., Talk]) -> None:
    talk = start(switches=Switches(writes="forbidden"))
    assert talk.names() == ["Opportunity", "Schedule requested"]
    assert talk.of("DELETE", "tags/7886728.json").status == 403
    assert talk.names() == ["Opportunity", "Schedule requested"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/v3", 404),
        ("GET", "/v3/a", 404),
        ("GET", f"/v3/a/{ACCOUNT}", 404),
        ("GET", f"/v3/a/{ACCOUNT}.json/tags.json", 404),
        ("GET", f"/v3/a/{ACCOUNT}/tags", 404),
        ("GET", f"/v3/a/{ACCOUNT}/tagz.json", 404),
        ("GET", f"/v3/a/{ACCOUNT}/tags/7886728.json", 404),
        ("GET", f"/v3/a/{ACCOUNT}/tags/../../../etc/passwd", 404),
        ("PUT", f"/v3/a/{ACCOUNT}/tags/{'9' * 40}.json", 404),
        ("PUT", f"/v3/a/{ACCOUNT}/tags/%C2%B2.json", 404),
        ("GET", f"/v3/a/{ACCOUNT}/calls/CAL1.json", 404),
        ("GET", f"/v3/a/{ACCOUNT}/companies/COM1.json", 404),
        ("GET", f"/v3/a/{ACCOUNT}/notifications/1.json", 404),
        ("GET", "/v3/a/ACC1/tags.json", 404),
        ("GET", "/v3/a/ACC1.json", 404),
        ("POST", A, 405),
        ("DELETE", f"/v3/a/{ACCOUNT}.json", 405),
        ("PUT", f"/v3/a/{ACCOUNT}/tags.json", 405),
        ("PATCH", f"/v3/a/{ACCOUNT}/tags/7886728.json", 405),
        ("POST", f"/v3/a/{ACCOUNT}/calls.json", 405),
        ("DELETE", f"/v3/a/{ACCOUNT}/users.json", 405),
        ("BREW", A, 501),
    ],
)
def test_nonsense_gets_its_error_as_json(direct: Talk, method: str, path: str, status: int) -> None:
    reply = direct.send(method, path)
    assert (reply.status, set(reply.json)) == (status, {"error"})
    assert direct.sandbox.log.writes == []


def test_head_is_refused_without_a_body(direct: Talk) -> None:
    reply = direct.send("HEAD", A)
    assert (reply.status, reply.raw) == (405, b"")


@pytest.mark.parametrize("body", [b"{", b"[]", b"7", b"\xff", b"[" * 50_000, b'{"name":"\\ud800"}'])
def test_a_body_that_is_no_json_object_is_400(direct: Talk, body: bytes) -> None:
    assert direct.of("POST", "tags.json", body).status == 400
    assert len(direct.sandbox.store.tags()) == 2


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Length": "99999999"},
        {"Content-Length": "\u00b2"},
        {"Content-Length": "-1"},
        {"Transfer-Encoding": "chunked"},
    ],
)
def test_a_body_without_a_bearable_length_is_413(direct: Talk, headers: dict[str, str]) -> None:
    direct.headers |= headers
    assert direct.of("POST", "tags.json").status == 413


@pytest.mark.parametrize(
    "paging", [{"page": 0}, {"page": "x"}, {"per_page": -1}, {"page": "9" * 30}]
)
def test_a_page_that_is_no_positive_number_is_400(direct: Talk, paging: dict[str, object]) -> None:
    assert direct.of("GET", "tags.json", **paging).status == 400
    assert direct.of("GET", "users.json", **paging).status == 400


@pytest.mark.parametrize("written", ["sandbox-callrail-key", '"sandbox-callrail-key"'])
def test_a_key_comes_with_quotes_or_without(direct: Talk, written: str) -> None:
    direct.headers["Authorization"] = f"Token token={written}"
    assert direct.send("GET", A).status == 200


@pytest.mark.parametrize("written", ['"sandbox-callrail-key', 'sandbox-callrail-key"', ""])
def test_half_a_quote_is_no_key(direct: Talk, written: str) -> None:
    direct.headers["Authorization"] = f"Token token={written}"
    assert direct.send("GET", A).status == 401


def test_an_account_has_a_number_as_well(direct: Talk) -> None:
    by_number = direct.send("GET", "/v3/a/518664017/tags.json")
    assert (by_number.status, by_number.json) == (200, direct.get("tags.json"))
    assert direct.send("GET", "/v3/a/518664017.json").json["id"] == ACCOUNT
    assert direct.send("GET", "/v3/a/518664018/tags.json").status == 404
    assert direct.sandbox.log.entries[0].account == ACCOUNT


def test_an_account_out_of_reach_may_be_403(under: Callable[..., Talk]) -> None:
    talk = under("hidden_accounts=403", seed="agency", reach={"sandbox-callrail-key": (ACCOUNT,)})
    other = ACCOUNT.removesuffix("3") + "4"
    assert talk.send("GET", f"/v3/a/{other}/tags.json").status == 403
    assert talk.send("GET", "/v3/a/ACC1/tags.json").status == 404


def test_answers_tell_the_quota_and_what_is_used_of_it(start: Callable[..., Talk]) -> None:
    talk = start(quota=250, daily_quota=2_500, others_used=240)
    assert limits(talk.of("GET", "tags.json")) == ["250", "241", "2500", "241"]
    talk.sandbox.app.quota.use(ACCOUNT, 8)
    assert limits(talk.of("POST", "tags.json", {})) == ["250", "250", "2500", "250"]
    last = talk.of("GET", "tags.json")
    assert (last.status, limits(last)) == (429, ["250", "250", "2500", "250"])
    assert limits(talk.send("GET", A)) == []


@pytest.mark.parametrize("options", [{"switches": Switches(rate_headers="off")}, {"quota": None}])
def test_answers_may_tell_no_quota(start: Callable[..., Talk], options: dict[str, object]) -> None:
    assert limits(start(**options).of("GET", "tags.json")) == []


def limits(reply: Reply) -> list[str]:
    names = ("Hourly-Allowed", "Hourly-Used", "Daily-Allowed", "Daily-Used")
    found = (reply.headers.get(f"X-Rate-Limit-{name}") for name in names)
    return [value for value in found if value is not None]


def test_a_day_has_a_quota_of_its_own(start: Callable[..., Talk]) -> None:
    now = [0.0]
    talk = start(quota=2, daily_quota=3, quota_window=60.0, clock=lambda: now[0])
    statuses = []
    for now[0] in (0.0, 60.0, 120.0, 180.0, 24 * 60.0):
        statuses.append(talk.of("GET", "tags.json").status)
    assert statuses == [200, 200, 200, 429, 200]


@pytest.mark.parametrize(
    ("setting", "value"), [("zero", "0"), ("day", "86400"), ("nonsense", "soon")]
)
def test_a_429_may_tell_something_useless(
    under: Callable[..., Talk], setting: str, value: str
) -> None:
    talk = under(f"retry_after={setting}", quota=1)
    talk.of("GET", "tags.json")
    assert talk.of("GET", "tags.json").headers["Retry-After"] == value


@pytest.mark.parametrize(
    ("setting", "payload"),
    [
        ("message", {"message": "no active connection for app callrail"}),
        ("error", {"error": {"message": "no active connection for app callrail"}}),
        ("detail", {"detail": "no active connection for app callrail"}),
        (
            "detail-list",
            {"detail": [{"loc": ["header"], "msg": "no active connection for app callrail"}]},
        ),
    ],
)
def test_the_gateway_s_own_errors_have_their_own_shape(
    under: Callable[..., Talk], setting: str, payload: object
) -> None:
    maton = Talk(under(f"gateway_errors={setting}").sandbox, "/callrail", dict(MATON))
    assert set(maton.of("GET", "tagz.json").json) == {"error"}, "CallRail's pass through"
    maton.headers["Maton-Connection"] = "not-one-of-mine"
    reply = maton.send("GET", A)
    assert (reply.status, reply.json) == (400, payload)
    assert maton.sandbox.log.entries[-1].connection == "not-one-of-mine"


def test_the_gateway_may_have_a_limit_of_its_own(under: Callable[..., Talk]) -> None:
    now = [0.0]
    talk = under("gateway_limit=10", clock=lambda: now[0])
    maton = Talk(talk.sandbox, "/callrail", MATON)
    statuses = [maton.of("GET", "tags.json").status for _ in range(11)]
    assert statuses == [200] * 10 + [429]
    assert talk.of("GET", "tags.json").status == 200
    now[0] = 1.0
    assert maton.of("GET", "tags.json").status == 200
    talk.sandbox.app.switches = Switches()
    assert [maton.of("GET", "tags.json").status for _ in range(11)] == [200] * 11


@pytest.mark.parametrize(
    ("accept", "status"),
    [("application/json", 200), ("*/*", 200), ("text/html", 406), ("text/html, */*;q=0.1", 200)],
)
def test_another_format_than_json_is_406(direct: Talk, accept: str, status: int) -> None:
    direct.headers["Accept"] = accept
    assert direct.send("GET", A).status == status
    del direct.headers["Accept"]
    assert direct.of("GET", "tags.xml").status == 406


def test_the_manager_s_key_is_known_from_the_start(direct: Talk) -> None:
    direct.headers["Authorization"] = 'Token token="sandbox-manager-key"'
    body = {"name": "X", "tag_level": "account"}
    assert direct.of("POST", "tags.json", body).status == 403
