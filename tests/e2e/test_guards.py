"""What no run may do, however it is asked: refused before the first write, with what to change."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.document import load_plan
from reconciler.errors import RefusedError
from tests.e2e.workspace import ACCOUNT, COMPANY, HEAD

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.workspace import Workspace

RUNS = ("plan", "drift", "apply --auto-approve")


@pytest.mark.parametrize("line", RUNS)
def test_a_tag_that_nothing_is_called_is_wrong_usage(workspace: Workspace, line: str) -> None:
    workspace.declare("- name: Follow up\n- name: Spam\n")
    ran = workspace.run(line, "--tag", "Spam", "--tag", "Folow up")
    assert ran.code == 64
    assert '--tag "Folow up" matches no tag, declared or live' in ran.err
    assert 'Did you mean "Follow up"?' in ran.err
    assert workspace.writes == []


@pytest.mark.parametrize("line", RUNS)
def test_an_account_that_nothing_is_called_is_wrong_usage(workspace: Workspace, line: str) -> None:
    workspace.declare("- name: Spam\n")
    ran = workspace.run(line, "--account", "akme")
    assert ran.code == 64
    assert 'Did you mean "acme"?' in ran.err
    assert workspace.writes == []


NO_TRASH = f"{HEAD}    trash: off\n"
ABSENT = "- name: Schedule requested\n  state: absent\n  note: Over.\n- name: Kept\n"
LIVE = 7886733
"""The id of Schedule requested."""


@pytest.fixture
def with_plan(workspace: Workspace) -> Workspace:
    """A saved plan that deletes one account-level tag, within the default limits."""
    for name in ("Kept", "One", "Two"):
        workspace.sandbox.app.make_tag(ACCOUNT, name)
    workspace.declare(ABSENT)
    assert workspace.run("plan --out plan.json").code == 0
    return workspace


def refused(workspace: Workspace, *flags: str) -> str:
    """Apply the saved plan with deletes allowed; expect a refusal, no write, and its words."""
    ran = workspace.run("apply plan.json --allow-deletes", *flags)
    assert ran.code == 5, ran.out + ran.err
    assert workspace.writes == []
    assert "Schedule requested" in ran.out, "the plan is shown first"
    return ran.err


def forge(workspace: Workspace, edit: Callable[[dict[str, Any]], None]) -> None:
    """Edit the saved plan and make its digest and counts fit."""
    document = json.loads(workspace.read("plan.json"))
    edit(document)
    blocked = sum(change["blocked_by"] is not None for change in document["changes"])
    document["summary"]["blocked"] = blocked
    with pytest.raises(RefusedError) as altered:
        load_plan(json.dumps(document | {"digest": "sha256:"}))
    document["digest"] = re.findall(r"sha256:[0-9a-f]{64}", altered.value.message)[0]
    load_plan(json.dumps(document))
    workspace.write("plan.json", json.dumps(document))


def call(workspace: Workspace, count: int, tag_id: int = LIVE) -> None:
    """Let ``count`` calls have the tag."""
    for number in range(count):
        row = {
            "id": f"CAL{number:032x}",
            "account_id": ACCOUNT,
            "company_id": COMPANY,
            "start_time": f"{workspace.sandbox.options.today.isoformat()}T10:00:00.000-05:00",
            "duration": 60,
            "answered": 1,
            "voicemail": 0,
            "direction": "inbound",
        }
        workspace.sandbox.store.insert("calls", [row])
        workspace.sandbox.store.insert("call_tags", [{"call_id": row["id"], "tag_id": tag_id}])


def test_a_saved_plan_within_today_s_guards_is_carried_out(with_plan: Workspace) -> None:
    ran = with_plan.run("apply plan.json --allow-deletes")
    assert ran.code == 0, ran.out + ran.err
    assert "The plan is less than a minute old." in ran.err
    assert "Schedule requested" not in with_plan.tags()


GUARDS = {
    "limits: {deletes: 0}": "acme: 1 delete is more than limits.deletes 0: write "
    "`limits: {deletes: 1}` below accounts.acme (reconciler.yaml:5) to allow it",
    'protect: ["SCHEDULE *"]': 'acme: protect "SCHEDULE *" forbids to delete it: narrow `protect` '
    "below accounts.acme (reconciler.yaml:3) to allow it",
}


@pytest.mark.parametrize("guard", GUARDS)
def test_a_guard_of_today_holds_for_a_plan_of_yesterday(with_plan: Workspace, guard: str) -> None:
    with_plan.declare(ABSENT, head=f"{HEAD}    {guard}\n")
    assert GUARDS[guard] in refused(with_plan)


def test_a_tag_that_others_own_by_now_is_left_alone(with_plan: Workspace) -> None:
    with_plan.declare("- name: Kept", head=f'{HEAD}    ignore: ["schedule requested"]\n')
    assert 'acme: ignore "schedule requested" leaves this tag to others' in refused(with_plan)


def test_the_guards_of_the_environment_s_configuration_hold_too(with_plan: Workspace) -> None:
    with_plan.declare(ABSENT, head=f"{HEAD}    limits: {{deletes: 0}}\n")
    (with_plan.directory / "reconciler.yaml").rename(with_plan.directory / "tags.yaml")
    with_plan.environ["RECONCILER_CONFIG"] = "tags.yaml"
    assert "(tags.yaml:5)" in refused(with_plan)


def test_a_default_configuration_of_other_accounts_is_not_used(with_plan: Workspace) -> None:
    with_plan.declare(ABSENT, head=HEAD.replace("acme", "other").replace("91cb3", "91cb4"))
    ran = with_plan.run("apply plan.json --allow-deletes")
    assert ran.code == 0, ran.err
    assert "No configuration of these accounts was found: the plan's own guards apply." in ran.err


def test_a_broken_configuration_at_hand_stops_the_plan(with_plan: Workspace) -> None:
    with_plan.write("reconciler.yaml", "version: 1\nnonsense: 1\n")
    assert with_plan.run("apply plan.json --allow-deletes").code == 1
    assert with_plan.writes == []


def test_all_that_the_configuration_takes_away_today_is_counted(with_plan: Workspace) -> None:
    more = "".join(f"- name: {name}\n  state: absent\n  note: x\n" for name in ("One", "Two"))
    with_plan.declare(ABSENT + more, head=f"{HEAD}    limits: {{deletes: 2}}\n")
    assert "acme: 3 deletes (2 of them outside this run) are more than" in refused(with_plan)


def aged(workspace: Workspace, made: str) -> None:
    workspace.write(
        "plan.json", json.dumps(json.loads(workspace.read("plan.json")) | {"created_at": made})
    )


UNTIMELY: dict[str, tuple[timedelta | str, str]] = {
    "nine days": (timedelta(days=9), "the plan is 9 days old (made "),
    "an hour too old": (timedelta(days=7, hours=1), "the plan is 7 days old (made "),
    "from tomorrow": (timedelta(days=-1, hours=-1), "the plan is dated 1 day from"),
    "no time": ("", "the plan has no date"),
    "no date": ("yesterday", "the plan has no date"),
}


@pytest.mark.parametrize("name", UNTIMELY)
def test_a_plan_that_is_too_old_is_refused_and_reports_its_age(
    with_plan: Workspace, name: str
) -> None:
    made, shown = UNTIMELY[name]
    aged(with_plan, made if isinstance(made, str) else (datetime.now(UTC) - made).isoformat())
    before = len(with_plan.sandbox.log.entries)
    assert shown in refused(with_plan)
    assert len(with_plan.sandbox.log.entries) == before


def test_a_plan_of_six_days_is_carried_out_and_reports_its_age(with_plan: Workspace) -> None:
    aged(with_plan, (datetime.now(UTC) - timedelta(days=6, hours=23)).isoformat())
    ran = with_plan.run("apply plan.json --allow-deletes")
    assert (ran.code, "The plan is 6 days old." in ran.err) == (0, True)


def test_a_loss_that_has_grown_since_the_review_makes_it_stale(with_plan: Workspace) -> None:
    call(with_plan, 1)
    shown = refused(with_plan)
    assert "the plan is stale, 1 change can't be made as reviewed" in shown
    assert "1 interaction has the tag now, 0 interactions have the tag when" in shown


def test_a_loss_that_has_grown_a_little_is_as_reviewed(with_plan: Workspace) -> None:
    call(with_plan, 30)
    with_plan.declare(ABSENT, head=NO_TRASH)
    with_plan.run("plan --out plan.json")
    with_plan.sandbox.store.run("DELETE FROM calls WHERE id = 'CAL" + "0" * 32 + "'")
    assert with_plan.run("apply plan.json --allow-deletes").code == 0


def test_more_interactions_than_today_s_limit_refuse_the_plan(with_plan: Workspace) -> None:
    call(with_plan, 30)
    with_plan.declare(ABSENT, head=NO_TRASH)
    with_plan.run("plan --out plan.json")
    with_plan.declare(ABSENT, head=f"{NO_TRASH}    limits: {{interactions: 29}}\n")
    assert "acme: 30 interactions lose their tag, more than limits.interactions 29" in refused(
        with_plan
    )


def unblocked(document: dict[str, Any]) -> None:
    for change in document["changes"]:
        change["blocked_by"] = None


@pytest.mark.parametrize("at_hand", [True, False])
def test_a_plan_that_forgets_what_blocked_it_is_guarded_all_the_same(
    with_plan: Workspace, at_hand: bool
) -> None:
    with_plan.declare(ABSENT, head=f"{HEAD}    limits: {{deletes: 0}}\n")
    assert with_plan.run("plan --out plan.json").code == 5
    forge(with_plan, unblocked)
    if not at_hand:
        (with_plan.directory / "reconciler.yaml").unlink()
    shown = refused(with_plan)
    assert "`limits: {deletes: 1}` below accounts.acme (reconciler.yaml:5) to allow it" in shown


def test_a_plan_that_reports_less_than_is_lost_is_counted_anew(with_plan: Workspace) -> None:
    call(with_plan, 200)
    with_plan.declare(ABSENT, head=NO_TRASH)
    assert with_plan.run("plan --out plan.json").code == 5

    def harmless(document: dict[str, Any]) -> None:
        unblocked(document)
        document["changes"][0]["loss"]["calls"] = {"count": 195, "precision": "exact"}

    forge(with_plan, harmless)
    assert "acme: 200 interactions lose their tag, more than limits.interactions" in refused(
        with_plan
    )


def test_a_plan_with_limits_of_its_own_is_held_to_the_configuration_s(with_plan: Workspace) -> None:
    with_plan.declare(ABSENT, head=f"{HEAD}    limits: {{deletes: 0}}\n")
    with_plan.run("plan --out plan.json")

    def generous(document: dict[str, Any]) -> None:
        unblocked(document)
        document["accounts"][0]["policy"]["limits"]["deletes"] = 99

    forge(with_plan, generous)
    assert "acme: 1 delete is more than limits.deletes 0" in refused(with_plan)


def test_a_company_that_was_disabled_meanwhile_is_left_alone(workspace: Workspace) -> None:
    workspace.declare(f"- name: Schedule requested\n- name: New Tag\n  companies: [{COMPANY}]\n")
    assert workspace.run("plan --out plan.json").code == 0
    workspace.sandbox.store.run(f"UPDATE companies SET status = 'disabled' WHERE id = '{COMPANY}'")
    ran = workspace.run("apply plan.json")
    assert ran.code == 5
    assert "the company is disabled or gone" in ran.err
    assert workspace.writes == []


def test_an_account_that_is_reached_otherwise_by_now_is_refused(with_plan: Workspace) -> None:
    with_plan.declare(ABSENT, head=f"{HEAD}    connection: 75364cb9-7116\n")
    assert "acme: the plan was made for connection (none), and the configuration has" in refused(
        with_plan
    )


def test_a_server_that_is_down_is_not_a_refusal(with_plan: Workspace) -> None:
    with_plan.environ["RECONCILER_API_URL"] = "http://127.0.0.1:9"
    ran = with_plan.run("apply plan.json --allow-deletes")
    assert ran.code == 1, ran.err
    assert "acme: " in ran.err
    assert with_plan.writes == []


def test_disables_are_bounded_for_a_saved_plan_without_deletes(workspace: Workspace) -> None:
    for number in range(3):
        workspace.sandbox.app.make_tag(ACCOUNT, f"Extra {number}")
    head = f"{HEAD}    unmanaged: disable\n"
    workspace.declare("- name: Schedule requested\n", head=head)
    assert workspace.run("plan --out plan.json").code == 0
    workspace.declare("- name: Schedule requested\n", head=f"{head}    limits: {{disables: 2}}\n")
    ran = workspace.run("apply plan.json --no-deletes")
    assert ran.code == 5
    assert "acme: 3 tags taken out of use are more than limits.disables 2" in ran.err
    assert workspace.writes == []


def test_narrowed_runs_can_not_do_what_one_run_may_not(workspace: Workspace) -> None:
    names = [f"Extra {number}" for number in range(6)]
    for name in names:
        workspace.sandbox.app.make_tag(ACCOUNT, name)
    workspace.declare(
        "- name: Schedule requested\n",
        head=f"{HEAD}    unmanaged: delete\n    limits: {{delete_percent: 100}}\n",
    )
    assert workspace.run("apply --auto-approve --allow-deletes").code == 5
    for name in names:
        ran = workspace.run("apply --auto-approve --allow-deletes", "--tag", name)
        assert ran.code == 5
        assert "acme: 6 deletes (5 of them outside this run) are more than" in ran.err
    assert workspace.writes == []


def test_a_protected_name_stays_protected_however_it_is_written(workspace: Workspace) -> None:
    workspace.sandbox.app.make_tag(ACCOUNT, "CAFE\u0301\u00a0north")
    workspace.declare(
        "- name: Schedule requested\n",
        head=f'{HEAD}    unmanaged: delete\n    protect: ["Café *"]\n',
    )
    ran = workspace.run("apply --auto-approve --allow-deletes")
    assert ran.code == 5
    assert 'acme: protect "Café *" forbids to delete it' in ran.err
    assert workspace.writes == []


def test_a_protected_tag_is_not_renamed_away(workspace: Workspace) -> None:
    workspace.declare(
        "- name: Premium\n  renamed_from: Schedule requested\n",
        head=f'{HEAD}    protect: ["schedule requested"]\n',
    )
    ran = workspace.run("apply --auto-approve")
    assert ran.code == 5
    assert 'acme: protect "schedule requested" forbids to rename it' in ran.err
    assert "Schedule requested" in workspace.tags()
