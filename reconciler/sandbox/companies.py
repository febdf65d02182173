"""Companies: filtered by status, searched and sorted by name. A deleted one is disabled (B)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from reconciler.sandbox.readonly import ReadOnly

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.sandbox.answers import Row


class Companies(ReadOnly):
    """The companies of all accounts."""

    name = "companies"
    filters: ClassVar[Mapping[str, str]] = {}
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {"status": ("active", "disabled")}
    searched = ("name",)
    sorts = ("name",)

    def shape(self, row: Row) -> Row:
        """A company as the page shows it (A), and what the reference adds (B)."""
        page = {
            "id": row["id"],
            "name": row["name"],
            "status": row["status"],
            "time_zone": row["time_zone"],
            "created_at": row["created_at"],
            "callscore_enabled": False,
            "lead_scoring_enabled": True,
            "callscribe_enabled": True,
        }
        disabled = row["status"] == "disabled"
        return page | {
            "disabled_at": "2026-01-15T15:00:00.000Z" if disabled else None,
            "dni_active": not disabled,
            "script_url": f"//cdn.example.test/companies/{row['id']}/swap.js",
            "form_capture": True,
        }
