"""Reads that lag behind writes: what they still show, by number of reads or by seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


class Delay(NamedTuple):
    """How long reads show the old state: so many ``reads``, and ``seconds`` after each write."""

    reads: int
    seconds: int


@dataclass(frozen=True, slots=True)
class _Write:
    """What stood under ``key`` before a write at ``moment``."""

    moment: float
    key: int | str
    before: Any


class LateReads:
    """Remembers what writes replaced, by scope: what one read is about, such as an account."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._writes: dict[str, list[_Write]] = {}
        self._left: dict[str, int] = {}
        """Scope -> reads still to come that show the state before all of its writes."""
        self._stale: dict[str, bool] = {}
        """Scope -> whether the read that runs is one of those."""

    def note(self, scope: str, key: int | str, before: object, delay: Delay) -> None:
        """Keep what a write that is about to be made replaces under ``key``."""
        if not any(delay):
            return
        if delay.reads:
            if not self._left.get(scope):
                self._forget(scope, delay)
            self._left[scope], self._stale[scope] = delay.reads, True
        self._writes.setdefault(scope, []).append(_Write(self._clock(), key, before))

    def read(self, scope: str, delay: Delay, *, first_page: bool) -> dict[int | str, Any]:
        """Count a read whose first page is asked for; key -> what it still shows there."""
        if first_page:
            left = self._left.get(scope, 0)
            self._stale[scope] = left > 0
            self._left[scope] = max(0, left - 1)
        if not self._stale.get(scope):
            self._forget(scope, delay)
        before: dict[int | str, Any] = {}
        for write in self._writes.get(scope, ()):
            # Of several writes under one key the first knows the state before all of them.
            before.setdefault(write.key, write.before)
        return before

    def _forget(self, scope: str, delay: Delay) -> None:
        """Forget the writes that are old enough for every read to show them."""
        since = self._clock() - delay.seconds
        writes = self._writes.pop(scope, [])
        if kept := [write for write in writes if write.moment > since]:
            self._writes[scope] = kept
