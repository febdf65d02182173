"""Integrations, listed by company only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.sandbox.readonly import ReadOnly

if TYPE_CHECKING:
    from reconciler.sandbox.answers import Row


class Integrations(ReadOnly):
    """The integrations of all accounts."""

    name = "integrations"
    required = ("company_id",)

    def shape(self, row: Row) -> Row:
        """An integration; the page shows no payload of it."""
        return {"id": row["id"], "type": row["type"], "state": row["state"], "config": {}}
