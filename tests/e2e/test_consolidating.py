"""``import --consolidate``: what it writes, applied, leaves one spelling and loses nothing."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from reconciler.model.trash import kept, parse
from reconciler.sandbox import Options, Sandbox
from reconciler.sandbox.assignments import KINDS
from reconciler.text.alike import groups
from tests.e2e.workspace import ACCOUNT, Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reconciler.sandbox.answers import Row

Assigned = set[tuple[str, str, int]]


def tags(sandbox: Sandbox) -> dict[int, Row]:
    return {row["id"]: row for row in sandbox.store.rows("SELECT * FROM tags")}


def assigned(sandbox: Sandbox) -> Assigned:
    """What has which tag, by kind, its id and the tag's."""
    return {
        (kind.name, row[kind.link], row["tag_id"])
        for kind in KINDS
        for row in sandbox.store.rows(f"SELECT * FROM {kind.links}")
    }


def names(given: Assigned, known: dict[int, Row]) -> dict[tuple[str, str], set[str]]:
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for kind, owner, tag_id in given:
        found[kind, owner].add(known[tag_id]["name"])
    return found


def tidied(workspace: Workspace, account: str | None, *flags: str) -> None:
    sandbox = workspace.sandbox
    before, had = tags(sandbox), assigned(sandbox)
    listed = [account] if account else []
    ran = workspace.run("import --consolidate", *flags, *listed)
    assert ran.code == 0, ran.err
    workspace.write("reconciler.yaml", ran.out)
    done = workspace.apply()
    assert "warning" not in done.err
    assert "warning" not in workspace.run("plan").err
    after, has = tags(sandbox), assigned(sandbox)
    # Nothing is taken off anything, and what had a tag has it under the name that won. What no
    # listing shows has it under the trash name alone.
    assert had <= has
    now, unlisted = names(has, after), hidden(sandbox)
    for kind, owner, tag_id in had:
        name = after[tag_id]["name"]
        trashed = parse(name)
        if trashed is not None:
            assert trashed.kept == kept(before[tag_id]["name"])
            (winner,) = winners(ran.out, before[tag_id]["name"])
            assert winner in now[kind, owner] or owner in unlisted
    deviates_nowhere(sandbox, account)


def hidden(sandbox: Sandbox) -> set[str]:
    """Ids of calls marked as spam, and of forms that are older than what the API keeps."""
    first = (date.today() - timedelta(days=800)).isoformat()  # noqa: DTZ011 - the seed's own clock
    spam = sandbox.store.rows("SELECT id FROM calls WHERE spam = 1")
    old = sandbox.store.rows("SELECT id FROM forms WHERE submitted_at < ?", (first,))
    return {row["id"] for row in (*spam, *old)}


def winners(text: str, old: str) -> set[str]:
    """The names of blocks that take ``old`` in."""
    found = set()
    for block in text.split("  - name: ")[1:]:
        taken = next((line for line in block.split("\n") if "merged_from: [" in line), "")
        items = [one.strip(' []"') for one in taken.partition(":")[2].split(",")]
        if old.strip() in items and not taken.strip().startswith("#"):
            found.add(block.split("\n")[0])
    return found


def deviates_nowhere(sandbox: Sandbox, account: str | None) -> None:
    """By the store alone: one spelling, and one colour in all of an account's companies."""
    active = {
        row["id"]
        for row in sandbox.store.rows("SELECT * FROM companies")
        if row["status"] == "active"
    }
    colors: dict[tuple[str, str], set[str]] = defaultdict(set)
    spelt: dict[str, dict[str, None]] = defaultdict(dict)
    for row in tags(sandbox).values():
        ours = account is None or row["account_id"] == account
        if ours and row["company_id"] in active and parse(row["name"]) is None:
            colors[row["account_id"], row["name"]].add(row["color"])
            spelt[row["account_id"]][row["name"]] = None
    assert [key for key, found in colors.items() if len(found) > 1] == []
    assert [groups(found) for found in spelt.values() if groups(found)] == []


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Sandbox(Options(seed="agency", quota=None)) as sandbox:
        yield Workspace.at(tmp_path, sandbox)


def test_one_account_is_tidied_without_a_loss(workspace: Workspace) -> None:
    tidied(workspace, f"{ACCOUNT[:-1]}5")


@pytest.mark.soak
def test_an_agency_is_tidied_without_a_loss(workspace: Workspace) -> None:
    tidied(workspace, None, "--usage")


def test_usage_goes_with_consolidating_only(workspace: Workspace) -> None:
    ran = workspace.run("import --usage")
    assert ran.code == 64
    assert "--usage goes with --consolidate" in ran.err
