"""Decides what an exchange means for what comes next, as a pure table.

Terms. An exchange is *settled* when the server said what it did (2xx, or a refusal). It is *not
sent* when no server can have seen it. It is *ambiguous* when the request may have been acted on and
nobody told us: reset, timeout, 5xx, an answer cut short before its status, a page of a gateway.

Premise. The API has no idempotency keys. A GET changes nothing, so it may be sent again. A PUT or a
DELETE names an id: sending it twice does the same as once, but the state in between belongs to
others too, so live state is read before it is repeated. A POST makes a second tag when it is
repeated: after any 2xx it never is, whatever the body of the answer.

Method. ``decide`` maps (exchange, method) to a verdict and knows nothing else. ACCEPT, RETRY,
THROTTLED and the four failures are acted on in one place (``session``), the same for all requests;
UNSEEN, CONTRADICTED and VERIFY are handed to whoever knows what was wanted (``tags``, ``create``).
A connection reset before the server read anything looks the same as one after, so it is ambiguous.
Repeats are limited thrice: per request, by a budget for the run (a dead server must cost few
requests), and by time.
"""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from reconciler.callrail.exchange import Ambiguous, Answer, Flaw, Method, NotSent

if TYPE_CHECKING:
    import random

    from reconciler.callrail.exchange import Exchange

ATTEMPTS: Final = 4
READ_AFTER: Final = (0.5, 2.0, 5.0, 10.0)
"""Seconds after a write of unknown effect at which live state is read: listings may lag (D)."""

_AMBIGUOUS: Final = frozenset({408, 409, 413, 425, 499})
_BACKOFF_BASE: Final = 0.25
_BACKOFF_CAP: Final = 10.0
_THROTTLE_BASE: Final = 1.0
_THROTTLE_CAP: Final = 60.0
_RETRY_AFTER_CAP: Final = 86_400.0


class Verdict(Enum):
    """What to do next."""

    ACCEPT = auto()
    """A read that can be used, or a write that is done and whose answer, if any, can be read."""
    RETRY = auto()
    """Nothing happened, or it does not matter: send it again."""
    THROTTLED = auto()
    """429: nothing happened, and the account must pause."""
    UNSEEN = auto()
    """2xx to a write, but no usable answer: it is done. Read what became of it, never repeat."""
    CONTRADICTED = auto()
    """2xx to a write, with an error in the body: read whether it is done, never repeat."""
    VERIFY = auto()
    """A write that may have happened: read live state before anything else."""
    REFUSED = auto()
    FORBIDDEN = auto()
    """403: this object is not for this key; another may be."""
    UNAUTHORIZED = auto()
    """401: the key is not known."""
    NOT_THE_API = auto()
    """Not an answer of this API to a read."""
    UNREACHABLE = auto()


_MEANINGS: Final = {
    401: Verdict.UNAUTHORIZED,
    403: Verdict.FORBIDDEN,
    429: Verdict.THROTTLED,
}


def decide(exchange: Exchange, method: Method) -> Verdict:
    """The verdict of the table for ``exchange`` after ``method``."""
    match exchange:
        case NotSent(hopeless=hopeless):
            return Verdict.UNREACHABLE if hopeless else Verdict.RETRY
        case Ambiguous():
            return _ambiguous(method)
        case Answer():
            return _answered(exchange, method)


def says_error(answer: Answer) -> bool:
    """Whether the body is an error, whatever the status: it has one and describes nothing (C)."""
    payload = answer.payload
    if not isinstance(payload, Mapping) or payload.get("id") is not None:
        return False
    return bool(payload.get("error") or payload.get("errors"))


def _answered(answer: Answer, method: Method) -> Verdict:
    status = answer.status
    if 200 <= status < 300:
        return _read(answer) if method is Method.GET else _written(answer, method)
    if status in _MEANINGS:
        return _MEANINGS[status]
    if status in _AMBIGUOUS or 500 <= status < 600:
        return _ambiguous(method)
    if 400 <= status < 500:
        return _refused(answer, method)
    # A redirect is never followed, and who sent it may have passed the request on.
    return Verdict.NOT_THE_API if method is Method.GET else Verdict.VERIFY


def _read(answer: Answer) -> Verdict:
    """2xx to a GET."""
    if answer.flaw is Flaw.UNREADABLE:
        return Verdict.RETRY
    if answer.flaw is not None or answer.status not in {200, 201}:
        return Verdict.NOT_THE_API
    return Verdict.REFUSED if says_error(answer) else Verdict.ACCEPT


def _written(answer: Answer, method: Method) -> Verdict:
    """2xx to a write."""
    if says_error(answer):
        return Verdict.CONTRADICTED
    if answer.flaw is None:
        return Verdict.ACCEPT
    if method is Method.POST:
        return Verdict.UNSEEN
    if answer.flaw is Flaw.FOREIGN:
        # A sign-in page in front of the API, say: it knows nothing of tags.
        return Verdict.VERIFY
    silent = method is Method.DELETE or answer.status == 204
    return Verdict.ACCEPT if silent else Verdict.UNSEEN


def _refused(answer: Answer, method: Method) -> Verdict:
    # A page's 404 may come from a proxy that never asked the API: it does not prove "gone".
    page = answer.flaw is Flaw.FOREIGN and answer.status == 404
    return Verdict.VERIFY if page and method in {Method.PUT, Method.DELETE} else Verdict.REFUSED


def _ambiguous(method: Method) -> Verdict:
    return Verdict.RETRY if method is Method.GET else Verdict.VERIFY


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
