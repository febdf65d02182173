"""Maton's control plane: a connection's life from PENDING to gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.sandbox import Switches
from tests.sandbox.client import CONNECTION, MATON, Client

if TYPE_CHECKING:
    from collections.abc import Callable

APP = {"app": "callrail"}


def made(control: Client) -> dict[str, str]:
    connection: dict[str, str] = control.send("POST", "/connections", APP).json["connection"]
    return connection


def ids(control: Client, **query: object) -> list[str]:
    listed = control.send("GET", "/connections", **query).json["connections"]
    return [one["connection_id"] for one in listed]


def test_a_new_connection_is_pending_and_has_an_address_to_open(control: Client) -> None:
    connection = made(control)
    assert (connection["status"], connection["app"]) == ("PENDING", "callrail")
    assert connection["url"].startswith("https://connect.maton.ai/?session_token=")
    assert ids(control) == [CONNECTION, connection["connection_id"]]


def test_it_becomes_active_after_some_reads(start: Callable[..., Client]) -> None:
    control = Client(start(switches=Switches(activation=3)).sandbox, "", MATON)
    path = f"/connections/{made(control)['connection_id']}"
    seen = [control.send("GET", path).json["connection"]["status"] for _ in range(4)]
    assert seen == ["PENDING", "PENDING", "ACTIVE", "ACTIVE"]


def test_a_list_can_be_of_one_status_or_app(control: Client) -> None:
    pending = made(control)["connection_id"]
    assert ids(control, status="ACTIVE") == [CONNECTION]
    assert ids(control, app="callrail", status="PENDING") == [pending]
    assert ids(control, app="hubspot") == []


def test_a_deleted_connection_is_gone_and_its_id_does_not_come_again(control: Client) -> None:
    first = made(control)["connection_id"]
    assert control.send("DELETE", f"/connections/{CONNECTION}").status == 200
    second = made(control)["connection_id"]
    assert ids(control) == [first, second]
    assert control.send("GET", f"/connections/{CONNECTION}").status == 404
    assert control.send("DELETE", f"/connections/{CONNECTION}").status == 404


def test_the_oldest_active_connection_is_the_default(control: Client, maton: Client) -> None:
    newer = made(control)["connection_id"]
    for _ in range(2):
        control.send("GET", f"/connections/{newer}")
    control.send("DELETE", f"/connections/{CONNECTION}")
    assert maton.send("GET", "/v3/a.json").status == 200


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/connections", {"app": "fax"}, 400),
        ("POST", "/connections", {}, 400),
        ("POST", "/connections", [], 400),
        ("PUT", "/connections", {}, 405),
        ("PUT", f"/connections/{CONNECTION}", {}, 405),
        ("GET", f"/connections/{CONNECTION}/more", None, 404),
    ],
)
def test_nonsense_makes_no_connection(
    control: Client, method: str, path: str, body: object, status: int
) -> None:
    reply = control.send(method, path, body)
    assert (reply.status, set(reply.json)) == (status, {"message"})
    assert ids(control) == [CONNECTION]


@pytest.mark.parametrize("key", ["connection_id", "connection_Id", "id"])
def test_the_id_has_three_spellings(under: Callable[..., Client], key: str) -> None:
    control = Client(under(f"connection_key={key}").sandbox, "", MATON)
    connection = made(control)
    assert [name for name in connection if name.lower().endswith("id")] == [key]
    assert control.send("GET", f"/connections/{connection[key]}").status == 200
    listed = control.send("GET", "/connections").json["connections"]
    assert [one[key] for one in listed] == [CONNECTION, connection[key]]
