"""Calls: list with filters and relative pages, one, update with its tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode

from reconciler.sandbox.answers import Asked, Refusal, Response, Row
from reconciler.sandbox.assignments import CALL
from reconciler.sandbox.interactions import Interactions, row_tags
from reconciler.sandbox.listing import page_of
from reconciler.sandbox.summaries import CALL_FIGURES, Summaries

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.sandbox.where import Where

SHOWN = (
    "id",
    "answered",
    "customer_name",
    "customer_phone_number",
    "direction",
    "duration",
    "recording",
    "recording_duration",
    "start_time",
    "tracking_phone_number",
    "voicemail",
)
ADDED = (
    "agent_email",
    "campaign",
    "company_id",
    "company_name",
    "company_time_zone",
    "customer_city",
    "customer_country",
    "customer_state",
    "device_type",
    "first_call",
    "keywords",
    "landing_page_url",
    "lead_status",
    "medium",
    "note",
    "source",
    "source_name",
    "tracker_id",
    "value",
)
FLAGS = ("answered", "voicemail", "first_call")
SORTED_BY = (
    "customer_name",
    "customer_phone_number",
    "duration",
    "source",
    "customer_city",
    "customer_country",
    "landing_page_url",
    "device_type",
    "answered",
    "first_call",
    "source_name",
    "lead_status",
)
FIRST_TAG = (
    "(SELECT min(tags.name) FROM call_tags JOIN tags ON tags.id = tag_id WHERE call_id = calls.id)"
)
MISSED = "(calls.answered IS NOT 1 OR calls.voicemail IS 1)"
"""Calls that reached voicemail are among them (C)."""
CALL_TYPES = {
    "first_call": "calls.first_call = 1",
    "missed": MISSED,
    "voicemails": "calls.voicemail = 1",
    "inbound": "calls.direction = 'inbound'",
    "outbound": "calls.direction = 'outbound'",
}
CHOICES: Mapping[str, Mapping[str, str]] = {
    "call_type": CALL_TYPES,
    "answer_status": {
        "answered": f"NOT {MISSED}",
        "missed": MISSED,
        "voicemail": "calls.voicemail = 1",
    },
    "device": {
        "desktop": "calls.device_type = 'desktop'",
        "mobile": "calls.device_type = 'mobile'",
        "all": "1",
    },
    "direction": {name: CALL_TYPES[name] for name in ("inbound", "outbound")},
    "first_time_callers": {"true": "calls.first_call = 1", "false": "calls.first_call = 0"},
}
"""Filters that take one of a few words -> their meaning in SQL (B)."""
RECORDING = "https://api.callrail.com/v3/a/{account_id}/calls/{id}/recording.json"
OWN_HOST = "https://api.callrail.com"
NEXT_PAGE = "{host}/v3/a/{account}/calls?{query}"
"""CallRail's own host, also through a gateway, with the account's number and without .json (B)."""


class Calls(Interactions):
    """The calls of all accounts; those marked as spam are not listed."""

    kind = CALL
    path = "calls"
    moment = "start_time"
    sorts: ClassVar[Mapping[str, str]] = {
        "start_time": "calls.moment",
        **{name: f"calls.{name}" for name in SORTED_BY},
        "tags": FIRST_TAG,
    }

    def handle(self, account_id: str, asked: Asked) -> Response:
        """Answer a request below ``/a/ACCOUNT``; the figures too."""
        match asked.method, asked.parts:
            case "GET", ("calls", "summary.json"):
                return Summaries(self, CALL_FIGURES).summary(account_id, asked)
            case "GET", ("calls", "timeseries.json"):
                return Summaries(self, CALL_FIGURES).timeseries(account_id, asked)
            case "GET", ("calls", part) if self._one(account_id, part)["spam"]:
                # What is marked as spam can't be read by its id either (C).
                raise Refusal(404, "call not found")
        return super().handle(account_id, asked)

    def narrow(self, where: Where, asked: Asked) -> None:
        """By everything that listings and summaries of calls filter by."""
        where.add("calls.spam = 0")
        where.equal(
            asked,
            tracker_id="calls.tracker_id",
            tracker_ids="calls.tracker_id",
            agent="calls.agent_email",
        )
        for name, choices in CHOICES.items():
            where.choice(asked, name, choices)
        for name, sign in (("min_duration", ">="), ("max_duration", "<=")):
            where.number(asked, name, f"calls.duration {sign}")
        columns = ("customer_name", "customer_phone_number", "tracking_phone_number")
        where.containing(asked.one("search"), *columns, "note", "source")
        self._narrow_by_lead_status(where, asked)
        self._narrow_by_tags(where, asked, self.switches.tags_filter)

    def shape(self, row: Row, fields: Sequence[str]) -> Row:
        """A call as the reference page shows it (A), with what ``fields`` adds."""
        shown = {name: row.get(name) for name in SHOWN}
        recorded = row["answered"] or row["voicemail"]
        shown["recording"] = RECORDING.format(**row) if recorded else None
        shown["recording_duration"] = row["duration"] if recorded else None
        shown |= {name: row[name] for name in ADDED if name in fields}
        if "value" in fields and row["value"] is not None:
            # A text (C), where a thread has a number (B).
            shown["value"] = f"{row['value']:.2f}"
        return shown | {name: bool(row[name]) for name in FLAGS if name in shown}

    def tags_of(self, tags: Sequence[Row], fields: Sequence[str]) -> object:
        """Its tags, where ``fields`` asks for them."""
        return row_tags(tags, fields, self.switches.call_tags)

    def edited(self, row: Row, body: Mapping[str, Any]) -> Row:
        """As for the others; and ``spam``, which the API can set but not undo (B)."""
        changes = super().edited(row, body)
        spam = body.get("spam")
        if spam is not None and not isinstance(spam, bool):
            raise Refusal(422, "spam must be true or false")
        if spam:
            changes["spam"] = 1
        return changes

    def _list(self, account_id: str, asked: Asked) -> Response:
        if asked.one("relative_pagination") != "true":
            return super()._list(account_id, asked)
        page, per_page = page_of(asked, self.switches)
        offset = _offset(asked, page - 1)
        where = self._where(account_id, asked)
        total, rows = self._page(where, asked, offset * per_page, per_page)
        more = (offset + 1) * per_page < total
        payload = {
            "per_page": per_page,
            "has_next_page": more,
            "next_page": self._next(account_id, asked, offset + 1, per_page) if more else None,
            "calls": self._shown(rows, asked),
        }
        return Response(payload=payload)

    def _next(self, account_id: str, asked: Asked, offset: int, per_page: int) -> str:
        number = self._store.value("SELECT numeric_id FROM accounts WHERE id = ?", (account_id,))
        own = {
            "action": "index",
            "agency_id": str(number),
            "format": "json",
            "offset": str(offset),
            "page": "1",
            "per_page": str(per_page),
        }
        others = [pair for pair in asked.pairs if pair[0] not in own]
        query = urlencode(sorted([*own.items(), *others]))
        host = asked.base if self.switches.next_page == "same" else OWN_HOST
        return NEXT_PAGE.format(host=host, account=number, query=query)


def _offset(asked: Asked, default: int) -> int:
    """The page to show, counted from 0."""
    text = asked.one("offset")
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Refusal(400, "offset must be a number from 0")
    return int(text)
