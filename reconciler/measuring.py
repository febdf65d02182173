"""Sees that what had a tag still has it after the account's first rename and disable of one.

Premise. Both leave a tag on its calls, forms and texts (B). A server that does otherwise harms one
tag, whose values are put back, and no other.

Method. What was counted before must be found after. Where nobody counted it, what shows the tag's
name is listed before the write and what shows the new one after it; a tag of the same name on the
other level goes on showing the old one.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple

from reconciler.errors import NotFoundError, ReconcilerError, RejectedError
from reconciler.model.change import Loss
from reconciler.model.outcome import Kept
from reconciler.planning.canaries import Effect, effects, is_counted
from reconciler.text.plural import count
from reconciler.text.quote import double_quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.model.change import Merge, Update
    from reconciler.model.interaction import Interaction, Kind
    from reconciler.model.tag import LiveTag
    from reconciler.provider import Provider

LOG = logging.getLogger("reconciler.measuring")

_READ_OF_MISSING: Final = 3
"""Interactions that are no longer listed, of which it is read whether they lost the tag."""


class HarmedError(RejectedError):
    """The first write of its kind took something away; none with its ``effects`` is tried more."""

    in_part = True

    def __init__(self, message: str, effects: frozenset[Effect]) -> None:
        self.effects = effects
        super().__init__(
            message,
            status=409,
            hint="The server does not do what CallRail documents: ask its support.",
        )


class Had(NamedTuple):
    """What had the tag of a canary: ``loss`` as it was counted, else those ``shown`` to have it."""

    loss: Loss
    shown: tuple[Interaction, ...] = ()


@dataclass(frozen=True, slots=True)
class Measuring:
    """Measures the canaries of one account."""

    provider: Provider

    async def had(self, change: Update, loss: Loss | None) -> Had | None:
        """What has the tag of a canary before it is sent; ``loss`` as far as it was counted.

        None: nothing is found to have it.
        """
        if is_counted(loss):
            return Had(loss)
        loss = loss or Loss.unknown()
        shown = await self._listed(change, change.before, loss, proven=False)
        return Had(loss, shown) if shown else None

    async def kept(self, change: Update, now: LiveTag, had: Had) -> Kept | None:
        """How many had the tag and have it ``now``; None where that can't be listed.

        Raises HarmedError, after putting it back, where it lost some.
        """
        found = await self._listed(change, now, had.loss, proven=not had.shown)
        own: Sequence[Interaction] = had.shown
        if own and found is not None and keys(own) - keys(found):
            own = await self._own(change, now, own)
            found = await self._listed(change, now, Loss.of(own), proven=True) if own else None
        if found is None:
            return None
        loss = Loss.of(own) if own else had.loss
        kept = Kept(before=loss.interactions.number, after=len(found))
        if own:
            lost = await number_lost(self.provider, own, found, {change.before.name, now.name})
            kept = Kept(before=len(own), after=len(own) - lost)
        await expect_kept(self.provider, replace(change, loss=loss), now, kept, effects(change))
        return kept if kept.before else None

    async def _own(
        self, change: Update, now: LiveTag, shown: Sequence[Interaction]
    ) -> Sequence[Interaction]:
        """Of ``shown`` those that had this tag: the others show its old name even now."""
        if now.name == change.before.name:
            return shown
        still = await self._listed(change, change.before, Loss.of(shown), proven=False)
        others = keys(shown) if still is None else keys(still)
        return [one for one in shown if (one.kind, one.id) not in others]

    async def _listed(
        self, change: Update, tag: LiveTag, expected: Loss, *, proven: bool
    ) -> tuple[Interaction, ...] | None:
        """What has ``tag``; None where it can't be listed."""
        try:
            return await self.provider.interactions(
                change.place, tag, expected=expected, proven=proven
            )
        except ReconcilerError as error:
            LOG.info("what has %s can't be listed: %s", double_quoted(tag.name), error.message)
            return None


def keys(found: Sequence[Interaction]) -> frozenset[tuple[Kind, str]]:
    """Which interactions they are, whatever tags they had when they were read."""
    return frozenset((one.kind, one.id) for one in found)


async def number_lost(
    provider: Provider, had: Sequence[Interaction], shown: Sequence[Interaction], names: set[str]
) -> int:
    """How many of ``had`` have none of ``names`` any more: those that are not ``shown`` again.

    A filter may lag or miss some, so a few of them are read by themselves; one that has lost its
    tag speaks for all.
    """
    still = keys(shown)
    missing = [one for one in had if (one.kind, one.id) not in still]
    for one in missing[:_READ_OF_MISSING]:
        with suppress(NotFoundError):
            if not names & {*(await provider.read(one)).tags}:
                return len(missing)
    return 0


async def expect_kept(
    provider: Provider,
    change: Update | Merge,
    now: LiveTag,
    kept: Kept,
    effects: frozenset[Effect],
) -> None:
    """Raise HarmedError where fewer have the tag ``now`` than had it, and put its values back."""
    if kept.after >= kept.before:
        return
    done = " and ".join(f"{effect}d" for effect in sorted(effects, reverse=True))
    try:
        restored = (await provider.update(now, change.before.tag)).tag
        back = await provider.interactions(
            change.place, restored, expected=change.loss or Loss.unknown(), proven=False
        )
        have = "has" if len(back) == 1 else "have"
        after = f"its name and state are put back, and {len(back)} {have} it"
    except ReconcilerError as error:
        after = f"it could not be put back: {error.message}"
    what = f"{count(kept.before, 'interaction')} had it, {kept.after} after it was {done}"
    raise HarmedError(f"{what}; {after}", effects)
