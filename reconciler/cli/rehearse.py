"""``rehearse``: a saved plan applied to a copy of its accounts, before it is applied for real."""

from __future__ import annotations

import asyncio
import logging
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.cli.configuration import guarding_configuration
from reconciler.cli.exit_code import exit_code
from reconciler.cli.files import read_document
from reconciler.cli.replica import SandboxReplica, UsedBy, uses
from reconciler.cli.session import Session
from reconciler.document import load_plan, load_snapshot
from reconciler.errors import ApplyError
from reconciler.executor import Deletes
from reconciler.render import outcomes, rehearsal
from reconciler.render.layout import wrap
from reconciler.text.plural import count
from reconciler.workflow.apply import ApplyRequest, Waited
from reconciler.workflow.rehearse import Answers, rehearse
from reconciler.workflow.renewal import accounts_of
from reconciler.workflow.snapshot import provider_from, read_live

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reconciler.cli.console import Console
    from reconciler.cli.flags import NetworkFlags
    from reconciler.config import Configuration
    from reconciler.model.outcome import Outcome
    from reconciler.model.plan import Plan
    from reconciler.model.rehearsal import Rehearsal
    from reconciler.model.state import LiveAccount


def run(
    file: str,
    config: Sequence[str],
    live: str | None,
    network: NetworkFlags,
    console: Console,
) -> int:
    """Rehearse the plan of ``file``; ApplyError's code where that went otherwise than well, and
    that of a plan which ``apply`` would not try.
    """
    plan = read_document(file, load_plan)
    plan = replace(plan, accounts=tuple(replace(use, allowance=None) for use in plan.accounts))
    configuration = guarding_configuration(plan, config, console)
    copied = asyncio.run(_copied(plan, configuration, live, network, console))
    used = uses(plan.changes)
    begun = [
        part for line in _beginning(copied, used, live) for part in wrap(line, console.width())
    ]
    console.result("\n".join([*begun, "", ""]))
    with console.working("Rehearsing"), _no_word_of_waits():
        shown = asyncio.run(_rehearse(plan, configuration, copied, used, network, console))
    first = shown.plain.reports[0]
    if first.failure is not None:
        console.failure(first.failure)
        return exit_code(first)
    console.result(rehearsal.rehearsal(shown, style=console.style(), width=console.width()))
    return 0 if shown.sound else ApplyError.exit_code


async def _copied(
    plan: Plan,
    configuration: Configuration | None,
    live: str | None,
    network: NetworkFlags,
    console: Console,
) -> tuple[LiveAccount, ...]:
    """What is live in the plan's accounts, by the snapshot ``live`` or by a read made now."""
    accounts = accounts_of(plan, configuration)
    if live is not None:
        return await read_live(accounts, provider_from(read_document(live, load_snapshot)))
    gateway = plan.gateway if configuration is None else configuration.gateway
    async with Session(network, console, gateway, accounts=accounts) as session:
        return await session.watch(read_live(accounts, session.provider))


def _beginning(
    copied: Sequence[LiveAccount], used: Mapping[int, UsedBy], live: str | None
) -> tuple[str, str]:
    tags = [tag for one in copied for tag in one.tags]
    companies = sum(len(one.companies) for one in copied)
    interactions = sum(sum(used.get(tag.id, ())) for tag in tags)
    kinds = (
        count(len(copied), "account"),
        count(companies, "company", "companies"),
        count(len(tags), "tag"),
    )
    return (
        f"A copy of {live or 'what is live'}, in this process; from here on nothing is sent.",
        f"Copied: {', '.join(kinds)}; {count(interactions, 'interaction')} by the plan's counts.",
    )


async def _rehearse(
    plan: Plan,
    configuration: Configuration | None,
    copied: Sequence[LiveAccount],
    used: Mapping[int, UsedBy],
    network: NetworkFlags,
    console: Console,
) -> Rehearsal:
    def replica(answers: Answers) -> SandboxReplica:
        return SandboxReplica(copied, used, answers, parallelism=network.parallelism)

    def request(answers: Answers) -> ApplyRequest:
        return ApplyRequest(
            waited=Waited.IN_A_FILE,
            deletes=Deletes.SEND,
            watcher=_Shown(console) if answers is Answers.ARRIVE else _Silent(),
            parallelism=network.parallelism,
            configuration=configuration,
        )

    return await rehearse(plan, replica, request)


@contextmanager
def _no_word_of_waits() -> Iterator[None]:
    """Without what the client logs of waits for the quota: here nobody waits."""
    logger = logging.getLogger("reconciler.api")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


class _Shown:
    """Shows each step of the plan as it ends, once."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._seen: set[object] = set()

    def outcome(self, outcome: Outcome) -> None:
        """One line of the result."""
        if outcome.change not in self._seen:
            self._seen.add(outcome.change)
            self._console.result(f"{outcomes.outcome_line(outcome, style=self._console.style())}\n")


class _Silent:
    """Shows nothing: what became of it stands in the report."""

    def outcome(self, _outcome: Outcome) -> None:
        """Nothing."""
