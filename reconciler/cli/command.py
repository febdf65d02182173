"""A command of click, with examples and sections in its help, the log's flags and a console."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.cli.console import Console
from reconciler.cli.values import Color, LogFormat, one_of

if TYPE_CHECKING:
    from collections.abc import Callable

    Function = Callable[..., int]


class Sectioned(click.Option):
    """A flag that the help lists below a heading of its own."""

    section = "Options"


class _LogOption(Sectioned):
    section = "Log and colours"


LOGGING = (
    _LogOption(["--color"], type=one_of(Color), default=Color.AUTO, help="of text"),
    _LogOption(
        ["-v", "--verbose"],
        count=True,
        help="log what is read, decided and sent; twice: each request",
    ),
    _LogOption(["-q", "--quiet"], is_flag=True, help="no progress, no warnings"),
    _LogOption(
        ["--log-format"],
        type=one_of(LogFormat),
        default=LogFormat.TEXT,
        help="of stderr; json: each line is an object",
    ),
)


class Command(click.Command):
    """Takes the flags of the log itself, and calls ``function`` with the console and the others."""

    examples: tuple[tuple[str, str], ...] = ()
    """Command lines, each after what it does."""
    more = ""
    """What the help says in the end, laid out already."""
    function: Function

    def invoke(self, ctx: click.Context) -> int:
        """Run it; returns its exit code."""
        console = ctx.ensure_object(Console)
        log = {option.name: ctx.params.pop(option.name) for option in LOGGING if option.name}
        console.configure(**log)
        console.command = ctx.info_name or ""
        with ctx:
            return self.function(console, **ctx.params)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Each section's flags, in the order in which the sections come."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            record = None if isinstance(param, click.Argument) else param.get_help_record(ctx)
            if record is not None:
                section = param.section if isinstance(param, Sectioned) else Sectioned.section
                sections.setdefault(section, []).append(record)
        for title, records in sections.items():
            with formatter.section(title):
                formatter.write_dl(records, col_max=28)

    def format_epilog(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The examples, and what there is more to say."""
        with formatter.section("Examples"):
            for text, line in self.examples:
                formatter.write_text(f"# {text}")
                formatter.write(f"{'':{formatter.current_indent}}{line}\n")
        if self.more:
            formatter.write(f"\n{self.more}")


def command(*examples: tuple[str, str], more: str = "") -> Callable[[Function], Command]:
    """Makes a function a command, its docstring the help."""

    def decorate(function: Function) -> Command:
        made = click.command(cls=Command)(function)
        made.params.extend(LOGGING)
        made.function = function
        made.examples, made.more = examples, more
        return made

    return decorate
