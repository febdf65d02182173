"""What is wrong, where, and what to write instead: errors and warnings as values."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Container, Iterable


class Severity(StrEnum):
    """An error stops the run; a warning is shown and the run goes on."""

    ERROR = "error"
    WARNING = "warning"


class Source(NamedTuple):
    """A place in a configuration file; ``line`` and ``column`` count from 1, in characters."""

    file: str
    line: int
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Mark(NamedTuple):
    """Characters of a file to point at: ``length`` of them from ``source`` in the line ``text``.

    ``text`` is the line as it stands in the file, without its line end; empty where it is not
    known (the renderer then shows the place alone). ``label`` is written beside the caret.
    """

    source: Source
    text: str = ""
    length: int = 1
    label: str = ""


class Problem(NamedTuple):
    """One error or warning: a stable ``code``, what is wrong, what to do, and where.

    The first of ``marks`` is the place at fault, the others are places that it contradicts.
    """

    code: str
    message: str
    hint: str | None = None
    marks: tuple[Mark, ...] = ()
    severity: Severity = Severity.ERROR

    @property
    def source(self) -> Source | None:
        """Where the problem is, or None when it has no place in a file."""
        return self.marks[0].source if self.marks else None


def unmuted(
    problems: Iterable[Problem], muted: Container[str]
) -> tuple[tuple[Problem, ...], dict[str, int]]:
    """``problems`` without the warnings whose code is ``muted``, and how many of each those are."""
    shown: list[Problem] = []
    counts: dict[str, int] = {}
    for problem in problems:
        if problem.severity is Severity.WARNING and problem.code in muted:
            counts[problem.code] = counts.get(problem.code, 0) + 1
        else:
            shown.append(problem)
    return tuple(shown), dict(sorted(counts.items()))
