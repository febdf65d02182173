"""``explain``: why a tag is planned as it is, or what a code means."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, NamedTuple

from reconciler.cli.configuration import load_configuration, refuse_numbers
from reconciler.cli.session import Session
from reconciler.cli.values import Format
from reconciler.document import dump
from reconciler.errors import UsageError
from reconciler.text.nearest import nearest
from reconciler.text.plural import listed
from reconciler.workflow import clock

if TYPE_CHECKING:
    from reconciler.cli.console import Console
    from reconciler.cli.flags import NetworkFlags
    from reconciler.model.explanation import Explanation


class ExplainFlags(NamedTuple):
    """Where the name is looked for."""

    config: tuple[str, ...]
    account: tuple[str, ...]
    company: tuple[str, ...]
    network: NetworkFlags


_CODE = re.compile("[A-Za-z]{3,6}[0-9]{3}")


def run(name: str, flags: ExplainFlags, form: Format, console: Console) -> int:
    """Explain a code offline, or a tag by reading live state."""
    if _CODE.fullmatch(name):
        _explain_code(name.upper(), form, console)
        return 0
    found = asyncio.run(_explain(name, flags, console))
    console.warnings(found.warnings)
    if form is Format.JSON:
        from reconciler.document.explanation import explanation_document

        console.result(dump(explanation_document(found)))
        return 0
    from reconciler.render.explanation import explanation

    console.result(explanation(found, style=console.style(), width=console.width()))
    return 0


async def _explain(name: str, flags: ExplainFlags, console: Console) -> Explanation:
    from reconciler.workflow.explain import ExplainRequest, explain

    configuration = load_configuration(flags.config, console, account=flags.account)
    async with Session(
        flags.network, console, configuration.gateway, accounts=configuration.accounts
    ) as session:
        request = ExplainRequest(
            name=name,
            companies=flags.company,
            today=clock.today(),
            log=console.progress().step,
        )
        await session.watch(refuse_numbers(configuration, session))
        return await session.watch(explain(configuration, session.provider, request))


def _explain_code(code: str, form: Format, console: Console) -> None:
    from reconciler.cli.code_texts import code_texts

    known = code_texts()
    if code not in known:
        raise UsageError(
            f"there is no code {code}",
            hint=f"Did you mean {listed(near, last='or')}?"
            if (near := nearest(code, known, most=3))
            else f"There are {listed(sorted({one[:-3] for one in known}))} codes.",
        )
    text = known[code]
    if form is Format.JSON:
        from reconciler.document.explanation import code_document

        console.result(dump(code_document(*text[:4], mutable=text.mutable)))
        return
    from reconciler.render.explanation import code as shown

    console.result(shown(*text[:4], mutable=text.mutable, width=console.width()))
