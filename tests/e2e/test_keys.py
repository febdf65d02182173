"""Which key is used, who may choose it, and that a runner is told to hide it."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from reconciler.document import dump, load_plan, plan_document
from tests.e2e.test_installed import COMMAND, environment
from tests.e2e.workspace import ACCOUNT

if TYPE_CHECKING:
    from tests.cli_runner import Ran
    from tests.e2e.workspace import Workspace

TAG = "- name: Returning client\n  color: blue1"


def own_key(name: str) -> str:
    return f"version: 1\naccounts:\n  acme:\n    id: {ACCOUNT}\n    api_key_env: {name}\n"


def named(workspace: Workspace, name: str) -> str:
    """Move the key of ``workspace`` to the variable ``name``; returns the key."""
    key = workspace.environ.pop("CALLRAIL_API_KEY")
    workspace.environ[name] = key
    return key


def test_an_account_may_have_a_key_of_its_own(workspace: Workspace) -> None:
    named(workspace, "ACME_API_KEY")
    workspace.declare(TAG, head=own_key("ACME_API_KEY"))
    assert workspace.run("plan").code == 0


@pytest.mark.parametrize("command", ["plan", "drift", "snapshot", "apply --auto-approve", "doctor"])
def test_a_configuration_can_not_choose_any_secret(workspace: Workspace, command: str) -> None:
    workspace.environ["GITHUB_TOKEN"] = "hunter2hunter2"
    workspace.declare(TAG, head=own_key("GITHUB_TOKEN"))
    ran = workspace.run(command)
    assert ran.code == 4
    message = ran.out + ran.err
    assert "reconciler.yaml:5:18: account acme: api_key_env names GITHUB_TOKEN" in message
    assert "hunter2" not in message
    assert workspace.sandbox.log.entries == []


def test_a_variable_that_the_environment_lists_is_taken(workspace: Workspace) -> None:
    named(workspace, "ACME")
    workspace.environ["RECONCILER_KEY_VARIABLES"] = "OTHER, ACME"
    workspace.declare(TAG, head=own_key("ACME"))
    assert workspace.run("plan").code == 0


def altered(workspace: Workspace, **fields: str) -> None:
    """Save a plan that reaches its account as ``fields`` say, sound in itself."""
    workspace.declare(TAG)
    assert workspace.run("plan --out plan.json").code == 0
    plan = load_plan(workspace.read("plan.json"))
    uses = tuple(replace(use, **fields) for use in plan.accounts)  # type: ignore[arg-type]
    workspace.write("plan.json", dump(plan_document(replace(plan, accounts=uses))))


def test_a_saved_plan_can_not_choose_any_secret(workspace: Workspace) -> None:
    workspace.environ["GITHUB_TOKEN"] = "hunter2hunter2"
    altered(workspace, api_key_env="GITHUB_TOKEN")
    (workspace.directory / "reconciler.yaml").unlink()
    workspace.sandbox.log.clear()
    ran = workspace.run("apply plan.json")
    assert ran.code == 4
    assert "account acme: api_key_env names GITHUB_TOKEN" in ran.err
    assert "hunter2" not in ran.out + ran.err
    assert workspace.sandbox.log.entries == []


@pytest.mark.parametrize("fields", [{"api_key_env": "ACME_API_KEY"}, {"connection": "other"}])
def test_a_saved_plan_reaches_an_account_as_the_configuration_does(
    workspace: Workspace, fields: dict[str, str]
) -> None:
    workspace.environ["ACME_API_KEY"] = "hunter2hunter2"
    altered(workspace, **fields)
    ran = workspace.run("apply plan.json -c reconciler.yaml")
    assert ran.code == 5
    assert workspace.writes == []


@pytest.mark.parametrize("flags", ["", "-q", "--log-format json -vv"])
@pytest.mark.parametrize("command", ["plan", "get tags", "apply --auto-approve", "doctor"])
def test_a_runner_is_asked_to_hide_a_key_from_a_file_before_anything_else(
    workspace: Workspace, command: str, flags: str
) -> None:
    key = workspace.environ.pop("CALLRAIL_API_KEY")
    workspace.write("key", key)
    workspace.environ |= {"CALLRAIL_API_KEY_FILE": "key", "GITHUB_ACTIONS": "true"}
    workspace.declare(TAG)
    ran = workspace.run(f"{command} {flags}")
    expect_masked_first(key, ran)


def test_a_runner_is_asked_first_when_a_saved_plan_is_applied(workspace: Workspace) -> None:
    workspace.declare(TAG)
    assert workspace.run("plan --out plan.json").code == 0
    key = workspace.environ.pop("CALLRAIL_API_KEY")
    workspace.write("key", key)
    workspace.environ |= {"CALLRAIL_API_KEY_FILE": "key", "GITHUB_ACTIONS": "true"}
    (workspace.directory / "reconciler.yaml").unlink()
    expect_masked_first(key, workspace.run("apply plan.json"))


def expect_masked_first(key: str, ran: Ran) -> None:
    first, _, rest = ran.err.partition("\n")
    assert first == f"::add-mask::{key}"
    assert key not in rest + ran.out


def test_a_runner_is_asked_to_hide_named_variables_and_not_what_it_knows(
    workspace: Workspace,
) -> None:
    workspace.environ["GITHUB_ACTIONS"] = "true"
    workspace.declare(TAG)
    assert "add-mask" not in workspace.run("plan").err
    key = named(workspace, "ACME_API_KEY")
    workspace.declare(TAG, head=own_key("ACME_API_KEY"))
    assert workspace.run("plan").err.startswith(f"::add-mask::{key}\n")


@pytest.mark.parametrize("message", [None, "", "false", "True", "1"])
def test_nobody_else_gets_the_key(workspace: Workspace, message: str | None) -> None:
    key = workspace.environ.pop("CALLRAIL_API_KEY")
    workspace.write("key", key)
    workspace.environ["CALLRAIL_API_KEY_FILE"] = "key"
    if message is not None:
        workspace.environ["GITHUB_ACTIONS"] = message
    workspace.declare(TAG)
    ran = workspace.run("plan -vv")
    assert ran.code == 0
    assert key not in ran.out + ran.err


def test_a_file_that_stderr_goes_to_never_gets_the_key(workspace: Workspace) -> None:
    key = workspace.environ.pop("CALLRAIL_API_KEY")
    workspace.write("key", key)
    workspace.declare(TAG)
    more = {"CALLRAIL_API_KEY_FILE": "key", "GITHUB_ACTIONS": "true"}
    with (workspace.directory / "log").open("wb") as log:
        done = subprocess.run(
            [COMMAND, "plan", "-v"],
            cwd=workspace.directory,
            env=environment(**workspace.environ, **more),
            stdout=subprocess.PIPE,
            stderr=log,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0
    assert key not in workspace.read("log") + done.stdout.decode()


def test_a_key_that_comes_through_a_pipe_is_read_once_for_all_accounts(
    workspace: Workspace,
) -> None:
    key = workspace.environ.pop("CALLRAIL_API_KEY")
    second = "  beta:\n    id: ACC0\n    api_key_env: ACME_API_KEY\n"
    workspace.declare(TAG + "\n  accounts: [acme]", head=own_key("ACME_API_KEY") + second)
    reading, writing = os.pipe()
    os.write(writing, key.encode())
    os.close(writing)
    workspace.environ["ACME_API_KEY_FILE"] = f"/dev/fd/{reading}"
    try:
        assert workspace.run("plan --account acme --account beta").code in {0, 1}
        assert "401" not in str([entry.status for entry in workspace.sandbox.log.entries])
        assert workspace.sandbox.log.entries
    finally:
        os.close(reading)
