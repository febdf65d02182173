"""What can be read of the API, as data: paths, keys of rows, filters and the words they take.

Grades stand where the reference (B) is not the source of a row. A filter that is not listed here is
one of which nothing is known; it is refused before anything is sent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """One filter of a resource: the ``parameter`` that it is sent as.

    ``several``: the parameter that takes more than one value, None where only one can be asked for.
    ``choices``: the words that are taken; empty where any text is.
    """

    parameter: str
    several: str | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A resource: its path below the account, and the filters that it takes, by our name.

    ``rows`` are the keys that its list may have in the answer, the likeliest first; the first names
    it in messages. ``paged`` is False for one that comes in one piece; ``relative`` is True for one
    that takes relative pagination; ``single`` for one whose rows have an address of their own.
    ``recent``: without a range only the last 7 days come. ``known_fields`` are those that
    ``fields`` is known to add; ``closed`` where there are no others.
    """

    segments: tuple[str, ...]
    rows: tuple[str, ...]
    filters: Mapping[str, Filter] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    paged: bool = True
    relative: bool = False
    single: bool = False
    recent: bool = False
    known_fields: tuple[str, ...] = ()
    closed: bool = False


RANGE: Final = ("date_range", "start_date", "end_date")
DATE_RANGES: Final = (
    "recent",
    "today",
    "yesterday",
    "last_7_days",
    "last_30_days",
    "this_month",
    "last_month",
    "this_year",
    "last_year",
    "all_time",
)
_ORDERS: Final = ("asc", "desc")
_FIGURES: Final = (
    "total_calls",
    "missed_calls",
    "answered_calls",
    "first_time_callers",
    "average_duration",
    "formatted_average_duration",
    "leads",
)
_CALL_FIELDS: Final = (
    "agent_email",
    "call_type",
    "campaign",
    "company_id",
    "company_name",
    "company_time_zone",
    "created_at",
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
    "prior_calls",
    "referrer_domain",
    "referring_url",
    "source",
    "source_name",
    "tags",
    "total_calls",
    "tracker_id",
    "value",
)


def _plain(*names: str) -> dict[str, Filter]:
    return {name: Filter(parameter=name) for name in names}


def _one_of(name: str, *choices: str) -> dict[str, Filter]:
    return {name: Filter(parameter=name, choices=choices)}


def _dates(*, zone: bool = True) -> dict[str, Filter]:
    more = _plain("time_zone") if zone else {}
    return _one_of("date_range", *DATE_RANGES) | _plain("start_date", "end_date") | more


_TAGS: Final = {"tags": Filter(parameter="tags", several="tags[]")}
_CALL_FILTERS: Final = (
    _plain("company_id", "agent", "min_duration", "max_duration")
    | _one_of("answer_status", "answered", "missed", "voicemail")
    | _one_of("device", "desktop", "mobile", "all")
    | _one_of("direction", "inbound", "outbound")
    | _one_of("first_time_callers", "true", "false")
    | _one_of("lead_status", "good_lead", "not_a_lead", "not_scored")
    | _TAGS
)
_SUMMARY: Final = (
    _dates()
    | _CALL_FILTERS
    | {"tracker_id": Filter(parameter="tracker_ids[]", several="tracker_ids[]")}
    | {"fields": Filter(parameter="fields", choices=_FIGURES)}
)
_GROUPS: Final = (
    "source",
    "keywords",
    "campaign",
    "referrer",
    "landing_page",
    "company",
    "company_id",
    "tracker",  # of the page (A), not of the reference
    "medium",  # of the page (A), not of the reference
)

RESOURCES: Final[Mapping[str, Resource]] = {
    "accounts": Resource(segments=(), rows=("accounts",), single=True),
    "companies": Resource(
        segments=("companies.json",),
        rows=("companies",),
        filters=_one_of("status", "active", "disabled")
        | _plain("search")
        | _one_of("sort", "name")
        | _one_of("order", *_ORDERS),
        single=True,
    ),
    "tags": Resource(
        segments=("tags.json",),
        rows=("tags",),
        filters=_plain("company_id")
        | _one_of("status", "enabled", "disabled")
        | {"level": Filter(parameter="tag_level", choices=("account", "company"))}
        | _one_of("sort", "name")
        | _one_of("order", *_ORDERS),
    ),
    "calls": Resource(
        segments=("calls.json",),
        rows=("calls",),
        filters=_dates()
        | _CALL_FILTERS
        | _plain("tracker_id", "search", "fields")
        | _one_of("call_type", "first_call", "missed", "voicemails", "inbound", "outbound")
        | _one_of(
            "sort",
            "customer_name",
            "customer_phone_number",
            "duration",
            "start_time",
            "source",
            "customer_city",
            "customer_country",
            "landing_page_url",
            "device_type",
            "answered",
            "first_call",
            "source_name",
            "lead_status",
            "tags",
        )
        | _one_of("order", *_ORDERS),
        relative=True,
        single=True,
        recent=True,
        known_fields=_CALL_FIELDS,
    ),
    "call-summary": Resource(
        segments=("calls", "summary.json"),
        rows=("grouped_results",),
        filters=_SUMMARY | _one_of("group_by", *_GROUPS),
        paged=False,
        recent=True,
        known_fields=_FIGURES,
        closed=True,
    ),
    "call-timeseries": Resource(
        segments=("calls", "timeseries.json"),
        rows=("data",),
        filters=_SUMMARY | _one_of("interval", "hour", "day", "week", "month", "year"),
        paged=False,
        recent=True,
        known_fields=_FIGURES,
        closed=True,
    ),
    "forms": Resource(
        segments=("form_submissions.json",),
        rows=("form_submissions",),
        filters=_dates()
        | _TAGS
        | _plain("company_id", "search", "fields", "sort")
        | _one_of("order", *_ORDERS),
        single=True,
        known_fields=("company_name", "lead_status", "note", "tags", "value"),
    ),
    "texts": Resource(
        segments=("sms-threads.json",),
        rows=("sms_threads", "sms-threads"),  # nothing is published on it (D)
        filters=_plain("company_id", "search", "start_date", "end_date"),
        single=True,
        recent=True,
    ),
    "message-flows": Resource(
        segments=("message-flows.json",), rows=("message-flows", "message_flows"), single=True
    ),
    "trackers": Resource(
        segments=("trackers.json",),
        rows=("trackers",),
        filters=_plain("company_id")
        | _one_of("type", "source", "session")
        | _one_of("status", "active", "disabled"),
        single=True,
    ),
    "users": Resource(
        segments=("users.json",),
        rows=("users",),
        filters=_plain("company_id", "search"),
        single=True,
    ),
    "integrations": Resource(
        segments=("integrations.json",),
        rows=("integrations",),
        filters=_plain("company_id"),
        required=("company_id",),
        single=True,
    ),
    "notifications": Resource(
        segments=("notifications.json",),
        rows=("notifications",),
        filters=_one_of("alert_type", "all", "first_call", "missed_and_vm", "vm_only"),
    ),
}
"""The names that ``reconciler get`` takes."""
