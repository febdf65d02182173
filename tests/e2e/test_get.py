"""``get`` as people ask: by names, with every filter, and told what they did not ask for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.callrail.catalog import RESOURCES
from reconciler.cli.commands import get
from reconciler.sandbox import Options, Sandbox
from tests.cli_runner import direct, gateway
from tests.e2e.workspace import ACCOUNT, Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli_runner import Ran


@pytest.fixture(scope="module")
def agency() -> Iterator[Sandbox]:
    with Sandbox(Options(seed="agency", quota=None)) as running:
        yield running


@pytest.fixture
def busy(tmp_path: Path, agency: Sandbox) -> Workspace:
    agency.log.clear()
    return Workspace.at(tmp_path, agency)


def rows(workspace: Workspace, *line: str) -> list[dict[str, Any]]:
    ran = workspace.run("get", *line, "--account", ACCOUNT, "--format", "json")
    assert ran.code == 0, ran.err
    found: list[dict[str, Any]] = json.loads(ran.out)
    return found


def refused(workspace: Workspace, *line: str) -> Ran:
    ran = workspace.run("get", *line)
    assert ran.code == 64, ran.out + ran.err
    assert workspace.sandbox.log.entries == []
    return ran


def test_the_command_line_and_the_catalog_know_the_same_names() -> None:
    assert set(get.RESOURCES) == set(RESOURCES)
    named = {name for one in RESOURCES.values() for name in one.filters}
    assert named | {"company"} == {name for name, _, _ in get.FILTERS}


@pytest.mark.parametrize("through", [direct, gateway])
@pytest.mark.parametrize("name", [name for name in RESOURCES if name != "integrations"])
def test_every_resource_is_listed_through_both_gateways(
    tmp_path: Path, agency: Sandbox, name: str, through: Any
) -> None:
    workspace = Workspace(tmp_path, agency, through(agency))
    assert workspace.run(f"get {name} --account {ACCOUNT} --format json").code == 0


@pytest.mark.parametrize(
    ("named", "reported"),
    [
        ("Acme Dental Group", ""),
        ("acme dental group", ""),
        ("NUMBER", "is Acme Dental Group: its id is ACC019c46b8a0807fbdb81c8bf12af91cb3"),
    ],
)
def test_an_account_may_be_called_by_name_or_number(
    busy: Workspace, named: str, reported: str
) -> None:
    query = "SELECT numeric_id FROM accounts WHERE id = ?"
    number = str(busy.sandbox.store.value(query, (ACCOUNT,)))
    ran = busy.run("get", "companies", "--format", "json", "--account", number, "--limit", "1")
    assert ran.code == 0
    named = number if named == "NUMBER" else named
    ran = busy.run("get", "companies", "--format", "json", "--account", named)
    assert ran.code == 0, ran.err
    assert len(json.loads(ran.out)) == len(rows(busy, "companies"))
    assert reported in ran.err
    assert (number in ran.err) == bool(reported)


def test_an_account_may_be_called_by_its_handle(busy: Workspace) -> None:
    busy.write(
        "reconciler.yaml",
        f"version: 1\naccounts:\n  acme: {{id: {ACCOUNT}}}\n  x: {{id: ACC2}}\ntags: []\n",
    )
    assert json.loads(busy.run("get companies --account acme --format json").out) == rows(
        busy, "companies"
    )


def test_an_account_that_is_not_there_is_reported_with_those_that_are(busy: Workspace) -> None:
    ran = busy.run("get", "tags", "--account", "Acme Dentl Group")
    assert ran.code == 1
    assert "It sees ACC019c46b8a0807fbdb81c8bf12af91cb3 (Acme Dental Group)" in ran.err


def test_companies_may_be_called_by_name_and_pattern(busy: Workspace) -> None:
    names = {row["id"]: row["name"] for row in rows(busy, "companies")}
    first = next(iter(names.values()))
    found = rows(busy, "tags", "--company", first)
    assert {names[row["company_id"]] for row in found} == {first}
    prefix = first[:4]
    wanted = {id_ for id_, name in names.items() if name.startswith(prefix)}
    found = rows(busy, "tags", "--company", f"{prefix}*", "--company", first)
    assert {row["company_id"] for row in found} <= wanted
    assert len({row["id"] for row in found}) == len(found)
    assert len(rows(busy, "tags", "--company", f"{prefix}*", "--limit", "3")) == 3


def test_a_company_that_is_not_there_is_refused_with_the_nearest(busy: Workspace) -> None:
    first = rows(busy, "companies")[0]["name"]
    ran = busy.run("get", "tags", "--account", ACCOUNT, "--company", first[:-1])
    assert ran.code == 64
    assert first in ran.err


def test_a_summary_takes_one_company(busy: Workspace) -> None:
    ran = busy.run("get", "call-summary", "--account", ACCOUNT, "--company", "*")
    assert ran.code == 64
    assert "--group-by company" in ran.err


def test_tags_repeat_and_mean_either(busy: Workspace) -> None:
    year = ["--date-range", "this_year", "--fields", "tags"]
    one = rows(busy, "calls", "--tags", "Opportunity", *year)
    both = rows(busy, "calls", "--tags", "Opportunity", "--tags", "Schedule requested", *year)
    assert len(both) > len(one) > 0
    assert all({"Opportunity", "Schedule requested"} & set(row["tags"]) for row in both)


@pytest.mark.parametrize(
    "line",
    [
        "calls --search a --search b",
        "calls --sort duration --sort source",
        "calls --tracker-id TRK1 --tracker-id TRK2",
        "calls --limit 1 --limit 2",
        "calls --account A --account B",
        "calls --format json --format csv",
        "tags --level account --level company",
    ],
)
def test_a_repeated_flag_that_is_not_honoured_is_refused(busy: Workspace, line: str) -> None:
    assert "twice" in refused(busy, *line.split()).err


@pytest.mark.parametrize(
    ("line", "advice"),
    [
        ("calls --date-range last_30_day", "Did you mean last_30_days?"),
        ("calls --sort durations", "Did you mean duration?"),
        ("calls --lead-status good", "good_lead, not_a_lead, not_scored"),
        ("calls --fields tagz", "Did you mean tags?"),
        ("calls --fields note,sorce", "Did you mean source?"),
        ("call-summary --fields calls", "total_calls, missed_calls"),
        ("call-summary --group-by compny", "Did you mean company?"),
        ("call-timeseries --interval days", "Did you mean day?"),
        ("tags --status active", "enabled, disabled"),
        ("trackers --type web", "source, session"),
        ("notifications --alert-type none", "missed_and_vm"),
        ("calls --interval day", "--call-type"),
        ("texts --start-date 2026-11-01", "together"),
        ("texts --start-date 2026-11-01 --end-date 2026-11-02T00:00:00Z", "YYYY-MM-DD"),
        ("tags --level account --company-id COM1", "no company"),
        ("tags --level account --company A*", "no company"),
    ],
)
def test_what_can_not_be_is_refused_before_anything_is_sent(
    busy: Workspace, line: str, advice: str
) -> None:
    assert advice in refused(busy, *line.split()).err


def test_a_field_that_no_row_has_is_reported_with_those_that_are_known(busy: Workspace) -> None:
    line = f"get calls --account {ACCOUNT} --date-range this_year --limit 3 --fields xyzzy,tags"
    ran = busy.run(line)
    assert ran.code == 0
    assert "No row has xyzzy." in ran.err
    assert "landing_page_url" in ran.err
    assert "No row has" not in busy.run(line.replace("xyzzy,", "")).err


@pytest.mark.parametrize("name", ["calls", "call-summary", "call-timeseries", "texts"])
def test_without_a_range_it_is_reported_to_be_the_last_week(busy: Workspace, name: str) -> None:
    message = "CallRail answers for the last 7 days"
    assert message in busy.run(f"get {name} --account {ACCOUNT}").err
    week = "--start-date 2026-11-01 --end-date 2026-11-20"
    assert message not in busy.run(f"get {name} --account {ACCOUNT} {week}").err


@pytest.mark.parametrize("name", ["tags", "companies", "forms", "users"])
def test_what_has_no_such_range_is_not_reported_to_have_one(busy: Workspace, name: str) -> None:
    assert "7 days" not in busy.run(f"get {name} --account {ACCOUNT}").err


@pytest.mark.parametrize(
    ("line", "holds"),
    [
        ("companies --status disabled", lambda row: row["status"] == "disabled"),
        ("tags --level account", lambda row: row["tag_level"] == "account"),
        ("tags --level company --status disabled", lambda row: row["status"] == "disabled"),
        ("trackers --status active", lambda row: row["status"] == "active"),
        (
            "calls --direction outbound --date-range this_year",
            lambda r: r["direction"] != "inbound",
        ),
        (
            "calls --answer-status missed --date-range this_year",
            lambda row: not row["answered"] or row["voicemail"],
        ),
        ("calls --min-duration 60 --date-range this_year", lambda row: row["duration"] >= 60),
    ],
)
def test_filters_reach_the_server(busy: Workspace, line: str, holds: Any) -> None:
    assert all(map(holds, rows(busy, *line.split())))


def test_a_summary_shows_the_figures_asked_for(busy: Workspace) -> None:
    line = "call-summary --date-range this_year --fields leads --fields total_calls,leads"
    (row,) = rows(busy, *line.split())
    assert set(row["total_results"]) >= {"leads", "total_calls"}


@pytest.mark.parametrize("through", [direct, gateway])
def test_the_next_page_of_calls_is_found_wherever_it_is_reported_to_be(
    tmp_path: Path, agency: Sandbox, through: Any
) -> None:
    workspace = Workspace(tmp_path, agency, through(agency))
    found = rows(workspace, "calls", "--date-range", "this_year")
    assert len(found) > 250
    assert len({row["id"] for row in found}) == len(found)


@pytest.mark.parametrize("name", ["forms", "texts", "message-flows"])
def test_the_new_resources_have_rows_that_can_be_read_one_by_one(
    busy: Workspace, name: str
) -> None:
    year = ["--start-date", "2026-01-01", "--end-date", "2026-12-31"]
    found = rows(busy, name, *(year if name != "message-flows" else []))
    assert found
    (one,) = rows(busy, name, str(found[0]["id"]))
    assert one["id"] == found[0]["id"]
