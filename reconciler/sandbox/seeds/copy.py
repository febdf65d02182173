"""Accounts as somebody else has read them, so that what is planned there can be tried here."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from reconciler.sandbox.assignments import CALL, FORM, TEXT, InteractionTable
from reconciler.sandbox.seeds.pair import MOMENTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from reconciler.sandbox.answers import Row
    from reconciler.sandbox.store import Store

NOWHERE: Final = "COM00000000000000000000000000000000"
"""The company of calls that have an account-level tag, in an account of which no company is known.
"""
_DAYS: Final = 30
"""So recent are the interactions: well within what listings reach."""


class CompanyCopy(NamedTuple):
    """One company; a disabled one stays listed."""

    id: str
    name: str
    active: bool


class TagCopy(NamedTuple):
    """One tag, and how many interactions of each kind have it and no other tag."""

    id: int
    name: str
    color: str | None
    status: str
    company_id: str | None
    calls: int = 0
    forms: int = 0
    texts: int = 0


class AccountCopy(NamedTuple):
    """One account with all that is known of it."""

    id: str
    name: str
    companies: Sequence[CompanyCopy]
    tags: Sequence[TagCopy]


def seed_copy(store: Store, accounts: Iterable[AccountCopy], today: date) -> None:
    """Fill ``store`` with ``accounts``; the interactions are of the days before ``today``.

    Raises ValueError where two tags have one id.
    """
    accounts = list(accounts)
    ids = [tag.id for account in accounts for tag in account.tags]
    if len(set(ids)) != len(ids):
        raise ValueError("two tags have the same id")
    with store.transaction():
        for number, account in enumerate(accounts, start=1):
            _seed(store, account, number, today)


def _seed(store: Store, account: AccountCopy, number: int, today: date) -> None:
    made = "2026-01-01T00:00:00.000Z"
    row = {"id": account.id, "name": account.name, "numeric_id": number, "created_at": made}
    store.insert("accounts", [row])
    store.insert(
        "companies",
        [
            {
                "id": one.id,
                "account_id": account.id,
                "name": one.name,
                "status": "active" if one.active else "disabled",
                "time_zone": "America/New_York",
                "created_at": made,
            }
            for one in account.companies
        ],
    )
    store.insert(
        "tags",
        [
            {
                "id": tag.id,
                "account_id": account.id,
                "company_id": tag.company_id,
                "name": tag.name,
                "color": tag.color,
                "background_color": "gray1",
                "status": tag.status,
                "created_at": made,
            }
            for tag in account.tags
        ],
    )
    active = next((one.id for one in account.companies if one.active), NOWHERE)
    for kind, many in ((CALL, "calls"), (FORM, "forms"), (TEXT, "texts")):
        tagged = [
            (tag.id, tag.company_id or active)
            for tag in account.tags
            for _one in range(getattr(tag, many))
        ]
        _tag(store, kind, account.id, tagged, today)


def _tag(
    store: Store,
    kind: InteractionTable,
    account_id: str,
    tagged: Iterable[tuple[int, str]],
    today: date,
) -> None:
    """An interaction of ``kind`` for each tag and company of ``tagged``."""
    rows: list[Row] = []
    links: list[Row] = []
    for number, (tag_id, company_id) in enumerate(tagged):
        row_id = f"{kind.table[:3].upper()}{account_id[-8:]}{number:024x}"
        moment = f"{today - timedelta(days=1 + number % _DAYS)}T17:00:00.000Z"
        place = {"account_id": account_id, "company_id": company_id}
        rows.append({**place, "id": row_id, MOMENTS[kind]: moment})
        links.append({kind.link: row_id, "tag_id": tag_id})
    store.insert(kind.table, rows)
    store.insert(kind.links, links)
