"""``audit`` tells the truth about an account, and costs little more than its pages."""

from __future__ import annotations

import csv
import io
import json
import re
from math import ceil
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.sandbox import Options, Sandbox, Switches
from reconciler.sandbox.faults import parse_fault
from tests.e2e.workspace import Workspace
from tests.golden.test_golden import HERE, fill, load
from tests.schemas import validate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ACME = "ACC019c46b8a0807fbdb81c8bf12af91cb3"
KINDS = (
    ("calls", "calls", "call_tags", "call_id", "start_time"),
    ("forms", "forms", "form_tags", "form_id", "submitted_at"),
    ("texts", "texts", "text_tags", "text_id", "last_message_at"),
)


@pytest.fixture(scope="module")
def agency() -> Iterator[Sandbox]:
    with Sandbox(Options(seed="agency")) as running:
        yield running


@pytest.fixture(scope="module")
def audited(agency: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The document of all three accounts with usage, and what it cost."""
    workspace = Workspace.at(tmp_path_factory.mktemp("audit"), agency)
    agency.log.clear()
    document = workspace.document("audit --usage")
    validate(document, "audit")
    assert document["requests"] == len(agency.log.entries)
    return document


def pages(agency: Sandbox) -> int:
    """Pages of everything that an audit is about, 250 rows each."""
    total = 1  # of the accounts
    for (account,) in map(dict.values, agency.store.rows("SELECT id FROM accounts")):
        for table in ("companies", "tags", "calls", "forms", "texts"):
            also = " AND spam = 0" if table == "calls" else ""
            rows = agency.store.value(
                f"SELECT count(*) FROM {table} WHERE account_id = ?{also}",
                (account,),
            )
            total += ceil(rows / 250)
    return total


def truth(agency: Sandbox, kind: str, since: str, where: str, *what: object) -> int:
    """Interactions of ``kind`` that have a tag, as the store has it."""
    (_, table, links, link, moment) = next(one for one in KINDS if one[0] == kind)
    also = "AND one.spam = 0" if kind == "calls" else ""
    return int(
        agency.store.value(
            f"SELECT count(DISTINCT one.id) FROM {table} one "
            f"JOIN {links} link ON link.{link} = one.id JOIN tags tag ON tag.id = link.tag_id "
            f"WHERE {where} AND substr(one.{moment}, 1, 10) >= ? {also}",
            (*what, since),
        )
    )


def test_it_costs_its_pages_and_few_requests_more(agency: Sandbox, audited: dict[str, Any]) -> None:
    # Of each account: the dates of three kinds, the first page of calls twice, recent texts; and
    # a page of trackers, one of message flows, and each message flow.
    flows = agency.store.value("SELECT count(*) FROM message_flows")
    assert audited["requests"] <= pages(agency) + 3 * 5 + 3 * 2 + flows


def test_its_numbers_are_the_store_s_for_every_name_and_level(
    agency: Sandbox, audited: dict[str, Any]
) -> None:
    compared = 0
    for account in audited["accounts"]:
        since = account["counted"]["since"]
        names = {use["name"]: use for one in account["names"] for use in [one, *one["spellings"]]}
        for name, one in names.items():
            for kind in ("calls", "forms", "texts"):
                where = "one.account_id = ? AND tag.name = ?"
                true = truth(agency, kind, since, where, account["id"], name)
                if one["use"] is not None:
                    assert one["use"][kind] == {"count": true, "precision": "exact"}, (name, kind)
        for one in account["names"]:
            levels = {cell["level"] for cell in one["cells"] for tag in cell["tags"]}
            for tag in (tag for cell in one["cells"] for tag in cell["tags"]):
                for kind in ("calls", "forms", "texts"):
                    true = truth(agency, kind, since, "tag.id = ?", tag["id"])
                    counted = tag["use"][kind]
                    assert counted["precision"] in {"exact", "at_most"}
                    exact = counted["precision"] == "exact"
                    assert counted["count"] == true if exact else counted["count"] >= true, (
                        tag,
                        kind,
                    )
                    assert exact or len(levels) == 2
                    compared += 1
    assert compared > 900


def declared(document: dict[str, Any]) -> str:
    """A configuration of its accounts that declares nothing."""
    rows = [f"  a{at}: {{id: {one['id']}}}" for at, one in enumerate(document["accounts"])]
    return "\n".join(["version: 1", "accounts:", *rows, ""])


def test_a_snapshot_counts_as_an_audit_does_and_costs_no_more(
    agency: Sandbox, audited: dict[str, Any], tmp_path: Path
) -> None:
    workspace = Workspace.at(tmp_path, agency)
    workspace.write("reconciler.yaml", declared(audited))
    agency.log.clear()
    assert workspace.run("snapshot --usage --out now.json").code == 0
    flows = [one for one in agency.log.entries if re.search("message-flows|trackers", one.path)]
    assert len(agency.log.entries) <= audited["requests"]
    assert 0 < len(flows) <= 20
    kept = json.loads(workspace.read("now.json"))["accounts"]
    counted = {tag["id"]: tag["usage"] for account in kept for tag in account["tags"]}
    known = [tag for one in audited["accounts"] for name in one["names"] for tag in tags_of(name)]
    for tag in known:
        of = counted[tag["id"]]
        assert [of[kind] for kind in ("calls", "forms", "texts", "flows")] == [
            *(tag["use"][kind] for kind in ("calls", "forms", "texts")),
            tag["flows"],
        ]
        assert of.get("flow_names", []) == tag["flow_names"]
    since = {one["id"]: one["counted"]["since"] for one in audited["accounts"]}
    exact = 0
    for account in kept:
        for tag in account["tags"]:
            for kind in ("calls", "forms", "texts"):
                true = truth(agency, kind, since[account["id"]], "tag.id = ?", tag["id"])
                count = tag["usage"][kind]
                assert count["precision"] in {"exact", "at_most"}
                exact += count["precision"] == "exact"
                assert count["count"] == true or (
                    count["precision"] == "at_most" and count["count"] > true
                )
    assert exact > 400

    # Audited offline, the names have what they have live.
    then, log = workspace.document("audit --live now.json --usage --all"), len(agency.log.entries)
    validate(then, "audit")
    assert (then["requests"], log) == (0, len(agency.log.entries))
    for old, new in zip(then["accounts"], audited["accounts"], strict=True):
        live = {tag["id"]: tag["use"] for one in new["names"] for tag in tags_of(one)}
        for tag in (tag for one in old["names"] for tag in tags_of(one)):
            assert [tag["use"][kind] for kind in ("calls", "forms", "texts")] == [
                live[tag["id"]][kind] for kind in ("calls", "forms", "texts")
            ]


def test_a_snapshot_without_usage_is_audited_without(agency: Sandbox, tmp_path: Path) -> None:
    workspace = Workspace.at(tmp_path, agency)
    workspace.declare("- name: Spam")
    assert workspace.run("snapshot --out now.json").code == 0
    sent = len(agency.log.entries)
    assert "live and not declared" in workspace.run("audit --live now.json").out.lower()
    refused = workspace.run("audit --live now.json --usage")
    assert refused.code == 64
    assert "the snapshot has no counts of what has its tags" in refused.err
    assert workspace.run("audit --live now.json --account nobody").code == 64
    assert len(agency.log.entries) == sent


def tags_of(name: dict[str, Any]) -> list[dict[str, Any]]:
    return [tag for cell in name["cells"] for tag in cell["tags"]]


def test_consolidating_by_usage_costs_no_more_than_an_audit(
    agency: Sandbox, audited: dict[str, Any], tmp_path: Path
) -> None:
    workspace = Workspace.at(tmp_path, agency)
    agency.log.clear()
    written = workspace.run("import --consolidate --usage")
    assert written.code == 0
    assert len(agency.log.entries) <= audited["requests"]
    beacon = next(one for one in audited["accounts"] if one["id"].endswith("4"))
    where = "one.account_id = ? AND tag.name = ?"
    calls, forms, texts = (
        truth(agency, kind, beacon["counted"]["since"], where, beacon["id"], "appointment booked")
        for kind in ("calls", "forms", "texts")
    )
    evidence = re.sub(r"\s+#\s+", " ", written.out)
    assert f"on {calls} calls, {forms} forms and {texts} texts" in evidence


def test_it_finds_every_misspelling_of_the_seed(audited: dict[str, Any]) -> None:
    from reconciler.sandbox.seeds.agency import MISSPELT

    for account in audited["accounts"]:
        spelt = {
            name["name"]: {spelling["name"] for spelling in name["spellings"]}
            for name in account["names"]
        }
        live = {name for one in spelt.items() for name in (one[0], *one[1])}
        for right, wrong in MISSPELT.items():
            assert spelt[right] == set(wrong) & live


def test_texts_and_tables_show_the_same(agency: Sandbox, tmp_path: Path) -> None:
    workspace = Workspace.at(tmp_path, agency)
    ran = workspace.run("audit --usage --quiet --account", ACME, "--report", "csv=audit.csv")
    assert ran.code == 0
    assert "30 companies, 187 tags, 29 names: 9 are not the same everywhere" in ran.out
    assert "also spelt Oppty: 3 (Dental Cedar, Dental Lakeside, Dental West)" in ran.out
    assert "14 tags of disabled companies" in ran.out
    rows = list(csv.DictReader(io.StringIO(workspace.read("audit.csv"))))
    assert len({row["tag_id"] for row in rows}) == len(rows) == 187
    missing = [row for row in rows if "missing" in row["state"].split()]
    assert len(missing) == 0


def test_what_import_writes_deviates_nowhere(agency: Sandbox, tmp_path: Path) -> None:
    workspace = Workspace.at(tmp_path, agency)
    workspace.write("reconciler.yaml", workspace.run("import").out)
    document = workspace.document("audit")
    assert [one["against"] for one in document["accounts"]] == ["configuration"] * 3
    wrong = [
        {tag["name"] for tag in cell["tags"]}
        for one in document["accounts"]
        for name in one["names"]
        for cell in name["cells"]
        if cell["states"] != ["as_declared"]
    ]
    # A name that ends with a blank can't be declared.
    assert wrong
    assert all("Spam " in names for names in wrong)
    assert "all as declared" in workspace.run("audit").out


def test_what_is_pasted_and_applied_deviates_no_more(tmp_path: Path) -> None:
    case = load(HERE / "130-audit-against-what-most-have" / "live.json", {})
    with Sandbox(Options(seed="empty")) as sandbox:
        fill(sandbox, case)
        workspace = Workspace.at(tmp_path, sandbox)
        blocks = workspace.run("audit").out.partition("reconciler.yaml\n")[2].partition("\n\n")[0]
        workspace.declare(blocks)
        workspace.apply()
        (account,) = workspace.document("audit")["accounts"]
        assert account["summary"]["deviating"] == 0
        extra = [one["name"] for one in account["names"] if one["deviates"]]
        assert extra == ["Quote sent", "VIP"]


@pytest.mark.parametrize(
    ("flags", "counted"),
    [
        (["--company", "Dental Bayy"], "matches no company"),
        (["--tag", "Opportunityy"], "matches no tag"),
        (["--account", "Akme"], "no account"),
    ],
)
def test_a_flag_that_matches_nothing_is_refused(
    agency: Sandbox, tmp_path: Path, flags: list[str], counted: str
) -> None:
    ran = Workspace.at(tmp_path, agency).run("audit", *flags)
    assert ran.code == 64
    assert counted in ran.err


def test_narrowed_to_companies_it_reports_nothing_of_other_accounts(
    agency: Sandbox, tmp_path: Path
) -> None:
    workspace = Workspace.at(tmp_path, agency)
    agency.log.clear()
    ran = workspace.run("audit --usage --company", "Law N*")
    assert ran.out.startswith("corner-legal\n1 of 10 companies, 6 tags, 6 names: ")
    assert "account level, and in 1 of 1 company" in ran.out
    assert "Paste this" not in ran.out
    assert not any(entry.path.endswith(f"{ACME}/calls.json") for entry in agency.log.entries)


def test_narrowed_it_counts_by_asking_where_that_is_cheaper(
    agency: Sandbox, tmp_path: Path
) -> None:
    workspace = Workspace.at(tmp_path, agency)
    agency.log.clear()
    document = workspace.document(f"audit --usage --account {ACME} --tag VIP")
    (account,) = document["accounts"]
    (name,) = account["names"]
    since = account["counted"]["since"]
    where = "one.account_id = ? AND tag.name = ?"
    assert name["use"]["calls"]["count"] == truth(agency, "calls", since, where, ACME, "VIP")
    assert document["requests"] < 43


def test_one_account_that_can_not_be_read_stops_no_other(tmp_path: Path) -> None:
    fault = parse_fault(f"* {ACME} status=403")
    with Sandbox(Options(seed="agency", faults=(fault,))) as sandbox:
        workspace = Workspace.at(tmp_path, sandbox)
        ran = workspace.run("audit")
        assert ran.code == 4
        assert "Partial: acme-dental-group could not be read, so it is left out" in ran.out
        assert "beacon-home-services" in ran.out
        document = workspace.document("audit")
        validate(document, "audit")
        assert [one["account"] for one in document["unread"]] == ["acme-dental-group"]
        assert "could not be read, so it is left out" in workspace.run("audit --format html").out


@pytest.mark.parametrize("shows", ["null", "missing"])
def test_rows_without_tags_are_unknown_and_never_unused(tmp_path: Path, shows: str) -> None:
    with Sandbox(Options(seed="agency", switches=Switches(call_tags=shows))) as sandbox:
        ran = Workspace.at(tmp_path, sandbox).run("audit --usage --account", "Corner Legal")
    assert ran.code == 0
    assert "an unknown number of calls" in ran.out
    assert "Unused" not in ran.out
