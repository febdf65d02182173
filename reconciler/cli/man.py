"""The manual page, from what click knows: ``python -m reconciler.cli.man > docs/reconciler.1``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from reconciler import __version__
from reconciler.cli.command import LOGGING, Command
from reconciler.cli.group import COMMANDS, ENVIRONMENT, EXIT_CODES, commands

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def page() -> str:
    """The page in roff's ``man`` macros."""
    ctx = commands.make_context("reconciler", ["version"])
    lines = [
        f'.TH RECONCILER 1 "" "reconciler {__version__}"',
        ".SH NAME\nreconciler \\- keep CallRail call tags as they are described in YAML",
        ".SH SYNOPSIS\n.B reconciler\n.I COMMAND\n[\\fIOPTIONS\\fR] ...",
        ".SH COMMANDS",
        *_items(COMMANDS.items()),
    ]
    for name in COMMANDS:
        found = commands.get_command(ctx, name)
        inner = found.commands.items() if isinstance(found, click.Group) else [("", found)]
        for action, one in inner:
            if isinstance(one, Command):
                lines += _section(f"{name} {action}".strip(), one, ctx)
    lines += [".SH LOG AND COLOURS\nEvery command takes these:", *_flags(LOGGING, ctx)]
    lines += [".SH EXIT STATUS", *_items(EXIT_CODES), ".SH ENVIRONMENT", *_items(ENVIRONMENT)]
    return "\n".join(lines) + "\n"


def _section(path: str, command: Command, parent: click.Context) -> Iterator[str]:
    """One command: its usage, what it does, arguments, flags and examples."""
    ctx = click.Context(command, info_name=path, parent=parent)
    yield f".SH reconciler {path}"
    yield _text(" ".join(command.collect_usage_pieces(ctx)))
    yield f".PP\n{_text(' '.join((command.help or '').split()))}"
    yield from _flags((one for one in command.get_params(ctx) if one not in LOGGING), ctx)
    for text, line in command.examples:
        yield f".PP\n{_text(text[0].upper() + text[1:])}:\n.PP\n.nf\n    {_text(line)}\n.fi"


def _flags(params: Iterable[click.Parameter], ctx: click.Context) -> Iterator[str]:
    records = (param.get_help_record(ctx) for param in params)
    return _items(record for record in records if record is not None)


def _items(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    return (f".TP\n.B {_text(term)}\n{_text(text)}" for term, text in rows)


def _text(text: str) -> str:
    """``text`` with what roff would take for itself written out."""
    safe = text.replace("\\", "\\e").replace("-", "\\-")
    safe = "".join(one if one.isascii() else f"\\[u{ord(one):04X}]" for one in safe)
    return f"\\&{safe}" if safe.startswith((".", "'")) else safe


if __name__ == "__main__":
    sys.stdout.write(page())
