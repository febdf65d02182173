"""The process around a command line: its streams, its garbage, its exit code."""

from __future__ import annotations

import gc
import io
import os
import sys

_GARBAGE = 200_000
"""Objects between two collections: a run is short, and makes hardly any cycles."""


def entry() -> None:
    """The installed command."""
    gc.set_threshold(_GARBAGE)
    _prepare_streams()
    from reconciler.cli.console import abandon
    from reconciler.cli.main import main

    code = main(sys.argv[1:], os.environ)
    try:
        sys.stdout.flush()  # what click printed itself
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
