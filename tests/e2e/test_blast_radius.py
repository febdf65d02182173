"""What loses a tag that is deleted: counted, bounded or unknown, shown where one reads first."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.sandbox import Options, Sandbox
from reconciler.sandbox.switches import set_switches
from tests.e2e.workspace import ACCOUNT, HEAD, Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.cli_runner import Ran

    Start = Callable[..., Workspace]

BUSY = "- name: Opportunity\n  state: absent\n  note: Over.\n"
IDLE = "- name: Never used\n  state: absent\n  note: Over.\n"
DELETED = HEAD + "    trash: off\n"
COMPANY = "COM1"
EXACT_ZERO = {"count": 0, "precision": "exact"}
UNKNOWN = {"count": None, "precision": "unknown"}


@pytest.fixture(scope="module", params=["honoured", "ignored"])
def agency(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """An agency with thousands of calls, whose server honours the filter or does not."""
    switches = set_switches(f"tags_filter={request.param}")
    with Sandbox(Options(seed="agency", quota=None, switches=switches)) as sandbox:
        sandbox.app.make_tag(ACCOUNT, "Never used")
        yield sandbox


@pytest.fixture
def workspace(tmp_path: Path, agency: Sandbox) -> Workspace:
    """A workspace at the agency."""
    return Workspace.at(tmp_path, agency)


@pytest.fixture
def honest(workspace: Workspace) -> bool:
    """Whether the server honours the filter."""
    return workspace.sandbox.options.switches.tags_filter == "honoured"


def refused(workspace: Workspace) -> Ran:
    """Apply with deletes allowed; expect a refusal and no write."""
    ran = workspace.run("apply --auto-approve --allow-deletes")
    assert ran.code == 5
    assert workspace.writes == []
    return ran


def test_more_interactions_than_the_limit_are_refused(workspace: Workspace, honest: bool) -> None:
    workspace.declare(BUSY, head=DELETED)
    (change,) = workspace.document("plan")["changes"]
    calls, forms = change["loss"]["calls"], change["loss"]["forms"]
    # A company's tag may have the name too, then nobody can tell whose the calls are.
    assert calls["precision"] in ({"exact", "at_most"} if honest else {"at_least", "unknown"})
    assert forms["precision"] != "unknown"
    assert change["blocked_by"] is not None
    refused(workspace)


def test_an_unknown_number_counts_as_more(workspace: Workspace, honest: bool) -> None:
    workspace.declare(IDLE, head=DELETED)
    (change,) = workspace.document("plan")["changes"]
    assert change["loss"]["forms"] == change["loss"]["texts"] == EXACT_ZERO
    if honest:
        assert change["loss"]["calls"] == EXACT_ZERO
        assert change["blocked_by"] is None
    else:
        assert change["loss"]["calls"] == UNKNOWN
        assert "an unknown number of interactions lose their tag" in refused(workspace).err


@pytest.mark.parametrize("tags", [BUSY, IDLE], ids=["busy", "idle"])
def test_it_stands_where_the_eye_falls_first(workspace: Workspace, honest: bool, tags: str) -> None:
    workspace.declare(tags + "- name: Another\n- name: A third\n", head=DELETED)
    workspace.run("plan --report text=t --report markdown=m --report html=h")
    nothing = honest and tags == IDLE
    top = "\n".join(workspace.read("m").splitlines()[:7])
    assert ("nothing loses a tag" in top) == nothing
    assert "[!CAUTION]" in top
    page = workspace.read("h")
    assert page.index('<section class="alarm"><h2>1 delete, for good') < page.index("Every change")
    lost = next(line for line in workspace.read("t").splitlines() if line.startswith("Lost: "))
    assert lost.startswith("Lost: nothing") == nothing
    for report in "tmh":
        assert workspace.read(report).count("calls marked as spam") == 1


def test_impact_counts_what_is_disabled_and_renamed(workspace: Workspace) -> None:
    workspace.declare("- name: Lead won\n  renamed_from: Opportunity\n")
    assert workspace.document("plan")["changes"][0]["loss"] is None
    plain = workspace.document("plan")["requests"]["plan"]
    counted = workspace.document("plan --impact")
    assert counted["changes"][0]["loss"]["calls"] is not None
    assert counted["changes"][0]["loss"]["flows"] == UNKNOWN
    assert counted["requests"]["plan"] > plain
    assert "calls" in workspace.run("plan --impact").out
    assert "lose" not in workspace.run("plan --impact").out


# A small account, furnished by hand, on servers of every kind.


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a sandbox with switches, ``used``: tag name -> (calls, forms, texts)."""
    running: list[Sandbox] = []

    def begin(*switches: str, used: dict[str, tuple[int, int, int]]) -> Workspace:
        options = Options(seed="empty", quota=None, switches=set_switches(*switches))
        sandbox = Sandbox(options).__enter__()
        running.append(sandbox)
        account = {"id": ACCOUNT, "name": "Acme", "numeric_id": 1, "created_at": ""}
        sandbox.store.insert("accounts", [account])
        sandbox.store.insert(
            "companies",
            [{"id": COMPANY, "account_id": ACCOUNT, "name": "Dental", "status": "active"}],
        )
        for number, (name, counts) in enumerate(used.items(), 1):
            furnish(sandbox, number, name, counts)
        return Workspace.at(tmp_path, sandbox)

    yield begin
    for sandbox in running:
        sandbox.__exit__(None, None, None)


def furnish(sandbox: Sandbox, number: int, name: str, counts: tuple[int, int, int]) -> None:
    """An account-level tag, and as many calls, forms and texts as ``counts`` says have it."""
    sandbox.store.insert("tags", [tag_row(number, name)])
    today = f"{sandbox.options.today.isoformat()}T10:00:00.000-05:00"
    base: dict[str, object] = {"account_id": ACCOUNT, "company_id": COMPANY}
    kinds: tuple[tuple[str, str, str, dict[str, object]], ...] = (
        ("calls", "call_tags", "call_id", {"start_time": today, "duration": 60, "answered": 1}),
        ("forms", "form_tags", "form_id", {"submitted_at": today}),
        ("texts", "text_tags", "text_id", {"last_message_at": today}),
    )
    for (table, links, link, more), count in zip(kinds, counts, strict=True):
        rows = [
            {**base, **more, "id": f"{table[:3].upper()}{number:04x}{at:06x}"}
            for at in range(count)
        ]
        sandbox.store.insert(table, rows)
        sandbox.store.insert(links, [{link: row["id"], "tag_id": number} for row in rows])


def tag_row(number: int, name: str, *, company: str | None = None) -> dict[str, Any]:
    return {
        "id": number,
        "account_id": ACCOUNT,
        "company_id": company,
        "name": name,
        "color": "gray1",
        "background_color": "gray1",
        "status": "enabled",
    }


def absent(name: str) -> str:
    return f"- name: {json.dumps(name)}\n  state: absent\n  note: Over.\n"


def loss_of(workspace: Workspace, name: str) -> dict[str, Any]:
    """What the plan says a delete of ``name`` loses."""
    workspace.declare(absent(name), head=DELETED)
    (change,) = workspace.document("plan")["changes"]
    loss: dict[str, Any] = change["loss"]
    return loss


def test_calls_forms_and_texts_are_named_and_all_of_them_go(start: Start) -> None:
    workspace = start(used={"Old": (41, 2, 1), "Kept": (9, 9, 9)})
    loss = loss_of(workspace, "Old")
    assert [loss[kind]["count"] for kind in ("calls", "forms", "texts", "flows")] == [41, 2, 1, 0]
    shown = workspace.run("plan").out
    assert "- delete  Old   41 calls, 2 forms and 1 text lose the tag; Over." in shown
    assert "Lost: 41 calls, 2 forms and 1 text lose a tag, for good." in shown
    workspace.apply("--allow-deletes")


@pytest.mark.parametrize("rows", ["null", "missing", "empty"])
@pytest.mark.parametrize("calls", [5, 500])
def test_rows_that_show_no_tags_leave_the_number_open(start: Start, rows: str, calls: int) -> None:
    workspace = start(f"call_tags={rows}", used={"Old": (calls, 0, 0)})
    assert loss_of(workspace, "Old")["calls"] == UNKNOWN
    assert "an unknown number of calls lose the tag" in workspace.run("plan").out
    refused(workspace)


@pytest.mark.parametrize(
    "switch",
    [
        "tags_filter=ignored", "tags_filter=partial", "tags_filter=nocase", "tags_comma=split",
        "call_tags=objects", "call_tags=unnamed", "text_search=ignored", "text_search=fuzzy",
        "text_search=tagless", "form_tags=null", "form_tags_filter=partial", "page_cap=2",
        "threads_key=sms-threads", "total_pages=never",
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["Old", "Quote, sent", "old"])
def test_the_truth_is_within_what_is_reported_on_every_server(
    start: Start, switch: str, name: str
) -> None:
    used = {"Old": (6, 3, 2), "Quote": (2, 1, 1), "Quote, sent": (4, 2, 3), "old": (3, 0, 1)}
    loss = loss_of(start(switch, used=used), name)
    for kind, true in zip(("calls", "forms", "texts"), used[name], strict=True):
        count, precision = loss[kind]["count"], loss[kind]["precision"]
        assert {
            "exact": count == true,
            "at_least": count is not None and count <= true,
            "at_most": count is not None and count >= true,
            "unknown": True,
        }[precision], (kind, loss[kind], true)


def test_a_name_on_both_levels_is_counted_at_most(start: Start) -> None:
    workspace = start(used={"Spam": (7, 0, 0)})
    workspace.sandbox.store.insert("tags", [tag_row(90, "Spam", company=COMPANY)])
    assert loss_of(workspace, "Spam")["calls"] == {"count": 7, "precision": "at_most"}
    assert "at most 7 calls lose the tag" in workspace.run("plan").out
    workspace.declare(
        f"- name: Spam\n  companies: [{COMPANY}]\n  state: absent\n  note: Over.\n", head=DELETED
    )
    (change,) = workspace.document("plan")["changes"]
    assert change["loss"]["calls"] == {"count": 7, "precision": "at_most"}


def test_a_flow_that_applies_the_tag_is_seen(start: Start) -> None:
    workspace = start(used={"Old": (1, 0, 0), "New": (1, 0, 0)})
    flow = {
        "id": "MFL1",
        "account_id": ACCOUNT,
        "name": "After hours",
        "updated_at": "2026-02-01T00:00:00.000Z",
        "tracker_ids": "[]",
        "initial_step_id": "MFS01",
        "steps": json.dumps({"MFS01": {"id": "MFS01", "type": "tag", "tag_ids": [1]}}),
    }
    workspace.sandbox.store.insert("message_flows", [flow])
    assert loss_of(workspace, "Old")["flows"] == {"count": 1, "precision": "exact"}
    assert loss_of(workspace, "Old")["flow_names"] == ["After hours"]
    assert "1 call loses the tag; 1 flow applies it: After hours" in workspace.run("plan").out
    assert loss_of(workspace, "New")["flows"] == EXACT_ZERO
    workspace.declare("- name: Old\n  state: disabled\n")
    ran = workspace.run("plan")
    assert 'acme: 1 flow applies "Old", which will be disabled' in ran.err
    assert "[LIVE011]" in ran.err


def test_the_forecast_holds_the_count_before_deletes(start: Start) -> None:
    workspace = start(used={"Old": (3, 1, 1)})
    workspace.declare(absent("Old"), head=DELETED)
    plan = workspace.document("plan --out plan.json")
    before = len(workspace.sandbox.log.entries)
    assert workspace.run("apply plan.json --allow-deletes").code == 0
    assert len(workspace.sandbox.log.entries) - before <= plan["requests"]["apply"]


INTERACTIONS = {"calls.json", "form_submissions.json", "sms-threads.json"}


def test_the_main_job_reads_no_usage_at_all(start: Start) -> None:
    workspace = start(used={"Old": (3, 1, 1)})
    workspace.declare("- name: New\n- name: Older\n  renamed_from: Old\n")
    workspace.run("plan")
    workspace.declare("- name: New\n- name: Old\n  color: red1\n")
    workspace.apply()
    asked = {entry.path.rsplit("/", 1)[-1] for entry in workspace.sandbox.log.entries}
    assert not asked & {*INTERACTIONS, "message-flows.json", "trackers.json"}


def test_the_first_rename_is_measured_by_what_has_the_tag(start: Start) -> None:
    workspace = start(used={"Old": (3, 1, 1)})
    workspace.declare("- name: Older\n  renamed_from: Old\n")
    ran = workspace.run("apply --auto-approve")
    assert "Measured: 1 rename: 5 interactions before, 5 after." in ran.out
    asked = Counter(entry.path.rsplit("/", 1)[-1] for entry in workspace.sandbox.log.entries)
    assert {one: asked[one] for one in asked.keys() & INTERACTIONS} == dict.fromkeys(
        INTERACTIONS, 2
    )
    assert not asked.keys() & {"message-flows.json", "trackers.json"}
