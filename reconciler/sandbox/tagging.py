"""What requests say of tags on interactions, how edits are carried out, how rows show them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reconciler.sandbox.answers import Asked, Refusal, Row

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.sandbox.assignments import InteractionTable
    from reconciler.sandbox.store import Store
    from reconciler.sandbox.switches import Switches
    from reconciler.sandbox.tags import Tags

FIGURES = ("summary.json", "timeseries.json")
LEFT_OUT = object()
"""Stands for the tags of a row that does not speak of them."""


@dataclass(frozen=True, slots=True)
class TagEdit:
    """What an update does to tags: ``replace`` (None: nothing) all, then ``add`` some."""

    replace: tuple[str, ...] | None
    add: tuple[str, ...]


def tag_edit(body: Mapping[str, Any], switches: Switches) -> TagEdit:
    """The edit that ``body`` asks for.

    ``tags`` (B) or ``tag_list`` (A) replace, or add where ``append_tags`` is true (B);
    ``append_tags`` may itself be the list to add (A): the switch says which of the two counts.
    Raises Refusal for anything else.
    """
    flag = body.get("append_tags")
    named = body.get("tags", body.get("tag_list"))
    names = None if named is None else _names(named)
    added = () if flag is None or isinstance(flag, bool) or flag in ("", "true") else _names(flag)
    if flag in (True, "true") and switches.append in {"honoured", "flag"}:
        return TagEdit(None, names or ())
    return TagEdit(names, added if switches.append in {"honoured", "list"} else ())


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


class Tagging:
    """Carries out what updates of one kind of interaction ask for."""

    def __init__(self, kind: InteractionTable, store: Store, tags: Tags) -> None:
        self.kind, self._store, self._tags = kind, store, tags

    def carry_out(self, edit: TagEdit, row: Row, switches: Switches) -> None:
        """Edit the tags of the interaction in ``row``; raises Refusal for a disabled tag."""
        assignments = self._tags.assignments
        tags = assignments.of(self.kind, [row["id"]]).get(row["id"], [])
        if edit.replace is not None:
            for tag in tags:
                if tag["name"] not in edit.replace:
                    assignments.take_off(self.kind, row, tag["id"], switches)
        for name in (*(edit.replace or ()), *edit.add):
            if name not in {tag["name"] for tag in tags}:
                tag_id = self._named(row, name, switches)
                if tag_id is not None:
                    assignments.put(self.kind, row, tag_id, switches)

    def _named(self, row: Row, name: str, switches: Switches) -> int | None:
        """The tag that a name means on the interaction in ``row``; None: nothing is put on it.

        Those in use go before disabled ones; which level goes first is not published (D). An
        unknown name becomes a tag of the interaction's company (B).
        """
        level_first = {"company": "company_id IS NULL", "account": "company_id IS NOT NULL"}
        tag = self._store.row(
            "SELECT id, status FROM tags WHERE account_id = ? AND name = ?"  # noqa: S608 - order is ours
            " AND (company_id = ? OR company_id IS NULL AND ? <> 'own')"
            f" ORDER BY status = 'disabled', {level_first.get(switches.namesakes, '1')}, id",
            (row["account_id"], name, row["company_id"], switches.namesakes),
        )
        if tag is not None and tag["status"] == "disabled":
            match switches.disabled_tags:
                case "ignored":
                    return None
                case "refused":
                    raise Refusal(422, f"Tag {name} is disabled")
                case "another":
                    tag = None
        if tag is not None:
            return int(tag["id"])
        if switches.auto_create_tags == "off":
            return None
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
    """Take a deleted tag out of all flows (B)."""
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
