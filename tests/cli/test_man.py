"""The manual page is made of the commands, and goes with the wheel."""

from __future__ import annotations

import tomllib
from pathlib import Path

from reconciler.cli.group import COMMANDS
from reconciler.cli.man import page

ROOT = Path(__file__).parents[2]


def test_the_page_is_up_to_date() -> None:
    assert (ROOT / "docs/reconciler.1").read_text("utf-8") == page(), "run `make man`"


def test_it_is_plain_roff_and_names_every_command() -> None:
    assert page().isascii()
    assert all(f"\n.SH reconciler {name}" in page() for name in COMMANDS)


def test_the_wheel_ships_it() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    shared = project["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]
    assert shared == {"docs/reconciler.1": "share/man/man1/reconciler.1"}
