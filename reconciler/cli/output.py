"""A result in the format asked for, on stdout and in the files of ``--report``."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from reconciler.cli.exit_code import exit_code
from reconciler.cli.files import write_file
from reconciler.errors import ConfigError, OutputError, ReconcilerError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable
    from types import ModuleType

    from reconciler.cli.console import Console
    from reconciler.model.outcome import Report
    from reconciler.model.plan import Plan
    from reconciler.render.style import Style


class View(Protocol):
    """A result that can be shown in several formats."""

    def render(self, form: str, *, style: Style, width: int) -> str | Iterable[str]:
        """The result as ``form``, whole or in parts.

        ``style`` and ``width`` (columns, 0: any) concern text only.
        """


def emit(view: View, args: argparse.Namespace, console: Console) -> None:
    """Show ``view`` on stdout in ``--format`` and write each ``--report``.

    A report that can't be written takes nothing from the others; the first one's OutputError is
    raised in the end.
    """
    try:
        console.result(view.render(args.format, style=console.style(), width=console.width()))
    finally:
        write_reports(view, args, console)


def write_reports(view: View, args: argparse.Namespace, console: Console) -> None:
    """Write each ``--report`` of ``view``; raises the first OutputError after the last one."""
    from reconciler.render.style import PLAIN

    _write(args, console, lambda form: view.render(form, style=PLAIN, width=0))


def report_failure(error: BaseException, args: argparse.Namespace, console: Console) -> None:
    """Write each ``--report`` of a run that came to no plan: an older one must not pass for it."""
    _write(args, console, lambda form: _failure(form, args.command, error))


def _write(
    args: argparse.Namespace, console: Console, render: Callable[[str], str | Iterable[str]]
) -> None:
    failed: list[OutputError] = []
    for form, path in args.report:
        try:
            write_file(path, render(form), console)
        except OutputError as error:
            failed.append(error)
    if failed:
        raise failed[0]


def _failure(form: str, command: str, error: BaseException) -> str:
    if form in {"json", "gitlab"}:
        from reconciler.document import dump, error_document

        return dump(error_document(error))
    from reconciler.render import failure

    if isinstance(error, ConfigError):
        return failure.render(form, command, message=error.message, problems=error.problems)
    if isinstance(error, ReconcilerError):
        return failure.render(form, command, message=error.message, hint=error.hint)
    return failure.render(form, command, message=f"internal error: {type(error).__name__}")


class PlanView:
    """A plan, for review."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def render(self, form: str, *, style: Style, width: int) -> str | Iterable[str]:
        """See :class:`View`."""
        plan = self._plan
        if form == "json":
            from reconciler.document import plan_pieces

            return plan_pieces(plan)
        if form == "text":
            from reconciler.render import text

            return text.plan(plan, style=style, width=width)
        if form == "gitlab":
            from reconciler.render import gitlab

            return gitlab.plan(plan)
        page: str = _page(form).plan(plan)
        return page


class DriftView(PlanView):
    """A plan, read as what has drifted; its data is the plan's."""

    def render(self, form: str, *, style: Style, width: int) -> str | Iterable[str]:
        """See :class:`View`."""
        if form == "text":
            from reconciler.render import text

            return text.drift(self._plan, style=style, width=width)
        if form in {"markdown", "html"}:
            page: str = _page(form).drift(self._plan)
            return page
        return super().render(form, style=style, width=width)


def _page(form: str) -> ModuleType:
    """The renderer of a page: ``markdown`` or ``html``."""
    return import_module(f"reconciler.render.{form}")


class ReportView:
    """What an apply did."""

    def __init__(self, report: Report) -> None:
        self._report = report

    def render(self, form: str, *, style: Style, width: int) -> str:
        """See :class:`View`."""
        report = self._report
        if form == "json":
            from reconciler.document import dump, report_document

            made = report.plan.created_at
            return dump(report_document(report, exit_code=exit_code(report), created_at=made))
        if form == "text":
            from reconciler.render import outcomes

            return outcomes.report(report, style=style, width=width)
        if form == "gitlab":
            from reconciler.render import gitlab

            return gitlab.plan(report.plan)
        page: str = _page(form).report(report)
        return page
