"""What planning and apply need of a backend, in the model's terms."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from reconciler.model.change import Applied, Loss
    from reconciler.model.interaction import Interaction
    from reconciler.model.plan import Allowance
    from reconciler.model.tag import Company, LiveTag, Place, Tag
    from reconciler.model.usage import Beside, NameAt, Uses


class OddTag(NamedTuple):
    """A row of a listing that is not a tag as we know them; what is there can't be acted on.

    ``id`` is as it came, safe to show. ``name`` and ``company_id`` are None where the row has none
    that can be read; ``placed``: level and company can be relied on. ``why`` says what is
    odd.
    """

    id: str
    name: str | None
    company_id: str | None
    placed: bool
    page: int
    why: str


class Listing(NamedTuple):
    """A consistent read: every tag of the account, or of the places asked for.

    ``unread`` counts the account's other tags, which a cheaper read left out; None where nobody
    counted them. ``proven``: it is certain that no tag of those places is missing; else a tag that
    is not here may be live. ``odd`` rows stand in no other list. ``cost`` is how many requests the
    same read would take again; None: as many as this one did.
    """

    tags: tuple[LiveTag, ...]
    unread: int | None = 0
    proven: bool = True
    odd: tuple[OddTag, ...] = ()
    cost: int | None = None


class Created(NamedTuple):
    """A created tag, as the server stores it; ``adopted`` when it was found by reading.

    Then the answer was lost, or someone else made it since the plan.
    """

    tag: LiveTag
    adopted: bool = False


class Updated(NamedTuple):
    """An updated tag, as the server stores it; ``already``: it was so, and nothing was sent."""

    tag: LiveTag
    already: bool = False


class Auditable(Protocol):
    """One account's tags, only read. All may raise AuthError, QuotaError or an ApiError."""

    @property
    def requests(self) -> int:
        """Requests sent for this account so far, retries and failed ones included."""

    @property
    def allowance(self) -> Allowance | None:
        """What the server last reported of the account's quota; None where it reports nothing."""

    async def companies(self) -> tuple[Company, ...]:
        """All companies, the disabled ones marked."""

    async def tags(
        self, places: Collection[str | None] | None = None, *, proven: bool = False
    ) -> Listing:
        """Live tags, read in the cheapest consistent way.

        ``places``: only these companies' own tags are needed, and those of account level where None
        is among them; None: everything is. ``proven``: whatever is not in the result must be
        certain not to be live. Without that a listing may be unproven, for fewer requests.
        """

    async def uses(self, asked: Collection[NameAt]) -> Uses:
        """What shows each of the names, by as few requests as prove it; after ``tags``."""

    async def beside(self, asked: Collection[NameAt]) -> Mapping[NameAt, Beside]:
        """What else is on the interactions that show each of the names, as ``uses`` reads them."""

    async def flows(self, place: Place, tag: LiveTag) -> Applied:
        """The flows that apply ``tag`` of ``place``, of which each is read once."""

    @property
    def uncounted(self) -> Mapping[str, str]:
        """Why what could not be counted, by kind: ``texts``, ``call flows``."""


class Provider(Auditable, Protocol):
    """One account's tags, to be changed too. Raises as :class:`Auditable` does.

    A write raises RejectedError when the server refused it for good or live state is no longer as
    planned, ForbiddenError where this one thing is not for the key, and UnknownOutcomeError when
    nobody knows. After any other error nothing was written. It never repeats what can't be
    repeated safely, and a PUT or DELETE rests on a read of the last two seconds.
    """

    @property
    def colors(self) -> frozenset[str]:
        """The colours that live tags have, as far as they were read."""

    async def create(self, place: Place, tag: Tag) -> Created:
        """Make one tag, at most one under any fault; the newest listing is searched first."""

    async def update(self, before: LiveTag, after: Tag) -> Updated:
        """Change name, colour or status of ``before`` to ``after``; sends only what differs."""

    async def delete(self, tag: LiveTag) -> bool:
        """Delete; False when it was gone already."""

    async def usage(self, place: Place, tag: LiveTag, *, flows: bool = True) -> Loss:
        """What has ``tag`` of ``place``: interactions, and the flows that apply it.

        What can't be read is of unknown number; ``uncounted`` then says why. ``flows`` False: they
        are not read.
        """

    async def interactions(
        self, place: Place, tag: LiveTag, *, expected: Loss, proven: bool
    ) -> tuple[Interaction, ...]:
        """The interactions that have ``tag``, whose name no other tag of ``place`` has.

        All pages are read before it returns. ``expected`` is what was counted to have it: kinds of
        which there are none are not read, nor what the key may not read. ``proven``: where fewer
        are found, or no exact number is known, it is read on until it is certain that none is
        missing; raises ProtocolError where rows do not show their tags.
        """

    async def append(self, interaction: Interaction, tag: LiveTag) -> Interaction:
        """Put ``tag`` on beside what is there, and give the interaction as read back.

        Raises NotFoundError when the interaction is gone, RejectedError when the tag is no longer
        live, called so and enabled; it is sent again where nobody knows whether it arrived.
        """

    async def read(self, interaction: Interaction) -> Interaction:
        """``interaction`` as it is now; raises NotFoundError when it is gone."""

    async def recent(self, interaction: Interaction) -> Interaction:
        """The same where ``interaction`` is as a read of the last two seconds showed it."""

    async def replace_tags(self, interaction: Interaction) -> Interaction:
        """Give it its ``tags`` and no others, to put back what was lost; as read back."""

    def forget_usage(self) -> None:
        """Count from here on anew, and not by what was read before."""
