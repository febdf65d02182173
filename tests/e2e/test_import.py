"""What ``import`` writes: compact, quiet when it is planned, and true byte for byte."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.config import load
from reconciler.sandbox import Options, Sandbox
from tests.e2e.workspace import ACCOUNT, HEAD, Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

LABELS = (
    (Path(__file__).parents[1] / "data" / "labels.txt").read_text("utf-8").rstrip("\n").split("\n")
)


@pytest.fixture(scope="module")
def agency() -> Iterator[Sandbox]:
    with Sandbox(Options(seed="agency", quota=None)) as running:
        yield running


@pytest.fixture
def workspace(tmp_path: Path, agency: Sandbox) -> Workspace:
    return Workspace.at(tmp_path, agency)


def test_an_agencys_import_is_valid_and_its_plan_empty_and_quiet(workspace: Workspace) -> None:
    ran = workspace.run("import")
    workspace.write("reconciler.yaml", ran.out)
    valid = workspace.run("validate")
    plan = workspace.run("plan", "--detailed-exitcode")
    assert (ran.code, valid.code, plan.code) == (0, 0, 0)
    assert ran.out.startswith("# yaml-language-server: $schema=https://")
    assert valid.err == ""
    assert "warning" not in plan.err
    assert plan.out.startswith("No changes. Live state matches the configuration.")
    assert plan.out.count("Muted: ") == 1
    again = workspace.run("import")
    assert again.out == ran.out


def test_what_is_remarkable_is_reported_in_comments_once_a_name(workspace: Workspace) -> None:
    out = workspace.run("import").out
    assert out.count('# looks like "Appt booked", "appointment booked": one tag, or two?') == 1
    block = out[: out.index("- name: Appointment booked")]
    assert "live on account level and on company level" in block


def test_a_live_state_without_oddities_mutes_nothing(tmp_path: Path) -> None:
    with Sandbox(Options(seed="reference")) as sandbox:
        out = Workspace.at(tmp_path, sandbox).run("import").out
    assert "warnings:" not in out


@pytest.mark.parametrize("word", ["Corner Legal", "corner-legal", f"{ACCOUNT[:-1]}5"])
def test_an_account_is_named_by_id_handle_or_exact_name(workspace: Workspace, word: str) -> None:
    ran = workspace.run("import", word)
    assert ran.code == 0, ran.err
    assert f"id: {ACCOUNT[:-1]}5" in ran.out
    assert ran.out.count("    id: ") == 1


def test_an_unknown_account_is_answered_with_the_nearest_names(workspace: Workspace) -> None:
    ran = workspace.run("import", "Corner Leagl")
    assert ran.code == 64
    assert 'Did you mean "Corner Legal"' in ran.err


def number_of(workspace: Workspace, name: str) -> str:
    (row,) = (
        one for one in workspace.sandbox.store.rows("SELECT * FROM accounts") if one["name"] == name
    )
    return str(row["numeric_id"])


def test_the_number_of_the_address_bar_is_answered_with_the_id(workspace: Workspace) -> None:
    number = number_of(workspace, "Acme Dental Group")
    ran = workspace.run("import", number)
    assert ran.code == 64
    assert f"{number} is Acme Dental Group: its id is {ACCOUNT}" in ran.err


@pytest.mark.parametrize("line", ["plan", "apply --auto-approve", "snapshot"])
def test_the_number_as_a_configured_id_is_answered_with_the_id(
    workspace: Workspace, line: str
) -> None:
    number = number_of(workspace, "Acme Dental Group")
    workspace.declare("- name: Lead", head=HEAD.replace(ACCOUNT, f'"{number}"'))
    ran = workspace.run(line)
    assert ran.code == 1
    assert f"{number} is Acme Dental Group: its id is {ACCOUNT}" in ran.err
    assert "reconciler.yaml:4:9" in ran.err
    assert "CFG413" in workspace.run("validate").err


def tag(number: int, name: str) -> dict[str, Any]:
    return {
        "id": number,
        "account_id": ACCOUNT,
        "company_id": None,
        "name": name,
        "color": "gray1",
        "background_color": "gray1",
        "status": "enabled",
    }


def test_labels_of_all_kinds_make_the_round_trip_byte_for_byte(tmp_path: Path) -> None:
    """Emoji, slashes, quotes, YAML's own signs, 255 letters: as they are live, they come back."""
    account = {"id": ACCOUNT, "name": "Acme", "numeric_id": 1, "created_at": ""}
    with Sandbox(Options(seed="empty", quota=None)) as sandbox:
        workspace = Workspace.at(tmp_path, sandbox)
        sandbox.store.insert("accounts", [account])
        sandbox.store.insert("tags", [tag(number, name) for number, name in enumerate(LABELS, 1)])
        workspace.write("reconciler.yaml", workspace.run("import").out)
        plan = workspace.run("plan --detailed-exitcode")
        assert plan.code == 0, plan.out
        assert "warning" not in plan.err
    declared = [entry.name for entry in load([tmp_path / "reconciler.yaml"]).entries]
    assert sorted(declared) == sorted(LABELS)
    with Sandbox(Options(seed="empty", quota=None)) as sandbox:
        workspace = Workspace.at(tmp_path, sandbox)
        sandbox.store.insert("accounts", [account])
        assert workspace.run("validate").err == ""
        workspace.apply()
        assert sorted(workspace.tags()) == sorted(LABELS)
