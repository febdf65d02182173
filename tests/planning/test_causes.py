"""What a change comes from, told by two configurations and one live state."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from reconciler.cli.exit_code import exit_code
from reconciler.model.change import Cause, Change, Create, Delete, Merge, Update
from reconciler.model.plan import AccountUse, Base, Plan, is_of_this_change
from reconciler.model.problem import Source
from reconciler.model.state import DesiredAccount, State, Unmanaged
from reconciler.model.tag import LiveTag, Status
from reconciler.model.trash import original, parse, undated
from reconciler.planning import guard
from reconciler.planning.assemble import in_order
from reconciler.planning.causes import by_cause
from tests.builders import ACME, live_tag
from tests.expectations import TODAY, declare, desired, draft, live
from tests.fakes.provider import FakeProvider
from tests.planning.strategies import COLORS, COMPANIES, scenarios
from tests.planning.test_properties import carry_out

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Sequence

    from reconciler.planning.causes import ByCause
    from tests.planning.strategies import Scenario


def caused(head: DesiredAccount, base: DesiredAccount, tags: Iterable[LiveTag]) -> ByCause:
    """The changes of ``head`` on ``tags``, distinguished by ``base``."""
    now = live(*tags, companies=COMPANIES)
    return by_cause(draft(head, now).changes, draft(base, now).changes)


def only(found: ByCause) -> Cause | None:
    (change,) = found.changes
    return change.cause


GRAY = live_tag(1, "Opportunity", color="gray1")


def test_what_only_head_plans_is_this_change() -> None:
    found = caused(desired(declare(color="blue1")), desired(declare(color="gray1")), [GRAY])
    assert (only(found), found.undone) == (Cause.THIS_CHANGE, ())


def test_what_both_plan_alike_is_drift_whatever_is_reported_beside_it() -> None:
    head = desired(declare(color="blue1", note="New words.", source=Source("other.yaml", 99)))
    found = caused(head, desired(declare(color="blue1")), [GRAY])
    assert (only(found), found.undone) == (Cause.DRIFT, ())


def test_a_tag_that_both_change_differently_is_both() -> None:
    found = caused(desired(declare(color="blue1")), desired(declare(color="red1")), [GRAY])
    assert (only(found), found.undone) == (Cause.BOTH, ())


def test_a_rename_instead_of_a_create_of_the_same_name_is_both() -> None:
    old = live_tag(1, "Oppty")
    found = caused(desired(declare(renamed_from=("Oppty",))), desired(declare()), [old])
    assert (only(found), found.undone) == (Cause.BOTH, ())


def test_what_base_plans_and_head_leaves_alone_is_undone() -> None:
    found = caused(desired(declare(color="gray1")), desired(declare(color="red1")), [GRAY])
    assert found.changes == ()
    assert [one.name for one in found.undone] == ["Opportunity"]
    # So is what is forgotten: a block that is gone asks for nothing.
    assert caused(desired(), desired(declare(color="red1")), [GRAY]) == found


def test_a_purge_that_is_due_by_time_is_drift() -> None:
    lain = live_tag(1, f"~trash {TODAY - timedelta(days=40)} Old", status=Status.DISABLED)
    both = desired(declare("New"), trash=30), desired(declare("New", color="red1"), trash=30)
    purge = [one for one in caused(*both, [lain]).changes if isinstance(one, Delete)]
    assert [one.cause for one in purge] == [Cause.DRIFT]
    # One that is due because its time was cut short is not.
    sooner = caused(desired(declare("New"), trash=30), desired(declare("New"), trash=90), [lain])
    assert [one.cause for one in sooner.changes if isinstance(one, Delete)] == [Cause.THIS_CHANGE]


def test_a_tag_that_goes_is_drift_where_both_let_it_go() -> None:
    gone = declare(state=State.ABSENT, note="Over.")
    assert only(caused(desired(gone), desired(gone), [GRAY])) is Cause.DRIFT
    # To the trash, or for good: that is decided by the account's rule.
    kept, lost = desired(gone, trash=30), desired(gone, trash=None)
    assert only(caused(lost, kept, [GRAY])) is Cause.BOTH


def test_a_policy_is_a_part_of_the_configuration() -> None:
    more = live_tag(2, "Spam")
    head = desired(declare(color="gray1"), unmanaged=Unmanaged.DISABLE)
    base = desired(declare(color="gray1"))
    assert only(caused(head, base, [GRAY, more])) is Cause.THIS_CHANGE
    found = caused(base, head, [GRAY, more])
    assert (found.changes, [one.name for one in found.undone]) == ((), ["Spam"])


def test_a_merge_is_drift_where_base_merges_the_same_tags_the_same_way() -> None:
    old = live_tag(2, "Oppty", color="gray1")
    head, base = declare(merged_from=("Oppty",)), declare(merged_from=("Oppty",))
    (merge,) = caused(desired(head), desired(base), [GRAY, old]).changes
    assert isinstance(merge, Merge)
    assert merge.cause is Cause.DRIFT
    assert only(caused(desired(head), desired(declare()), [GRAY, old])) is Cause.THIS_CHANGE


def test_what_a_merge_of_this_change_gives_goes_with_it() -> None:
    """Without the tag that it gives it could not be made."""
    wanted, theirs = declare("Spam"), live_tag(2, "Spam", company_id="COM1")
    base = desired(wanted)
    head = desired(wanted, promoted={"COM1": {"Spam": wanted}})
    create, merge = caused(head, base, [theirs]).changes
    assert isinstance(merge, Merge)
    assert (merge.into, merge.cause, create.cause) == (None, Cause.BOTH, Cause.BOTH)
    # The tag that is renamed to the name is no other case.
    old, older = live_tag(1, "Oppty"), live_tag(3, "Opp")
    base = desired(declare(merged_from=("Oppty",)))
    head = desired(declare(merged_from=("Oppty", "Opp")))
    assert {one.cause for one in caused(base, base, [old]).changes} == {Cause.DRIFT}
    assert {one.cause for one in caused(head, base, [old, older]).changes} == {Cause.BOTH}


@dataclass(frozen=True)
class Scene:
    """A configuration, the one before, and an account."""

    head: DesiredAccount
    base: DesiredAccount
    live: tuple[LiveTag, ...]


@st.composite
def scenes(draw: st.DrawFn, *, same_policy: bool = False) -> Scene:
    """Head has some places of base and some of its own."""
    one, other = draw(scenarios()), draw(scenarios())
    new = draw(st.sets(st.sampled_from([None, *(company.id for company in COMPANIES)])))
    tags = {place: blocks for place, blocks in one.desired.tags.items() if place not in new}
    tags |= {place: blocks for place, blocks in other.desired.tags.items() if place in new}
    account = one.desired.account if same_policy else other.desired.account
    known = {company.id: company for company in COMPANIES}
    head = DesiredAccount(account=account, companies=known, tags=tags)
    return Scene(head, one.desired._replace(companies=known), one.live)


@given(scenes(), st.randoms(use_true_random=False))
def test_a_cause_is_a_function_of_base_head_and_live(scene: Scene, order: random.Random) -> None:
    found = caused(scene.head, scene.base, scene.live)
    shuffled = list(scene.live)
    order.shuffle(shuffled)
    again = caused(moved(scene.head), moved(scene.base), shuffled)
    assert by_tag(again.changes) == by_tag(found.changes)
    assert {one.touches for one in again.undone} == {one.touches for one in found.undone}


@given(scenes())
def test_each_cause_is_as_defined(scene: Scene) -> None:
    now = live(*scene.live, companies=COMPANIES)
    head, base = draft(scene.head, now).changes, draft(scene.base, now).changes
    found = by_cause(head, base)
    assert [replace(one, cause=None) for one in found.changes] == list(head)
    for change in found.changes:
        near = [one for one in base if concerns(one) & concerns(change)]
        alike = any(does(one) == does(change) for one in near)
        ruled = Cause.DRIFT if alike else Cause.BOTH if near else Cause.THIS_CHANGE
        assert change.cause is ruled
    left = [one for one in base if not any(concerns(one) & concerns(two) for two in head)]
    assert list(found.undone) == left


@given(scenarios())
def test_without_a_change_all_is_drift_and_without_a_base_all_is_the_change(
    scenario: Scenario,
) -> None:
    same = caused(scenario.desired, scenario.desired, scenario.live)
    assert {one.cause for one in same.changes} <= {Cause.DRIFT}
    nothing = scenario.desired._replace(tags={})
    new = caused(scenario.desired, nothing, scenario.live)
    assert {one.cause for one in new.changes} <= {Cause.THIS_CHANGE}
    assert same.undone == new.undone == ()
    gone = caused(nothing, scenario.desired, scenario.live)
    assert (gone.changes, len(gone.undone)) == ((), len(same.changes))


@given(scenes(same_policy=True), st.data())
def test_drift_elsewhere_leaves_the_digest_of_this_change_as_it_was(
    scene: Scene, data: st.DataObject
) -> None:
    spoken_of = names_of_the_change(scene)
    moved_on = tuple(
        tag
        if (tag.company_id, original(tag.name)) in spoken_of or not data.draw(st.booleans())
        else tag._replace(
            color=data.draw(st.sampled_from(COLORS)), status=data.draw(st.sampled_from(Status))
        )
        for tag in scene.live
    )
    assert digest(scene, moved_on) == digest(scene, scene.live)


@given(scenes())
def test_after_only_this_change_just_the_drift_is_left(scene: Scene) -> None:
    provider = FakeProvider.of(scene.live)
    drafted = draft(scene.head, live(*scene.live, companies=COMPANIES))
    found = caused(scene.head, scene.base, scene.live).changes
    mine, drift = (
        [one for one in found if is_of_this_change(one) is kind] for kind in (True, False)
    )
    guarded = guard(drafted, mine, others=drift)
    if any(change.blocked_by for change in guarded):
        return
    plan = Plan(accounts=(AccountUse(account=ACME),), changes=in_order(guarded))
    report = carry_out(plan, provider)
    assert (exit_code(report), report.verified) == (0, True)
    rest = draft(scene.head, live(*provider.live.values(), companies=COMPANIES)).changes
    assert {one.touches for one in rest} == {one.touches for one in drift}


def digest(scene: Scene, tags: Sequence[LiveTag]) -> str:
    """The digest of this change."""
    changes = caused(scene.head, scene.base, tags).changes
    return Plan(
        accounts=(AccountUse(account=ACME),), changes=changes, base=Base(ref="main")
    ).this_change.digest


def names_of_the_change(scene: Scene) -> set[tuple[str | None, str]]:
    """Names, former ones too, of the blocks that only one of the two configurations has."""
    found: set[tuple[str | None, str]] = set()
    for place in {*scene.head.tags, *scene.base.tags}:
        one, other = (side.tags.get(place, {}) for side in (scene.head, scene.base))
        for name in {*one, *other}:
            blocks = [side[name] for side in (one, other) if name in side]
            if len(blocks) == 1 or blocks[0] != blocks[1]:
                names = {name, *(former for block in blocks for former in block.former_names)}
                found |= {(place, spoken) for spoken in names}
        if not (one and other):
            # Whether a place is covered at all decides about every tag that nobody declared there.
            found |= {(place, original(tag.name)) for tag in scene.live if tag.company_id == place}
    return found


def concerns(change: Change) -> set[object]:
    """The ids of live tags that a change touches, and the name that it makes in its place."""
    place = change.place.company_id
    match change:
        case Create(after=after):
            return {(place, after.name)}
        case Update(before=before, after=after):
            trashed = parse(after.name) is not None and parse(before.name) is None
            return {before.id} | (set() if trashed else {(place, after.name)})
        case Merge(before=before, after=after):
            given = set() if change.into is None else {change.into.id}
            return {before.id, *given, (change.into_company_id, after.name)}
        case Delete(before=before):
            return {before.id}


def does(change: Change) -> object:
    """What a change does, without why."""
    bare = replace(change, source=None, note=None, cause=None, reason=change.reason)
    match bare:
        case Update(after=after) if bare.trashes:
            return bare.tag_id, bare.before, undated(after.name), after.color, after.status
        case Update(after=after):
            return bare.tag_id, bare.before, after
        case Create(after=after):
            return bare.place, after
        case Delete():
            return bare.tag_id, bare.before, "goes"
        case Merge():
            return bare.before, bare.into, bare.after


def moved(side: DesiredAccount) -> DesiredAccount:
    """The same declarations at other lines, in another order."""
    return side._replace(
        tags={
            place: {
                name: block._replace(source=Source("moved.yaml", 900))
                for name, block in reversed(list(blocks.items()))
            }
            for place, blocks in reversed(list(side.tags.items()))
        }
    )


def by_tag(changes: Iterable[Change]) -> dict[object, Cause | None]:
    return {one.touches: one.cause for one in changes}


def test_guards_keep_the_cause() -> None:
    gone = desired(declare(state=State.ABSENT, note="Over."), trash=None)
    now = live(GRAY)
    drafted = draft(gone, now)
    found = by_cause(drafted.changes, ())
    assert [one.cause for one in guard(drafted, found.changes)] == [Cause.THIS_CHANGE]
