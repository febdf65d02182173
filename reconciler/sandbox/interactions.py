"""What calls, forms and text threads have in common: a list, one, an update with its tags."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from reconciler.sandbox.answers import Asked, Refusal, Response, Row
from reconciler.sandbox.assignments import InteractionTable, visible
from reconciler.sandbox.dates import Calendar, Period
from reconciler.sandbox.listing import envelope, page_of
from reconciler.sandbox.tagging import (
    LEFT_OUT,
    Tagging,
    listed,
    tag_edit,
    wanted_tags,
)
from reconciler.sandbox.where import Where

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from reconciler.sandbox.store import Store
    from reconciler.sandbox.switches import Switches
    from reconciler.sandbox.tags import Tags

GOOD = "good_lead"
LEAD_STATUSES = (GOOD, "not_a_lead")
"""Those that can be set (B)."""
MARKED_BEFORE = "previously_marked_good_lead"
"""The one that only CallRail sets (B); what has it can't be made a good lead (C)."""


class Interactions:
    """One kind of interaction, of all accounts."""

    kind: ClassVar[InteractionTable]
    path: ClassVar[str]
    """As in ``PATH.json`` and ``PATH/ID.json``."""
    moment: ClassVar[str]
    """The column that dates a row."""
    sorts: ClassVar[Mapping[str, str]]
    """What ``sort`` takes -> SQL; the first is the default."""
    editable: ClassVar[Mapping[str, str]] = {
        "customer_name": "customer_name",
        "note": "note",
        "lead_status": "lead_status",
        "value": "value",
    }
    """What an update may set, beside tags -> the column."""

    def __init__(self, store: Store, switches: Switches, tags: Tags, today: date) -> None:
        self._store, self.switches, self._today = store, switches, today
        self._assignments = tags.assignments
        self._tagging = Tagging(self.kind, store, tags)

    @property
    def rows_key(self) -> str:
        """The key of the list in answers."""
        return self.path

    def handle(self, account_id: str, asked: Asked) -> Response:
        """Answer a request below ``/a/ACCOUNT``."""
        match asked.method, asked.parts:
            case "GET", (whole,) if whole == f"{self.path}.json":
                return self._list(account_id, asked)
            case "GET", (self.path, part):
                return Response(payload=self._shown([self._one(account_id, part)], asked)[0])
            case "PUT", (self.path, part):
                return self._update(account_id, part, asked)
            case method, (_,) | (_, _) if method != "GET":
                raise Refusal(405, "method not allowed")
        raise Refusal(404, "not found")

    def shape(self, row: Row, fields: Sequence[str]) -> Row:
        """A row as the API shows it, but for its tags."""
        raise NotImplementedError

    def tags_of(self, tags: Sequence[Row], fields: Sequence[str]) -> object:
        """Its tags as the API shows them; LEFT_OUT where it does not."""
        raise NotImplementedError

    def narrow(self, where: Where, asked: Asked) -> None:
        """Add the filters that only this kind has."""
        raise NotImplementedError

    def period(self, account_id: str, asked: Asked) -> Period:
        """The dates that ``asked`` covers."""
        return self._calendar(account_id).period(asked)

    def _calendar(self, account_id: str) -> Calendar:
        zone = self._store.value("SELECT time_zone FROM accounts WHERE id = ?", (account_id,))
        served = self.switches.all_time == "served"
        return Calendar(today=self._today, zone_name=str(zone), all_time=served)

    def all_rows(self, account_id: str, asked: Asked) -> list[Row]:
        """Every row that ``asked`` is about, for figures."""
        return self._read(self._where(account_id, asked), "")

    def _where(self, account_id: str, asked: Asked) -> Where:
        table = self.kind.table
        where = Where()
        where.add(f"{table}.account_id = :account", account=account_id)
        period = self.period(account_id, asked)
        where.add(
            f"{table}.moment BETWEEN julianday(:start) AND julianday(:end)", **period.parameters()
        )
        where.equal(asked, company_id=f"{table}.company_id")
        with self._store.transaction():
            self.narrow(where, asked)
        return where

    def _narrow_by_lead_status(self, where: Where, asked: Asked) -> None:
        column = f"{self.kind.table}.lead_status"
        known = {name: f"{column} = '{name}'" for name in (*LEAD_STATUSES, MARKED_BEFORE)}
        where.choice(asked, "lead_status", {**known, "not_scored": f"{column} IS NULL"})

    def _narrow_by_tags(self, where: Where, asked: Asked, setting: str) -> None:
        """By the tags that are asked for, as the filter's switch says."""
        names = wanted_tags(asked, self.switches)
        if not names or setting == "ignored":
            return
        fold = str.lower if setting == "nocase" else str
        wanted = {fold(name) for name in names}
        where.add(self._having(where, asked, lambda name: fold(name) in wanted))
        if setting == "partial":
            # An index that is behind: it does not know half of the rows yet.
            where.add(f"{self.kind.table}.rowid % 2 = 0")

    def _having(self, where: Where, asked: Asked, fits: Callable[[str], bool]) -> str:
        """SQL for the rows with a tag whose name ``fits``; ``where`` gets its parameters."""
        account_id = str(where.parameters["account"])
        first = asked.one("page") in {None, "1"} and asked.one("offset") in {None, "0"}
        clause, parameters = self._assignments.having(
            self.kind, account_id, fits, self.switches, first_page=first
        )
        where.parameters |= parameters
        return clause

    def _list(self, account_id: str, asked: Asked) -> Response:
        where, paging = self._where(account_id, asked), page_of(asked, self.switches)
        page, per_page = paging
        total, rows = self._page(where, asked, (page - 1) * per_page, per_page)
        return envelope(self.rows_key, self._shown(rows, asked), total, paging, self.switches)

    def _page(self, where: Where, asked: Asked, offset: int, limit: int) -> tuple[int, list[Row]]:
        """How many rows there are, and those from ``offset`` on."""
        sort = asked.one("sort") or next(iter(self.sorts))
        order = asked.one("order") or "desc"
        if sort not in self.sorts or order not in {"asc", "desc"}:
            raise Refusal(400, "sort or order is not one of those possible")
        table = self.kind.table
        with self._store.transaction():
            total = self._store.value(
                f"SELECT count(*) FROM {table} WHERE {where}",  # noqa: S608 - where is ours
                where.parameters,
            )
            where.parameters |= {"limit": limit, "offset": offset}
            page = f"ORDER BY {self.sorts[sort]} {order}, {table}.id LIMIT :limit OFFSET :offset"
            return total, self._read(where, page)

    def _one(self, account_id: str, part: str) -> Row:
        table, where = self.kind.table, Where()
        where.add(f"{table}.account_id = :account", account=account_id)
        where.add(f"{table}.id = :id", id=part.removesuffix(".json"))
        rows = self._read(where, "")
        if not rows or not part.endswith(".json"):
            raise Refusal(404, f"{self.kind.name} not found")
        return rows[0]

    def _read(self, where: Where, page: str) -> list[Row]:
        """Rows with what is shown of their company; ``page``: ORDER BY and LIMIT, if any."""
        table = self.kind.table
        return self._store.rows(
            f"SELECT {table}.*, companies.name AS company_name,"  # noqa: S608 - all of it is ours
            f" companies.time_zone AS company_time_zone FROM {table}"
            f" LEFT JOIN companies ON companies.id = {table}.company_id WHERE {where} {page}",
            where.parameters,
        )

    def _shown(self, rows: Sequence[Row], asked: Asked) -> list[Row]:
        fields = (asked.one("fields") or "").split(",")
        tags = self._assignments.of(self.kind, [row["id"] for row in rows])
        shown = []
        for row in rows:
            one = self.shape(row, fields)
            its_tags = self.tags_of(visible(tags.get(row["id"], []), self.switches), fields)
            shown.append(one if its_tags is LEFT_OUT else {**one, "tags": its_tags})
        return shown

    def _update(self, account_id: str, part: str, asked: Asked) -> Response:
        body = asked.object()
        with self._store.transaction():
            row = self._one(account_id, part)
            for column, value in self.edited(row, body).items():
                self._store.run(
                    f"UPDATE {self.kind.table} SET {column} = ? WHERE id = ?",  # noqa: S608 - names are ours
                    (value, row["id"]),
                )
            self._tagging.carry_out(tag_edit(body, self.switches), row, self.switches)
            after = Asked("GET", asked.parts, {"fields": "tags,note,lead_status,value"})
            (shown,) = self._shown([self._one(account_id, part)], after)
        return Response(payload=shown, committed=True)

    def edited(self, row: Row, body: Mapping[str, Any]) -> Row:
        """The columns that ``body`` sets; null and "" clear. Raises Refusal for a bad value."""
        read = {"value": _money, "lead_status": _lead_status}
        changes = {
            column: read.get(column, _text)(name, body[name])
            for name, column in self.editable.items()
            if name in body
        }
        if changes.get("lead_status") == GOOD and row["lead_status"] == MARKED_BEFORE:
            raise Refusal(400, f"lead_status can't be {GOOD}: it is {MARKED_BEFORE}")
        return changes


def row_tags(tags: Sequence[Row], fields: Sequence[str], setting: str) -> object:
    """The tags of a row that shows them where ``fields`` asks for it."""
    return listed(tags, setting) if "tags" in fields else LEFT_OUT


def _text(name: str, value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise Refusal(422, f"{name} must be a text")
    return value or None


def _lead_status(name: str, value: object) -> str | None:
    if value == MARKED_BEFORE:
        raise Refusal(400, f"{name} can't be set to {MARKED_BEFORE}")
    text = _text(name, value)
    if text is not None and text not in LEAD_STATUSES:
        raise Refusal(422, f"{name} is not one of those possible")
    return text


def _money(name: str, value: object) -> float | None:
    """An amount written ``$1.00`` or ``1.00`` (B), or as a number (A)."""
    if value is None or value == "":
        return None
    plain = str(value).removeprefix("$").replace(",", "")
    if isinstance(value, bool) or not re.fullmatch(r"-?[0-9]{1,12}(\.[0-9]{1,6})?", plain):
        raise Refusal(422, f"{name} must be an amount such as $1.00")
    return float(plain)
