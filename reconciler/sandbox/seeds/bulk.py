"""As many tags as asked for, evenly spread; for measuring."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.sandbox.store import Store

ACCOUNT = "ACC00000000000000000000000000000b01"
COLORS = ("gray1", "blue1", "green1", "orange1", "red1")


def seed_bulk(store: Store, tags: int, companies: int = 0) -> None:
    """``tags`` tags over ``companies`` companies (0: all on account level)."""
    account = {
        "id": ACCOUNT,
        "name": "Bulk",
        "numeric_id": 1,
        "created_at": "2026-01-01 00:00:00 -0500",
    }
    store.insert("accounts", [account])
    store.insert("companies", [_company(number) for number in range(companies)])
    store.insert("tags", [_tag(number, companies) for number in range(tags)])


def _company(number: int) -> dict[str, object]:
    return {
        "id": f"COM{number:032x}",
        "account_id": ACCOUNT,
        "name": f"Company {number:04}",
        "status": "active",
        "time_zone": "America/New_York",
        "created_at": "2026-01-01T00:00:00.000Z",
    }


def _tag(number: int, companies: int) -> dict[str, object]:
    within = number // companies if companies else number
    return {
        "account_id": ACCOUNT,
        "company_id": f"COM{number % companies:032x}" if companies else None,
        "name": f"Tag {within:06}",
        "color": COLORS[within % len(COLORS)],
        "background_color": "gray1",
        "status": "enabled",
        "created_at": "2026-01-01T00:00:00.000Z",
    }
