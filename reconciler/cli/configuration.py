"""Which configuration a command means, loaded and narrowed to the accounts asked for."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from reconciler.cli.console import Console
    from reconciler.config import Configuration

DEFAULT = "reconciler.yaml"


def paths(args: argparse.Namespace, console: Console) -> list[Path]:
    """The files and directories of ``--config``, else $RECONCILER_CONFIG, else the default."""
    given = args.config or [console.environ.get("RECONCILER_CONFIG") or DEFAULT]
    return [Path(one) for one in given]


def load_configuration(args: argparse.Namespace, console: Console) -> Configuration:
    """Load it, with a warning of exceptions that end by now or soon.

    Raises ConfigError with all that is wrong, UsageError for an unknown account.
    """
    from reconciler.config import load

    configuration = load(paths(args, console)).on(datetime.now(UTC).date())
    console.files = frozenset(configuration.files)
    return configuration.only(args.account) if args.account else configuration


def load_if_there(args: argparse.Namespace, console: Console) -> Configuration | None:
    """Like :func:`load_configuration`; None where none was named and there is no default.

    An empty default is none: in `reconciler import > reconciler.yaml` the shell makes it first.
    """
    named = args.config or console.environ.get("RECONCILER_CONFIG")
    default = Path(DEFAULT)
    if not named and (not default.exists() or default.stat().st_size == 0):
        return None
    from reconciler.config import load

    configuration = load(paths(args, console))
    console.files = frozenset(configuration.files)
    return configuration
