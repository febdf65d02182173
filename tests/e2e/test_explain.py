"""Why a tag is planned as it is, and what a code means."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.cli.code_texts import code_texts
from reconciler.sandbox import Options, Sandbox
from tests.cli_runner import run
from tests.e2e.workspace import Workspace
from tests.golden.test_golden import fill
from tests.schemas import validate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIVE = {
    "companies": {name: f"COM{at}" for at, name in enumerate(("North", "South", "Old", "Test"), 1)},
    "disabled_companies": ["Old"],
    "tags": [
        [1, "Oppty", "gray1", "North", "enabled"],
        [2, "Opportunity", "blue1", "South", "enabled"],
        [3, "Opportunity", "blue1", "Old", "enabled"],
        [4, "Spam", "red1", "North", "enabled"],
        [5, f"~trash {datetime.now(UTC).date()} Premium", "red1", None, "disabled"],
        [6, "crm-lead", "red1", None, "enabled"],
    ],
    "calls": {"Oppty": 3},
    "flows": [[1]],
}
CONFIG = """\
version: 1
accounts:
  acme:
    id: ACC019c46b8a0807fbdb81c8bf12af91cb3
    protect: ["Opp*"]
    ignore: ["crm-*"]
scopes:
  most:
    companies: ["N*", South, Old]
    except: ["T*"]
tags:
  - name: Opportunity
    scope: most
    color: blue1
    renamed_from: [Oppty]
    note: Agreed.
  - name: Lead
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """One account with four companies, and the configuration."""
    with Sandbox(Options(seed="empty")) as sandbox:
        fill(sandbox, LIVE)
        made = Workspace.at(tmp_path, sandbox)
        made.write("reconciler.yaml", CONFIG)
        yield made


def places(workspace: Workspace, *words: str) -> dict[str | None, dict[str, Any]]:
    """What is said of each place, by company."""
    document = json.loads(workspace.run("explain", *words, "--format", "json").out)
    validate(document, "explanation")
    return {one["company"]: one for one in document["places"]}


def test_it_names_block_scope_line_live_tags_usage_flows_and_the_plan(workspace: Workspace) -> None:
    shown = workspace.run("explain Opportunity --company North").out
    assert shown == (
        "Opportunity\n"
        "Declared at reconciler.yaml:12:5: Opportunity, blue1, enabled; renamed from Oppty; "
        "Agreed.\n"
        '  in acme by scope most (reconciler.yaml:9:5): "N*", "South", "Old", except "T*"\n'
        'Rule of acme: protect "Opp*": nothing may delete, trash or disable "Opportunity"\n'
        'Rule of acme: protect "Opp*": nothing may delete, trash or disable "Oppty"\n'
        "\n"
        "acme · North\n"
        '  why    "N*" selects it, reconciler.yaml:9:17\n'
        "  live   Oppty, gray1; 3 calls have it; 1 flow applies it: Flow 1\n"
        "  plan   update Opportunity: name Oppty -> Opportunity, color gray1 -> blue1\n"
    )


def test_it_reports_of_every_place_why_it_is_there_or_is_not(workspace: Workspace) -> None:
    found = places(workspace, "Opportunity")
    assert {name: (one["declared"], one["why"], one["nothing"]) for name, one in found.items()} == {
        None: (False, "declared in companies only", "it is not live"),
        "North": (True, '"N*" selects it', None),
        "South": (True, '"South" selects it', "it is as declared"),
        "Old": (
            False,
            "the company is disabled, so it is skipped",
            "only active companies count",
        ),
        "Test": (False, 'excepted by "T*"', "it is not live"),
    }
    assert found["Test"]["source"] == {"file": "reconciler.yaml", "line": 10, "column": 14}


def test_an_old_name_of_one_block_is_explained_with_the_blocks_of_its_new_name(
    workspace: Workspace,
) -> None:
    workspace.write("reconciler.yaml", f"{CONFIG}  - name: Opportunity\n    color: blue1\n")
    account = places(workspace, "Oppty")[None]
    assert (account["declared"], account["why"]) == (True, "declared on account level")


@pytest.mark.parametrize(
    ("name", "company", "nothing"),
    [
        ("Spam", "North", "nobody declared it, and `unmanaged: keep` keeps it"),
        ("Spam", None, "it is not live"),
        ("Premium", None, "it lies in the trash, and nothing declares it"),
        ("crm-lead", None, "`ignore` leaves it to others"),
    ],
)
def test_why_nothing_happens(
    workspace: Workspace, name: str, company: str | None, nothing: str
) -> None:
    found = places(workspace, name)[company]
    assert (found["nothing"], found["changes"]) == (nothing, [])


def test_a_place_where_nothing_matches_names_the_nearest_pattern(workspace: Workspace) -> None:
    near = CONFIG.replace('["N*", South, Old]', '["N*", "Tes *", South]')
    workspace.write("reconciler.yaml", near.replace('    except: ["T*"]\n', ""))
    # A pattern that matches nothing is an error of its own, so a company must be there for it.
    workspace.sandbox.store.run("UPDATE companies SET name = 'Tes t' WHERE name = 'Old'")
    workspace.sandbox.store.run("UPDATE companies SET status = 'active'")
    found = places(workspace, "Opportunity")["Test"]
    assert found["why"] == 'no name or pattern of `companies` matches (nearest: "Tes *")'
    assert (found["declared"], found["source"]["line"]) == (False, 9)


def test_it_costs_what_reading_costs(workspace: Workspace) -> None:
    before = len(workspace.sandbox.log.entries)
    assert workspace.run("explain crm-lead").code == 0
    reads = [entry.path for entry in workspace.sandbox.log.entries[before:]]
    assert sum(path.endswith("companies.json") for path in reads) == 1
    assert workspace.writes == []


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("Oportunity",), 'Did you mean "Opportunity"?'),
        (("Opportunity", "--company", "Nort"), 'Did you mean "North"?'),
        (("Opportunity", "--account", "acne"), 'Did you mean "acme"?'),
        (("PLAN019",), "Did you mean PLAN"),
        (("ABCD123",), "There are APPLY, "),
    ],
)
def test_what_is_unknown_is_refused_with_the_nearest(
    workspace: Workspace, words: tuple[str, ...], hint: str
) -> None:
    ran = workspace.run("explain", *words)
    assert (ran.code, ran.out) == (64, "")
    assert hint in ran.err


@pytest.mark.parametrize("code", list(code_texts()))
def test_every_code_is_explained_offline(code: str) -> None:
    shown = run("explain", code.lower())
    assert shown.code == 0, shown.err
    text = code_texts()[code]
    assert shown.out.startswith(f"{code}: {text.means}\nExample  {text.example}\nTo do    ")
    assert ("To mute" in shown.out) is text.mutable
    document = json.loads(run("explain", code, "--format", "json").out)
    validate(document, "explanation")
    assert document["to_do"] == text.do
