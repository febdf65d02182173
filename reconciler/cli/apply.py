"""``apply``: carry out a saved plan, or plan first and ask."""

from __future__ import annotations

import asyncio
import enum
import sys
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from reconciler.cli.ci import publish_plan, publish_report
from reconciler.cli.configuration import is_configuration, load_configuration, load_if_there
from reconciler.cli.files import read_file
from reconciler.cli.numbers import refuse_numbers
from reconciler.cli.output import Shown, emit, prepare, rendered, write_reports
from reconciler.cli.plan import PlanFlags, log_plan, plan_request, report_unread, stamp
from reconciler.cli.session import Session
from reconciler.cli.values import Format
from reconciler.errors import (
    ApplyError,
    AuthError,
    Interrupted,
    ReconcilerError,
    RefusedError,
    UsageError,
)
from reconciler.model.outcome import AccountError, Outcome, Report, Result
from reconciler.model.problem import Mark, Problem, Severity
from reconciler.text.plural import count

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from reconciler.cli.console import Console
    from reconciler.cli.flags import NarrowingFlags, NetworkFlags, OutputFlags
    from reconciler.config import Configuration
    from reconciler.model.plan import Plan
    from reconciler.workflow.apply import Permit


class Deletes(enum.Enum):
    """What becomes of a plan's deletes; those that are neither allowed nor held back refuse it."""

    REFUSED = None
    ALLOWED = True
    HELD_BACK = False


class ApplyFlags(NamedTuple):
    """What is asked of an apply."""

    config: tuple[str, ...]
    narrowing: NarrowingFlags
    network: NetworkFlags
    output: OutputFlags
    auto_approve: bool
    expect_digest: str | None
    deletes: Deletes


def run(file: str | None, asked: ApplyFlags, console: Console) -> int:
    """Do it; the report is shown on every path, and its exit code is the command's.

    ``file`` is a saved plan, or a configuration that joins those of ``--config``.
    """
    prepare(asked.output, console)
    if file is not None and is_configuration(file):
        console.log(f"{file} is taken for a configuration: the plan is made now.")
        asked, file = asked._replace(config=(*asked.config, file)), None
    if file is None:
        return asyncio.run(_plan_and_apply(asked, console))
    if any(asked.narrowing):
        raise UsageError(
            "a saved plan is applied as it was reviewed: --account, --company and --tag "
            "can't narrow it",
            hint="Give them to `plan --out` instead.",
        )
    return asyncio.run(_apply_saved(file, asked, console))


async def _apply_saved(file: str, asked: ApplyFlags, console: Console) -> int:
    from reconciler.document import load_plan
    from reconciler.workflow.renewal import accounts_of

    plan = load_plan(read_file(file))
    configuration = _at_hand(plan, asked, console)
    accounts = accounts_of(plan, configuration)
    # Keys are found before anything is shown, so that a runner hides them in all of it; one that
    # is missing is reported after what is wrong with the plan.
    session: Session | None = None
    with suppress(AuthError):
        session = Session(asked.network, console, plan.gateway, accounts=accounts)
    if configuration is None:
        console.show("No configuration for the plan's accounts is at hand: its own guards hold.")
    _show_plan(_without_quota(plan), asked, console)
    refusal = _stale_by_itself(plan, configuration, console) or _refusal(plan, _permit(asked))
    if refusal is not None:
        return _refused(plan, refusal, asked, console)
    async with session or Session(
        asked.network, console, plan.gateway, accounts=accounts
    ) as opened:
        return await _carry_out(
            plan, opened, asked, console, check_freshness=True, configuration=configuration
        )


def _without_quota(plan: Plan) -> Plan:
    """``plan`` without what was left of the quota when it was made: that is not so any more."""
    return replace(plan, accounts=tuple(replace(use, allowance=None) for use in plan.accounts))


def _at_hand(plan: Plan, asked: ApplyFlags, console: Console) -> Configuration | None:
    """The configuration whose guards hold today: the one named, else the default where it names
    the plan's accounts; without one the plan's own guards hold.
    """
    from reconciler.workflow.renewal import names_accounts_of

    configuration = load_if_there(asked.config, console)
    named = asked.config or console.environ.get("RECONCILER_CONFIG")
    if configuration is None or not (named or names_accounts_of(plan, configuration)):
        return None
    return configuration


def _stale_by_itself(
    plan: Plan, configuration: Configuration | None, console: Console
) -> RefusedError | None:
    """Say how old the plan is; the refusal of one that is too old, or for other accounts."""
    from reconciler.workflow.renewal import refuse_unless_current, refuse_unless_own, spoken

    try:
        age = refuse_unless_current(plan, datetime.now(UTC))
        if configuration is not None:
            refuse_unless_own(plan, configuration)
    except RefusedError as refusal:
        return refusal
    console.show(f"The plan is {spoken(age)} old.")
    return None


async def _plan_and_apply(asked: ApplyFlags, console: Console) -> int:
    from reconciler.workflow.plan import make_plan

    configuration = load_configuration(asked.config, console, account=asked.narrowing.account)
    async with Session(
        asked.network, console, configuration.gateway, accounts=configuration.accounts
    ) as session:
        request = plan_request(
            PlanFlags(asked.config, asked.narrowing, asked.network), console, count_usage=True
        )
        await session.watch(refuse_numbers(configuration, session))
        work = make_plan(configuration, session.provider, request)
        plan = stamp(await session.watch(work))
        _show_plan(plan, asked, console)
        refusal = _refusal(plan, _permit(asked))
        if refusal is None and plan.changes:
            refusal = _approval(plan, asked, console)
        if refusal is not None:
            return _refused(plan, refusal, asked, console)
        # Someone read the plan meanwhile: what it rests on may have moved.
        was_read = bool(plan.changes) and not asked.auto_approve
        return await _carry_out(
            plan, session, asked, console, check_freshness=was_read, configuration=configuration
        )


def _show_plan(plan: Plan, asked: ApplyFlags, console: Console) -> None:
    """The plan before anything is done: part of a text result, a message beside any other."""
    from reconciler.render import text

    log_plan(plan)
    console.warnings(plan.warnings)
    report_unread(plan, console)
    publish_plan(plan, console)
    if asked.output.form is Format.TEXT:
        console.result(text.plan(plan, style=console.style(), width=console.width()))
    else:
        console.show(text.plan(plan, style=console.style(sys.stderr), width=console.width()))


def _permit(asked: ApplyFlags) -> Permit:
    from reconciler.workflow.apply import Permit

    return Permit(deletes=asked.deletes.value, expected_digest=asked.expect_digest)


def _refusal(plan: Plan, permit: Permit) -> RefusedError | None:
    from reconciler.workflow.apply import refuse_unless_permitted

    try:
        refuse_unless_permitted(plan, permit)
    except RefusedError as refusal:
        return refusal
    return None


def _approval(plan: Plan, asked: ApplyFlags, console: Console) -> RefusedError | None:
    """Ask, where someone can be asked and has not answered by flag; None is a yes."""
    held_back = plan.summary.delete if asked.deletes is Deletes.HELD_BACK else 0
    deletes = plan.summary.delete - held_back
    sent = len(plan.changes) - held_back
    if asked.auto_approve or not sent:
        return None
    if not console.interactive:
        return RefusedError(
            "nobody approved the plan: there is no terminal to ask at",
            hint="Apply a saved plan, or give --auto-approve (with --expect-digest in CI).",
        )
    wanted = f"delete {deletes}" if deletes else "yes"
    answer = console.ask(f"Send {count(sent, 'change')}? Only '{wanted}' is a yes: ")
    if answer == wanted:
        return None
    return RefusedError("the plan was not approved", hint="Nothing was changed.")


def _refused(plan: Plan, refusal: ReconcilerError, asked: ApplyFlags, console: Console) -> int:
    """Report that nothing was tried, and why: a guard refused, or live state can't be read."""
    message = "refused" if isinstance(refusal, RefusedError) else None
    message = "interrupted" if isinstance(refusal, Interrupted) else message
    outcomes = tuple(
        Outcome(change=change, result=Result.NOT_TRIED, message=message) for change in plan.changes
    )
    trouble = AccountError(
        account="",
        code=refusal.code,
        exit_code=refusal.exit_code,
        message=refusal.message,
        hint=refusal.hint,
    )
    report = Report(
        plan=plan,
        outcomes=outcomes,
        missing=len(outcomes),
        troubles=(trouble,),
        exit_code=refusal.exit_code,
    )
    _emit_report(report, asked, console)
    console.error(refusal)
    return refusal.exit_code


def _emit_report(report: Report, asked: ApplyFlags, console: Console) -> None:
    """The report in its formats; on text's stdout it would only repeat what a refusal says."""
    if asked.output.form is Format.TEXT and report.exit_code == RefusedError.exit_code:
        write_reports(report, Shown.REPORT, asked.output, console)
        return
    emit(report, Shown.REPORT, asked.output, console)


async def _carry_out(
    plan: Plan,
    session: Session,
    asked: ApplyFlags,
    console: Console,
    *,
    check_freshness: bool,
    configuration: Configuration | None,
) -> int:
    """Apply and report, with requests in flight finished in both, for the report needs both."""
    _prepare_report(plan, asked, console)
    session.signals.finish_running()
    work = _apply(
        plan, session, asked, console, check_freshness=check_freshness, configuration=configuration
    )
    return await session.watch(_report(work, plan, asked, console))


def _prepare_report(plan: Plan, asked: ApplyFlags, console: Console) -> None:
    """Import all that reporting needs, by making a small report, before anything is written.

    Later an import may fail: no descriptor is left, or the installation is being replaced.
    """
    from reconciler.cli import ci, signals  # noqa: F401 - imported for later
    from reconciler.config import mark_of  # noqa: F401 - same
    from reconciler.render import github, layout, outcomes, problems  # noqa: F401 - same

    some = replace(plan, changes=plan.changes[:1])
    ended = tuple(Outcome(change=change, result=Result.NOT_TRIED) for change in some.changes)
    small = Report(plan=some, outcomes=ended)
    for form in {
        asked.output.form,
        Format.MARKDOWN,
        *(form for form, _path in asked.output.report),
    }:
        rendered(small, Shown.REPORT, form, style=console.style(), width=console.width())


async def _apply(
    plan: Plan,
    session: Session,
    asked: ApplyFlags,
    console: Console,
    *,
    check_freshness: bool,
    configuration: Configuration | None,
) -> Report:
    from reconciler.apply import Run
    from reconciler.workflow.apply import apply_plan

    with ExitStack() as screen:
        advance: Callable[[], None] = lambda: None  # noqa: E731 - where no progress can be shown
        with suppress(OSError):
            showing = console.progress().counting("Applying", len(plan.changes))
            advance = screen.enter_context(_unharmed(showing))
        run = Run(
            watcher=_Watcher(console, advance),
            deletes=asked.deletes is not Deletes.HELD_BACK,
            parallelism=asked.network.parallelism,
            stopping=lambda: session.signals.number,
            settle=session.wait,
        )
        return await apply_plan(
            plan,
            session.provider,
            run,
            check_freshness=check_freshness,
            configuration=configuration,
        )


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


async def _report(work: Awaitable[Report], plan: Plan, asked: ApplyFlags, console: Console) -> int:
    """Wait for ``work``, and show on every path what became of ``plan``; returns the exit code.

    What keeps one way of reporting from working keeps no other, and makes no success.
    """
    try:
        report = await work
    except ReconcilerError as error:
        return _refused(plan, error, asked, console)
    code = report.exit_code
    for step in (publish_report, _point_at_failures):
        try:
            step(report, console)
        except Exception as error:  # noqa: BLE001 - the report itself comes after it
            console.error(error)
            code = code or ApplyError.exit_code
    try:
        _emit_report(report, asked, console)
    except BrokenPipeError:
        return code
    except Exception as error:  # noqa: BLE001 - a full disk, no memory: say so, and what was done
        console.error(error)
        console.log(_in_short(report))
        return code or ApplyError.exit_code
    return code


def _in_short(report: Report) -> str:
    """The counts, where the report can't be written."""
    counted = ((result, report.count(result)) for result in Result)
    return "What was done: " + ", ".join(f"{n} {result}" for result, n in counted if n)


class _Watcher:
    """Shows each outcome as it comes, a reason that several have with the first; see ``folded``.

    Of those not tried for one reason only the first is shown.
    """

    def __init__(self, console: Console, advance: Callable[[], None]) -> None:
        self._console = console
        self._advance = advance
        self._reported: set[tuple[object, ...]] = set()

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
    for trouble in report.troubles:
        console.complaint(f"{trouble.account}: {trouble.message}", trouble.hint, code=trouble.code)


def _failures(report: Report) -> Iterator[Problem]:
    from reconciler.render.outcomes import folded

    failed = (one for one in report.outcomes if one.result is Result.FAILED)
    for outcome, times in folded(failed):
        if outcome.change.source is not None:
            more = f" (and in {count(times - 1, 'more place')})" if times > 1 else ""
            yield _problem(outcome, "APPLY001", "failed: ", Severity.ERROR, more)


def _stored_otherwise(report: Report) -> Iterator[Problem]:
    for outcome in report.outcomes:
        if outcome.stored is not None and outcome.change.source is not None:
            yield _problem(outcome, "APPLY002", "is ", Severity.WARNING)


def _problem(outcome: Outcome, code: str, how: str, severity: Severity, more: str = "") -> Problem:
    change = outcome.change
    assert change.source is not None  # noqa: S101 - callers have checked; for the type checker
    return Problem(
        code=code,
        message=f'{change.place}: {change.action} "{change.name}" {how}{outcome.message}{more}',
        hint=outcome.hint,
        marks=(Mark(change.source),),
        severity=severity,
    )
