"""``import --into``: what it prints, written where it says, makes the plan empty."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from reconciler.sandbox import Options, Sandbox
from tests.e2e.workspace import ACCOUNT, Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE = f"""\
# Ours.
version: 1
accounts:
  acme: {{id: {ACCOUNT}}}
scopes:
  clinics:
    companies: ["Clinic *"]
tags:
  # Sales asked for it.
  - name: Lead
    companies: all
    color: blue1
  - name: Opportunity   # the one that counts
    color: green1
  - name: Quote
    color: red1
    scope: clinics
  - name: Spam
    companies: [Clinic 1, Clinic 2]
    color: red1
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Sandbox(Options(seed="empty", quota=None)) as sandbox:
        workspace = Workspace.at(tmp_path, sandbox)
        account = {"id": ACCOUNT, "name": "Acme", "numeric_id": 1, "created_at": ""}
        sandbox.store.insert("accounts", [account])
        for number in range(1, 5):
            row = {"id": f"COM{number}", "account_id": ACCOUNT, "name": f"Clinic {number}"}
            row |= {"status": "active", "time_zone": "", "created_at": ""}
            sandbox.store.insert("companies", [row])
        workspace.write("reconciler.yaml", FILE)
        workspace.apply()
        yield workspace


def do(workspace: Workspace, statement: str) -> None:
    workspace.sandbox.store.run(statement)


def pasted(text: str, out: str) -> str:
    """``text`` with all that ``out`` says done to it, from the end on."""
    lines = text.split("\n")
    parts = [part.split("\n") for part in out.rstrip("\n").split("\n\n")[1:]]
    for remark, *new in reversed(parts):
        where = re.search(r"reconciler\.yaml:(\d+)", remark)
        assert where is not None, remark
        first = int(where[1]) - 1
        last = next(
            (at for at in range(first + 1, len(lines)) if not lines[at].startswith("    ")),
            len(lines),
        )
        if remark.startswith("# above"):
            lines[first:first] = new
        elif remark.startswith("# below"):
            lines[last:last] = new
        elif "delete the block" in remark:
            del lines[first:last]
        else:
            keys = {line.split(":")[0] for line in new}
            gone = {*keys, *(["    scope"] if "in place of `scope" in remark else [])}
            old = [line for line in lines[first:last] if line.split(":")[0] not in gone]
            lines[first:last] = [*old, *new]
    return "\n".join(lines)


CASES = {
    "recoloured everywhere": "UPDATE tags SET color = 'gray1' WHERE name = 'Lead'",
    "recoloured in one": (
        "UPDATE tags SET color = 'gray1' WHERE name = 'Lead' AND company_id = 'COM2'"
    ),
    "disabled on account level": "UPDATE tags SET status = 'disabled' WHERE name = 'Opportunity'",
    "gone on account level": "DELETE FROM tags WHERE name = 'Opportunity'",
    "gone in one": "DELETE FROM tags WHERE name = 'Spam' AND company_id = 'COM1'",
    "gone everywhere": "DELETE FROM tags WHERE name = 'Spam'",
    "recoloured in one of a scope": (
        "UPDATE tags SET color = 'gray1' WHERE name = 'Quote' AND company_id = 'COM3'"
    ),
    "a new one on account level": (
        "UPDATE tags SET name = 'Meeting' WHERE name = 'Lead' AND company_id = 'COM1'"
    ),
    "new ones above and below all": (
        "UPDATE tags SET name = CASE company_id WHEN 'COM1' THEN 'Abc' ELSE 'Zzz' END"
        " WHERE name = 'Lead' AND company_id < 'COM3'"
    ),
    "moved to account level": (
        "UPDATE tags SET company_id = NULL WHERE name = 'Spam' AND company_id = 'COM1'"
    ),
    "all at once": "UPDATE tags SET color = 'gray2' WHERE id % 2 = 0",
    "each otherwise": "UPDATE tags SET color = 'gray' || (id % 3 + 1), name = name || (id % 2)",
}


@pytest.mark.parametrize("case", CASES)
def test_what_it_prints_makes_the_plan_empty(case: str, workspace: Workspace) -> None:
    do(workspace, CASES[case])
    assert workspace.run("plan --detailed-exitcode").code == 2 or case == "each otherwise"
    ran = workspace.run("import --into reconciler.yaml")
    assert ran.code == 0, ran.err
    assert workspace.read("reconciler.yaml") == FILE
    workspace.write("reconciler.yaml", pasted(FILE, ran.out))
    plan = workspace.run("plan --detailed-exitcode --show-unmanaged")
    assert plan.code == 0, ran.out + plan.out + plan.err
    assert "unmanaged" not in plan.out.partition("Plan:")[2].replace("0 unmanaged", "")
    again = workspace.run("import --into reconciler.yaml")
    assert (again.code, again.out) == (0, "")
    assert "Nothing to take in" in again.err
    assert workspace.read("reconciler.yaml").startswith("# Ours.\n")


def test_where_a_block_belongs_is_reported_by_file_and_line(workspace: Workspace) -> None:
    do(workspace, CASES["recoloured in one"])
    out = workspace.run("import --into reconciler.yaml acme").out
    assert out == (
        "# What is live and not so declared, and where it belongs. Nothing was changed.\n\n"
        '# reconciler.yaml:10, "Lead": not so in these; add to its `except`\n'
        "    except: [Clinic 2]\n\n"
        '# below the block of "Lead" at reconciler.yaml:10\n'
        "  - name: Lead\n    color: gray1\n    companies: [Clinic 2]\n"
    )


def test_a_file_that_is_not_of_the_configuration_is_refused(workspace: Workspace) -> None:
    workspace.write("other.yaml", FILE)
    ran = workspace.run("import --into other.yaml -c reconciler.yaml")
    assert ran.code == 64
    assert "is not a file of the configuration" in ran.err
    assert workspace.run("import --consolidate --into reconciler.yaml").code == 64


def test_renames_and_merges_that_are_still_to_be_made_are_no_drift(workspace: Workspace) -> None:
    text = FILE.replace(
        "  - name: Opportunity ", "  - name: Chance\n    renamed_from: Opportunity "
    )
    workspace.write("reconciler.yaml", text)
    ran = workspace.run("import --into reconciler.yaml")
    assert (ran.code, ran.out) == (0, "")
