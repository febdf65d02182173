"""What has live tags, counted the cheaper way: all that is asked for at once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.concurrency import side_by_side
from reconciler.model.change import UNKNOWN, Loss
from reconciler.model.tag import Company, Place
from reconciler.planning.tag_uses import TagUses, where_live

if TYPE_CHECKING:
    from collections.abc import Collection

    from reconciler.model.change import Applied
    from reconciler.model.state import LiveAccount
    from reconciler.model.tag import LiveTag
    from reconciler.provider import Auditable


async def losses_of(
    provider: Auditable, live: LiveAccount, tags: Collection[LiveTag], *, flows: bool
) -> dict[int, Loss]:
    """What has each of ``tags``, by id; ``live``: the whole account, as ``provider`` read it.

    ``flows``: those that apply the tags are read too; else they are UNKNOWN.
    """
    if not tags:
        return {}
    uses = await provider.uses(where_live(live.tags, {tag.name for tag in tags}))
    counts = TagUses(live.tags, uses)
    found = {tag.id: use.loss if (use := counts.of(tag)) else Loss.unknown() for tag in tags}
    if not flows:
        return {tag_id: replace(loss, flows=UNKNOWN) for tag_id, loss in found.items()}
    applied = await applied_of(provider, live, tags)
    return {
        tag_id: replace(found[tag_id], flows=number, flow_names=names)
        for tag_id, (number, names) in applied.items()
    }


async def applied_of(
    provider: Auditable, live: LiveAccount, tags: Collection[LiveTag]
) -> dict[int, Applied]:
    """The flows that apply each of ``tags``, by id; each flow is read once."""
    applied = await side_by_side(provider.flows(_place(tag, live), tag) for tag in tags)
    return {tag.id: one for tag, one in zip(tags, applied, strict=True)}


def _place(tag: LiveTag, live: LiveAccount) -> Place:
    if tag.company_id is None:
        return Place(live.account, None)
    known = live.companies.get(tag.company_id)
    return Place(live.account, known or Company(tag.company_id, tag.company_id))
