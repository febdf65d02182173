"""What `make bench` makes of its figures; the measuring itself is not done here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from benchmarks import goals, picture
from benchmarks.campaigns import COMPANIES, CREATES, LATENCY, MERGED, PARALLEL, SIZES, UNUSED
from benchmarks.measure import Sample

LOCK = Path(__file__).parent.parent / "benchmarks" / "octodns.lock"


def sample(cpu: float, **extra: float) -> Sample:
    return Sample(wall=cpu, cpu=cpu, rss=50_000, extra=extra)


@pytest.fixture
def samples() -> dict[str, Sample]:
    """Figures that meet every goal."""
    writing = {one: CREATES / one * LATENCY * 1.1 for one in PARALLEL}
    return {
        **{f"reconciler {flag}": sample(0.02) for flag in ("--help", "--version")},
        **{f"octodns {flag}": sample(0.1) for flag in ("--help", "--version")},
        "pass": sample(0.01),
        **{f"octodns {size}": sample(size * 5e-4) for size in SIZES[:2]},
        **{f"plan {size}": sample(size * 25e-6 + 0.1, requests=size / 250) for size in SIZES},
        **{f"floor {size}": sample(size * 3e-6) for size in SIZES},
        **{f"slow plan {size}": sample(0.5) for size in SIZES[:2]},
        **{f"slow floor {size}": sample(0.3) for size in SIZES[:2]},
        **{f"apply {one}": sample(1, requests=109, writing=writing[one]) for one in PARALLEL},
        **{f"companies {one}": sample(one / 1_000, requests=204) for one in COMPANIES},
        "account level": sample(0.2, requests=1),
        "changes": sample(4.0, requests=1),
        "merge": sample(1, writing=MERGED / PARALLEL[-1] * LATENCY * 1.1),
        **{f"unused {one}": sample(one / 30_000) for one in UNUSED},
    }


def test_every_goal_has_a_line_and_its_verdict(samples: dict[str, Sample]) -> None:
    table = goals.rows(samples)
    assert {row.met for row in table} == {True, None}
    assert goals.markdown(table).count("| met |") == sum(row.met is True for row in table) >= 15


def test_one_request_more_is_a_goal_missed(samples: dict[str, Sample]) -> None:
    samples["plan 1000"] = replace(samples["plan 1000"], extra={"requests": 5})
    missed = [row for row in goals.rows(samples) if row.met is False]
    assert [row.what for row in missed] == ["requests, plan of 1,000 tags without a difference"]
    assert "**missed**" in goals.markdown(missed)


def test_the_picture_is_well_formed_and_marks_each_goal(samples: dict[str, Sample]) -> None:
    root = ET.fromstring(picture.draw(goals.rows(samples), samples))
    kinds = [element.get("class") for element in root]
    assert kinds.count("goal") == 4
    assert sum(element.tag.endswith("polyline") for element in root) == 4


def test_the_lock_names_hashes_and_no_index() -> None:
    text = LOCK.read_text("utf-8")
    assert "octodns==" in text
    assert "--hash=sha256:" in text
    assert "://" not in text
