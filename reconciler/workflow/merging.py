"""What has the tags that are to become one: it decides which survives, and is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from reconciler.concurrency import side_by_side
from reconciler.model.usage import NameAt

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.model.change import Loss
    from reconciler.model.tag import Place
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
    uses = {(place, tag.id): loss for (place, tag), loss in zip(live, counted, strict=True)}
    trashed = [(group, tag) for group in groups for tag in group.trashed]
    if not trashed:
        return uses
    at = [NameAt(tag.name, group.place.company_id) for group, tag in trashed]
    beside = await provider.beside(set(at))
    left = {
        (group.place, tag.id): beside[one].lacking(group.declaration.name)
        for (group, tag), one in zip(trashed, at, strict=True)
    }
    return uses | left
