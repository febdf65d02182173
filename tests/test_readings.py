"""What a plan may rest on: a listing that is proven, and rows that are understood."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from reconciler.config import load
from reconciler.errors import ProtocolError
from reconciler.planning import Narrowing
from reconciler.provider import Listing, OddTag
from reconciler.render import text
from reconciler.workflow.plan import PlanRequest, make_plan
from tests.builders import ACME, live_tag
from tests.expectations import TODAY
from tests.fakes.provider import FakeProvider

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from reconciler.model.plan import Plan
    from reconciler.model.state import Account


@dataclass
class FilteredProvider(FakeProvider):
    """Shows ``shown`` where no proof is asked for, everything where one is."""

    shown: frozenset[int] = frozenset()
    odd: tuple[OddTag, ...] = ()
    asked: list[bool] = field(default_factory=list)

    async def tags(
        self, places: Collection[str | None] | None = None, *, proven: bool = False
    ) -> Listing:
        self.requests += 1
        self.asked.append(proven)
        if proven or places is None:
            return Listing(tags=tuple(self.live.values()), odd=self.odd)
        tags = tuple(tag for tag in self.live.values() if tag.id in self.shown)
        return Listing(tags=tags, unread=None, proven=False, odd=self.odd)


def planned(
    folder: Path, tags: str, provider: FilteredProvider, policy: str = "", **narrowing: object
) -> Plan:
    head = f"version: 1\naccounts: {{acme: {{id: {ACME.id}{policy}}}}}\n"
    (folder / "reconciler.yaml").write_text(f"{head}tags: [{tags}]\n", "utf-8")
    configuration = load([folder / "reconciler.yaml"])

    def provider_for(_account: Account) -> FilteredProvider:
        return provider

    request = PlanRequest(narrowing=Narrowing(**narrowing), today=TODAY)  # type: ignore[arg-type]
    return asyncio.run(make_plan(configuration, provider_for, request))


VIP, OLD = live_tag(1, "VIP"), live_tag(2, "Old")


def filtered(*shown: int, odd: tuple[OddTag, ...] = ()) -> FilteredProvider:
    return FilteredProvider({1: VIP, 2: OLD}, shown=frozenset(shown), odd=odd)


@pytest.mark.parametrize(
    "tags", ["{name: VIP}", "{name: VIP, color: red1}", "{name: VIP, state: disabled}"]
)
def test_what_is_seen_needs_no_proof(tags: str, tmp_path: Path) -> None:
    provider = filtered(1)
    plan = planned(tmp_path, tags, provider)
    assert provider.asked == [False]
    assert plan.companies_unread
    assert "(companies' tags not read)" in text.plan(plan)


@pytest.mark.parametrize(
    ("tags", "policy"),
    [
        ("{name: New}", ""),
        ("{name: VIP, state: absent, note: gone}", ""),
        ("{name: Gone, state: absent, note: gone}", ""),
        ("{name: Gone, state: disabled}", ""),
        ("{name: Other, renamed_from: VIP}", ""),
        ("{name: VIP}", ", unmanaged: disable"),
        ("{name: VIP}", ", unmanaged: delete"),
    ],
)
def test_what_rests_on_absence_is_proven_first(tags: str, policy: str, tmp_path: Path) -> None:
    provider = filtered(1)
    plan = planned(tmp_path, tags, provider, policy)
    assert provider.asked == [False, True]
    assert not plan.companies_unread
    assert plan.accounts[0].plan_requests >= 2


def test_a_tag_that_a_filter_hides_is_not_made_again(tmp_path: Path) -> None:
    plan = planned(tmp_path, "{name: VIP}, {name: Old}", filtered(1))
    assert (plan.changes, plan.unchanged) == ((), 2)


def test_where_pages_of_tags_are_declared_the_proof_is_asked_for_at_once(tmp_path: Path) -> None:
    provider = filtered(1)
    planned(tmp_path, ", ".join(f"{{name: T{one}}}" for one in range(250)), provider)
    assert provider.asked == [True]


def odd_tag(name: str | None = "Strange", **more: object) -> OddTag:
    known: dict[str, object] = {
        "id": "77", "company_id": None, "placed": True, "page": 2, "why": "'status' is missing",
    }  # fmt: skip
    return OddTag(name=name, **{**known, **more})  # type: ignore[arg-type]


ELSEWHERE = odd_tag(name=None, company_id="COM9")


@pytest.mark.parametrize("odd", [odd_tag(), ELSEWHERE, odd_tag(placed=False)])
def test_an_odd_row_that_nothing_concerns_is_warned_of_and_left_alone(
    odd: OddTag, tmp_path: Path
) -> None:
    plan = planned(tmp_path, "{name: New}", filtered(1, 2, odd=(odd,)))
    assert [change.blocked_by for change in plan.changes] == [None]
    (warning,) = plan.warnings
    for reported in (
        "tag 77",
        "of acme on page 2",
        "'status' is missing",
        "nothing is deleted in acme",
    ):
        assert reported in warning.message
    if odd.name is not None:
        assert '"Strange"' in warning.message


def test_nothing_is_deleted_in_its_account(tmp_path: Path) -> None:
    tags = "{name: Old, state: absent, note: gone}, {name: New}"
    plan = planned(tmp_path, tags, filtered(1, 2, odd=(odd_tag(),)))
    blocked = {change.name: change.blocked_by for change in plan.changes}
    assert blocked["New"] is None
    assert "tag 77" in (blocked["Old"] or "")


@pytest.mark.parametrize(
    "odd", [odd_tag("New"), odd_tag("Newer"), odd_tag(None), odd_tag("New", placed=False)]
)
def test_one_that_may_be_a_declared_tag_stops_the_account(odd: OddTag, tmp_path: Path) -> None:
    provider = filtered(1, 2, odd=(odd,))
    with pytest.raises(ProtocolError, match="may be one that the configuration declares") as stop:
        planned(tmp_path, "{name: New, renamed_from: Newer}", provider)
    assert "tag 77" in stop.value.message
    assert "of acme on page 2" in stop.value.message


def test_many_odd_rows_are_counted(tmp_path: Path) -> None:
    odd = tuple(odd_tag(f"Strange {one}", id=str(one)) for one in range(1, 1_001))
    plan = planned(tmp_path, "{name: VIP}", filtered(1, 2, odd=odd))
    assert len(plan.warnings) == 6
    assert "995 more tags are as odd" in plan.warnings[-1].message
