"""What has the tags that are to become one: it decides which survives, and is shown."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from reconciler.concurrency import side_by_side
from reconciler.errors import ProtocolError
from reconciler.model.change import NONE, Loss

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.model.tag import LiveTag, Place
    from reconciler.planning.merging import Group
    from reconciler.provider import Provider


Uses: TypeAlias = "Mapping[tuple[Place, int], Loss]"
"""What has tags, by place and id."""


async def flows_of(provider: Provider, groups: Sequence[Group]) -> None:
    """Read the flows that may apply tags of ``groups``, which ``uses_of`` then has."""
    live = [(group.place, tag) for group in groups for tag in group.to_count]
    await side_by_side(provider.flows(place, tag) for place, tag in live)


async def uses_of(provider: Provider, groups: Sequence[Group]) -> Uses:
    """What has each live tag of ``groups``; of those in the trash, what has it and not yet the
    declared name.
    """
    live = [(group.place, tag) for group in groups for tag in group.to_count]
    counted = await side_by_side(provider.usage(place, tag) for place, tag in live)
    trashed = [(group, tag) for group in groups for tag in group.trashed]
    left = await side_by_side(
        _left(provider, group.place, tag, group.declaration.name) for group, tag in trashed
    )
    places = [*live, *((group.place, tag) for group, tag in trashed)]
    return {
        (place, tag.id): loss for (place, tag), loss in zip(places, [*counted, *left], strict=True)
    }


async def _left(provider: Provider, place: Place, tag: LiveTag, name: str) -> Loss:
    had = await provider.usage(place, tag, flows=False)
    if had.interactions.none:
        return Loss()
    try:
        found = await provider.interactions(place, tag, expected=had, proven=True)
    except ProtocolError:
        return replace(Loss.unknown(), flows=NONE)
    return Loss.of(one for one in found if name not in one.tags)
