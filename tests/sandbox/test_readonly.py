"""Companies, trackers, users, integrations, notifications: what they show and are filtered by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.sandbox.client import Client

NAMES = ("companies", "trackers", "users", "notifications")


def listed(client: Client, name: str, **query: object) -> list[dict[str, Any]]:
    return list(client.every(f"{name}.json", name, **query))


def test_integrations_are_a_company_s(agency: Client) -> None:
    company = agency.get("companies.json")["companies"][0]["id"]
    reply = agency.of("GET", "integrations.json")
    assert (reply.status, reply.json) == (400, {"error": "company_id is required"})
    (row,) = listed(agency, "integrations", company_id=company)
    assert row["type"] == "GoogleAds"
    assert agency.get(f"integrations/{row['id']}.json") == row


@pytest.mark.parametrize("name", ["trackers", "users", "notifications"])
def test_a_list_can_be_one_company_s(agency: Client, name: str) -> None:
    company = agency.get("companies.json")["companies"][0]["id"]
    assert len(listed(agency, name)) == 32
    assert len(listed(agency, name, company_id=company)) == 1


@pytest.mark.parametrize("name", NAMES)
def test_one_can_be_had_by_its_id_and_none_be_written(agency: Client, name: str) -> None:
    row = listed(agency, name)[3]
    assert agency.get(f"{name}/{row['id']}.json") == row
    assert agency.of("GET", f"{name}/nonsense.json").status == 404
    assert agency.of("PUT", f"{name}/{row['id']}.json", {"name": "x"}).status == 405
    assert agency.of("POST", f"{name}.json", {"name": "x"}).status == 405


@pytest.mark.parametrize(
    ("name", "parameter", "values"),
    [
        ("companies", "status", ["active", "disabled"]),
        ("trackers", "type", ["source", "session"]),
        ("trackers", "status", ["active", "disabled"]),
        ("users", "role", ["admin", "manager", "reporting"]),
        ("notifications", "alert_type", ["all", "first_call", "missed_and_vm", "vm_only"]),
    ],
)
def test_a_filter_takes_one_of_a_few_words(
    agency: Client, name: str, parameter: str, values: list[str]
) -> None:
    everything = listed(agency, name)
    for value in values:
        expected = [row["id"] for row in everything if row[parameter] == value]
        assert [row["id"] for row in listed(agency, name, **{parameter: value})] == expected
    assert agency.of("GET", f"{name}.json", **{parameter: "nonsense"}).status == 400


def test_the_agency_has_both_sorts_of_most_things(agency: Client) -> None:
    assert {row["type"] for row in listed(agency, "trackers")} == {"source", "session"}
    assert {row["status"] for row in listed(agency, "trackers")} == {"active", "disabled"}
    assert {row["role"] for row in listed(agency, "users")} == {"admin", "manager", "reporting"}
    assert len({row["alert_type"] for row in listed(agency, "notifications")}) == 4


def test_companies_are_searched_and_sorted_by_name(agency: Client) -> None:
    names = [row["name"] for row in listed(agency, "companies", sort="name")]
    assert names == sorted(names)
    assert names != [row["name"] for row in listed(agency, "companies")]
    assert {row["name"] for row in listed(agency, "companies", search="wOOd")} == {"Dental Oakwood"}
    assert agency.of("GET", "companies.json", sort="mood").status == 400


def test_a_disabled_company_reports_since_when(agency: Client) -> None:
    for row in listed(agency, "companies"):
        assert (row["disabled_at"] is not None) is (row["status"] == "disabled")


def test_users_are_searched_by_name_and_address(direct: Client) -> None:
    for text, found in (("john doe", 1), ("DOE", 1), ("john@example", 1), ("jane", 0)):
        assert len(listed(direct, "users", search=text)) == found
