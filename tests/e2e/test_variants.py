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
from tests.e2e.desk import ACCOUNT, COMPANY, Desk
from tests.faults.conftest import skip_waits

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Row = dict[str, Any]


def each(*names: str) -> list[str]:
    """The variants of these switches."""
    return [one for one in variants() if one.partition("=")[0] in names]


OTHER_COMPANY = "COM019c46b8a26376a9a4f29671dcdd49ea"
SCHEDULE, OLD_PROMO, OTHER_OLD_PROMO, VIP, REPEAT = 7886733, 7886741, 7886742, 7886743, 7886745
SEEDED = (
    (7886740, None, "Follow up", "blue1"),
    (OLD_PROMO, COMPANY, "Old promo", "gray1"),
    (OTHER_OLD_PROMO, OTHER_COMPANY, "Old promo", "gray1"),
    (VIP, COMPANY, "VIP", "red1"),
    (REPEAT, None, "Repeat", "gray1"),
    (7886747, OTHER_COMPANY, "Kept", "gray1"),
)
DELETED = {OLD_PROMO, OTHER_OLD_PROMO}
NAMED = {*DELETED, VIP, REPEAT, SCHEDULE}
"""The live tags that the configuration names; no other may be touched."""
HEAD = f"""\
version: 1
accounts:
  acme:
    id: {ACCOUNT}
    limits: {{deletes: 10, delete_percent: 100}}
"""
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
- name: Old promo
  companies: all
  state: absent
  note: Ended in spring.
"""
CREATES = 3
TIDIED = "the server's spelling is not the declared one"
UNTRUE = "a listing that contradicts itself is not believed"
ODD = "one odd row: no deletes"
MAY_STOP = {
    "writes=forbidden": "nothing may be written",
    "create_answer=error": "nothing is created",
    "update_answer=error": "nothing is updated",
    "oauth=expired": "nothing is let through",
    "palette=page": "cyan1 is refused",
    "palette=narrow": "cyan1 is refused",
    **dict.fromkeys(each("names", "name_length"), TIDIED),
    **dict.fromkeys(each("tag_totals", "tag_rows"), UNTRUE),
    **dict.fromkeys(each("odd_tag"), ODD),
    "over_cap=error+page_cap=2": "the pages that are asked for are refused",
}
"""Variants under which not all of the job can be done, or not be seen to be done; why."""
FAULTY = {
    "update_answer=stale": "an answer that shows the old tag is taken for a refusal",
    **dict.fromkeys(
        [
            *each("name_length"),
            "names=collapse",
            "names=lower",
            "names=capitalize",
            "names=nfd",
            "names=nbsp",
        ],
        "a create whose name is tidied is sent again",
    ),
}
"""Variants under which the client is known to do wrong: the test says when it no longer does."""
DONE = {"done", "adopted", "skipped"}
THROUGH_MATON = ("gateway_errors", "gateway_limit", "connection_key", "oauth", "activation")


def key(name: str) -> str:
    """What stays of a name however a server tidies it, of the names of this job."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    return "".join(one for one in plain if one.isascii() and one.isalnum())[:8]


@dataclass
class Job:
    """A desk, the sandbox's tags at the start, and what must hold of those at the end."""

    desk: Desk
    before: dict[int, Row] = field(default_factory=dict)

    @classmethod
    def at(cls, directory: Path, sandbox: Sandbox, environ: dict[str, str]) -> Job:
        """The job with its configuration written and its tags seeded."""
        store = sandbox.store
        store.insert(
            "companies",
            [{"id": OTHER_COMPANY, "account_id": ACCOUNT, "name": "Other", "status": "active"}],
        )
        columns = ("id", "company_id", "name", "color")
        rest = {"account_id": ACCOUNT, "background_color": "gray1", "status": "enabled"}
        store.insert("tags", [dict(zip(columns, row, strict=True)) | rest for row in SEEDED])
        desk = Desk(directory, sandbox, environ)
        desk.declare(DECLARED, head=HEAD)
        return cls(desk, {row["id"]: row for row in store.tags()})

    def live(self) -> dict[int, Row]:
        """The store's tags by id."""
        return {row["id"]: row for row in self.desk.sandbox.store.tags()}

    def apply(self) -> Ran:
        """Apply without asking; the report, where there is one, must be true."""
        ran = self.desk.run("apply --auto-approve --allow-deletes --format json")
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
        assert set(self.before) - set(live) <= DELETED
        for tag_id in set(self.before) - NAMED:
            assert live[tag_id] == self.before[tag_id]
        assert len(set(live) - set(self.before)) <= CREATES

    def expect_true(self, report: Row, ran: Ran) -> None:
        """The report says of each change what the store shows, and the code agrees."""
        for entry in report["results"]:
            if entry["result"] != "unknown":
                happened = self._happened(entry)
                assert happened == (entry["result"] in DONE), (entry, ran.err)
        all_done = all(entry["result"] in DONE for entry in report["results"])
        assert (ran.code == 0) <= (all_done and report["verified"]), ran.out + ran.err

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


def run_job(directory: Path, *settings: str) -> None:
    """Plan, apply, plan, apply under ``settings``, and hold the results against the store."""
    with pytest.MonkeyPatch.context() as patches:
        clock = skip_waits(patches).monotonic
        with Sandbox(Options(switches=set_switches(*settings), clock=clock)) as sandbox:
            through_maton = any(one.startswith(THROUGH_MATON) for one in settings)
            environ = gateway(sandbox) if through_maton else direct(sandbox)
            job = Job.at(directory, sandbox, environ)
            first = job.apply()
            again = job.desk.run("plan --detailed-exitcode")
            if not may_stop(settings):
                assert first.code == 0, first.out + first.err
                assert again.code == 0, again.out + again.err
            job.apply()


def marked(setting: str) -> object:
    """A parameter that is expected to fail where the client is at fault."""
    marks = [pytest.mark.xfail(reason=FAULTY[setting])] if setting in FAULTY else []
    return pytest.param(setting, marks=marks)


def may_stop(settings: Sequence[str]) -> bool:
    """Whether these variants, or two of them together, are among those of MAY_STOP."""
    return bool({*settings, "+".join(sorted(settings))} & set(MAY_STOP))


@pytest.mark.parametrize("setting", [marked(one) for one in variants()])
def test_the_main_job_alone(tmp_path: Path, setting: str) -> None:
    run_job(tmp_path, setting)


@pytest.mark.soak
@pytest.mark.parametrize("setting", variants())
def test_the_main_job_in_pairs(tmp_path: Path, setting: str) -> None:
    failed: dict[str, str] = {}
    for number, other in enumerate(after(setting)):
        if {setting, other} & set(FAULTY):
            continue
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
    return [one for one in later if one.partition("=")[0] != name]


def test_a_manager_s_key_changes_what_it_may(tmp_path: Path) -> None:
    with Sandbox() as sandbox:
        job = Job.at(tmp_path, sandbox, direct(sandbox) | {"CALLRAIL_API_KEY": MANAGER_KEY})
        ran = job.apply()
        assert ran.code != 0
        refused = [entry for entry in sandbox.log.entries if entry.status == 403]
        assert refused
        assert all(job.live()[tag_id] == job.before[tag_id] for tag_id in (REPEAT, SCHEDULE))


@pytest.mark.parametrize("shape", ["error", "errors", "errors-map", "html"])
def test_a_refused_colour_is_reported_in_every_shape_of_error(tmp_path: Path, shape: str) -> None:
    switches = set_switches("palette=narrow", f"error_shape={shape}")
    with Sandbox(Options(switches=switches)) as sandbox:
        desk = Desk.at(tmp_path, sandbox)
        desk.declare("- name: X\n  color: blue2")
        ran = desk.run("apply --auto-approve")
        assert ran.code == 3
        assert "reconciler.yaml:6:" in ran.out + ran.err
        assert desk.writes == []
