"""A result in the format asked for, on stdout and in the files of ``--report``."""

from __future__ import annotations

import enum
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Final

from reconciler.cli.exit_code import exit_code
from reconciler.cli.files import expect_writable, write_file
from reconciler.cli.values import Format
from reconciler.errors import ConfigError, OutputError, ReconcilerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from reconciler.cli.console import Console
    from reconciler.cli.flags import OutputFlags
    from reconciler.cli.values import ReportFile
    from reconciler.model.audit import Audit
    from reconciler.model.group_by import GroupBy
    from reconciler.model.news import Comparison
    from reconciler.model.outcome import Report
    from reconciler.model.plan import Plan
    from reconciler.render.style import Style

    Text = str | Iterable[str]
    Value = Plan | Report | Comparison | Audit


class Shown(enum.Enum):
    """As what a result is shown: a plan for review, a plan as what has drifted, what was done,
    what changed between two readings, how an account is.
    """

    PLAN = enum.auto()
    DRIFT = enum.auto()
    REPORT = enum.auto()
    DIFF = enum.auto()
    AUDIT = enum.auto()


_OF_PLANS: Final = {
    Format.TEXT: "reconciler.render.text:plan",
    Format.JSON: "reconciler.document:plan_pieces",
    Format.MARKDOWN: "reconciler.render.markdown:plan",
    Format.HTML: "reconciler.render.html:plan",
    Format.GITLAB: "reconciler.render.gitlab:plan",
}
RENDERERS: Final[Mapping[Shown, Mapping[Format, str]]] = {
    Shown.PLAN: _OF_PLANS,
    Shown.DRIFT: {
        **_OF_PLANS,
        Format.TEXT: "reconciler.render.text:drift",
        Format.MARKDOWN: "reconciler.render.markdown:drift",
        Format.HTML: "reconciler.render.html:drift",
    },
    Shown.REPORT: {
        Format.TEXT: "reconciler.render.outcomes:report",
        Format.JSON: "reconciler.cli.output:report_json",
        Format.MARKDOWN: "reconciler.render.markdown:report",
        Format.HTML: "reconciler.render.html:report",
        Format.GITLAB: "reconciler.cli.output:report_gitlab",
    },
    Shown.DIFF: {
        Format.TEXT: "reconciler.render.diff:text",
        Format.JSON: "reconciler.cli.output:diff_json",
        Format.MARKDOWN: "reconciler.render.markdown:diff",
        Format.CSV: "reconciler.render.diff:csv",
    },
    Shown.AUDIT: {
        Format.TEXT: "reconciler.render.audit:text",
        Format.JSON: "reconciler.document.audit:audit_pieces",
        Format.MARKDOWN: "reconciler.render.audit:markdown",
        Format.HTML: "reconciler.render.audit_page:page",
        Format.CSV: "reconciler.render.audit:csv",
    },
}
"""Where the function stands that makes the text; imported when it is asked for."""


def rendered(
    value: Value,
    shown: Shown,
    form: Format,
    *,
    style: Style | None = None,
    width: int = 0,
    group_by: GroupBy | None = None,
) -> Text:
    """``value`` as ``form``; ``style`` (plain) and ``width`` (columns, 0: any) concern text,
    ``group_by`` plans that are read.
    """
    module, _, name = RENDERERS[shown][form].partition(":")
    render: Callable[..., Text] = getattr(import_module(module), name)
    if shown is Shown.PLAN and form in _READ:
        render = partial(render, group_by=group_by)
    if form is Format.TEXT and style is not None:
        return render(value, style=style, width=width)
    return render(value)


_READ: Final = (Format.TEXT, Format.MARKDOWN, Format.HTML)


def report_json(report: Report) -> str:
    """The report as a document."""
    from reconciler.document import dump, report_document

    made = report.plan.created_at
    return dump(report_document(report, exit_code=exit_code(report), created_at=made))


def diff_json(comparison: Comparison) -> str:
    """The comparison as a document."""
    from reconciler.document import diff_document, dump

    return dump(diff_document(comparison))


def report_gitlab(report: Report) -> str:
    """The counts that a merge request shows are the plan's."""
    from reconciler.render import gitlab

    return gitlab.plan(report.plan)


def prepare(
    output: OutputFlags, console: Console, *, out: str | None = None, keep: str | None = None
) -> None:
    """Before a run: note which reports it owes, remove an older plan at ``out``, expect no failure.

    ``keep`` is a file that the run still has to read. Raises UsageError or OutputError for what
    can't be written.
    """
    console.reports = output.report
    if out:
        from reconciler.cli.files import remove_older_plan

        remove_older_plan(out, keep=keep)
    expect_writable([*(path for _form, path in output.report), *([out] if out else [])])


def emit(value: Value, shown: Shown, output: OutputFlags, console: Console) -> None:
    """Show ``value`` on stdout in ``--format`` and write each ``--report``.

    A report that can't be written takes nothing from the others; the first one's OutputError is
    raised in the end.
    """
    try:
        style, width = console.style(), console.width()
        group_by = output.group_by
        console.result(
            rendered(value, shown, output.form, style=style, width=width, group_by=group_by)
        )
    finally:
        write_reports(value, shown, output, console)


def write_reports(value: Value, shown: Shown, output: OutputFlags, console: Console) -> None:
    """Write each ``--report``; raises the first OutputError after the last one."""
    console.outcome = value
    _write(
        output.report, console, lambda form: rendered(value, shown, form, group_by=output.group_by)
    )


def report_failure(error: BaseException, console: Console) -> None:
    """Write each ``--report`` of a run that came to no plan: an older one must not pass for it."""
    _write(console.reports, console, lambda form: _failure(form, console.command, error))


def _write(
    reports: Iterable[ReportFile], console: Console, render: Callable[[Format], Text]
) -> None:
    failed: list[OutputError] = []
    for form, path in reports:
        try:
            write_file(path, render(form), console)
        except OutputError as error:
            failed.append(error)
    if failed:
        raise failed[0]


def _failure(form: Format, command: str, error: BaseException) -> str:
    if form in {Format.JSON, Format.GITLAB}:
        from reconciler.document import dump, error_document

        return dump(error_document(error))
    from reconciler.render import failure

    if form is Format.CSV:
        from reconciler.render import table

        message = error.message if isinstance(error, ReconcilerError) else type(error).__name__
        return table.csv([{"error": message}])
    if isinstance(error, ConfigError):
        return failure.render(form, command, message=error.message, problems=error.problems)
    if isinstance(error, ReconcilerError):
        return failure.render(form, command, message=error.message, hint=error.hint)
    return failure.render(form, command, message=f"internal error: {type(error).__name__}")
