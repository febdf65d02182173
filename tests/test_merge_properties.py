"""Whatever is live and has which tag: a merge takes nothing off, and one plan does all of it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from reconciler.config import load_text
from reconciler.executor import RunContext, execute
from reconciler.model.change import Count, Loss
from reconciler.model.tag import Company, Status
from reconciler.model.trash import Day, original, parse
from reconciler.planning.narrowing import Narrowing
from reconciler.workflow.plan import PlanRequest, make_plan
from tests.builders import live_tag
from tests.fakes.provider import FakeProvider

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.model.outcome import Outcome, Report
    from reconciler.model.plan import Plan
    from reconciler.model.tag import LiveTag, Place

NAMES = ("Opportunity", "Oppty", "opportunity", "Lead", "Spam")
MERGED = {"Opportunity", "Oppty", "opportunity"}
TODAY = Day(2026, 11, 25)


@dataclass
class CountingProvider(FakeProvider):
    """Counts the calls that have the very tag, as an exact count would."""

    async def usage(self, place: Place, tag: LiveTag, *, flows: bool = True) -> Loss:
        """The calls that have it."""
        self.requests += 1
        calls = sum(tag.id in tags for tags in self.assigned.values())
        return Loss(calls=Count(calls))


@st.composite
def live_tags(draw: st.DrawFn, first: int = 1, company_id: str | None = None) -> list[LiveTag]:
    """Tags of one place, some of them in the trash, under different names; ids from ``first``."""
    names = draw(st.lists(st.sampled_from(NAMES), unique=True))
    trashed = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=2))
    every = [*names, *(f"~trash 2026-11-2{at} {name}" for at, name in enumerate(trashed))]
    return [
        live_tag(
            number,
            name,
            status=Status.DISABLED if parse(name) else draw(st.sampled_from(Status)),
            color=draw(st.sampled_from(("gray1", "blue1"))),
            company_id=company_id,
        )
        for number, name in enumerate(draw(st.permutations(every)), first)
    ]


@st.composite
def providers(draw: st.DrawFn, company: Company | None = None) -> CountingProvider:
    """Account level, a ``company`` if any, and up to eight calls with any of their tags."""
    tags = draw(live_tags())
    if company is not None:
        tags += draw(live_tags(first=101, company_id=company.id))
    ids = st.sets(st.sampled_from([tag.id for tag in tags])) if tags else st.just(set())
    calls = draw(st.lists(ids, max_size=8))
    assigned = {f"CAL{number}": held for number, held in enumerate(calls)}
    return CountingProvider(
        {tag.id: tag for tag in tags},
        assigned=assigned,
        unique="exact",
        known_companies=() if company is None else (company,),
    )


blocks = st.fixed_dictionaries(
    {
        "name": st.just("Opportunity"),
        "merged_from": st.permutations(["Oppty", "opportunity"]),
    },
    optional={
        "keep_id": st.booleans(),
        "color": st.sampled_from(("red1", "blue1")),
        "renamed_from": st.just("Spam"),
    },
)
policies = st.fixed_dictionaries(
    {"limits": st.just({"disables": 99, "deletes": 99, "delete_percent": 100})},
    optional={"unmanaged": st.sampled_from(("keep", "disable"))},
)


class _Deaf:
    def outcome(self, outcome: Outcome) -> None:
        """Nobody listens."""


async def _no_pause(_seconds: float) -> None:
    pass


def planned(document: Mapping[str, Any], provider: FakeProvider) -> Plan:
    request = PlanRequest(narrowing=Narrowing(), today=TODAY)
    configuration = load_text(json.dumps(document), "reconciler.yaml")
    return asyncio.run(make_plan(configuration, lambda _account: provider, request))


def carry_out(plan: Plan, provider: FakeProvider) -> Report:
    run = RunContext(watcher=_Deaf(), pause=_no_pause)
    return asyncio.run(execute(plan, {"acme": provider}, run))


@given(providers(), blocks, policies)
def test_what_had_an_old_tag_has_the_new_one_and_keeps_the_old(
    provider: CountingProvider, block: dict[str, Any], policy: dict[str, Any]
) -> None:
    document = {
        "version": 1,
        "accounts": {"acme": {"id": "ACC1", **policy}},
        "tags": [block],
    }
    ids = {call: set(tags) for call, tags in provider.assigned.items()}
    merged = {tag.id for tag in provider.live.values() if original(tag.name) in MERGED}
    plan = planned(document, provider)
    report = carry_out(plan, provider)
    assert all(one.result.succeeded for one in report.outcomes), report.outcomes
    new = [tag for tag in provider.live.values() if tag.name == "Opportunity"]
    assert len(new) == 1
    assert new[0].status is Status.ENABLED
    for call, had in ids.items():
        assert had <= provider.assigned[call]
        if had & merged:
            assert new[0].id in provider.assigned[call]
    assert planned(document, provider).changes == ()


NORTH = Company("COM1", "Dental North")
PROMOTED = ("Opportunity", "Oppty")
ITEMS = [{"name": name, "companies": "all"} for name in PROMOTED]
promotions = st.fixed_dictionaries(
    {
        "name": st.just("Opportunity"),
        # A look-alike on account level would be taken for the declared tag, as a server tidied it.
        "merged_from": st.sampled_from([[*ITEMS, "opportunity"], ["opportunity", "Oppty", *ITEMS]]),
    },
    optional={"color": st.sampled_from(("red1", "blue1"))},
)


@given(providers(NORTH), promotions, policies)
def test_what_had_a_company_s_tag_has_the_account_s_and_keeps_the_old(
    provider: CountingProvider, block: dict[str, Any], policy: dict[str, Any]
) -> None:
    document = {"version": 1, "accounts": {"acme": {"id": "ACC1", **policy}}, "tags": [block]}
    ids = {call: set(tags) for call, tags in provider.assigned.items()}
    before = provider.live.values()
    promoted = {one.id for one in before if one.company_id and original(one.name) in PROMOTED}
    report = carry_out(planned(document, provider), provider)
    assert all(one.result.succeeded for one in report.outcomes), report.outcomes
    live = provider.live.values()
    (new,) = (one for one in live if one.name == "Opportunity" and one.company_id is None)
    assert [one for one in live if one.company_id and one.name in PROMOTED] == []
    for call, had in ids.items():
        assert had <= provider.assigned[call]
        if had & promoted:
            assert new.id in provider.assigned[call]
    assert planned(document, provider).changes == ()
