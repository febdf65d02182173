"""``python -m benchmarks [ROUNDS]``: measure, write results.json and .svg, print the table."""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import environments, goals, picture, server
from benchmarks.campaigns import STAGES, Bench

if TYPE_CHECKING:
    from benchmarks.campaigns import Samples

HERE = Path(__file__).parent
ROUNDS = 5


def main() -> None:
    began = time.monotonic()
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    _show("environments")
    product, octodns = environments.product(), environments.octodns()
    samples: Samples = {}
    with server.running() as running, tempfile.TemporaryDirectory() as home:
        bench = Bench(
            product=product, octodns=octodns, server=running, home=Path(home), rounds=rounds
        )
        for name, campaign in (
            ("start-up", bench.start_up),
            ("plans", bench.plans),
            ("plans at 50 ms", bench.slow_plans),
            ("applies", bench.applies),
            ("merges", bench.merges),
            ("companies", bench.companies),
            ("account level", bench.account_level),
            ("changes", bench.changes),
            ("mistakes", bench.mistakes),
        ):
            _show(name)
            samples |= campaign()
        _show("stages")
        stages = bench.stages()
    table = goals.rows(samples)
    document = {
        "machine": {
            "python": platform.python_version(),
            "system": platform.system(),
            "processors": os.cpu_count(),
        },
        "rounds": rounds,
        "rows": [asdict(row) | {"met": row.met} for row in table],
        "medians": {name: asdict(sample) for name, sample in samples.items()},
        "stages": stages,
    }
    text = json.dumps(document, indent=2, ensure_ascii=False)
    (HERE / "results.json").write_text(text + "\n", "utf-8")
    (HERE / "results.svg").write_text(picture.draw(table, samples), "utf-8")
    _show(f"{time.monotonic() - began:.0f} s in all\n")
    print(goals.markdown(table))
    print()
    print(_stage_table(stages))


def _stage_table(stages: dict[int, dict[str, float]]) -> str:
    """Processor milliseconds of each stage, a line a size."""
    lines = [f"| tags | {' | '.join(STAGES)} |", "|---" * (len(STAGES) + 1) + "|"]
    for size, taken in stages.items():
        shown = " | ".join(f"{taken[one] * 1000:,.1f} ms" for one in STAGES)
        lines.append(f"| {size:,} | {shown} |")
    return "\n".join(lines)


def _show(what: str) -> None:
    print(f"\n{what} ", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
