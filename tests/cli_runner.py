"""Runs the command line in this process, against whatever environment a test gives."""

from __future__ import annotations

import contextlib
import gc
import io
import logging
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reconciler.sandbox import Sandbox


@dataclass(frozen=True)
class Ran:
    """What a command line gave."""

    code: int
    out: str
    err: str


def run(*argv: str, environ: dict[str, str] | None = None, cwd: Path | None = None) -> Ran:
    """Run ``reconciler ARGV`` with ``environ`` (empty) as its whole environment."""
    out, err = io.StringIO(), io.StringIO()
    with _inside(cwd), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(list(argv), environ or {})
    return Ran(code, out.getvalue(), err.getvalue())


def direct(sandbox: Sandbox) -> dict[str, str]:
    """The environment that leads to ``sandbox`` as CallRail."""
    return {
        "RECONCILER_API_URL": sandbox.url,
        "CALLRAIL_API_KEY": sandbox.options.direct_keys[0],
    }


def gateway(sandbox: Sandbox) -> dict[str, str]:
    """The environment that leads to ``sandbox`` as Maton."""
    return {
        "RECONCILER_API_URL": sandbox.gateway_url,
        "RECONCILER_CONTROL_URL": sandbox.control_url,
        "MATON_API_KEY": sandbox.options.maton_keys[0],
    }


@contextlib.contextmanager
def _inside(cwd: Path | None) -> Iterator[None]:
    before = os.getcwd()  # noqa: PTH109 - to come back to
    logger = logging.getLogger("reconciler")
    kept = logger.level, logger.handlers[:], logger.propagate
    try:
        if cwd is not None:
            os.chdir(cwd)
        yield
    finally:
        os.chdir(before)
        logger.setLevel(kept[0])
        logger.handlers[:], logger.propagate = kept[1:]
        # The command freezes what it loads; over thousands of runs that would never be freed.
        gc.unfreeze()
