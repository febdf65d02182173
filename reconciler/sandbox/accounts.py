"""Accounts: those that a key sees, and one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.sandbox.answers import Asked, Refusal, Response, Row
from reconciler.sandbox.listing import listed

if TYPE_CHECKING:
    from reconciler.sandbox.store import Store
    from reconciler.sandbox.switches import Switches


class Accounts:
    """Every account there is."""

    def __init__(self, store: Store, switches: Switches) -> None:
        self._store, self.switches = store, switches

    def all(self, asked: Asked, reach: frozenset[str] | None) -> Response:
        """``/v3/a.json``: the accounts within a key's ``reach`` (None: all)."""
        _only_read(asked)
        rows = [
            row
            for row in self._store.rows("SELECT * FROM accounts ORDER BY id")
            if reach is None or row["id"] in reach
        ]
        return listed("accounts", rows, asked, self.switches, _shown)

    def one(self, row: Row, asked: Asked) -> Response:
        """``/v3/a/ACCOUNT.json`` of the account in ``row``."""
        _only_read(asked)
        return Response(payload=_shown(row))


def _only_read(asked: Asked) -> None:
    if asked.method != "GET":
        raise Refusal(405, "method not allowed")


def _shown(row: Row) -> Row:
    """An account as the reference page shows it (A)."""
    return {
        "id": row["id"],
        "name": row["name"],
        "numeric_id": row["numeric_id"],
        "inbound_recording_enabled": False,
        "outbound_recording_enabled": False,
        "hipaa_account": False,
        "created_at": row["created_at"],
    }
