"""``apply``: carry out a saved plan, or plan first and ask."""

from __future__ import annotations

import asyncio
import sys
from contextlib import (
    AbstractContextManager,
    AsyncExitStack,
    ExitStack,
    asynccontextmanager,
    contextmanager,
    nullcontext,
    suppress,
)
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reconciler.cli.ci import publish_plan, publish_report
from reconciler.cli.configuration import load_configuration, load_if_there
from reconciler.cli.exit_code import exit_code
from reconciler.cli.files import read_file
from reconciler.cli.numbers import refuse_numbers
from reconciler.cli.output import ReportView, emit, write_reports
from reconciler.cli.plan import plan_request, say_unread, stamp
from reconciler.cli.session import Session
from reconciler.errors import ApplyError, AuthError, RefusedError, UsageError
from reconciler.model.outcome import Outcome, Report, Result
from reconciler.model.problem import Mark, Problem, Severity
from reconciler.text.plural import count

if TYPE_CHECKING:
    import argparse
    from collections.abc import AsyncIterator, Callable, Iterator
    from contextlib import AbstractAsyncContextManager

    from reconciler.cli.console import Console
    from reconciler.config import Configuration
    from reconciler.executor import Deletes, Watcher
    from reconciler.model.plan import Plan
    from reconciler.model.problem import Source
    from reconciler.workflow.apply import ApplyRequest, Waited


def run(args: argparse.Namespace, console: Console) -> int:
    """Do it; the report is shown on every path, and its exit code is the command's."""
    if args.plan_file is None:
        return asyncio.run(_plan_and_apply(args, console))
    if args.company or args.tag or args.account:
        raise UsageError(
            "a saved plan is applied as it was reviewed: --account, --company and --tag "
            "can't narrow it",
            hint="Give them to `plan --out` instead.",
        )
    return asyncio.run(_apply_saved(args, console))


async def _apply_saved(args: argparse.Namespace, console: Console) -> int:
    from reconciler.document import load_plan
    from reconciler.workflow.apply import Waited
    from reconciler.workflow.renewal import accounts_of

    plan = load_plan(read_file(args.plan_file))
    configuration = _at_hand(plan, args, console)
    accounts = accounts_of(plan, configuration)
    # Keys are found before anything is shown, so that a runner hides them in all of it; one that
    # is missing is told after what is wrong with the plan.
    session: Session | None = None
    with suppress(AuthError):
        session = Session(args, console, plan.gateway, accounts=accounts)
    if configuration is None:
        console.talk("No configuration for the plan's accounts is at hand: its own guards hold.")
    plan = _without_quota(plan)
    _show_plan(plan, args, console)
    return await _apply(
        plan,
        lambda: session or Session(args, console, plan.gateway, accounts=accounts),
        _Asked(args, console, Waited.IN_A_FILE, configuration),
    )


def _without_quota(plan: Plan) -> Plan:
    """``plan`` without what was left of the quota when it was made: that is not so any more."""
    return replace(plan, accounts=tuple(replace(use, allowance=None) for use in plan.accounts))


def _at_hand(plan: Plan, args: argparse.Namespace, console: Console) -> Configuration | None:
    """The configuration whose guards hold today: the one named, else the default where it names
    the plan's accounts; without one the plan's own guards hold.
    """
    from reconciler.workflow.renewal import names_accounts_of

    configuration = load_if_there(args, console)
    named = args.config or console.environ.get("RECONCILER_CONFIG")
    if configuration is None or not (named or names_accounts_of(plan, configuration)):
        return None
    return configuration


async def _plan_and_apply(args: argparse.Namespace, console: Console) -> int:
    from reconciler.workflow.apply import Waited
    from reconciler.workflow.plan import make_plan

    configuration = load_configuration(args, console)
    async with Session(
        args, console, configuration.gateway, accounts=configuration.accounts
    ) as session:
        request = plan_request(args, console, count_usage=True)
        await session.signals.watch(refuse_numbers(configuration, session))
        work = make_plan(configuration, session.provider, request)
        plan = stamp(await session.signals.watch(work))
        _show_plan(plan, args, console)
        read = bool(plan.changes) and not args.auto_approve
        waited = Waited.ON_SCREEN if read else Waited.NOWHERE
        return await _apply(
            plan, lambda: nullcontext(session), _Asked(args, console, waited, configuration)
        )


def _show_plan(plan: Plan, args: argparse.Namespace, console: Console) -> None:
    """The plan before anything is done: part of a text result, talk beside any other."""
    from reconciler.render import text

    console.warnings(plan.warnings)
    say_unread(plan, console)
    publish_plan(plan, console)
    if args.format == "text":
        console.result(text.plan(plan, style=console.style(), width=console.width()))
    else:
        console.talk(text.plan(plan, style=console.style(sys.stderr), width=console.width()))


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked of an apply, and by whom."""

    args: argparse.Namespace
    console: Console
    waited: Waited
    configuration: Configuration | None

    def request(self, watcher: Watcher) -> ApplyRequest:
        """The same, for the workflow."""
        from reconciler.workflow.apply import ApplyRequest, Waited

        return ApplyRequest(
            waited=self.waited,
            deletes=self.deletes,
            watcher=watcher,
            parallelism=self.args.parallelism,
            configuration=self.configuration,
            expected_digest=self.args.expect_digest,
            approve=self._ask if self.waited is Waited.ON_SCREEN else lambda _plan: None,
            say=self.console.talk,
        )

    @property
    def deletes(self) -> Deletes:
        """What the flags say of deletes."""
        from reconciler.executor import Deletes

        if self.args.allow_deletes:
            return Deletes.SEND
        return Deletes.HOLD_BACK if self.args.no_deletes else Deletes.UNDECIDED

    def _ask(self, plan: Plan) -> None:
        """Ask whoever sits at the terminal; raises RefusedError without a yes."""
        deletes = 0 if self.args.no_deletes else plan.summary.delete
        sent = len(plan.changes) - plan.summary.delete + deletes
        if not sent:
            return
        if not self.console.interactive:
            raise RefusedError(
                "nobody approved the plan: there is no terminal to ask at",
                hint="Apply a saved plan, or give --auto-approve (with --expect-digest in CI).",
            )
        yes = f"delete {deletes}" if deletes else "yes"
        if self.console.ask(f"Send {count(sent, 'change')}? Only '{yes}' is a yes: ") != yes:
            raise RefusedError("the plan was not approved", hint="Nothing was changed.")


async def _apply(
    plan: Plan, way: Callable[[], AbstractAsyncContextManager[Session]], asked: _Asked
) -> int:
    """Apply and show what became of it, with signals only noted once writing may have begun: no
    report would be left of one half.
    """
    from reconciler.workflow.apply import apply

    watcher = _Watcher(asked.console)
    async with AsyncExitStack() as open_until_shown:

        @asynccontextmanager
        async def connection() -> AsyncIterator[Session]:
            session = await open_until_shown.enter_async_context(way())
            _prepare_report(plan, asked.args, asked.console)
            open_until_shown.enter_context(session.signals.finish_running())
            with watcher.progress(len(plan.changes)):
                yield session

        report = await apply(plan, connection(), asked.request(watcher))
        return _show_report(report, asked.args, asked.console)


def _prepare_report(plan: Plan, args: argparse.Namespace, console: Console) -> None:
    """Import all that reporting needs, by making a small report, before anything is written.

    Later an import may fail: no descriptor is left, or the installation is being replaced.
    """
    from reconciler.cli import ci, signals  # noqa: F401 - imported for later
    from reconciler.config import mark_of  # noqa: F401 - same
    from reconciler.render import github, layout, outcomes, problems  # noqa: F401 - same

    some = replace(plan, changes=plan.changes[:1])
    ended = tuple(Outcome(change=change, result=Result.NOT_TRIED) for change in some.changes)
    small = Report(plan=some, outcomes=ended)
    for_runner = ["markdown"] if console.in_github else []
    for form in {args.format, *for_runner, *(form for form, _path in args.report)}:
        ReportView(small).render(form, style=console.style(), width=console.width())


@contextmanager
def _unharmed(
    showing: AbstractContextManager[Callable[[], None]],
) -> Iterator[Callable[[], None]]:
    """``showing``, whose end can't take the report with it: a terminal may be gone by then."""
    advance = showing.__enter__()
    try:
        yield advance
    finally:
        with suppress(Exception):
            showing.__exit__(None, None, None)


def _show_report(report: Report, args: argparse.Namespace, console: Console) -> int:
    """Show what became of the plan; returns the exit code.

    What keeps one way of reporting from working keeps no other, and makes no success.
    """
    code = exit_code(report)
    if report.failure is not None:
        _emit_report(report, args, console)
        console.failure(report.failure)
        return code
    for step in (publish_report, _point_at_failures):
        try:
            step(report, console)
        except Exception as error:  # noqa: BLE001 - the report itself comes after it
            console.error(error)
            code = code or ApplyError.exit_code
    try:
        _emit_report(report, args, console)
    except BrokenPipeError:
        return code
    except Exception as error:  # noqa: BLE001 - a full disk, no memory: say so, and what was done
        console.error(error)
        console.say(_in_short(report))
        return code or ApplyError.exit_code
    return code


def _emit_report(report: Report, args: argparse.Namespace, console: Console) -> None:
    """The report in its formats; on text's stdout it would only repeat what a refusal says."""
    refused = report.failure is not None and report.failure.code == RefusedError.code
    show = write_reports if refused and args.format == "text" else emit
    show(ReportView(report), args, console)


def _in_short(report: Report) -> str:
    """The counts, where the report can't be written."""
    counted = ((result, report.count(result)) for result in Result)
    return "What was done: " + ", ".join(f"{n} {result}" for result, n in counted if n)


class _Watcher:
    """Shows each outcome as it comes, a reason that several have with the first; see ``folded``.

    Of those not tried for one reason only the first is shown.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._advance: Callable[[], None] = lambda: None  # where no progress can be shown
        self._reported: set[tuple[object, ...]] = set()

    @contextmanager
    def progress(self, changes: int) -> Iterator[None]:
        """A bar that steps once a change, where one can be shown."""
        with ExitStack() as screen:
            with suppress(OSError):
                showing = self._console.progress().showing("Applying", changes)
                self._advance = screen.enter_context(_unharmed(showing))
            yield

    def outcome(self, outcome: Outcome) -> None:
        """One line on stderr, one step of the bar."""
        from reconciler.render import outcomes

        repeated = self._is_repeated(outcome)
        if not (repeated and outcome.result is Result.NOT_TRIED):
            shown = replace(outcome, message=None, hint=None) if repeated else outcome
            style = self._console.style(sys.stderr)
            self._console.talk(outcomes.outcome_line(shown, style=style))
        self._advance()

    def _is_repeated(self, outcome: Outcome) -> bool:
        from reconciler.render.outcomes import shared_reason

        if (key := shared_reason(outcome)) is None:
            return False
        known = key in self._reported
        self._reported.add(key)
        return known


def _point_at_failures(report: Report, console: Console) -> None:
    """Show what the server refused, or stored otherwise, at the line that asked for it."""
    console.problems([*_failures(report), *_stored_otherwise(report)])
    for error in report.account_errors:
        console.complaint(f"{error.account}: {error.message}", error.hint, code=error.code)


def _failures(report: Report) -> Iterator[Problem]:
    from reconciler.render.outcomes import folded

    failed = (one for one in report.outcomes if one.result is Result.FAILED)
    for outcome, times in folded(failed):
        if (source := outcome.change.source) is not None:
            more = f" (and in {count(times - 1, 'more place')})" if times > 1 else ""
            yield _problem(outcome, source, "APPLY001", "failed: ", Severity.ERROR, more)


def _stored_otherwise(report: Report) -> Iterator[Problem]:
    for outcome in report.outcomes:
        if outcome.stored is not None and (source := outcome.change.source) is not None:
            yield _problem(outcome, source, "APPLY002", "is ", Severity.WARNING)


def _problem(
    outcome: Outcome, source: Source, code: str, how: str, severity: Severity, more: str = ""
) -> Problem:
    change = outcome.change
    return Problem(
        code=code,
        message=f'{change.place}: {change.action} "{change.name}" {how}{outcome.message}{more}',
        hint=outcome.hint,
        marks=(Mark(source),),
        severity=severity,
    )
