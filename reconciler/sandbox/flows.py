"""Flows that apply tags: message flows, and the call flows of trackers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from reconciler.sandbox.answers import Asked, Refusal, Response, Row
from reconciler.sandbox.listing import listed

if TYPE_CHECKING:
    from reconciler.sandbox.store import Store
    from reconciler.sandbox.switches import Switches

PATH = "message-flows"


class MessageFlows:
    """The message flows of all accounts: read-only."""

    def __init__(self, store: Store, switches: Switches) -> None:
        self._store, self.switches = store, switches

    def handle(self, account_id: str, asked: Asked) -> Response:
        """Response a GET below ``/a/ACCOUNT``; only a flow asked for by id shows its steps (B)."""
        if asked.method != "GET":
            raise Refusal(405, "method not allowed")
        rows = self._store.rows(
            "SELECT * FROM message_flows WHERE account_id = ? ORDER BY id", (account_id,)
        )
        match asked.parts:
            case ("message-flows.json",):
                return listed(PATH, rows, asked, self.switches, _summary)
            case ("message-flows", part):
                for row in rows:
                    if f"{row['id']}.json" == part:
                        return Response(payload=_whole(row))
        raise Refusal(404, "not found")


def _summary(row: Row) -> Row:
    return {
        "id": row["id"],
        "name": row["name"],
        "updated_at": row["updated_at"],
        "tracker_ids": json.loads(row["tracker_ids"]),
    }


def _whole(row: Row) -> Row:
    return {
        **_summary(row),
        "initial_step_id": row["initial_step_id"],
        "steps": json.loads(row["steps"]),
    }


def call_flow(store: Store, tracker: Row, switches: Switches) -> Row:
    """A tracker's call flow as the API shows it.

    The fields of the Tag step are not published (D): it names its tags as the switch says.
    """
    if tracker["call_flow"] is None:
        return {
            "type": "basic",
            "recording_enabled": True,
            "destination_number": tracker["destination_number"],
        }
    flow: Row = json.loads(tracker["call_flow"])
    flow["steps"] = [_step(store, step, switches) for step in flow["steps"]]
    return flow


def _step(store: Store, step: Row, switches: Switches) -> Row:
    if "tag_ids" not in step:
        return step
    rows = store.rows(
        "SELECT id, name FROM tags WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id",
        (json.dumps(step["tag_ids"]),),
    )
    forms: dict[str, tuple[str, list[Any]]] = {
        "name": ("tags", [row["name"] for row in rows]),
        "id": ("tag_ids", [row["id"] for row in rows]),
        "objects": ("tags", rows),
    }
    key, tags = forms[switches.flow_tags]
    return {**{name: value for name, value in step.items() if name != "tag_ids"}, key: tags}
