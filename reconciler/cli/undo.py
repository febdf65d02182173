"""``undo``: from an apply's report to the plan that takes it back, shown and saved like any."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from reconciler.cli.configuration import guarding_configuration
from reconciler.cli.exit_code import unread_code
from reconciler.cli.files import read_document
from reconciler.cli.output import prepare
from reconciler.cli.plan import present, stamp
from reconciler.cli.session import Session
from reconciler.document import load_report
from reconciler.text.plural import count
from reconciler.workflow.renewal import accounts_of
from reconciler.workflow.undo import make_undo

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.cli.console import Console
    from reconciler.cli.flags import NetworkFlags, OutputFlags
    from reconciler.config import Configuration
    from reconciler.model.outcome import Report
    from reconciler.model.plan import Plan


def run(
    file: str,
    config: Sequence[str],
    network: NetworkFlags,
    output: OutputFlags,
    console: Console,
    *,
    out: str | None,
) -> int:
    """Show and save the way back from the apply that wrote ``file``."""
    prepare(output, console, out=out, keep=file)
    report = read_document(file, load_report)
    configuration = guarding_configuration(report.plan, config, console)
    if configuration is None:
        console.show("No configuration for the report's accounts is at hand: default guards hold.")
    plan = stamp(asyncio.run(_plan(report, configuration, network, console)))
    present(plan, output, console, out=out)
    others = sum(not one.result.succeeded for one in report.outcomes)
    if others:
        console.log(f"{count(others, 'change')} of the report did not succeed: see it for why.")
    return unread_code(plan)


async def _plan(
    report: Report, configuration: Configuration | None, network: NetworkFlags, console: Console
) -> Plan:
    gateway = report.plan.gateway if configuration is None else configuration.gateway
    accounts = accounts_of(report.plan, configuration)
    async with Session(network, console, gateway, accounts=accounts) as session:
        work = make_undo(report, configuration, session.provider, console.show)
        return await session.watch(work)
