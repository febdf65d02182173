"""One page of a listing of tags: filters, order, and how it may depart from the truth."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from reconciler.sandbox.answers import Asked, Refusal, Response, Row
from reconciler.sandbox.listing import envelope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.sandbox.store import Store
    from reconciler.sandbox.switches import Switches

ODD_ID: Final = 900_000_001
COLUMNS: Final = (
    "id",
    "account_id",
    "company_id",
    "name",
    "color",
    "background_color",
    "status",
    "created_at",
)
PARTIAL: Final = "id % 2 = 1"
"""What a filter lists that gives only a part."""


class TagListing:
    """Reads pages from ``source``, an SQL source of tags with its parameters."""

    def __init__(
        self, store: Store, switches: Switches, source: tuple[str, dict[str, object]]
    ) -> None:
        self._store, self._switches = store, switches
        self._source, self._parameters = source

    def page(self, account_id: str, asked: Asked, paging: tuple[int, int]) -> Response:
        """The answer to a listing of an account's tags; raises Refusal for a wrong filter."""
        conditions = self._conditions(asked)
        where = " AND ".join(["account_id = :account", *conditions])
        number, per_page = paging
        parameters: dict[str, object] = {
            **self._parameters,
            "account": account_id,
            "company": asked.one("company_id"),
            "status": asked.one("status"),
        }
        source = f"{self._source} WHERE {where}"
        total = int(self._store.value(f"SELECT count(*) FROM {source}", parameters))  # noqa: S608 - all ours
        rows = self._store.rows(
            f"SELECT * FROM {source} ORDER BY {self._order(asked)} LIMIT :limit OFFSET :offset",  # noqa: S608 - same
            {**parameters, "limit": per_page, "offset": (number - 1) * per_page},
        )
        listed: list[Any] = [self._listed(row) for row in rows]
        if self._has_odd_row(asked):
            listed += self._odd_row(total, paging)
            total += 1
        self._repeat(listed, total, paging)
        return self._enveloped(listed, total, paging)

    def _conditions(self, asked: Asked) -> list[str]:
        """SQL conditions of the filters (B): company_id, tag_level, status."""
        company, level, status = map(asked.one, ("company_id", "tag_level", "status"))
        if level not in {None, "account", "company"}:
            raise Refusal(400, "tag_level must be account or company")
        if level == "account" and company is not None:
            raise Refusal(400, "tag_level account can't be combined with company_id")
        if status not in {None, "enabled", "disabled"}:
            raise Refusal(400, "status must be enabled or disabled")
        own = "company_id = :company"
        filters: list[tuple[str | None, str, dict[str, list[str]]]] = [
            (
                company,
                self._switches.company_filter,
                {
                    "own": [own],
                    "with-account": [f"({own} OR company_id IS NULL)"],
                    "partial": [own, PARTIAL],
                },
            ),
            (level, self._switches.level_filter, _level_conditions(level)),
            (status, self._switches.status_filter, {"honoured": ["status = :status"]}),
        ]
        return [
            condition
            for value, setting, conditions in filters
            if value is not None
            for condition in conditions.get(setting, [])
        ]

    def _order(self, asked: Asked) -> str:
        sort, order = asked.one("sort"), asked.one("order") or "asc"
        if sort not in {None, "name"} or order not in {"asc", "desc"}:
            raise Refusal(400, "sort or order is not one of those possible")
        if sort is None or self._switches.sorting == "ignored":
            return "id"
        return f"name {order}, id"

    def _listed(self, row: Row) -> Any:
        listed = shown(row, self._switches)
        if self._switches.list_ids == "text":
            listed["id"] = str(listed["id"])
        if self._switches.odd_tag != "none" and row["id"] == self._switches.odd_tag_id:
            return odd(listed, self._switches.odd_tag)
        return listed

    def _has_odd_row(self, asked: Asked) -> bool:
        """Whether this listing has an odd tag of its own, which no database holds."""
        switches = self._switches
        if switches.odd_tag == "none" or switches.odd_tag_id:
            return False
        of_company = asked.one("company_id") and switches.company_filter in {"own", "partial"}
        of_companies = asked.one("tag_level") == "company" and switches.level_filter != "ignored"
        return not of_company and not of_companies and asked.one("status") != "disabled"

    def _odd_row(self, total: int, paging: tuple[int, int]) -> list[Any]:
        """The odd tag where this is the page that it stands on: it comes after all others."""
        number, per_page = paging
        if not (number - 1) * per_page <= total < number * per_page:
            return []
        row = {
            "id": ODD_ID,
            "name": "Odd",
            "company_id": None,
            "color": "gray1",
            "background_color": "gray1",
            "status": "enabled",
            "created_at": "2026-11-01T12:00:00.000Z",
        }
        return [odd(shown(row, self._switches), self._switches.odd_tag)]

    def _repeat(self, listed: list[Any], total: int, paging: tuple[int, int]) -> None:
        """Repeat the page's first row where the switch says so."""
        number, per_page = paging
        if not listed:
            return
        if self._switches.tag_rows == "instead":
            listed[-1] = listed[0]
        elif self._switches.tag_rows == "twice" and number * per_page >= total:
            listed.append(listed[0])

    def _enveloped(self, listed: list[Any], total: int, paging: tuple[int, int]) -> Response:
        more = {"more": 1, "fewer": -1, "moving": paging[0]}.get(self._switches.tag_totals, 0)
        answer = envelope("tags", listed, max(0, total + more), paging, self._switches)
        if self._switches.tag_totals == "missing" and isinstance(answer.payload, dict):
            del answer.payload["total_records"]
        return answer


def late_tags(before: Mapping[int | str, Row | None]) -> tuple[str, dict[str, object]]:
    """The SQL source of tags as a late listing shows them, and its parameters.

    ``before``: the ids of changed tags -> the rows that it still shows, None for a new one.
    """
    if not before:
        return "tags", {}
    columns = ", ".join(f"json_extract(value, '$.{name}') AS {name}" for name in COLUMNS)
    source = (
        f"(SELECT {', '.join(COLUMNS)} FROM tags"  # noqa: S608 - names are ours
        " WHERE id NOT IN (SELECT value FROM json_each(:touched))"
        f" UNION ALL SELECT {columns} FROM json_each(:old))"
    )
    old = [row for row in before.values() if row is not None]
    return source, {"touched": json.dumps(list(before)), "old": json.dumps(old)}


def _level_conditions(level: str | None) -> dict[str, list[str]]:
    own = "company_id IS NULL" if level == "account" else "company_id IS NOT NULL"
    return {"honoured": [own], "partial": [own, PARTIAL]}


def shown(tag: Row, switches: Switches) -> Row:
    """A tag as the reference shows it."""
    row = {
        "id": tag["id"],
        "name": tag["name"],
        "tag_level": "account" if tag["company_id"] is None else "company",
        "color": tag["color"],
        "background_color": tag["background_color"],
        "company_id": tag["company_id"],
        "status": tag["status"],
        "created_at": tag["created_at"],
    }
    if switches.tag_backgrounds == "off":
        del row["background_color"]
    if switches.tag_dates == "off":
        del row["created_at"]
    return row


def odd(row: Row, how: str) -> object:
    """``row`` with the oddity of switch odd_tag."""
    missing = {"no-status": "status", "no-level": "tag_level"}
    if how == "list":
        return list(row.values())
    if how in missing:
        return {name: value for name, value in row.items() if name != missing[how]}
    changes: dict[str, Row] = {
        "other-status": {"status": "archived"},
        "word-id": {"id": "TAG9"},
        "text-id": {"id": str(row["id"])},
        "null-name": {"name": None},
    }
    return {**row, **changes[how]}
