"""Maton's control plane: OAuth connections."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from reconciler.sandbox.answers import Asked, Refusal, Response, Row

if TYPE_CHECKING:
    from reconciler.sandbox.store import Store
    from reconciler.sandbox.switches import Switches

NOW = "2026-11-01T12:00:00.000000Z"


class ControlPlane:
    """The connections of the one Maton account that all Maton keys belong to."""

    def __init__(self, store: Store, switches: Switches) -> None:
        self._store, self.switches = store, switches

    def default(self) -> Row | None:
        """The oldest active connection (A)."""
        return self._store.row(
            "SELECT * FROM connections WHERE status = 'ACTIVE' ORDER BY creation_time, rowid"
        )

    def find(self, connection_id: str) -> Row | None:
        """One connection."""
        return self._store.row(
            "SELECT * FROM connections WHERE connection_id = ?", (connection_id,)
        )

    def handle(self, asked: Asked) -> Response:
        """Answer a request below ``/connections``."""
        match asked.method, asked.parts:
            case "GET", ("connections",):
                return self._list(asked)
            case "POST", ("connections",):
                return self._create(asked)
            case "GET", ("connections", connection_id):
                self._count_read(connection_id)
                return Response(payload={"connection": self._shown(self._known(connection_id))})
            case "DELETE", ("connections", connection_id):
                self._known(connection_id)
                self._store.run("DELETE FROM connections WHERE connection_id = ?", (connection_id,))
                return Response(payload={}, committed=True)
            case _, ("connections",) | ("connections", _):
                raise Refusal(405, "method not allowed")
        raise Refusal(404, "not found")

    def _list(self, asked: Asked) -> Response:
        rows = self._store.rows("SELECT * FROM connections ORDER BY creation_time, rowid")
        for name in ("app", "status"):
            if asked.one(name):
                rows = [row for row in rows if row[name] == asked.query[name]]
        return Response(payload={"connections": [self._shown(row) for row in rows]})

    def _create(self, asked: Asked) -> Response:
        if asked.object().get("app") != "callrail":
            raise Refusal(400, "invalid app name")
        connection_id = str(uuid.uuid4())
        row = {
            "connection_id": connection_id,
            "status": "PENDING",
            "creation_time": NOW,
            "last_updated_time": NOW,
            "url": f"https://connect.maton.ai/?session_token=sandbox-{connection_id[:8]}",
            "app": "callrail",
        }
        self._store.insert("connections", [row])
        return Response(payload={"connection": self._shown(row)}, committed=True)

    def _count_read(self, connection_id: str) -> None:
        """Each read brings a pending connection nearer to being active."""
        self._store.run(
            "UPDATE connections SET reads = reads + 1,"
            " status = CASE WHEN reads + 1 >= ? THEN 'ACTIVE' ELSE status END"
            " WHERE connection_id = ? AND status = 'PENDING'",
            (self.switches.activation, connection_id),
        )

    def _known(self, connection_id: str) -> Row:
        row = self.find(connection_id)
        if row is None:
            raise Refusal(404, "connection not found")
        return row

    def _shown(self, row: Row) -> Row:
        """A connection as the page shows it, its id under the name that the switch asks for."""
        return {
            self.switches.connection_key: row["connection_id"],
            "status": row["status"],
            "creation_time": row["creation_time"],
            "last_updated_time": row["last_updated_time"],
            "url": row["url"],
            "app": row["app"],
            "metadata": {},
        }
