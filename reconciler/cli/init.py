"""``init``: a first configuration that teaches."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.errors import RefusedError, UsageError

if TYPE_CHECKING:
    import argparse

    from reconciler.cli.console import Console


def run(args: argparse.Namespace, console: Console) -> int:
    """Write what is missing; raises RefusedError before writing anything when a file is there."""
    root = Path(args.directory)
    files = {root / name: text for name, text in _files().items()}
    there = [str(path) for path in files if path.exists()]
    if there:
        raise RefusedError(
            f"{', '.join(there)} is there already; init never overwrites",
            hint="Move it away, or name another directory: `reconciler init DIRECTORY`.",
        )
    for path, text in files.items():
        _write_new(path, text)
        console.say(f"Wrote {path}")
    console.say("Next: fill in the account's id, then `reconciler plan`.")
    return 0


def _files() -> dict[str, str]:
    from reconciler.config.template import TEMPLATE

    return {"reconciler.yaml": TEMPLATE}


def _write_new(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        raise UsageError(f"{path} can't be written: {error.strerror}") from None
