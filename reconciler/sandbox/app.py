"""From a parsed request to an answer: the key, its accounts, quotas, then the resource."""

from __future__ import annotations

import json
import re
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol
from urllib.parse import parse_qsl, unquote

from reconciler.sandbox.accounts import Accounts
from reconciler.sandbox.answers import (
    FORBIDDEN,
    Asked,
    GatewayRefusal,
    Refusal,
    Response,
    Row,
    refused,
    refused_by_gateway,
)
from reconciler.sandbox.calls import Calls
from reconciler.sandbox.companies import Companies
from reconciler.sandbox.flows import MessageFlows
from reconciler.sandbox.forms import Forms
from reconciler.sandbox.integrations import Integrations
from reconciler.sandbox.listing import link_header
from reconciler.sandbox.maton import ControlPlane
from reconciler.sandbox.notifications import Notifications
from reconciler.sandbox.quota import Quota, QuotaWindow
from reconciler.sandbox.tags import Tags
from reconciler.sandbox.texts import Conversations, Texts
from reconciler.sandbox.trackers import Trackers
from reconciler.sandbox.users import Users

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.sandbox.log import LogEntry
    from reconciler.sandbox.options import Options
    from reconciler.sandbox.store import Store
    from reconciler.sandbox.switches import Switches

DIRECT, GATEWAY, CONTROL = "direct", "gateway", "control"
PREFIX: Final = "/callrail"
CALLRAIL: Final = "https://api.callrail.com"
WINDOWS_A_DAY: Final = 24
TOKEN: Final = re.compile(r'Token token=("?)([^"\s]*)\1')
"""CallRail's own examples send the key with quotes and without (B)."""


class Caller(NamedTuple):
    """Who asks, and what the address that was asked has before ``/v3``."""

    key: str
    base: str


class ResourceHandler(Protocol):
    """What answers the requests about one resource of an account."""

    switches: Switches

    def handle(self, account_id: str, asked: Asked) -> Response:
        """Answer a request below ``/a/ACCOUNT``."""


class App:
    """Everything but sockets."""

    def __init__(self, options: Options, store: Store) -> None:
        self._options, self._store = options, store
        day = None if options.quota is None else options.daily_quota
        windows = (
            QuotaWindow("Hourly", options.quota, options.quota_window),
            QuotaWindow("Daily", day, WINDOWS_A_DAY * options.quota_window),
        )
        self.quota = Quota(windows, options.clock, used_before=options.others_used)
        self._gateway_quota = self._limited_gateway(options.switches)
        self._tags = Tags(store, options.switches, options.clock)
        self.assignments = self._tags.assignments
        usage = store, options.switches, self._tags, options.today
        calls, forms, texts = Calls(*usage), Forms(*usage), Texts(*usage)
        shown = (Companies, Trackers, Users, Integrations, Notifications)
        self._resources: dict[str, ResourceHandler] = {
            "tags": self._tags,
            "calls": calls,
            "form_submissions": forms,
            "forms": forms,
            "sms-threads": texts,
            "text-messages": Conversations(*usage),
            "message-flows": MessageFlows(store, options.switches),
            **{kind.name: kind(store, options.switches) for kind in shown},
        }
        self._accounts = Accounts(store, options.switches)
        self._connections = ControlPlane(store, options.switches)
        self._switches = options.switches

    @property
    def switches(self) -> Switches:
        """The API variants in force; they can be set while the sandbox runs."""
        return self._switches

    @switches.setter
    def switches(self, switches: Switches) -> None:
        if switches.gateway_limit != self._switches.gateway_limit:
            self._gateway_quota = self._limited_gateway(switches)
        self._switches = switches
        self._accounts.switches = self._connections.switches = switches
        for resource in self._resources.values():
            resource.switches = switches

    def answer(self, entry: LogEntry, headers: Mapping[str, str], body: bytes) -> Response:
        """The answer to ``entry``."""
        entry.request_from = headers.get("request-from")
        entry.connection = headers.get("maton-connection")
        try:
            answer = self._route(entry, headers, body)
        except GatewayRefusal as refusal:
            return refused_by_gateway(refusal, self._switches.gateway_errors)
        except Refusal as refusal:
            answer = self.error(refusal, own=entry.route == CONTROL)
        except (sqlite3.Error, OverflowError, UnicodeError):
            # Values that no database takes: a number of fifty digits, half of a surrogate pair.
            answer = self.error(Refusal(400, "a value can't be stored"))
        if entry.counted and self._switches.rate_headers == "on":
            answer.headers = {**answer.headers, **self.quota.headers(entry.account or "")}
        if self._switches.link_header == "on":
            answer.headers = {**answer.headers, **link_header(answer, _address(entry, headers))}
        return answer

    def error(self, refusal: Refusal, *, own: bool = False) -> Response:
        """A refusal of CallRail's, or of Maton's ``own``, in the shape that a switch asks for."""
        if own:
            return refused_by_gateway(refusal, self._switches.gateway_errors)
        return refused(refusal, self._switches.error_shape)

    def _route(self, entry: LogEntry, headers: Mapping[str, str], body: bytes) -> Response:
        path = entry.path
        if path == "/connections" or path.startswith("/connections/"):
            entry.route = CONTROL
            self._bearer(headers)
            return self._connections.handle(_asked(entry, _parts(path), body))
        if path.startswith(PREFIX + "/"):
            entry.route, path = GATEWAY, path.removeprefix(PREFIX)
            key = self._bearer(headers)
            self._connection(headers)
        else:
            entry.route = DIRECT
            key = self._token(headers)
        _check_format(headers, path)
        parts = _parts(path)
        if "format=json" in entry.query.split("&") and not parts[-1].endswith(".json"):
            # next_page is written so (B).
            parts = (*parts[:-1], f"{parts[-1]}.json")
        base = f"http://{headers.get('host', '')}"
        return self._api(entry, Caller(key, base + PREFIX * (entry.route == GATEWAY)), parts, body)

    def _api(
        self, entry: LogEntry, caller: Caller, parts: tuple[str, ...], body: bytes
    ) -> Response:
        reach = self._options.reach.get(caller.key)
        if parts == ("v3", "a.json"):
            return self._accounts.all(
                _asked(entry, parts, body), None if reach is None else frozenset(reach)
            )
        single = len(parts) == len(("v3", "a", "id.json"))
        if parts[:2] != ("v3", "a") or parts[2:] == () or single != parts[2].endswith(".json"):
            raise Refusal(404, "not found")
        known = self._account(entry, parts[2].removesuffix(".json"), reach)
        self._count(entry, known["id"])
        if single:
            return self._accounts.one(known, _asked(entry, parts, body))
        role = self._options.roles.get(caller.key, "admin")
        asked = replace(_asked(entry, parts[3:], body), role=role, base=caller.base)
        return self._resource(known["id"], asked)

    def _account(self, entry: LogEntry, written: str, reach: tuple[str, ...] | None) -> Row:
        """The account that a path names by id or by the number of the address bar (B)."""
        column = "numeric_id" if re.fullmatch("[0-9]{1,18}", written) else "id"
        entry.account = written
        known = self._store.row(
            f"SELECT * FROM accounts WHERE {column} = ?",  # noqa: S608 - column is ours
            (int(written) if column == "numeric_id" else written,),
        )
        if known is None:
            raise Refusal(404, "account not found")
        if reach is not None and known["id"] not in reach:
            hidden = int(self._switches.hidden_accounts)
            raise Refusal(hidden, FORBIDDEN if hidden == 403 else "account not found")
        entry.account = known["id"]
        return known

    def _resource(self, account_id: str, asked: Asked) -> Response:
        may_not = self._switches.writes == "forbidden" or asked.role == "reporting"
        if asked.method != "GET" and may_not:
            raise Refusal(403, FORBIDDEN)
        kind = asked.parts[0].removesuffix(".json")
        if kind not in self._resources:
            raise Refusal(404, "not found")
        return self._resources[kind].handle(account_id, asked)

    def _count(self, entry: LogEntry, account_id: str) -> None:
        wait = self.quota.take(account_id)
        entry.counted, entry.moment = True, self._options.clock()
        if wait is not None:
            headers = retry_after(self._switches.retry_after, wait)
            raise Refusal(429, "rate limit exceeded", headers)

    def _token(self, headers: Mapping[str, str]) -> str:
        match = TOKEN.fullmatch(headers.get("authorization", ""))
        if match is None or match[2] not in self._options.direct_keys:
            raise Refusal(401, "HTTP Token: Access denied.")
        return match[2]

    def _bearer(self, headers: Mapping[str, str]) -> str:
        match = re.fullmatch(r"Bearer (\S+)", headers.get("authorization", ""))
        if match is None or match[1] not in self._options.maton_keys:
            raise GatewayRefusal(401, "Invalid or missing Maton API key")
        return match[1]

    def _limited_gateway(self, switches: Switches) -> Quota:
        window = QuotaWindow("Second", switches.gateway_limit or None, 1.0)
        return Quota((window,), self._options.clock)

    def _connection(self, headers: Mapping[str, str]) -> None:
        """Raise GatewayRefusal where Maton does not let the request through."""
        wait = self._gateway_quota.take("")
        if wait is not None:
            given = retry_after(self._switches.retry_after, wait)
            raise GatewayRefusal(429, "Too many requests", given)
        wanted = headers.get("maton-connection")
        found = self._connections.find(wanted) if wanted else self._connections.default()
        if found is None or found["status"] != "ACTIVE":
            raise GatewayRefusal(400, "no active connection for app callrail")
        if self._switches.oauth == "expired":
            raise GatewayRefusal(500, "internal server error")

    def act(self, account_id: str, method: str, path: str, body: object = None) -> Response:
        """What somebody else does meanwhile, on the screen: neither counted nor logged.

        ``path`` is below the account, such as ``tags/7.json``.
        """
        asked = Asked(method, tuple(path.split("/")), {}, body)
        return self._resources[asked.parts[0].removesuffix(".json")].handle(account_id, asked)

    def make_tag(self, account_id: str, name: str) -> int:
        """Insert a tag behind everybody's back (fault shift-pages)."""
        return self._tags.make(account_id, None, name)


def retry_after(form: str, wait: float) -> dict[str, str]:
    """The header of a 429 that can pass after ``wait`` seconds, in the ``form`` of a switch."""
    seconds = int(wait) + 1
    moment = datetime.now(UTC) + timedelta(seconds=seconds)
    forms = {
        "seconds": str(seconds),
        "date": moment.strftime("%a, %d %b %Y %H:%M:%S GMT"),
        "zero": "0",
        "day": "86400",
        "nonsense": "soon",
    }
    return {"Retry-After": forms[form]} if form in forms else {}


def _check_format(headers: Mapping[str, str], path: str) -> None:
    """Raise Refusal 406 for what wants another format than JSON."""
    accept = headers.get("accept", "*/*").lower()
    if path.endswith((".xml", ".html", ".csv")) or not re.search(
        r"json|\*/\*|application/\*", accept
    ):
        raise Refusal(406, "only JSON is served")


def _address(entry: LogEntry, headers: Mapping[str, str]) -> str:
    """The address of a request as CallRail sees it: a gateway asks CallRail's own host."""
    host = f"http://{headers.get('host', '')}" if entry.route == DIRECT else CALLRAIL
    return f"{host}{entry.path.removeprefix(PREFIX)}?{entry.query}"


def _parts(path: str) -> tuple[str, ...]:
    return tuple(unquote(part) for part in path.strip("/").split("/"))


def _asked(entry: LogEntry, parts: tuple[str, ...], body: bytes) -> Asked:
    pairs = tuple(parse_qsl(entry.query, keep_blank_values=True))
    if body:
        try:
            entry.body = json.loads(body)
        except (ValueError, RecursionError):
            raise Refusal(400, "the body is not JSON") from None
        if not _is_text(entry.body):
            raise Refusal(400, "the body holds half a surrogate pair")
    return Asked(entry.method, parts, dict(pairs), entry.body, pairs)


def _is_text(value: object) -> bool:
    """Whether every string in ``value`` can be stored; JSON may escape what is no character."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True
