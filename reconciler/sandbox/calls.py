"""Calls: list with filters, one, update with its tags, summary and time series."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from reconciler.sandbox.answers import Answer, Asked, Refusal, Row
from reconciler.sandbox.listing import envelope, page_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.sandbox.store import Store
    from reconciler.sandbox.switches import Switches
    from reconciler.sandbox.tags import Tags

RETENTION_DAYS = 761
"""25 months (A), and no day less."""
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
ADDED = ("company_id", "company_name", "tracker_id", "source", "note", "lead_status", "value")
SORTED_BY = ("start_time", "duration", "customer_name", "customer_phone_number", "source")
UPDATED: dict[str, tuple[type, ...]] = {
    "customer_name": (str,),
    "note": (str,),
    "lead_status": (str,),
    "spam": (bool,),
    "value": (int, float, str),
}
"""What an update may set, beside tags, and the types that it takes."""
LEAD_STATUSES = ("good_lead", "not_a_lead", "previously_marked_good_lead")
GROUPS = {"company": "company_id", "tracker": "tracker_id", "source": "source"}
ZONE = "Pacific Time (US & Canada)"

RECORDING = "https://api.callrail.com/v3/a/{account_id}/calls/{id}/recording.json"
FROM = (
    "calls LEFT JOIN companies ON companies.id = calls.company_id"
    " WHERE calls.account_id = :account AND calls.spam = 0"
)


class Calls:
    """The calls of all accounts; ``base`` is the address that next_page starts with."""

    def __init__(self, store: Store, switches: Switches, tags: Tags, today: date) -> None:
        self._store, self.switches, self._tags, self._today = store, switches, tags, today

    def handle(self, account_id: str, asked: Asked, base: str) -> Answer:
        """Answer a request below ``/a/ACCOUNT/calls``."""
        match asked.method, asked.parts:
            case "GET", ("calls.json",):
                return self._list(account_id, asked, base)
            case "GET", ("calls", "summary.json"):
                return self._summary(account_id, asked)
            case "GET", ("calls", "timeseries.json"):
                return self._timeseries(account_id, asked)
            case "GET", ("calls", part):
                return Answer(payload=self._shown([self._call(account_id, part)], asked)[0])
            case "PUT", ("calls", part):
                return self._update(account_id, part, asked)
            case method, ("calls.json",) | ("calls", _) if method != "GET":
                raise Refusal(405, "method not allowed")
        raise Refusal(404, "not found")

    def _list(self, account_id: str, asked: Asked, base: str) -> Answer:
        where, parameters = self._where(account_id, asked)
        sort, order = asked.one("sort") or "start_time", asked.one("order") or "desc"
        if sort not in SORTED_BY or order not in {"asc", "desc"}:
            raise Refusal(400, "sort or order is not one of those possible")
        page, per_page = page_of(asked, self.switches)
        total = self._store.value(f"SELECT count(*) FROM {where}", parameters)  # noqa: S608 - where is ours
        rows = self._store.rows(
            f"SELECT calls.*, companies.name AS company_name FROM {where}"  # noqa: S608 - same
            f" ORDER BY calls.{sort} {order}, calls.id LIMIT :limit OFFSET :offset",
            {**parameters, "limit": per_page, "offset": (page - 1) * per_page},
        )
        shown = self._shown(rows, asked)
        if asked.one("relative_pagination") == "true":
            more = page * per_page < total
            query = urlencode({**asked.query, "page": page + 1})
            payload = {
                "per_page": per_page,
                "has_next_page": more,
                "next_page": f"{base}/v3/a/{account_id}/calls.json?{query}" if more else None,
                "calls": shown,
            }
            return Answer(payload=payload)
        return envelope("calls", shown, total, (page, per_page), self.switches)

    def _where(self, account_id: str, asked: Asked) -> tuple[str, dict[str, object]]:
        start, end = self._range(asked)
        where = FROM
        parameters: dict[str, object] = {"account": account_id, "start": start, "end": end}
        where += " AND calls.start_time >= :start AND calls.start_time < :end"
        for name in ("company_id", "tracker_id"):
            if asked.one(name):
                where += f" AND calls.{name} = :{name}"
                parameters[name] = asked.query[name]
        if asked.one("search"):
            where += " AND (customer_name LIKE :search OR customer_phone_number LIKE :search)"
            parameters["search"] = f"%{asked.query['search']}%"
        if asked.one("tags") and self.switches.tags_filter == "honoured":
            where += (
                " AND calls.id IN (SELECT call_id FROM call_tags JOIN tags ON tags.id = tag_id"
                " WHERE tags.account_id = :account AND tags.name = :tag)"
            )
            parameters["tag"] = asked.query["tags"]
        return where, parameters

    def _range(self, asked: Asked) -> tuple[str, str]:
        """First day, and the day after the last; raises Refusal beyond the retention."""
        day = timedelta(days=1)
        oldest = self._today - timedelta(days=RETENTION_DAYS)
        first, after = oldest, self._today + day
        preset = asked.one("date_range")
        if preset:
            first, after = self._preset(preset)
        if asked.one("start_date"):
            first = _day(asked.query["start_date"])
            after = self._today + day
        if asked.one("end_date"):
            after = _day(asked.query["end_date"]) + day
        if first < oldest - day:
            raise Refusal(400, "the date range reaches further back than 25 months")
        return first.isoformat(), after.isoformat()

    def _preset(self, name: str) -> tuple[date, date]:
        today, day = self._today, timedelta(days=1)
        month = today.replace(day=1)
        presets = {
            "recent": (today - 30 * day, today + day),
            "today": (today, today + day),
            "yesterday": (today - day, today),
            "last_7_days": (today - 7 * day, today + day),
            "last_30_days": (today - 30 * day, today + day),
            "this_month": (month, today + day),
            "last_month": ((month - day).replace(day=1), month),
        }
        if name not in presets:
            raise Refusal(400, "date_range is not one of those possible")
        return presets[name]

    def _shown(self, rows: Sequence[Row], asked: Asked) -> list[Row]:
        fields = (asked.one("fields") or "").split(",")
        names = self._tag_names([row["id"] for row in rows]) if "tags" in fields else {}
        shown = []
        for row in rows:
            call = {name: row.get(name) for name in SHOWN}
            recorded = row["answered"] or row["voicemail"]
            call["recording"] = RECORDING.format(**row) if recorded else None
            call["recording_duration"] = row["duration"] if recorded else None
            for flag in ("answered", "voicemail"):
                call[flag] = bool(row[flag])
            call |= {name: row.get(name) for name in ADDED if name in fields}
            if "tags" in fields:
                call["tags"] = names.get(row["id"], [])
            shown.append(call)
        return shown

    def _tag_names(self, call_ids: Sequence[str]) -> Mapping[str, list[object]]:
        found: dict[str, list[object]] = {}
        rows = self._store.rows(
            "SELECT call_id, tags.* FROM call_tags JOIN tags ON tags.id = tag_id"
            " WHERE call_id IN (SELECT value FROM json_each(?)) ORDER BY tags.id",
            (json.dumps(list(call_ids)),),
        )
        for row in rows:
            tag = {"id": row["id"], "name": row["name"], "color": row["color"]}
            found.setdefault(row["call_id"], []).append(
                tag if self.switches.call_tags == "objects" else row["name"]
            )
        return found

    def _call(self, account_id: str, part: str) -> Row:
        call = self._store.row(
            "SELECT calls.*, companies.name AS company_name FROM calls LEFT JOIN companies"
            " ON companies.id = calls.company_id WHERE calls.account_id = ? AND calls.id = ?",
            (account_id, part.removesuffix(".json")),
        )
        if call is None or not part.endswith(".json"):
            raise Refusal(404, "call not found")
        return call

    def _update(self, account_id: str, part: str, asked: Asked) -> Answer:
        body = asked.object()
        with self._store.transaction():
            call = self._call(account_id, part)
            for name, value in _updates(body).items():
                self._store.run(
                    f"UPDATE calls SET {name} = ? WHERE id = ?",  # noqa: S608 - name is ours
                    (value, call["id"]),
                )
            whole = body.get("tag_list", body.get("tags"))
            if whole is not None:
                self._store.run("DELETE FROM call_tags WHERE call_id = ?", (call["id"],))
            for name in [*_names(whole), *_names(body.get("append_tags"))]:
                self._put_tag(call, name)
            after = Asked("GET", asked.parts, {"fields": "tags,note,lead_status,value"})
            (shown,) = self._shown([self._call(account_id, part)], after)
        return Answer(payload=shown, committed=True)

    def _put_tag(self, call: Row, name: str) -> None:
        """Tag a call; an unknown name becomes a company tag (C)."""
        tag_id = self._store.value(
            "SELECT id FROM tags WHERE account_id = ? AND name = ?"
            " AND (company_id = ? OR company_id IS NULL) ORDER BY company_id IS NULL, id",
            (call["account_id"], name, call["company_id"]),
        )
        if tag_id is None:
            if self.switches.auto_create_tags == "off":
                return
            tag_id = self._tags.make(call["account_id"], call["company_id"], name, "gray1")
        self._store.run("INSERT OR IGNORE INTO call_tags VALUES (?, ?)", (call["id"], tag_id))

    def _summary(self, account_id: str, asked: Asked) -> Answer:
        where, parameters = self._where(account_id, asked)
        total = self._store.value(f"SELECT count(*) FROM {where}", parameters)  # noqa: S608 - where is ours
        payload = self._period(asked)
        payload["total_results"] = {"total_calls": total}
        group = asked.one("group_by")
        if group:
            if group not in GROUPS:
                raise Refusal(400, "group_by is not one of those possible")
            rows = self._store.rows(
                f"SELECT calls.{GROUPS[group]} AS key, count(*) AS total_calls FROM {where}"  # noqa: S608 - same
                " GROUP BY 1 ORDER BY 2 DESC, 1",
                parameters,
            )
            payload["grouped_results"] = rows
        return Answer(payload=payload)

    def _timeseries(self, account_id: str, asked: Asked) -> Answer:
        where, parameters = self._where(account_id, asked)
        rows = self._store.rows(
            f"SELECT substr(calls.start_time, 1, 10) AS day, count(*) AS calls FROM {where}"  # noqa: S608 - where is ours
            " GROUP BY 1 ORDER BY 1",
            parameters,
        )
        payload = self._period(asked)
        payload["data"] = [
            {"key": row["day"], "date": row["day"], "total_calls": row["calls"]} for row in rows
        ]
        return Answer(payload=payload)

    def _period(self, asked: Asked) -> Row:
        first, after = self._range(asked)
        last = (date.fromisoformat(after) - timedelta(days=1)).isoformat()
        return {
            "start_date": f"{first}T00:00:00-0800",
            "end_date": f"{last}T23:59:59-0800",
            "time_zone": ZONE,
        }


def _day(text: str) -> date:
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        raise Refusal(400, f"{text} is no ISO 8601 date") from None


def _updates(body: Mapping[str, Any]) -> Row:
    """The columns that ``body`` sets; raises Refusal for a value of a wrong type."""
    for name, types in UPDATED.items():
        # A bool is an int to isinstance.
        if body.get(name) is not None and type(body[name]) not in types:
            raise Refusal(422, f"{name} is of a wrong type")
    if body.get("lead_status") not in {None, *LEAD_STATUSES}:
        raise Refusal(422, "lead_status is not one of those possible")
    if "spam" in body and body["spam"] is None:
        raise Refusal(422, "spam must be true or false")
    return {name: body[name] for name in UPDATED if name in body}


def _names(value: object) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise Refusal(422, "tags must be a list of names")
    return value
