"""What became of each change, and of the apply as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from reconciler.model.change import Delete
from reconciler.model.names import SHORTEST_CUT, may_be_stored_as
from reconciler.model.tag import differing

if TYPE_CHECKING:
    from reconciler.model.change import Change
    from reconciler.model.plan import Plan
    from reconciler.model.tag import Tag


class Verification(StrEnum):
    """What reading live state once more, after the last write, has shown."""

    NOTHING_WRITTEN = "nothing_written"
    """Nothing was written, so nothing was read."""
    AS_PLANNED = "as_planned"
    """All of the plan is there."""
    AS_DONE = "as_done"
    """What was done is there; some changes of the plan are not."""
    DIFFERS = "differs"
    """Something is not as it was done."""
    READ_FAILED = "read_failed"
    """It could not be read."""
    NOT_READ = "not_read"
    """It was not read: a signal, no key or no quota ended the work."""

    @property
    def seen(self) -> bool:
        """Whether nothing that was done remains unread, or was read otherwise."""
        return self in {
            Verification.NOTHING_WRITTEN,
            Verification.AS_PLANNED,
            Verification.AS_DONE,
        }


class Result(StrEnum):
    """The ways in which a change can end. Only the first three are success."""

    DONE = "done"
    ADOPTED = "adopted"
    """The tag was found by reading: the create's answer was lost, or someone else made it."""
    SKIPPED = "skipped"
    """Live state was already as wanted."""
    HELD_BACK = "held_back"
    """A delete that --no-deletes left for another run."""
    FAILED = "failed"
    UNKNOWN = "unknown"
    NOT_TRIED = "not_tried"

    @property
    def succeeded(self) -> bool:
        """Whether live state is now as wanted."""
        return self in {Result.DONE, Result.ADOPTED, Result.SKIPPED}

    @property
    def incomplete(self) -> bool:
        """Whether someone must look, or run again."""
        return self in {Result.FAILED, Result.UNKNOWN, Result.NOT_TRIED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Appended:
    """What became of the interactions of a merge: so many ``got`` the tag in this run, ``had`` it
    before, were ``gone``, and lack it still (``left``; None: nobody has looked).
    """

    got: int = 0
    had: int = 0
    gone: int = 0
    left: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """How many interactions had a tag before a change of it, as counted, and have it after."""

    before: int
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One change and how it ended; ``message`` says why where it is no success.

    ``appended`` is a merge's, as far as it came. ``kept`` is what was measured; None: nothing was.

    ``tag_id`` is the id of the tag that was made, changed or deleted, as far as it is known.
    ``stored`` is the tag as the server has it, where that is not as planned: it tidied the name,
    say; ``message`` and ``hint`` then say what and what to write.
    """

    change: Change
    result: Result
    message: str | None = None
    hint: str | None = None
    tag_id: int | None = None
    stored: Tag | None = None
    appended: Appended | None = None
    kept: Kept | None = None

    @property
    def stored_otherwise(self) -> bool:
        """Whether the change was made and the server stored more of it otherwise than a name."""
        return self.result.succeeded and self.stored is not None and not self.respelled

    @property
    def respelled(self) -> bool:
        """Whether only the name is stored other than planned, and as servers tidy names (D).

        Nothing is missing then: the tag is the planned one under the server's spelling.
        """
        if self.stored is None or isinstance(self.change, Delete):
            return False
        desired, stored = self.change.after, self.stored
        return set(differing(stored, desired)) <= {"name"} and may_be_stored_as(
            desired.name, stored.name, cut_from=SHORTEST_CUT
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a plan was not carried out at all: a refusal, live state that can't be read, a signal.

    ``code`` is the error's. ``reasons`` follow ``headline``; a terminal shows several on lines of
    their own.
    """

    code: str
    headline: str
    reasons: tuple[str, ...] = ()
    hint: str | None = None

    @property
    def message(self) -> str:
        """The headline and its reasons, as one sentence."""
        return ": ".join(filter(None, [self.headline, "; ".join(self.reasons)]))


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountError:
    """Why one account could not be read, or its work stopped early.

    ``account`` is its handle, which ``message`` does not repeat; ``code`` is the error's.
    ``requests``: what was sent there before it could not be read.
    """

    account: str
    code: str
    message: str
    hint: str | None = None
    requests: int = 0

    def __post_init__(self) -> None:
        """Take the handle out of the message: who shows it names the account."""
        object.__setattr__(self, "message", self.message.removeprefix(f"{self.account}: "))


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of a plan: every change of ``plan`` stands in ``outcomes`` once.

    ``failure``: why nothing was tried; None where the plan was carried out, be it in part.
    ``signal``: the number of the one that asked for the end. ``verification`` is what reading once
    more showed, ``missing`` how many changes of the plan it did not show, ``differences`` what it
    showed other than done. ``account_errors``: why the work in some accounts stopped early.
    """

    plan: Plan
    outcomes: tuple[Outcome, ...]
    verification: Verification = Verification.NOTHING_WRITTEN
    missing: int = 0
    differences: tuple[str, ...] = ()
    account_errors: tuple[AccountError, ...] = ()
    requests: int = 0
    failure: Failure | None = None
    signal: int | None = None

    @property
    def verified(self) -> bool:
        """Whether live state, as read after the last write, has all of the plan.

        Where nothing was written, nothing was missing and so nothing read, the plan's own read is
        that one.
        """
        unchanged = self.verification is Verification.NOTHING_WRITTEN and not self.missing
        return unchanged or self.verification is Verification.AS_PLANNED

    @property
    def needs_attention(self) -> bool:
        """Whether running it again won't mend it: a change failed or is unknown, or live state is
        not as it was done.
        """
        return bool(
            self.differences
            or self.count(Result.FAILED)
            or self.count(Result.UNKNOWN)
            or any(one.stored_otherwise for one in self.outcomes)
        )

    @property
    def carried_out(self) -> bool:
        """Whether all that was asked of the plan was done and seen; deletes may be held back."""
        seen = self.verification.seen and self.failure is None and self.signal is None
        tried = not self.account_errors and not self.count(Result.NOT_TRIED)
        return seen and tried and not self.needs_attention

    @property
    def complete(self) -> bool:
        """Whether the whole configuration's changes are made: nothing is left to do or to see."""
        every = all(outcome.result.succeeded for outcome in self.outcomes)
        return every and self.carried_out and not self.plan.unread

    def count(self, result: Result) -> int:
        """How many changes ended so."""
        return sum(outcome.result is result for outcome in self.outcomes)
