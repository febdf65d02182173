"""``plan``: show what apply would do, and save it."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from reconciler import __version__
from reconciler.cli.ci import publish_plan
from reconciler.cli.configuration import load_configuration, refuse_numbers
from reconciler.cli.exit_code import unread_code
from reconciler.cli.files import read_document, write_file
from reconciler.cli.output import Shown, emit, prepare
from reconciler.cli.session import Session
from reconciler.errors import OutputError
from reconciler.planning import Narrowing
from reconciler.text.plural import count
from reconciler.workflow import clock
from reconciler.workflow.plan import PlanRequest, make_plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reconciler.cli.console import Console
    from reconciler.cli.flags import CauseFlags, NarrowingFlags, NetworkFlags, OutputFlags
    from reconciler.config import Configuration
    from reconciler.model.outcome import AccountError
    from reconciler.model.plan import Plan
    from reconciler.model.state import Snapshot
    from reconciler.workflow.baseline import Baseline

LOG: Final = logging.getLogger(__name__)
DIFFERENCE = 2


class PlanFlags(NamedTuple):
    """What is asked of a plan; ``live`` is a snapshot to plan against, ``since`` one to tell by
    what people have changed, ``causes`` None: its changes are not distinguished.
    """

    config: tuple[str, ...]
    narrowing: NarrowingFlags
    network: NetworkFlags
    live: str | None = None
    show_unmanaged: bool = False
    impact: bool = False
    causes: CauseFlags | None = None
    since: str | None = None


def run(
    asked: PlanFlags,
    output: OutputFlags,
    console: Console,
    *,
    out: str | None,
    detailed_exitcode: bool,
) -> int:
    """Plan, show, save; 2 for a difference where asked, RefusedError for what is blocked."""
    prepare(output, console, out=out, keep=asked.live)
    plan = read_only_plan(asked, console)
    present(plan, output, console, out=out)
    return unread_code(plan) or (DIFFERENCE if detailed_exitcode and plan.changes else 0)


def present(plan: Plan, output: OutputFlags, console: Console, *, out: str | None) -> None:
    """Save ``plan`` at ``out``, where one is given, and show it.

    Raises RefusedError for what is blocked; of a partial plan that is only reported, for the
    failure's exit code comes first.
    """
    if out:
        _save(plan, out, console)
    show(plan, output, console)
    if plan.summary.blocked:
        from reconciler.workflow.refusals import blocked_refusal

        refusal = blocked_refusal([one for one in plan.changes if one.blocked_by is not None])
        if not plan.unread:
            raise refusal
        console.error(refusal)


def _save(plan: Plan, path: str, console: Console) -> None:
    from reconciler.document import plan_pieces

    write_file(path, _readable_again(plan_pieces(plan)), console)


def _readable_again(parts: Iterable[str]) -> Iterator[str]:
    """``parts`` of a plan; raises OutputError where it gets larger than what is read back."""
    from reconciler.document.reading import LARGEST

    size = 0
    for part in parts:
        size += len(part.encode(errors="backslashreplace"))
        if size > LARGEST:
            raise OutputError(
                f"the plan is larger than {LARGEST >> 20} MiB and could not be read again: "
                "not saved",
                hint="Plan fewer accounts or companies at a time: --account, --company.",
            )
        yield part


def show(plan: Plan, output: OutputFlags, console: Console, *, as_: Shown = Shown.PLAN) -> None:
    """The plan on stdout and in the reports, its warnings on stderr, annotations for GitHub."""
    log_plan(plan)
    console.warnings(plan.warnings)
    report_unread(plan.unread, console)
    publish_plan(plan, console)
    emit(plan, as_, output, console)


def log_plan(plan: Plan) -> None:
    """What was read and decided, for ``-v``."""
    for use in plan.accounts:
        LOG.info("%s: read with %s", use.account.handle, count(use.plan_requests, "request"))
    for one in plan.changes:
        why = f"{one.reason.value}, {one.source}" if one.source else one.reason.value
        LOG.info('decided: %s "%s" in %s (%s)', one.verb, one.name, one.place, why)


def report_unread(unread: Iterable[AccountError], console: Console) -> None:
    """Name on stderr the accounts that could not be read, and why."""
    for one in unread:
        message = f"{one.account} could not be read: {one.message}"
        console.complaint(message, one.hint, code=one.code)


def read_only_plan(asked: PlanFlags, console: Console) -> Plan:
    """The plan of ``plan`` and ``drift``: from a snapshot where one is given, else from live."""
    configuration = load_configuration(asked.config, console, account=asked.narrowing.account)
    base = None if asked.causes is None else base_of(asked.causes, asked, console)
    if asked.live is None:
        return asyncio.run(_live_plan(configuration, asked, base, console))
    from reconciler.document import load_snapshot
    from reconciler.workflow.snapshot import provider_from

    live = read_document(asked.live, load_snapshot)
    provider_for = provider_from(live)
    counted = all(one.usage is not None for one in live)
    request = plan_request(asked, base, console, count_usage=counted)
    with console.working("Planning"):
        return stamp(asyncio.run(make_plan(configuration, provider_for, request)))


def base_of(causes: CauseFlags, asked: PlanFlags, console: Console) -> Baseline | None:
    """What ``causes``, or CI, have the changes of a plan distinguished by."""
    from reconciler.cli.baseline import baseline

    return baseline(causes, asked.config, asked.narrowing, console)


async def _live_plan(
    configuration: Configuration, asked: PlanFlags, base: Baseline | None, console: Console
) -> Plan:
    async with Session(
        asked.network, console, configuration.gateway, accounts=configuration.accounts
    ) as session:
        request = plan_request(asked, base, console, count_usage=True)
        await session.watch(refuse_numbers(configuration, session))
        work = make_plan(configuration, session.provider, request)
        return stamp(await session.watch(work))


def plan_request(
    asked: PlanFlags, base: Baseline | None, console: Console, *, count_usage: bool
) -> PlanRequest:
    """What the flags ask of a plan whose changes are distinguished by ``base``."""
    return PlanRequest(
        today=clock.today(),
        narrowing=Narrowing(companies=asked.narrowing.company, tags=asked.narrowing.tag),
        count_usage=count_usage,
        count_all=asked.impact,
        list_unmanaged=asked.show_unmanaged,
        since=None if asked.since is None else _read_since(asked.since),
        base=base,
        without_drift=asked.causes is not None and asked.causes.only is not None,
        log=console.progress().step,
    )


def _read_since(path: str) -> Snapshot:
    from reconciler.document import read_snapshot

    return read_document(path, read_snapshot)


def stamp(plan: Plan) -> Plan:
    """``plan`` with the time and the tool's version noted."""
    now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return replace(plan, created_at=now, tool_version=__version__)
