"""Bad input gets its clear error, the right exit code, and changes nothing."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

import pytest

from tests.e2e.workspace import COMPANY, HEAD

if TYPE_CHECKING:
    from tests.cli_runner import Ran
    from tests.e2e.workspace import Workspace

GOOD = "- name: New Tag\n  color: blue1"


def refused(workspace: Workspace, code: int, line: str = "apply --auto-approve") -> Ran:
    """Run; expect ``code``, one message, no traceback and no write."""
    ran = workspace.run(line)
    assert ran.code == code, ran.err
    assert "Traceback" not in ran.err
    assert workspace.writes == []
    return ran


def test_no_key(workspace: Workspace) -> None:
    workspace.declare(GOOD)
    del workspace.environ["CALLRAIL_API_KEY"]
    message = refused(workspace, 4).err
    assert "CALLRAIL_API_KEY" in message
    assert "MATON_API_KEY" in message


def test_both_keys(workspace: Workspace) -> None:
    workspace.declare(GOOD)
    workspace.environ["MATON_API_KEY"] = "another-key"
    assert "gateway:" in refused(workspace, 4).err
    workspace.declare(GOOD, head="gateway: callrail\n" + HEAD)
    assert workspace.run("plan").code == 0


def test_wrong_key_is_named_by_its_variable_and_never_shown(workspace: Workspace) -> None:
    workspace.declare(GOOD)
    workspace.environ["CALLRAIL_API_KEY"] = "not-the-key-at-all"
    ran = refused(workspace, 4)
    assert "CALLRAIL_API_KEY" in ran.err
    assert "not-the-key-at-all" not in ran.out + ran.err


def test_unknown_account_shows_those_that_the_key_sees(workspace: Workspace) -> None:
    workspace.declare(GOOD, head=HEAD.replace("91cb3", "91cb4"))
    assert "ACC019c46b8a0807fbdb81c8bf12af91cb3 (My Account)" in refused(workspace, 1).err


def test_unknown_handle(workspace: Workspace) -> None:
    workspace.declare(GOOD)
    assert "acme" in refused(workspace, 64, "apply --auto-approve --account acmee").err


def test_unknown_company_shows_the_nearest(workspace: Workspace) -> None:
    workspace.declare("- name: New Tag\n  companies: [My Compny]")
    message = refused(workspace, 1).err
    assert "reconciler.yaml:7:17" in message
    assert '"My Company"' in message


@pytest.mark.parametrize(
    ("text", "place", "shown"),
    [
        (HEAD + "tags:\n  - name: [New\n", "reconciler.yaml:", ""),
        (HEAD + "tags:\n  - name: New\n    colour: blue1\n", "reconciler.yaml:7:5", "color"),
        (HEAD + "tags:\n  - name: 17\n", "reconciler.yaml:6:11", '"17"'),
        (HEAD + "tags:\n  - name: A\n  - name: A\n", "reconciler.yaml:7:11", "first"),
        (HEAD + "tags:\n  - name: A\n    name: B\n", "reconciler.yaml:7:5", "twice"),
        (HEAD.replace("version: 1\n", "") + "tags: []\n", "reconciler.yaml:1:1", "version"),
    ],
    ids=["syntax", "misspelt", "type", "declared-twice", "key-twice", "no-version"],
)
def test_a_configuration_error_is_shown_at_its_place(
    workspace: Workspace, text: str, place: str, shown: str
) -> None:
    workspace.write("reconciler.yaml", text)
    message = refused(workspace, 1).err
    assert place in message
    assert shown in message
    assert "^" in message
    assert workspace.sandbox.log.entries == []


def test_a_colour_that_the_server_refuses_is_shown_at_its_line(workspace: Workspace) -> None:
    workspace.declare("- name: Good\n  color: blue1\n- name: Bad\n  color: mauve")
    ran = workspace.run("apply --auto-approve")
    assert ran.code == 3
    assert "Color mauve is not included in the list" in ran.err
    assert "reconciler.yaml:8:" in ran.err
    assert "Good" in workspace.tags()
    assert "Bad" not in workspace.tags()


def test_plain_http_to_a_foreign_host_is_refused_before_anything_is_sent(
    workspace: Workspace,
) -> None:
    workspace.declare(GOOD)
    workspace.environ["RECONCILER_API_URL"] = "http://api.example.com"
    message = refused(workspace, 1).err
    assert "https" in message


def test_a_server_that_is_not_there(workspace: Workspace) -> None:
    workspace.declare(GOOD)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    workspace.environ["RECONCILER_API_URL"] = f"http://127.0.0.1:{port}"
    assert f"http://127.0.0.1:{port}" in refused(workspace, 1).err


def test_no_configuration_reports_how_to_get_one(workspace: Workspace) -> None:
    assert "reconciler init" in refused(workspace, 1).err


def test_wrong_usage_is_64(workspace: Workspace) -> None:
    assert refused(workspace, 64, "plan --formt json").code == 64
    assert refused(workspace, 64, "").code == 64


@pytest.mark.parametrize("flag", ["--format json", "--format=json"])
def test_an_error_is_a_json_document_where_json_was_asked_for(
    workspace: Workspace, flag: str
) -> None:
    workspace.declare(GOOD)
    workspace.environ["CALLRAIL_API_KEY"] = "not-the-key-at-all"
    document = json.loads(refused(workspace, 4, f"plan {flag}").out)
    assert document["error"]["exit_code"] == 4
    usage = json.loads(refused(workspace, 64, f"plan {flag} --nonsense").out)
    assert usage["error"]["exit_code"] == 64


def test_deletes_need_a_flag(workspace: Workspace) -> None:
    workspace.declare(
        "- name: Schedule requested\n  state: absent\n  note: Over.\n"
        f"- name: Kept\n  companies: [{COMPANY}]"
    )
    ran = refused(workspace, 5)
    assert "--allow-deletes" in ran.err
    assert "- delete  Schedule requested" in ran.out


def test_without_a_terminal_nothing_is_applied_unasked(workspace: Workspace) -> None:
    workspace.declare(GOOD)
    assert "--auto-approve" in refused(workspace, 5, "apply").err


def test_another_digest_is_refused(workspace: Workspace) -> None:
    workspace.declare(GOOD)
    assert (
        "not the reviewed"
        in refused(workspace, 5, "apply --auto-approve --expect-digest sha256:0").err
    )
    digest = workspace.document("plan")["digest"]
    assert workspace.run(f"apply --auto-approve --expect-digest {digest}").code == 0


def test_the_traceback_is_shown_at_vv_only(workspace: Workspace) -> None:
    workspace.declare(GOOD)
    workspace.environ["CALLRAIL_API_KEY"] = "not-the-key-at-all"
    ran = workspace.run("plan -vv")
    assert "Traceback" in ran.err
    assert "not-the-key-at-all" not in ran.err


def test_a_traceback_is_shown_at_vv_only_and_acts_on_no_terminal(workspace: Workspace) -> None:
    quiet, loud = workspace.run("show", "\x1b[31m.json"), workspace.run("show -vv", "\x1b[31m.json")
    assert "Traceback" not in quiet.err
    assert "Traceback" in loud.err
    assert "\x1b" not in loud.err
