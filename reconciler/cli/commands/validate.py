"""``validate``: check the configuration without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.cli import flags
from reconciler.cli.command import command as make
from reconciler.cli.values import Format

if TYPE_CHECKING:
    from reconciler.cli.console import Console


@make(
    ("the reconciler.yaml here", "reconciler validate"),
    ("a file, or all files of a directory", "reconciler validate tags/"),
)
@flags.config_paths
@flags.output((Format.TEXT, Format.JSON), (Format.GITLAB,))
def command(console: Console, *, config: tuple[str, ...], output: flags.OutputFlags) -> int:
    """Check the configuration offline: every problem at its line, with what to write."""
    from reconciler.cli.validate import run

    return run(config, output, console)
