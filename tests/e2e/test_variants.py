"""The main job under every API variant, alone and in pairs: what CallRail leaves open harms nobody.

The job: plan, apply, plan again, apply again, with creates, updates, a rename and deletes beside
tags that nobody declares. Whatever the variant, nothing is made twice, nothing is deleted or
changed that the configuration does not name, and the report says of each change what the
sandbox's store shows. Where the variant lets it, all is done and the second plan is empty.
"""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.sandbox import Options, Sandbox
from reconciler.sandbox.options import MANAGER_KEY
from reconciler.sandbox.switches import set_switches, variants
from tests.cli_runner import Ran, direct, gateway
from tests.e2e.workspace import ACCOUNT, COMPANY, Workspace
from tests.faults.conftest import skip_waits

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Row = dict[str, Any]


def each(*names: str) -> list[str]:
    """The variants of these switches."""
    return [one for one in variants() if one.partition("=")[0] in names]


OTHER_COMPANY = "COM019c46b8a26376a9a4f29671dcdd49ea"
SCHEDULE, REPEAT, VIP = 7886733, 7886745, 7886743
OLD_PROMO, OTHER_OLD_PROMO, KEPT = 7886741, 7886742, 7886747
SEEDED = (
    (7886740, None, "Follow up", "blue1"),
    (OLD_PROMO, COMPANY, "Old promo", "gray1"),
    (OTHER_OLD_PROMO, OTHER_COMPANY, "Old promo", "gray1"),
    (VIP, COMPANY, "VIP", "red1"),
    (REPEAT, None, "Repeat", "gray1"),
    (KEPT, OTHER_COMPANY, "Kept", "gray1"),
)
DELETED = {OLD_PROMO, OTHER_OLD_PROMO}
CHANGED = {SCHEDULE, REPEAT, VIP}
"""The live tags that the configuration changes; no other may be touched."""
HEAD = f"""\
version: 1
accounts:
  acme:
    id: {ACCOUNT}
    limits: {{deletes: 10, delete_percent: 100}}
    trash: off
"""
TRASHING = HEAD.replace("    trash: off\n", "")
"""What is in use goes to the trash: "Old promo" is on one call."""
UNMANAGED_DELETED = HEAD + "    unmanaged: delete\n"
DECLARED = f"""
- name: New everywhere
  color: blue1
- name: "N\\u00e9w\\u00a0  lead of FALL"
  color: red1
  companies: [{COMPANY}]
- name: New shade
  color: cyan1
- name: Appointment requested
  renamed_from: Schedule requested
  color: green1
- name: Repeat
  color: orange1
- name: VIP
  companies: [{COMPANY}]
  state: disabled
- name: Kept
  companies: [{OTHER_COMPANY}]
- name: Old promo
  companies: all
  state: absent
  note: Ended in spring.
"""
CREATES = 3
TIDIED = "the server's spelling is not the declared one"
UNTRUE = "a listing that contradicts itself is not believed"
ODD = "one odd row: no deletes"
UNCOUNTED = "nobody can say how many interactions a delete takes a tag off"
MAY_STOP = {
    "writes=forbidden": "nothing may be written",
    "create_answer=error": "nothing is created",
    "update_answer=error": "nothing is updated",
    "oauth=expired": "nothing is let through",
    "read_delay_seconds=30": "listings are later than anybody waits",
    "palette=page": "cyan1 is refused",
    "palette=narrow": "cyan1 is refused",
    **dict.fromkeys(each("names", "name_length"), TIDIED),
    **dict.fromkeys(each("tag_totals", "tag_rows"), UNTRUE),
    **dict.fromkeys(each("odd_tag"), ODD),
    **dict.fromkeys(
        ["tags_filter=ignored", *each("call_tags")], "deletes whose loss is unknown are blocked"
    ),
    **dict.fromkeys(
        [
            "tags_filter=ignored",
            "call_tags=null",
            "call_tags=missing",
            "form_tracking=off",
        ],
        UNCOUNTED,
    ),
    "over_cap=error+page_cap=2": "the pages that are asked for are refused",
}
"""Variants under which not all of the job can be done, or not be seen to be done; why."""
DONE = {"done", "adopted", "skipped"}
THROUGH_MATON = ("gateway_errors", "gateway_limit", "connection_key", "oauth", "activation")


def key(name: str) -> str:
    """What stays of a name however a server tidies it, of the names of this job."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    return "".join(one for one in plain if one.isascii() and one.isalnum())[:8]


@dataclass
class Job:
    """A workspace, the sandbox's tags at the start, and what must hold of those at the end."""

    workspace: Workspace
    before: dict[int, Row] = field(default_factory=dict)
    deletable: set[int] = field(default_factory=set)
    trashes: bool = False

    @classmethod
    def at(cls, workspace: Workspace, *, head: str = HEAD) -> Job:
        """The job with its configuration (under ``head``) written and its tags seeded."""
        store = workspace.sandbox.store
        store.insert(
            "companies",
            [{"id": OTHER_COMPANY, "account_id": ACCOUNT, "name": "Other", "status": "active"}],
        )
        columns = ("id", "company_id", "name", "color")
        rest = {"account_id": ACCOUNT, "background_color": "gray1", "status": "enabled"}
        store.insert("tags", [dict(zip(columns, row, strict=True)) | rest for row in SEEDED])
        workspace.declare(DECLARED, head=head)
        before = {row["id"]: row for row in store.tags()}
        if head == TRASHING:
            (call,) = store.rows("SELECT id FROM calls WHERE company_id = ? LIMIT 1", (COMPANY,))
            store.insert("call_tags", [{"call_id": call["id"], "tag_id": OLD_PROMO}])
            return cls(workspace, before, {OTHER_OLD_PROMO}, trashes=True)
        return cls(workspace, before, DELETED if head == HEAD else set(before) - CHANGED - {KEPT})

    def live(self) -> dict[int, Row]:
        """The store's tags by id."""
        return {row["id"]: row for row in self.workspace.sandbox.store.tags()}

    def apply(self) -> Ran:
        """Apply without asking; the report, where there is one, must be true."""
        ran = self.workspace.run("apply --auto-approve --allow-deletes --format json")
        self.expect_no_harm()
        document = json.loads(ran.out)
        if "results" in document:
            self.expect_true(document, ran)
        else:
            assert ran.code != 0, document
        return ran

    def expect_no_harm(self) -> None:
        """Nothing made twice, nothing deleted or changed that the configuration does not name."""
        live = self.live()
        places = Counter((row["company_id"], key(row["name"])) for row in live.values())
        assert [place for place, count in places.items() if count > 1] == []
        writes = Counter(entry.method for entry in self.workspace.sandbox.log.writes)
        assert writes["POST"] <= CREATES
        assert self.deleted() <= self.deletable
        for tag_id in set(self.before) - CHANGED - self.deleted():
            if tag_id in DELETED and self.trashes:
                self.expect_as_it_was_or_in_trash(live[tag_id])
            else:
                assert live[tag_id] == self.before[tag_id]

    def expect_as_it_was_or_in_trash(self, tag: Row) -> None:
        """No name but its own and its trash name; and its call has it."""
        was = self.before[tag["id"]]
        if tag != was:
            assert key(tag["name"]).startswith("trash")
            assert tag["status"] == "disabled"
        sql = "SELECT call_id FROM call_tags WHERE tag_id = ?"
        assert len(self.workspace.sandbox.store.rows(sql, (OLD_PROMO,))) == 1

    def deleted(self) -> set[int]:
        """The ids of all tags that were deleted, those made by this job as well."""
        writes = self.workspace.sandbox.log.writes
        paths = (entry.path for entry in writes if entry.method == "DELETE")
        return {int(path.rpartition("/")[2].removesuffix(".json")) for path in paths}

    def expect_true(self, report: Row, ran: Ran) -> None:
        """The report says of each change what the store shows, and the code agrees."""
        for entry in report["results"]:
            if entry["result"] in DONE and entry["stored"] is not None:
                tag = self.live()[entry["tag_id"]]
                assert entry["stored"] == {name: tag[name] for name in entry["stored"]}, entry
            elif entry["result"] != "unknown":
                happened = self._happened(entry)
                assert happened == (entry["result"] in DONE), (entry, ran.err)
        all_done = all(entry["result"] in DONE for entry in report["results"])
        written = any(entry["result"] == "done" for entry in report["results"])
        seen = report["verified"] or not written
        assert (ran.code == 0) <= (all_done and seen), ran.out + ran.err

    def _happened(self, entry: Row) -> bool:
        live = self.live()
        if entry["action"] == "create":
            wanted = entry["company_id"], key(entry["name"])
            new = (live[tag_id] for tag_id in set(live) - set(self.before))
            return any((row["company_id"], key(row["name"])) == wanted for row in new)
        tag = live.get(entry["tag_id"])
        if entry["action"] == "delete":
            return tag is None
        fields = (name for name, value in entry["after"].items() if value != entry["before"][name])
        return tag is not None and all(tag[name] != entry["before"][name] for name in fields)


def run_job(directory: Path, *settings: str, head: str = HEAD) -> None:
    """Apply, plan and apply under ``settings``, and hold the results against the store."""
    with pytest.MonkeyPatch.context() as patches:
        time = skip_waits(patches)
        switches = set_switches(*settings)
        with Sandbox(Options(switches=switches, clock=time.monotonic)) as sandbox:
            through_maton = any(one.startswith(THROUGH_MATON) for one in settings)
            environ = gateway(sandbox) if through_maton else direct(sandbox)
            job = Job.at(Workspace(directory, sandbox, environ), head=head)
            first = job.apply()
            # Nobody plans again while the listings of the last run are still to come, or within the
            # second of its last requests, which a run knows only of itself.
            time.seconds += max(switches.read_delay_seconds, 1.0)
            again = job.workspace.run("plan --detailed-exitcode")
            time.seconds += 1.0
            if not may_stop(settings):
                assert first.code == 0, first.out + first.err
                assert again.code == 0, again.out + again.err
            job.apply()


def of_tags(setting: str) -> bool:
    """Whether a variant is about tags and their listings, and not about where they are used."""
    switches = [one.partition("=")[0] for one in variants()]
    return switches.index(setting.partition("=")[0]) < switches.index("tags_filter")


def may_stop(settings: Sequence[str]) -> bool:
    """Whether these variants, or two of them together, are among those of MAY_STOP."""
    return bool({*settings, "+".join(sorted(settings))} & set(MAY_STOP))


@pytest.mark.parametrize("setting", variants())
def test_the_main_job_alone(tmp_path: Path, setting: str) -> None:
    run_job(tmp_path, setting)


@pytest.mark.parametrize("setting", [one for one in variants() if of_tags(one)])
def test_what_was_made_is_never_unmanaged(tmp_path: Path, setting: str) -> None:
    run_job(tmp_path, setting, head=UNMANAGED_DELETED)


TAKES_AWAY = ("renamed_assignments", "disabled_assignments")
"""Such a server takes the tag of the one call off, which the report says."""


@pytest.mark.parametrize("setting", each("tags_filter", "call_tags", "names", "update_answer"))
def test_what_is_in_use_goes_to_the_trash(tmp_path: Path, setting: str) -> None:
    run_job(tmp_path, setting, head=TRASHING)


@pytest.mark.soak
@pytest.mark.parametrize("setting", [one for one in variants() if not one.startswith(TAKES_AWAY)])
def test_what_is_in_use_goes_to_the_trash_under_any_variant(tmp_path: Path, setting: str) -> None:
    run_job(tmp_path, setting, head=TRASHING)


@pytest.mark.soak
@pytest.mark.parametrize("setting", variants())
def test_the_main_job_in_pairs(tmp_path: Path, setting: str) -> None:
    failed: dict[str, str] = {}
    for number, other in enumerate(after(setting)):
        directory = tmp_path / str(number)
        directory.mkdir()
        try:
            run_job(directory, setting, other)
        except AssertionError as error:
            failed[f"{setting} {other}"] = str(error)[:2_000]
    assert failed == {}


def after(setting: str) -> list[str]:
    """The variants of other switches that come later in the table: each pair once."""
    settings = variants()
    name = setting.partition("=")[0]
    later = settings[settings.index(setting) + 1 :]
    return [
        one for one in later if one.partition("=")[0] != name and not contradictory({setting, one})
    ]


def contradictory(pair: set[str]) -> bool:
    """Whether no server can be so, or nobody can see what it did.

    A server that cuts names at 12 holds no longer ones, but those of the start stay where updates
    fail or names are tidied as well. One that says no to a write, or does not show it in its
    answer, and for longer than anybody waits lists what was before, is believed: one that leaves
    the tag as it was looks the same.
    """
    cut = "name_length=12" in pair
    longer = any(one.startswith(("names=", "update_answer=error")) for one in pair)
    unshown = {f"update_answer={how}" for how in ("error-done", "stale", "empty", "unreadable")}
    hidden = pair & {"create_answer=error-done", *unshown}
    return (cut and longer) or bool(hidden and "read_delay_seconds=30" in pair)


@pytest.mark.parametrize("reported", ["rate_headers=on", "rate_headers=off"])
@pytest.mark.parametrize("setting", ["retry_after=none", *each("retry_after")])
def test_a_quota_that_others_use_up_half_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str, reported: str
) -> None:
    time = skip_waits(monkeypatch)
    options = Options(
        switches=set_switches(setting, reported),
        quota=250,
        daily_quota=2_500,
        others_used=231,
        clock=time.monotonic,
    )
    with Sandbox(options) as sandbox:
        job = Job.at(Workspace.at(tmp_path, sandbox))
        assert job.apply().code == 6
        time.seconds += options.quota_window
        last = job.apply()
        assert last.code == 0, last.out + last.err
        assert job.workspace.run("plan --detailed-exitcode").code == 0


def test_a_manager_s_key_changes_what_it_may(tmp_path: Path) -> None:
    with Sandbox() as sandbox:
        environ = direct(sandbox) | {"CALLRAIL_API_KEY": MANAGER_KEY}
        job = Job.at(Workspace(tmp_path, sandbox, environ))
        report = json.loads(job.apply().out)
        assert report["exit_code"] == 3
        done = {(one["level"], one["action"]) for one in report["results"] if one["result"] in DONE}
        assert done == {("company", "create"), ("company", "update")}, (
            "where a change failed, none deletes"
        )
        assert job.deleted() == set()
        assert all(job.live()[tag_id] == job.before[tag_id] for tag_id in (REPEAT, SCHEDULE))


@pytest.mark.parametrize("shape", ["error", "errors", "errors-map", "html"])
def test_a_refused_colour_is_reported_in_every_shape_of_error(tmp_path: Path, shape: str) -> None:
    switches = set_switches("palette=narrow", f"error_shape={shape}")
    with Sandbox(Options(switches=switches)) as sandbox:
        workspace = Workspace.at(tmp_path, sandbox)
        workspace.declare("- name: X\n  color: blue2")
        ran = workspace.run("apply --auto-approve")
        assert ran.code == 3
        assert "reconciler.yaml:6:" in ran.out + ran.err
        assert workspace.writes == []
