"""Trackers, with their call flows."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from reconciler.sandbox.flows import call_flow
from reconciler.sandbox.readonly import ReadOnly

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.sandbox.answers import Row


class Trackers(ReadOnly):
    """The trackers of all accounts."""

    name = "trackers"
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "type": ("source", "session"),
        "status": ("active", "disabled"),
    }

    def shape(self, row: Row) -> Row:
        """A tracker as the reference page shows it (A)."""
        return {
            "id": row["id"],
            "name": row["name"],
            "type": row["type"],
            "status": row["status"],
            "destination_number": row["destination_number"],
            "tracking_numbers": [row["tracking_number"]],
            "sms_supported": True,
            "sms_enabled": True,
            "company": self.company(row["company_id"]),
            "source": {"type": row["source_type"]},
            "call_flow": call_flow(self.store, row, self.switches),
        }
