"""``schema``: print a published JSON Schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.cli.command import command as make
from reconciler.cli.values import one_of

if TYPE_CHECKING:
    from reconciler.cli.console import Console

SCHEMAS = (
    "config",
    "plan",
    "report",
    "snapshot",
    "diff",
    "audit",
    "explanation",
    "problems",
    "error",
    "notice",
)


@make(("for an editor that completes reconciler.yaml", "reconciler schema config"))
@click.argument(
    "name",
    type=one_of(SCHEMAS),
    default=SCHEMAS[0],
    metavar="[NAME]",
    help=", ".join(SCHEMAS),
)
def command(console: Console, *, name: str) -> int:
    """Print a published JSON Schema, that of the configuration by default."""
    import json

    from reconciler.schema import load_schema

    console.result(json.dumps(load_schema(name), indent=2, ensure_ascii=False))
    return 0
