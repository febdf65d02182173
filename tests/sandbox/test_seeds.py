"""What a fresh sandbox holds: the reference page's very payloads, or a drifted agency."""

from __future__ import annotations

import gc
import json
import sqlite3
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from reconciler.sandbox import Options, Sandbox
from reconciler.sandbox.assignments import KINDS, InteractionTable
from reconciler.sandbox.seeds.agency import MISSPELT, seed_agency
from reconciler.sandbox.seeds.pair import ACCOUNT as PAIR
from reconciler.sandbox.store import Store
from tests.sandbox.client import ACCOUNT, CALL, COMPANY, CONNECTION, Client

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ENVELOPE = {"page": 1, "per_page": 100, "total_pages": 1, "total_records": 1}
TRACKER = "TRK019c46b9f18174d68bb8d7985260a11f"
USER = "USR019c46b8a0557b2e85e5e1c651452509"
PAGE = {
    "accounts": {
        "id": ACCOUNT,
        "name": "My Account",
        "numeric_id": 518664017,
        "inbound_recording_enabled": False,
        "outbound_recording_enabled": False,
        "hipaa_account": False,
        "created_at": "2026-02-10 03:43:50 -0500",
    },
    "companies": {
        "id": COMPANY,
        "name": "My Company",
        "status": "active",
        "time_zone": "America/Los_Angeles",
        "created_at": "2026-02-10T08:43:51.280Z",
        "callscore_enabled": False,
        "lead_scoring_enabled": True,
        "callscribe_enabled": True,
        # What the page leaves out and the reference has.
        "disabled_at": None,
        "dni_active": True,
        "script_url": f"//cdn.example.test/companies/{COMPANY}/swap.js",
        "form_capture": True,
    },
    "calls": {
        "id": CALL,
        "answered": False,
        "customer_name": "John Doe",
        "customer_phone_number": "+18886757190",
        "direction": "inbound",
        "duration": 36,
        "recording": f"https://api.callrail.com/v3/a/{ACCOUNT}/calls/{CALL}/recording.json",
        "recording_duration": 36,
        "start_time": "2026-02-10T00:45:19.781-08:00",
        "tracking_phone_number": "+18017846712",
        "voicemail": True,
    },
    "trackers": {
        "id": TRACKER,
        "name": "Google My Business",
        "type": "source",
        "status": "active",
        "destination_number": "+18019234886",
        "tracking_numbers": ["+18017846712"],
        "sms_supported": True,
        "sms_enabled": True,
        "company": {"id": COMPANY, "name": "My Company"},
        "source": {"type": "google_my_business"},
        "call_flow": {
            "type": "basic",
            "recording_enabled": True,
            "destination_number": "+18019234886",
        },
    },
    "users": {
        "id": USER,
        "email": "john@example.com",
        "first_name": "John",
        "last_name": "Doe",
        "name": "John Doe",
        "role": "admin",
        "accepted": True,
        "created_at": "2026-02-10T03:43:50.798-05:00",
        "companies": [{"id": COMPANY, "name": "My Company"}],
    },
}
TAGS = [
    {
        "id": 7886728,
        "name": "Opportunity",
        "tag_level": "company",
        "color": "gray1",
        "background_color": "gray1",
        "company_id": COMPANY,
        "status": "enabled",
        "created_at": "2026-02-10T08:43:51.280Z",
    },
    {
        "id": 7886733,
        "name": "Schedule requested",
        "tag_level": "account",
        "color": "orange3",
        "background_color": "gray1",
        "company_id": None,
        "status": "enabled",
        "created_at": "2026-02-10T08:43:51.280Z",
    },
]
ACCOUNTS = [ACCOUNT, ACCOUNT[:-1] + "4", ACCOUNT[:-1] + "5"]


@pytest.mark.parametrize("name", PAGE)
def test_the_reference_seed_answers_as_the_page_does(
    direct: Client, maton: Client, name: str
) -> None:
    path = "/v3/a.json" if name == "accounts" else f"/v3/a/{ACCOUNT}/{name}.json"
    for client in (direct, maton):
        assert client.send("GET", path).json == {**ENVELOPE, name: [PAGE[name]]}
        one = path.removesuffix(".json") + f"/{PAGE[name]['id']}.json"
        assert client.send("GET", one).json == PAGE[name]


def test_the_reference_seed_has_the_page_s_tags(direct: Client) -> None:
    assert direct.get("tags.json") == {**ENVELOPE, "total_records": 2, "tags": TAGS}


def test_the_reference_seed_has_the_page_s_connection(control: Client) -> None:
    assert control.send("GET", f"/connections/{CONNECTION}").json == {
        "connection": {
            "connection_id": CONNECTION,
            "status": "ACTIVE",
            "creation_time": "2026-02-10T09:55:17.574212Z",
            "last_updated_time": "2026-02-10T09:55:34.693801Z",
            "url": "https://connect.maton.ai/?session_token=...",
            "app": "callrail",
            "metadata": {},
        }
    }


def test_the_agency_has_3_accounts_60_companies_hundreds_of_tags_and_20_000_calls(
    agency: Client,
) -> None:
    totals: Counter[str] = Counter()
    listed = agency.send("GET", "/v3/a.json").json["accounts"]
    assert [account["id"] for account in listed] == ACCOUNTS
    for account in ACCOUNTS:
        for name in ("companies", "tags", "calls"):
            query = {"per_page": 1, "start_date": "2024-02-01"}
            reply = agency.send("GET", f"/v3/a/{account}/{name}.json", **query)
            totals[name] += reply.json["total_records"]
    assert (totals["companies"], totals["calls"]) == (60, 20_000)
    assert 200 < totals["tags"] < 1_000


def test_the_agency_s_tags_have_drifted_as_people_drift(agency: Client) -> None:
    tags = list(agency.every("tags.json", "tags"))
    names = {tag["name"] for tag in tags}
    assert len(names) > len({name.lower().strip() for name in names}), "case and blanks"
    assert {"Oppty", "Exisiting customer"} & names, "spelling"
    assert len({tag["color"] for tag in tags if tag["name"] == "Opportunity"}) > 1, "colours"
    assert {tag["status"] for tag in tags} == {"enabled", "disabled"}
    assert {tag["tag_level"] for tag in tags} == {"account", "company"}


def test_the_agency_s_companies_have_disabled_ones_and_two_of_one_name(agency: Client) -> None:
    companies = agency.get("companies.json")["companies"]
    assert {company["status"] for company in companies} == {"active", "disabled"}
    assert len({company["name"] for company in companies}) == len(companies) - 1


def test_calls_have_tags_of_their_own_company_or_account(agency: Client) -> None:
    strange = agency.sandbox.store.value(
        "SELECT count(*) FROM call_tags JOIN calls ON calls.id = call_id JOIN tags"
        " ON tags.id = tag_id WHERE tags.account_id <> calls.account_id"
        " OR tags.company_id <> calls.company_id"
    )
    assert strange == 0
    assert agency.sandbox.store.value("SELECT count(*) FROM call_tags") > 10_000


@pytest.mark.parametrize(
    ("path", "key", "least"),
    [
        ("form_submissions.json", "form_submissions", 500),
        ("sms-threads.json", "sms_threads", 200),
        ("message-flows.json", "message-flows", 3),
    ],
)
def test_the_agency_has_forms_texts_and_flows(
    agency: Client, path: str, key: str, least: int
) -> None:
    dates = {"start_date": "2024-02-20", "end_date": "2026-02-12"}
    rows = list(agency.every(path, key, fields="tags", **dates))
    assert len(rows) >= least
    assert len({row["id"] for row in rows}) == len(rows)
    if key != "message-flows":
        assert any(row["tags"] for row in rows)
        assert any(not row["tags"] for row in rows)


def test_the_agency_s_flows_apply_tags_that_live(agency: Client) -> None:
    live = {tag["id"]: tag["name"] for tag in agency.every("tags.json", "tags")}
    trackers = agency.get("trackers.json")["trackers"]
    flows = [row["call_flow"] for row in trackers if row["call_flow"]["type"] == "advanced"]
    assert flows
    assert {name for flow in flows for name in flow["steps"][0]["tags"]} <= set(live.values())
    listed = agency.get("message-flows.json")["message-flows"]
    steps = [agency.get(f"message-flows/{row['id']}.json")["steps"] for row in listed]
    applied = {tag for flow in steps for step in flow.values() for tag in step.get("tag_ids", ())}
    assert applied
    assert applied <= set(live)


def test_the_agency_has_names_on_both_levels_and_spam_that_has_tags(agency: Client) -> None:
    tags = list(agency.every("tags.json", "tags"))
    levels = [
        {tag["name"] for tag in tags if tag["tag_level"] == level}
        for level in ("account", "company")
    ]
    assert levels[0] & levels[1]
    spam = agency.sandbox.store.value(
        "SELECT count(*) FROM calls JOIN call_tags ON call_id = id WHERE spam = 1"
    )
    assert spam > 20


MISSPELT_PAIRS = """
    SELECT wrong.id AS wrong, fit.id AS fit FROM tags AS wrong JOIN tags AS fit
    ON fit.company_id = wrong.company_id AND fit.name = ?
    WHERE wrong.name IN (SELECT value FROM json_each(?)) ORDER BY wrong.id"""


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.table)
def test_the_agency_s_misspelt_pairs_are_on_interactions_of_every_kind(
    agency: Client, kind: InteractionTable
) -> None:
    store, having = agency.sandbox.store, Counter[str]()
    for name, spellings in MISSPELT.items():
        for pair in store.rows(MISSPELT_PAIRS, (name, json.dumps(spellings))):
            wrong, fit = (
                {
                    row["id"]
                    for row in store.rows(
                        f"SELECT {kind.link} AS id FROM {kind.links} WHERE tag_id = ?", (tag_id,)
                    )
                }
                for tag_id in (pair["wrong"], pair["fit"])
            )
            having.update(pairs=1, wrong=len(wrong - fit), fit=len(fit - wrong))
            having.update(both=len(wrong & fit))
    assert having["pairs"] > 20
    assert having["wrong"] > 10
    assert having["fit"] > 10
    assert having["both"] > 1


@pytest.mark.parametrize(
    ("kind", "unlisted"), [(KINDS[0], "spam = 1"), (KINDS[1], "moment < julianday('2024-01-12')")]
)
def test_the_agency_has_misspelt_tags_on_what_no_listing_shows(
    agency: Client, kind: InteractionTable, unlisted: str
) -> None:
    spellings = json.dumps([one for names in MISSPELT.values() for one in names])
    assert agency.sandbox.store.value(
        f"SELECT count(*) FROM {kind.table} JOIN {kind.links} ON {kind.link} = {kind.table}.id"
        " JOIN tags ON tags.id = tag_id WHERE tags.name IN (SELECT value FROM json_each(?))"
        f" AND {unlisted}",
        (spellings,),
    )


def test_one_seed_number_gives_one_agency(agency: Client, start: Callable[..., Client]) -> None:
    def everything(store: Store) -> list[object]:
        tables = ("companies", "tags", "calls", "call_tags", "forms", "texts", "message_flows")
        return [store.rows(f"SELECT * FROM {table}") for table in tables]

    begun = everything(agency.sandbox.store)
    with closing(Store(None)) as anew:
        seed_agency(anew, 1, agency.sandbox.options.today)
        assert everything(anew) == begun
    assert everything(start(seed="agency", seed_number=2).sandbox.store) != begun


def test_what_is_done_to_one_agency_is_not_done_to_the_next(start: Callable[..., Client]) -> None:
    first = start(seed="agency").sandbox.store
    tags = first.value("SELECT count(*) FROM tags")
    first.run("DELETE FROM tags")
    assert start(seed="agency").sandbox.store.value("SELECT count(*) FROM tags") == tags > 0


def test_a_pair_is_a_tag_in_two_spellings_on_interactions_of_every_kind(
    start: Callable[..., Client],
) -> None:
    client = start(seed="pair:40:20:10")
    dates = {"start_date": "2024-02-20", "end_date": "2026-02-12", "fields": "tags"}
    having: dict[str, Counter[tuple[str, ...]]] = {}
    for key in ("calls", "form_submissions", "sms_threads"):
        path = key.replace("sms_", "sms-")
        reply = client.send("GET", f"/v3/a/{PAIR}/{path}.json", per_page=250, **dates)
        having[key] = Counter(tuple(row["tags"]) for row in reply.json[key])
    old, new, both = ("Oppty",), ("Opportunity",), ("Oppty", "Opportunity")
    assert having == {
        "calls": {old: 32, new: 16, both: 8},
        "form_submissions": {old: 4, new: 2, both: 1},
        "sms_threads": {old: 4, new: 2, both: 1},
    }


def test_an_empty_sandbox_has_no_account_and_no_seed_is_made_up(
    start: Callable[..., Client],
) -> None:
    assert start(seed="empty").send("GET", "/v3/a.json").json["accounts"] == []
    with pytest.raises(ValueError, match="no seed 'nonsense'"):
        start(seed="nonsense")


def test_it_serves_loopback_only(start: Callable[..., Client]) -> None:
    with pytest.raises(ValueError, match="loopback"):
        start(host="0.0.0.0")


def test_what_can_t_start_leaves_no_database_open(
    direct: Client, start: Callable[..., Client], recwarn: pytest.WarningsRecorder
) -> None:
    port = int(direct.sandbox.url.rpartition(":")[2])
    for options in ({"port": port}, {"seed": "nonsense"}, {"db": "."}):
        with pytest.raises((OSError, ValueError)):
            start(**options)
    gc.collect()
    assert [str(one.message) for one in recwarn] == []


def test_a_file_of_another_version_is_left_alone(
    start: Callable[..., Client], tmp_path: Path
) -> None:
    path = tmp_path / "older.db"
    with closing(sqlite3.connect(path)) as older:
        older.execute("CREATE TABLE calls (id TEXT)")
    before = path.read_bytes()
    with pytest.raises(OSError, match="another version of the sandbox"):
        start(db=str(path))
    assert path.read_bytes() == before


def test_a_file_keeps_what_was_done(tmp_path: Path) -> None:
    options = Options(seed="reference", db=str(tmp_path / "kept.db"))
    with Sandbox(options) as first:
        Client(first).tag("Kept")
    with Sandbox(options) as second:
        assert "Kept" in Client(second).names()
