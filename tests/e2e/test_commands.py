"""The commands around plan and apply, as an admin types them."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from reconciler.sandbox import Options, Sandbox, Switches
from reconciler.sandbox.options import DIRECT_KEY
from reconciler.schema import SCHEMAS, load_schema
from tests.cli_runner import gateway, run
from tests.e2e.workspace import ACCOUNT, COMPANY, Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from pathlib import Path

NAMES = ("accounts", "companies", "tags", "calls", "call-timeseries", "trackers", "users")


@pytest.fixture(scope="module")
def agency() -> Iterator[Sandbox]:
    with Sandbox(Options(seed="agency", quota=None)) as running:
        yield running


@pytest.fixture
def busy(tmp_path: Path, agency: Sandbox) -> Workspace:
    """A workspace at the agency."""
    return Workspace.at(tmp_path, agency)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", ["text", "json", "yaml", "csv"])
def test_get_shows_every_resource_in_every_format(
    workspace: Workspace, name: str, form: str
) -> None:
    ran = workspace.run(f"get {name} --format {form}")
    assert ran.code == 0, ran.err
    assert ran.out.strip()


def test_get_is_complete_across_pages(busy: Workspace) -> None:
    rows = json.loads(
        busy.run("get tags --account ACC019c46b8a0807fbdb81c8bf12af91cb3 --format json").out
    )
    store = busy.sandbox.store
    assert len(rows) == len(store.tags("ACC019c46b8a0807fbdb81c8bf12af91cb3"))


def test_get_one_takes_no_filter_and_no_summary(workspace: Workspace) -> None:
    assert workspace.run("get calls CAL1 --search Jo").code == 64


def two_years_ago(workspace: Workspace) -> date:
    """The day on which the seeded calls begin."""
    return workspace.sandbox.options.today - timedelta(days=730)


def test_get_calls_filters_and_limits(busy: Workspace) -> None:
    ran = busy.run(
        "get calls --account ACC019c46b8a0807fbdb81c8bf12af91cb3 --tags Opportunity "
        f"--start-date {two_years_ago(busy)} --fields tags --limit 300 --format csv"
    )
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert len(rows) == 300
    assert all("Opportunity" in row["tags"] for row in rows)


def test_get_summary_groups(busy: Workspace) -> None:
    ran = busy.run(
        "get call-summary --group-by company --account ACC019c46b8a0807fbdb81c8bf12af91cb3 "
        f"--start-date {two_years_ago(busy)} --format json"
    )
    assert sum(row["total_calls"] for row in json.loads(ran.out)) > 1_000


def test_get_needs_an_account_where_the_key_sees_several(busy: Workspace) -> None:
    ran = busy.run("get tags")
    assert ran.code == 64
    assert "Acme Dental Group" in ran.err


def test_get_integrations_needs_a_company(workspace: Workspace) -> None:
    assert workspace.run("get integrations").code == 64
    assert workspace.run(f"get integrations --company-id {COMPANY}").code == 0
    assert workspace.run("get notifications").code == 0


def test_get_refuses_a_filter_that_the_resource_has_not(workspace: Workspace) -> None:
    ran = workspace.run("get trackers --search Jo")
    assert ran.code == 64
    assert "--company-id" in ran.err


def test_import_gives_a_configuration_whose_plan_is_empty(busy: Workspace) -> None:
    ran = busy.run("import")
    assert ran.code == 0, ran.err
    busy.write("reconciler.yaml", ran.out)
    plan = busy.run("plan --detailed-exitcode")
    assert plan.code == 0, plan.out + plan.err


def test_import_of_one_account_by_id(busy: Workspace) -> None:
    ran = busy.run("import ACC019c46b8a0807fbdb81c8bf12af91cb5")
    assert "ACC019c46b8a0807fbdb81c8bf12af91cb5" in ran.out
    assert "ACC019c46b8a0807fbdb81c8bf12af91cb3" not in ran.out


def test_validate_is_offline_and_shows_everything_at_once(workspace: Workspace) -> None:
    workspace.declare("- name: A\n  colour: x\n- nam: B\n- name: C\n  state: gone")
    ran = workspace.run("validate")
    assert ran.code == 1
    assert ran.err.count("error[") >= 3
    assert workspace.sandbox.log.entries == []
    document = json.loads(workspace.run("validate --format json").out)
    assert len(document["problems"]) >= 3


def test_validate_is_content_with_what_is_right(workspace: Workspace) -> None:
    workspace.declare("- name: A")
    assert "valid" in workspace.run("validate").out


def test_init_writes_what_validates_and_never_overwrites(workspace: Workspace) -> None:
    assert workspace.run("init").code == 0
    assert workspace.run("validate").code == 0
    before = workspace.read("reconciler.yaml")
    ran = workspace.run("init")
    assert ran.code == 5
    assert workspace.read("reconciler.yaml") == before


@pytest.mark.parametrize("name", SCHEMAS)
def test_schema_prints_what_is_published(name: str) -> None:
    assert json.loads(run("schema", name).out) == load_schema(name)


def test_doctor_finds_all_well(workspace: Workspace) -> None:
    workspace.declare("- name: A")
    ran = workspace.run("doctor")
    assert ran.code == 0, ran.out + ran.err
    assert "sandbox-callrail-key" not in ran.out
    assert "the key sees 1 account: ACC019c46b8a0807fbdb81c8bf12af91cb3 (My Account)" in ran.out
    findings = json.loads(workspace.run("doctor --format json").out)
    assert {finding["state"] for finding in findings} == {"ok"}


def test_doctor_reports_what_to_do_about_a_missing_key(workspace: Workspace) -> None:
    del workspace.environ["CALLRAIL_API_KEY"]
    ran = workspace.run("doctor")
    assert ran.code == 4
    assert "export" in ran.out


def test_doctor_names_a_pending_connection(tmp_path: Path, sandbox: Sandbox) -> None:
    workspace = Workspace(tmp_path, sandbox, gateway(sandbox))
    sandbox.store.run("UPDATE connections SET status = 'PENDING'")
    ran = workspace.run("doctor")
    assert ran.code != 0
    assert "connections create" in ran.out


def test_connections_are_made_shown_and_deleted(tmp_path: Path, sandbox: Sandbox) -> None:
    workspace = Workspace(tmp_path, sandbox, gateway(sandbox))
    made = json.loads(workspace.run("connections create --format json").out)[0]
    assert made["status"] == "PENDING"
    assert len(json.loads(workspace.run("connections list --format json").out)) == 2
    assert made["connection_id"] in workspace.run(f"connections get {made['connection_id']}").out
    assert workspace.run(f"connections delete {made['connection_id']}").code == 5
    assert workspace.run(f"connections delete {made['connection_id']} --auto-approve").code == 0
    assert len(json.loads(workspace.run("connections list --format json").out)) == 1


def test_connections_belong_to_maton(workspace: Workspace) -> None:
    assert workspace.run("connections list").code == 4


def test_narrowing_to_an_account_spends_nothing_on_the_other(busy: Workspace) -> None:
    busy.declare(
        "- name: Everywhere",
        head=(
            "version: 1\naccounts:\n  acme: {id: ACC019c46b8a0807fbdb81c8bf12af91cb3}\n"
            "  beacon: {id: ACC019c46b8a0807fbdb81c8bf12af91cb4}\n"
        ),
    )
    document = busy.document("plan --account beacon")
    assert [account["handle"] for account in document["accounts"]] == ["beacon"]
    assert document["summary"]["create"] == 1


def test_a_company_narrowing_reads_only_that_company(busy: Workspace) -> None:
    busy.declare("- name: Everywhere\n  companies: all")
    busy.sandbox.log.clear()
    assert busy.run("plan", "--company", "Dental North").code == 0
    assert "Dental North" in busy.run("plan", "--company", "Dental North").out


@pytest.mark.parametrize(
    ("name", "identifier"),
    [
        ("accounts", ACCOUNT),
        ("companies", COMPANY),
        ("tags", "7886733"),
        ("calls", "CAL019c46b9fc277a7881e3728fea20869b"),
        ("trackers", "TRK019c46b9f18174d68bb8d7985260a11f"),
        ("users", "USR019c46b8a0557b2e85e5e1c651452509"),
    ],
)
def test_get_shows_one_by_its_id(workspace: Workspace, name: str, identifier: str) -> None:
    (row,) = json.loads(workspace.run(f"get {name} {identifier} --format json").out)
    assert str(row["id"]) == identifier


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        ("get tags 1", 1, "there is none with the id '1'"),
        ("get calls CAL1", 1, "not found (404): call not found"),
        ("get companies ../x", 1, "is not an id"),
        ("get call-summary 1", 64, "comes as a whole"),
    ],
)
def test_get_gives_the_reason_why_there_is_no_such_row(
    workspace: Workspace, line: str, code: int, message: str
) -> None:
    ran = workspace.run(line)
    assert (ran.code, message in ran.err) == (code, True), ran.err


def test_doctor_costs_a_few_requests_however_much_is_live(busy: Workspace) -> None:
    busy.declare("- name: A")
    busy.sandbox.log.clear()
    assert "tags can be read" in busy.run("doctor").out
    assert len(busy.sandbox.log.entries) <= 4


def test_doctor_knows_that_no_proxy_stands_before_this_machine(workspace: Workspace) -> None:
    workspace.environ["HTTPS_PROXY"] = "http://user:secret@proxy.example:3128"
    out = workspace.run("doctor").out
    assert re.search(r"proxy +none is used", out)
    assert "secret" not in out


def test_doctor_goes_on_to_report_what_a_wrong_key_needs(workspace: Workspace) -> None:
    workspace.environ["CALLRAIL_API_KEY"] = "not-a-key"
    ran = workspace.run("doctor")
    assert ran.code == 4
    assert "HTTP Token: Access denied. The key of CALLRAIL_API_KEY was refused" in ran.out
    assert "not-a-key" not in ran.out + ran.err


def test_doctor_points_at_a_configuration_that_is_wrong(workspace: Workspace) -> None:
    workspace.write("reconciler.yaml", "version: 1\n")
    ran = workspace.run("doctor")
    assert ran.code == 1
    assert "`reconciler validate` shows each one." in ran.out


def test_doctor_fails_when_the_key_sees_no_account(tmp_path: Path) -> None:
    with Sandbox(Options(reach={DIRECT_KEY: ()})) as sandbox:
        ran = Workspace.at(tmp_path, sandbox).run("doctor")
    assert ran.code == 1
    assert "Make the key with a user who may see the account." in ran.out


def test_connections_wait_until_one_is_active(tmp_path: Path) -> None:
    with Sandbox(Options(switches=Switches(activation=1))) as sandbox:
        workspace = Workspace(tmp_path, sandbox, gateway(sandbox))
        ran = workspace.run("connections create --wait --max-wait 0s")
        assert (ran.code, "is still PENDING" in ran.err) == (6, True)
        assert "Open this address in a browser" in ran.err
        pending = sandbox.store.value("SELECT connection_id FROM connections ORDER BY rowid DESC")
        assert "ACTIVE" in workspace.run(f"connections get {pending}").out


def test_a_connection_that_does_not_exist_is_named(tmp_path: Path, sandbox: Sandbox) -> None:
    ran = Workspace(tmp_path, sandbox, gateway(sandbox)).run("connections get nope")
    assert ran.code == 1
    assert "there is no connection nope" in ran.err
