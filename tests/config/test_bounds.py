"""Time and memory: what a large configuration may cost."""

from __future__ import annotations

import subprocess
import sys
import time
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from reconciler.config import load
from reconciler.config.codes import Code
from reconciler.model.tag import Company
from tests.config.writing import HEAD, loaded, problems, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def large(count: int) -> str:
    blocks = (
        f"  - name: Tag number {n}\n    color: red1\n    companies: all\n" for n in range(count)
    )
    return HEAD + "tags:\n" + "".join(blocks)


def peak_of(action: Callable[[], object]) -> int:
    """Bytes at the height of ``action``."""
    tracemalloc.start()
    kept = action()
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del kept
    return peak


def test_a_declared_tag_costs_a_bounded_amount_of_memory(tmp_path: Path) -> None:
    few, many = write(tmp_path, large(1_000), large(5_000))
    load([few])
    more = peak_of(lambda: load([many])) - peak_of(lambda: load([few]))
    assert more / 4_000 < 1.8 * 1024


def test_fifty_thousand_places_share_fifty_declarations(tmp_path: Path) -> None:
    configuration = loaded(tmp_path, large(50))
    companies = [Company(f"COM{n}", f"Company {n}") for n in range(1_000)]
    desired = configuration.resolve({"acme": companies})
    assert sum(map(len, desired.accounts[0].tags.values())) == 50_000
    assert peak_of(lambda: configuration.resolve({"acme": companies})) < 10 * 1024 * 1024


def test_a_plainly_valid_configuration_never_imports_jsonschema(tmp_path: Path) -> None:
    (path,) = write(tmp_path, large(10))
    code = (
        "import sys; from pathlib import Path; from reconciler.config import load;"
        "assert 'yaml' not in sys.modules; load([Path(sys.argv[1])]);"
        "assert 'yaml' in sys.modules; assert 'jsonschema' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=True)


MISTAKES = {
    "tags without a name": HEAD + "tags:\n" + "  - {nme: x}\n" * 20_000,
    "one key again and again": HEAD + "scopes:\n" + "  a: 1\n" * 30_000,
    "unknown keys": HEAD + "".join(f"k{n}: 1\n" for n in range(20_000)),
    "items of many types": HEAD
    + "tags: [{name: a, companies: ["
    + "".join(f"{n}, a{n}, [{n}], " for n in range(6_000))
    + "]}]\n",
    "unknown accounts": HEAD + "tags:\n" + "  - {name: a, accounts: [acne]}\n" * 10_000,
    "twins": HEAD + "tags:\n" + "  - {name: a}\n" * 10_000,
}


@pytest.mark.parametrize("kind", MISTAKES)
def test_a_file_of_nothing_but_mistakes_is_given_up_in_time(tmp_path: Path, kind: str) -> None:
    start = time.process_time()
    found = problems(tmp_path, MISTAKES[kind])
    assert time.process_time() - start < 5
    assert found[-1].code == Code.TOO_MANY
    assert len(found) == 1_001


def test_warnings_beyond_a_thousand_are_counted(tmp_path: Path) -> None:
    blocks = "".join(f"  - {{name: t{n}, color: puce{n}}}\n" for n in range(3_000))
    found = problems(tmp_path, HEAD + "tags:\n" + blocks)
    assert found[-1].message == "2,000 more warnings are not shown"
    assert len(found) == 1_001


HOSTILE = {
    "an alias bomb": HEAD
    + "a0: &a0 [x]\n"
    + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10)),
    "brackets": HEAD + "tags: " + "[" * 500_000,
    "stairs": HEAD + "tags:\n" + "".join(" " * n + "- \n" for n in range(1, 1_000)),
    "a huge text": HEAD + "tags: [{name: " + "x" * 2_000_000 + "}]\n",
    "a huge number": HEAD + "tags: [{name: " + "9" * 2_000_000 + "}]\n",
    "a huge key": HEAD + "x" * 2_000_000 + ": 1\n",
    "colons": HEAD + "tags: " + "a: " * 500_000,
    "a colon after spaces": HEAD + "tags:\n  - name: a" + " " * 2_000_000 + "b: c\n",
    "a colon after dashes": HEAD + "-" * 2_000_000 + " b: c\n",
    "quotes": HEAD + "tags: [" + "'" * 999_999,
    "a tag that would run": HEAD + "tags: !!python/object/apply:os.system [true]\n",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_is_refused_within_bounds(tmp_path: Path, kind: str) -> None:
    text = HOSTILE[kind]
    start = time.process_time()
    found: list[object] = []
    peak = peak_of(lambda: found.extend(problems(tmp_path, text)))
    assert found
    assert time.process_time() - start < 5
    assert peak < 20 * 1024 * 1024 + 20 * len(text)
