"""The entry: parse, run one command, turn any error into its message and exit code."""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module
from itertools import pairwise
from typing import TYPE_CHECKING

from reconciler.cli.console import Console
from reconciler.cli.parser import build_parser
from reconciler.errors import ConfigError, Interrupted, ReconcilerError, exit_code

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

INTERNAL = 1

_GARBAGE = 200_000
"""Objects between two collections: a run is short, and makes hardly any cycles."""


def entry() -> None:
    """The installed command."""
    gc.set_threshold(_GARBAGE)
    code = main(sys.argv[1:], os.environ)
    # The interpreter's last collections would walk everything that the process ends with: 30 ms.
    gc.freeze()
    sys.exit(code)


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
        console.abandon_stdout()
        return INTERNAL
    except KeyboardInterrupt:
        return _fail(Interrupted(2), argv, console)
    except ReconcilerError as error:
        return _fail(error, argv, console)
    except Exception as error:  # noqa: BLE001 - the last net: no traceback without -vv
        return _fail(error, argv, console)


def _run(args: argparse.Namespace, console: Console) -> int:
    """Import the command's module and run it; the module's name stands in the parser."""
    run = import_module(f"reconciler.cli.{args.module}").run
    code: int = run(args, console)
    console.flush()
    return code


def _fail(error: BaseException, argv: Sequence[str], console: Console) -> int:
    """Say what went wrong, on stderr for people and on stdout where JSON was asked for."""
    if _wants_json(argv) and not console.has_result:
        from reconciler.document import dump, error_document

        console.result(dump(error_document(error)))
    if isinstance(error, ConfigError):
        from reconciler.cli.ci import publish_problems

        publish_problems(error.problems, console)
    console.error(error)
    console.flush()
    return exit_code(error)


def _wants_json(argv: Sequence[str]) -> bool:
    """Whether stdout must carry JSON; read from ``argv``, for parsing itself may have failed."""
    return "--format=json" in argv or ("--format", "json") in pairwise(argv)
