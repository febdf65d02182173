"""The files of ``examples/`` and the lock, which an installed package carries too."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).parents[1]


def example(name: str) -> str:
    """The text of ``name``, such as ``ci/github/plan.yml``, from a checkout or the package."""
    return packaged("examples", name)


def packaged(folder: str, name: str) -> str:
    """The text of ``name`` in ``folder``, which an installed package has below ``_FOLDER``."""
    homes = (_PACKAGE / f"_{folder}", _PACKAGE.parent / folder)
    home = next(home for home in homes if home.is_dir())
    return (home / name).read_text("utf-8")
