"""``sandbox``: a local look-alike of CallRail and Maton to try things on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import UsageError
from reconciler.sandbox import serve
from reconciler.sandbox.command import options_from

if TYPE_CHECKING:
    import argparse

    from reconciler.cli.console import Console


def run(args: argparse.Namespace, console: Console) -> int:  # noqa: ARG001 - the sandbox prints for itself
    """Serve until a signal ends it; UsageError where the port or the file can't be used."""
    import sqlite3

    try:
        serve(options_from(args))
    except (OSError, sqlite3.Error) as error:
        raise UsageError(
            f"the sandbox can't serve: {error}", hint="Give another --port, or another --db."
        ) from error
    return 0
