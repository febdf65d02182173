"""The payloads of the reference page, exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.sandbox.store import Store

ACCOUNT = "ACC019c46b8a0807fbdb81c8bf12af91cb3"
COMPANY = "COM019c46b8a26376a9a4f29671dcdd49e9"
CONNECTION = "75364cb9-7116-4367-a707-1113d426f17d"
TRACKER = "TRK019c46b9f18174d68bb8d7985260a11f"


def seed_connection(store: Store) -> None:
    """The Maton connection of the page; every seed has it."""
    connection = {
        "connection_id": CONNECTION,
        "status": "ACTIVE",
        "creation_time": "2026-02-10T09:55:17.574212Z",
        "last_updated_time": "2026-02-10T09:55:34.693801Z",
        "url": "https://connect.maton.ai/?session_token=...",
        "app": "callrail",
    }
    store.insert("connections", [connection])


def seed_reference(store: Store) -> None:
    """One account, company, call, tracker and user, and the two tags."""
    account = {
        "id": ACCOUNT,
        "name": "My Account",
        "numeric_id": 518664017,
        "created_at": "2026-02-10 03:43:50 -0500",
        "time_zone": "America/Los_Angeles",
    }
    company = {
        "id": COMPANY,
        "account_id": ACCOUNT,
        "name": "My Company",
        "status": "active",
        "time_zone": "America/Los_Angeles",
        "created_at": "2026-02-10T08:43:51.280Z",
    }
    store.insert("accounts", [account])
    store.insert("companies", [company])
    store.insert("tags", [_tag(7886733, "Schedule requested", None, "orange3")])
    store.insert("tags", [_tag(7886728, "Opportunity", COMPANY, "gray1")])
    store.insert("calls", [_call()])
    store.insert("trackers", [_tracker()])
    user = {
        "id": "USR019c46b8a0557b2e85e5e1c651452509",
        "account_id": ACCOUNT,
        "company_id": COMPANY,
        "email": "john@example.com",
        "first_name": "John",
        "last_name": "Doe",
        "role": "admin",
        "created_at": "2026-02-10T03:43:50.798-05:00",
    }
    store.insert("users", [user])


def _tag(tag_id: int, name: str, company_id: str | None, color: str) -> dict[str, object]:
    return {
        "id": tag_id,
        "account_id": ACCOUNT,
        "company_id": company_id,
        "name": name,
        "color": color,
        "background_color": "gray1",
        "status": "enabled",
        "created_at": "2026-02-10T08:43:51.280Z",
    }


def _call() -> dict[str, object]:
    return {
        "id": "CAL019c46b9fc277a7881e3728fea20869b",
        "account_id": ACCOUNT,
        "company_id": COMPANY,
        "tracker_id": TRACKER,
        "start_time": "2026-02-10T00:45:19.781-08:00",
        "duration": 36,
        "answered": 0,
        "direction": "inbound",
        "voicemail": 1,
        "customer_name": "John Doe",
        "customer_phone_number": "+18886757190",
        "tracking_phone_number": "+18017846712",
        "source": "google_my_business",
        "note": "",
    }


def _tracker() -> dict[str, object]:
    return {
        "id": TRACKER,
        "account_id": ACCOUNT,
        "company_id": COMPANY,
        "name": "Google My Business",
        "type": "source",
        "status": "active",
        "destination_number": "+18019234886",
        "tracking_number": "+18017846712",
        "source_type": "google_my_business",
    }
