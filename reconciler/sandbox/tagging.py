"""Which tags an interaction has: read, filtered by, written; and what goes with a deleted tag.

An interaction is a call, a form submission or a text thread. The three differ in where their rows
are kept, not in how tags are put on them, so the rules stand here once.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reconciler.sandbox.answers import Asked, Refusal, Row

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.sandbox.store import Store
    from reconciler.sandbox.switches import Switches
    from reconciler.sandbox.tags import Tags

FIGURES = ("summary.json", "timeseries.json")
LEFT_OUT = object()
"""Stands for the tags of a row that does not speak of them."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One of the three: its table, and the table and column that link its rows to tags."""

    name: str
    table: str
    links: str
    link: str


CALL = Kind("call", "calls", "call_tags", "call_id")
FORM = Kind("form submission", "forms", "form_tags", "form_id")
TEXT = Kind("thread", "texts", "text_tags", "text_id")
KINDS = (CALL, FORM, TEXT)


@dataclass(frozen=True, slots=True)
class TagEdit:
    """What an update does to tags: ``replace`` (None: nothing) all, then ``add`` some."""

    replace: tuple[str, ...] | None
    add: tuple[str, ...]


def tag_edit(body: Mapping[str, Any], switches: Switches) -> TagEdit:
    """The edit that ``body`` asks for.

    ``tags`` (B) or ``tag_list`` (A) replace, or add where ``append_tags`` is true (B);
    ``append_tags`` may itself be the list to add (A). Raises Refusal for anything else.
    """
    flag = body.get("append_tags")
    named = body.get("tags", body.get("tag_list"))
    names = None if named is None else _names(named)
    added = () if flag is None or isinstance(flag, bool) or flag in ("", "true") else _names(flag)
    if switches.append == "ignored":
        return TagEdit(names, ())
    if flag is True or flag == "true":
        return TagEdit(None, names or ())
    return TagEdit(names, added)


def wanted_tags(asked: Asked, switches: Switches) -> tuple[str, ...]:
    """The names that ``tags`` filters by, any of which will do; none: no filter."""
    several, one = asked.many("tags[]"), asked.one("tags")
    if several and one:
        raise Refusal(400, "tags is given both as a text and as a list")
    if one is None:
        return several
    # Summaries split for certain (B); nothing is published on listings (D).
    splits = switches.tags_comma == "split" or asked.parts[-1] in FIGURES
    return tuple(one.split(",")) if splits else (one,)


def filter_clause(kind: Kind, names: Sequence[str], setting: str) -> tuple[str, Row]:
    """SQL for the rows of ``kind`` that have any of ``names``; ``setting``: the filter's switch."""
    if not names or setting == "ignored":
        return "1", {}
    fold = " COLLATE NOCASE" if setting == "nocase" else ""
    clause = (
        f"{kind.table}.id IN (SELECT {kind.link} FROM {kind.links} JOIN tags ON tags.id = tag_id"  # noqa: S608 - all ours
        " WHERE tags.account_id = :account"
        f" AND tags.name{fold} IN (SELECT value FROM json_each(:tag_names)))"
    )
    if setting == "partial":
        # An index that is behind: it does not know half of the rows yet.
        clause += f" AND {kind.table}.rowid % 2 = 0"
    return clause, {"tag_names": json.dumps(list(names))}


class Tagging:
    """The tags of one kind of interaction."""

    def __init__(self, kind: Kind, store: Store, tags: Tags) -> None:
        self.kind, self._store, self._tags = kind, store, tags

    def of(self, ids: Sequence[str]) -> Mapping[str, list[Row]]:
        """The tags of each of these interactions that has any."""
        found: dict[str, list[Row]] = {}
        for row in self._store.rows(
            f"SELECT {self.kind.link} AS owner, tags.* FROM {self.kind.links}"  # noqa: S608 - names are ours
            f" JOIN tags ON tags.id = tag_id"
            f" WHERE {self.kind.link} IN (SELECT value FROM json_each(?)) ORDER BY tags.id",
            (json.dumps(list(ids)),),
        ):
            found.setdefault(row.pop("owner"), []).append(row)
        return found

    def carry_out(self, edit: TagEdit, row: Row, switches: Switches) -> None:
        """Edit the tags of the interaction in ``row``; raises Refusal for a disabled tag."""
        kept = {tag["name"] for tag in self.of([row["id"]]).get(row["id"], [])}
        if edit.replace is not None:
            self._take_off(row, edit.replace)
        for name in (*(edit.replace or ()), *edit.add):
            if name not in kept:
                self._put(row, name, switches)

    def _take_off(self, row: Row, but: Sequence[str]) -> None:
        self._store.run(
            f"DELETE FROM {self.kind.links} WHERE {self.kind.link} = ? AND tag_id NOT IN"  # noqa: S608 - names are ours
            " (SELECT id FROM tags WHERE name IN (SELECT value FROM json_each(?)))",
            (row["id"], json.dumps(list(but))),
        )

    def _put(self, row: Row, name: str, switches: Switches) -> None:
        """Apply one tag: the company's own before the account's, those in use before disabled."""
        tag = self._store.row(
            "SELECT id, status FROM tags WHERE account_id = ? AND name = ?"
            " AND (company_id = ? OR company_id IS NULL)"
            " ORDER BY status = 'disabled', company_id IS NULL, id",
            (row["account_id"], name, row["company_id"]),
        )
        if tag is not None and tag["status"] == "disabled":
            if switches.disabled_tags == "ignored":
                return
            raise Refusal(422, f"Tag {name} is disabled")
        if tag is None and switches.auto_create_tags == "off":
            return
        tag_id = tag["id"] if tag else self._made(row, name)
        self._store.run(
            f"INSERT OR IGNORE INTO {self.kind.links} VALUES (?, ?)",  # noqa: S608 - name is ours
            (row["id"], tag_id),
        )

    def _made(self, row: Row, name: str) -> int:
        """An unknown name becomes a tag of the interaction's company (B)."""
        if not name.strip():
            raise Refusal(422, "Name can't be blank")
        return self._tags.make(row["account_id"], row["company_id"], name, "gray1")


def listed(tags: Sequence[Row], setting: str) -> object:
    """The ``tags`` of a row in the form that the switch asks for."""
    match setting:
        case "null":
            return None
        case "missing":
            return LEFT_OUT
        case "empty":
            return []
        case "names":
            return [tag["name"] for tag in tags]
    shown = [{"id": tag["id"], "name": tag["name"], "color": tag["color"]} for tag in tags]
    if setting == "unnamed":
        for tag in shown[::2]:
            del tag["name"]
    return shown


def forget_tag(store: Store, account_id: str, tag_id: int) -> None:
    """Take a deleted tag off all interactions and out of all flows (B)."""
    for kind in KINDS:
        store.run(f"DELETE FROM {kind.links} WHERE tag_id = ?", (tag_id,))  # noqa: S608 - name is ours
    for table, column in (("message_flows", "steps"), ("trackers", "call_flow")):
        for row in store.rows(
            f"SELECT id, {column} AS flow FROM {table}"  # noqa: S608 - names are ours
            f" WHERE account_id = ? AND {column} LIKE '%tag_ids%'",
            (account_id,),
        ):
            flow = json.dumps(_without(json.loads(row["flow"]), tag_id))
            store.run(f"UPDATE {table} SET {column} = ? WHERE id = ?", (flow, row["id"]))  # noqa: S608 - same


def _without(value: Any, tag_id: int) -> Any:
    """A flow, or part of one, whose steps no longer apply ``tag_id``."""
    if isinstance(value, list):
        return [_without(one, tag_id) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        key: [one for one in inner if one != tag_id]
        if key == "tag_ids"
        else _without(inner, tag_id)
        for key, inner in value.items()
    }


def _names(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise Refusal(422, "tags must be a list of names")
    return tuple(value)
