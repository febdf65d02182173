"""What a CI runner gets beside the result: annotations, the step's summary, its outputs.

All of it only where a GitHub Actions runner says so in the environment; other systems read the
files of ``--report``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.exit_code import exit_code

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.cli.console import Console
    from reconciler.model.outcome import Report
    from reconciler.model.plan import Plan
    from reconciler.model.problem import Problem


def publish_plan(plan: Plan, console: Console) -> None:
    """Annotate what is blocked or remarkable; write the plan's summary and outputs."""
    if console.in_github:
        from reconciler.render import github

        console.annotate(github.plan_annotations(plan))
        _append("GITHUB_STEP_SUMMARY", github.summary(plan), console)
        _append("GITHUB_OUTPUT", github.outputs(plan), console)


def publish_report(report: Report, console: Console) -> None:
    """Annotate what failed; write the report's summary and outputs."""
    if console.in_github:
        from reconciler.render import github, markdown

        console.annotate(github.report_annotations(report))
        _append("GITHUB_STEP_SUMMARY", markdown.report(report), console)
        _append("GITHUB_OUTPUT", github.report_outputs(report, exit_code(report)), console)


def publish_problems(problems: Sequence[Problem], console: Console) -> None:
    """Annotate the configuration's problems."""
    if console.in_github:
        from reconciler.render import github

        console.annotate(github.problem_annotations(problems))


def _append(variable: str, text: str, console: Console) -> None:
    """Add to the file that a variable names; a runner without it wants none."""
    path = console.environ.get(variable)
    if path:
        try:
            with Path(path).open("a", encoding="utf-8") as stream:
                stream.write(console.redactor.redact(text))
        except OSError as error:
            console.log(f"{variable} can't be written: {error.strerror}")
