"""From a parsed request to an answer: doors, reach, quota, then the resource."""

from __future__ import annotations

import json
import re
import sqlite3
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

from reconciler.sandbox.answers import Answer, Asked, Refusal
from reconciler.sandbox.calls import Calls
from reconciler.sandbox.flows import MessageFlows
from reconciler.sandbox.forms import Forms
from reconciler.sandbox.maton import Connections
from reconciler.sandbox.others import Others
from reconciler.sandbox.quota import Quota
from reconciler.sandbox.tags import Tags
from reconciler.sandbox.texts import Texts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.sandbox.interactions import Interactions
    from reconciler.sandbox.log import Entry
    from reconciler.sandbox.options import Options
    from reconciler.sandbox.store import Store
    from reconciler.sandbox.switches import Switches

Pairs = tuple[tuple[str, str], ...]
DIRECT, GATEWAY, CONTROL = "direct", "gateway", "control"
PREFIX = "/callrail"


class App:
    """Everything but sockets."""

    def __init__(self, options: Options, store: Store) -> None:
        self._options, self._store = options, store
        self.quota = Quota(options.quota, options.quota_window, options.clock)
        self._tags = Tags(store, options.switches)
        usage = store, options.switches, self._tags, options.today
        calls, forms, texts = Calls(*usage), Forms(*usage), Texts(*usage)
        flows = MessageFlows(store, options.switches)
        self._usage: dict[str, Interactions | MessageFlows] = {
            "calls": calls,
            "form_submissions": forms,
            "forms": forms,
            "sms-threads": texts,
            "message-flows": flows,
        }
        self._others = Others(store, options.switches)
        self._connections = Connections(store, options.switches)
        self._switches = options.switches

    @property
    def switches(self) -> Switches:
        """The liberties taken; they can be set while the sandbox runs."""
        return self._switches

    @switches.setter
    def switches(self, switches: Switches) -> None:
        self._switches = switches
        for part in (self._tags, *self._usage.values(), self._others, self._connections):
            part.switches = switches

    def answer(self, entry: Entry, headers: Mapping[str, str], body: bytes) -> Answer:
        """The answer to ``entry``."""
        try:
            return self._route(entry, headers, body)
        except Refusal as refusal:
            return self.error(refusal)
        except (sqlite3.Error, OverflowError, UnicodeError):
            # Values that no database takes: a number of fifty digits, half of a surrogate pair.
            return self.error(Refusal(400, "a value can't be stored"))

    def error(self, refusal: Refusal) -> Answer:
        """A refusal in the shape that the switch asks for."""
        shape = self._switches.error_shape
        if shape == "html":
            page = f"<html><body><h1>{refusal.status}</h1></body></html>".encode()
            return Answer(refusal.status, raw=page, content_type="text/html")
        payload = {"errors": [refusal.message]} if shape == "errors" else {"error": refusal.message}
        return Answer(refusal.status, payload, headers=refusal.headers)

    def _route(self, entry: Entry, headers: Mapping[str, str], body: bytes) -> Answer:
        split = urlsplit(entry.path + ("?" + entry.query if entry.query else ""))
        query = tuple(parse_qsl(split.query, keep_blank_values=True))
        path = split.path
        if path == "/connections" or path.startswith("/connections/"):
            entry.door = CONTROL
            self._bearer(headers)
            return self._connections.handle(_asked(entry, _parts(path), query, body))
        if path.startswith(PREFIX + "/"):
            entry.door, path = GATEWAY, path.removeprefix(PREFIX)
            key = self._bearer(headers)
            self._connection(headers)
        else:
            entry.door = DIRECT
            key = self._token(headers)
        return self._api(entry, key, path, query, body)

    def _api(
        self,
        entry: Entry,
        key: str,
        path: str,
        query: Pairs,
        body: bytes,
    ) -> Answer:
        reach = self._options.reach.get(key)
        parts = _parts(path)
        if parts == ("v3", "a.json"):
            return self._others.accounts(
                _asked(entry, parts, query, body), None if reach is None else frozenset(reach)
            )
        single = len(parts) == len(("v3", "a", "id.json"))
        if parts[:2] != ("v3", "a") or parts[2:] == () or single != parts[2].endswith(".json"):
            raise Refusal(404, "not found")
        account_id = parts[2].removesuffix(".json")
        entry.account = account_id
        known = self._store.row("SELECT * FROM accounts WHERE id = ?", (account_id,))
        if known is None or (reach is not None and account_id not in reach):
            raise Refusal(404, "account not found")
        self._count(account_id)
        if single:
            return self._others.account(known, _asked(entry, parts, query, body))
        return self._resource(account_id, _asked(entry, parts[3:], query, body))

    def _resource(self, account_id: str, asked: Asked) -> Answer:
        if asked.method != "GET" and self._switches.writes == "forbidden":
            raise Refusal(403, "insufficient permissions")
        kind = asked.parts[0].removesuffix(".json")
        if kind == "tags":
            return self._tags.handle(account_id, asked)
        if kind in self._usage:
            return self._usage[kind].handle(account_id, asked)
        return self._others.handle(account_id, asked)

    def _count(self, account_id: str) -> None:
        wait = self.quota.take(account_id)
        if wait is None:
            return
        headers = {}
        if self._switches.retry_after == "seconds":
            headers["Retry-After"] = str(int(wait) + 1)
        elif self._switches.retry_after == "date":
            moment = datetime.now(UTC) + timedelta(seconds=int(wait) + 1)
            headers["Retry-After"] = moment.strftime("%a, %d %b %Y %H:%M:%S GMT")
        raise Refusal(429, "rate limit exceeded", headers)

    def _token(self, headers: Mapping[str, str]) -> str:
        match = re.fullmatch(r'Token token="([^"]*)"', headers.get("authorization", ""))
        if match is None or match[1] not in self._options.direct_keys:
            raise Refusal(401, "HTTP Token: Access denied.")
        return match[1]

    def _bearer(self, headers: Mapping[str, str]) -> str:
        match = re.fullmatch(r"Bearer (\S+)", headers.get("authorization", ""))
        if match is None or match[1] not in self._options.maton_keys:
            raise Refusal(401, "Invalid or missing Maton API key")
        return match[1]

    def _connection(self, headers: Mapping[str, str]) -> None:
        wanted = headers.get("maton-connection")
        found = self._connections.find(wanted) if wanted else self._connections.default()
        if found is None or found["status"] != "ACTIVE":
            raise Refusal(400, "no active connection for app callrail")
        if self._switches.oauth == "expired":
            raise Refusal(500, "internal server error")

    def make_tag(self, account_id: str, name: str) -> int:
        """Insert a tag behind everybody's back (fault shift-pages)."""
        return self._tags.make(account_id, None, name, "gray1")


def _parts(path: str) -> tuple[str, ...]:
    return tuple(unquote(part) for part in path.strip("/").split("/"))


def _asked(entry: Entry, parts: tuple[str, ...], query: Pairs, body: bytes) -> Asked:
    if not body:
        return Asked(entry.method, parts, dict(query), pairs=query)
    try:
        entry.body = json.loads(body)
    except (ValueError, RecursionError):
        raise Refusal(400, "the body is no JSON") from None
    if not _is_text(entry.body):
        raise Refusal(400, "the body holds half a surrogate pair")
    return Asked(entry.method, parts, dict(query), entry.body, query)


def _is_text(value: object) -> bool:
    """Whether every string in ``value`` can be stored; JSON may escape what is no character."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True
