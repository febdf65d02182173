"""The map of the code: what it names is there, and what is there is on it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "reconciler"
TEXT = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
ROWS = TEXT.partition("\n| where |")[2].partition("\n\n")[0].splitlines()[2:]
MAP = [(re.findall(r"`(\S+?)`", row.split(" | ")[0]), row.partition(" | ")[2]) for row in ROWS]


def test_every_part_of_the_package_is_on_the_map() -> None:
    parts = {
        path.name + "/" * path.is_dir()
        for path in SOURCE.iterdir()
        if not path.name.startswith("__") and (path.is_dir() or path.suffix == ".py")
    }
    assert {name for names, _ in MAP for name in names} == parts


@pytest.mark.parametrize(("names", "contents"), MAP, ids=[" ".join(names) for names, _ in MAP])
def test_each_module_that_a_row_names_is_in_its_part(names: list[str], contents: str) -> None:
    part = SOURCE / names[0]
    modules = re.findall(r"`(\w+\.py)`", contents)
    assert [one for one in modules if not (part / one).exists()] == []


def test_each_file_that_the_text_names_is_there() -> None:
    named = {*re.findall(r"`((?:\w+/)*\w+\.py)`", TEXT)}
    here = [*SOURCE.rglob("*.py"), *(ROOT / "tests").rglob("*.py"), *ROOT.glob("*.py")]
    assert [one for one in named if not any(path.match(one) for path in here)] == []
    links = re.findall(r"\]\(([^)#:]+)\)", TEXT)
    assert [one for one in links if not (ROOT / one).exists()] == []


def test_each_function_that_the_text_names_is_in_its_file() -> None:
    named = re.findall(r"`((?:\w+/)*\w+\.py)` `([\w.]+)\(\)`", TEXT)
    assert len(named) > 20
    for file, name in named:
        texts = [path.read_text("utf-8") for path in SOURCE.rglob("*.py") if path.match(file)]
        assert any(f"def {name.rpartition('.')[2]}(" in text for text in texts), (file, name)
