"""The files of ``examples/``, which an installed package carries too."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).parents[1]
_HOMES: Final = (_PACKAGE / "_examples", _PACKAGE.parent / "examples")


def example(name: str) -> str:
    """The text of ``name``, such as ``ci/github/plan.yml``, from a checkout or the package."""
    home = next(home for home in _HOMES if home.is_dir())
    return (home / name).read_text("utf-8")
