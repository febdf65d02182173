"""The sandbox's state in SQLite: the schema, and the reads and writes that handlers share."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from reconciler.sandbox.answers import Row

    Parameters = Sequence[object] | Mapping[str, object]

VERSION = 2
"""Of the tables below; a file with another one is not touched."""
SCHEMA = """
CREATE TABLE IF NOT EXISTS accounts (
    id TEXT PRIMARY KEY, name TEXT, numeric_id INTEGER, created_at TEXT,
    time_zone TEXT DEFAULT 'America/New_York');
CREATE TABLE IF NOT EXISTS companies (
    id TEXT PRIMARY KEY, account_id TEXT, name TEXT, status TEXT, time_zone TEXT, created_at TEXT);
CREATE TABLE IF NOT EXISTS tags (
    id INTEGER PRIMARY KEY AUTOINCREMENT, account_id TEXT, company_id TEXT, name TEXT, color TEXT,
    background_color TEXT, status TEXT, created_at TEXT);
CREATE TABLE IF NOT EXISTS calls (
    id TEXT PRIMARY KEY, account_id TEXT, company_id TEXT, tracker_id TEXT, start_time TEXT,
    duration INTEGER, answered INTEGER, direction TEXT, voicemail INTEGER, customer_name TEXT,
    customer_phone_number TEXT, tracking_phone_number TEXT, source TEXT, note TEXT,
    lead_status TEXT, value REAL, spam INTEGER DEFAULT 0, customer_city TEXT, customer_state TEXT,
    customer_country TEXT, landing_page_url TEXT, device_type TEXT, first_call INTEGER DEFAULT 0,
    source_name TEXT, keywords TEXT, campaign TEXT, referrer TEXT, medium TEXT, agent_email TEXT,
    moment REAL AS (julianday(start_time)));
CREATE TABLE IF NOT EXISTS call_tags (
    call_id TEXT, tag_id INTEGER, PRIMARY KEY (call_id, tag_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS forms (
    id TEXT PRIMARY KEY, account_id TEXT, company_id TEXT, person_id TEXT, form_data TEXT,
    form_url TEXT, landing_page_url TEXT, referrer TEXT, referring_url TEXT, submitted_at TEXT,
    first_form INTEGER DEFAULT 0, customer_name TEXT, customer_email TEXT,
    customer_phone_number TEXT, source TEXT, keywords TEXT, campaign TEXT, medium TEXT, note TEXT,
    lead_status TEXT, value REAL, moment REAL AS (julianday(submitted_at)));
CREATE TABLE IF NOT EXISTS form_tags (
    form_id TEXT, tag_id INTEGER, PRIMARY KEY (form_id, tag_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS texts (
    id TEXT PRIMARY KEY, account_id TEXT, company_id TEXT, initial_tracker_id TEXT,
    current_tracker_id TEXT, customer_name TEXT, customer_phone_number TEXT, state TEXT, note TEXT,
    lead_status TEXT, value REAL, last_message_at TEXT,
    moment REAL AS (julianday(last_message_at)));
CREATE TABLE IF NOT EXISTS text_tags (
    text_id TEXT, tag_id INTEGER, PRIMARY KEY (text_id, tag_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS message_flows (
    id TEXT PRIMARY KEY, account_id TEXT, name TEXT, updated_at TEXT, tracker_ids TEXT,
    initial_step_id TEXT, steps TEXT);
CREATE TABLE IF NOT EXISTS trackers (
    id TEXT PRIMARY KEY, account_id TEXT, company_id TEXT, name TEXT, type TEXT, status TEXT,
    destination_number TEXT, tracking_number TEXT, source_type TEXT, call_flow TEXT);
CREATE TABLE IF NOT EXISTS users (
    id TEXT PRIMARY KEY, account_id TEXT, company_id TEXT, email TEXT, first_name TEXT,
    last_name TEXT, role TEXT, created_at TEXT);
CREATE TABLE IF NOT EXISTS integrations (
    id INTEGER PRIMARY KEY, account_id TEXT, company_id TEXT, type TEXT, state TEXT);
CREATE TABLE IF NOT EXISTS notifications (
    id INTEGER PRIMARY KEY, account_id TEXT, company_id TEXT, name TEXT, alert_type TEXT,
    email TEXT);
CREATE TABLE IF NOT EXISTS connections (
    connection_id TEXT PRIMARY KEY, status TEXT, creation_time TEXT, last_updated_time TEXT,
    url TEXT, app TEXT, reads INTEGER DEFAULT 0);
CREATE INDEX IF NOT EXISTS tags_place ON tags (account_id, company_id, name);
CREATE INDEX IF NOT EXISTS calls_time ON calls (account_id, moment);
CREATE INDEX IF NOT EXISTS call_tags_tag ON call_tags (tag_id);
CREATE INDEX IF NOT EXISTS form_tags_tag ON form_tags (tag_id);
CREATE INDEX IF NOT EXISTS text_tags_tag ON text_tags (tag_id);
"""


class Store:
    """One database, one lock: requests see each other's writes in one order.

    Making one raises OSError where ``path`` can't be opened or is something else.
    """

    def __init__(self, path: str | None) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        try:
            self._db = sqlite3.connect(path or ":memory:", check_same_thread=False)
            try:
                self._db.row_factory = sqlite3.Row
                self._prepare(path)
            except (sqlite3.Error, OSError):
                self._db.close()
                raise
        except sqlite3.Error as error:
            raise OSError(f"{path} is not a database of the sandbox: {error}") from error

    def _prepare(self, path: str | None) -> None:
        """Make the tables; raises OSError where others are there already."""
        held = self.value("SELECT count(*) FROM sqlite_master")
        if held and self.value("PRAGMA user_version") != VERSION:
            raise OSError(
                f"{path} is of another version of the sandbox, or not of a sandbox: "
                "delete it or choose another file"
            )
        self._db.executescript(SCHEMA)
        self._db.execute(f"PRAGMA user_version = {VERSION}")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing, and nobody in between; one inside another is part of it."""
        with self._lock:
            self._depth += 1
            try:
                # sqlite3's own block would commit at the end of an inner one.
                with self._db if self._depth == 1 else nullcontext():
                    yield
            finally:
                self._depth -= 1

    def content(self) -> bytes:
        """All that it holds, for :meth:`load` of another."""
        with self._lock:
            return self._db.serialize()

    def load(self, content: bytes) -> None:
        """Hold ``content`` in place of what it holds."""
        with self._lock, closing(sqlite3.connect(":memory:")) as read:
            read.deserialize(content)
            read.backup(self._db)

    def rows(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """The rows of a query."""
        with self._lock:
            return [dict(row) for row in self._db.execute(sql, parameters)]

    def row(self, sql: str, parameters: Parameters = ()) -> Row | None:
        """Its first row."""
        return next(iter(self.rows(sql, parameters)), None)

    def value(self, sql: str, parameters: Parameters = ()) -> Any:
        """The first value of its first row."""
        with self._lock:
            found = self._db.execute(sql, parameters).fetchone()
            return None if found is None else found[0]

    def run(self, sql: str, parameters: Parameters = ()) -> int:
        """Carry out a statement; gives the id of the row that it made."""
        with self.transaction():
            return self._db.execute(sql, parameters).lastrowid or 0

    def insert(self, table: str, rows: Iterable[Row]) -> None:
        """Insert rows that all have the same columns."""
        rows = list(rows)
        if not rows:
            return
        columns = list(rows[0])
        marks = ", ".join(f":{name}" for name in columns)
        with self.transaction():
            self._db.executemany(
                f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})",  # noqa: S608 - names are ours
                rows,
            )

    @property
    def is_empty(self) -> bool:
        """Whether nobody has seeded it yet."""
        return not self.value("SELECT count(*) FROM accounts")

    def tags(self, account_id: str | None = None) -> list[Row]:
        """All tags (of one account), as stored; for tests."""
        if account_id is None:
            return self.rows("SELECT * FROM tags ORDER BY id")
        return self.rows("SELECT * FROM tags WHERE account_id = ? ORDER BY id", (account_id,))

    def calls_with(self, tag_id: int) -> int:
        """How many calls have a tag; for tests."""
        return int(self.value("SELECT count(*) FROM call_tags WHERE tag_id = ?", (tag_id,)))

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._db.close()
