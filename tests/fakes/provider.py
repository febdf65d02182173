"""A provider over a dictionary, which tidies and refuses names as the API may."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reconciler.errors import NotFoundError, RejectedError
from reconciler.model.change import UNKNOWN, Applied, Count, Loss
from reconciler.model.interaction import Interaction, Kind
from reconciler.model.tag import LiveTag, Status, differing
from reconciler.model.usage import Beside
from reconciler.provider import Created, Listing, Updated

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from reconciler.model.plan import Allowance
    from reconciler.model.tag import Company, Place, Tag
    from reconciler.model.usage import NameAt, Uses


@dataclass
class FakeProvider:
    """Live tags by id. ``unique``: None, "exact" or "nocase" names in a place.

    ``failures``: method name and tag name -> what to raise instead of doing it (once).
    ``assigned``: the ids of the tags that each call has, by the call's id.
    ``before_delete`` runs before each delete reaches the server.
    """

    live: dict[int, LiveTag] = field(default_factory=dict)
    known_companies: tuple[Company, ...] = ()
    unique: str | None = None
    calls: dict[str, int] = field(default_factory=dict)
    applied: dict[str, int] = field(default_factory=dict)
    uncounted: dict[str, str] = field(default_factory=dict)
    failures: dict[tuple[str, str], Exception] = field(default_factory=dict)
    on_write: Callable[[str, str], None] = lambda _method, _name: None
    sent: list[tuple[str, str]] = field(default_factory=list)
    assigned: dict[str, set[int]] = field(default_factory=dict)
    requests: int = 0
    next_id: int = 1_000_000

    @classmethod
    def of(cls, tags: Iterable[LiveTag], **rest: object) -> FakeProvider:
        """A provider that holds ``tags``."""
        return cls({tag.id: tag for tag in tags}, **rest)  # type: ignore[arg-type]

    @property
    def colors(self) -> frozenset[str]:
        """Those of the live tags."""
        return frozenset(tag.color for tag in self.live.values() if tag.color)

    @property
    def allowance(self) -> Allowance | None:
        """Nobody tells."""
        return None

    async def companies(self) -> tuple[Company, ...]:
        """All of them, for one request."""
        self.requests += 1
        return self.known_companies

    async def tags(
        self,
        places: Collection[str | None] | None = None,
        *,
        proven: bool = False,
    ) -> Listing:
        """All of them; a companies' read leaves the others unread, as a cheap one would."""
        self.requests += 1
        if places is None or None in places:
            return Listing(tags=tuple(self.live.values()))
        wanted = tuple(tag for tag in self.live.values() if tag.company_id in places)
        return Listing(tags=wanted, unread=len(self.live) - len(wanted))

    async def create(self, place: Place, tag: Tag) -> Created:
        """Make it, unless its name is taken."""
        self._write("create", tag.name)
        self._refuse_taken(place.company_id, tag.name)
        self.next_id += 1
        made = LiveTag(self.next_id, tag.name, tag.color or "gray1", tag.status, place.company_id)
        self.live[made.id] = made
        return Created(tag=made)

    async def update(self, before: LiveTag, after: Tag) -> Updated:
        """Change what differs."""
        self._write("update", before.name)
        if before.id not in self.live:
            raise NotFoundError("no such tag")
        if after.name != before.name:
            self._refuse_taken(before.company_id, after.name, but=before.id)
        sent: dict[str, Any] = {field: getattr(after, field) for field in differing(before, after)}
        changed = self.live[before.id] = self.live[before.id]._replace(**sent)
        return Updated(tag=changed)

    async def delete(self, tag: LiveTag) -> bool:
        """Delete it; gone is gone."""
        self._write("delete", tag.name)
        for tags in self.assigned.values():
            tags.discard(tag.id)
        return self.live.pop(tag.id, None) is not None

    async def usage(self, place: Place, tag: LiveTag, *, flows: bool = True) -> Loss:
        """The calls that the test gave the name, else those that have the very tag."""
        self.requests += 1
        applied, names = await self.flows(place, tag) if flows else Applied(UNKNOWN)
        assigned = sum(tag.id in tags for tags in self.assigned.values())
        calls = Count(self.calls.get(tag.name, assigned))
        return Loss(calls=calls, flows=applied, flow_names=names)

    async def uses(self, asked: Collection[NameAt]) -> Uses:
        """Not asked of it: tests of counts have a server."""
        raise NotImplementedError

    async def beside(self, asked: Collection[NameAt]) -> Mapping[NameAt, Beside]:
        """The calls that have the very tag, and the names of their other tags, for one request."""
        self.requests += 1
        return {one: self._beside(one) for one in asked}

    def _beside(self, asked: NameAt) -> Beside:
        own = {tag.id for tag in self.live.values() if (tag.name, tag.company_id) == asked}
        calls = [{*self._call(call).tags} for call, held in self.assigned.items() if held & own]
        times = Counter(name for names in calls for name in names if name != asked.name)
        also = {name: Loss(calls=Count(number)) for name, number in times.items()}
        return Beside(Loss(calls=Count(len(calls))), also)

    async def flows(self, place: Place, tag: LiveTag) -> Applied:
        """The flows that the test gave the name."""
        return Applied(Count(self.applied.get(tag.name, 0)))

    async def interactions(
        self, place: Place, tag: LiveTag, *, expected: Loss, proven: bool
    ) -> tuple[Interaction, ...]:
        """The calls that have the very tag, while it is called so, for one request."""
        self.requests += 1
        if tag.id not in self.live or self.live[tag.id].name != tag.name:
            return ()
        return tuple(self._call(one) for one, tags in self.assigned.items() if tag.id in tags)

    async def append(self, interaction: Interaction, tag: LiveTag) -> Interaction:
        """Put it on."""
        self._write("append", interaction.id)
        if self.live.get(tag.id) != tag or tag.status is Status.DISABLED:
            raise RejectedError("not live, or disabled", status=409)
        return await self._changed(interaction, {*self._call(interaction.id).tags, tag.name})

    async def read(self, interaction: Interaction) -> Interaction:
        """The call, for one request."""
        self.requests += 1
        if interaction.id not in self.assigned:
            raise NotFoundError("no such call")
        return self._call(interaction.id)

    async def recent(self, interaction: Interaction) -> Interaction:
        """The call, for one request."""
        return await self.read(interaction)

    async def replace_tags(self, interaction: Interaction) -> Interaction:
        """Put on what it names and nothing else."""
        self._write("replace", interaction.id)
        return await self._changed(interaction, {*interaction.tags})

    async def _changed(self, interaction: Interaction, names: set[str]) -> Interaction:
        if interaction.id not in self.assigned:
            raise NotFoundError("no such call")
        tags = {tag.id for tag in self.live.values() if tag.name in names}
        self.assigned[interaction.id] = tags
        return self._call(interaction.id)

    def _call(self, call_id: str) -> Interaction:
        held = self.assigned.get(call_id, set())
        names = sorted(tag.name for tag in self.live.values() if tag.id in held)
        return Interaction(kind=Kind.CALL, id=call_id, company_id="COM1", tags=tuple(names))

    def forget_usage(self) -> None:
        """Nothing is kept."""

    def _write(self, method: str, name: str) -> None:
        self.requests += 1
        self.on_write(method, name)
        self.sent.append((method, name))
        failures = self.failures.pop((method, name), None)
        if failures is not None:
            raise failures

    def _refuse_taken(self, company_id: str | None, name: str, but: int = 0) -> None:
        fold = str.casefold if self.unique == "nocase" else str
        if self.unique is None:
            return
        for tag in self.live.values():
            if tag.company_id == company_id and tag.id != but and fold(tag.name) == fold(name):
                raise RejectedError("Name has already been taken", status=422)


def enabled(
    tag_id: int, name: str, company: Company | None = None, color: str = "gray1"
) -> LiveTag:
    """A live, enabled tag."""
    return LiveTag(tag_id, name, color, Status.ENABLED, company.id if company else None)
