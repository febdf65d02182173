"""Accounts, companies, trackers, users, integrations, notifications: read-only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.sandbox.answers import Answer, Asked, Refusal, Row
from reconciler.sandbox.flows import call_flow
from reconciler.sandbox.listing import listed

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.sandbox.store import Store
    from reconciler.sandbox.switches import Switches


class Others:
    """What the sandbox only shows."""

    def __init__(self, store: Store, switches: Switches) -> None:
        self._store, self.switches = store, switches

    def accounts(self, asked: Asked, reach: frozenset[str] | None) -> Answer:
        """``/v3/a.json``: the accounts within a key's ``reach`` (None: all)."""
        _only_read(asked)
        rows = [
            row
            for row in self._store.rows("SELECT * FROM accounts ORDER BY id")
            if reach is None or row["id"] in reach
        ]
        return listed("accounts", rows, asked, self.switches, account)

    def account(self, row: Row, asked: Asked) -> Answer:
        """``/v3/a/ACCOUNT.json`` of the account in ``row``."""
        _only_read(asked)
        return Answer(payload=account(row))

    def handle(self, account_id: str, asked: Asked) -> Answer:
        """Answer a GET below ``/a/ACCOUNT``."""
        shapes: dict[str, Callable[[Row], Row]] = {
            "companies": company,
            "trackers": self._tracker,
            "users": self._user,
            "integrations": integration,
            "notifications": notification,
        }
        name = asked.parts[0].removesuffix(".json")
        shape = shapes.get(name)
        if shape is None:
            raise Refusal(404, "not found")
        _only_read(asked)
        if asked.parts == (f"{name}.json",):
            return self._list(account_id, name, asked, shape)
        if len(asked.parts) == len((name, "id")) and name in {"companies", "trackers", "users"}:
            return self._one(account_id, name, asked.parts[1], shape)
        raise Refusal(404, "not found")

    def _list(
        self, account_id: str, name: str, asked: Asked, shape: Callable[[Row], Row]
    ) -> Answer:
        company_id = asked.one("company_id")
        if name == "integrations" and company_id is None:
            raise Refusal(400, "company_id is required")
        where, parameters = "account_id = ?", [account_id]
        if company_id is not None and name != "companies":
            where, parameters = f"{where} AND company_id = ?", [account_id, company_id]
        rows = self._store.rows(f"SELECT * FROM {name} WHERE {where} ORDER BY id", parameters)  # noqa: S608 - names are ours
        return listed(name, rows, asked, self.switches, shape)

    def _one(self, account_id: str, name: str, part: str, shape: Callable[[Row], Row]) -> Answer:
        row = self._store.row(
            f"SELECT * FROM {name} WHERE account_id = ? AND id = ?",  # noqa: S608 - name is ours
            (account_id, part.removesuffix(".json")),
        )
        if row is None or not part.endswith(".json"):
            raise Refusal(404, "not found")
        return Answer(payload=shape(row))

    def _company_ref(self, company_id: str) -> Row:
        name = self._store.value("SELECT name FROM companies WHERE id = ?", (company_id,))
        return {"id": company_id, "name": name}

    def _tracker(self, row: Row) -> Row:
        return {
            "id": row["id"],
            "name": row["name"],
            "type": row["type"],
            "status": row["status"],
            "destination_number": row["destination_number"],
            "tracking_numbers": [row["tracking_number"]],
            "sms_supported": True,
            "sms_enabled": True,
            "company": self._company_ref(row["company_id"]),
            "source": {"type": row["source_type"]},
            "call_flow": call_flow(self._store, row, self.switches),
        }

    def _user(self, row: Row) -> Row:
        return {
            "id": row["id"],
            "email": row["email"],
            "first_name": row["first_name"],
            "last_name": row["last_name"],
            "name": f"{row['first_name']} {row['last_name']}",
            "role": row["role"],
            "accepted": True,
            "created_at": row["created_at"],
            "companies": [self._company_ref(row["company_id"])],
        }


def _only_read(asked: Asked) -> None:
    if asked.method != "GET":
        raise Refusal(405, "method not allowed")


def account(row: Row) -> Row:
    """An account as the reference page shows it."""
    return {
        "id": row["id"],
        "name": row["name"],
        "numeric_id": row["numeric_id"],
        "inbound_recording_enabled": False,
        "outbound_recording_enabled": False,
        "hipaa_account": False,
        "created_at": row["created_at"],
    }


def company(row: Row) -> Row:
    """A company as the reference page shows it."""
    return {
        "id": row["id"],
        "name": row["name"],
        "status": row["status"],
        "time_zone": row["time_zone"],
        "created_at": row["created_at"],
        "callscore_enabled": False,
        "lead_scoring_enabled": True,
        "callscribe_enabled": True,
    }


def integration(row: Row) -> Row:
    """An integration; the page shows no payload of it."""
    return {"id": row["id"], "type": row["type"], "state": row["state"], "config": {}}


def notification(row: Row) -> Row:
    """A notification; the page shows no payload of it."""
    return {
        "id": row["id"],
        "name": row["name"],
        "alert_type": row["event"],
        "email": row["email"],
        "company_id": row["company_id"],
    }
