"""Makes one tag, and at most one, however the answer is lost.

Terms. The *baseline* is what was live when the request was sent. A tag is *new* when it is in the
wanted place, is not in the baseline and was not made by another create of this run. Its name is the
wanted one, or a form of it that a server may have made: blanks, case, Unicode form, length.

Premise. One place and name is wanted once in a run, so one new tag is ours (or does what ours
would do). After a 2xx there is a tag, whatever the answer says: nothing is sent again. After an
ambiguous outcome, no new tag over ten seconds means that the request did nothing, unless the
listing is seen to lag longer; it is sent once more. Several can't be told apart: we stop.
"""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Final

from reconciler.callrail.exchange import Method, Request, path
from reconciler.callrail.ledger import unknown
from reconciler.callrail.retry import Verdict
from reconciler.callrail.session import AmbiguousError, StaleError
from reconciler.callrail.wire import create_body, made_tag
from reconciler.errors import ProtocolError, ReconcilerError, RejectedError, UnknownOutcomeError
from reconciler.model.names import SHORTEST_CUT, may_be_stored_as
from reconciler.model.tag import Status, differing
from reconciler.provider import Made
from reconciler.text.quote import double_quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.callrail.exchange import Answer
    from reconciler.callrail.ledger import Ledger
    from reconciler.model.tag import LiveTag, Place, Tag

_TAKEN: Final = ("taken", "exist", "already", "duplicate", "unique")


async def create(ledger: Ledger, place: Place, tag: Tag) -> Made:
    """Create ``tag`` in ``place``; see :meth:`reconciler.provider.Provider.create`."""
    if tag.status is not Status.ENABLED:
        raise ValueError("the API creates enabled tags only")
    baseline = await ledger.baseline(place)
    wanted = place.company_id, tag.name
    ledger.wanted[wanted] += 1
    try:
        return await _Creation(ledger, place, tag, baseline).run()
    finally:
        ledger.wanted[wanted] -= 1


class _AppearedError(Exception):
    """The newest listing shows the wanted name in the place: ``args[0]``, its tag."""


class _Creation:
    """One create, from the first request to a certain end."""

    def __init__(self, ledger: Ledger, place: Place, tag: Tag, baseline: frozenset[int]) -> None:
        self._ledger = ledger
        self._place = place
        self._tag = tag
        self._baseline = baseline
        self._what = f"creating {tag.name!r}"
        self._request = Request(
            method=Method.POST,
            path=path("v3", "a", ledger.account, "tags.json"),
            body=create_body(place, tag),
            account=ledger.account,
        )

    async def run(self) -> Made:
        try:
            return await self._send()
        except AmbiguousError as doubt:
            if (found := await self._find(doubt)) is not None:
                return found
            return await self._repeat(doubt)

    async def _repeat(self, doubt: AmbiguousError) -> Made:
        """Send once more what did nothing; whatever is ambiguous then stays unknown."""
        await self._ledger.before_repeat(doubt, what=self._what, attempt=1)
        try:
            return await self._send()
        except AmbiguousError as again:
            if (found := await self._find(again)) is not None:
                return found
            raise unknown(self._what, f"{doubt}; then {again}") from again
        except (RejectedError, UnknownOutcomeError):
            raise
        except ReconcilerError as error:
            raise unknown(self._what, f"{doubt}; then {error.message}") from error

    async def _send(self) -> Made:
        """Send the request, unless the newest listing shows that the tag has appeared."""
        while True:
            try:
                answer = await self._ledger.send(self._request, check=self._check, urgent=True)
            except StaleError:
                await self._ledger.fresh()
            except _AppearedError as appeared:
                return self._adopt_as_wanted(appeared.args[0], None)
            except AmbiguousError as doubt:
                if doubt.status == 409 and _says_taken(doubt.said):
                    return await self._taken(_refusal(doubt), doubt)
                raise
            except RejectedError as refusal:
                if refusal.status not in {400, 422} or not _says_taken(refusal.message):
                    raise
                return await self._taken(refusal, AmbiguousError(refusal.message))
            else:
                return self._announced(answer)

    def _check(self) -> None:
        """What must hold at the moment of sending."""
        if not self._ledger.recent:
            raise StaleError
        same = self._ledger.named(self._place, self._tag.name)
        if same is not None and not self._is_other(same):
            raise _AppearedError(same)
        for tag in self._ledger.strangers:
            if self._is_here(tag) and self._is_form(tag) and not self._is_other(tag):
                raise _AppearedError(tag)

    def _announced(self, answer: Answer) -> Made:
        """The tag that the answer describes; AmbiguousError when it describes none or another."""
        try:
            tag = made_tag(answer.payload, self._place, self._tag)
        except ProtocolError as error:
            raise self._unseen(answer, f"its answer can't be used: {error.message}") from error
        known = tag.id in self._baseline
        strange = tag.company_id != self._place.company_id or (known and not self._is_form(tag))
        if strange or tag.id in self._ledger.made:
            other = f"{tag.name!r} (id {tag.id})"
            place = "" if tag.company_id == self._place.company_id else ", in another place"
            raise self._unseen(answer, f"its answer describes another tag: {other}{place}")
        self._ledger.created(tag)
        return Made(tag=tag, adopted=known)

    def _unseen(self, answer: Answer, why: str) -> AmbiguousError:
        return AmbiguousError(
            f"the server answered {answer.status}, but {why}",
            verdict=Verdict.UNSEEN,
            status=answer.status,
        )

    async def _find(self, doubt: AmbiguousError) -> Made | None:
        """The tag that was made by a request of unknown effect; None: it may be sent again.

        Raises RejectedError with the server's words for an error under 2xx that made nothing, and
        UnknownOutcomeError for what nobody can say.
        """
        found = self._candidate(self._ledger.strangers)
        if found is None:
            found = await self._search(doubt)
        if found is not None:
            self._ledger.created(found)
            return Made(tag=found, adopted=True)
        if self._ledger.lags():
            raise unknown(self._what, f"{doubt}; the listing lags behind what was written")
        if doubt.verdict is Verdict.UNSEEN:
            raise unknown(self._what, f"{doubt}; no listing shows it", accepted=True)
        if doubt.verdict is Verdict.CONTRADICTED:
            raise RejectedError(_words(doubt), status=doubt.status or 200)
        return None

    async def _search(self, doubt: AmbiguousError) -> LiveTag | None:
        looks = self._ledger.over_time(self._ledger.fresh, doubt, what=self._what)
        async with aclosing(looks):
            async for live in looks:
                if (found := self._candidate(live)) is not None:
                    return found
        return None

    async def _taken(self, refusal: RejectedError, doubt: AmbiguousError) -> Made:
        """The name is taken: by a request of ours that was thought lost, or by someone else."""
        try:
            live = await self._ledger.fresh()
            found = self._holder(live)
            if found is None:
                looks = self._ledger.over_time(self._ledger.fresh, doubt, what=self._what)
                async with aclosing(looks):
                    async for live in looks:
                        if (found := self._holder(live)) is not None:
                            break
        except UnknownOutcomeError:
            raise
        except ReconcilerError as error:
            raise unknown(self._what, f"{refusal.message}; {error.message}") from error
        if found is None:
            raise _conflict(self._tag, None, refusal)
        return self._adopt_as_wanted(found, refusal)

    def _holder(self, live: Iterable[LiveTag]) -> LiveTag | None:
        """The tag that has the name; one that the plan has seen only where the name is the same."""
        fitting = [tag for tag in live if self._is_here(tag) and not self._is_other(tag)]
        exact = [tag for tag in fitting if tag.name == self._tag.name]
        forms = [tag for tag in fitting if self._is_form(tag)]
        return next(iter([*exact, *forms]), None)

    def _adopt_as_wanted(self, found: LiveTag, refusal: RejectedError | None) -> Made:
        as_wanted = set(differing(found, self._tag)) <= {"name"}
        same_name = found.name == self._tag.name or found in self._ledger.strangers
        if not as_wanted or not same_name:
            raise _conflict(self._tag, found, refusal)
        self._ledger.created(found)
        return Made(tag=found, adopted=True)

    def _candidate(self, live: Iterable[LiveTag]) -> LiveTag | None:
        """The one new tag that may be ours, or None; UnknownOutcomeError when there are several."""
        new = [
            tag
            for tag in live
            if self._is_here(tag) and self._is_new(tag) and not self._is_other(tag)
        ]
        exact = [tag for tag in new if tag.name == self._tag.name]
        found = exact or [tag for tag in new if self._is_form(tag)]
        if len(found) > 1:
            ids = ", ".join(str(tag.id) for tag in found)
            raise unknown(self._what, f"{len(found)} new tags have that name there (ids {ids})")
        return found[0] if found else None

    def _is_here(self, tag: LiveTag) -> bool:
        return tag.company_id == self._place.company_id

    def _is_new(self, tag: LiveTag) -> bool:
        return tag.id not in self._baseline

    def _is_other(self, tag: LiveTag) -> bool:
        """Whether another change of this run is about ``tag``.

        A create whose answer is still to come may have made a tag that looks like a form of ours.
        """
        if tag.id in self._ledger.made or tag.id in self._ledger.touched:
            return True
        return tag.name != self._tag.name and self._ledger.wanted[tag.company_id, tag.name] > 0

    def _is_form(self, tag: LiveTag) -> bool:
        return may_be_stored_as(self._tag.name, tag.name, cut_from=SHORTEST_CUT)


def _says_taken(said: str) -> bool:
    said = said.lower()
    return any(word in said for word in _TAKEN)


def _refusal(doubt: AmbiguousError) -> RejectedError:
    return RejectedError(f"refused (409): {doubt.said}", status=409)


def _words(doubt: AmbiguousError) -> str:
    return f"the server answered {doubt.status} with an error: {doubt.said or 'no reason given'}"


def _conflict(tag: Tag, found: LiveTag | None, refusal: RejectedError | None) -> RejectedError:
    said = f": {refusal.message}" if refusal is not None else ""
    status = 409 if refusal is None else refusal.status
    if found is None:
        message, hint = f"{tag.name!r} is taken by a tag that no listing shows{said}", "Plan again."
    elif found.name == tag.name:
        message = f"{tag.name!r} has appeared there since the plan, other than planned{said}"
        hint = "Someone made it: plan again."
    else:
        message = f"{tag.name!r} is taken by {found.name!r} (id {found.id}){said}"
        hint = (
            f"The server compares names more loosely: write 'name: {double_quoted(found.name)}', "
            f"or 'renamed_from: [{double_quoted(found.name)}]' to rename it."
        )
    return RejectedError(message, status=status, hint=hint)
