"""Tags: their listing, what creates and updates take, and deletes that are for good."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from reconciler.sandbox import Switches
from tests.sandbox.client import CALL, COMPANY, Client

if TYPE_CHECKING:
    from collections.abc import Callable

OPPORTUNITY, SCHEDULE = 7886728, 7886733


def test_a_listing_has_pages_and_a_total(start: Callable[..., Client]) -> None:
    client = start(seed="bulk:600")
    account = client.send("GET", "/v3/a.json").json["accounts"][0]["id"]
    path = f"/v3/a/{account}/tags.json"
    first = client.send("GET", path).json
    assert {key: first[key] for key in first if key != "tags"} == {
        "page": 1,
        "per_page": 100,
        "total_pages": 6,
        "total_records": 600,
    }
    pages = [
        client.send("GET", path, page=page, per_page=250).json["tags"] for page in (1, 2, 3, 4)
    ]
    assert [len(page) for page in pages] == [250, 250, 100, 0]
    assert len({tag["id"] for page in pages for tag in page}) == 600


def test_more_than_250_a_page_is_not_given(start: Callable[..., Client]) -> None:
    client = start(seed="bulk:600")
    account = client.send("GET", "/v3/a.json").json["accounts"][0]["id"]
    payload = client.send("GET", f"/v3/a/{account}/tags.json", per_page=1_000).json
    assert (payload["per_page"], len(payload["tags"])) == (250, 250)


def test_a_company_s_listing_is_its_own(direct: Client) -> None:
    assert direct.names(company_id=COMPANY) == ["Opportunity"]
    assert direct.names(company_id="COM1") == []
    assert direct.names() == ["Opportunity", "Schedule requested"]


def test_an_account_tag_is_made_as_the_page_shows_it(direct: Client) -> None:
    reply = direct.of(
        "POST", "tags.json", {"name": "New Tag", "tag_level": "account", "color": "blue1"}
    )
    assert reply.status == 201
    made = reply.json
    assert made == {
        "id": made["id"],
        "name": "New Tag",
        "tag_level": "account",
        "color": "blue1",
        "background_color": "gray1",
        "company_id": None,
        "status": "enabled",
        "created_at": "2026-11-01T12:00:00.000Z",
    }
    assert type(made["id"]) is str
    assert made | {"id": int(made["id"])} in direct.get("tags.json")["tags"]


def test_a_company_tag_is_gray_unless_asked(direct: Client) -> None:
    body = {"name": "New Tag", "tag_level": "company", "company_id": COMPANY}
    made = direct.of("POST", "tags.json", body).json
    assert (made["tag_level"], made["company_id"], made["color"]) == ("company", COMPANY, "gray1")


def test_what_a_create_does_not_take_is_left_out(direct: Client) -> None:
    direct.tag("X", background_color="red1", disabled=True, status="disabled", company_id=COMPANY)
    made = direct.get("tags.json")["tags"][-1]
    assert (made["background_color"], made["status"]) == ("gray1", "enabled")
    assert (made["tag_level"], made["company_id"]) == ("account", None)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"name": None}, 400),
        ({"tag_level": None}, 400),
        ({"tag_level": "team"}, 400),
        ({"tag_level": "company"}, 400),
        ({"tag_level": "company", "company_id": 7}, 400),
        ({"tag_level": "company", "company_id": "COM1"}, 422),
        ({"name": " "}, 422),
        ({"name": 7}, 422),
        ({"color": "mauve"}, 400),
    ],
)
def test_a_create_that_lacks_something_makes_nothing(
    direct: Client, change: dict[str, object], status: int
) -> None:
    reply = direct.of("POST", "tags.json", {"name": "X", "tag_level": "account"} | change)
    assert (reply.status, set(reply.json)) == (status, {"error"})
    assert len(direct.sandbox.store.tags()) == 2


@pytest.mark.parametrize(
    ("body", "differs"),
    [
        ({"name": "Updated Tag Name"}, {"name": "Updated Tag Name"}),
        ({"color": "green1"}, {"color": "green1"}),
        ({"disabled": True}, {"status": "disabled"}),
        ({"disabled": "true"}, {"status": "disabled"}),
        ({"disabled": False}, {}),
        ({"disabled": "false"}, {}),
        ({"disabled": None}, {}),
        ({}, {}),
        ({"tag_level": "account", "company_id": None, "status": "disabled", "id": 1}, {}),
        ({"background_color": "red1", "nonsense": [1]}, {}),
    ],
)
def test_an_update_changes_what_it_names(
    direct: Client, body: dict[str, object], differs: dict[str, object]
) -> None:
    (before,) = direct.get("tags.json", company_id=COMPANY)["tags"]
    reply = direct.of("PUT", f"tags/{OPPORTUNITY}.json", body)
    assert (reply.status, reply.json) == (200, before | differs | {"id": str(OPPORTUNITY)})
    assert direct.get("tags.json", company_id=COMPANY)["tags"] == [before | differs]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": "", "color": "red1"}, 422),
        ({"color": "mauve", "name": "X"}, 400),
        ({"disabled": "yes", "name": "X"}, 422),
        ({"disabled": 1, "name": "X"}, 422),
    ],
)
def test_a_refused_update_changes_nothing(
    direct: Client, body: dict[str, object], status: int
) -> None:
    before = direct.get("tags.json")
    assert direct.of("PUT", f"tags/{OPPORTUNITY}.json", body).status == status
    assert direct.get("tags.json") == before


def test_a_rename_keeps_the_tag_on_its_calls(direct: Client) -> None:
    direct.of("PUT", f"calls/{CALL}.json", {"tag_list": ["Opportunity"]})
    direct.of("PUT", f"tags/{OPPORTUNITY}.json", {"name": "Lead"})
    assert direct.get(f"calls/{CALL}.json", fields="tags")["tags"] == ["Lead"]


def test_a_delete_takes_the_tag_off_every_call_for_good(direct: Client) -> None:
    direct.of("PUT", f"calls/{CALL}.json", {"tag_list": ["Opportunity", "Schedule requested"]})
    reply = direct.of("DELETE", f"tags/{OPPORTUNITY}.json")
    assert (reply.status, reply.raw) == (204, b"")
    assert direct.sandbox.store.calls_with(OPPORTUNITY) == 0
    assert direct.names() == ["Schedule requested"]
    assert direct.get(f"calls/{CALL}.json", fields="tags")["tags"] == ["Schedule requested"]
    again = direct.tag("Opportunity", COMPANY)
    assert again != OPPORTUNITY
    assert direct.get("calls.json", tags="Opportunity")["total_records"] == 0


def test_what_is_gone_can_t_be_deleted_or_updated(direct: Client) -> None:
    direct.of("DELETE", f"tags/{OPPORTUNITY}.json")
    assert direct.of("DELETE", f"tags/{OPPORTUNITY}.json").status == 404
    assert direct.of("PUT", f"tags/{OPPORTUNITY}.json", {"name": "X"}).status == 404


def test_another_account_s_tag_is_out_of_reach(start: Callable[..., Client]) -> None:
    client = start(seed="agency")
    foreign = next(
        row["id"] for row in client.sandbox.store.tags() if row["account_id"].endswith("4")
    )
    assert client.of("DELETE", f"tags/{foreign}.json").status == 404
    assert client.sandbox.log.writes == []


def test_of_many_deletes_at_once_one_takes_effect(direct: Client) -> None:
    with ThreadPoolExecutor(8) as pool:
        replies = list(
            pool.map(lambda _: direct.of("DELETE", f"tags/{SCHEDULE}.json").status, range(8))
        )
    assert sorted(replies) == [204] + [404] * 7
    assert len(direct.sandbox.log.writes) == 1


def test_of_many_creates_at_once_one_gets_a_unique_name(start: Callable[..., Client]) -> None:
    client = start(switches=Switches(unique_names="exact"))
    body = {"name": "X", "tag_level": "account"}
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: client.of("POST", "tags.json", body).status, range(8)))
    assert sorted(replies) == [201] + [422] * 7


def test_a_name_may_hold_anything_that_json_can(direct: Client) -> None:
    name = "'; DROP TABLE tags;-- \U0001f9b7 \x00 ü"
    direct.tag(name)
    assert name in direct.names()
