"""Which tags are on which interactions: put on, taken off, found by, kept when a tag changes.

An interaction is a call, a form submission or a text thread. The three differ in where their rows
are kept, not in how tags are put on them, so the rules stand here once. Kept is the tag's id: a
new name shows on every interaction at once.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.sandbox.late import Delay, LateReads

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from reconciler.sandbox.answers import Row
    from reconciler.sandbox.store import Store
    from reconciler.sandbox.switches import Switches


@dataclass(frozen=True, slots=True)
class InteractionTable:
    """One of the three: its table, and the table and column that link its rows to tags."""

    name: str
    table: str
    links: str
    link: str


CALL = InteractionTable("call", "calls", "call_tags", "call_id")
FORM = InteractionTable("form submission", "forms", "form_tags", "form_id")
TEXT = InteractionTable("thread", "texts", "text_tags", "text_id")
KINDS = (CALL, FORM, TEXT)


class Assignments:
    """The tags on the interactions of all accounts; ``clock`` gives seconds, for late filters."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._store = store
        self._late = LateReads(clock)

    def of(self, kind: InteractionTable, ids: Sequence[str]) -> Mapping[str, list[Row]]:
        """The tags of each of these interactions that has any, as stored."""
        found: dict[str, list[Row]] = {}
        for row in self._store.rows(
            f"SELECT {kind.link} AS owner, tags.* FROM {kind.links} JOIN tags ON tags.id = tag_id"  # noqa: S608 - names are ours
            f" WHERE {kind.link} IN (SELECT value FROM json_each(?)) ORDER BY tags.id",
            (json.dumps(list(ids)),),
        ):
            found.setdefault(row.pop("owner"), []).append(row)
        return found

    def every(self) -> set[tuple[str, int]]:
        """All interactions with the ids of their tags."""
        queries = (f"SELECT {one.link} AS owner, tag_id FROM {one.links}" for one in KINDS)  # noqa: S608 - names are ours
        return {(row["owner"], row["tag_id"]) for sql in queries for row in self._store.rows(sql)}

    def put(
        self, kind: InteractionTable, interaction: Row, tag_id: int, switches: Switches
    ) -> None:
        """Put a tag on the interaction in this row; nothing where it has it."""
        self._change(kind, interaction, "INSERT OR IGNORE INTO {} VALUES (?, ?)", tag_id, switches)

    def take_off(
        self, kind: InteractionTable, interaction: Row, tag_id: int, switches: Switches
    ) -> None:
        """Take a tag off the interaction in this row; nothing where it does not have it."""
        sql = f"DELETE FROM {{}} WHERE {kind.link} = ? AND tag_id = ?"  # noqa: S608 - name is ours
        self._change(kind, interaction, sql, tag_id, switches)

    def follow(self, tag: Row, wanted: Row | None, switches: Switches) -> None:
        """Do what comes with a change of ``tag`` to ``wanted`` (None: its delete); call it before.

        Interactions keep a tag that is renamed or disabled, unless a switch says otherwise; a
        deleted one is taken off all of them (B).
        """
        after = {**tag, **(wanted or {})}
        renamed, restated = (after[name] != tag[name] for name in ("name", "status"))
        disabled = restated and after["status"] == "disabled"
        dropped = (
            wanted is None
            or (renamed and switches.renamed_assignments == "dropped")
            or (disabled and switches.disabled_assignments == "dropped")
        )
        if not (dropped or renamed or restated):
            return
        for kind in KINDS:
            if any(filter_delay(switches)):
                sql = f"SELECT {kind.link} AS id FROM {kind.links} WHERE tag_id = ?"  # noqa: S608 - names are ours
                owners = [row["id"] for row in self._store.rows(sql, (tag["id"],))]
                self._note(kind, tag["account_id"], owners, switches)
            if dropped:
                self._store.run(f"DELETE FROM {kind.links} WHERE tag_id = ?", (tag["id"],))  # noqa: S608 - name is ours

    def having(
        self,
        kind: InteractionTable,
        account_id: str,
        fits: Callable[[str], bool],
        switches: Switches,
        *,
        first_page: bool,
    ) -> tuple[str, Row]:
        """SQL for the rows of ``kind`` with a tag whose name ``fits``, and its parameters.

        Asking for a first page counts as a read, where reads are late.
        """

        def found(tags: Sequence[Row]) -> list[Row]:
            return [tag for tag in visible(tags, switches, finding=True) if fits(tag["name"])]

        delay = filter_delay(switches)
        late = self._late.read(_scope(kind, account_id), delay, first_page=first_page)
        used = f"EXISTS (SELECT 1 FROM {kind.links} WHERE tag_id = tags.id)"  # noqa: S608 - name is ours
        tags = self._store.rows(
            f"SELECT id, name, status FROM tags WHERE account_id = ? AND {used}",  # noqa: S608 - same
            (account_id,),
        )
        old = [one for one, its_tags in late.items() if found(its_tags)]
        lists = {"fitting": [tag["id"] for tag in found(tags)], "late": list(late), "old": old}
        rows, these = f"{kind.table}.id", "(SELECT value FROM json_each(:{}))"
        clause = (
            f"({rows} IN (SELECT {kind.link} FROM {kind.links}"  # noqa: S608 - names are ours
            f" WHERE tag_id IN {these.format('fitting')}) AND {rows} NOT IN {these.format('late')}"
            f" OR {rows} IN {these.format('old')})"
        )
        return clause, {name: json.dumps(ids) for name, ids in lists.items()}

    def _change(
        self, kind: InteractionTable, row: Row, sql: str, tag_id: int, switches: Switches
    ) -> None:
        with self._store.transaction():
            self._note(kind, row["account_id"], [row["id"]], switches)
            self._store.run(sql.format(kind.links), (row["id"], tag_id))

    def _note(
        self, kind: InteractionTable, account_id: str, ids: Sequence[str], switches: Switches
    ) -> None:
        """Keep what late filters go by: the tags that these interactions have before a write."""
        delay = filter_delay(switches)
        if any(delay):
            tags = self.of(kind, ids)
            for one in ids:
                self._late.note(_scope(kind, account_id), one, tags.get(one, []), delay)


def visible(tags: Sequence[Row], switches: Switches, *, finding: bool = False) -> list[Row]:
    """The tags that a row shows, or that a filter finds by: all, unless disabled ones are not."""
    hiding = {"hidden", "unfound"} if finding else {"hidden"}
    if switches.disabled_assignments not in hiding:
        return list(tags)
    return [tag for tag in tags if tag["status"] != "disabled"]


def filter_delay(switches: Switches) -> Delay:
    """How far what finds interactions by their tags is behind."""
    return Delay(switches.tags_filter_delay, switches.tags_filter_delay_seconds)


def _scope(kind: InteractionTable, account_id: str) -> str:
    return f"{account_id} {kind.table}"
