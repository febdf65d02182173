"""One command line: parse, run one command, turn any error into its message and exit code."""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise
from typing import TYPE_CHECKING

import click
from click.exceptions import Exit, NoArgsIsHelpError

from reconciler.cli.console import Console
from reconciler.cli.group import COMPLETION, commands
from reconciler.cli.values import LogFormat
from reconciler.errors import (
    ConfigError,
    Interrupted,
    OutputError,
    ReconcilerError,
    UsageError,
    exit_code,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

INTERNAL = 1


def main(argv: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run one command line; returns its exit code. ``environ`` is the only environment read."""
    console = Console(environ)
    code = _guarded(argv, console)
    if console.webhook is not None:
        from reconciler.cli.webhook import send

        send(code, console)
    return code


def _guarded(argv: Sequence[str], console: Console) -> int:
    """Run it, and report whatever goes wrong; returns the exit code."""
    try:
        return _run(argv, console)
    except BrokenPipeError:
        return INTERNAL
    except KeyboardInterrupt:
        return _fail(Interrupted(2), argv, console)
    except click.UsageError as error:
        from reconciler.cli.usage import usage_error

        _drop_older_plan(argv)
        return _fail(usage_error(error), argv, console)
    except ReconcilerError as error:
        return _fail(error, argv, console)
    except Exception as error:  # noqa: BLE001 - the last net: no traceback without -vv
        return _fail(error, argv, console)


def _run(argv: Sequence[str], console: Console) -> int:
    """Have click parse and call one command, or complete a line for a shell."""
    if instruction := console.environ.get(COMPLETION):
        from click.shell_completion import shell_complete

        return shell_complete(commands, {}, "reconciler", COMPLETION, instruction)
    width = console.help_width()
    try:
        with commands.make_context(
            "reconciler", list(argv), obj=console, terminal_width=width
        ) as ctx:
            code: int = commands.invoke(ctx)
            return code
    except Exit as ended:
        return ended.exit_code
    except NoArgsIsHelpError as error:
        console.show(error.message)
        return UsageError.exit_code


def _fail(error: BaseException, argv: Sequence[str], console: Console) -> int:
    """Report what went wrong: on stderr, in the reports, and on stdout where JSON is asked for."""
    if not console.command:
        json_log = "json" in _given(argv, "--log-format")
        console.configure(log_format=LogFormat.JSON if json_log else LogFormat.TEXT)
    if isinstance(error, ConfigError):
        from reconciler.cli.ci import publish_problems

        publish_problems(error.problems, console)
    console.error(error)
    console.outcome = console.outcome or error
    with suppress(OSError, OutputError):
        if console.reports and not console.has_result:
            from reconciler.cli.output import report_failure

            report_failure(error, console)
        if _wants_json(argv) and not console.has_result:
            from reconciler.document import dump, error_document

            console.result(dump(error_document(error)))
    return exit_code(error)


def _drop_older_plan(argv: Sequence[str]) -> None:
    """Remove what stands at --out of a ``plan`` whose command line could not be parsed."""
    if not argv or argv[0] != "plan":
        return
    from reconciler.cli.files import remove_older_plan

    live = next(iter(_given(argv, "--live")), None)
    with suppress(OSError, OutputError, ValueError):
        for path in filter(None, _given(argv, "--out")):
            remove_older_plan(path, keep=live)


def _wants_json(argv: Sequence[str]) -> bool:
    """Whether stdout must carry JSON; read from ``argv``, for parsing itself may have failed."""
    return "json" in _given(argv, "--format")


def _given(argv: Sequence[str], flag: str) -> list[str]:
    """The values that ``argv`` seems to give to ``flag``, as two words or one."""
    pairs = [*pairwise(argv), *((one.partition("=")[::2]) for one in argv)]
    return [value for name, value in pairs if name == flag]
