"""Live state kept in a file: taking it, and planning against it without a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from reconciler.concurrency import side_by_side
from reconciler.errors import UsageError
from reconciler.model.change import Applied, Loss
from reconciler.model.state import LiveAccount
from reconciler.model.trash import parse
from reconciler.model.usage import Beside, NameAt
from reconciler.planning.tag_uses import uses_of
from reconciler.provider import Created, Listing, Updated
from reconciler.text.plural import count
from reconciler.workflow.accounts import ABOUT_ONE_ACCOUNT, in_account
from reconciler.workflow.counting import losses_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from reconciler.model.interaction import Interaction
    from reconciler.model.plan import Allowance
    from reconciler.model.state import Account
    from reconciler.model.tag import Company, LiveTag, Place, Tag
    from reconciler.model.usage import Uses
    from reconciler.provider import Provider
    from reconciler.workflow.plan import ProviderFor


async def read_live(
    accounts: Sequence[Account],
    provider_for: ProviderFor,
    *,
    usage: bool = False,
    log: Callable[[str], None] = lambda _line: None,
) -> tuple[LiveAccount, ...]:
    """Companies and all tags of ``accounts``, completely read; with ``usage`` also what has each.

    An account that can't be read is an error that names it: part of a snapshot would pass for the
    whole. ``log`` gets one line of progress at a time.
    """

    async def read(account: Account) -> LiveAccount:
        try:
            return await read_account(account, provider_for(account), usage=usage, log=log)
        except ABOUT_ONE_ACCOUNT as error:
            raise in_account(error, account.handle) from error

    return tuple(await side_by_side(map(read, accounts)))


async def read_account(
    account: Account, provider: Provider, *, usage: bool, log: Callable[[str], None]
) -> LiveAccount:
    """One account, as :func:`read_live` reads it."""
    companies = {company.id: company for company in await provider.companies()}
    listing = await provider.tags()
    if listing.odd:
        rows = count(len(listing.odd), "row of the listing is not a tag", "rows are not tags")
        log(f"{account.handle}: {rows} as we know them; what is not listed may be live")
    live = LiveAccount(
        account=account.ref, tags=listing.tags, companies=companies, odd=len(listing.odd)
    )
    if usage:
        log(f"{account.handle}: counting what has {count(len(live.tags), 'tag')}")
        live = live._replace(usage=await losses_of(provider, live, live.tags, flows=True))
        live = live._replace(beside=await _beside_trash(provider, live))
        for kind, why in provider.uncounted.items():
            log(f"{account.handle}: {kind} can't be counted: {why}")
    return live._replace(requests=provider.requests)


async def _beside_trash(provider: Provider, live: LiveAccount) -> dict[int, Beside]:
    """What merges ask of tags in the trash: whether what has them has another tag as well."""
    trashed = {
        tag.id: NameAt(tag.name, tag.company_id) for tag in live.tags if parse(tag.name) is not None
    }
    beside = await provider.beside(set(trashed.values())) if trashed else {}
    return {tag_id: beside[at] for tag_id, at in trashed.items()}


def provider_from(snapshot: Sequence[LiveAccount]) -> ProviderFor:
    """A backend that answers from ``snapshot``; accounts are known by id."""
    by_id = {live.account.id: live for live in snapshot}

    def provider_for(account: Account) -> SnapshotProvider:
        live = by_id.get(account.ref.id)
        if live is None:
            known = ", ".join(sorted(by_id)) or "none"
            raise UsageError(
                f"the snapshot has no account {account.ref.id} ({account.handle})",
                hint=f"It holds: {known}. Take a new one with `reconciler snapshot`.",
            )
        return SnapshotProvider(live)

    return provider_for


@dataclass(frozen=True, slots=True)
class SnapshotProvider:
    """A provider that can only be read, and costs nothing."""

    live: LiveAccount

    @property
    def requests(self) -> int:
        """None are sent."""
        return 0

    @property
    def colors(self) -> frozenset[str]:
        """Those of the snapshot's tags."""
        return frozenset(tag.color for tag in self.live.tags if tag.color)

    @property
    def allowance(self) -> Allowance | None:
        """Nobody reports any."""
        return None

    async def companies(self) -> tuple[Company, ...]:
        """The snapshot's companies."""
        return tuple(self.live.companies.values())

    async def tags(
        self,
        places: Collection[str | None] | None = None,  # noqa: ARG002 - reading all is free
        *,
        proven: bool = False,  # noqa: ARG002 - a snapshot is whole
    ) -> Listing:
        """The snapshot's tags, all of them."""
        return Listing(tags=self.live.tags)

    async def usage(
        self,
        place: Place,  # noqa: ARG002 - an id is enough
        tag: LiveTag,
        *,
        flows: bool = True,  # noqa: ARG002 - they stand there too
    ) -> Loss:
        """What was counted when it was taken; unknown where nobody did."""
        return (self.live.usage or {}).get(tag.id) or Loss.unknown()

    async def uses(self, asked: Collection[NameAt]) -> Uses:
        """What its tags had then; unknown where nobody counted, and of no certain day."""
        return uses_of(self.live, asked)

    async def beside(self, asked: Collection[NameAt]) -> Mapping[NameAt, Beside]:
        """What was beside those in the trash then; unknown where nobody counted."""
        known = {
            NameAt(tag.name, tag.company_id): self.live.beside[tag.id]
            for tag in self.live.tags
            if tag.id in self.live.beside
        }
        return {one: known.get(one) or Beside(Loss.unknown(), {}) for one in asked}

    async def flows(self, place: Place, tag: LiveTag) -> Applied:
        """Those that were counted then."""
        loss = await self.usage(place, tag)
        return Applied(loss.flows, loss.flow_names)

    @property
    def uncounted(self) -> Mapping[str, str]:
        """Nothing is tried."""
        return {}

    def forget_usage(self) -> None:
        """There is none."""

    async def create(self, place: Place, tag: Tag) -> Created:
        """Not possible."""
        self._refuse(place, tag)

    async def update(self, before: LiveTag, after: Tag) -> Updated:
        """Not possible."""
        self._refuse(before, after)

    async def delete(self, tag: LiveTag) -> bool:
        """Not possible."""
        self._refuse(tag)

    async def interactions(
        self, place: Place, tag: LiveTag, *, expected: Loss, proven: bool
    ) -> tuple[Interaction, ...]:
        """Not possible either."""
        self._refuse(place, tag, expected, proven)

    async def append(self, interaction: Interaction, tag: LiveTag) -> Interaction:
        """Not possible."""
        self._refuse(interaction, tag)

    async def read(self, interaction: Interaction) -> Interaction:
        """Not possible."""
        self._refuse(interaction)

    async def recent(self, interaction: Interaction) -> Interaction:
        """Not possible."""
        self._refuse(interaction)

    async def replace_tags(self, interaction: Interaction) -> Interaction:
        """Not possible."""
        self._refuse(interaction)

    def _refuse(self, *_what: object) -> NoReturn:
        raise UsageError("a snapshot can't be changed", hint="Leave --live out.")
