"""One account's tags: reads them whole, writes them, and counts what would be lost with them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeVar

from reconciler.callrail.create import create
from reconciler.callrail.live_tags import FRESH, LiveTags
from reconciler.callrail.namesakes import Namesakes
from reconciler.callrail.writes import delete, update
from reconciler.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping

    from reconciler.callrail.api import ApiSession
    from reconciler.callrail.losses import Losses
    from reconciler.callrail.tagging import InteractionTags
    from reconciler.errors import ReconcilerError
    from reconciler.model.change import Applied, Loss
    from reconciler.model.interaction import Interaction
    from reconciler.model.plan import Allowance
    from reconciler.model.tag import Company, LiveTag, Place, Tag
    from reconciler.model.usage import Beside, NameAt, Uses
    from reconciler.provider import Created, Listing, Updated

T = TypeVar("T")


class AccountProvider:
    """Implements :class:`reconciler.provider.Provider` over HTTP.

    ``lost`` is asked when the server does not know the account; it returns the error to raise.
    ``admit`` is awaited before anything is read; it raises where the account is not to be read.
    """

    def __init__(
        self,
        session: ApiSession,
        account: str,
        *,
        lost: Callable[[NotFoundError], Awaitable[ReconcilerError]] | None = None,
        admit: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._admit = admit
        self._session = session
        self._account = account
        self._quota = session.run.quota(account)
        self._lost = lost
        self._live_tags = LiveTags(session, account)
        self._namesakes = Namesakes(session, account)
        self._losses: Losses | None = None
        self._listed_at: dict[str, float] = {}
        """When the listing began that showed an interaction last, by its id."""

    @property
    def requests(self) -> int:
        """Requests sent for this account so far, retries and failed ones included."""
        return self._quota.requests

    @property
    def colors(self) -> frozenset[str]:
        """The colours that live tags have, as far as they were read."""
        return self._live_tags.colors

    @property
    def allowance(self) -> Allowance | None:
        """What the server last reported of the account's quota; None where it reports nothing."""
        return self._quota.allowance(self._session.run.now())

    async def companies(self) -> tuple[Company, ...]:
        """All companies, the disabled ones marked. Raises AuthError, QuotaError or an ApiError."""
        await self._expect_admitted()
        return await self._known(self._live_tags.reader.companies())

    async def tags(
        self, places: Collection[str | None] | None = None, *, proven: bool = False
    ) -> Listing:
        """Live tags of ``places`` at least, or of the whole account (None)."""
        await self._expect_admitted()
        scope = None if places is None else frozenset(places)
        listing = await self._known(self._live_tags.read(scope, proven=proven))
        self._namesakes.learn(listing)
        return listing

    async def create(self, place: Place, tag: Tag) -> Created:
        """Make one tag, at most one under any fault.

        Raises RejectedError when the server refuses it, ForbiddenError for a 403,
        UnknownOutcomeError when reading for ten seconds, twice, leaves it ambiguous.
        """
        return await create(self._live_tags, place, tag)

    async def update(self, before: LiveTag, after: Tag) -> Updated:
        """Change ``before`` to ``after``; sends only what differs, and nothing when nothing does.

        Raises NotFoundError when the tag is gone, RejectedError when it is no longer as planned or
        the server refuses, UnknownOutcomeError when nobody knows.
        """
        return await update(self._live_tags, before, after)

    async def delete(self, tag: LiveTag) -> bool:
        """Delete ``tag``; False when it was gone already.

        Raises RejectedError when it is no longer as planned or the server refuses,
        UnknownOutcomeError when nobody knows.
        """
        return await delete(self._live_tags, tag)

    async def usage(self, place: Place, tag: LiveTag, *, flows: bool = True) -> Loss:
        """What has ``tag`` of ``place``, and the flows that apply it; see ``losses``."""
        return await self._counting().usage(place, tag, flows=flows)

    async def uses(self, asked: Collection[NameAt]) -> Uses:
        """What shows each of the names; see ``losses``. All tags must have been read before."""
        return await self._counting().uses(asked, self._namesakes.names)

    async def beside(self, asked: Collection[NameAt]) -> Mapping[NameAt, Beside]:
        """What else is on what shows each of the names; see ``losses``. As for ``uses``."""
        return await self._counting().beside(asked, self._namesakes.names)

    async def flows(self, place: Place, tag: LiveTag) -> Applied:
        """The flows that apply ``tag`` of ``place``."""
        return await self._counting().flows(place, tag)

    async def interactions(
        self, place: Place, tag: LiveTag, *, expected: Loss, proven: bool
    ) -> tuple[Interaction, ...]:
        """The interactions that have ``tag`` of ``place``; see ``tagging``."""
        began = self._session.run.now()
        found = await self._tagging().interactions(place, tag, expected, proven=proven)
        self._listed_at.update(dict.fromkeys((one.id for one in found), began))
        return found

    async def append(self, interaction: Interaction, tag: LiveTag) -> Interaction:
        """Put ``tag`` on ``interaction``; it as read back."""
        return await self._tagging().append(interaction, tag)

    async def read(self, interaction: Interaction) -> Interaction:
        """``interaction`` as it is now."""
        return await self._tagging().read(interaction)

    async def recent(self, interaction: Interaction) -> Interaction:
        """``interaction`` itself where it was listed in the last two seconds, else it as read."""
        age = self._session.run.now() - self._listed_at.get(interaction.id, -math.inf)
        return interaction if age <= FRESH else await self.read(interaction)

    async def replace_tags(self, interaction: Interaction) -> Interaction:
        """Give ``interaction`` its ``tags`` and no others; it as read back."""
        return await self._tagging().replace_tags(interaction)

    @property
    def uncounted(self) -> Mapping[str, str]:
        """What could not be counted, by kind, and why."""
        return {} if self._losses is None else self._losses.uncounted

    def forget_usage(self) -> None:
        """Count from here on anew; live tags that were read stay known."""
        self._losses = None

    def _counting(self) -> Losses:
        if self._losses is None:
            # Here and not above: most plans lose nothing, and count nothing.
            from reconciler.callrail.losses import Losses  # noqa: PLC0415

            self._losses = Losses(self._session, self._account, self._namesakes)
        return self._losses

    def _tagging(self) -> InteractionTags:
        # Here and not above: only merges put tags on interactions.
        from reconciler.callrail.tagging import InteractionTags  # noqa: PLC0415

        return InteractionTags(self._live_tags, self._counted_anew)

    async def _counted_anew(self, place: Place, tag: LiveTag) -> Loss:
        self.forget_usage()
        return await self.usage(place, tag, flows=False)

    async def close(self) -> None:
        """End reads that nobody waits for any more."""
        await self._live_tags.close()

    async def _expect_admitted(self) -> None:
        if self._admit is not None:
            await self._admit()

    async def _known(self, reading: Awaitable[T]) -> T:
        try:
            return await reading
        except NotFoundError as error:
            if self._lost is None:
                raise
            raise await self._lost(error) from error
