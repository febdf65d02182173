"""The table: what was aimed at, what was measured, and whether it holds."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from benchmarks.campaigns import (
    AGENCY,
    CHANGES,
    COMPANIES,
    CREATES,
    FLOOR,
    LATENCY,
    MERGED,
    PARALLEL,
    SIZES,
    TAGS_EACH,
    UNUSED,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.campaigns import Samples

REFERENCE = 0.5
"""Seconds that octoDNS takes for 1,000 records on the machine that absolute goals speak of."""
PAGE = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line. ``most`` is the goal; None where a figure is only shown. ``exact``: no less."""

    what: str
    unit: str
    value: float
    most: float | None = None
    exact: bool = False

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None where there is none."""
        if self.most is None:
            return None
        return self.value == self.most if self.exact else self.value <= self.most

    @property
    def cells(self) -> tuple[str, str, str, str]:
        """The line as text."""
        goal = "" if self.most is None else self._printed(self.most)
        verdict = {None: "", True: "met", False: "**missed**"}[self.met]
        bound = goal if self.exact or not goal else f"at most {goal}"
        return self.what, bound, self._printed(self.value), verdict

    def _printed(self, value: float) -> str:
        digits = 0 if self.exact or value >= 100 else 2
        return f"{value:,.{digits}f} {self.unit}".strip()


def rows(samples: Samples) -> list[Row]:
    """Every goal and some figures without one, in the table's order."""
    return [
        *_start_up(samples),
        *_plans(samples),
        *_memory(samples),
        *_requests(samples),
        *_latency(samples),
        *_companies(samples),
        *_growth(samples),
    ]


def markdown(table: list[Row]) -> str:
    """The table for docs/speed.md."""
    lines = ["| what | goal | measured | |", "|---|---|---|---|"]
    return "\n".join([*lines, *(f"| {' | '.join(row.cells)} |" for row in table)])


def _start_up(samples: Samples) -> Iterator[Row]:
    for flag in ("--help", "--version"):
        ratio = samples[f"reconciler {flag}"].cpu / samples[f"octodns {flag}"].cpu
        yield Row(what=f"`{flag}`", unit="x octoDNS", value=ratio, most=0.4)
    ratio = samples["reconciler --help"].cpu / samples["pass"].cpu
    yield Row(what="`--help`", unit="x `python -c pass`", value=ratio)


def _plans(samples: Samples) -> Iterator[Row]:
    for size, goal in ((1_000, 0.4), (10_000, 0.12)):
        ratio = samples[f"plan {size}"].cpu / samples[f"octodns {size}"].cpu
        yield Row(what=f"plan of {size:,} tags", unit="x octoDNS", value=ratio, most=goal)
    speed = REFERENCE / samples["octodns 1000"].cpu
    largest = samples["plan 100000"].cpu
    what = "plan of 100,000 tags, where octoDNS takes 0.5 s for 1,000"
    yield Row(what=what, unit="s of processor", value=largest * speed, most=3.0)
    growth = largest / samples["plan 10000"].cpu
    yield Row(what="plan of 100,000 tags", unit="x that of 10,000", value=growth, most=11.0)
    for size in SIZES:
        ratio = samples[f"plan {size}"].cpu / samples[f"{FLOOR} {size}"].cpu
        yield Row(what=f"plan of {size:,} tags", unit="x the floor", value=ratio)


def _memory(samples: Samples) -> Iterator[Row]:
    more = samples["plan 100000"].rss - samples["plan 1000"].rss
    what = "memory, a tag declared and live"
    yield Row(what=what, unit="KiB", value=more / 99_000, most=2.5)
    most, least = COMPANIES[-1], COMPANIES[0]
    more = samples[f"companies {most}"].rss - samples[f"companies {least}"].rss
    each = more / ((most - least) * TAGS_EACH)
    yield Row(what="memory, a live tag of 50 declared", unit="KiB", value=each, most=2.0)
    peak = samples["changes"].rss * 1024 / 1e6
    what = f"`plan --format json` of {CHANGES:,} changes, peak"
    yield Row(what=what, unit="MB of memory", value=peak, most=150)


def _requests(samples: Samples) -> Iterator[Row]:
    for size in SIZES:
        yield Row(
            what=f"requests, plan of {size:,} tags without a difference",
            unit="",
            value=samples[f"plan {size}"].extra["requests"],
            most=max(1, ceil(size / PAGE)),
            exact=True,
        )
    yield Row(
        what=f"requests, the same of {TAGS_EACH * 1_000:,} tags in 1,000 companies",
        unit="",
        value=samples["companies 1000"].extra["requests"],
        most=ceil(TAGS_EACH * 1_000 / PAGE) + ceil(1_000 / PAGE),
        exact=True,
    )
    tags, companies, _ = AGENCY
    yield Row(
        what=f"requests, account level as declared beside {tags:,} tags in {companies} companies",
        unit="",
        value=samples["account level"].extra["requests"],
        most=1,
        exact=True,
    )
    live = SIZES[0]
    yield Row(
        what=f"requests, apply of {CREATES} creates beside {live:,} tags",
        unit="",
        value=samples["apply 10"].extra["requests"],
        most=ceil(live / PAGE) + CREATES + ceil((live + CREATES) / PAGE),
        exact=True,
    )


def _latency(samples: Samples) -> Iterator[Row]:
    for number in PARALLEL:
        least = ceil(CREATES / number) * LATENCY
        yield Row(
            what=f"{CREATES} creates at 50 ms per request, ids as text, {number} at once",
            unit="x the latency floor",
            value=samples[f"apply {number}"].extra["writing"] / least,
            most=1.15,
        )
    yield Row(
        what=f"merge of {MERGED:,} interactions at 50 ms per request, {PARALLEL[-1]} at once",
        unit="x the latency floor",
        value=samples["merge"].extra["writing"] / (ceil(MERGED / PARALLEL[-1]) * LATENCY),
        most=1.15,
    )
    for size in SIZES[:2]:
        ratio = samples[f"slow plan {size}"].wall / samples[f"slow {FLOOR} {size}"].wall
        yield Row(what=f"plan of {size:,} tags at 50 ms, wall", unit="x the floor", value=ratio)


def _companies(samples: Samples) -> Iterator[Row]:
    speed = REFERENCE / samples["octodns 1000"].cpu
    case = samples["companies 1000"]
    what = "50 tags in 1,000 companies, 50,000 live"
    yield Row(what=what, unit="s of processor", value=case.cpu * speed, most=2.0)
    yield Row(what=what, unit="MB of memory", value=case.rss * 1024 / 1e6, most=250)
    growth = samples["companies 2000"].cpu / samples["companies 200"].cpu
    yield Row(
        what="50 tags in 2,000 companies", unit="x that in 200 companies", value=growth, most=11.0
    )


def _growth(samples: Samples) -> Iterator[Row]:
    few, many = UNUSED
    growth = samples[f"unused {many}"].cpu / samples[f"unused {few}"].cpu
    what = f"validate, {many:,} unused scopes"
    yield Row(what=what, unit=f"x that of {few:,}", value=growth, most=5.0)
    yield Row(what=what, unit="s of processor", value=samples[f"unused {many}"].cpu, most=5.0)
