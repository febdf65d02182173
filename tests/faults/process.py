"""The installed command as a process that can be signalled and killed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.faults.workspace import Workspace

COMMAND = str(Path(sys.executable).with_name("reconciler"))


def environment(**more: str) -> dict[str, str]:
    """What a process needs of this one's environment, and ``more``."""
    names = [name for name in os.environ if name in {"PATH", "HOME"} or name.startswith("COV")]
    return {**{name: os.environ[name] for name in names}, **more}


def start(workspace: Workspace, *argv: str) -> subprocess.Popen[str]:
    """Start the command in the workspace; stdout and stderr are pipes."""
    return subprocess.Popen(
        [COMMAND, *argv],
        cwd=workspace.directory,
        env=environment(**workspace.environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
