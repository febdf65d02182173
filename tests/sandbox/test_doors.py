"""Keys, reach, connections and quotas: who is let in, and how far."""

from __future__ import annotations

import pytest

from reconciler.sandbox import Options, Sandbox, Switches
from reconciler.sandbox.options import DIRECT_KEY, MATON_KEY
from reconciler.sandbox.seeds.reference import ACCOUNT, CONNECTION
from tests.sandbox.speaking import BEARER, DIRECT, get, send

GATEWAY = f"/callrail/v3/a/{ACCOUNT}/tags.json"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        BEARER,
        {"Authorization": DIRECT_KEY},
        {"Authorization": f"Token token={DIRECT_KEY}"},
        {"Authorization": 'Token token="other"'},
    ],
)
def test_the_direct_door_takes_its_own_form_of_key_only(
    page: Sandbox, headers: dict[str, str]
) -> None:
    heard = send(page, "GET", "tags.json", headers=headers)
    assert (heard.status, heard.json) == (401, {"error": "HTTP Token: Access denied."})


@pytest.mark.parametrize("headers", [{}, DIRECT, {"Authorization": MATON_KEY}])
def test_the_gateway_takes_bearer_keys_only(page: Sandbox, headers: dict[str, str]) -> None:
    assert send(page, "GET", GATEWAY, headers=headers).status == 401


def test_both_doors_show_the_same(page: Sandbox) -> None:
    through = send(page, "GET", GATEWAY, headers=BEARER)
    assert through.json == get(page, "tags.json")
    assert [entry.door for entry in page.log.entries] == ["gateway", "direct"]


@pytest.mark.parametrize(("connection", "status"), [(CONNECTION, 200), ("another", 400)])
def test_a_named_connection_must_be_active(page: Sandbox, connection: str, status: int) -> None:
    headers = BEARER | {"Maton-Connection": connection}
    assert send(page, "GET", GATEWAY, headers=headers).status == status


def test_without_an_active_connection_the_gateway_has_no_way(page: Sandbox) -> None:
    page.store.run("UPDATE connections SET status = 'FAILED'")
    heard = send(page, "GET", GATEWAY, headers=BEARER)
    assert (heard.status, heard.json) == (400, {"error": "no active connection for app callrail"})


def test_an_expired_grant_is_a_500_at_the_gateway_and_nothing_at_the_direct_door() -> None:
    with Sandbox(Options(switches=Switches(oauth="expired"))) as sandbox:
        assert send(sandbox, "GET", GATEWAY, headers=BEARER).status == 500
        assert send(sandbox, "GET", "tags.json").status == 200


def test_a_key_sees_the_accounts_in_its_reach() -> None:
    keys = ("all", "none")
    with Sandbox(Options(direct_keys=keys, reach={"none": ()})) as sandbox:
        for key, count, status in (("all", 1, 200), ("none", 0, 404)):
            headers = {"Authorization": f'Token token="{key}"'}
            seen = send(sandbox, "GET", "/v3/a.json", headers=headers).json
            assert (seen["total_records"], len(seen["accounts"])) == (count, count)
            one = send(sandbox, "GET", f"/v3/a/{ACCOUNT}.json", headers=headers)
            assert one.status == status


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/v3/a/ACC1/tags.json", 404),
        ("GET", f"/v3/a/{ACCOUNT}/nothing.json", 404),
        ("GET", f"/v3/a/{ACCOUNT}/companies/COM1.json", 404),
        ("GET", f"/v3/a/{ACCOUNT}/companies/a/b.json", 404),
        ("POST", f"/v3/a/{ACCOUNT}/companies.json", 405),
        ("PATCH", f"/v3/a/{ACCOUNT}/tags/7886733.json", 405),
        ("PUT", f"/v3/a/{ACCOUNT}/tags.json", 405),
        ("POST", f"/v3/a/{ACCOUNT}/calls.json", 404),
    ],
)
def test_what_is_not_there_is_a_json_error(
    page: Sandbox, method: str, path: str, status: int
) -> None:
    heard = send(page, method, path)
    assert heard.status == status
    assert set(heard.json) == {"error"}


@pytest.mark.parametrize(("shape", "key"), [("error", "error"), ("errors", "errors")])
def test_errors_come_in_the_shape_of_the_switch(shape: str, key: str) -> None:
    with Sandbox(Options(switches=Switches(error_shape=shape))) as sandbox:
        assert set(send(sandbox, "GET", "nothing.json").json) == {key}


def test_errors_may_be_pages() -> None:
    with Sandbox(Options(switches=Switches(error_shape="html"))) as sandbox:
        heard = send(sandbox, "GET", "nothing.json")
        assert (heard.headers["content-type"], heard.body[:6]) == ("text/html", b"<html>")


def test_the_quota_is_an_account_s_and_comes_back_with_time() -> None:
    now = 100.0
    options = Options(seed="agency", quota=2, quota_window=60.0, clock=lambda: now)
    with Sandbox(options) as sandbox:
        others = [row["id"] for row in sandbox.store.rows("SELECT id FROM accounts ORDER BY id")]
        first, second = (f"/v3/a/{one}/companies.json" for one in others[:2])
        assert [send(sandbox, "GET", first).status for _ in range(3)] == [200, 200, 429]
        assert send(sandbox, "GET", second).status == 200
        assert sandbox.app.quota.refused == 1
        now += 60.0
        assert send(sandbox, "GET", first).status == 200


def test_a_list_of_accounts_uses_nobody_s_quota() -> None:
    with Sandbox(Options(quota=1)) as sandbox:
        assert [send(sandbox, "GET", "/v3/a.json").status for _ in range(3)] == [200] * 3


@pytest.mark.parametrize(("switch", "form"), [("seconds", r"\d+"), ("date", r".* GMT")])
def test_a_429_says_when_to_come_back_if_the_switch_says_so(switch: str, form: str) -> None:
    import re

    with Sandbox(Options(quota=1, switches=Switches(retry_after=switch))) as sandbox:
        send(sandbox, "GET", "tags.json")
        heard = send(sandbox, "GET", "tags.json")
        assert heard.status == 429
        assert re.fullmatch(form, heard.headers["retry-after"])


def test_connections_are_made_watched_and_deleted(page: Sandbox) -> None:
    made = send(page, "POST", "/connections", body={"app": "callrail"}, headers=BEARER)
    connection = made.json["connection"]
    assert (connection["status"], connection["app"]) == ("PENDING", "callrail")
    assert connection["url"].startswith("https://connect.maton.ai/?session_token=")
    there = f"/connections/{connection['connection_id']}"
    looks = [send(page, "GET", there, headers=BEARER).json for _ in range(2)]
    assert [look["connection"]["status"] for look in looks] == ["PENDING", "ACTIVE"]
    assert send(page, "DELETE", there, headers=BEARER).status == 200
    assert send(page, "GET", there, headers=BEARER).status == 404


def test_connections_are_filtered(page: Sandbox) -> None:
    send(page, "POST", "/connections", body={"app": "callrail"}, headers=BEARER)
    for query, count in (({}, 2), ({"status": "ACTIVE"}, 1), ({"app": "slack"}, 0)):
        heard = send(page, "GET", "/connections", headers=BEARER, **query)
        assert len(heard.json["connections"]) == count


@pytest.mark.parametrize(
    ("body", "headers", "status"), [({"app": "x"}, BEARER, 400), ({}, {}, 401)]
)
def test_a_connection_needs_a_known_app_and_a_key(
    page: Sandbox, body: object, headers: dict[str, str], status: int
) -> None:
    assert send(page, "POST", "/connections", body=body, headers=headers).status == status
    assert page.log.writes == []


def test_it_serves_loopback_only() -> None:
    with pytest.raises(ValueError, match="loopback only"):
        Options(host="0.0.0.0")
