"""Both ways in: keys, connections, quota, and errors as JSON."""

from __future__ import annotations

import email.utils
from typing import TYPE_CHECKING

import pytest

from reconciler.sandbox import Switches
from tests.sandbox.client import ACCOUNT, CONNECTION, DIRECT, MATON, Client, Reply

if TYPE_CHECKING:
    from collections.abc import Callable

A = "/v3/a.json"


def test_either_gateway_leads_to_the_same(direct: Client, maton: Client) -> None:
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
def test_a_key_is_for_its_own_gateway(direct: Client, prefix: str, headers: dict[str, str]) -> None:
    reply = Client(direct.sandbox, prefix, headers).send("GET", A)
    assert reply.status == 401
    assert set(reply.json) == ({"message"} if prefix else {"error"})
    assert direct.sandbox.log.writes == []


def test_the_control_plane_takes_maton_s_key_only(direct: Client) -> None:
    assert direct.send("GET", "/connections").status == 401
    assert Client(direct.sandbox, "", {}).send("POST", "/connections", {}).status == 401


def test_the_connection_named_is_the_one_used(maton: Client) -> None:
    maton.headers["Maton-Connection"] = CONNECTION
    assert maton.send("GET", A).status == 200
    maton.headers["Maton-Connection"] = "not-one-of-mine"
    assert maton.send("GET", A).status == 400


def test_a_pending_connection_lets_nobody_through(maton: Client, control: Client) -> None:
    pending = control.send("POST", "/connections", {"app": "callrail"}).json["connection"]
    maton.headers["Maton-Connection"] = pending["connection_id"]
    assert maton.send("GET", A).status == 400


def test_without_any_connection_the_gateway_answers_400(maton: Client, control: Client) -> None:
    assert control.send("DELETE", f"/connections/{CONNECTION}").status == 200
    assert maton.send("GET", A).status == 400


def test_an_expired_grant_is_a_500_of_the_gateway_alone(start: Callable[..., Client]) -> None:
    client = start(switches=Switches(oauth="expired"))
    assert client.send("GET", A).status == 200
    assert Client(client.sandbox, "/callrail", MATON).send("GET", A).status == 500


def test_a_key_sees_what_its_user_sees(start: Callable[..., Client]) -> None:
    client = start(seed="agency", reach={"sandbox-callrail-key": (ACCOUNT,)})
    assert [row["id"] for row in client.send("GET", A).json["accounts"]] == [ACCOUNT]
    assert client.get("tags.json")["total_records"] > 0
    other = ACCOUNT.removesuffix("3") + "4"
    assert client.send("GET", f"/v3/a/{other}/tags.json").status == 404


def test_an_account_s_quota_is_429_until_its_window_has_passed(
    start: Callable[..., Client],
) -> None:
    now = [0.0]
    client = start(quota=2, quota_window=60.0, clock=lambda: now[0])
    assert [client.of("GET", "tags.json").status for _ in range(3)] == [200, 200, 429]
    assert client.send("GET", A).status == 200, "the list of accounts is no account's request"
    assert "Retry-After" not in client.of("GET", "tags.json").headers
    now[0] = 60.0
    assert client.of("GET", "tags.json").status == 200


def test_the_quota_is_the_account_s_whatever_the_gateway(start: Callable[..., Client]) -> None:
    client = start(quota=1)
    assert client.of("GET", "tags.json").status == 200
    assert Client(client.sandbox, "/callrail", MATON).of("GET", "tags.json").status == 429


def test_a_429_may_report_how_long_to_wait(start: Callable[..., Client]) -> None:
    client = start(quota=1, switches=Switches(retry_after="seconds"))
    client.of("GET", "tags.json")
    assert 3_590 < int(client.of("GET", "tags.json").headers["Retry-After"]) <= 3_601
    client = start(quota=1, switches=Switches(retry_after="date"))
    client.of("GET", "tags.json")
    email.utils.parsedate_to_datetime(client.of("GET", "tags.json").headers["Retry-After"])


def test_a_refused_write_changes_nothing(start: Callable[..., Client]) -> None:
    client = start(quota=1)
    client.get("tags.json")
    body = {"name": "X", "tag_level": "account"}
    assert client.of("POST", "tags.json", body).status == 429
    assert len(client.sandbox.store.tags()) == 2


def test_a_key_that_may_not_write_still_reads(start: Callable[..., Client]) -> None:
    client = start(switches=Switches(writes="forbidden"))
    assert client.names() == ["Opportunity", "Schedule requested"]
    assert client.of("DELETE", "tags/7886728.json").status == 403
    assert client.names() == ["Opportunity", "Schedule requested"]


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
def test_nonsense_gets_its_error_as_json(
    direct: Client, method: str, path: str, status: int
) -> None:
    reply = direct.send(method, path)
    assert (reply.status, set(reply.json)) == (status, {"error"})
    assert direct.sandbox.log.writes == []


def test_head_is_refused_without_a_body(direct: Client) -> None:
    reply = direct.send("HEAD", A)
    assert (reply.status, reply.raw) == (405, b"")


@pytest.mark.parametrize("body", [b"{", b"[]", b"7", b"\xff", b"[" * 50_000, b'{"name":"\\ud800"}'])
def test_a_body_that_is_no_json_object_is_400(direct: Client, body: bytes) -> None:
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
def test_a_body_without_a_bearable_length_is_413(direct: Client, headers: dict[str, str]) -> None:
    direct.headers |= headers
    assert direct.of("POST", "tags.json").status == 413


@pytest.mark.parametrize(
    "paging", [{"page": 0}, {"page": "x"}, {"per_page": -1}, {"page": "9" * 30}]
)
def test_a_page_that_is_no_positive_number_is_400(
    direct: Client, paging: dict[str, object]
) -> None:
    assert direct.of("GET", "tags.json", **paging).status == 400
    assert direct.of("GET", "users.json", **paging).status == 400


@pytest.mark.parametrize("written", ["sandbox-callrail-key", '"sandbox-callrail-key"'])
def test_a_key_comes_with_quotes_or_without(direct: Client, written: str) -> None:
    direct.headers["Authorization"] = f"Token token={written}"
    assert direct.send("GET", A).status == 200


@pytest.mark.parametrize("written", ['"sandbox-callrail-key', 'sandbox-callrail-key"', ""])
def test_half_a_quote_is_no_key(direct: Client, written: str) -> None:
    direct.headers["Authorization"] = f"Token token={written}"
    assert direct.send("GET", A).status == 401


def test_an_account_has_a_number_as_well(direct: Client) -> None:
    by_number = direct.send("GET", "/v3/a/518664017/tags.json")
    assert (by_number.status, by_number.json) == (200, direct.get("tags.json"))
    assert direct.send("GET", "/v3/a/518664017.json").json["id"] == ACCOUNT
    assert direct.send("GET", "/v3/a/518664018/tags.json").status == 404
    assert direct.sandbox.log.entries[0].account == ACCOUNT


def test_an_account_out_of_reach_may_be_403(under: Callable[..., Client]) -> None:
    client = under("hidden_accounts=403", seed="agency", reach={"sandbox-callrail-key": (ACCOUNT,)})
    other = ACCOUNT.removesuffix("3") + "4"
    assert client.send("GET", f"/v3/a/{other}/tags.json").status == 403
    assert client.send("GET", "/v3/a/ACC1/tags.json").status == 404


def test_answers_report_the_quota_and_what_is_used_of_it(start: Callable[..., Client]) -> None:
    client = start(quota=250, daily_quota=2_500, others_used=240)
    assert limits(client.of("GET", "tags.json")) == ["250", "241", "2500", "241"]
    client.sandbox.app.quota.use(ACCOUNT, 8)
    assert limits(client.of("POST", "tags.json", {})) == ["250", "250", "2500", "250"]
    last = client.of("GET", "tags.json")
    assert (last.status, limits(last)) == (429, ["250", "250", "2500", "250"])
    assert limits(client.send("GET", A)) == []


@pytest.mark.parametrize("options", [{"switches": Switches(rate_headers="off")}, {"quota": None}])
def test_answers_may_report_no_quota(
    start: Callable[..., Client], options: dict[str, object]
) -> None:
    assert limits(start(**options).of("GET", "tags.json")) == []


def limits(reply: Reply) -> list[str]:
    names = ("Hourly-Allowed", "Hourly-Used", "Daily-Allowed", "Daily-Used")
    found = (reply.headers.get(f"X-Rate-Limit-{name}") for name in names)
    return [value for value in found if value is not None]


def test_a_day_has_a_quota_of_its_own(start: Callable[..., Client]) -> None:
    now = [0.0]
    client = start(quota=2, daily_quota=3, quota_window=60.0, clock=lambda: now[0])
    statuses = []
    for now[0] in (0.0, 60.0, 120.0, 180.0, 24 * 60.0):
        statuses.append(client.of("GET", "tags.json").status)
    assert statuses == [200, 200, 200, 429, 200]


@pytest.mark.parametrize(
    ("setting", "value"), [("zero", "0"), ("day", "86400"), ("nonsense", "soon")]
)
def test_a_429_may_report_something_useless(
    under: Callable[..., Client], setting: str, value: str
) -> None:
    client = under(f"retry_after={setting}", quota=1)
    client.of("GET", "tags.json")
    assert client.of("GET", "tags.json").headers["Retry-After"] == value


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
    under: Callable[..., Client], setting: str, payload: object
) -> None:
    maton = Client(under(f"gateway_errors={setting}").sandbox, "/callrail", dict(MATON))
    assert set(maton.of("GET", "tagz.json").json) == {"error"}, "CallRail's pass through"
    maton.headers["Maton-Connection"] = "not-one-of-mine"
    reply = maton.send("GET", A)
    assert (reply.status, reply.json) == (400, payload)
    assert maton.sandbox.log.entries[-1].connection == "not-one-of-mine"


def test_the_gateway_may_have_a_limit_of_its_own(under: Callable[..., Client]) -> None:
    now = [0.0]
    client = under("gateway_limit=10", clock=lambda: now[0])
    maton = Client(client.sandbox, "/callrail", MATON)
    statuses = [maton.of("GET", "tags.json").status for _ in range(11)]
    assert statuses == [200] * 10 + [429]
    assert client.of("GET", "tags.json").status == 200
    now[0] = 1.0
    assert maton.of("GET", "tags.json").status == 200
    client.sandbox.app.switches = Switches()
    assert [maton.of("GET", "tags.json").status for _ in range(11)] == [200] * 11


@pytest.mark.parametrize(
    ("accept", "status"),
    [("application/json", 200), ("*/*", 200), ("text/html", 406), ("text/html, */*;q=0.1", 200)],
)
def test_another_format_than_json_is_406(direct: Client, accept: str, status: int) -> None:
    direct.headers["Accept"] = accept
    assert direct.send("GET", A).status == status
    del direct.headers["Accept"]
    assert direct.of("GET", "tags.xml").status == 406


def test_the_manager_s_key_is_known_from_the_start(direct: Client) -> None:
    direct.headers["Authorization"] = 'Token token="sandbox-manager-key"'
    body = {"name": "X", "tag_level": "account"}
    assert direct.of("POST", "tags.json", body).status == 403
