"""Carries out merges: the interactions of one tag get another; makes no decisions.

Terms. The tag that is given up goes to the trash: it gets its trash name and is disabled. *Lacking*
are interactions that have it and not the new one. The *canary* is the first of them in an account.

Premise. A rename and a disable leave a tag on what has it, and ``append_tags`` takes nothing off
(B); the canary shows that it is so here. A tag in the trash stops growing and shares its name with
no other tag of its place, so what is left to do can be read from live state by anyone: whoever
carries out the same merge again goes on. Adding twice does no harm.

Method. :meth:`Merging.merge`, one tag at a time until the canary has shown that it works.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from reconciler.concurrency import side_by_side
from reconciler.errors import (
    Interrupted,
    NotFoundError,
    ProtocolError,
    ReconcilerError,
    RejectedError,
)
from reconciler.measuring import HarmedError, expect_kept, number_lost
from reconciler.model.change import NONE, Loss, Precision
from reconciler.model.interaction import Kind
from reconciler.model.names import tidied
from reconciler.model.outcome import Appended, Kept
from reconciler.model.tag import Status, Tag, differing
from reconciler.planning.canaries import Effect
from reconciler.text.plural import count
from reconciler.text.plural import listed as in_words
from reconciler.text.quote import double_quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from reconciler.model.change import Count, Merge
    from reconciler.model.interaction import Interaction
    from reconciler.model.tag import LiveTag
    from reconciler.provider import Provider

ROUNDS: Final = 3
"""How often what lacks the tag is given it, before what comes and goes is reported."""


@dataclass(slots=True)
class Merging:
    """One account's merges, in the ``places`` (company ids) that its plan touches.

    ``appended`` is what became of each so far, ``measured`` what had the first one's old tag.
    ``proven``: a canary has kept its tags, and ``kept``: a tag that went to the trash its
    interactions. ``wrote``: something was sent.
    """

    provider: Provider
    places: frozenset[str | None]
    parallelism: int
    stopping: Callable[[], int | None]
    appended: dict[Merge, Appended] = field(default_factory=dict)
    measured: dict[Merge, Kept] = field(default_factory=dict)
    proven: bool = False
    kept: bool = False
    wrote: bool = False

    async def merge(self, change: Merge, into: LiveTag) -> None:
        """Give what has ``change.before`` the tag ``into``, and keep it in the trash.

        Raises RejectedError where live state is not as planned or the server refuses, HarmedError
        where a first write takes something away, and what the provider raises. ``appended`` then
        says how far it came; carried out again, it goes on from there.
        """
        self._note(change, Appended())
        had = await self._had(change)
        trashed = await self._give_up(change)
        try:
            found = await self._all_found(change, trashed, had)
        except ProtocolError as error:
            if change.under_way:
                raise _unlisted(error) from error
            await self._update(trashed, change.before.tag)
            raise _unlisted(error, "its name and state are put back") from error
        was, into = into, await self._take_over(change, trashed, into)
        if was.name != into.name and any(was.name in one.tags for one in found):
            # What showed that name may have a tag of the other level: now only that one has it.
            listed = await self._listed(change, trashed, _loss(change))
            anew = {one.id: one for one in listed}
            found = tuple(anew.get(one.id, one) for one in found)
        lacking = [one for one in found if into.name not in one.tags]
        self._note(change, Appended(had=len(found) - len(lacking), left=len(lacking)))
        for _round in range(ROUNDS):
            if not lacking:
                return
            if not self.proven:
                lacking = await self._canary(change, trashed, into, lacking)
            await self._append_all(change, into, lacking)
            if self._all_got(change):
                return
            found = await self._listed(change, trashed, _loss(change))
            lacking = [one for one in found if into.name not in one.tags]
            self._note(change, replace(self.appended[change], left=len(lacking)))
        if lacking:
            again = f"{count(len(lacking), 'interaction')} lost it again, {ROUNDS} times"
            raise RejectedError(f"{again}: somebody takes it off", status=409)

    def _all_got(self, change: Merge) -> bool:
        """Whether all that had the tag in the trash have the other, by the answers to each write.

        Nothing can get a disabled tag meanwhile, so a listing would show no more.
        """
        done = self.appended[change]
        return not (done.left or done.gone)

    async def _give_up(self, change: Merge) -> LiveTag:
        """Rename the tag to its trash name and disable it, in one request; nothing where it is."""
        trashed = await self._update(change.before, change.trashed.tag)
        if tidied(trashed.name) != tidied(change.trash_name):
            # Cut, it may be the name of several: what has it could not be listed.
            await self._update(trashed, change.before.tag)
            stored = double_quoted(trashed.name)
            raise RejectedError(f"its trash name was stored as {stored}: put back", status=409)
        return trashed

    async def _take_over(self, change: Merge, trashed: LiveTag, into: LiveTag) -> LiveTag:
        """Make the other tag what it will be; where that is refused, the one is put back.

        One that this plan has made is as the server stores it.
        """
        if change.into is None:
            return into
        try:
            return await self._update(into, change.after)
        except RejectedError:
            if differing(trashed, change.before.tag):
                await self._update(trashed, change.before.tag)
            raise

    async def _listed(
        self, change: Merge, tag: LiveTag, expected: Loss, *, proven: bool = False
    ) -> tuple[Interaction, ...]:
        return await self.provider.interactions(change.place, tag, expected=expected, proven=proven)

    async def _had(self, change: Merge) -> tuple[Interaction, ...]:
        """What shows the name of the account's first tag that goes to the trash, where no exact
        number is known of what has it: other tags may have the name.
        """
        exact = _loss(change).interactions.precision is Precision.EXACT
        if self.kept or exact or change.under_way:
            return ()
        try:
            return await self._listed(change, change.before, _loss(change))
        except ProtocolError as error:
            raise _unlisted(error) from error

    async def _all_found(
        self, change: Merge, trashed: LiveTag, had: Sequence[Interaction]
    ) -> tuple[Interaction, ...]:
        """All that has the tag in the trash.

        Raises HarmedError where the account's first one lost what had it. Where other tags had its
        name, what shows either name afterwards must be what showed the one before.
        """
        loss = _loss(change)
        shared = {} if change.under_way else _at_most(loss)
        found: tuple[Interaction, ...] = ()
        others: tuple[Interaction, ...] = ()
        if shared or had:
            expected = loss if had else _only(loss, shared)
            others = await self._listed(change, change.before, expected)
        if shared:
            found = await self._listed(change, trashed, _only(loss, shared))
            missed = {
                kind
                for kind, number in shared.items()
                if len({one.id for one in (*found, *others) if one.kind is kind}) < number
            }
            found = tuple(one for one in found if one.kind not in missed)
            loss = _only(loss, {*Kind} - (shared.keys() - missed))
        found += await self._listed(change, trashed, loss, proven=True)
        await self._expect_kept(change, trashed, found, had, (*found, *others))
        return found

    async def _expect_kept(
        self,
        change: Merge,
        trashed: LiveTag,
        found: Sequence[Interaction],
        had: Sequence[Interaction],
        shown: Sequence[Interaction],
    ) -> None:
        """Raise HarmedError where the account's first tag in the trash lost what had it.

        ``shown`` are those of which ``had`` should be a part; those that are not are read.
        """
        if self.kept or change.under_way:
            return
        names = {change.before.name, trashed.name}
        lost = await number_lost(self.provider, had, shown, names)
        before = _loss(change).interactions
        expected = len(had) if lost else before.least
        after = len(had) - lost if lost else len(found)
        both = frozenset({Effect.RENAME, Effect.DISABLE})
        await expect_kept(self.provider, change, trashed, Kept(before=expected, after=after), both)
        if before.number and before.precision is Precision.EXACT:
            self.measured[change] = Kept(before=before.number, after=len(found))
        self.kept = bool(found)

    async def _canary(
        self, change: Merge, trashed: LiveTag, into: LiveTag, lacking: Sequence[Interaction]
    ) -> list[Interaction]:
        """Give the first of ``lacking`` the tag, and return the others once it is seen to be right.

        Raises HarmedError, after putting it back, where the interaction lost a tag by it or another
        tag of the name was made.
        """
        for position, one in enumerate(lacking):
            try:
                renamed = change.into is not None and change.into.name in one.tags
                before = await (self.provider.read if renamed else self.provider.recent)(one)
                namesakes = await self._namesakes(into, one) if into.company_id is None else set()
                refusal = await self._refusal(before, into)
                self._count(change, got=refusal is None)
                now = await self.provider.read(one)
            except NotFoundError:
                self._count(change, gone=1)
                continue
            lost = sorted({*before.tags} - {*now.tags})
            made = await self._namesakes(into, one) - namesakes
            if lost or made:
                what = await self._put_back(trashed, before, now, made=bool(made))
                raise HarmedError(what, frozenset({Effect.APPEND}))
            if refusal is not None:
                raise refusal
            self.proven = True
            return list(lacking[position + 1 :])
        return []

    async def _refusal(self, one: Interaction, into: LiveTag) -> RejectedError | None:
        """What the server says against giving ``one`` the tag; it may have changed it even so."""
        try:
            self.wrote = True
            await self.provider.append(one, into)
        except NotFoundError:
            raise
        except RejectedError as refusal:
            return refusal
        return None

    async def _namesakes(self, into: LiveTag, one: Interaction) -> set[int]:
        """Other tags of the name in the company of ``one``, by id."""
        listing = await self.provider.tags(self.places | {one.company_id})
        return {
            tag.id
            for tag in listing.tags
            if tag.company_id == one.company_id
            and tidied(tag.name) == tidied(into.name)
            and tag.id != into.id
        }

    async def _put_back(
        self, trashed: LiveTag, before: Interaction, now: Interaction, *, made: bool
    ) -> str:
        """Give the canary the tags that it had; what is to be reported of it.

        A disabled tag can't be put on anything (B), so it is in use while that is done.
        """
        whole = replace(before, tags=tuple(sorted({*before.tags, *now.tags})))
        lost = {*before.tags} - {*now.tags}
        if lost:
            in_use = await self._update(trashed, replace(trashed.tag, status=Status.ENABLED))
            try:
                now = await self.provider.replace_tags(whole)
            finally:
                await self._update(in_use, trashed.tag)
        still = {*before.tags} - {*now.tags}
        what = f"{before.kind} {before.id}"
        parts = [f"{what} lost {in_words(map(double_quoted, sorted(lost)))} by it"] if lost else []
        parts += [f"for {what} another tag of the name was made"] if made else []
        if still:
            parts.append(f"{in_words(map(double_quoted, sorted(still)))} could not be put back")
        elif lost:
            parts.append("put back")
        return "; ".join(parts)

    async def _append_all(
        self, change: Merge, into: LiveTag, lacking: Sequence[Interaction]
    ) -> None:
        """Give all of ``lacking`` the tag; the first failure lets those that are running end."""
        failures: list[ReconcilerError] = []
        waiting = iter(lacking)

        async def worker() -> None:
            for one in waiting:
                if failures or self.stopping() is not None:
                    return
                try:
                    self.wrote = True
                    await self.provider.append(one, into)
                    self._count(change, got=1)
                except NotFoundError:
                    self._count(change, gone=1)
                except ReconcilerError as error:
                    failures.append(error)

        await side_by_side(worker() for _ in range(min(self.parallelism, len(lacking))))
        if failures:
            raise failures[0]
        if (signal := self.stopping()) is not None:
            raise Interrupted(signal)

    async def _update(self, before: LiveTag, after: Tag) -> LiveTag:
        if not differing(before, after):
            return before
        updated = await self.provider.update(before, after)
        self.wrote = self.wrote or not updated.already
        return updated.tag

    def _note(self, change: Merge, appended: Appended) -> None:
        self.appended[change] = appended

    def _count(self, change: Merge, *, got: int = 0, gone: int = 0) -> None:
        one = self.appended[change]
        left = (one.left or 0) - got - gone
        self._note(change, replace(one, got=one.got + got, gone=one.gone + gone, left=left))


def _unlisted(error: ProtocolError, *done: str) -> RejectedError:
    message = "; ".join((f"what has it can't be listed: {error.message}", *done))
    return RejectedError(message, status=409, hint=error.hint)


def _loss(change: Merge) -> Loss:
    return change.loss or Loss.unknown()


def _at_most(loss: Loss) -> dict[Kind, int]:
    """The kinds of which no more than so many have the tag: other tags may have its name.

    Texts are none of them: a search finds what is alike too, so all of them are read.
    """
    return {
        kind: count.number
        for kind in (Kind.CALL, Kind.FORM)
        if (count := _count_of(loss, kind)).precision is Precision.AT_MOST
    }


def _only(loss: Loss, kinds: Collection[Kind]) -> Loss:
    """``loss`` without the other kinds."""
    calls, forms, texts = (
        _count_of(loss, kind) if kind in kinds else NONE
        for kind in (Kind.CALL, Kind.FORM, Kind.TEXT)
    )
    return Loss(calls=calls, forms=forms, texts=texts)


def _count_of(loss: Loss, kind: Kind) -> Count:
    return {Kind.CALL: loss.calls, Kind.FORM: loss.forms, Kind.TEXT: loss.texts}[kind]


def _ids(found: Sequence[Interaction]) -> frozenset[str]:
    return frozenset(one.id for one in found)
