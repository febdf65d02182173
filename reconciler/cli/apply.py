"""``apply``: carry out a saved plan, or plan first and ask."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from reconciler.cli.ci import publish_plan, publish_report
from reconciler.cli.configuration import load_configuration, load_if_there
from reconciler.cli.files import read_file
from reconciler.cli.numbers import refuse_numbers
from reconciler.cli.output import ReportView, emit, write_reports
from reconciler.cli.plan import plan_request, say_unread, stamp
from reconciler.cli.session import Session
from reconciler.errors import ApplyError, OutputError, ReconcilerError, RefusedError, UsageError
from reconciler.model.outcome import AccountError, Outcome, Report, Result
from reconciler.model.problem import Problem

if TYPE_CHECKING:
    import argparse
    from collections.abc import Awaitable, Callable

    from reconciler.cli.console import Console
    from reconciler.config import Configuration
    from reconciler.model.plan import Plan
    from reconciler.workflow.apply import Permit


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
    from reconciler.workflow.apply import accounts_of

    plan = load_plan(read_file(args.plan_file))
    configuration = load_if_there(args, console) if args.config else None
    if configuration is not None:
        _expect_own(plan, configuration)
    gateway = configuration.gateway if configuration else plan.gateway
    _show_plan(plan, args, console)
    refusal = _refusal(plan, _permit(args))
    if refusal is not None:
        return _refused(plan, refusal, args, console)
    accounts = accounts_of(plan)
    async with Session(args, console, gateway, accounts=accounts) as session:
        return await _carry_out(plan, session, args, console, check_freshness=True)


def _expect_own(plan: Plan, configuration: Configuration) -> None:
    """Raise RefusedError where ``plan`` is not for accounts of ``configuration``, reached so."""
    own = {account.ref.handle: account for account in configuration.accounts}
    for use in plan.accounts:
        account = own.get(use.account.handle)
        if account is None or account.ref.id != use.account.id:
            raise RefusedError(
                f"the plan is for {use.account.handle} ({use.account.id}), "
                "an account that the configuration does not name",
                hint="Plan again with this configuration, or leave --config out.",
            )
        if (use.api_key_env, use.connection) != (account.api_key_env, account.connection):
            raise RefusedError(
                f"the plan reaches {use.account.handle} with another key or connection than the "
                "configuration names",
                hint="Plan again with this configuration, or leave --config out.",
            )


async def _plan_and_apply(args: argparse.Namespace, console: Console) -> int:
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
        refusal = _refusal(plan, _permit(args))
        if refusal is None and plan.changes:
            refusal = _approval(plan, args, console)
        if refusal is not None:
            return _refused(plan, refusal, args, console)
        # Someone read the plan meanwhile: what it rests on may have moved.
        asked = bool(plan.changes) and not args.auto_approve
        return await _carry_out(plan, session, args, console, check_freshness=asked)


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


def _permit(args: argparse.Namespace) -> Permit:
    from reconciler.workflow.apply import Permit

    deletes = True if args.allow_deletes else False if args.no_deletes else None
    return Permit(deletes=deletes, expected_digest=args.expect_digest)


def _refusal(plan: Plan, permit: Permit) -> RefusedError | None:
    from reconciler.workflow.apply import refuse_unless_permitted

    try:
        refuse_unless_permitted(plan, permit)
    except RefusedError as refusal:
        return refusal
    return None


def _approval(plan: Plan, args: argparse.Namespace, console: Console) -> RefusedError | None:
    """Ask, where someone can be asked and has not answered by flag; None is a yes."""
    deletes = 0 if args.no_deletes else plan.summary.delete
    sent = len(plan.changes) - (plan.summary.delete if args.no_deletes else 0)
    if args.auto_approve or not sent:
        return None
    if not console.interactive:
        return RefusedError(
            "nobody approved the plan: there is no terminal to ask at",
            hint="Apply a saved plan, or give --auto-approve (with --expect-digest in CI).",
        )
    wanted = f"delete {deletes}" if deletes else "yes"
    changes = f"{sent:,} change{'' if sent == 1 else 's'}"
    answer = console.ask(f"Send {changes}? Only '{wanted}' is a yes: ")
    if answer == wanted:
        return None
    return RefusedError("the plan was not approved", hint="Nothing was changed.")


def _refused(
    plan: Plan, refusal: ReconcilerError, args: argparse.Namespace, console: Console
) -> int:
    """Report that nothing was tried, and why."""
    outcomes = tuple(
        Outcome(change=change, result=Result.NOT_TRIED, message="refused")
        for change in plan.changes
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
        verified=False,
        troubles=(trouble,),
        exit_code=refusal.exit_code,
    )
    _emit_report(report, args, console)
    console.error(refusal)
    return refusal.exit_code


def _emit_report(report: Report, args: argparse.Namespace, console: Console) -> None:
    """The report in its formats; on text's stdout it would only repeat what a refusal says."""
    if args.format == "text" and report.exit_code == RefusedError.exit_code:
        write_reports(ReportView(report), args, console)
        return
    emit(ReportView(report), args, console)


async def _carry_out(
    plan: Plan,
    session: Session,
    args: argparse.Namespace,
    console: Console,
    *,
    check_freshness: bool,
) -> int:
    """Apply and tell, with signals taken gently in both: no report would be left of one half."""
    session.signals.be_gentle()
    work = _apply(plan, session, args, console, check_freshness=check_freshness)
    return await session.signals.watch(_tell(work, plan, args, console))


async def _apply(
    plan: Plan,
    session: Session,
    args: argparse.Namespace,
    console: Console,
    *,
    check_freshness: bool,
) -> Report:
    from reconciler.apply import Run
    from reconciler.workflow.apply import apply_plan

    with console.progress().showing("Applying", len(plan.changes)) as advance:
        run = Run(
            watcher=_Watcher(console, advance),
            deletes=not args.no_deletes,
            parallelism=args.parallelism,
            stopping=lambda: session.signals.number,
        )
        return await apply_plan(plan, session.provider, run, check_freshness=check_freshness)


async def _tell(
    work: Awaitable[Report], plan: Plan, args: argparse.Namespace, console: Console
) -> int:
    """Wait for ``work``, and show on every path what became of ``plan``; returns the exit code."""
    try:
        report = await work
    except ReconcilerError as error:
        return _refused(plan, error, args, console)
    publish_report(report, console)
    _point_at_failures(report, console)
    try:
        _emit_report(report, args, console)
    except OutputError as error:
        console.error(error)
        return report.exit_code or ApplyError.exit_code
    except BrokenPipeError:
        return report.exit_code
    return report.exit_code


class _Watcher:
    """Shows each outcome as it comes."""

    def __init__(self, console: Console, advance: Callable[[], None]) -> None:
        self._console = console
        self._advance = advance

    def outcome(self, outcome: Outcome) -> None:
        """One line on stderr, one step of the bar."""
        from reconciler.render import outcomes

        self._console.talk(outcomes.outcome_line(outcome, style=self._console.style(sys.stderr)))
        self._advance()


def _point_at_failures(report: Report, console: Console) -> None:
    """Show what the server refused at the line that asked for it."""
    from reconciler.config import mark_of

    problems = [
        Problem(
            code="APPLY001",
            message=f'{outcome.change.place}: {outcome.change.action} "{outcome.change.name}" '
            f"failed: {outcome.message}",
            hint=outcome.hint,
            marks=(mark_of(outcome.change.source, console.files),),
        )
        for outcome in report.outcomes
        if outcome.result is Result.FAILED and outcome.change.source is not None
    ]
    console.problems(problems)
    for trouble in report.troubles:
        console.complaint(f"{trouble.account}: {trouble.message}", trouble.hint, code=trouble.code)
