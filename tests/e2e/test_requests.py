"""What a run costs in requests, exactly: the quota is the first speed."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

import pytest

from reconciler.sandbox import Options, Sandbox
from reconciler.sandbox.seeds.bulk import ACCOUNT, COLORS
from tests.e2e.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path

HEAD = f"version: 1\naccounts:\n  bulk:\n    id: {ACCOUNT}\n"


def blocks(count: int, rest: str = "") -> str:
    return "\n".join(
        f"- {{name: Tag {one:06}, color: {COLORS[one % 5]}{rest}}}" for one in range(count)
    )


@pytest.mark.parametrize("tags", [1, 250, 251, 1_000])
def test_a_plan_without_a_difference_costs_its_pages(tags: int, tmp_path: Path) -> None:
    with Sandbox(Options(seed=f"bulk:{tags}")) as sandbox:
        workspace = Workspace.at(tmp_path, sandbox)
        workspace.declare(blocks(tags), head=HEAD)
        document = workspace.document("plan")
        assert (document["changes"], document["summary"]["unchanged"]) == ([], tags)
        assert len(sandbox.log.entries) == document["requests"]["plan"] == ceil(tags / 250)


def test_naming_companies_costs_their_pages_too(tmp_path: Path) -> None:
    with Sandbox(Options(seed="bulk:600:300")) as sandbox:
        workspace = Workspace.at(tmp_path, sandbox)
        workspace.declare(blocks(2, ", companies: all"), head=HEAD)
        document = workspace.document("plan")
        assert (document["changes"], document["summary"]["unchanged"]) == ([], 600)
        assert sandbox.log.count("GET", "companies.json") == ceil(300 / 250)
        assert sandbox.log.count("GET", "tags.json") == ceil(600 / 250)
        assert document["requests"]["plan"] == len(sandbox.log.entries) == 2 + 3


@pytest.mark.parametrize("creates", [1, 40])
def test_an_apply_costs_the_plan_one_a_change_and_the_verification(
    creates: int, tmp_path: Path
) -> None:
    with Sandbox(Options(seed="bulk:251")) as sandbox:
        workspace = Workspace.at(tmp_path, sandbox)
        workspace.declare(blocks(251 + creates), head=HEAD)
        assert workspace.run("apply --auto-approve").code == 0
        assert sandbox.log.count("POST") == creates
        assert len(sandbox.log.entries) == 2 + creates + 2
