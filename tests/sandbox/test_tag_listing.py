"""Listings of tags: filters and order, lag, and how they may depart from the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.client import COMPANY, Client

if TYPE_CHECKING:
    from collections.abc import Callable

    Under = Callable[..., Client]

OPPORTUNITY, SCHEDULE = 7886728, 7886733
BOTH = ["Opportunity", "Schedule requested"]


def rows(client: Client, **query: object) -> list[Any]:
    listed: list[Any] = client.get("tags.json", **query)["tags"]
    return listed


@pytest.mark.parametrize(
    ("setting", "listed"),
    [
        ("own", ["Opportunity"]),
        ("with-account", BOTH),
        ("ignored", [*BOTH, "Other"]),
        ("partial", []),
    ],
)
@pytest.mark.parametrize("delay", ["0", "1"])
def test_the_filter_of_a_company(under: Under, setting: str, listed: list[str], delay: str) -> None:
    client = under(f"company_filter={setting}", f"read_delay={delay}")
    store = client.sandbox.store
    store.run("INSERT INTO companies (id, account_id) SELECT 'COM2', id FROM accounts")
    client.tag("Other", "COM2")
    if delay == "1":
        listed = [name for name in listed if name != "Other"]
    assert client.names(company_id=COMPANY) == listed


@pytest.mark.parametrize(
    ("setting", "account", "company"),
    [
        ("honoured", ["Schedule requested"], ["Opportunity"]),
        ("ignored", BOTH, BOTH),
        ("partial", ["Schedule requested"], []),
    ],
)
def test_the_filter_of_a_level(
    under: Under, setting: str, account: list[str], company: list[str]
) -> None:
    client = under(f"level_filter={setting}")
    assert client.names(tag_level="account") == account
    assert client.names(tag_level="company") == company
    assert client.names(tag_level="company", company_id="COM1") == []


def test_account_level_is_of_no_company(direct: Client) -> None:
    assert direct.of("GET", "tags.json", tag_level="account", company_id=COMPANY).status == 400


@pytest.mark.parametrize(
    "query",
    [{"tag_level": "team"}, {"status": "archived"}, {"sort": "size"}, {"order": "up"}],
)
def test_a_filter_that_does_not_exist_is_400(direct: Client, query: dict[str, str]) -> None:
    assert direct.of("GET", "tags.json", **query).status == 400


@pytest.mark.parametrize(
    ("setting", "disabled"), [("honoured", ["Opportunity"]), ("ignored", BOTH)]
)
def test_the_filter_of_a_status(under: Under, setting: str, disabled: list[str]) -> None:
    client = under(f"status_filter={setting}")
    client.of("PUT", f"tags/{OPPORTUNITY}.json", {"disabled": True})
    assert client.names() == BOTH
    assert client.names(status="disabled") == disabled
    assert ("Opportunity" in client.names(status="enabled")) is (setting == "ignored")


@pytest.mark.parametrize("setting", ["honoured", "ignored"])
def test_sorting_by_name(under: Under, setting: str) -> None:
    client = under(f"sorting={setting}")
    client.tag("Aardvark")
    by_id, by_name = [*BOTH, "Aardvark"], ["Aardvark", *BOTH]
    assert client.names() == by_id
    assert client.names(sort="name") == (by_name if setting == "honoured" else by_id)
    if setting == "honoured":
        assert client.names(sort="name", order="desc") == by_name[::-1]


@pytest.mark.parametrize("setting", [0, 2])
def test_listings_may_lag_by_number(under: Under, setting: int) -> None:
    client = under(f"read_delay={setting}")
    client.tag("X")
    shown = ["X" in client.names() for _ in range(3)]
    assert shown == [number >= setting for number in range(3)]


def test_a_lagging_listing_is_old_on_all_its_pages(under: Under) -> None:
    client = under("read_delay=1")
    client.of("DELETE", f"tags/{OPPORTUNITY}.json")
    pages = [client.names(page=page, per_page=1) for page in (1, 2, 1, 2)]
    assert pages == [["Opportunity"], ["Schedule requested"], ["Schedule requested"], []]


def test_a_write_lags_by_the_number_that_was_set_whatever_is_written_after_it(
    under: Under,
) -> None:
    client = under("read_delay=1")
    client.tag("X")
    assert client.names() == BOTH
    client.tag("Y")
    assert client.names() == [*BOTH, "X"]
    assert client.names() == [*BOTH, "X", "Y"]


def test_listings_may_lag_by_seconds(under: Under) -> None:
    now = [100.0]
    client = under("read_delay_seconds=4", clock=lambda: now[0])
    client.tag("X")
    client.of("PUT", f"tags/{OPPORTUNITY}.json", {"name": "Lead", "color": "red1"})
    now[0] = 102.0
    client.of("PUT", f"tags/{OPPORTUNITY}.json", {"name": "Leads"})
    client.of("DELETE", f"tags/{SCHEDULE}.json")
    assert client.names() == BOTH
    assert client.names(company_id=COMPANY, status="enabled", sort="name") == ["Opportunity"]
    now[0] = 104.0
    assert client.names() == ["Lead", "Schedule requested", "X"]
    assert rows(client)[0]["color"] == "red1"
    now[0] = 106.0
    assert client.names() == ["Leads", "X"]


def test_a_lagging_listing_pages_and_counts_like_any_other(under: Under) -> None:
    client = under("read_delay_seconds=30", "page_cap=1")
    client.of("DELETE", f"tags/{OPPORTUNITY}.json")
    listed = [client.get("tags.json", page=page) for page in (1, 2)]
    assert [[row["name"] for row in one["tags"]] for one in listed] == [[BOTH[0]], [BOTH[1]]]
    assert {one["total_records"] for one in listed} == {2}


def test_what_is_listed_late_is_done_at_once(under: Under) -> None:
    client = under("read_delay_seconds=30")
    client.of("DELETE", f"tags/{OPPORTUNITY}.json")
    assert client.of("PUT", f"tags/{OPPORTUNITY}.json", {"name": "X"}).status == 404


@pytest.mark.parametrize(
    ("setting", "totals"),
    [
        ("right", [2, 2]),
        ("more", [3, 3]),
        ("fewer", [1, 1]),
        ("moving", [3, 4]),
        ("missing", [None, None]),
    ],
)
def test_totals(under: Under, setting: str, totals: list[int | None]) -> None:
    client = under(f"tag_totals={setting}", "page_cap=1")
    pages = [client.get("tags.json", page=page) for page in (1, 2)]
    assert [page.get("total_records") for page in pages] == totals
    assert [row["name"] for page in pages for row in page["tags"]] == BOTH


@pytest.mark.parametrize(
    ("setting", "listed"),
    [
        ("once", [["a", "b"], ["c", "d"]]),
        ("twice", [["a", "b"], ["c", "d", "c"]]),
        ("instead", [["a", "a"], ["c", "c"]]),
    ],
)
def test_rows_may_repeat(under: Under, setting: str, listed: list[list[str]]) -> None:
    client = under(f"tag_rows={setting}", "page_cap=2")
    client.sandbox.store.run("DELETE FROM tags")
    for name in "abcd":
        client.tag(name)
    assert [client.names(page=page) for page in (1, 2)] == listed


@pytest.mark.parametrize(
    ("setting", "field", "value"),
    [
        ("no-status", "status", None),
        ("other-status", "status", "archived"),
        ("word-id", "id", "TAG9"),
        ("text-id", "id", "900000001"),
        ("null-name", "name", None),
        ("no-level", "tag_level", None),
    ],
)
def test_an_odd_tag_comes_last_on_account_level(
    under: Under, setting: str, field: str, value: object
) -> None:
    client = under(f"odd_tag={setting}", "page_cap=2")
    assert client.names() == BOTH
    page = client.get("tags.json", page=2)
    assert page["total_records"] == 3
    (odd,) = page["tags"]
    assert odd.get(field) == value
    assert client.names(company_id=COMPANY) == ["Opportunity"]
    assert len(rows(client, tag_level="account")) == 2
    assert client.names(tag_level="company") == ["Opportunity"]


def test_an_odd_tag_may_be_one_of_those_that_exist(under: Under) -> None:
    client = under("odd_tag=no-status", f"odd_tag_id={OPPORTUNITY}")
    first, second = rows(client)
    assert ("status" in first, "status" in second) == (False, True)


def test_an_odd_tag_may_be_no_object(under: Under) -> None:
    assert isinstance(rows(under("odd_tag=list"))[-1], list)


def test_ids_in_listings_may_be_text(under: Under) -> None:
    client = under("list_ids=text")
    assert [row["id"] for row in rows(client)] == [str(OPPORTUNITY), str(SCHEDULE)]
