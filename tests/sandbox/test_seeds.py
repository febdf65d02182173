"""Seeds: the same number gives the same rows; a file keeps them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from reconciler.sandbox import Options, Sandbox
from tests.sandbox.conftest import TODAY
from tests.sandbox.speaking import get, send

if TYPE_CHECKING:
    from pathlib import Path

TABLES = ("accounts", "companies", "tags", "calls", "call_tags", "trackers", "users")


def rows_of(sandbox: Sandbox) -> dict[str, list[dict[str, object]]]:
    return {name: sandbox.store.rows(f"SELECT * FROM {name}") for name in TABLES}


def test_a_seed_number_gives_the_same_rows_each_time(agency: Sandbox) -> None:
    with Sandbox(Options(seed="agency", seed_number=1, today=TODAY)) as again:
        assert rows_of(again) == rows_of(agency)


def test_another_number_gives_other_rows(agency: Sandbox) -> None:
    with Sandbox(Options(seed="agency", seed_number=2, today=TODAY)) as other:
        assert other.store.tags() != agency.store.tags()


def test_the_agency_is_as_large_and_as_drifted_as_it_says(agency: Sandbox) -> None:
    count = {name: len(rows) for name, rows in rows_of(agency).items()}
    assert (count["accounts"], count["companies"]) == (3, 60)
    assert count["calls"] == 20_000
    assert 200 <= count["tags"] <= 900
    tags = agency.store.tags()
    assert {tag["status"] for tag in tags} == {"enabled", "disabled"}
    folded = Counter(str(tag["name"]).casefold() for tag in tags)
    spelled = Counter(str(tag["name"]) for tag in tags)
    assert len(folded) < len(spelled), "some names differ by case alone"
    born = {row["tag_id"] for row in agency.store.rows("SELECT tag_id FROM call_tags")}
    assert len(born) > len(tags) / 3


@pytest.mark.parametrize(("seed", "tags", "companies"), [("bulk:7", 7, 0), ("bulk:9:3", 9, 3)])
def test_bulk_is_as_large_as_asked(seed: str, tags: int, companies: int) -> None:
    with Sandbox(Options(seed=seed)) as sandbox:
        rows = sandbox.store.tags()
        assert len(rows) == tags
        spread = Counter(row["company_id"] for row in rows)
        assert len(spread) == max(1, companies)


def test_a_seed_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="no seed 'zoo'"):
        Sandbox(Options(seed="zoo"))


def test_a_file_keeps_what_was_done(tmp_path: Path) -> None:
    options = Options(db=str(tmp_path / "sandbox.sqlite"))
    with Sandbox(options) as first:
        send(first, "DELETE", "tags/7886733.json")
        send(first, "POST", "tags.json", body={"name": "Kept", "tag_level": "account"})
    with Sandbox(options) as second:
        names = [tag["name"] for tag in get(second, "tags.json")["tags"]]
        assert names == ["Opportunity", "Kept"]
