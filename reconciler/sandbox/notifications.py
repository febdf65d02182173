"""Notifications: which calls a person is notified of."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from reconciler.sandbox.readonly import ReadOnly

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.sandbox.answers import Row


class Notifications(ReadOnly):
    """The notifications of all accounts."""

    name = "notifications"
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "alert_type": ("all", "first_call", "missed_and_vm", "vm_only")
    }

    def shape(self, row: Row) -> Row:
        """A notification; the page shows no payload of it."""
        return {
            "id": row["id"],
            "name": row["name"],
            "alert_type": row["alert_type"],
            "email": row["email"],
            "company_id": row["company_id"],
        }
