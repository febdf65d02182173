"""Gathers the problems of a run, so that all are reported at once and in the order of the files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.config.codes import Code
from reconciler.errors import ConfigError
from reconciler.model.problem import Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reconciler.model.problem import Mark


MOST_ERRORS = 1_000
MOST_WARNINGS = 1_000


class Collector:
    """Problems in the order found; ``files`` is the order in which files are reported.

    Bounded, so that a hostile file can't fill the memory: errors end the run when there are
    MOST_ERRORS of them, warnings beyond MOST_WARNINGS are counted only.
    """

    def __init__(self, files: Sequence[str] = ()) -> None:
        self.files = list(files)
        self._errors: list[Problem] = []
        self._warnings: list[Problem] = []
        self._untold = 0

    def error(self, code: Code, message: str, *marks: Mark, hint: str | None = None) -> None:
        """Note an error at the first of ``marks``, which contradicts the others.

        Raises ConfigError with everything noted when there are too many.
        """
        self._errors.append(Problem(code.value, message, hint, marks))
        if len(self._errors) >= MOST_ERRORS:
            text = f"{MOST_ERRORS:,} errors, and no more are searched for"
            self._errors.append(
                Problem(Code.TOO_MANY.value, text, "Correct these first; many may be one mistake.")
            )
            raise ConfigError(self.ordered())

    def warning(self, code: Code, message: str, *marks: Mark, hint: str | None = None) -> None:
        """Note a warning; the run goes on."""
        if len(self._warnings) < MOST_WARNINGS:
            self._warnings.append(Problem(code.value, message, hint, marks, Severity.WARNING))
        else:
            self._untold += 1

    def add(self, warnings: Iterable[Problem]) -> None:
        """Take over warnings that were noted before."""
        self._warnings.extend(warnings)

    @property
    def count(self) -> int:
        """How many problems are noted."""
        return len(self._errors) + len(self._warnings)

    @property
    def failed(self) -> bool:
        """Whether an error was noted."""
        return bool(self._errors)

    def ordered(self) -> tuple[Problem, ...]:
        """Everything noted, in the order of files, lines and columns."""
        order = {file: position for position, file in enumerate(self.files)}

        def rank(problem: Problem) -> tuple[int, str, int, int]:
            source = problem.source
            if source is None:
                return len(order), "", 0, 0
            return order.get(source.file, -1), source.file, source.line, source.column

        noted = [*self._errors, *self._warnings]
        if self._untold:
            text = f"{self._untold:,} more warnings are not shown"
            noted.append(Problem(Code.TOO_MANY.value, text, severity=Severity.WARNING))
        return tuple(sorted(noted, key=rank))

    def raise_if_failed(self) -> None:
        """Raise ConfigError with everything noted, warnings too, when there is an error."""
        if self.failed:
            raise ConfigError(self.ordered())
