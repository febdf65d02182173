"""What is run against what: start-up, plans by size, latency, applies, many companies, stages."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks import workloads
from benchmarks.measure import Contender, Sample, take_turns
from benchmarks.server import ACCOUNT, KEY, Server

HERE = Path(__file__).parent
SIZES = (1_000, 10_000, 100_000)
LARGEST_ZONE = 10_000
"""octoDNS needs a minute for 100,000 records; its curve is plain before that."""
COMPANIES = (20, 200, 1_000, 2_000)
TAGS_EACH = 50
LATENCY = 0.05
PARALLEL = (1, 4, 10)
CREATES = 100
MERGED = 1_000
"""Interactions of a merge."""
CHANGES = 50_000
UNUSED = (7_500, 30_000)
"""Scopes that no tag uses: the second four times the first."""
AGENCY = (20_000, 400, 50)
"""Tags of companies, companies, and tags on account level beside them."""
FLOOR = "floor"
STAGES = ("load", "validate", "resolve", "fetch", "match", "diff", "render")

Samples = dict[str, Sample]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Where everything is; ``rounds`` of each are counted."""

    product: Path
    octodns: Path
    server: Server
    home: Path
    rounds: int

    def start_up(self) -> Samples:
        """Nothing but beginning and ending."""
        bare = Contender(name="pass", argv=(str(self.product / "python"), "-c", "pass"))
        ours = str(self.product / "reconciler")
        theirs = str(self.octodns / "octodns-sync")
        flags = [
            Contender(name=f"{name} {flag}", argv=(command, flag))
            for flag in ("--help", "--version")
            for name, command in (("reconciler", ours), ("octodns", theirs))
        ]
        return take_turns([bare, *flags], rounds=3 * self.rounds)

    def plans(self) -> Samples:
        """Plans without a difference, of the same size, at 0 ms a request."""
        contenders = []
        for size in SIZES:
            home = workloads.declare(self.home / f"tags-{size}", size)
            set_up = partial(self.server.set_up, tags=size)
            contenders += [
                self._ours(f"plan {size}", home, set_up),
                self._floor(f"{FLOOR} {size}", home, set_up),
            ]
            if size <= LARGEST_ZONE:
                config = workloads.zone(self.home / f"zone-{size}", size)
                argv = (str(self.octodns / "octodns-sync"), "--config-file", str(config))
                contenders.append(Contender(name=f"octodns {size}", argv=argv))
        return take_turns(contenders, rounds=self.rounds)

    def slow_plans(self) -> Samples:
        """The same at 50 ms per request, where waiting is most of it."""
        contenders = []
        for size in SIZES[:2]:
            home = self.home / f"tags-{size}"
            set_up = partial(self.server.set_up, tags=size, latency=LATENCY)
            contenders += [
                self._ours(f"slow plan {size}", home, set_up),
                self._floor(f"slow {FLOOR} {size}", home, set_up),
            ]
        return take_turns(contenders, rounds=self.rounds)

    def applies(self) -> Samples:
        """100 creates at 50 ms per request beside 1,000 tags that are as declared."""
        live = SIZES[0]
        home = workloads.declare(self.home / "creates", live + CREATES)
        set_up = partial(self.server.set_up, tags=live, latency=LATENCY)
        contenders = [
            self._ours(
                f"apply {number}",
                home,
                set_up,
                *("apply", "--auto-approve", "--parallelism", str(number)),
            )
            for number in PARALLEL
        ]
        return take_turns(contenders, rounds=self.rounds)

    def merges(self) -> Samples:
        """1,000 calls get another tag at 50 ms per request, ten at once."""
        home = workloads.merge(self.home / "merge")
        set_up = partial(self.server.set_up, tags=2, calls=MERGED, latency=LATENCY)
        argv = ("apply", "--auto-approve", "--parallelism", str(PARALLEL[-1]))
        return take_turns([self._ours("merge", home, set_up, *argv)], rounds=self.rounds)

    def companies(self) -> Samples:
        """50 tags declared in every company, and live there."""
        home = workloads.declare(self.home / "companies", TAGS_EACH, everywhere=True)
        contenders = [
            self._ours(
                f"companies {number}",
                home,
                partial(self.server.set_up, tags=TAGS_EACH * number, companies=number),
            )
            for number in COMPANIES
        ]
        return take_turns(contenders, rounds=self.rounds)

    def account_level(self) -> Samples:
        """Account level as declared, in an account whose tags are nearly all of companies."""
        tags, companies, top = AGENCY
        home = workloads.declare(self.home / "account-level", top)
        set_up = partial(self.server.set_up, tags=tags, companies=companies, top=top)
        return take_turns([self._ours("account level", home, set_up)], rounds=1)

    def changes(self) -> Samples:
        """A plan of very many creates, as JSON on stdout."""
        home = workloads.declare(self.home / "changes", CHANGES)
        set_up = partial(self.server.set_up, tags=0)
        contender = self._ours("changes", home, set_up, "plan", "--format", "json")
        return take_turns([contender], rounds=self.rounds)

    def mistakes(self) -> Samples:
        """Configurations that draw a warning for each of their scopes."""
        contenders = [
            self._ours(
                f"unused {count}",
                workloads.unused(self.home / f"unused-{count}", count),
                partial(self.server.set_up, tags=0),
                "validate",
            )
            for count in UNUSED
        ]
        return take_turns(contenders, rounds=self.rounds)

    def stages(self) -> dict[int, dict[str, float]]:
        """Processor seconds of each stage, by tags declared and live; one in 100 differs."""
        found = {}
        for size in SIZES:
            home = workloads.declare(self.home / f"stages-{size}", size, differing=100)
            self.server.set_up(tags=size)
            runs = [self._stages(home) for _ in range(self.rounds)]
            found[size] = {one: statistics.median(run[one] for run in runs) for one in STAGES}
            print(".", end="", file=sys.stderr, flush=True)
        return found

    def _stages(self, home: Path) -> dict[str, float]:
        script = str(HERE / "stages.py")
        address = self.server.url.removeprefix("http://")
        config = str(home / "reconciler.yaml")
        argv = (str(self.product / "python"), script, address, ACCOUNT, KEY, config)
        done = subprocess.run(argv, capture_output=True, text=True, check=True)
        found: dict[str, float] = json.loads(done.stdout)
        return found

    def _ours(self, name: str, home: Path, before: partial[None], *argv: str) -> Contender:
        return Contender(
            name=name,
            argv=(str(self.product / "reconciler"), *(argv or ("plan", "--detailed-exitcode"))),
            cwd=home,
            environ={"RECONCILER_API_URL": self.server.url, "CALLRAIL_API_KEY": KEY},
            before=before,
            after=self.server.seen,
        )

    def _floor(self, name: str, home: Path, before: partial[None]) -> Contender:
        script = str(HERE / "floor.py")
        address = self.server.url.removeprefix("http://")
        return Contender(
            name=name,
            argv=(str(self.product / "python"), script, address, ACCOUNT, KEY, "desired.json"),
            cwd=home,
            before=before,
            after=self.server.seen,
        )
