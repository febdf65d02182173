"""The objections that stop an account's changes, all counted before the first write.

Terms. A *limit* bounds what one plan takes away in an account. A *removal* is a delete or a move to
the trash. *Beyond* is what the whole configuration takes away there outside a run that was narrowed
to some companies or tags.

Premise. A plan is shown in full with what blocks it and then refused; limits are lifted in the
configuration, where the lifting is reviewed. So every objection names the account, the number, the
limit and what to write, at the line where it stands.

Method. Everything is counted over the whole configuration: ten narrowed runs can't do what one run
may not. What a count leaves open counts as too much. Names are compared as people see them. A
limit bounds one plan: a delete today and another tomorrow are two reviews, and no guard adds them
up.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import fields, replace
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeGuard

from reconciler.model.change import Create, Delete, Merge, Precision, Update, one_a_line
from reconciler.model.names import any_alike, which_alike
from reconciler.model.plan import NOTHING_BEYOND, Beyond
from reconciler.model.state import Limits
from reconciler.model.tag import Status
from reconciler.model.trash import original
from reconciler.text.plural import count
from reconciler.text.quote import double_quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from reconciler.model.change import Change, Count
    from reconciler.model.state import Account
    from reconciler.model.tag import Place

    Test = Callable[[Change], bool]
    Objection = tuple[str, Test]

SEVERAL = 2
"""A place with fewer live tags may be emptied: there is nothing to mistake it for."""


class Measured(Protocol):
    """What changes are measured against; a draft is one."""

    @property
    def account(self) -> Account:
        """The account with its policy, and where that is written."""

    @property
    def live(self) -> int:
        """The account's live tags without ignored ones."""

    @property
    def live_in(self) -> Mapping[Place, int]:
        """Live tags of each place that the changes touch."""


class Measure(NamedTuple):
    """Live state as far as guards ask for it; see :class:`Measured`."""

    account: Account
    live: int
    live_in: Mapping[Place, int]


def guard(
    measured: Measured,
    changes: Sequence[Change],
    *,
    others: Sequence[Change] = (),
    beyond: Beyond = NOTHING_BEYOND,
) -> tuple[Change, ...]:
    """``changes`` (with their loss counted, where it was) and what blocks each.

    Where ``changes`` are not all that the configuration asks for, ``others`` are the others,
    or ``beyond`` says what those take away: that is counted as well.
    """
    account = measured.account
    sums = _Sums.of(changes, totals(others) if others else beyond)
    objections = [*_limits(sums, measured), *_emptied_places(measured, changes, others)]
    owned = _Owned.of(account)
    return tuple(
        replace(change, blocked_by=one_a_line(reasons)) if reasons else change
        for change in changes
        for reasons in [
            [*owned.reasons(change), *(text for text, applies in objections if applies(change))]
        ]
    )


def totals(changes: Iterable[Change]) -> Beyond:
    """What ``changes`` take away together; the loss of a delete that nobody counted is left out."""
    sums = _Sums.of(tuple(changes), NOTHING_BEYOND)
    return Beyond(
        deletes=sums.deletes,
        disables=sums.disables,
        interactions=sums.interactions,
        flows=sums.flows,
    )


def takes_away(change: Change) -> bool:
    """Whether ``change`` deletes a tag or takes it out of use."""
    return is_removal(change) or is_disable(change)


def is_removal(change: Change) -> TypeGuard[Update | Delete]:
    """Whether ``change`` deletes a tag or moves it to the trash."""
    return isinstance(change, Delete) or (isinstance(change, Update) and change.trashes)


def is_trashing(change: Change) -> TypeGuard[Update]:
    """Whether ``change`` moves a tag to the trash."""
    return isinstance(change, Update) and change.trashes


def is_delete(change: Change) -> TypeGuard[Delete]:
    """Whether ``change`` deletes a tag."""
    return isinstance(change, Delete)


def is_disable(change: Change) -> TypeGuard[Update]:
    """Whether ``change`` takes a tag out of use and keeps it."""
    return isinstance(change, Update) and change.disables


class _Sums(NamedTuple):
    """What is taken away in all, and how much of that lies beyond the changes at hand."""

    deletes: int
    """Removals: what goes to the trash counts as what is deleted."""
    trash: bool
    """Whether some of them go to the trash."""
    disables: int
    interactions: Count
    flows: int
    """Flows that apply tags which go; a tag of which that is unknown counts as one at least."""
    uncertain_flows: int
    going: str
    """How the tags go that flows may apply: deleted, to the trash, or some of each."""
    beyond: Beyond

    @classmethod
    def of(cls, changes: Sequence[Change], beyond: Beyond) -> _Sums:
        removals = [change for change in changes if is_removal(change)]
        losses = [change.loss for change in removals if change.loss is not None]
        lost = (change.loss for change in removals if is_delete(change))
        merges = [one.loss for one in changes if isinstance(one, Merge) and one.loss is not None]
        flows = [loss.flows for loss in (*losses, *merges)]
        return cls(
            deletes=len(removals) + beyond.deletes,
            trash=any(map(is_trashing, removals)),
            disables=sum(map(is_disable, changes)) + beyond.disables,
            interactions=sum(
                (loss.interactions for loss in lost if loss is not None),
                start=beyond.interactions,
            ),
            flows=sum(map(_charged, flows)) + beyond.flows,
            uncertain_flows=sum(map(_is_uncertain, flows)),
            going=_going(
                deleted=any(map(is_delete, removals)),
                trashed=bool(merges) or any(map(is_trashing, removals)),
            ),
            beyond=beyond,
        )


def _going(*, deleted: bool, trashed: bool) -> str:
    if not trashed:
        return "be deleted"
    return "be deleted or go to the trash" if deleted else "go to the trash"


def _is_uncertain(count: Count) -> bool:
    return count.precision in {Precision.UNKNOWN, Precision.AT_LEAST}


def _charged(flows: Count) -> int:
    return max(flows.number, 1) if _is_uncertain(flows) else flows.number


def _limits(sums: _Sums, measured: Measured) -> Iterator[Objection]:
    account = measured.account
    handle, limits = account.handle, account.policy.limits
    needed = _needed(sums, measured)
    allow = _allow(account, needed) if needed else ""
    if "deletes" in needed:
        are = "is" if sums.deletes == 1 else "are"
        text = f"{handle}: {_removed(sums)} {are} more than limits.deletes {limits.deletes:,}"
        yield f"{text}: {allow}", is_removal
    if "delete_percent" in needed:
        text = (
            f"{handle}: {_removed(sums)} of {measured.live:,} live tags are "
            f"{needed['delete_percent']}%, more than limits.delete_percent {limits.delete_percent}"
        )
        yield f"{text}: {allow}", is_removal
    if "disables" in needed:
        are = "is" if sums.disables == 1 else "are"
        text = (
            f"{handle}: {count(sums.disables, 'tag')} taken out of use"
            f"{_outside(sums.beyond.disables)} {are} more than limits.disables {limits.disables:,}"
        )
        yield f"{text}: {allow}", is_disable
    if "interactions" in needed or sums.interactions.most is None:
        yield _of_interactions(sums, account, allow), _interactions_may_lose
    if "flows" in needed:
        yield _of_flows(sums, account, allow), _flows_may_apply


def _needed(sums: _Sums, measured: Measured) -> dict[str, int]:
    """What the limits that are exceeded would have to be, by their key.

    One line lifts them all: two, pasted one after the other, would be a key twice.
    """
    limits, needed = measured.account.policy.limits, dict[str, int]()
    if sums.deletes > limits.deletes:
        needed["deletes"] = sums.deletes
    if sums.deletes > 1 and sums.deletes * 100 > limits.delete_percent * measured.live:
        # Live tags that vanish meanwhile must not divide by zero, nor ask for more than all.
        needed["delete_percent"] = min(-(-sums.deletes * 100 // max(measured.live, 1)), 100)
    if sums.disables > limits.disables:
        needed["disables"] = sums.disables
    if sums.interactions.most is not None and sums.interactions.most > limits.interactions:
        needed["interactions"] = sums.interactions.most
    if sums.flows > limits.flows:
        needed["flows"] = sums.flows
    return needed


def _removed(sums: _Sums) -> str:
    outside = _outside(sums.beyond.deletes)
    if sums.trash:
        return f"{count(sums.deletes, 'tag')} deleted or moved to the trash{outside}"
    return f"{count(sums.deletes, 'delete')}{outside}"


def _of_interactions(sums: _Sums, account: Account, allow: str) -> str:
    """What to say when more interactions lose their tag than may; unknown counts as more."""
    lost, limit = sums.interactions, account.policy.limits.interactions
    if lost.most is None:
        return _unknown_interactions(account, lost)
    up_to = "up to " if lost.precision is Precision.AT_MOST else ""
    interactions = count(lost.most, "interaction loses its", "interactions lose their")
    outside = _outside(sums.beyond.interactions.number, "")
    return (
        f"{account.handle}: {up_to}{interactions} tag{outside}, more than "
        f"limits.interactions {limit:,}: {allow}"
    )


def _unknown_interactions(account: Account, lost: Count) -> str:
    limit = account.policy.limits.interactions
    if lost.least > limit:
        loss = f"at least {lost.least:,} interactions lose their tag, more than"
    else:
        least = f" (at least {lost.least:,})" if lost.least else ""
        loss = f"an unknown number of interactions{least} lose their tag, which counts as more than"
    return (
        f"{account.handle}: {loss} limits.interactions {limit:,}: disable the tags instead, or use "
        "a key that sees the tags of calls, forms and text threads"
    )


def _of_flows(sums: _Sums, account: Account, allow: str) -> str:
    handle, limit = account.handle, account.policy.limits.flows
    if sums.uncertain_flows:
        what = count(sums.uncertain_flows, "tag")
        return (
            f"{handle}: whether flows apply {what} that would {sums.going} is unknown, and "
            f"limits.flows is {limit:,}: let the key read trackers and message flows, or "
            f"{allow}"
        )
    flows = count(sums.flows, "flow applies", "flows apply")
    return (
        f"{handle}: {flows} tags that would {sums.going}, more than limits.flows {limit:,}: take "
        f"them out of the flows, or {allow}"
    )


def _interactions_may_lose(change: Change) -> bool:
    return is_delete(change) and (change.loss is None or not change.loss.interactions.none)


def _flows_may_apply(change: Change) -> bool:
    match change:
        case Merge(loss=loss):
            return loss is not None and not loss.flows.none
        case _:
            return is_removal(change) and (change.loss is None or not change.loss.flows.none)


def _emptied_places(
    measured: Measured, changes: Sequence[Change], others: Sequence[Change]
) -> Iterator[Objection]:
    """Places left with none: by ``changes`` alone, or together with the ``others`` of a place."""
    mine, theirs = _Moves.of(changes), _Moves.of(others)
    for place, lost in mine.lost.items():
        live = measured.live_in.get(place, 0)
        alone = live - lost + mine.gained[place]
        together = alone - theirs.lost[place] + theirs.gained[place]
        if live >= SEVERAL and min(alone, together) <= 0:
            text = f"{place}: none of its {live} live tags would be left: declare one that stays"
            yield text, _is_removal_in(place)


class _Moves(NamedTuple):
    """How many tags each place loses and gains."""

    lost: Counter[Place]
    gained: Counter[Place]

    @classmethod
    def of(cls, changes: Sequence[Change]) -> _Moves:
        return cls(
            Counter(change.place for change in changes if _takes_from_place(change)),
            Counter(
                change.place
                for change in changes
                if isinstance(change, Create) or (isinstance(change, Update) and change.restores)
            ),
        )


def _takes_from_place(change: Change) -> bool:
    """What lies in the trash is no longer one of its place's tags: purging it empties nothing."""
    return is_removal(change) and not (is_delete(change) and change.purges)


def _is_removal_in(place: Place) -> Test:
    return lambda change: _takes_from_place(change) and change.place == place


class _Owned(NamedTuple):
    """The names that an account keeps from changes, as people see them."""

    account: Account
    is_protected: Callable[[str], bool]
    is_ignored: Callable[[str], bool]

    @classmethod
    def of(cls, account: Account) -> _Owned:
        policy = account.policy
        return cls(account, any_alike(policy.protect), any_alike(policy.ignore))

    def reasons(self, change: Change) -> Iterator[str]:
        """Why ``change`` may not be made to the live tag that it starts from, or to its name."""
        handle, policy, where = self.account.handle, self.account.policy, _where(self.account)
        names = [*map(original, change.names)]
        ignored = next(filter(self.is_ignored, names), None)
        if ignored is not None:
            yield (
                f'{handle}: ignore "{which_alike(policy.ignore, ignored)}" leaves this tag to '
                f"others: narrow `ignore` below accounts.{handle}{where} to manage it"
            )
        verb = self._forbidden(change)
        both = isinstance(change, Merge)
        name = next(filter(self.is_protected, names if both else names[:1]), None)
        if isinstance(change, Merge) and change.after.status is Status.DISABLED:
            yield (
                f"{handle}: {double_quoted(change.name)} is disabled, and a disabled tag can't be "
                "given: write `state: enabled` in its block"
            )
        if verb is not None and name is not None:
            yield (
                f'{handle}: protect "{which_alike(policy.protect, name)}" forbids to '
                f"{verb} it: narrow `protect` below accounts.{handle}{where} to allow it"
            )

    def _forbidden(self, change: Change) -> str | None:
        """What ``change`` does that `protect` forbids; None: nothing.

        A rename is forbidden where it takes the tag out of protection: its next run could delete
        it. One that tidies a protected name, or stays below the same pattern, keeps it.
        """
        match change:
            case Delete():
                return "delete"
            case Update(trashes=True):
                return "trash"
            case Merge():
                return "merge"
            case Update(disables=True):
                return "disable"
            case Update(fields=fields, name=name) if "name" in fields:
                return None if self.is_protected(name) else "rename"
            case _:
                return None


def _allow(account: Account, needed: Mapping[str, int]) -> str:
    """The line that lifts a limit to what is ``needed``, with the account's own other limits."""
    limits, defaults = account.policy.limits, Limits()
    own = {one.name: getattr(limits, one.name) for one in fields(limits)}
    written = ", ".join(
        f"{name}: {needed.get(name, value)}"
        for name, value in own.items()
        if name in needed or value != getattr(defaults, name)
    )
    source = account.limits_source or account.source
    where = f" ({source.file}:{source.line})" if source else ""
    return f"write `limits: {{{written}}}` below accounts.{account.handle}{where} to allow it"


def _where(account: Account) -> str:
    return f" ({account.source.file}:{account.source.line})" if account.source else ""


def _outside(number: int, of: str = " of them") -> str:
    return f" ({number:,}{of} outside this run)" if number else ""
