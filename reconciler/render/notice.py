"""What a webhook gets of a run, in one line for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reconciler.model.outcome import Report, Verification
from reconciler.model.plan import Plan
from reconciler.render import outcomes
from reconciler.render.drift import headline
from reconciler.render.escape import terminal
from reconciler.text.plural import listed
from reconciler.text.visible import cut

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST: Final = 300
"""Characters of a message that may quote a server or a file."""


def notice(
    command: str, outcome: Plan | Report | str, *, exit_code: int, run: str | None = None
) -> str:
    """One line, as Slack shows it: nothing in it calls a person, links or formats by accident.

    ``outcome`` is drift's plan, apply's report, or what kept the run from both. ``run`` is the
    address of the CI job.
    """
    summary = " ".join([*_sentences(outcome), f"Exit code {exit_code}."])
    plain = slack(f"reconciler {command}{_where(outcome)}: {summary}")
    return f"{plain} {run}" if run else plain


def slack(text: str) -> str:
    """``text`` for Slack, which acts on what stands in angle brackets and on nothing else."""
    return terminal(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _where(outcome: Plan | Report | str) -> str:
    plan = outcome.plan if isinstance(outcome, Report) else outcome
    if isinstance(plan, str):
        return ""
    return f" ({listed([use.account.handle for use in plan.accounts])})"


def _sentences(outcome: Plan | Report | str) -> Iterator[str]:
    if isinstance(outcome, str):
        yield _sentence(outcome)
    elif isinstance(outcome, Plan):
        yield headline(outcome)
        if outcome.unread:
            yield f"Not read: {listed([one.account for one in outcome.unread])}."
    elif outcome.failure is not None:
        yield f"Nothing was changed: {_sentence(outcome.failure.message)}"
    else:
        yield f"{outcomes.verdict(outcome)}: {outcomes.counts(outcome) or 'nothing to do'}."
        if outcome.verification is not Verification.NOTHING_WRITTEN:
            yield outcomes.verification(outcome).replace("done:", "done.")
        if outcome.plan.unread:
            yield f"Not read: {listed([one.account for one in outcome.plan.unread])}."


def _sentence(message: str) -> str:
    return f"{cut(message, _LONGEST).rstrip('.')}."
