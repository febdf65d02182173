"""``version``: what ``--version`` prints, by the word that people try."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler import __version__
from reconciler.cli.command import command as make

if TYPE_CHECKING:
    from reconciler.cli.console import Console


@make(("which one is this?", "reconciler version"))
def command(console: Console) -> int:
    """Print the version."""
    console.result(f"reconciler {__version__}")
    return 0
