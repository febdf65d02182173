"""Listings that lag behind writes: what they still show, by number of listings or by seconds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.sandbox.answers import Row
    from reconciler.sandbox.switches import Switches

COLUMNS: Final = (
    "id",
    "account_id",
    "company_id",
    "name",
    "color",
    "background_color",
    "status",
    "created_at",
)


@dataclass(frozen=True, slots=True)
class _Write:
    """A tag's row before a write at ``moment``; None: there was none."""

    moment: float
    tag_id: int
    before: Row | None


class LateListings:
    """Remembers what writes replaced, and gives the rows that a listing shows instead."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._writes: dict[str, list[_Write]] = {}
        self._left: dict[str, int] = {}
        """Account -> listings still to come that show the state before all of its writes."""
        self._stale: dict[str, bool] = {}
        """Account -> whether the listing that runs is one of those."""

    def note(self, account_id: str, tag_id: int, before: Row | None, switches: Switches) -> None:
        """Keep the row ``before`` a write that is about to be made (None: a create)."""
        if not switches.read_delay and not switches.read_delay_seconds:
            return
        if switches.read_delay:
            if not self._left.get(account_id):
                self._forget(account_id, switches)
            self._left[account_id], self._stale[account_id] = switches.read_delay, True
        self._writes.setdefault(account_id, []).append(_Write(self._clock(), tag_id, before))

    def listed(self, account_id: str, switches: Switches, *, first_page: bool) -> None:
        """Count a listing whose first page is asked for, and see what it still hides."""
        if first_page:
            left = self._left.get(account_id, 0)
            self._stale[account_id] = left > 0
            self._left[account_id] = max(0, left - 1)
        if not self._stale.get(account_id):
            self._forget(account_id, switches)

    def _forget(self, account_id: str, switches: Switches) -> None:
        """Forget the writes that are old enough for every listing to show them."""
        since = self._clock() - switches.read_delay_seconds
        writes = self._writes.pop(account_id, [])
        if kept := [write for write in writes if write.moment > since]:
            self._writes[account_id] = kept

    def source(self, account_id: str) -> tuple[str, dict[str, object]]:
        """The SQL source of an account's tags as a listing shows them, and its parameters."""
        before: dict[int, Row | None] = {}
        for write in self._writes.get(account_id, ()):
            # Of several writes of one tag the first knows the state before all of them.
            before.setdefault(write.tag_id, write.before)
        if not before:
            return "tags", {}
        columns = ", ".join(f"json_extract(value, '$.{name}') AS {name}" for name in COLUMNS)
        source = (
            f"(SELECT {', '.join(COLUMNS)} FROM tags"  # noqa: S608 - names are ours
            " WHERE id NOT IN (SELECT value FROM json_each(:touched))"
            f" UNION ALL SELECT {columns} FROM json_each(:old))"
        )
        old = [row for row in before.values() if row is not None]
        return source, {"touched": json.dumps(list(before)), "old": json.dumps(old)}
