"""What the agency has beside companies, tags and calls: forms, texts, flows, and details of calls.

A second source of chance makes it, so that the rows that were there before stay as they are.
"""

from __future__ import annotations

import json
import random
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from reconciler.sandbox.answers import Row

FORMS, TEXTS, SPAM_CALLS, OLD_FORMS = 1_500, 600, 60, 40
DAYS = 730
CITIES = (("Albany", "NY"), ("Newark", "NJ"), ("Hartford", "CT"), ("Trenton", "NJ"))
PAGES = ("https://quay.example.test/", "https://quay.example.test/book", None)
DEVICES = ("desktop", "mobile", "mobile", None)
LEADS = ("good_lead", "not_a_lead", "previously_marked_good_lead", None, None, None)
ALERTS = ("missed_and_vm", "all", "first_call", "vm_only")
NAMES = ("LEE ANN", "CRUZ MAYA", "NOVAK OLGA", "MOORE JACK")
FLOW_TAGS = ("Voicemail left", "Follow up", "Appointment booked", "Price shopper")


def seed_usage(
    tables: dict[str, list[Row]],
    tags: Mapping[str, Sequence[int]],
    pairs: Sequence[tuple[int, int]],
    number: int,
    today: date,
) -> None:
    """Add to the agency's ``tables``; ``tags``: company id -> the tags that it can use.

    ``pairs``: tags of one company that mean the same.
    """
    seeder = _Seeder(tables, tags, random.Random(f"usage {number}"), today)  # noqa: S311 - no secret depends on it
    seeder.details_of_calls()
    seeder.spam()
    seeder.forms()
    seeder.texts()
    seeder.call_flows()
    seeder.message_flows()
    seeder.texts_in_two_spellings(pairs)
    seeder.old_forms()
    _vary(tables)


def _vary(tables: Mapping[str, Sequence[Row]]) -> None:
    """Let trackers and notifications be of every sort."""
    for index, tracker in enumerate(tables["trackers"]):
        tracker["type"] = "session" if index % 9 == 8 else "source"
        tracker["status"] = "disabled" if index % 13 == 12 else "active"
    for index, notification in enumerate(tables["notifications"]):
        notification["alert_type"] = ALERTS[index % len(ALERTS)]


class _Seeder:
    def __init__(
        self,
        tables: dict[str, list[Row]],
        tags: Mapping[str, Sequence[int]],
        chance: random.Random,
        today: date,
    ) -> None:
        self._tables, self._tags, self._chance, self._today = tables, tags, chance, today
        for table in ("forms", "form_tags", "texts", "text_tags", "message_flows"):
            tables[table] = []
        self._names = {tag["id"]: tag["name"] for tag in tables["tags"]}

    def details_of_calls(self) -> None:
        chance = self._chance
        for call in self._tables["calls"]:
            city, state = chance.choice(CITIES)
            call |= {
                "customer_city": city,
                "customer_state": state,
                "customer_country": "US",
                "landing_page_url": chance.choice(PAGES),
                "device_type": chance.choice(DEVICES),
                "first_call": int(chance.random() < 0.6),
                "source_name": call["source"].replace("_", " ").title(),
                "lead_status": chance.choice(LEADS),
                "spam": 0,
            }

    def spam(self) -> None:
        """Calls that no listing shows, though they have tags."""
        for call in self._chance.sample(self._tables["calls"], SPAM_CALLS):
            call_id = self._id("CAL")
            self._tables["calls"].append({**call, "id": call_id, "spam": 1})
            self._tag("call", call_id, call["company_id"])

    def forms(self) -> None:
        chance = self._chance
        for _ in range(FORMS):
            tracker = chance.choice(self._tables["trackers"])
            form_id = self._id("FOR")
            email = f"visitor{chance.randrange(10**6)}@example.test"
            row = {
                **self._place(tracker),
                "id": form_id,
                "person_id": self._id("PER"),
                "form_data": json.dumps({"email": email}),
                "form_url": "https://quay.example.test/book",
                "landing_page_url": chance.choice(PAGES),
                "referrer": tracker["source_type"],
                "referring_url": None,
                "submitted_at": self._moment(),
                "first_form": int(chance.random() < 0.7),
                "customer_name": chance.choice(NAMES).title(),
                "customer_email": email,
                "customer_phone_number": self._number(),
                "source": tracker["source_type"],
                "medium": "organic",
                "lead_status": chance.choice(LEADS),
            }
            self._tables["forms"].append(row)
            self._tag("form", form_id, tracker["company_id"])

    def texts(self) -> None:
        for _ in range(TEXTS):
            tracker = self._chance.choice(self._tables["trackers"])
            self._tag("text", self._text(tracker), tracker["company_id"])

    def texts_in_two_spellings(self, pairs: Sequence[tuple[int, int]]) -> None:
        """For each pair a thread that has both."""
        trackers = {tracker["company_id"]: tracker for tracker in self._tables["trackers"]}
        companies = {tag["id"]: tag["company_id"] for tag in self._tables["tags"]}
        for pair in pairs:
            text_id = self._text(trackers[companies[pair[0]]])
            self._tables["text_tags"] += [{"text_id": text_id, "tag_id": one} for one in pair]

    def _text(self, tracker: Row) -> str:
        chance = self._chance
        text_id = f"{chance.getrandbits(40):010X}"
        row = {
            **self._place(tracker),
            "id": text_id,
            "initial_tracker_id": tracker["id"],
            "current_tracker_id": tracker["id"],
            "customer_name": chance.choice(NAMES),
            "customer_phone_number": self._number(),
            "state": chance.choice(("active", "archived")),
            "lead_status": chance.choice(LEADS),
            "last_message_at": self._moment(),
        }
        self._tables["texts"].append(row)
        return text_id

    def old_forms(self) -> None:
        """Form submissions that no listing reaches any more, though they have tags."""
        moment = f"{(self._today - timedelta(days=3 * 365)).isoformat()}T17:46:28.000Z"
        for form in self._chance.sample(self._tables["forms"], OLD_FORMS):
            form_id = self._id("FOR")
            self._tables["forms"].append({**form, "id": form_id, "submitted_at": moment})
            self._tag("form", form_id, form["company_id"])

    def call_flows(self) -> None:
        """Every fifth tracker answers by a flow that applies a tag of its own company."""
        for index, tracker in enumerate(self._tables["trackers"]):
            tag_id = self._one_for_flows(tracker["company_id"])
            advanced = index % 5 == 2 and tag_id is not None
            first = 344_000_001 + 10 * index
            steps = [
                {"id": first, "type": "tag", "tag_ids": [tag_id], "next_step_id": first + 1},
                {
                    "id": first + 1,
                    "type": "dial",
                    "destination_number": tracker["destination_number"],
                    "timeout": 60,
                    "timeout_step_id": None,
                },
            ]
            flow = {
                "type": "advanced",
                "recording_enabled": False,
                "initial_step_id": str(first),
                "steps": steps,
            }
            tracker["call_flow"] = json.dumps(flow) if advanced else None

    def message_flows(self) -> None:
        """Every seventh tracker answers texts by a flow that applies a tag."""
        for tracker in self._tables["trackers"][3::7]:
            tag_id = self._one_for_flows(tracker["company_id"])
            text = {"id": "MFS01", "type": "message", "initial_step": True, "next_step_id": "MFS02"}
            tag = {"id": "MFS02", "type": "tag", "initial_step": False, "next_step_id": None}
            tag["tag_ids"] = [] if tag_id is None else [tag_id]
            row = {
                "id": self._id("MFL"),
                "account_id": tracker["account_id"],
                "name": f"After hours {tracker['name'].removeprefix('Website ')}",
                "updated_at": "2026-01-20T12:00:00.000Z",
                "tracker_ids": json.dumps([tracker["id"]]),
                "initial_step_id": "MFS01",
                "steps": json.dumps({"MFS01": text, "MFS02": tag}),
            }
            self._tables["message_flows"].append(row)

    def _one_for_flows(self, company_id: str) -> int | None:
        """A tag of the sort that flows apply."""
        fit = [tag for tag in self._tags[company_id] if self._names[tag] in FLOW_TAGS]
        return self._chance.choice(fit) if fit else None

    def _tag(self, kind: str, row_id: str, company_id: str) -> None:
        """Up to two tags for an interaction."""
        known = self._tags[company_id]
        for tag_id in self._chance.sample(known, min(len(known), self._chance.randrange(3))):
            self._tables[f"{kind}_tags"].append({f"{kind}_id": row_id, "tag_id": tag_id})

    def _place(self, tracker: Row) -> Row:
        return {"account_id": tracker["account_id"], "company_id": tracker["company_id"]}

    def _id(self, prefix: str) -> str:
        return f"{prefix}{self._chance.getrandbits(128):032x}"

    def _number(self) -> str:
        return f"+1518555{self._chance.randrange(10_000):04}"

    def _moment(self) -> str:
        day = self._today - timedelta(days=self._chance.randrange(DAYS))
        return f"{day.isoformat()}T{self._chance.randrange(13, 23)}:46:28.000Z"
