"""``init``: a first configuration that teaches, and the pipeline on request."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.pipelines import REQUIREMENTS, filled_in, pipeline_files
from reconciler.config.template import TEMPLATE
from reconciler.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.cli.console import Console

CONFIGURATION = "reconciler.yaml"


def write_first_files(directory: str, ci: str | None, console: Console) -> None:
    """Write what is missing in ``directory``, the pipeline for ``ci`` too.

    Raises RefusedError before writing anything when a file is there.

    A configuration that is there is no obstacle to a pipeline: it may have been imported first.
    """
    root = Path(directory)
    files = {root / name: text for name, text in _files(ci, root).items()}
    there = [str(path) for path in files if os.path.lexists(path)]
    if there:
        raise RefusedError(
            f"{', '.join(there)} is there already; init never overwrites",
            hint="Move it away, or name another directory: `reconciler init DIRECTORY`.",
        )
    _write_all(files)
    for path in files:
        console.log(f"Wrote {path}")
    if ci is not None:
        _advise(ci, root, console)
    if root / CONFIGURATION in files:
        console.log("Next: fill in the account's id, then `reconciler plan`.")


def _files(ci: str | None, root: Path) -> dict[str, str]:
    pipeline = {} if ci is None else pipeline_files(ci, branch=_default_branch(root))
    imported = pipeline and os.path.lexists(root / CONFIGURATION)
    return pipeline if imported else {CONFIGURATION: TEMPLATE, **pipeline}


def _default_branch(root: Path) -> str:
    """The branch that a clone noted as its origin's default; ``main`` where it noted none."""
    with suppress(OSError, UnicodeDecodeError):
        noted = (root / ".git/refs/remotes/origin/HEAD").read_text("utf-8").strip()
        if found := re.fullmatch(r"ref: refs/remotes/origin/([\w./-]+)", noted, re.ASCII):
            return found[1]
    return "main"


def _write_all(files: Mapping[Path, str]) -> None:
    """All of ``files`` or, where one can't be written, none."""
    written: list[Path] = []
    try:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as stream:
                written.append(path)
                stream.write(text)
    except OSError as error:
        for one in written:
            one.unlink(missing_ok=True)
        raise UsageError(f"{path} can't be written: {error.strerror}") from None


def _advise(ci: str, root: Path, console: Console) -> None:
    if not filled_in(ci):
        console.log(f"Fill in {root / REQUIREMENTS[ci]}: where runners get reconciler from.")
    console.log("The head of each pipeline file says which environments and secrets it needs.")
