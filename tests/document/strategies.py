"""Any plan and any live state whatsoever, for property tests."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from reconciler.model.change import (
    UNKNOWN,
    Action,
    Cause,
    Change,
    Count,
    Create,
    Delete,
    Loss,
    Merge,
    Precision,
    Reason,
    Update,
)
from reconciler.model.news import News
from reconciler.model.outcome import AccountError
from reconciler.model.plan import (
    AccountUse,
    Allowance,
    Base,
    Beyond,
    Evidence,
    Excepted,
    Plan,
    TrashedTag,
    UnmanagedTag,
)
from reconciler.model.problem import Mark, Problem, Severity, Source
from reconciler.model.state import Limits, LiveAccount, Policy, Unmanaged
from reconciler.model.tag import AccountRef, Company, LiveTag, Place, Status, Tag, differing
from reconciler.model.usage import Beside

if TYPE_CHECKING:
    from collections.abc import Sequence

codes = st.from_regex("[A-Z]{3,5}[0-9]{3}", fullmatch=True)
texts = st.text(st.characters(), max_size=12)
"""Any characters, lone surrogates and controls included."""

names = st.one_of(texts, st.sampled_from(["Opportunity", "::error::x", "<b>", "=1+1", "@all #1"]))
colors = st.one_of(st.none(), st.sampled_from(["gray1", "blue1", "mauve"]), texts)
tags = st.builds(Tag, name=names, color=colors, status=st.sampled_from(Status))
sources = st.builds(Source, file=texts, line=st.integers(1, 9999), column=st.integers(1, 99))
exceptions = st.builds(
    Excepted,
    company=texts,
    tags=st.lists(names, min_size=1, max_size=4).map(tuple),
    until=st.none() | st.dates(),
    reason=st.none() | texts,
    source=sources,
)
marks = st.builds(Mark, source=sources, text=texts, length=st.integers(0, 30), label=texts)
problems = st.builds(
    Problem,
    code=texts,
    message=texts,
    hint=st.none() | texts,
    marks=st.lists(marks, max_size=2).map(tuple),
    severity=st.sampled_from(Severity),
)
counts = st.one_of(
    st.just(UNKNOWN),
    st.builds(Count, number=st.integers(0, 10**6)),
    st.builds(
        Count,
        number=st.integers(1, 10**6),
        precision=st.sampled_from([Precision.AT_LEAST, Precision.AT_MOST]),
    ),
)
account_errors = st.builds(
    AccountError,
    account=texts,
    code=texts,
    message=texts,
    hint=st.none() | texts,
    requests=st.integers(0, 99),
)
losses = st.builds(
    Loss,
    calls=counts,
    forms=counts,
    texts=counts,
    flows=counts,
    flow_names=st.lists(names, max_size=2).map(tuple),
)
accounts = st.lists(
    st.builds(AccountRef, handle=texts, id=texts, name=st.none() | texts),
    min_size=1,
    max_size=3,
    unique_by=(lambda ref: ref.handle, lambda ref: ref.id),
)


policies = st.builds(
    Policy,
    unmanaged=st.sampled_from(Unmanaged),
    protect=st.lists(texts, max_size=2).map(tuple),
    ignore=st.lists(texts, max_size=2).map(tuple),
    limits=st.builds(
        Limits,
        deletes=st.integers(0, 99),
        disables=st.integers(0, 99),
        delete_percent=st.integers(0, 100),
        interactions=st.integers(0, 10**6),
        flows=st.integers(0, 9),
    ),
    trash=st.none() | st.integers(1, 999),
)
allowances = st.builds(
    Allowance,
    per=st.sampled_from(["hour", "day"]),
    allowed=st.integers(0, 10_000),
    left=st.integers(0, 10_000),
    others=st.integers(0, 10_000),
)


def uses(account: AccountRef) -> st.SearchStrategy[AccountUse]:
    """What planning and applying cost in ``account``."""
    return st.builds(
        AccountUse,
        account=st.just(account),
        plan_requests=st.integers(0, 999),
        apply_requests=st.integers(0, 999),
        connection=st.none() | texts,
        api_key_env=st.none() | texts,
        policy=policies,
        source=st.none() | sources,
        limits_source=st.none() | sources,
        beyond=st.builds(
            Beyond,
            deletes=st.integers(0, 99),
            disables=st.integers(0, 99),
            interactions=counts,
            flows=st.integers(0, 99),
        ),
        requests_per_hour=st.none() | st.integers(1, 999),
        allowance=st.none() | allowances,
    )


@st.composite
def changes(draw: st.DrawFn, account: AccountRef, tag_id: int) -> Change:
    """One change in ``account``; an update or a delete is of the tag ``tag_id``."""
    place, after = draw(places(account)), draw(tags)
    shared: dict[str, Any] = {
        "place": place,
        "reason": draw(st.sampled_from(Reason)),
        "source": draw(st.none() | sources),
        "note": draw(st.none() | texts),
        "blocked_by": draw(st.none() | texts),
        "since": draw(st.none() | st.sampled_from(News)),
        "cause": draw(st.none() | st.sampled_from(Cause)),
    }
    before = draw(live_tags(place.company_id))._replace(id=tag_id)
    loss = draw(st.none() | losses)
    match draw(st.sampled_from(Action)):
        case Action.CREATE:
            return Create(after=replace(after, name=f"{after.name}{tag_id}"), **shared)
        case Action.UPDATE:
            fields = tuple(sorted(differing(before, after)))
            return Update(before=before, after=after, fields=fields, loss=loss, **shared)
        case Action.MERGE:
            live = live_tags(draw(st.sampled_from([None, place.company_id])))
            into = draw(live if place.company is None else live | st.none())
            return Merge(
                before=before, into=into, after=after, trash_name=draw(texts), loss=loss, **shared
            )
        case _:
            return Delete(before=before, loss=loss, **shared)


def places(account: AccountRef) -> st.SearchStrategy[Place]:
    """Account level, or some company."""
    companies = st.builds(Company, id=texts, name=texts, active=st.just(value=True))
    return st.builds(Place, account=st.just(account), company=st.none() | companies)


evidence = st.builds(
    Evidence,
    created_at=texts,
    lacking=st.lists(texts, max_size=2).map(tuple),
    older=st.integers(0, 99),
)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """A plan that a planner could have made."""
    refs = draw(accounts)
    count = draw(st.integers(0, 5))
    return Plan(
        accounts=tuple(draw(uses(ref)) for ref in refs),
        changes=tuple(draw(changes(draw(st.sampled_from(refs)), at + 1)) for at in range(count)),
        unchanged=draw(st.integers(0, 10**6)),
        unmanaged=draw(st.integers(0, 10**6)),
        warnings=tuple(draw(st.lists(problems, max_size=2))),
        unmanaged_tags=tuple(draw(st.lists(unmanaged(draw(st.sampled_from(refs))), max_size=2))),
        trash=tuple(draw(st.lists(trashed(draw(st.sampled_from(refs))), max_size=2))),
        exceptions=tuple(draw(st.lists(exceptions, max_size=2))),
        gateway=draw(st.sampled_from([None, "maton", "callrail"])),
        created_at=draw(texts),
        tool_version=draw(texts),
        unread=tuple(draw(st.lists(account_errors, max_size=2))),
        muted=draw(st.dictionaries(codes, st.integers(1, 99), max_size=3)),
        companies_unread=draw(st.booleans()),
        since=draw(st.none() | evidence),
        base=draw(st.none() | bases(refs)),
    )


@st.composite
def bases(draw: st.DrawFn, refs: Sequence[AccountRef]) -> Base:
    """What causes may rest on, known or not."""
    return Base(
        ref=draw(texts),
        commit=draw(st.none() | st.from_regex("[0-9a-f]{40}", fullmatch=True)),
        unknown=draw(st.none() | texts),
        undone=tuple(draw(st.lists(changes(draw(st.sampled_from(refs)), 9), max_size=2))),
        unread=tuple(draw(st.lists(texts, max_size=2))),
        drift=draw(st.none() | st.integers(0, 9)),
    )


@st.composite
def unmanaged(draw: st.DrawFn, account: AccountRef) -> UnmanagedTag:
    """A live tag of ``account`` that nobody declared."""
    place = draw(places(account))
    since = draw(st.none() | st.sampled_from(News))
    return UnmanagedTag(place, draw(live_tags(place.company_id)), since)


@st.composite
def trashed(draw: st.DrawFn, account: AccountRef) -> TrashedTag:
    """A tag in the trash of ``account``."""
    one = draw(unmanaged(account))
    return TrashedTag(place=one.place, tag=one.tag, due=draw(st.none() | st.dates()))


def live_tags(company_id: str | None) -> st.SearchStrategy[LiveTag]:
    """A live tag of that company, or of account level."""
    return st.builds(
        LiveTag,
        id=st.integers(1, 2**63),
        name=names,
        color=colors,
        status=st.sampled_from(Status),
        company_id=st.just(company_id),
    )


def uses_of(listed: list[LiveTag]) -> st.SearchStrategy[dict[int, Loss] | None]:
    """What has each of these tags; None for none of them."""
    if not listed:
        return st.none()
    return st.fixed_dictionaries({tag.id: losses for tag in listed})


def besides_of(listed: list[LiveTag]) -> st.SearchStrategy[dict[int, Beside]]:
    """What else is on what has some of these tags."""
    numbers = losses.map(lambda one: replace(one, flows=Count(0), flow_names=()))
    beside = st.builds(Beside, numbers, st.dictionaries(texts, numbers, max_size=2))
    ids = [tag.id for tag in listed]
    return st.dictionaries(st.sampled_from(ids), beside) if ids else st.just({})


@st.composite
def live_accounts(draw: st.DrawFn) -> tuple[LiveAccount, ...]:
    """A few accounts as a server could have listed them."""
    found = []
    for ref in draw(accounts):
        companies = draw(st.lists(st.builds(Company, texts, texts, st.booleans()), max_size=3))
        tag = live_tags(None) | live_tags("COM1")
        listed = draw(st.lists(tag, max_size=4, unique_by=lambda one: one.id))
        found.append(
            LiveAccount(
                account=ref,
                tags=tuple(listed),
                companies={company.id: company for company in companies},
                unread=draw(st.integers(0, 99)),
                requests=draw(st.integers(0, 99)),
                usage=draw(st.none() | uses_of(listed)),
                odd=draw(st.integers(0, 2)),
                beside=draw(besides_of(listed)),
            )
        )
    return tuple(found)
