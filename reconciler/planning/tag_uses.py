"""What has each live tag, told from what shows its name.

Interactions show names and no ids. What shows a name in a place has the tag of that name there, as
far as no other tag of the name can have a share in it: then the number is at most that.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from reconciler.model.change import Count, Loss
from reconciler.model.usage import NameAt, Use, Uses

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from reconciler.model.state import LiveAccount
    from reconciler.model.tag import LiveTag


def where_live(tags: Iterable[LiveTag], names: Collection[str]) -> set[NameAt]:
    """``names`` in the places where ``tags`` are called so: what TagUses must know of them."""
    return {NameAt(tag.name, tag.company_id) for tag in tags if tag.name in names}


def uses_of(live: LiveAccount, asked: Collection[NameAt]) -> Uses:
    """What showed each of ``asked``, told from what ``live.usage`` says that its tags had."""
    having: dict[NameAt, list[Loss]] = defaultdict(list)
    places: dict[str, set[str | None]] = defaultdict(set)
    for tag in live.tags:
        loss = (live.usage or {}).get(tag.id) or Loss.unknown()
        having[NameAt(tag.name, tag.company_id)].append(loss)
        places[tag.name].add(tag.company_id)

    def shown(at: NameAt) -> Loss:
        if at in having:
            # What other tags of the name have a share in was counted as at most all.
            return _any_of(having[at])
        if at.company_id is not None:
            whole = having.get(NameAt(at.name, None), ())
            return _without(_any_of(whole), [None]) if whole else Loss()
        total = Loss()
        for place in places[at.name]:
            one = _any_of(having[NameAt(at.name, place)])
            total = Use(total).plus(Use(one)).loss
        return total

    found = {at: shown(at) for at in asked}
    uses = {at: Use(loss, idle=loss.interactions.none) for at, loss in found.items()}
    return Uses(uses, since=None, until=None, uncounted={})


def _any_of(losses: Sequence[Loss]) -> Loss:
    """What has any of several tags of one name and place, each counted as at most all of it."""

    def widest(kind: str) -> Count:
        counts: list[Count] = [getattr(loss, kind) for loss in losses]
        most = [one.most for one in counts if one.most is not None]
        bounded = len(most) == len(counts)
        return Count.between(max(one.least for one in counts), max(most) if bounded else None)

    return Loss(calls=widest("calls"), forms=widest("forms"), texts=widest("texts"))


class TagUses:
    """What has each live tag: what shows its name, as far as no other tag has a share in it."""

    def __init__(self, tags: Iterable[LiveTag], uses: Uses) -> None:
        self._uses = uses.of
        self._times = Counter(NameAt(tag.name, tag.company_id) for tag in tags)
        self._companies: dict[str, list[str]] = defaultdict(list)
        for at in self._times:
            if at.company_id is not None:
                self._companies[at.name].append(at.company_id)

    def at(self, name: str, company_id: str | None) -> Use | None:
        """What shows ``name`` in a company, or in all."""
        return self._uses.get(NameAt(name, company_id))

    def of(self, tag: LiveTag) -> Use | None:
        """What has ``tag``."""
        at = NameAt(tag.name, tag.company_id)
        use = self._uses.get(at)
        if use is None:
            return None
        if tag.company_id is None:
            theirs = [self._uses.get(NameAt(tag.name, one)) for one in self._companies[tag.name]]
            use = use._replace(loss=_without(use.loss, theirs))
        shared = self._times[at] > 1
        shared |= tag.company_id is not None and NameAt(tag.name, None) in self._times
        return use._replace(loss=_without(use.loss, [use])) if shared else use


def _without(loss: Loss, others: Sequence[Use | None]) -> Loss:
    """``loss`` where tags that ``others`` count have a share: at most all, at least the rest."""
    if not others:
        return loss

    def left(kind: str) -> Count:
        whole: Count = getattr(loss, kind)
        counts: list[Count | None] = [one and getattr(one.loss, kind) for one in others]
        most = [None if one is None else one.most for one in counts]
        taken = sum(one or 0 for one in most)
        least = 0 if None in most else max(0, whole.least - taken)
        return Count.between(least, whole.most)

    return Loss(calls=left("calls"), forms=left("forms"), texts=left("texts"), flows=loss.flows)
