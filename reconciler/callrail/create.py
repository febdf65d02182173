"""Makes one tag, and at most one, however the answer is lost.

Terms. The *baseline* is what was live when the request was sent. A tag is *new* when it is in the
wanted place, is not in the baseline and was not made by another create of this run. Its name is the
desired one, or a form of it that a server may have made: blanks, case, Unicode form, length.

Premise. One place and name is desired once in a run, so one new tag is ours (or does what ours
would do). After a 2xx there is a tag, whatever the answer says: nothing is sent again. After an
ambiguous outcome, no new tag over ten seconds means that the request did nothing, unless the
listing is seen to lag longer; it is sent once more. Several can't be distinguished: we stop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from reconciler.callrail.api import StaleError
from reconciler.callrail.exchange import Method, Request, path
from reconciler.callrail.retry import Verdict
from reconciler.callrail.wire import create_body, made_tag
from reconciler.callrail.writes import Write, refusal_in
from reconciler.errors import ProtocolError, ReconcilerError, RejectedError, UnknownOutcomeError
from reconciler.model.names import SHORTEST_CUT, may_be_stored_as
from reconciler.model.tag import LiveTag, Status, differing
from reconciler.provider import Created
from reconciler.text.quote import double_quoted

if TYPE_CHECKING:
    from collections.abc import Collection

    from reconciler.callrail.api import AmbiguousError
    from reconciler.callrail.exchange import Answer
    from reconciler.callrail.live_tags import LiveTags
    from reconciler.model.tag import Place, Tag

_TAKEN: Final = ("taken", "exist", "already", "duplicate", "unique")


async def create(live_tags: LiveTags, place: Place, tag: Tag) -> Created:
    """Create ``tag`` in ``place``; see :meth:`reconciler.provider.Provider.create`."""
    if tag.status is not Status.ENABLED:
        raise ValueError("the API creates enabled tags only")
    baseline = await live_tags.baseline(place)
    desired = place.company_id, tag.name
    live_tags.desired[desired] += 1
    try:
        return await _Create(live_tags, place, tag, baseline).run()
    except _AppearedError as appeared:
        return _adopt(live_tags, tag, appeared.tag)
    finally:
        live_tags.desired[desired] -= 1


class _AppearedError(Exception):
    """The newest listing shows ``tag`` in the place, with the desired name or a form of it."""

    def __init__(self, tag: LiveTag) -> None:
        super().__init__(tag)
        self.tag = tag


class _Create(Write["Collection[LiveTag]", Created]):
    """One POST."""

    most: ClassVar[int] = 2
    repeatable: ClassVar[bool] = False

    def __init__(
        self, live_tags: LiveTags, place: Place, tag: Tag, baseline: frozenset[int]
    ) -> None:
        self._place = place
        self._tag = tag
        self._baseline = baseline
        request = Request(
            method=Method.POST,
            path=path("v3", "a", live_tags.account, "tags.json"),
            body=create_body(place, tag),
            account=live_tags.account,
        )
        super().__init__(live_tags, f"creating {tag.name!r}", request)

    async def resolve(self, outcome: AmbiguousError) -> Created | None:
        if outcome.status == 409 and _means_taken(outcome.message):
            refusal = RejectedError(f"refused (409): {outcome.message}", status=409)
            return await self._taken(refusal, outcome)
        # What others have read meanwhile may show it already.
        return self.found(self.live_tags.appeared) or await super().resolve(outcome)

    async def prepare(self) -> None:
        if self.stale:
            await self.live_tags.fresh()

    def check(self) -> None:
        if not self.live_tags.recent:
            raise StaleError
        same = self.live_tags.named(self._place, self._tag.name)
        if same is not None and not self._is_other(same):
            raise _AppearedError(same)
        for tag in self.live_tags.appeared:
            if self._is_here(tag) and self._is_form(tag) and not self._is_other(tag):
                raise _AppearedError(tag)

    def answered(self, answer: Answer) -> Created:
        try:
            tag = made_tag(answer.payload, self._place, self._tag)
        except ProtocolError as error:
            raise self.unseen(answer, f"its answer can't be used: {error.message}") from error
        known = tag.id in self._baseline
        strange = not self._is_here(tag) or (known and not self._is_form(tag))
        if strange or tag.id in self.live_tags.made:
            other = f"{tag.name!r} (id {tag.id})"
            place = "" if self._is_here(tag) else ", in another place"
            raise self.unseen(answer, f"its answer describes another tag: {other}{place}")
        self.live_tags.created(tag)
        return Created(tag=tag, adopted=known)

    async def refused(self, refusal: RejectedError) -> Created:
        if refusal.status in {400, 422} and _means_taken(refusal.message):
            return await self._taken(refusal, refusal.message)
        raise refusal

    async def read(self) -> Collection[LiveTag]:
        return await self.live_tags.fresh()

    def found(self, reading: Collection[LiveTag]) -> Created | None:
        """The one new tag that may be ours; UnknownOutcomeError when there are several."""
        new = [
            tag
            for tag in reading
            if self._is_here(tag) and tag.id not in self._baseline and not self._is_other(tag)
        ]
        exact = [tag for tag in new if tag.name == self._tag.name]
        found = exact or [tag for tag in new if self._is_form(tag)]
        if len(found) > 1:
            ids = ", ".join(str(tag.id) for tag in found)
            raise self.unknown(f"{len(found)} new tags have that name there (ids {ids})")
        if not found:
            return None
        self.live_tags.created(found[0])
        return Created(tag=found[0], adopted=True)

    def unfinished(self, outcome: AmbiguousError, reading: Collection[LiveTag]) -> None:  # noqa: ARG002
        if self.live_tags.lags():
            raise self.unknown(f"{outcome}; the listing lags behind what was written")
        if outcome.verdict is Verdict.UNSEEN:
            raise self.unknown(f"{outcome}; no listing shows it", accepted=True)
        if outcome.verdict is Verdict.CONTRADICTED:
            raise refusal_in(outcome)

    async def _taken(self, refusal: RejectedError, why: object) -> Created:
        """The name is taken: by a request of ours that was thought lost, or by someone else."""
        try:
            holder = self._holder(await self.read())
            if holder is None:
                holder = (await self.read_until(self._holder, why))[0]
        except UnknownOutcomeError:
            raise
        except ReconcilerError as error:
            raise self.unknown(f"{refusal.message}; {error.message}") from error
        if holder is None:
            raise _conflict(self._tag, None, refusal)
        return _adopt(self.live_tags, self._tag, holder, refusal)

    def _holder(self, reading: Collection[LiveTag]) -> LiveTag | None:
        """The tag that has the name; one that the plan has seen only where the name is the same."""
        fitting = [tag for tag in reading if self._is_here(tag) and not self._is_other(tag)]
        exact = [tag for tag in fitting if tag.name == self._tag.name]
        forms = [tag for tag in fitting if self._is_form(tag)]
        return next(iter([*exact, *forms]), None)

    def _is_here(self, tag: LiveTag) -> bool:
        return tag.company_id == self._place.company_id

    def _is_other(self, tag: LiveTag) -> bool:
        """Whether another change of this run is about ``tag``.

        A create whose answer is still to come may have made a tag that looks like a form of ours.
        """
        if tag.id in self.live_tags.made or tag.id in self.live_tags.touched:
            return True
        return tag.name != self._tag.name and self.live_tags.desired[tag.company_id, tag.name] > 0

    def _is_form(self, tag: LiveTag) -> bool:
        return may_be_stored_as(self._tag.name, tag.name, cut_from=SHORTEST_CUT)


def _adopt(
    live_tags: LiveTags, desired: Tag, found: LiveTag, refusal: RejectedError | None = None
) -> Created:
    """``found`` as the created tag where it is as ``desired``; else the conflict is raised."""
    as_desired = set(differing(found, desired)) <= {"name"}
    same_name = found.name == desired.name or found in live_tags.appeared
    if not as_desired or not same_name:
        raise _conflict(desired, found, refusal)
    live_tags.created(found)
    return Created(tag=found, adopted=True)


def _means_taken(message: str) -> bool:
    message = message.lower()
    return any(word in message for word in _TAKEN)


def _conflict(tag: Tag, found: LiveTag | None, refusal: RejectedError | None) -> RejectedError:
    reason = f": {refusal.message}" if refusal is not None else ""
    status = 409 if refusal is None else refusal.status
    if found is None:
        message, hint = (
            f"{tag.name!r} is taken by a tag that no listing shows{reason}",
            "Plan again.",
        )
    elif found.name == tag.name:
        message = f"{tag.name!r} has appeared there since the plan, other than planned{reason}"
        hint = "Someone made it: plan again."
    else:
        message = f"{tag.name!r} is taken by {found.name!r} (id {found.id}){reason}"
        hint = (
            f"The server compares names more loosely: write 'name: {double_quoted(found.name)}', "
            f"or 'renamed_from: [{double_quoted(found.name)}]' to rename it."
        )
    return RejectedError(message, status=status, hint=hint)
