"""Tags: list, create, update, delete."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from reconciler.sandbox.answers import Answer, Asked, Refusal, Row
from reconciler.sandbox.listing import envelope, page_of
from reconciler.sandbox.tagging import forget_tag

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.sandbox.store import Store
    from reconciler.sandbox.switches import Switches

DOCUMENTED = [
    "gray1",
    "blue1",
    "blue2",
    "green1",
    "green2",
    "orange1",
    "orange2",
    "orange3",
    "red1",
]
NARROW = [
    "red1",
    "red2",
    "orange1",
    "yellow1",
    "green1",
    "blue1",
    "purple1",
    "pink1",
    "gray1",
    "gray2",
]
ID = re.compile(r"([0-9]{1,18})\.json")
CREATED_AT = "2026-11-01T12:00:00.000Z"


class Tags:
    """The tags of all accounts."""

    def __init__(self, store: Store, switches: Switches) -> None:
        self._store, self.switches = store, switches
        self._stale: dict[str, tuple[int, list[Row]]] = {}
        """Account -> listings that still show these old rows (switch read_delay)."""

    def handle(self, account_id: str, asked: Asked) -> Answer:
        """Answer a request below ``/a/ACCOUNT/tags``."""
        match asked.method, asked.parts:
            case "GET", ("tags.json",):
                return self._list(account_id, asked)
            case "POST", ("tags.json",):
                return self._create(account_id, asked)
            case "GET", ("tags", name) if self.switches.single_tag == "on":
                return Answer(payload=shown(self._tag(account_id, name)))
            case "PUT", ("tags", name):
                return self._update(account_id, name, asked)
            case "DELETE", ("tags", name):
                return self._delete(account_id, name)
            case method, ("tags.json",) | ("tags", _) if method != "GET":
                raise Refusal(405, "method not allowed")
        raise Refusal(404, "not found")

    def _list(self, account_id: str, asked: Asked) -> Answer:
        paging = page_of(asked, self.switches)
        with self._store.transaction():
            total, rows = self._page(account_id, asked, *paging)
        return envelope("tags", list(map(shown, rows)), total, paging, self.switches)

    def _page(
        self, account_id: str, asked: Asked, page: int, per_page: int
    ) -> tuple[int, list[Row]]:
        """How many tags there are, and those of one page."""
        left, old = self._stale.get(account_id, (0, []))
        if left > 0:
            if page == 1:
                self._stale[account_id] = (left - 1, old)
            rows = [row for row in old if self._is_asked_for(row, asked)]
            return len(rows), rows[(page - 1) * per_page : page * per_page]
        where, parameters = self._where(account_id, asked)
        total = self._store.value(f"SELECT count(*) FROM tags WHERE {where}", parameters)  # noqa: S608 - where is ours
        rows = self._store.rows(
            f"SELECT * FROM tags WHERE {where} ORDER BY id LIMIT ? OFFSET ?",  # noqa: S608 - same
            (*parameters, per_page, (page - 1) * per_page),
        )
        return total, rows

    def _where(self, account_id: str, asked: Asked) -> tuple[str, list[object]]:
        company = asked.one("company_id")
        if company is None or self.switches.company_filter == "ignored":
            return "account_id = ?", [account_id]
        if self.switches.company_filter == "own":
            return "account_id = ? AND company_id = ?", [account_id, company]
        return "account_id = ? AND (company_id = ? OR company_id IS NULL)", [account_id, company]

    def _is_asked_for(self, row: Row, asked: Asked) -> bool:
        company = asked.one("company_id")
        if company is None or self.switches.company_filter == "ignored":
            return True
        with_account = self.switches.company_filter == "with-account"
        return row["company_id"] == company or (with_account and row["company_id"] is None)

    def _create(self, account_id: str, asked: Asked) -> Answer:
        body = asked.object()
        company_id = self._place(account_id, body)
        color = self._color(body.get("color", "gray1"))
        with self._store.transaction():
            name = self._name(account_id, company_id, body.get("name"))
            self._remember(account_id)
            tag_id = self.make(account_id, company_id, name, color)
            tag = self._store.row("SELECT * FROM tags WHERE id = ?", (tag_id,)) or {}
        return Answer(int(self.switches.created_status), shown(tag), committed=True)

    def _place(self, account_id: str, body: Mapping[str, Any]) -> str | None:
        """The company that a new tag is for, None on account level."""
        level, company_id = body.get("tag_level"), body.get("company_id")
        if level not in {"account", "company"}:
            raise Refusal(400, "tag_level must be account or company")
        if level == "account":
            return None
        if not isinstance(company_id, str):
            raise Refusal(400, "company_id is required for a tag of a company")
        if self._company(account_id, company_id) is None:
            raise Refusal(422, "company_id is none of the account's companies")
        return company_id

    def make(self, account_id: str, company_id: str | None, name: str, color: str) -> int:
        """Insert a tag; gives its id."""
        return self._store.run(
            "INSERT INTO tags (account_id, company_id, name, color, background_color, status,"
            " created_at) VALUES (?, ?, ?, ?, 'gray1', 'enabled', ?)",
            (account_id, company_id, name, color, CREATED_AT),
        )

    def _update(self, account_id: str, part: str, asked: Asked) -> Answer:
        with self._store.transaction():
            tag = self._tag(account_id, part)
            wanted = self._wanted(tag, asked.object())
            self._remember(account_id)
            for column, value in wanted.items():
                self._store.run(
                    f"UPDATE tags SET {column} = ? WHERE id = ?",  # noqa: S608 - column is ours
                    (value, tag["id"]),
                )
        if self.switches.update_body == "empty":
            return Answer(204, committed=True)
        return Answer(payload=shown({**tag, **wanted}), committed=True)

    def _wanted(self, tag: Row, body: Mapping[str, Any]) -> Row:
        """The columns that an update sets; fields other than these three are not taken (B)."""
        wanted: Row = {}
        if "name" in body:
            place = tag["account_id"], tag["company_id"]
            wanted["name"] = self._name(*place, body["name"], but=int(tag["id"]))
        if "color" in body:
            wanted["color"] = self._color(body["color"])
        if "disabled" in body:
            if not isinstance(body["disabled"], bool):
                raise Refusal(422, "disabled must be true or false")
            wanted["status"] = "disabled" if body["disabled"] else "enabled"
        return wanted

    def _delete(self, account_id: str, part: str) -> Answer:
        with self._store.transaction():
            try:
                tag = self._tag(account_id, part)
            except Refusal:
                if self.switches.second_delete == "204" and ID.fullmatch(part):
                    return Answer(204)
                raise
            self._remember(account_id)
            forget_tag(self._store, account_id, tag["id"])
            self._store.run("DELETE FROM tags WHERE id = ?", (tag["id"],))
        return Answer(204, committed=True)

    def _tag(self, account_id: str, part: str) -> Row:
        match = ID.fullmatch(part)
        if match is None:
            raise Refusal(404, "not found")
        tag = self._store.row(
            "SELECT * FROM tags WHERE account_id = ? AND id = ?", (account_id, int(match[1]))
        )
        if tag is None:
            raise Refusal(404, "tag not found")
        return tag

    def _company(self, account_id: str, company_id: str) -> Row | None:
        return self._store.row(
            "SELECT * FROM companies WHERE account_id = ? AND id = ?", (account_id, company_id)
        )

    def _name(self, account_id: str, company_id: str | None, name: object, but: int = 0) -> str:
        if name is None:
            raise Refusal(400, "name is required")
        if not isinstance(name, str) or not name.strip():
            raise Refusal(422, "Name can't be blank")
        if self.switches.unique_names != "off":
            fold = " COLLATE NOCASE" if self.switches.unique_names == "nocase" else ""
            taken = self._store.row(
                "SELECT id FROM tags WHERE account_id = ? AND company_id IS ? AND id <> ?"  # noqa: S608 - fold is ours
                f" AND name = ?{fold}",
                (account_id, company_id, but, name),
            )
            if taken is not None:
                raise Refusal(422, "Name has already been taken")
        return name

    def _color(self, color: Any) -> str:
        palette = {"documented": DOCUMENTED, "narrow": NARROW}.get(self.switches.palette)
        if not isinstance(color, str) or (palette is not None and color not in palette):
            raise Refusal(400, f"Color {color} is not included in the list")
        return color

    def _remember(self, account_id: str) -> None:
        """Keep what listings will go on to show for a while."""
        if self.switches.read_delay:
            left, old = self._stale.get(account_id, (0, []))
            rows = old if left > 0 else self._store.tags(account_id)
            self._stale[account_id] = (self.switches.read_delay, rows)


def shown(tag: Row) -> Row:
    """A tag as the reference page shows it."""
    return {
        "id": tag["id"],
        "name": tag["name"],
        "tag_level": "account" if tag["company_id"] is None else "company",
        "color": tag["color"],
        "background_color": tag["background_color"],
        "company_id": tag["company_id"],
        "status": tag["status"],
    }
