"""Tags: list, create, update, delete."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from reconciler.sandbox.answers import FORBIDDEN, Asked, Refusal, Response, Row, refused
from reconciler.sandbox.assignments import Assignments
from reconciler.sandbox.colors import PALETTES, PLAIN
from reconciler.sandbox.late import Delay, LateReads
from reconciler.sandbox.listing import page_of
from reconciler.sandbox.tag_listing import TagListing, late_tags, shown
from reconciler.sandbox.tagging import forget_tag
from reconciler.sandbox.tidying import TIDIED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reconciler.sandbox.store import Store
    from reconciler.sandbox.switches import Switches

ID: Final = re.compile(r"([0-9]{1,18})\.json")
CREATED_AT: Final = "2026-11-01T12:00:00.000Z"
DISABLED: Final = {True: True, False: False, "true": True, "false": False}
"""What ``disabled`` may be: text, or a boolean as well (B)."""


class Tags:
    """The tags of all accounts; ``clock`` gives seconds, for listings that lag."""

    def __init__(self, store: Store, switches: Switches, clock: Callable[[], float]) -> None:
        self._store, self.switches = store, switches
        self._late = LateReads(clock)
        self.assignments = Assignments(store, clock)

    def handle(self, account_id: str, asked: Asked) -> Response:
        """Answer a request below ``/a/ACCOUNT/tags``."""
        match asked.method, asked.parts:
            case "GET", ("tags.json",):
                return self._list(account_id, asked)
            case "POST", ("tags.json",):
                return self._create(account_id, asked)
            case "GET", ("tags", name) if self.switches.single_tag == "on":
                return Response(payload=shown(self._tag(account_id, name), self.switches))
            case "PUT", ("tags", name):
                return self._update(account_id, name, asked)
            case "DELETE", ("tags", name):
                return self._delete(account_id, name, asked)
            case method, ("tags.json",) | ("tags", _) if method != "GET":
                raise Refusal(405, "method not allowed")
        raise Refusal(404, "not found")

    def _list(self, account_id: str, asked: Asked) -> Response:
        paging = page_of(asked, self.switches)
        with self._store.transaction():
            late = self._late.read(account_id, self._delay, first_page=paging[0] == 1)
            listing = TagListing(self._store, self.switches, late_tags(late))
            return listing.page(account_id, asked, paging)

    @property
    def _delay(self) -> Delay:
        return Delay(self.switches.read_delay, self.switches.read_delay_seconds)

    def _create(self, account_id: str, asked: Asked) -> Response:
        body = asked.object()
        company_id = self._place(account_id, body)
        self._permit(asked, company_id)
        color = self._color(body.get("color"))
        with self._store.transaction():
            name = self._name(account_id, company_id, body.get("name"))
            status = int(self.switches.created_status)
            if self.switches.create_answer == "error":
                raise Refusal(status, "The tag could not be created")
            tag_id = self.make(account_id, company_id, name, color)
            tag = self._store.row("SELECT * FROM tags WHERE id = ?", (tag_id,)) or {}
        return self._written(self.switches.create_answer, status, tag)

    def _place(self, account_id: str, body: Mapping[str, Any]) -> str | None:
        """The company that a new tag is for, None on account level."""
        default = "company" if self.switches.missing_level == "company" else None
        level, company_id = body.get("tag_level", default), body.get("company_id")
        if level not in {"account", "company"}:
            raise Refusal(400, "tag_level must be account or company")
        if level == "account":
            return None
        if not isinstance(company_id, str):
            raise Refusal(400, "company_id is required for a tag of a company")
        if self._company(account_id, company_id) is None:
            raise Refusal(422, "company_id is none of the account's companies")
        return company_id

    def _permit(self, asked: Asked, company_id: str | None) -> None:
        """Raise Refusal where the key's user may not write tags of this level (B)."""
        admins_only = company_id is None and self.switches.account_tags == "admins"
        if admins_only and asked.role != "admin":
            raise Refusal(403, FORBIDDEN)

    def make(self, account_id: str, company_id: str | None, name: str, color: str = PLAIN) -> int:
        """Insert a tag; gives its id."""
        with self._store.transaction():
            tag_id = self._store.run(
                "INSERT INTO tags (account_id, company_id, name, color, background_color, status,"
                " created_at) VALUES (?, ?, ?, ?, 'gray1', 'enabled', ?)",
                (account_id, company_id, name, color, CREATED_AT),
            )
            self._late.note(account_id, tag_id, None, self._delay)
            return tag_id

    def _update(self, account_id: str, part: str, asked: Asked) -> Response:
        with self._store.transaction():
            tag = self._tag(account_id, part)
            self._permit_change(asked, tag)
            wanted = self._wanted(tag, asked.object())
            if self.switches.update_answer == "error":
                raise Refusal(200, "The tag could not be updated")
            self._late.note(account_id, tag["id"], tag, self._delay)
            self.assignments.follow(tag, wanted, self.switches)
            for column, value in wanted.items():
                self._store.run(
                    f"UPDATE tags SET {column} = ? WHERE id = ?",  # noqa: S608 - column is ours
                    (value, tag["id"]),
                )
        form = self.switches.update_answer
        status = 204 if form == "none" else 200
        return self._written(form, status, tag if form == "stale" else {**tag, **wanted})

    def _written(self, form: str, status: int, tag: Row) -> Response:
        """The answer to a write that was done, in the ``form`` that a switch asks for."""
        match form:
            case "empty":
                return Response(status, {}, committed=True)
            case "none":
                return Response(status, committed=True)
            case "unreadable":
                return Response(status, raw=b'{"id": 72', committed=True)
            case "error-done":
                answer = refused(Refusal(status, "Something went wrong"), self.switches.error_shape)
                answer.committed = True
                return answer
        row = shown(tag, self.switches)
        row["id"] = str(tag["id"]) if self.switches.write_ids == "text" else tag["id"]
        return Response(status, row, committed=True)

    def _permit_change(self, asked: Asked, tag: Row) -> None:
        self._permit(asked, tag["company_id"])
        if tag["id"] == self.switches.locked_tag:
            raise Refusal(403, FORBIDDEN)

    def _wanted(self, tag: Row, body: Mapping[str, Any]) -> Row:
        """The columns that an update sets; fields other than these three are not taken (B)."""
        wanted: Row = {}
        if "name" in body:
            place = tag["account_id"], tag["company_id"]
            wanted["name"] = self._name(*place, body["name"], but=int(tag["id"]))
        if "color" in body:
            wanted["color"] = self._color(body["color"])
        if not _is_cleared(value := body.get("disabled")):
            # 1 equals True, but JSON tells them apart.
            if not isinstance(value, bool | str) or value not in DISABLED:
                raise Refusal(422, "disabled must be true or false")
            wanted["status"] = "disabled" if DISABLED[value] else "enabled"
        return wanted

    def _delete(self, account_id: str, part: str, asked: Asked) -> Response:
        with self._store.transaction():
            try:
                tag = self._tag(account_id, part)
            except Refusal:
                if ID.fullmatch(part) and self.switches.second_delete == "204":
                    return Response(204)
                if ID.fullmatch(part) and self.switches.second_delete == "403":
                    raise Refusal(403, FORBIDDEN) from None
                raise
            self._permit_change(asked, tag)
            self._late.note(account_id, tag["id"], tag, self._delay)
            self.assignments.follow(tag, None, self.switches)
            forget_tag(self._store, account_id, tag["id"])
            self._store.run("DELETE FROM tags WHERE id = ?", (tag["id"],))
        return Response(204, committed=True)

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
        """``name`` as it is stored; raises Refusal for one that is not taken."""
        if name is None:
            raise Refusal(400, "name is required")
        if not isinstance(name, str):
            raise Refusal(422, "Name must be text")
        name = self._tidied(name)
        if not name.strip():
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

    def _tidied(self, name: str) -> str:
        name = TIDIED[self.switches.names](name)
        most = self.switches.name_length
        if most and len(name) > most:
            if self.switches.long_names == "refused":
                raise Refusal(422, f"Name is too long (maximum is {most} characters)")
            return name[:most]
        return name

    def _color(self, color: object) -> str:
        """``color`` as it is stored; null and "" give the plain one (B: they clear a field)."""
        if _is_cleared(color):
            return PLAIN
        palette = PALETTES.get(self.switches.palette)
        if isinstance(color, str) and (palette is None or color in palette):
            return color
        if self.switches.other_colors == "changed":
            return PLAIN
        raise Refusal(int(self.switches.other_colors), f"Color {color} is not included in the list")


def _is_cleared(value: object) -> bool:
    """Whether a field is left empty: null or "" (B)."""
    return value is None or value == ""
