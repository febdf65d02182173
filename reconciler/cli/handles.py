"""Handles of accounts in the configuration at hand, for the shell to complete."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_LARGEST = 1 << 16
_ACCOUNTS = re.compile(r"^accounts:[ \t]*(?:#.*)?\n((?:[ \t#].*\n|\n)*)", re.MULTILINE)
_HANDLE = re.compile(r"^([a-z0-9][a-z0-9_-]*):", re.MULTILINE)


def handles_at_hand(config: Iterable[str]) -> list[str]:
    """Keys of ``accounts`` in ``config`` (the default file), read at a glance.

    A shell waits for it at every Tab, so that this reads no YAML: a handle that it misses is typed.
    """
    files = [Path(one) for one in config] or [Path("reconciler.yaml")]
    handles: dict[str, None] = {}
    for path in files:
        try:
            with path.open(encoding="utf-8") as stream:
                text = stream.read(_LARGEST)
        except (OSError, ValueError):
            continue
        for block in _ACCOUNTS.findall(text):
            indent = len(block) - len(block.lstrip(" "))
            lines = (line[indent:] for line in block.splitlines() if line[:indent].isspace())
            handles |= dict.fromkeys(_HANDLE.findall("\n".join(lines)))
    return list(handles)
