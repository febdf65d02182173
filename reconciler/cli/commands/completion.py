"""``completion``: the script that a shell needs to complete our command lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.cli.command import command as make
from reconciler.cli.values import one_of

if TYPE_CHECKING:
    from reconciler.cli.console import Console


@make(
    ("in ~/.bashrc", 'eval "$(reconciler completion bash)"'),
    ("in ~/.zshrc", 'eval "$(reconciler completion zsh)"'),
    ("for fish, once", "reconciler completion fish > ~/.config/fish/completions/reconciler.fish"),
)
@click.argument("shell", type=one_of(("bash", "zsh", "fish")), metavar="bash|zsh|fish")
def command(console: Console, *, shell: str) -> int:
    """Print the script that completes commands, flags and values in a shell."""
    from click.shell_completion import get_completion_class

    from reconciler.cli.group import COMPLETION, commands

    found = get_completion_class(shell)
    if found is not None:
        console.result(found(commands, {}, "reconciler", COMPLETION).source())
    return 0
