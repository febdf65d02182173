"""A snapshot is evidence: a create may become a rename by it, and nothing else changes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.change import Create, Reason, Update
from reconciler.model.names import any_alike
from reconciler.model.news import News
from reconciler.model.plan import AccountUse, Evidence
from reconciler.model.state import LiveAccount, Snapshot, State, Unmanaged
from reconciler.model.tag import LiveTag, Status
from reconciler.planning import assemble
from reconciler.planning.since import Past
from reconciler.planning.since_news import is_news, only_news
from tests.builders import ACME, live_tag, only
from tests.expectations import declare, desired, draft, live
from tests.planning.people import (
    NORTH,
    TRASH,
    Account,
    delete,
    disable,
    make_anew,
    recolor,
    rename,
    swap,
    take_name,
    trash,
)
from tests.planning.strategies import (
    COLORS,
    COMPANIES,
    NAMES,
    PLACES,
    Scenario,
    scenarios,
)
from tests.planning.strategies import (
    TRASH as TRASHED,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from reconciler.model.change import Change
    from reconciler.model.plan import Plan
    from reconciler.model.state import DesiredAccount
    from reconciler.planning import Draft

AT = "2026-11-01 07:00 UTC"


def past(*tags: LiveTag) -> Past:
    return Past(live(*tags), AT)


def warned(drafted: Draft) -> list[tuple[str, str]]:
    """Codes and messages of the warnings that rest on the snapshot."""
    return [(one.code, one.message) for one in drafted.warnings if AT in one.message]


def test_a_tag_that_was_renamed_gets_its_name_back() -> None:
    block = declare("Opportunity", color="blue1")
    now = live_tag(7, "Oppty")
    drafted = draft(desired(block), live(now), past=past(live_tag(7)))
    change = only(drafted, Update)
    assert (change.before, change.after.name, change.fields) == (
        now,
        "Opportunity",
        ("name", "color"),
    )
    assert (change.reason, change.since, change.source) == (
        Reason.RENAMED_BACK,
        News.RENAMED,
        block.source,
    )
    assert drafted.unmanaged == ()
    ((code, message),) = warned(drafted)
    assert code == "PLAN011"
    assert message == (
        f'"Opportunity" was renamed to "Oppty", by the snapshot of {AT}; it is renamed back '
        "(acme · account)"
    )
    ((hint,),) = ([one.hint for one in drafted.warnings],)
    assert hint is not None
    assert hint.endswith('name: "Oppty"\nrenamed_from: ["Opportunity"]')


@pytest.mark.parametrize(
    ("name", "values", "why"),
    [
        ("Spam", {}, "a block speaks of that name too"),
        ("Old spam", {}, "a block speaks of that name too"),
        ("VIP calls", {"protect": ("VIP*",)}, "`protect` keeps that name"),
        ("crm-lead", {"ignore": ("crm-*",)}, "`ignore` leaves that name to others"),
        (TRASH.format("Other"), {}, "it lies in the trash"),
    ],
)
def test_a_tag_that_may_not_be_taken_is_named_and_the_declared_one_created(
    name: str, values: dict[str, Any], why: str
) -> None:
    wanted = desired(declare("Opportunity"), declare("Spam", renamed_from=("Old spam",)), **values)
    there = live(live_tag(7, name), live_tag(8, "Spam" if name != "Spam" else "Else"))
    drafted = draft(wanted, there, past=past(live_tag(7)))
    creates = [change for change in drafted.changes if isinstance(change, Create)]
    assert [change.name for change in creates] == ["Opportunity"]
    assert not [one for one in drafted.changes if one.reason is Reason.RENAMED_BACK]
    ((code, message),) = warned(drafted)
    assert (code, why in message, "a new tag is created" in message) == ("PLAN011", True, True)


@pytest.mark.parametrize("state", [State.ABSENT, State.DISABLED])
def test_a_tag_that_is_not_wanted_live_is_left_alone_under_its_new_name(state: State) -> None:
    drafted = draft(
        desired(declare(state=state, note="Why")),
        live(live_tag(7, "Oppty")),
        past=past(live_tag(7)),
    )
    assert drafted.changes == ()
    ((code, message),) = warned(drafted)
    assert (code, f"declared {state.value}, it is left alone" in message) == ("PLAN011", True)


def test_one_of_another_place_is_no_evidence() -> None:
    moved = live_tag(7, "Oppty", company_id=NORTH.id)
    drafted = draft(desired(declare()), live(moved, companies=[NORTH]), past=past(live_tag(7)))
    assert isinstance(only(drafted, Create), Create)
    assert warned(drafted) == []


def test_where_a_row_was_not_understood_no_tag_is_called_deleted_or_new() -> None:
    odd = live(live_tag(9, "Opportunity"), live_tag(8, "Other"))._replace(odd=1)
    wanted = desired(declare(color="blue1"), declare("Spam"))
    then = past(live_tag(7), live_tag(6, "Spam"))
    drafted = draft(wanted, odd, past=then)
    assert [(one.name, one.since) for one in drafted.changes] == [
        ("Opportunity", News.NEW),
        ("Spam", None),
    ]
    assert warned(drafted) == []
    unsure = Past(live(live_tag(7))._replace(odd=1), AT)
    drafted = draft(wanted, odd._replace(odd=0), past=unsure)
    assert {one.since for one in (*drafted.changes, *drafted.unmanaged)} == {None}


def test_companies_tags_are_merged_into_no_tag_by_a_snapshots_word() -> None:
    top, other = declare("Spam"), live_tag(7, "VIP calls")
    wanted = desired(top, promoted={NORTH.id: {"Spam": top}})
    now = live(other, live_tag(8, "Spam", company_id=NORTH.id), companies=[NORTH])
    forgery = past(live_tag(7, "Spam"))
    drafted = draft(wanted, now, past=forgery)
    assert [one.action for one in drafted.changes] == ["create", "merge"]
    assert stripped(drafted.changes) == stripped(draft(wanted, now).changes)
    ((code, message),) = warned(drafted)
    assert (code, "merged into a new one" in message) == ("PLAN011", True)


def test_the_oldest_of_several_that_had_the_name_gets_it_back() -> None:
    now = [live_tag(7, "Oppty"), live_tag(5, "Oppor")]
    drafted = draft(desired(declare()), live(*now), past=past(live_tag(7), live_tag(5)))
    assert only(drafted, Update).before.id == 5


def test_what_the_server_may_have_tidied_is_renamed_back_where_it_had_the_name() -> None:
    now = live(live_tag(7, "opportunity"))
    assert draft(desired(declare()), now).changes == ()
    change = only(draft(desired(declare()), now, past=past(live_tag(7))), Update)
    assert change.after.name == "Opportunity"


def test_the_trash_comes_before_a_tag_that_was_renamed() -> None:
    """Else a restore would become a purge by a snapshot's word."""
    lies = live_tag(3, "~trash 2025-01-01 Opportunity", status=Status.DISABLED)
    now = live(live_tag(7, "Oppty"), lies)
    drafted = draft(desired(declare()), now, past=past(live_tag(7)))
    assert only(drafted, Update).before == lies
    assert [code for code, _message in warned(drafted)] == ["PLAN012"]


DEED_TO_PLAN: tuple[tuple[Callable[..., object], str | None, News | None, str | None], ...] = (
    (rename, "update", News.RENAMED, "PLAN011"),
    (delete, "create", News.GONE, None),
    (recolor, "update", News.RECOLORED, None),
    (disable, "update", News.DISABLED, None),
    (trash, "update", News.TRASHED, None),
    (make_anew, None, None, "PLAN012"),
    (take_name, None, None, "PLAN012"),
    (swap, None, None, "PLAN012"),
)


@pytest.mark.parametrize(("deed", "action", "since", "code"), DEED_TO_PLAN)
def test_what_people_did_is_reported_by_plan_and_drift(
    deed: Callable[..., object], action: str | None, since: News | None, code: str | None
) -> None:
    account = Account()
    one, other = account.make("Lead"), account.make("Spam")
    then = [*account.tags.values()]
    deed(account, one, other)
    # The name of the other one is nobody's business.
    wanted = desired(companies=[(NORTH, (declare("Lead", color="gray1"),))])
    now = live(*account.tags.values(), companies=[NORTH])
    drafted = draft(wanted, now, past=past(*then))
    assert [(change.action, change.since) for change in drafted.changes] == (
        [(action, since)] if action else []
    )
    assert [found for found, _message in warned(drafted)] == ([code] if code else [])
    assert is_news(only_news(plan_of(drafted)))
    quiet = draft(wanted, now, past=past(*account.tags.values()))
    assert warned(quiet) == []
    assert not is_news(only_news(plan_of(quiet)))
    assert only_news(plan_of(quiet)).since == Evidence("", (), older=len(quiet.changes))


def plan_of(drafted: Draft) -> Plan:
    plan = assemble([(drafted, AccountUse(account=ACME), drafted.changes)], list_unmanaged=True)
    return replace(plan, since=Evidence(""))


def test_drift_reports_what_is_new_of_tags_that_nobody_declared() -> None:
    now = live(live_tag(1), live_tag(2, "Old"), live_tag(3, "Renamed"), live_tag(4, "New"))
    then = past(live_tag(1), live_tag(2, "Old", color="red1"), live_tag(3, "Before"))
    plan = only_news(plan_of(draft(desired(declare()), now, past=then)))
    assert [(one.tag.name, one.since) for one in plan.unmanaged_tags] == [
        ("Renamed", News.RENAMED),
        ("New", News.NEW),
    ]


def test_an_account_that_the_snapshot_lacks_is_listed_whole() -> None:
    drafted = draft(desired(declare()), live(live_tag(2, "Other")))
    plan = replace(plan_of(drafted), since=Evidence("", ("acme",)))
    assert only_news(plan) == plan


def stripped(changes: Iterable[Change]) -> set[Change]:
    return {replace(change, since=None) for change in changes}


@st.composite
def renamed(draw: st.DrawFn) -> Scenario:
    """A scenario some of whose tags people have renamed, so that declared names are missing; former
    names may be merged, and companies' tags into the account's.
    """
    scenario = draw(scenarios())
    wanted = draw(merging(scenario.desired))
    names = st.sampled_from(("VIP calls", "Oppty", "Leads", "Lead", TRASHED[0]))
    tags = [tag._replace(name=draw(names)) if draw(st.booleans()) else tag for tag in scenario.live]
    return Scenario(wanted, tuple(tags))


@st.composite
def merging(draw: st.DrawFn, wanted: DesiredAccount) -> DesiredAccount:
    """The same, some former names to be merged, and some tags of companies promoted."""
    tags = {
        place: {
            name: one._replace(merged_from=one.renamed_from, renamed_from=())
            if draw(st.booleans())
            else one
            for name, one in blocks.items()
        }
        for place, blocks in wanted.tags.items()
    }
    top = [one for one in tags.get(None, {}).values() if one.state is State.ENABLED]
    promoted = {}
    for company in COMPANIES if top else ():
        own = tags.get(company.id, {})
        taken = {*own, *(former for one in own.values() for former in one.former_names)}
        free = [name for name in NAMES if name not in taken]
        names = draw(st.lists(st.sampled_from(free), max_size=2, unique=True)) if free else []
        if names:
            promoted[company.id] = {name: draw(st.sampled_from(top)) for name in names}
    return wanted._replace(tags=tags, promoted=promoted)


@st.composite
def forged(draw: st.DrawFn, scenario: Scenario) -> Past:
    """A snapshot that says of live tags what harms most, that they had a name which is missing
    now, or anything; and something of tags that are not live.
    """
    tags_then = []
    for tag in scenario.live:
        blocks = scenario.desired.tags.get(tag.company_id, {})
        here = {one.name for one in scenario.live if one.company_id == tag.company_id}
        missing = [name for name in blocks if name not in here]
        name = draw(st.sampled_from(missing or NAMES) | st.sampled_from((*NAMES, *TRASHED)))
        place = draw(st.sampled_from((tag.company_id, tag.company_id, *PLACES)))
        color, status = draw(st.sampled_from(COLORS)), draw(st.sampled_from(Status))
        tags_then.append(LiveTag(tag.id, name, color, status, place))
    tags_then += [
        LiveTag(900 + at, name, "gray1", Status.ENABLED, place)
        for at, name in enumerate(draw(st.lists(st.sampled_from(NAMES), max_size=2)))
        for place in [draw(st.sampled_from(PLACES))]
    ]
    return Past(LiveAccount(ACME, tuple(tags_then), {}), AT)


@given(st.data(), renamed(), st.sampled_from(((), ("Oppty",), ("Lea*",))))
def test_no_forged_snapshot_removes_or_merges_anything(
    data: st.DataObject, scenario: Scenario, protect: tuple[str, ...]
) -> None:
    policy = replace(scenario.desired.account.policy, protect=protect)
    wanted = scenario.desired._replace(account=replace(scenario.desired.account, policy=policy))
    account = live(*scenario.live, companies=COMPANIES)
    without = draft(wanted, account)
    given_one = draft(wanted, account, past=data.draw(forged(scenario)))
    before, after = stripped(without.changes), stripped(given_one.changes)
    added = after - before
    assert all(
        isinstance(one, Update)
        and one.reason is Reason.RENAMED_BACK
        and not one.trashes
        and not one.disables
        and not any_alike(protect)(one.before.name)
        for one in added
    )
    assert len({one.tag_id for one in added}) == len(added)
    # What is not there any more: creates that are renames now, and what would have befallen these.
    renamed = {one.tag_id for one in added}
    names = {(one.place.company_id, one.after.name) for one in added if isinstance(one, Update)}
    for gone in before - after:
        if isinstance(gone, Create):
            assert (gone.place.company_id, gone.name) in names
        else:
            assert gone.tag_id in renamed
            assert wanted.account.policy.unmanaged is not Unmanaged.KEEP


def test_a_snapshot_without_the_account_is_none() -> None:
    from reconciler.workflow.since import past_of

    account = desired(declare()).account
    assert past_of(Snapshot("", ()), account) is None
    assert past_of(Snapshot("2026-11-01T07:00:00Z", (live(),)), account) is not None
