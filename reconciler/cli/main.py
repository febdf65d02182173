"""The entry: parse, run one command, turn any error into its message and exit code."""

from __future__ import annotations

import gc
import io
import os
import sys
from contextlib import suppress
from importlib import import_module
from itertools import pairwise
from typing import TYPE_CHECKING

from reconciler.cli.console import Console, abandon
from reconciler.cli.parser import build_parser
from reconciler.errors import ConfigError, Interrupted, OutputError, ReconcilerError, exit_code

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

INTERNAL = 1

_GARBAGE = 200_000
"""Objects between two collections: a run is short, and makes hardly any cycles."""


def entry() -> None:
    """The installed command."""
    gc.set_threshold(_GARBAGE)
    _prepare_streams()
    code = main(sys.argv[1:], os.environ)
    try:
        sys.stdout.flush()  # what argparse printed itself
    except OSError:
        abandon(sys.stdout)
    # The interpreter's last collections would walk everything that the process ends with: 30 ms.
    gc.freeze()
    sys.exit(code)


def _prepare_streams() -> None:
    """A file or pipe gets UTF-8 whatever the locale says; a terminal, what it can show of it.

    A stream that the caller closed is one that nobody listens to, not an error.
    """
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "r+", encoding="utf-8"))  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            encoding = stream.encoding if stream.isatty() else "utf-8"
            stream.reconfigure(encoding=encoding, errors="backslashreplace")


def main(argv: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run one command line; returns its exit code. ``environ`` is the only environment read."""
    console = Console(environ)
    args: argparse.Namespace | None = None
    try:
        args = build_parser(argv).parse_args(argv)
        console.configure(args)
        return _run(args, console)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 0
    except BrokenPipeError:
        return INTERNAL
    except KeyboardInterrupt:
        return _fail(Interrupted(2), argv, args, console)
    except ReconcilerError as error:
        return _fail(error, argv, args, console)
    except Exception as error:  # noqa: BLE001 - the last net: no traceback without -vv
        return _fail(error, argv, args, console)


def _run(args: argparse.Namespace, console: Console) -> int:
    """Import the command's module and run it; the module's name stands in the parser."""
    out = getattr(args, "out", None)
    if args.command == "plan" and out:
        from reconciler.cli.files import remove_older_plan

        remove_older_plan(out, keep=args.live)
    if written := [path for _form, path in getattr(args, "report", ())] + [out] * bool(out):
        from reconciler.cli.files import expect_writable

        expect_writable(written)
    run = import_module(f"reconciler.cli.{args.module}").run
    code: int = run(args, console)
    return code


def _fail(
    error: BaseException, argv: Sequence[str], args: argparse.Namespace | None, console: Console
) -> int:
    """Say what went wrong: on stderr, in the reports, and on stdout where JSON was asked for."""
    if isinstance(error, ConfigError):
        from reconciler.cli.ci import publish_problems

        publish_problems(error.problems, console)
    console.error(error)
    if args is None:
        _drop_older_plan(argv)
    with suppress(OSError, OutputError):
        if args is not None and getattr(args, "report", None) and not console.has_result:
            from reconciler.cli.output import report_failure

            report_failure(error, args, console)
        if _wants_json(argv) and not console.has_result:
            from reconciler.document import dump, error_document

            console.result(dump(error_document(error)))
    return exit_code(error)


def _drop_older_plan(argv: Sequence[str]) -> None:
    """Remove what stands at --out of a ``plan`` whose command line could not be parsed."""
    if not argv or argv[0] != "plan":
        return
    from reconciler.cli.files import remove_older_plan

    given = [*pairwise(argv), *((one.partition("=")[::2]) for one in argv)]
    live = next((value for flag, value in given if flag == "--live"), None)
    with suppress(OSError, OutputError, ValueError):
        for flag, value in given:
            if flag == "--out" and value:
                remove_older_plan(value, keep=live)


def _wants_json(argv: Sequence[str]) -> bool:
    """Whether stdout must carry JSON; read from ``argv``, for parsing itself may have failed."""
    return "--format=json" in argv or ("--format", "json") in pairwise(argv)
