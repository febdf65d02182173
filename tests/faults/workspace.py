"""Forty changes to make in a bulk account, and what must be true however making them went."""

from __future__ import annotations

import json
import textwrap
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reconciler.sandbox import Options, Sandbox
from reconciler.sandbox.seeds.bulk import ACCOUNT
from tests.cli_runner import Ran, direct, run

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

SEED = "bulk:60:2"
UPDATES, CREATES, DELETES = 14, 14, 12
CHANGES = UPDATES + CREATES + DELETES
# The order of writes: updates, creates, deletes. With one request at a time each has its number.
WRITES = [
    *(("PUT", nth) for nth in range(1, UPDATES + 1)),
    *(("POST", nth) for nth in range(1, CREATES + 1)),
    *(("DELETE", nth) for nth in range(1, DELETES + 1)),
]
APPLY = ("apply", "--auto-approve", "--allow-deletes")
SUCCESS = {"done", "adopted", "skipped"}
RECOLOURED = [f"Tag {number:06}" for number in range(5)]
RENAMED = [f"Tag {number:06}" for number in range(5, 7)]
ABSENT = [f"Tag {number:06}" for number in range(20, 26)]
NAMED = {*RECOLOURED, *RENAMED, *ABSENT}
HEAD = f"""\
version: 1
accounts:
  bulk:
    id: {ACCOUNT}
    limits: {{deletes: 100, delete_percent: 100}}
"""


def configuration() -> str:
    """14 updates (10 colours, 4 renames), 14 creates (4 on account level), 12 deletes."""
    blocks = [
        *(f"- {{name: Account {number}}}" for number in range(4)),
        *(f"- {{name: {name}, companies: all, color: blue2}}" for name in RECOLOURED),
        *(f"- {{name: Called {name}, companies: all, renamed_from: [{name}]}}" for name in RENAMED),
        *(f"- {{name: New {number}, companies: all, color: red1}}" for number in range(5)),
        *(f"- {{name: {name}, companies: all, state: absent, note: Ended.}}" for name in ABSENT),
    ]
    return HEAD + "tags:\n" + textwrap.indent("\n".join(blocks), "  ") + "\n"


Row = dict[str, Any]
Where = tuple[str | None, str]


def where(row: Row) -> Where:
    """The place and name of a stored tag."""
    return row["company_id"], row["name"]


@dataclass
class Workspace:
    """A sandbox, a folder with the configuration of forty changes, and the state at the start."""

    directory: Path
    sandbox: Sandbox
    environ: dict[str, str] = field(default_factory=dict)
    before: list[Row] = field(default_factory=list)

    @classmethod
    def at(cls, directory: Path, sandbox: Sandbox, *, text: str | None = None) -> Workspace:
        """A workspace whose configuration is ``text`` (the forty changes)."""
        (directory / "reconciler.yaml").write_text(text or configuration(), "utf-8")
        return cls(directory, sandbox, direct(sandbox), sandbox.store.tags())

    def run(self, *argv: str) -> Ran:
        """Run the command in this process."""
        return run(*argv, environ=self.environ, cwd=self.directory)

    def apply(self, *flags: str) -> tuple[Ran, dict[str, Any]]:
        """Apply without asking; with the report."""
        ran = self.run(*APPLY, "--format", "json", *flags)
        return ran, json.loads(ran.out)

    def duplicates(self) -> list[Where]:
        """Places and names that two tags have."""
        counts = Counter(map(where, self.sandbox.store.tags()))
        return [one for one, count in counts.items() if count > 1]

    def lost(self) -> list[Row]:
        """Tags that no block names and that are not as they were."""
        live = self.sandbox.store.tags()
        return [row for row in self.before if row["name"] not in NAMED and row not in live]

    def unplanned_deletes(self) -> set[int]:
        """Ids that are gone though no block asks for it."""
        live = {row["id"] for row in self.sandbox.store.tags()}
        return {row["id"] for row in self.before if row["name"] not in ABSENT} - live

    def expect_no_harm(self) -> None:
        """Nothing twice, nothing lost, nothing deleted that was not asked for."""
        assert self.duplicates() == []
        assert self.lost() == []
        assert self.unplanned_deletes() == set()

    def expect_rest(self) -> None:
        """No harm, and nothing is left to do."""
        self.expect_no_harm()
        again = self.run("plan", "--detailed-exitcode")
        assert again.code == 0, again.out + again.err

    def expect_true(self, report: dict[str, Any], code: int) -> None:
        """The report says of each change what the store shows, and the exit code agrees."""
        live = {row["id"]: row for row in self.sandbox.store.tags()}
        names = Counter(map(where, live.values()))
        results = report["results"]
        for entry in results:
            if entry["result"] != "unknown":
                happened = _happened(entry, live, names)
                assert happened == (entry["result"] in SUCCESS), entry
        assert report["summary"] == _summary(results, report["summary"])
        ended_well = all(entry["result"] in SUCCESS for entry in results)
        assert (code == 0) <= (ended_well and report["verified"]), report["summary"]
        assert report["exit_code"] == code


def _happened(entry: Row, live: dict[int, Row], names: Counter[Where]) -> bool:
    """Whether the store shows the change that ``entry`` of a report is about."""
    if entry["action"] == "create":
        return names[entry["company_id"], entry["name"]] > 0
    tag = live.get(entry["tag_id"])
    if entry["action"] == "delete":
        return tag is None
    after = entry["after"]
    return tag is not None and all(
        after[name] in {None, tag[name]} for name in ("name", "color", "status")
    )


def _summary(results: Iterable[Row], names: Iterable[str]) -> dict[str, int]:
    counts = Counter(entry["result"] for entry in results)
    return {name: counts[name] for name in names}


def sandbox(*, seed: str = SEED, **options: Any) -> Sandbox:
    """A sandbox of the bulk account, without a quota unless one is given."""
    return Sandbox(Options(seed=seed, **{"quota": None, **options}))
