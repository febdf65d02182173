"""Problems and errors as documents: what validate prints, and what any failed command prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.document.writing import FORMAT_VERSION, Document
from reconciler.errors import ConfigError, ReconcilerError, exit_code
from reconciler.model.problem import Mark, Problem, Severity, Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.document.reading import Node


def problems_document(problems: Sequence[Problem]) -> Document:
    """All ``problems`` of a configuration (none: it is valid), with their counts."""
    errors = sum(problem.severity is Severity.ERROR for problem in problems)
    return {
        "format_version": FORMAT_VERSION,
        "valid": errors == 0,
        "summary": {"errors": errors, "warnings": len(problems) - errors},
        "problems": [problem_fields(problem) for problem in problems],
    }


def error_document(error: BaseException) -> Document:
    """``error`` as the one document that a failed command prints; ``internal``: not ours."""
    ours = error if isinstance(error, ReconcilerError) else None
    problems = error.problems if isinstance(error, ConfigError) else ()
    return {
        "format_version": FORMAT_VERSION,
        "error": {
            "code": ours.code if ours else "internal",
            "message": ours.message if ours else f"internal error: {type(error).__name__}",
            "hint": ours.hint if ours else None,
            "exit_code": exit_code(error),
            "problems": [problem_fields(problem) for problem in problems],
        },
    }


def problem_fields(problem: Problem) -> Document:
    """One problem; ``file``, ``line`` and ``column`` repeat its first mark."""
    source = problem.source
    return {
        "code": problem.code,
        "severity": problem.severity.value,
        "message": problem.message,
        "hint": problem.hint,
        "file": source and source.file,
        "line": source and source.line,
        "column": source and source.column,
        "marks": [
            {
                "file": mark.source.file,
                "line": mark.source.line,
                "column": mark.source.column,
                "length": mark.length,
                "text": mark.text,
                "label": mark.label,
            }
            for mark in problem.marks
        ],
    }


def problem_of(node: Node) -> Problem:
    """The problem that :func:`problem_fields` wrote."""
    return Problem(
        code=node.text("code"),
        message=node.text("message"),
        hint=node.optional_text("hint"),
        marks=tuple(
            Mark(
                source=source_of(mark),
                text=mark.text("text"),
                length=mark.whole("length"),
                label=mark.text("label"),
            )
            for mark in node.nodes("marks")
        ),
        severity=node.word("severity", Severity),
    )


def source_of(node: Node) -> Source:
    """The place in a file that ``node`` names."""
    return Source(node.text("file"), node.whole("line", least=1), node.whole("column", least=1))
