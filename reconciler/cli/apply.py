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
from typing import TYPE_CHECKING, NamedTuple

from reconciler.cli.ci import publish_plan, publish_report
from reconciler.cli.configuration import (
    guarding_configuration,
    is_configuration,
    load_configuration,
    refuse_numbers,
)
from reconciler.cli.exit_code import exit_code
from reconciler.cli.files import read_document
from reconciler.cli.output import Shown, emit, prepare, rendered, write_reports
from reconciler.cli.plan import (
    PlanFlags,
    base_of,
    log_plan,
    plan_request,
    report_unread,
    stamp,
)
from reconciler.cli.session import Session
from reconciler.cli.values import Format
from reconciler.errors import ApplyError, AuthError, RefusedError, UsageError
from reconciler.executor import Deletes
from reconciler.model.outcome import Outcome, Report, Result
from reconciler.model.problem import Mark, Problem, Severity
from reconciler.text.plural import count

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from contextlib import AbstractAsyncContextManager

    from reconciler.cli.console import Console
    from reconciler.cli.flags import CauseFlags, NarrowingFlags, NetworkFlags, OutputFlags
    from reconciler.config import Configuration
    from reconciler.executor import Watcher
    from reconciler.model.plan import Plan
    from reconciler.model.problem import Source
    from reconciler.workflow.apply import ApplyRequest, Waited


class ApplyFlags(NamedTuple):
    """What the flags ask of an apply."""

    config: tuple[str, ...]
    narrowing: NarrowingFlags
    causes: CauseFlags
    network: NetworkFlags
    output: OutputFlags
    auto_approve: bool
    expect_digest: str | None
    deletes: Deletes
    since: str | None = None


def run(file: str | None, flags: ApplyFlags, console: Console) -> int:
    """Do it; the report is shown on every path, and its exit code is the command's.

    ``file`` is a saved plan, or a configuration that joins those of ``--config``.
    """
    prepare(flags.output, console)
    if file is not None and is_configuration(file):
        console.log(f"{file} is taken for a configuration: the plan is made now.")
        flags, file = flags._replace(config=(*flags.config, file)), None
    if file is None:
        return asyncio.run(_plan_and_apply(flags, console))
    if any((*flags.narrowing, *flags.causes)):
        raise UsageError(
            "a saved plan is applied as it was reviewed: --account, --company, --tag, --base and "
            "--only can't narrow it",
            hint="Give them to `plan --out` instead.",
        )
    if flags.since is not None:
        raise UsageError(
            "a saved plan is applied as it was reviewed: --since can't change it",
            hint="Give it to `plan --out` instead.",
        )
    return asyncio.run(_apply_saved(file, flags, console))


async def _apply_saved(file: str, flags: ApplyFlags, console: Console) -> int:
    from reconciler.document import load_plan
    from reconciler.workflow.apply import Waited
    from reconciler.workflow.renewal import accounts_of

    plan = read_document(file, load_plan)
    configuration = guarding_configuration(plan, flags.config, console)
    accounts = accounts_of(plan, configuration)
    # Keys are found before anything is shown, so that a runner hides them in all of it; one that
    # is missing is reported after what is wrong with the plan.
    session: Session | None = None
    with suppress(AuthError):
        session = Session(flags.network, console, plan.gateway, accounts=accounts)
    if configuration is None:
        console.show("No configuration of these accounts was found: the plan's own guards apply.")
    plan = _without_quota(plan)
    _show_plan(plan, flags, console)
    return await _apply(
        plan,
        lambda: session or Session(flags.network, console, plan.gateway, accounts=accounts),
        _Asked(flags, console, Waited.IN_A_FILE, configuration),
    )


def _without_quota(plan: Plan) -> Plan:
    """``plan`` without what was left of the quota when it was made: that is not so any more."""
    return replace(plan, accounts=tuple(replace(use, allowance=None) for use in plan.accounts))


async def _plan_and_apply(flags: ApplyFlags, console: Console) -> int:
    from reconciler.workflow.apply import Waited
    from reconciler.workflow.plan import make_plan

    configuration = load_configuration(flags.config, console, account=flags.narrowing.account)
    asked = PlanFlags(flags.config, flags.narrowing, flags.network, since=flags.since)
    base = None
    if any(flags.causes):
        asked = asked._replace(causes=flags.causes)
        base = base_of(flags.causes, asked, console)
    async with Session(
        flags.network, console, configuration.gateway, accounts=configuration.accounts
    ) as session:
        request = plan_request(asked, base, console, count_usage=True)
        await session.watch(refuse_numbers(configuration, session))
        work = make_plan(configuration, session.provider, request)
        plan = stamp(await session.watch(work))
        _show_plan(plan, flags, console)
        read = bool(plan.changes) and not flags.auto_approve
        waited = Waited.ON_SCREEN if read else Waited.NOWHERE
        return await _apply(
            plan, lambda: nullcontext(session), _Asked(flags, console, waited, configuration)
        )


def _show_plan(plan: Plan, flags: ApplyFlags, console: Console) -> None:
    """The plan before anything is done: part of a text result, a message beside any other."""
    from reconciler.render import text

    log_plan(plan)
    console.warnings(plan.warnings)
    report_unread(plan.unread, console)
    publish_plan(plan, console)
    width, group_by = console.width(), flags.output.group_by
    if flags.output.form is Format.TEXT:
        style = console.style()
        console.result(text.plan(plan, style=style, width=width, group_by=group_by))
    else:
        style = console.style(sys.stderr)
        console.show(text.plan(plan, style=style, width=width, group_by=group_by))


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked of an apply, and by whom."""

    flags: ApplyFlags
    console: Console
    waited: Waited
    configuration: Configuration | None

    def request(self, watcher: Watcher) -> ApplyRequest:
        """The same, for the workflow."""
        from reconciler.workflow.apply import ApplyRequest, Waited

        return ApplyRequest(
            waited=self.waited,
            deletes=self.flags.deletes,
            watcher=watcher,
            parallelism=self.flags.network.parallelism,
            configuration=self.configuration,
            expected_digest=self.flags.expect_digest,
            approve=self._ask if self.waited is Waited.ON_SCREEN else lambda _plan: None,
            log=self.console.show,
        )

    def _ask(self, plan: Plan) -> None:
        """Ask whoever sits at the terminal; raises RefusedError without a yes."""
        held_back = self.flags.deletes is Deletes.HOLD_BACK
        deletes = 0 if held_back else plan.summary.delete
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
    plan: Plan, open_session: Callable[[], AbstractAsyncContextManager[Session]], asked: _Asked
) -> int:
    """Apply and show what became of it, with signals only noted once writing may have begun: no
    report would be left of one half.
    """
    from reconciler.workflow.apply import apply

    watcher = _Watcher(asked.console)
    async with AsyncExitStack() as open_until_shown:

        @asynccontextmanager
        async def connection() -> AsyncIterator[Session]:
            session = await open_until_shown.enter_async_context(open_session())
            _prepare_report(plan, asked.flags, asked.console)
            open_until_shown.enter_context(session.signals.finish_running())
            with session.progress("Applying"), watcher.progress(len(plan.changes)):
                yield session

        report = await apply(plan, connection(), asked.request(watcher))
        return _show_report(report, asked.flags, asked.console)


def _prepare_report(plan: Plan, flags: ApplyFlags, console: Console) -> None:
    """Import all that reporting needs, by making a small report, before anything is written.

    Later an import may fail: no descriptor is left, or the installation is being replaced.
    """
    from reconciler.cli import ci, signals  # noqa: F401 - imported for later
    from reconciler.config import mark_of  # noqa: F401 - same
    from reconciler.render import github, layout, outcomes, problems  # noqa: F401 - same

    some = replace(plan, changes=plan.changes[:1])
    ended = tuple(Outcome(change=change, result=Result.NOT_TRIED) for change in some.changes)
    small = Report(plan=some, outcomes=ended)
    for_runner = [Format.MARKDOWN] if console.in_github else []
    reports = (form for form, _path in flags.output.report)
    for form in {flags.output.form, *for_runner, *reports}:
        rendered(small, Shown.REPORT, form, style=console.style(), width=console.width())


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


def _show_report(report: Report, flags: ApplyFlags, console: Console) -> int:
    """Show what became of the plan; returns the exit code.

    What keeps one way of reporting from working keeps no other, and makes no success.
    """
    code = exit_code(report)
    if report.failure is not None:
        publish_report(report, console)
        _emit_report(report, flags, console)
        console.failure(report.failure)
        return code
    for step in (publish_report, _point_at_failures):
        try:
            step(report, console)
        except Exception as error:  # noqa: BLE001 - the report itself comes after it
            console.error(error)
            code = code or ApplyError.exit_code
    try:
        _emit_report(report, flags, console)
    except BrokenPipeError:
        return code
    except Exception as error:  # noqa: BLE001 - a full disk, no memory: say so, and what was done
        console.error(error)
        console.log(_in_short(report))
        return code or ApplyError.exit_code
    return code


def _emit_report(report: Report, flags: ApplyFlags, console: Console) -> None:
    """The report in its formats; on text's stdout it would only repeat what a refusal says."""
    refused = report.failure is not None and report.failure.code == RefusedError.code
    show = write_reports if refused and flags.output.form is Format.TEXT else emit
    show(report, Shown.REPORT, flags.output, console)


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
                showing = self._console.progress().counting("Applying", changes)
                self._advance = screen.enter_context(_unharmed(showing))
            yield

    def outcome(self, outcome: Outcome) -> None:
        """One line on stderr, one step of the bar."""
        from reconciler.render import outcomes

        repeated = self._is_repeated(outcome)
        if not (repeated and outcome.result is Result.NOT_TRIED):
            shown = replace(outcome, message=None, hint=None) if repeated else outcome
            style = self._console.style(sys.stderr)
            self._console.show(outcomes.outcome_line(shown, style=style))
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
        message=f'{change.place}: {change.verb} "{change.name}" {how}{outcome.message}{more}',
        hint=outcome.hint,
        marks=(Mark(source),),
        severity=severity,
    )
