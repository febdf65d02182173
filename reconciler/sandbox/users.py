"""Users: admins, managers and those who only read reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from reconciler.sandbox.readonly import ReadOnly

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.sandbox.answers import Row


class Users(ReadOnly):
    """The users of all accounts."""

    name = "users"
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {"role": ("admin", "manager", "reporting")}
    searched = ("email", "first_name", "last_name", "first_name || ' ' || last_name")

    def shape(self, row: Row) -> Row:
        """A user as the reference page shows it (A)."""
        return {
            "id": row["id"],
            "email": row["email"],
            "first_name": row["first_name"],
            "last_name": row["last_name"],
            "name": f"{row['first_name']} {row['last_name']}",
            "role": row["role"],
            "accepted": True,
            "created_at": row["created_at"],
            "companies": [self.company(row["company_id"])],
        }
