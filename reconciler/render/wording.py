"""The sentences that every sink says about a change, as visible text on one line."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, assert_never

from reconciler.model.change import (
    NONE,
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
from reconciler.model.codes import PlanCode
from reconciler.model.news import News
from reconciler.model.tag import Status
from reconciler.model.trash import kept as kept_of
from reconciler.model.trash import original, parse
from reconciler.planning.canaries import asked_about
from reconciler.render.escape import label, terminal
from reconciler.text.moment import moment
from reconciler.text.plural import count, few, listed, number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from reconciler.model.plan import (
        AccountUse,
        Allowance,
        Base,
        Evidence,
        Excepted,
        Plan,
        TrashedTag,
    )
    from reconciler.model.tag import Place, Tag

    Chip = Callable[[str], str]
    """How a colour's name, safe already, is shown: in that colour, or as it is."""

SIGNS: Final = {
    "create": "+",
    "update": "~",
    "merge": ">",
    "trash": "-",
    "delete": "-",
    "purge": "-",
}
"""What stands before a change, by its verb."""
NO_CHANGES: Final = "No changes. Live state matches the configuration."
NOTHING_TO_UNDO: Final = "No changes. What the apply did is undone, or can't be (see the warnings)."
_HELD_BACK: Final = "No changes, but declared tags are not live (see the warnings)."


def no_chip(color: str) -> str:
    """The names of colours as they are."""
    return color


def no_changes(plan: Plan) -> str:
    """What to say of a plan without changes: of the accounts that were read, and of no more."""
    if plan.unread and not plan.accounts:
        return "No account could be read."
    if plan.unread:
        return "No changes in the accounts that could be read: they match the configuration."
    if plan.undoes is not None:
        return NOTHING_TO_UNDO
    if plan.base is not None and plan.base.drift:
        return f"No changes from this change; {_drift(plan.base.drift)} left out."
    held_back = any(warning.code == PlanCode.NOT_CREATED for warning in plan.warnings)
    return _HELD_BACK if held_back else NO_CHANGES


def title(place: Place) -> str:
    """``acme · Dental North``, ``acme · account``."""
    company = "account" if place.company is None else label(place.company.known_as)
    return f"{label(place.account.handle)} · {company}"


def named(change: Change) -> str:
    """The change's name, safe to show; of a merge ``Oppty -> Opportunity``, and of a company's tag
    that becomes the account's ``Spam -> the account's`` or ``SPAM -> the account's Spam``.
    """
    if not isinstance(change, Merge):
        return label(change.name)
    return f"{label(merged_name(change))} -> {given_name(change)}"


def given_name(change: Merge) -> str:
    """What the interactions of a merge get; ``the account's``, where a company's is called so."""
    name = label(change.name)
    if not change.promotes:
        return name
    return "the account's" if name == label(merged_name(change)) else f"the account's {name}"


def merged_name(change: Merge) -> str:
    """The name that there will not be any more; the other way round that is the survivor's."""
    into = change.into if change.renames else None
    return original(change.before.name if into is None else into.name)


def detail(change: Change, *, chip: Chip = no_chip, days: int | None = None) -> str:
    """What follows a change's name: its values, what differs, or what is lost and why.

    ``days``: how long the account's trash keeps a tag; None: not known here.
    """
    match change:
        case Create(after=after):
            details = [values(after, chip=chip)]
        case Update(trashes=True):
            details = [_kept_in_trash(change, days), _why(change)]
        case Update(after=after):
            parts = [*_differences(change, chip=chip), *filter(None, [usage(change)])]
            details = [", ".join(parts), _why(change) if after.status is Status.DISABLED else ""]
        case Merge():
            details = [*_of_merge(change), _why(change)]
        case Delete():
            details = [usage(change), _why(change)]
        case _:
            assert_never(change)
    if change.since is not None:
        details.append(f"{HAPPENED[change.since]} since the snapshot")
    return "; ".join(filter(None, details))


HAPPENED: Final = {
    News.GONE: "deleted",
    News.ANEW: "deleted and created anew",
    News.TRASHED: "moved to the trash",
    News.RENAMED: "renamed",
    News.MOVED: "in another company",
    News.DISABLED: "disabled",
    News.RECOLORED: "recolored",
    News.ENABLED: "enabled",
    News.RESTORED: "taken back from the trash",
    News.NEW: "new",
}
"""What became of a tag, in one word or a few."""


def since(plan: Plan) -> str:
    """``Since 2026-11-01 07:00 UTC: 1 renamed, 2 deleted; beacon is not in that snapshot.``; empty
    where the plan was held against none.
    """
    if plan.since is None:
        return ""
    counted = Counter(change.since for change in plan.changes)
    news = [f"{number(counted[one])} {text}" for one, text in HAPPENED.items() if counted[one]]
    others = sum(warning.code == PlanCode.ANOTHER_SINCE for warning in plan.warnings)
    news += [on_other_tags(others)] if others else []
    changes = ", ".join(news) or "no change here is news"
    since = "; ".join([f"{moment(plan.since.created_at)}: {changes}", *lacking(plan.since)])
    return f"Since {since}."


def on_other_tags(names: int) -> str:
    """``1 declared name is on another tag``."""
    return count(names, "declared name is on another tag", "declared names are on other tags")


def lacking(evidence: Evidence) -> list[str]:
    """``beacon is not in that snapshot``, where that is so of some accounts."""
    names = [label(handle) for handle in evidence.lacking]
    if not names:
        return []
    return [f"{joined(names)} {'is' if len(names) == 1 else 'are'} not in that snapshot"]


def cause(change: Change) -> str:
    """``[drift]``; empty where the cause is not known."""
    return "" if change.cause is None else f"[{change.cause.value}]"


def causes(plan: Plan) -> str:
    """``2 from this change, 1 from both, 3 drift; base: origin/main (3f1c2ab09d12)``, or why they
    are unknown; empty where nobody asked.
    """
    base = plan.base
    if base is None:
        return ""
    if base.unknown is not None:
        return f"unknown: {terminal(base.unknown)}"
    found = Counter(change.cause for change in plan.changes)
    counted = [f"{number(found[one])} {origin}" for one, origin in _FROM if found[one]]
    if base.drift:
        counted.append(f"{_drift(base.drift)} left out")
    return f"{', '.join(counted) or 'no changes'}; base: {revision(base)}"


_FROM: Final = (
    (Cause.THIS_CHANGE, "from this change"),
    (Cause.BOTH, "from both"),
    (Cause.DRIFT, "drift"),
)


def revision(base: Base) -> str:
    """``origin/main (3f1c2ab09d12)``: what is called the base, and the commit that was read."""
    ref = label(base.ref)
    return ref if base.commit in {None, base.ref} else f"{ref} ({(base.commit or '')[:12]})"


def undone(plan: Plan) -> list[str]:
    """A line for what the base plans and nobody does any more, places of which the same is said
    counted, and one for each account that only the base declares.
    """
    base = plan.base
    if base is None or not plan.causes_known:
        return []
    places: dict[tuple[str, str], list[str]] = {}
    for one in base.undone:
        what = " ".join(filter(None, [one.verb, named(one), _shortly(one)]))
        places.setdefault((one.place.account.handle, what), []).append(title(one.place))
    lines = [
        f"{where[0]}{f' and {number(len(where) - 1)} more' if where[1:] else ''}: {what}"
        for (_account, what), where in places.items()
    ]
    more = len(lines) - MOST_UNDONE
    lines = [*lines[:MOST_UNDONE], *([f"and {number(more)} more"] if more > 0 else [])]
    return [*lines, *(f"{label(one)}: not declared any more, and not read" for one in base.unread)]


UNDONE: Final = "No longer planned, since this change"
MOST_UNDONE: Final = 20
"""Lines of what is not planned any more; a plan's JSON holds every change."""


def _shortly(change: Change) -> str:
    details = detail(change)
    return f"({details})" if details else ""


def _drift(changes: int) -> str:
    return f"{count(changes, 'change')} of drift"


def _kept_in_trash(change: Update, days: int | None) -> str:
    """``41 calls and 2 forms keep it, disabled, for 30 days; 2 flows apply it``."""
    loss = change.loss
    for_days = f"disabled, for {count(days, 'day')}" if days else "disabled"
    if loss is None or loss.interactions.none:
        kept = f"kept, {for_days}"
    else:
        kept = f"{_clause(loss, ('keeps it', 'keep it'), nothing='')}, {for_days}"
    applied = "" if loss is None or not loss.flows.number else applied_by(loss)
    return "; ".join(filter(None, [kept, applied]))


def trash_days(plan: Plan) -> dict[str, int | None]:
    """How long each account's trash keeps a tag, by handle."""
    return {use.account.handle: use.policy.trash for use in plan.accounts}


MOST_TRASH: Final = 10
"""Tags in the trash that a plan lists one by one, and lines of those that it puts together."""


def trash(plan: Plan) -> list[str]:
    """A line for each tag that lies in the trash and when it is due, the next first.

    Of more than ``MOST_TRASH`` one for each account and day.
    """
    # Those that are never due come last.
    tags = sorted(plan.trash, key=lambda one: (one.due is None, one.due and one.due.isoformat()))
    if len(tags) <= MOST_TRASH:
        return [f"{title(one.place)} · {label(one.tag.name)}: {_due(one)}" for one in tags]
    alike: dict[tuple[str, str], list[TrashedTag]] = {}
    for one in tags:
        alike.setdefault((one.place.account.handle, _due(one)), []).append(one)
    lines = [
        f"{label(account)}: {count(len(found), 'tag')}; {_due(found[0], them=len(found) > 1)}"
        for (account, _), found in alike.items()
    ]
    more = len(lines) - MOST_TRASH
    folded = [f"and {number(more)} more of such lines"] if more > 0 else []
    return [*lines[:MOST_TRASH], *folded, "Each of them: reconciler get tags --trash"]


def _due(tag: TrashedTag, *, them: bool = False) -> str:
    """When a plan deletes ``tag`` (``them``: and others), or why none does."""
    it = "them" if them else "it"
    if tag.due is not None:
        return f"from {tag.due.isoformat()} on a plan deletes {it}"
    if tag.tag.status is Status.ENABLED:
        return f"enabled by hand, so no plan deletes {it}"
    return f"no plan deletes {it} (`trash: off`)"


MOST_EXCEPTIONS: Final = 20
"""Exceptions that a plan lists; its document holds them all."""


def exceptions(plan: Plan) -> list[str]:
    """A line for each, the next to end first: ``until 2027-03-31: Dental Bay without Opportunity;
    Keeps its own funnel``.
    """
    by_end = sorted(plan.exceptions, key=by_its_end)
    lines = [exception(one) for one in by_end[:MOST_EXCEPTIONS]]
    more = len(by_end) - MOST_EXCEPTIONS
    return [*lines, f"and {number(more)} more"] if more > 0 else lines


def by_its_end(one: Excepted) -> tuple[bool, str]:
    """Orders exceptions: the next to end first."""
    return one.until is None, "" if one.until is None else one.until.isoformat()


def exception(one: Excepted, *, also: str = "") -> str:
    """``until 2027-03-31: Dental Bay without Opportunity; Keeps its own funnel``; ``also`` is said
    before why.
    """
    until = f"until {one.until.isoformat()}: " if one.until else ""
    tags = few(map(label, one.tags))
    why = f"; {terminal(one.reason)}" if one.reason else ""
    return f"{until}{label(one.company)} without {tags}{also}{why}"


TRASH_HINT: Final = "a name that is declared again comes back with all its history"


def _of_merge(change: Merge) -> Iterable[str]:
    """What gets the surviving tag, which one that is, and where the other goes."""
    gets = ("gets it", "get it")
    if change.loss is not None:
        yield _clause(change.loss, gets, nothing="no interaction has it")
        yield applied_by(change.loss)
    if change.under_way:
        yield "what is left of a merge"
    elif change.promotes:
        yield f"then the company's {label(change.before.name)} goes to the trash"
    elif change.renames and change.into is not None:
        yield (
            f"the other way round: {label(change.before.name)} (id {change.before.id}) is on fewer "
            f"and goes to the trash, then id {change.into.id} takes over its name"
        )
    else:
        yield f"then {label(change.before.name)} goes to the trash"


def merges(plan: Plan) -> str:
    """``293 interactions in 14 places, about 320 requests: within this hour's quota``; empty where
    nothing is merged.
    """
    found = plan.merges
    if not found:
        return ""
    losses = [one.loss for one in found if one.loss is not None]
    total = sum((loss.interactions for loss in losses), start=NONE)
    places = len({one.place for one in found})
    if len(losses) < len(found) or total.precision is _UNKNOWN:
        many = "an unknown number of interactions"
    else:
        many = _number_of(total, "interaction")
    scope = f"{many} in {count(places, 'place')}"
    if len(losses) < len(found):
        return scope
    needed = sum(use.merge_requests for use in plan.accounts)
    how = "at most" if total.precision is Precision.AT_MOST else "about"
    return f"{scope}, {how} {count(needed, 'request')}: {_within(plan)}"


def moved(plan: Plan) -> list[str]:
    """A sentence each of what is merged and what goes to the trash, by name, for the eye that reads
    only an end: ``To the trash: Old campaign in 3 places``.
    """
    trashed = [change for change in plan.changes if change.verb == "trash"]
    sentences = [f"Merges: {merges(plan)}; {_by_name(plan.merges)}"] if plan.merges else []
    return [*sentences, f"To the trash: {_by_name(trashed)}"] if trashed else sentences


def deleted(plan: Plan) -> list[str]:
    """The same of what is deleted."""
    return [f"Deletes: {_by_name(plan.deletes)}"] if plan.deletes else []


_MOST_NAMES: Final = 5


def _by_name(changes: Iterable[Change]) -> str:
    """``A and B in acme · account; C in 3 places``."""
    places: dict[str, list[Place]] = {}
    for change in changes:
        places.setdefault(named(change), []).append(change.place)
    names: dict[tuple[Place, ...], list[str]] = {}
    for name, found in places.items():
        names.setdefault(tuple(found), []).append(name)
    names_in = [
        f"{listed(alike, most=_MOST_NAMES)} in "
        f"{title(found[0]) if len(found) == 1 else count(len(found), 'place')}"
        for found, alike in names.items()
    ]
    more = len(names_in) - _MOST_NAMES
    rest = f"; and {number(more)} more" if more > 0 else ""
    return "; ".join(names_in[:_MOST_NAMES]) + rest


def _within(plan: Plan) -> str:
    """Whether all that apply will send fits this hour; else how many hours it takes."""
    hours = max((_hours(use) for use in plan.accounts), default=1)
    if hours <= 1:
        return "within this hour's quota"
    return f"{count(hours, 'hour')} at the quota; apply stops at it, and a later run goes on"


def _hours(use: AccountUse) -> int:
    """Hours that an account's part takes, this one included."""
    quota = use.allowance
    hourly = quota is not None and quota.per == "hour"
    allowed = quota.allowed if quota is not None and hourly else _HOURLY
    left = quota.left if quota is not None else allowed
    if use.requests_per_hour is not None:
        allowed = min(allowed, use.requests_per_hour)
    beyond = use.apply_requests - min(left, allowed)
    return 1 + max(0, -(-beyond // max(allowed, 1)))


_HOURLY: Final = 1_000
"""Requests that CallRail allows an account in an hour, unless it agrees to more (B)."""


def usage(change: Update | Delete) -> str:
    """``41 calls and 2 forms lose the tag; 2 flows apply it``; empty where nobody counted.

    What is not deleted loses nothing: ``17 calls have it``.
    """
    if change.loss is None:
        return ""
    deletes = isinstance(change, Delete)
    verbs = ("loses the tag", "lose the tag") if deletes else ("has it", "have it")
    parts = [_clause(change.loss, verbs, nothing="no interaction has it")]
    if change.loss.flows.number or deletes:
        parts += filter(None, [applied_by(change.loss)])
    return "; ".join(parts)


def had_by(change: Update | Delete) -> str:
    """``41 calls and 2 forms have it; 2 flows apply it``: what has a live tag; empty: not counted.

    For who only compares: nothing is taken away.
    """
    return had(change.loss)


def had(loss: Loss | None) -> str:
    """The same of what was counted."""
    if loss is None:
        return ""
    return "; ".join(filter(None, [having(loss), applied_by(loss)]))


def having(loss: Loss) -> str:
    """``41 calls and 2 forms have it``: its interactions alone."""
    return _clause(loss, ("has it", "have it"), nothing="no interaction has it")


def losing(loss: Loss) -> str:
    """``41 calls and 2 forms; 2 flows apply it``: what a delete takes a tag off."""
    return "; ".join(filter(None, [interactions(loss), applied_by(loss)]))


def open_ended(loss: Loss) -> bool:
    """Whether more is lost than a known number of interactions: flows, or no one knows how many."""
    return loss.interactions.most is None or not loss.flows.none


def applied_by(loss: Loss) -> str:
    """``2 flows apply it: After hours, Main line``, ``an unknown number of flows apply it``; empty
    where none does.
    """
    flows = loss.flows
    if flows.none:
        return ""
    applied = f"{_number_of(flows, 'flow')} {_verb(flows, _APPLY)}"
    return f"{applied}: {few(map(label, loss.flow_names))}" if loss.flow_names else applied


def lost_by(loss: Loss) -> str:
    """``41 calls and 2 forms lose a tag``, ``nothing loses a tag``."""
    return _clause(loss, ("loses a tag", "lose a tag"), nothing="nothing loses a tag")


NOT_COUNTED: Final = (
    "calls marked as spam, records older than 25 months and automation rules, "
    "which the API does not show"
)
"""What has tags and can't be read; said once, in plans that delete something (B)."""


def not_read(plan: Plan) -> str:
    """What has to be reported once where tags leave use and nothing is deleted; else empty."""
    if any(change.loss is not None for change in plan.deletes):
        return ""
    leaves = any(
        isinstance(one, Merge) or (isinstance(one, Update) and one.disables) for one in plan.changes
    )
    return _NOT_READ if leaves else ""


_NOT_READ: Final = (
    "Not read: automation rules, which the API does not show; "
    "change those that apply a tag which leaves use"
)


def interactions(loss: Loss) -> str:
    """``41 calls and 2 forms``, ``at least 500 calls``, ``an unknown number of calls and texts``.

    Kinds of which there are certainly none are left out; ``nothing`` where that leaves none.
    """
    kinds = _kinds(loss)
    numbers = [(noun, one) for noun, one in kinds if one.precision is not _UNKNOWN]
    known = [_number_of(one, noun) for noun, one in numbers]
    if len({one.precision for _noun, one in numbers}) == 1:
        # Said once, it is said of all: at most 35 calls, 5 forms and 3 texts.
        known[1:] = [count(one.number, noun) for noun, one in numbers[1:]]
    open_ = [f"{noun}s" for noun, one in kinds if one.precision is _UNKNOWN]
    return joined([*known, *([f"an unknown number of {joined(open_)}"] if open_ else [])])


def joined(parts: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``; ``nothing`` for none."""
    if not parts:
        return "nothing"
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last


_UNKNOWN: Final = Precision.UNKNOWN
_APPLY: Final = ("applies it", "apply it")


def _kinds(loss: Loss) -> list[tuple[str, Count]]:
    named = (("call", loss.calls), ("form", loss.forms), ("text", loss.texts))
    return [(noun, one) for noun, one in named if not one.none]


def _clause(loss: Loss, verbs: tuple[str, str], *, nothing: str) -> str:
    kinds = _kinds(loss)
    if not kinds:
        return nothing
    verb = _verb(kinds[0][1], verbs) if len(kinds) == 1 else verbs[1]
    return f"{interactions(loss)} {verb}"


def _verb(one: Count, verbs: tuple[str, str]) -> str:
    return verbs[0] if one.number == 1 else verbs[1]


def _number_of(one: Count, noun: str) -> str:
    if one.precision is Precision.UNKNOWN:
        return f"an unknown number of {noun}s"
    return f"{precisely(one)}{count(one.number, noun)}"


def precisely(one: Count) -> str:
    """What stands before a number that is not exact: ``at least ``, ``at most ``."""
    return {Precision.AT_LEAST: "at least ", Precision.AT_MOST: "at most "}.get(one.precision, "")


def lost(plan: Plan) -> Loss | None:
    """What all deletes of ``plan`` take tags off; None where nobody counted."""
    losses = [change.loss for change in plan.deletes]
    if all(loss is None for loss in losses):
        return None
    return sum((Loss.unknown() if one is None else one for one in losses), start=Loss())


def worst_first(deletes: Iterable[Delete]) -> list[Delete]:
    """``deletes`` by how much they lose: the unknown weigh most, the uncounted least."""

    def weight(change: Delete) -> tuple[bool, bool, int]:
        if change.loss is None:
            return False, False, -1
        lost = change.loss.interactions
        return lost.precision is _UNKNOWN, lost.most is None, lost.number

    return sorted(deletes, key=weight, reverse=True)


def summary(plan: Plan) -> str:
    """``1 to create, 1 to update, 1 to delete; 212 unchanged, 37 unmanaged kept``.

    Merges are named where there are some.
    """
    counts = plan.summary
    trash = f"{number(counts.trash)} to the trash, " if counts.trash else ""
    return (
        f"{number(counts.create)} to create, {number(counts.update)} to update, "
        f"{trash}{f'{number(counts.merge)} to merge, ' if counts.merge else ''}"
        f"{number(counts.delete)} to delete; {kept(plan)}"
    )


def kept(plan: Plan) -> str:
    """``212 unchanged, 37 unmanaged kept``: what the plan does not touch."""
    counts = plan.summary
    if plan.undoes is not None:  # Of the tags of a report, and no others.
        return f"{number(counts.unchanged)} as before already"
    counted = f"{number(counts.unchanged)} unchanged, {number(counts.unmanaged)} unmanaged kept"
    return f"{counted} (companies' tags not read)" if plan.companies_unread else counted


def requests(plan: Plan) -> str:
    """``4 used to plan, 3 to apply; 812 of this hour's 1,000 are left (others have used 184,
    earlier runs included)``.

    What a change rests on is read again before it is written, where that has waited. Of the quota
    only what the server reported: without its figures, what this run used and will use.
    """
    needed = sum(use.apply_requests for use in plan.accounts)
    sent = f"{number(plan.requests_used)} used to plan, {number(needed)} to apply"
    if any(not isinstance(change, Create) for change in plan.changes):
        sent += ", plus reads for changes that wait longer than 2s"
    if unmeasured := sorted(asked_about(plan.changes), reverse=True):
        sent += f" and to measure the first {' and '.join(unmeasured)}"
    known = [use for use in plan.accounts if use.allowance is not None]
    if not known:
        return sent
    known.sort(key=_surplus)
    shown = [_quota(use, named=len(plan.accounts) > 1) for use in known[:_MOST_QUOTAS]]
    more = len(known) - len(shown)
    rest = f"; {count(more, 'account')} with more left" if more else ""
    return f"{sent}; {'; '.join(shown)}{rest}"


_MOST_QUOTAS: Final = 3


def allowance(left: Allowance) -> str:
    """``9 of this hour's 250 are left (others have used 240, earlier runs included)``.

    Whose the other requests were the server does not say: an earlier run of ours counts too.
    """
    window = "this hour's" if left.per == "hour" else "today's"
    others = (
        f" (others have used {number(left.others)}, earlier runs included)" if left.others else ""
    )
    return f"{number(left.left)} of {window} {number(left.allowed)} are left{others}"


def _surplus(use: AccountUse) -> int:
    return 0 if use.allowance is None else use.allowance.left - use.apply_requests


def _quota(use: AccountUse, *, named: bool) -> str:
    assert use.allowance is not None  # noqa: S101 - the caller chose those; for the type checker
    left = allowance(use.allowance)
    short = _surplus(use) < 0
    enough = ": too few for this plan; apply stops there and a later run goes on" if short else ""
    return f"{label(use.account.handle)}: {left}{enough}" if named else f"{left}{enough}"


def muted(counts: Mapping[str, int]) -> str:
    """``82 warnings, by `warnings` in the configuration: 72 CFG403, 10 CFG402``."""
    total = f"{count(sum(counts.values()), 'warning')}, by `warnings` in the configuration"
    if len(counts) == 1:
        return f"{total}: {next(iter(counts))}"
    worst = sorted(counts, key=lambda code: (-counts[code], code))
    by_code = ", ".join(f"{number(counts[code])} {code}" for code in worst)
    return f"{total}: {by_code}"


def partial(plan: Plan) -> list[str]:
    """Why each account that could not be read was not; the plan says nothing of it."""
    return [
        f"{label(one.account)} could not be read, so nothing is planned there: "
        f"{terminal(one.message)}"
        for one in plan.unread
    ]


def blocked(plan: Plan) -> str:
    """What blocked changes mean for the plan; empty where there are none."""
    held = plan.summary.blocked
    if not held:
        return ""
    return f"{count(held, 'change')}; apply refuses the plan"


def objections(plan: Plan) -> dict[str, list[Change]]:
    """Each reason that blocks changes of ``plan``, once, with those that it blocks."""
    found: dict[str, list[Change]] = {}
    for change in plan.changes:
        for reason in change.objections:
            found.setdefault(reason, []).append(change)
    return found


def values(tag: Tag, *, chip: Chip = no_chip) -> str:
    """``blue1``, ``blue1, disabled``: a tag's values beside its name."""
    parts = [] if tag.color is None else [_color(tag.color, chip=chip)]
    return ", ".join([*parts, "disabled"] if tag.status is Status.DISABLED else parts)


def _differences(change: Update, *, chip: Chip) -> Iterable[str]:
    before, after = change.before, change.after
    for field in change.fields:
        trashed = parse(before.name)
        if field == "name" and trashed is not None and trashed.kept == kept_of(after.name):
            yield f"taken back (in the trash since {trashed.day.isoformat()})"
        elif field == "name":
            yield f"name {label(before.name)} -> {label(after.name)}"
        elif field == "color":
            old, new = (_color(tag.color, chip=chip) for tag in (before, after))
            yield f"color {old} -> {new}"
        else:
            yield f"status {before.status.value} -> {after.status.value}"


def _color(color: str | None, *, chip: Chip) -> str:
    return "none" if color is None else chip(terminal(color))


def _why(change: Change) -> str:
    if change.note:
        return terminal(change.note)
    if change.reason is Reason.PURGE:
        name = parse(change.names[0])
        return "" if name is None else f"in the trash since {name.day.isoformat()}"
    undeclared = change.reason is Reason.TRASH and change.source is None
    return "live, but not declared" if undeclared or change.reason is Reason.UNMANAGED else ""
