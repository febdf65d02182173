"""`update call`: shown, asked about, changed and read back, through both gateways."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest

from reconciler.cli.console import Console
from tests.callrail.test_calls import CALL, OPPORTUNITY, SCHEDULED, put, truth
from tests.cli_runner import direct, gateway
from tests.e2e.workspace import ACCOUNT, COMPANY, Workspace

if TYPE_CHECKING:
    from tests.cli_runner import Ran

ADD = ("--add-tag", SCHEDULED)


@pytest.fixture
def workspace(workspace: Workspace) -> Workspace:
    """The workspace, with one tag on the call."""
    put(workspace.sandbox, OPPORTUNITY)
    return workspace


def update(workspace: Workspace, *flags: str, call: str = CALL) -> Ran:
    return workspace.run(f"update call {call}", *flags)


@pytest.mark.parametrize("way", [direct, gateway])
def test_it_shows_before_and_after_and_changes_both_ways_in(
    workspace: Workspace, way: object
) -> None:
    workspace.environ = direct(workspace.sandbox) if way is direct else gateway(workspace.sandbox)
    ran = update(workspace, *ADD, "--note", "Called back", "--yes")
    assert ran.code == 0, ran.err
    assert "~ tags           Opportunity -> Opportunity, Schedule requested" in ran.out
    assert "~ note           none -> Called back" in ran.out
    assert "read back as asked" in ran.out
    assert truth(workspace.sandbox) == {OPPORTUNITY, SCHEDULED}
    assert update(workspace, *ADD, "--yes").out == "Nothing to change: the call is so already.\n"


def test_json_is_one_document_with_both(workspace: Workspace) -> None:
    ran = update(
        workspace, "--remove-tag", OPPORTUNITY, "--value", "$5", "--yes", "--format", "json"
    )
    document = json.loads(ran.out)
    assert (document["call_id"], document["account_id"]) == (CALL, ACCOUNT)
    assert document["fields"] == ["tags", "value"]
    assert (document["before"]["tags"], document["after"]["tags"]) == ([OPPORTUNITY], [])
    assert document["after"]["value"] == "5.00"
    assert "Opportunity -> none" in ran.err


def test_without_a_terminal_it_takes_yes(workspace: Workspace) -> None:
    ran = update(workspace, *ADD)
    assert (ran.code, workspace.writes) == (5, [])
    assert "nobody approved the change" in ran.err


@pytest.mark.parametrize(("answer", "code"), [("yes", 0), ("y", 5), ("", 5)])
def test_at_a_terminal_only_yes_is_a_yes(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, answer: str, code: int
) -> None:
    monkeypatch.setattr(Console, "interactive", property(lambda _self: True))
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{answer}\n"))
    assert update(workspace, *ADD).code == code
    assert (SCHEDULED in truth(workspace.sandbox)) is (code == 0)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Schedule request", 'Did you mean "Schedule requested"?'),
        ("Something else", "Declare it and apply that first."),
    ],
)
def test_a_tag_that_is_not_live_is_never_sent(workspace: Workspace, name: str, hint: str) -> None:
    ran = update(workspace, "--add-tag", name, "--yes")
    assert (ran.code, workspace.writes) == (5, [])
    assert "CallRail would create one" in ran.err
    assert hint in ran.err


def test_nor_is_one_of_another_company_or_a_disabled_one(workspace: Workspace) -> None:
    workspace.sandbox.store.run("UPDATE tags SET status = 'disabled' WHERE name = ?", (SCHEDULED,))
    ran = update(workspace, *ADD, "--yes")
    assert (ran.code, workspace.writes) == (5, [])
    assert "is disabled" in ran.err
    workspace.sandbox.store.run(
        "UPDATE tags SET status = 'enabled', company_id = 'COM1' WHERE name = ?", (SCHEDULED,)
    )
    assert update(workspace, *ADD, "--yes").code == 5


@pytest.mark.parametrize("status", ["enabled", "disabled"])
def test_nor_is_a_name_that_two_tags_have(workspace: Workspace, status: str) -> None:
    """Which of them the server would put on, nothing says."""
    (tag,) = (row for row in workspace.sandbox.store.tags() if row["name"] == SCHEDULED)
    other = {"id": 99, "company_id": None if tag["company_id"] else COMPANY, "status": status}
    workspace.sandbox.store.insert("tags", [tag | other])
    ran = update(workspace, *ADD, "--yes")
    assert (ran.code, workspace.writes) == (5, [])
    assert "it may be either" in ran.err


def test_a_tag_that_is_not_on_it_is_named(workspace: Workspace) -> None:
    ran = update(workspace, "--remove-tag", "Oportunity", "--yes")
    assert (ran.code, workspace.writes) == (0, [])
    assert 'does not have "Oportunity". Did you mean "Opportunity"?' in ran.err


def test_a_call_that_is_not_there_is_named(workspace: Workspace) -> None:
    ran = update(workspace, "--note", "x", "--yes", call="CAL1")
    assert (ran.code, workspace.writes) == (1, [])
    assert "there is no call CAL1" in ran.err
    assert "marked as spam is hidden" in ran.err


def test_a_spam_mark_is_for_good_and_hides_the_call(workspace: Workspace) -> None:
    ran = update(workspace, "--spam", "--yes")
    assert ran.code == 0, ran.err
    assert "CallRail hides the call now" in ran.out
    assert update(workspace, "--note", "x", "--yes").code == 1


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        ((), "nothing is asked for"),
        (("--spam", "--note", "x"), "--spam goes alone"),
        (("--no-spam",), "no API takes the spam mark off"),
        (("--add-tag", "A", "--remove-tag", "A"), "to be added and removed"),
        (("--value", "much"), "not an amount"),
        (("--lead-status", "good"), 'Did you mean "good_lead"?'),
    ],
)
def test_what_can_not_be_asked_for(workspace: Workspace, flags: tuple[str, ...], text: str) -> None:
    ran = update(workspace, *flags, "--yes")
    assert (ran.code, workspace.writes) == (64, [])
    assert text in ran.err


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("PUT calls status=400", 1),
        ("PUT calls status=403", 1),
        ("PUT calls status=502", 3),
        ("PUT calls status=401", 4),
        ("GET calls/ status=401", 4),
        ("GET calls/ after=2 status=401", 3),
    ],
)
def test_every_exit_code(workspace: Workspace, fault: str, code: int) -> None:
    workspace.sandbox.faults.add(fault)
    ran = update(workspace, *ADD, "--yes", "--format", "json")
    assert ran.code == code, ran.err
    assert json.loads(ran.out)["error"]["exit_code"] == code


def test_the_account_may_come_from_the_configuration(workspace: Workspace) -> None:
    workspace.declare("- name: Opportunity\n")
    ran = update(workspace, *ADD, "--account", "acme", "--yes")
    assert ran.code == 0, ran.err
    assert ran.out.startswith("acme · call CAL")


def test_of_several_accounts_one_must_be_named(workspace: Workspace) -> None:
    more = {"id": "ACC2aaaaaaaa", "name": "Other", "numeric_id": 2, "created_at": ""}
    workspace.sandbox.store.insert("accounts", [more])
    assert update(workspace, *ADD, "--yes").code == 64
    assert update(workspace, *ADD, "--account", "My Account", "--yes").code == 0
    assert update(workspace, *ADD, "--account", "Other", "--yes").code == 1
