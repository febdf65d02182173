"""Decides what an exchange means for what comes next, as a pure table.

Terms. An exchange is *settled* when the server said what it did (2xx, or a refusal). It is *not
sent* when no server can have seen it. It is *ambiguous* when the request may have been acted on and
nobody told us: reset, timeout, 5xx, an answer cut short or unusable.

Premise. The API has no idempotency keys. A GET changes nothing, so it may be sent again. A PUT or a
DELETE names an id: sending it twice does the same as once, but the state in between belongs to
others too, so we look before we repeat. A POST makes a second tag when it is repeated.

Method. ``decide`` maps (exchange, method) to a verdict and knows nothing else. ACCEPT, RETRY, WAIT
and the three failures are acted on in one place (``session``), the same for all requests; LOOK is
handed to whoever knows what was wanted (``tags``). A connection reset before the server read
anything looks the same as one after, so it is ambiguous. Repeats are limited thrice: per request,
by a budget for the run (a dead server must cost few requests), and by time.
"""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from reconciler.callrail.exchange import Ambiguous, Answer, Flaw, Method, NotSent

if TYPE_CHECKING:
    import random

    from reconciler.callrail.exchange import Exchange

ATTEMPTS: Final = 4
_BACKOFF_BASE: Final = 0.25
_BACKOFF_CAP: Final = 10.0
_THROTTLE_BASE: Final = 1.0
_THROTTLE_CAP: Final = 60.0
_RETRY_AFTER_CAP: Final = 86_400.0


class Verdict(Enum):
    """What to do next."""

    ACCEPT = auto()
    RETRY = auto()
    """Nothing happened, or it does not matter: send it again."""
    WAIT = auto()
    """429: nothing happened, and the account must pause."""
    LOOK = auto()
    """A write that may have happened: read live state before anything else."""
    REFUSED = auto()
    FORBIDDEN = auto()
    FOREIGN = auto()
    """Not an answer of this API; for a write that can't have happened, or a read."""
    UNREACHABLE = auto()


def decide(exchange: Exchange, method: Method) -> Verdict:
    """The verdict of the table for ``exchange`` after ``method``."""
    match exchange:
        case NotSent(hopeless=hopeless):
            return Verdict.UNREACHABLE if hopeless else Verdict.RETRY
        case Ambiguous():
            return _unsettled(method)
        case Answer(status=status):
            return _answered(exchange, status, method)


def _answered(answer: Answer, status: int, method: Method) -> Verdict:
    if 200 <= status < 300:
        return _success(answer, method)
    if status == 429:
        return Verdict.WAIT
    if status in {401, 403}:
        return Verdict.FORBIDDEN
    if status == 408 or 500 <= status < 600:
        return _unsettled(method)
    if 400 <= status < 500:
        return _refusal(answer, method)
    # A redirect is never followed. A POST that met one is treated as lost, the others as not done.
    return Verdict.LOOK if method is Method.POST else Verdict.FOREIGN


def _success(answer: Answer, method: Method) -> Verdict:
    if method is Method.DELETE and answer.flaw is not Flaw.FOREIGN:
        return Verdict.ACCEPT
    if method is Method.PUT and answer.status == 204:
        return Verdict.ACCEPT
    if answer.flaw is None and answer.status in {200, 201}:
        return Verdict.ACCEPT
    if method is not Method.GET:
        return Verdict.LOOK
    return Verdict.RETRY if answer.flaw is Flaw.UNREADABLE else Verdict.FOREIGN


def _refusal(answer: Answer, method: Method) -> Verdict:
    # A page's 404 may come from a proxy that never asked the API: it does not prove "gone".
    foreign = answer.flaw is Flaw.FOREIGN
    if foreign and answer.status == 404 and method is Method.DELETE:
        return Verdict.LOOK
    return Verdict.REFUSED


def _unsettled(method: Method) -> Verdict:
    return Verdict.RETRY if method is Method.GET else Verdict.LOOK


class RetryBudget:
    """How many repeats a whole run may make: a few, and a tenth of what it sent."""

    def __init__(self, *, floor: int = 10, share: float = 0.1) -> None:
        self._floor = floor
        self._share = share
        self._taken = 0

    def take(self, *, requests: int) -> bool:
        """Whether a run that sent ``requests`` may repeat one more; if so it is counted."""
        if self._taken >= self._floor + int(requests * self._share):
            return False
        self._taken += 1
        return True


def backoff(attempt: int, random: random.Random) -> float:
    """Seconds before the attempt after ``attempt`` (from 1): full jitter, doubling, capped."""
    return random.uniform(0.0, min(_BACKOFF_CAP, _BACKOFF_BASE * 2.0 ** min(attempt, 16)))


def throttle(times: int, random: random.Random) -> float:
    """Seconds to pause after the ``times``-th 429 in a row (from 1): at least half of the step."""
    step = min(_THROTTLE_CAP, _THROTTLE_BASE * 2.0 ** min(times - 1, 16))
    return step / 2 + random.uniform(0.0, step / 2)


def retry_after(value: str | None, *, now: float) -> float | None:
    """Seconds that a Retry-After header asks for, at ``now`` (seconds since 1970).

    It may hold seconds or an HTTP date; None where it is absent or makes no sense. Never below one
    second, because a server that says 0 would be asked forever, and never above a day.
    """
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit() and len(text) < 12:
        seconds = float(text)
    else:
        try:
            seconds = parsedate_to_datetime(text).timestamp() - now
        except (ValueError, OverflowError, OSError):
            return None
    return min(max(seconds, 1.0), _RETRY_AFTER_CAP)
