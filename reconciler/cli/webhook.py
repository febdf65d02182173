"""``--webhook``: the outcome of an apply or drift, posted once when the run is over."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from reconciler.errors import ReconcilerError
from reconciler.model.outcome import Report
from reconciler.model.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.cli.console import Console

_RUNS: Final = (
    "{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}",
    "{CI_JOB_URL}",
    "https://bitbucket.org/{BITBUCKET_REPO_FULL_NAME}/pipelines/results/{BITBUCKET_BUILD_NUMBER}",
    "{SYSTEM_COLLECTIONURI}{SYSTEM_TEAMPROJECTID}/_build/results?buildId={BUILD_BUILDID}",
)
"""Where a run of GitHub, GitLab, Bitbucket or Azure is shown, by variables of its runner."""


def send(code: int, console: Console) -> None:
    """Post what became of the run that ends with ``code``; what goes wrong is said, no more.

    The address is shown nowhere but for its host: whoever knows it may post there.
    """
    url = console.webhook
    assert url is not None  # noqa: S101 - main() asks
    parts = urlsplit(url)
    console.redactor.add(url)
    console.redactor.add(url.partition(parts.netloc)[2])
    try:
        failed = asyncio.run(_post(url, _document(code, console), console))
    except ReconcilerError as error:
        failed = error.message
    except KeyboardInterrupt:
        failed = "it was interrupted"
    except Exception as error:  # noqa: BLE001 - the run is over, and its exit code stands
        console.traceback(error)
        failed = f"internal error: {type(error).__name__}"
    if failed is not None:
        console.complaint(
            f"the webhook at {parts.hostname} was not notified: {failed}",
            f"What the run did is as shown; its exit code stays {code}.",
            code="webhook",
        )


async def _post(url: str, document: Mapping[str, object], console: Console) -> str | None:
    from reconciler.callrail.webhook import post

    return await post(url, document, console.redactor.redact)


def _document(code: int, console: Console) -> Mapping[str, object]:
    """What is posted, with every key of the run taken out."""
    import json

    from reconciler.document import dump, notice_document
    from reconciler.render.notice import notice

    outcome = _in_short(console.outcome)
    run = _run_url(console.environ)
    text = notice(console.command, outcome, exit_code=code, run=run)
    document = notice_document(console.command, outcome, exit_code=code, text=text, run=run)
    found: Mapping[str, object] = json.loads(console.redactor.redact(dump(document)))
    return found


def _in_short(outcome: object) -> Plan | Report | str:
    """``outcome``, or the message of what kept the run from one."""
    match outcome:
        case Plan() | Report():
            return outcome
        case ReconcilerError():
            return outcome.message
        case _:
            return f"internal error: {type(outcome).__name__}"


def _run_url(environ: Mapping[str, str]) -> str | None:
    """The address of the CI job that runs this, if a runner says so."""
    for template in _RUNS:
        try:
            url = template.format_map(environ)
        except KeyError:
            continue
        if url.startswith("https://") and url.isascii() and not set(url) & set(" <>|\\\n"):
            return url
    return None
