"""What can go wrong on the way, as rules: which request, when, and what then.

As text: ``METHOD PATH-PART [nth=N|every=N|times=N|after=N] ACTION``, such as
``POST tags.json nth=3 reset-after-commit`` or ``GET * times=2 status=503``.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class Do(StrEnum):
    """Actions. Those marked "after" let the request take effect first."""

    REFUSE = "refuse"
    """Close the connection as soon as it is accepted; METHOD and PATH-PART are not known yet."""
    RESET = "reset-before-commit"
    RESET_AFTER = "reset-after-commit"
    HANG = "hang"
    HANG_AFTER = "hang-after-commit"
    DRIP = "drip"
    """After; one byte each ``value`` seconds (0.05)."""
    TRUNCATE = "truncate"
    """After; half the body that Content-Length announces."""
    STATUS = "status"
    """Response with status ``value`` instead."""
    STATUS_AFTER = "status-after-commit"
    BODY = "body"
    """After; 200 with ``value`` as body: html, empty, list, null, number, deep, nan, or text."""
    REDIRECT = "redirect"
    """302 to ``value``."""
    GZIP_BOMB = "gzip-bomb"
    FLOOD = "flood"
    """After; ``value`` MiB of body (64)."""
    DELAY = "delay"
    """Wait ``value`` seconds first."""
    LYING_TOTAL = "lying-total"
    """Listings announce ``value`` (1) records more than there are."""
    DUPLICATE_ROW = "duplicate-row"
    """Listings repeat their first row."""
    SHIFT_PAGES = "shift-pages"
    """A tag is made before the listing is read, so that later pages shift."""
    KILL_CLIENT = "kill-client"
    """SIGKILL to process ``value`` before the request takes effect."""
    KILL_CLIENT_AFTER = "kill-client-after-commit"
    KILL_CLIENT_ANSWERED = "kill-client-after-answer"


METHODS = ("*", "GET", "POST", "PUT", "DELETE", "PATCH", "HEAD")
BODIES = ("html", "empty", "list", "null", "number", "deep", "nan", "text")
COUNT = re.compile(r"(nth|every|times|after)=((?:(?<=after=)0)|[1-9][0-9]{0,8})")
_TIME = r"(\d+(\.\d+)?(ms|s)?)?"
VALUES = {
    Do.DRIP: _TIME,
    Do.DELAY: _TIME,
    Do.STATUS: r"([2-5]\d\d(:.+)?)?",
    Do.STATUS_AFTER: r"([2-5]\d\d(:.+)?)?",
    Do.BODY: "|".join(BODIES),
    Do.REDIRECT: r"\S+",
    Do.FLOOD: r"\d*",
    Do.LYING_TOTAL: r"(-?\d+)?",
    Do.KILL_CLIENT: r"\d+",
    Do.KILL_CLIENT_AFTER: r"\d+",
    Do.KILL_CLIENT_ANSWERED: r"\d+",
}
"""The values that actions take, as patterns; the others take none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """``do`` to requests whose method and path contain what is given.

    ``nth``: only the n-th that fits; ``every``: each n-th; ``times``: the first n; ``after``: all
    but the first n. None given: each one.
    """

    do: Do
    method: str = "*"
    path: str = "*"
    value: str = ""
    nth: int | None = None
    every: int | None = None
    times: int | None = None
    after: int | None = None

    def fits(self, method: str, path: str) -> bool:
        """Whether the rule is about this request."""
        return self.method in {"*", method} and (self.path == "*" or self.path in path)

    def strikes(self, count: int) -> bool:
        """Whether the rule acts on the ``count``-th (from 1) request that fits it."""
        if self.nth is not None:
            return count == self.nth
        if self.every is not None:
            return count % self.every == 0
        if self.times is not None:
            return count <= self.times
        return self.after is None or count > self.after


def parse_fault(text: str) -> Fault:
    """The rule that ``text`` writes; raises ValueError with what is wrong."""
    words = text.split()
    if len(words) < 3:
        raise ValueError(f"{text!r}: write METHOD PATH-PART [nth=N] ACTION")
    counts: dict[str, int] = {}
    # What follows the counts is the action; a date in its value holds blanks.
    rest = words[2:]
    while (found := COUNT.fullmatch(rest[0])) and len(rest) > 1:
        counts[found[1]] = int(found[2])
        del rest[0]
    action, _, value = " ".join(rest).partition("=")
    if action not in list(Do):
        raise ValueError(f"{text!r}: no action {action!r}; there are {', '.join(Do)}")
    if words[0] not in METHODS:
        raise ValueError(f"{text!r}: no method {words[0]!r}; there are {', '.join(METHODS)}")
    if not re.fullmatch(VALUES.get(Do(action), ""), value):
        raise ValueError(f"{text!r}: {action} does not take the value {value!r}")
    return Fault(do=Do(action), method=words[0], path=words[1], value=value, **counts)


class Faults:
    """The rules in force; they can be changed while the sandbox runs."""

    def __init__(self, rules: Iterable[Fault] = ()) -> None:
        self._lock = threading.Lock()
        self._rules: list[Fault] = list(rules)
        self._counts: dict[int, int] = {}
        self.before_commit: Callable[[str, str], None] | None = None
        """Called with method and path before a request takes effect."""
        self.after_commit: Callable[[str, str], None] | None = None
        """Called when it took effect, before it is answered."""
        self.answered: Callable[[str, str], None] | None = None
        """Called when the answer is on its way."""

    def add(self, rule: Fault | str) -> None:
        """Put a rule in force."""
        with self._lock:
            self._rules.append(parse_fault(rule) if isinstance(rule, str) else rule)

    def clear(self) -> None:
        """Lift all rules and hooks."""
        with self._lock:
            self._rules.clear()
            self._counts.clear()
            self.before_commit = self.after_commit = self.answered = None

    def refuses(self) -> bool:
        """Whether the connection that was just accepted is to be dropped."""
        return any(rule.do is Do.REFUSE for rule in self._struck("*", "*", connection=True))

    def strike(self, method: str, path: str) -> list[Fault]:
        """The rules that act on this request."""
        return self._struck(method, path, connection=False)

    def _struck(self, method: str, path: str, *, connection: bool) -> list[Fault]:
        struck = []
        with self._lock:
            for number, rule in enumerate(self._rules):
                if (rule.do is Do.REFUSE) != connection:
                    continue
                if connection or rule.fits(method, path):
                    count = self._counts[number] = self._counts.get(number, 0) + 1
                    if rule.strikes(count):
                        struck.append(rule)
        return struck
