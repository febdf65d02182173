"""What became of each change, and of the apply as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.model.change import Change
    from reconciler.model.plan import Plan


class Result(StrEnum):
    """The ways in which a change can end. Only the first three are success."""

    DONE = "done"
    ADOPTED = "adopted"
    """The create's answer was lost and the tag was found by looking."""
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
class Outcome:
    """One change and how it ended; ``message`` says why where it is no success.

    ``tag_id`` is the id of the tag that was made, changed or deleted, as far as it is known.
    """

    change: Change
    result: Result
    message: str | None = None
    hint: str | None = None
    tag_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountError:
    """Why one account could not be read, or its work stopped early.

    ``account`` is its handle; ``code`` and ``exit_code`` are the error's. ``requests``: what was
    sent there before it could not be read.
    """

    account: str
    code: str
    exit_code: int
    message: str
    hint: str | None = None
    requests: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """An apply, told truthfully: every change of ``plan`` stands in ``outcomes`` once.

    ``differences`` is what the closing look found to differ from what was done (empty: verified);
    ``verified`` is False where the closing look could not be taken.
    """

    plan: Plan
    outcomes: tuple[Outcome, ...]
    verified: bool
    differences: tuple[str, ...] = ()
    troubles: tuple[AccountError, ...] = ()
    requests: int = 0
    exit_code: int = 0

    def count(self, result: Result) -> int:
        """How many changes ended so."""
        return sum(outcome.result is result for outcome in self.outcomes)
