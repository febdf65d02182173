"""Gathers the problems of a run, so that all are told at once and in the order of the files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import ConfigError
from reconciler.model.problem import Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.config.codes import Code
    from reconciler.model.problem import Mark


class Collector:
    """Problems in the order found; ``files`` is the order in which files are told."""

    def __init__(self, files: Sequence[str] = ()) -> None:
        self.files = list(files)
        self.problems: list[Problem] = []

    def error(self, code: Code, message: str, *marks: Mark, hint: str | None = None) -> None:
        """Note an error at the first of ``marks``, which contradicts the others."""
        self.problems.append(Problem(code.value, message, hint, marks))

    def warning(self, code: Code, message: str, *marks: Mark, hint: str | None = None) -> None:
        """Note a warning; the run goes on."""
        self.problems.append(Problem(code.value, message, hint, marks, Severity.WARNING))

    @property
    def failed(self) -> bool:
        """Whether an error was noted."""
        return any(one.severity is Severity.ERROR for one in self.problems)

    def ordered(self) -> tuple[Problem, ...]:
        """Everything noted, in the order of files, lines and columns."""
        order = {file: position for position, file in enumerate(self.files)}

        def rank(problem: Problem) -> tuple[int, str, int, int]:
            source = problem.source
            if source is None:
                return -1, "", 0, 0
            return order.get(source.file, -1), source.file, source.line, source.column

        return tuple(sorted(self.problems, key=rank))

    def raise_if_failed(self) -> None:
        """Raise ConfigError with everything noted, warnings too, when there is an error."""
        if self.failed:
            raise ConfigError(self.ordered())
