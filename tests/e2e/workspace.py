"""An admin's workspace: a directory with a configuration, an environment, and the command."""

from __future__ import annotations

import json
import textwrap
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.cli_runner import Ran, direct, run

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.sandbox import Sandbox

ACCOUNT = "ACC019c46b8a0807fbdb81c8bf12af91cb3"
COMPANY = "COM019c46b8a26376a9a4f29671dcdd49e9"
HEAD = f"""\
version: 1
accounts:
  acme:
    id: {ACCOUNT}
"""


@dataclass
class Workspace:
    """Runs command lines in ``directory`` with ``environ``."""

    directory: Path
    sandbox: Sandbox
    environ: dict[str, str] = field(default_factory=dict)

    @classmethod
    def at(cls, directory: Path, sandbox: Sandbox) -> Workspace:
        """A workspace with CallRail's own key."""
        return cls(directory, sandbox, direct(sandbox))

    def declare(self, tags: str, *, head: str = HEAD) -> None:
        """Write reconciler.yaml: ``head`` and the blocks of ``tags``."""
        text = head + "tags:\n" + textwrap.indent(textwrap.dedent(tags).strip("\n"), "  ") + "\n"
        self.write("reconciler.yaml", text)

    def write(self, name: str, text: str) -> None:
        """Write a file as it is."""
        (self.directory / name).write_text(text, "utf-8")

    def read(self, name: str) -> str:
        """What a file holds."""
        return (self.directory / name).read_text("utf-8")

    def run(self, line: str, *more: str) -> Ran:
        """Run ``reconciler LINE MORE…``."""
        return run(*line.split(), *more, environ=self.environ, cwd=self.directory)

    def apply(self, *flags: str) -> Ran:
        """Apply without asking, and expect success and rest."""
        done = self.run("apply --auto-approve", *flags)
        assert done.code == 0, done.out + done.err
        again = self.run("plan --detailed-exitcode")
        assert again.code == 0, again.out
        return done

    def document(self, line: str, *more: str) -> dict[str, Any]:
        """The JSON that ``reconciler LINE --format json`` prints."""
        document: dict[str, Any] = json.loads(self.run(line, "--format", "json", *more).out)
        return document

    def tags(self) -> dict[str, dict[str, Any]]:
        """Live tags by name."""
        return {row["name"]: row for row in self.sandbox.store.tags()}

    @property
    def writes(self) -> list[str]:
        """Requests that changed something."""
        return [f"{entry.method} {entry.path}" for entry in self.sandbox.log.writes]
