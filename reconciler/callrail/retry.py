"""Decides what an exchange means for what comes next, as a table.

Terms. An exchange is *not sent* when no server can have seen it. It is *ambiguous* when the request
may have been acted on and no answer says so: reset, timeout, 5xx, an answer cut short before its
status, a page of a gateway.

Premise. The API has no idempotency keys. A GET changes nothing, so it may be sent again. A PUT or a
DELETE names an id: sending it twice does the same as once, but the state in between belongs to
others too, so live state is read before it is repeated. A POST makes a second tag when it is
repeated: after any 2xx it never is, whatever the body of the answer.

Method. ``classify`` puts an exchange into a row, ``TABLE`` gives the verdict for row and method.
ACCEPT, RETRY, THROTTLED and the failures are acted on in one place (``api``), the same for all
requests; UNSEEN, CONTRADICTED and VERIFY are handed to whoever knows what was wanted (``writes``).
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


class StatusClass(Enum):
    """What an exchange shows, without regard to what was asked: a row of the table."""

    NOT_SENT = auto()
    """Connection refused, connect or pool timeout, no such host."""
    CANT_BE_SENT = auto()
    """A certificate that is not trusted, say: no repeat can help."""
    THROTTLED = auto()
    READABLE = auto()
    """2xx with usable JSON."""
    NO_PAGE = auto()
    """2xx with usable JSON, but neither 200 nor 201: no page of a listing."""
    EMPTY = auto()
    """204, which shows no more than that it is done."""
    UNREADABLE = auto()
    """2xx without usable JSON."""
    NOT_JSON = auto()
    """2xx with HTML, compressed or oversize."""
    ERROR_BODY = auto()
    """2xx with an error in the body."""
    AMBIGUOUS = auto()
    """Reset, timeout, truncated before a status; 5xx, 408, 409, 413, 425, 499."""
    UNAUTHORIZED = auto()
    FORBIDDEN = auto()
    NOT_FOUND_PAGE = auto()
    """A page's 404 may come from a proxy that never asked the API: it does not prove "gone"."""
    REFUSED = auto()
    """400, 404, 422 and every other 4xx."""
    OTHER = auto()
    """3xx, or not a status: never followed, and its sender may have passed the request on."""


_ROWS: Final = {
    #                               GET           POST          PUT           DELETE
    StatusClass.NOT_SENT: "         RETRY         RETRY         RETRY         RETRY",
    StatusClass.CANT_BE_SENT: "     UNREACHABLE   UNREACHABLE   UNREACHABLE   UNREACHABLE",
    StatusClass.THROTTLED: "        THROTTLED     THROTTLED     THROTTLED     THROTTLED",
    StatusClass.READABLE: "         ACCEPT        ACCEPT        ACCEPT        ACCEPT",
    StatusClass.NO_PAGE: "          NOT_THE_API   ACCEPT        ACCEPT        ACCEPT",
    StatusClass.EMPTY: "            RETRY         UNSEEN        ACCEPT        ACCEPT",
    StatusClass.UNREADABLE: "       RETRY         UNSEEN        UNSEEN        ACCEPT",
    StatusClass.NOT_JSON: "         NOT_THE_API   UNSEEN        VERIFY        VERIFY",
    StatusClass.ERROR_BODY: "       REFUSED       CONTRADICTED  CONTRADICTED  CONTRADICTED",
    StatusClass.AMBIGUOUS: "        RETRY         VERIFY        VERIFY        VERIFY",
    StatusClass.UNAUTHORIZED: "     UNAUTHORIZED  UNAUTHORIZED  UNAUTHORIZED  UNAUTHORIZED",
    StatusClass.FORBIDDEN: "        FORBIDDEN     FORBIDDEN     FORBIDDEN     FORBIDDEN",
    StatusClass.NOT_FOUND_PAGE: "   REFUSED       REFUSED       VERIFY        VERIFY",
    StatusClass.REFUSED: "          REFUSED       REFUSED       REFUSED       REFUSED",
    StatusClass.OTHER: "            NOT_THE_API   VERIFY        VERIFY        VERIFY",
}
TABLE: Final[dict[tuple[StatusClass, Method], Verdict]] = {
    (outcome, method): Verdict[verdict]
    for outcome, row in _ROWS.items()
    for method, verdict in zip(Method, row.split(), strict=True)
}
_BY_STATUS: Final = {
    401: StatusClass.UNAUTHORIZED,
    403: StatusClass.FORBIDDEN,
    429: StatusClass.THROTTLED,
    **dict.fromkeys((408, 409, 413, 425, 499), StatusClass.AMBIGUOUS),
}


def decide(exchange: Exchange, method: Method) -> Verdict:
    """The verdict of the table for ``exchange`` after ``method``."""
    return TABLE[classify(exchange), method]


def classify(exchange: Exchange) -> StatusClass:
    """The row of the table that ``exchange`` belongs to."""
    match exchange:
        case NotSent(hopeless=hopeless):
            return StatusClass.CANT_BE_SENT if hopeless else StatusClass.NOT_SENT
        case Ambiguous():
            return StatusClass.AMBIGUOUS
        case Answer(status=status) if 200 <= status < 300:
            return _successful(exchange)
        case Answer(status=404, flaw=Flaw.NOT_THE_API):
            return StatusClass.NOT_FOUND_PAGE
        case Answer(status=status):
            by_class = {4: StatusClass.REFUSED, 5: StatusClass.AMBIGUOUS}
            return _BY_STATUS.get(status) or by_class.get(status // 100, StatusClass.OTHER)


def reports_error(answer: Answer) -> bool:
    """Whether the body is an error, whatever the status: it has one and describes nothing (C)."""
    payload = answer.payload
    if not isinstance(payload, Mapping) or payload.get("id") is not None:
        return False
    return bool(payload.get("error") or payload.get("errors"))


def _successful(answer: Answer) -> StatusClass:
    """The row of a 2xx."""
    if answer.flaw is Flaw.NOT_THE_API:
        return StatusClass.NOT_JSON
    if answer.flaw is Flaw.UNREADABLE:
        return StatusClass.EMPTY if answer.status == 204 else StatusClass.UNREADABLE
    if reports_error(answer):
        return StatusClass.ERROR_BODY
    return StatusClass.READABLE if answer.status in {200, 201} else StatusClass.NO_PAGE


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
