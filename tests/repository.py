"""A git repository of a test: files are written, committed, branched."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

WHEN = "2026-11-25T10:00:00Z"


@dataclass(frozen=True)
class Repository:
    """The repository in ``top``; each of its commits is the same on every machine."""

    top: Path

    @classmethod
    def at(cls, top: Path) -> Repository:
        """A new one."""
        top.mkdir(parents=True, exist_ok=True)
        made = cls(top)
        made.git("init", "--quiet", "--initial-branch=main")
        return made

    def git(self, *words: str) -> str:
        """What git prints."""
        fixed = {f"GIT_{who}_{what}": value for who in _WHO for what, value in _AS.items()}
        done = subprocess.run(
            ["git", *words],
            cwd=self.top,
            env={**plain(self.top), **fixed},
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    def commit(self, **files: str | None) -> str:
        """Write ``files`` (``a__b`` is a/b.yaml; None deletes it) and commit all that is there."""
        for name, text in files.items():
            path = self.top / f"{name.replace('__', '/')}.yaml"
            path.parent.mkdir(parents=True, exist_ok=True)
            if text is None:
                path.unlink()
            else:
                path.write_text(text, "utf-8")
        self.git("add", "--all", "--force")
        self.git("commit", "--quiet", "--allow-empty", "--message", "A commit")
        return self.git("rev-parse", "HEAD")


def plain(home: Path) -> dict[str, str]:
    """An environment in which git knows of no one's settings."""
    return {"PATH": os.environ["PATH"], "HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1"}


_WHO = ("AUTHOR", "COMMITTER")
_AS = {"NAME": "A", "EMAIL": "a@example.com", "DATE": WHEN}
