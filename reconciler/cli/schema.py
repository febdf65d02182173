"""``schema``: print a published JSON Schema."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from reconciler.schema import load_schema

if TYPE_CHECKING:
    import argparse

    from reconciler.cli.console import Console


def run(args: argparse.Namespace, console: Console) -> int:
    """Print the schema as it is published."""
    console.result(json.dumps(load_schema(args.name), indent=2, ensure_ascii=False))
    return 0
