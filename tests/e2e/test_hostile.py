"""Hostile names and answers of a server, through every command and format."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.sandbox import Options, Sandbox
from tests.e2e.workspace import ACCOUNT, Workspace
from tests.faults.hostile import answer, hostile
from tests.render.hostile import (
    PAYLOADS,
    assert_no_command,
    assert_safe_csv,
    assert_safe_markdown,
    assert_safe_page,
    assert_safe_text,
    assert_visible,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.faults.hostile import Asked

NAMES = [payload for payload in PAYLOADS if payload.isascii() or "\ud800" not in payload]
HEAD = f"""\
version: 1
accounts:
  acme:
    id: {ACCOUNT}
    unmanaged: delete
    limits: {{deletes: 1000, delete_percent: 100, interactions: 1000}}
"""
CHECKS: dict[str, Callable[[str], object]] = {
    "text": assert_safe_text,
    "json": assert_safe_text,
    "yaml": assert_safe_text,
    "gitlab": assert_safe_text,
    "markdown": assert_safe_markdown,
    "html": assert_safe_page,
    "csv": assert_safe_csv,
}


@pytest.fixture(scope="module")
def infested() -> Iterator[Sandbox]:
    """An account whose tags and companies are all hostile."""
    with Sandbox(Options(seed="reference", quota=None)) as sandbox:
        store = sandbox.store
        (company, *_), (tag, *_) = store.rows("SELECT * FROM companies"), store.tags()
        store.insert(
            "companies",
            [
                {**company, "id": f"COM{number:032}", "name": name}
                for number, name in enumerate(NAMES)
            ],
        )
        store.insert(
            "tags", [{**tag, "id": number, "name": name} for number, name in enumerate(NAMES, 1)]
        )
        yield sandbox


@pytest.fixture
def workspace(tmp_path: Path, infested: Sandbox) -> Workspace:
    """A workspace at it, with tags declared in every company."""
    workspace = Workspace.at(tmp_path, infested)
    workspace.declare("- name: New Tag\n  companies: all\n- name: Other Tag", head=HEAD)
    return workspace


@pytest.mark.parametrize("name", ["tags", "companies"])
@pytest.mark.parametrize("form", ["text", "json", "yaml", "csv"])
def test_tables(workspace: Workspace, name: str, form: str) -> None:
    ran = workspace.run(f"get {name} --format {form}")
    assert ran.code == 0, ran.err
    CHECKS[form](ran.out)
    assert_safe_text(ran.err)


@pytest.mark.parametrize("form", ["text", "json", "markdown", "html"])
@pytest.mark.parametrize("line", ["plan --show-unmanaged", "drift", "apply --auto-approve"])
def test_plans_and_reports(workspace: Workspace, line: str, form: str) -> None:
    ran = workspace.run(
        f"{line} --format {form} --report {form}=report --report gitlab=counts.json"
    )
    assert ran.out.strip()
    CHECKS[form](ran.out)
    CHECKS[form](workspace.read("report"))
    assert_safe_text(ran.err)


@pytest.mark.parametrize("line", ["import", "snapshot", "doctor", "get accounts"])
def test_other_commands(workspace: Workspace, line: str) -> None:
    ran = workspace.run(line)
    assert ran.out.strip()
    assert_safe_text(ran.out)
    assert_safe_text(ran.err)


def foreign(name: str) -> Callable[[Asked], bytes]:
    """A server whose account, company, user and fields are all called ``name``."""

    def handle(asked: Asked) -> bytes:
        row = {"id": "ACC0123456789", "name": name, "role": name, name: name, "numeric_id": 7}
        keys = ("accounts", "companies", "tags", "calls", "users", "form_submissions")
        return answer({key: [row] for key in keys} | {"page": 1, "total_records": 1})

    return handle


@pytest.mark.parametrize("name", NAMES)
def test_what_get_and_doctor_report_beside_their_rows(tmp_path: Path, name: str) -> None:
    with hostile(foreign(name)) as server:
        environ = {"RECONCILER_API_URL": server.url, "CALLRAIL_API_KEY": "some-key"}
        workspace = Workspace(tmp_path, None, environ | {"GITHUB_ACTIONS": "true"})  # type: ignore[arg-type]
        workspace.declare("- name: A", head="version: 1\naccounts: {acme: {id: ACC0123456789}}\n")
        for line in (
            "get companies --account 7",
            "get tags --account nobody",
            "get tags --company nothing",
            "get calls --fields xyzzy",
            "get forms --company *",
            "doctor",
        ):
            ran = workspace.run(line)
            assert ran.out + ran.err
            assert_safe_text(ran.out)
            assert_safe_text(ran.err)


def test_a_github_runner_gets_nothing_but_ours(workspace: Workspace) -> None:
    workspace.environ |= {
        "GITHUB_ACTIONS": "true",
        "GITHUB_OUTPUT": str(workspace.directory / "out"),
        "GITHUB_STEP_SUMMARY": str(workspace.directory / "summary"),
    }
    ran = workspace.run("plan")
    for line in ran.err.splitlines():
        assert_visible(line)
        assert_no_command(
            line.removeprefix("::error ").removeprefix("::warning ").partition("::")[2]
        )
    assert len(workspace.read("out").splitlines()) == 10
    assert_safe_markdown(workspace.read("summary"))


@pytest.mark.parametrize("payload", NAMES, ids=repr)
def test_what_a_server_answers(tmp_path: Path, infested: Sandbox, payload: str) -> None:
    refusal = answer({"error": payload}, status=422)
    page = answer(body=f"<h1>{payload}</h1>".encode(errors="replace"), status=404)
    for raw in (refusal, page):
        with hostile(lambda _asked, raw=raw: raw) as server:  # type: ignore[misc]
            environ = {"RECONCILER_API_URL": server.url, "CALLRAIL_API_KEY": "a-key"}
            workspace = Workspace(tmp_path, infested, environ)
            workspace.declare("- name: New Tag")
            for form in ("text", "json"):
                ran = workspace.run(f"plan --format {form} --report markdown=report.md")
                assert ran.code == 1
                assert "Traceback" not in ran.err
                assert_safe_text(ran.out + ran.err)
            assert_safe_markdown(workspace.read("report.md"))
