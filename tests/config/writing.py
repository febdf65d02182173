"""Configuration files for tests: written, loaded, and their problems read back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.config import Configuration, load
from reconciler.errors import ConfigError
from reconciler.model.problem import Severity
from reconciler.model.tag import Company

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from reconciler.model.problem import Problem
    from reconciler.model.state import Desired

HEAD = "version: 1\naccounts: {acme: {id: ACC1}}\n"
TWO = "version: 1\naccounts: {acme: {id: ACC1}, bolt: {id: ACC2}}\n"

COMPANIES = (
    Company("COM1", "Dental North"),
    Company("COM2", "Dental South"),
    Company("COM3", "Dental Test"),
    Company("COM4", "Law East"),
    Company("COM5", "Twin"),
    Company("COM6", "Twin"),
    Company("COM7", "Gone", active=False),
)


def write(folder: Path, *texts: str | bytes) -> list[Path]:
    """Files ``0.yaml``, ``1.yaml`` … with these contents."""
    paths = []
    for number, text in enumerate(texts):
        path = folder / f"{number}.yaml"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        paths.append(path)
    return paths


def loaded(folder: Path, *texts: str) -> Configuration:
    """The configuration that these files make."""
    return load(write(folder, *texts))


def resolved(folder: Path, *texts: str, companies: Sequence[Company] = COMPANIES) -> Desired:
    """What they declare where every account has ``companies``."""
    configuration = loaded(folder, *texts)
    return configuration.resolve({one.handle: companies for one in configuration.accounts})


def problems(
    folder: Path, *texts: str | bytes, companies: Sequence[Company] = COMPANIES
) -> tuple[Problem, ...]:
    """Everything that loading and resolving these files says."""
    try:
        configuration = load(write(folder, *texts))
        return configuration.resolve(
            {one.handle: companies for one in configuration.accounts}
        ).warnings
    except ConfigError as error:
        return error.problems


def errors(folder: Path, *texts: str | bytes) -> list[str]:
    """The codes of the errors, in order."""
    return [str(p.code) for p in problems(folder, *texts) if p.severity is Severity.ERROR]


def pointed_at(problem: Problem, *, mark: int = 0) -> str:
    """The characters that a mark of the problem is under."""
    one = problem.marks[mark]
    start = one.source.column - 1
    return one.text[start : start + one.length]
