"""Where a plan's processor time goes: ``python stages.py ADDRESS ACCOUNT KEY CONFIG`` -> JSON.

Run in the product's environment. One tag in a hundred is declared in another colour than it has,
so that there is something to diff and to render; this file alone looks inside the product.
"""

import asyncio
import gc
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.callrail.client import connect
from reconciler.callrail.credentials import Credential
from reconciler.callrail.runtime import Settings
from reconciler.config.build import build
from reconciler.config.check import check
from reconciler.config.collector import Collector
from reconciler.config.configuration import Configuration
from reconciler.config.files import read_all
from reconciler.config.semantics import check_semantics
from reconciler.config.source import parse
from reconciler.model.plan import AccountUse
from reconciler.model.state import Gateway, LiveAccount
from reconciler.planning import assemble, draft, guard
from reconciler.planning.matching import match
from reconciler.render import text
from reconciler.workflow import clock

if TYPE_CHECKING:
    from reconciler.model.tag import LiveTag

ADDRESS, ACCOUNT, KEY, CONFIG = sys.argv[1:]
STAGES: dict[str, float] = {}


class Stage:
    """Adds the processor time inside it to STAGES."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> None:
        self.began = time.process_time()

    def __exit__(self, *_: object) -> None:
        STAGES[self.name] = STAGES.get(self.name, 0.0) + time.process_time() - self.began


def configured() -> Configuration:
    problems = Collector()
    gc.disable()
    with Stage("load"):
        (source,) = read_all([Path(CONFIG)], problems)
        document = parse(source, problems)
    assert document is not None
    with Stage("validate"):
        parts = build([check(document, problems)], problems, complete=True)
        check_semantics(parts.entries, parts.accounts, problems)
    gc.enable()
    problems.raise_if_failed()
    return Configuration(accounts=tuple(parts.accounts.values()), entries=tuple(parts.entries))


async def main() -> None:
    configuration = configured()
    (account,) = configuration.accounts
    credential = Credential(gateway=Gateway.CALLRAIL, key=KEY, origin_description="argv")
    settings = Settings(credential=credential, api_url=f"http://{ADDRESS}")
    async with connect(settings) as client:
        provider = client.provider(account)
        with Stage("fetch"):
            companies = await provider.companies() if configuration.needs_companies("bulk") else ()
        with Stage("resolve"):
            (desired,) = configuration.resolve({"bulk": companies}).accounts
        with Stage("fetch"):
            listing = await provider.tags(None)
    live = LiveAccount(account=account.ref, tags=listing.tags, companies=desired.companies)
    by_place: dict[str | None, list[LiveTag]] = {}
    for tag in live.tags:
        by_place.setdefault(tag.company_id, []).append(tag)
    with Stage("match"):
        for place, declared in desired.tags.items():
            match(declared, by_place.get(place, []))
    with Stage("diff"):
        drafted = draft(desired, live, today=clock.today())
        changes = guard(drafted, drafted.changes)
        plan = assemble([(drafted, AccountUse(account=account.ref), changes)])
    # Drafting matches too; what is left is comparing, advice, guards and order.
    STAGES["diff"] = max(0.0, STAGES["diff"] - STAGES["match"])
    with Stage("render"):
        text.plan(plan)
    json.dump(STAGES, sys.stdout)


gc.set_threshold(200_000)
asyncio.run(main())
