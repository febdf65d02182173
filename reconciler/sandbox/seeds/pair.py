"""One company with a tag in two spellings, on as many interactions as asked for; for merges."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from reconciler.sandbox.assignments import CALL, FORM, TEXT

if TYPE_CHECKING:
    from datetime import date

    from reconciler.sandbox.store import Store

ACCOUNT: Final = "ACC00000000000000000000000000000c01"
COMPANY: Final = "COM00000000000000000000000000000c01"
OLD_TAG, NEW_TAG = 7_200_001, 7_200_002
OLD_NAME, NEW_NAME = "Oppty", "Opportunity"
MOMENTS = {CALL: "start_time", FORM: "submitted_at", TEXT: "last_message_at"}
TURNS = (CALL, CALL, FORM, CALL, CALL, CALL, TEXT, CALL, CALL, CALL)
"""The kinds of ten interactions that follow each other."""


def seed_pair(store: Store, today: date, old: int, new: int, both: int = 0) -> None:
    """``old`` interactions with the old spelling only, ``new`` with the new one, ``both``."""
    account = {"id": ACCOUNT, "name": "Pair", "numeric_id": 1, "created_at": "2026-01-01"}
    place = {"account_id": ACCOUNT, "company_id": COMPANY}
    tag = {**place, "color": "gray1", "background_color": "gray1", "status": "enabled"}
    tag["created_at"] = "2026-01-01T00:00:00.000Z"
    company = {"id": COMPANY, "account_id": ACCOUNT, "name": "Dental West", "status": "active"}
    store.insert("accounts", [account])
    store.insert("companies", [{**company, "time_zone": "America/New_York"}])
    names = {OLD_TAG: OLD_NAME, NEW_TAG: NEW_NAME}
    store.insert("tags", [{**tag, "id": one, "name": name} for one, name in names.items()])
    tags = [(OLD_TAG,)] * old + [(NEW_TAG,)] * new + [(OLD_TAG, NEW_TAG)] * both
    for kind in (CALL, FORM, TEXT):
        rows, links = [], []
        for number, its_tags in enumerate(tags):
            if TURNS[number % len(TURNS)] is kind:
                day = today - timedelta(days=number % 700)
                row_id = f"{kind.table[:3].upper()}{number:032x}"
                rows.append({**place, "id": row_id, MOMENTS[kind]: f"{day}T17:00:00.000Z"})
                links += [{kind.link: row_id, "tag_id": one} for one in its_tags]
        store.insert(kind.table, rows)
        store.insert(kind.links, links)
