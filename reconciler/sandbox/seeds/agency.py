"""A marketing agency whose tags have drifted the way people let them drift."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING

from reconciler.sandbox.seeds.usage import seed_usage

if TYPE_CHECKING:
    from datetime import date

    from reconciler.sandbox.answers import Row
    from reconciler.sandbox.store import Store

ACCOUNTS = (
    ("ACC019c46b8a0807fbdb81c8bf12af91cb3", "Acme Dental Group", "Dental", 32),
    ("ACC019c46b8a0807fbdb81c8bf12af91cb4", "Beacon Home Services", "Plumbing", 18),
    ("ACC019c46b8a0807fbdb81c8bf12af91cb5", "Corner Legal", "Law", 10),
)
TOWNS = [
    "North",
    "South",
    "East",
    "West",
    "Uptown",
    "Downtown",
    "Harbor",
    "Lakeside",
    "Hillcrest",
    "Riverside",
    "Oakwood",
    "Maple",
    "Cedar",
    "Elm",
    "Pine",
    "Summit",
    "Valley",
    "Meadow",
    "Park",
    "Garden",
    "Station",
    "Market",
    "Bridge",
    "Mill",
    "Spring",
    "Canyon",
    "Prairie",
    "Bay",
    "Island",
    "Forest",
    "Grove",
    "Heights",
]
STANDARD = (
    ("Opportunity", "blue1"),
    ("Schedule requested", "orange3"),
    ("Appointment booked", "green1"),
    ("Existing customer", "gray1"),
    ("Price shopper", "orange1"),
    ("Spam", "red1"),
)
MISSPELT = {
    "Opportunity": ("opportunity", "Oppty", "Oportunity"),
    "Schedule requested": ("Schedule Requested", "Scheduled request"),
    "Appointment booked": ("Appt booked", "appointment booked"),
    "Existing customer": ("Existing Customer", "Exisiting customer"),
    "Price shopper": ("Price Shopper", "price-shopper"),
    "Spam": ("SPAM", "spam", "Spam "),
}
ADHOC = (
    "Follow up",
    "Voicemail left",
    "Spring promo",
    "test",
    "Do not use",
    "Wrong number",
    "Job seeker",
    "Summer 2025",
    "VIP",
    "Left review",
)
COLORS = ["gray1", "blue1", "blue2", "green1", "green2", "orange1", "orange2", "orange3", "red1"]
FIRST = [
    "Ana",
    "Ben",
    "Carla",
    "David",
    "Elena",
    "Frank",
    "Grace",
    "Hugo",
    "Iris",
    "Jack",
    "Kim",
    "Luis",
    "Maya",
    "Noah",
    "Olga",
]
LAST = [
    "Adams",
    "Brown",
    "Cruz",
    "Diaz",
    "Evans",
    "Fox",
    "Green",
    "Hill",
    "Irwin",
    "Jones",
    "King",
    "Lopez",
    "Moore",
    "Novak",
]
SOURCES = ("google_ads", "google_my_business", "facebook", "direct", "bing")
CALLS = 20_000
DAYS = 730


def seed_agency(store: Store, number: int, today: date) -> None:
    """3 accounts, 60 companies, some hundred tags, and what has them: 20,000 calls and more."""
    agency = _Agency(random.Random(number))  # noqa: S311 - no secret depends on it
    for account_id, name, trade, companies in ACCOUNTS:
        agency.account(account_id, name, trade, companies)
    agency.calls(today)
    seed_usage(agency.tables, agency.usable_tags(), agency.pairs, number, today)
    for table, rows in agency.tables.items():
        store.insert(table, rows)


class _Agency:
    """Makes rows; one source of chance, used in one order."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self.tables: dict[str, list[Row]] = {
            "accounts": [],
            "companies": [],
            "tags": [],
            "trackers": [],
            "users": [],
            "integrations": [],
            "notifications": [],
            "calls": [],
            "call_tags": [],
        }
        self.pairs: list[tuple[int, int]] = []
        """The tags that a company has in two spellings: the wrong one, the right one."""
        self._next_tag = 7_886_001
        self._of_company: dict[str, list[int]] = {}
        self._of_account: dict[str, list[int]] = {}

    def account(self, account_id: str, name: str, trade: str, companies: int) -> None:
        self.tables["accounts"].append(
            {
                "id": account_id,
                "name": name,
                "numeric_id": self._chance.randrange(10**8, 10**9),
                "created_at": "2023-03-14 09:26:53 -0500",
            }
        )
        for tag, color in STANDARD:
            self._tag(account_id, None, tag, color)
        for tag in self._chance.sample(ADHOC, 3):
            self._tag(account_id, None, tag, self._chance.choice(COLORS))
        for index in range(companies):
            self._company(account_id, trade, index, companies)

    def _company(self, account_id: str, trade: str, index: int, companies: int) -> None:
        chance = self._chance
        # The last one has the name of the one before it, as happens after a merger.
        town = TOWNS[index - 1 if index == companies - 1 else index]
        company_id = f"COM{chance.getrandbits(128):032x}"
        self.tables["companies"].append(
            {
                "id": company_id,
                "account_id": account_id,
                "name": f"{trade} {town}",
                "status": "disabled" if index % 11 == 10 else "active",
                "time_zone": "America/New_York",
                "created_at": "2023-03-14T14:26:53.000Z",
            }
        )
        self._company_tags(account_id, company_id)
        self._people_and_trackers(account_id, company_id, town)

    def _company_tags(self, account_id: str, company_id: str) -> None:
        chance = self._chance
        for name, color in STANDARD:
            share = chance.random()
            if share < 0.25:
                continue
            if share < 0.45:
                spelling = chance.choice(MISSPELT[name])
                self._tag(account_id, company_id, spelling, chance.choice(COLORS))
                if share < 0.30:
                    self._tag(account_id, company_id, name, color)
                    wrong, right = self._of_company[company_id][-2:]
                    self.pairs.append((wrong, right))
            else:
                drifted = chance.random() < 0.2
                self._tag(account_id, company_id, name, chance.choice(COLORS) if drifted else color)
        for name in chance.sample(ADHOC, chance.randrange(3)):
            self._tag(account_id, company_id, name, chance.choice(COLORS))

    def _tag(self, account_id: str, company_id: str | None, name: str, color: str) -> None:
        tag_id = self._next_tag
        self._next_tag += self._chance.randrange(1, 9)
        self.tables["tags"].append(
            {
                "id": tag_id,
                "account_id": account_id,
                "company_id": company_id,
                "name": name,
                "color": color,
                "background_color": "gray1",
                "status": "disabled" if self._chance.random() < 0.06 else "enabled",
                "created_at": "2024-05-06T07:08:09.000Z",
            }
        )
        if company_id is None:
            self._of_account.setdefault(account_id, []).append(tag_id)
        else:
            self._of_company.setdefault(company_id, []).append(tag_id)

    def _people_and_trackers(self, account_id: str, company_id: str, town: str) -> None:
        chance = self._chance
        number = f"+1{chance.randrange(2 * 10**9, 10**10)}"
        self.tables["trackers"].append(
            {
                "id": f"TRK{chance.getrandbits(128):032x}",
                "account_id": account_id,
                "company_id": company_id,
                "name": f"Website {town}",
                "type": "source",
                "status": "active",
                "destination_number": f"+1{chance.randrange(2 * 10**9, 10**10)}",
                "tracking_number": number,
                "source_type": chance.choice(SOURCES),
            }
        )
        first, last = chance.choice(FIRST), chance.choice(LAST)
        self.tables["users"].append(
            {
                "id": f"USR{chance.getrandbits(128):032x}",
                "account_id": account_id,
                "company_id": company_id,
                "email": f"{first}.{last}@example.com".lower(),
                "first_name": first,
                "last_name": last,
                "role": chance.choice(("admin", "manager", "reporting")),
                "created_at": "2024-01-02T03:04:05.000-05:00",
            }
        )
        rows = len(self.tables["integrations"]) + 1
        place = {"id": rows, "account_id": account_id, "company_id": company_id}
        self.tables["integrations"].append({**place, "type": "GoogleAds", "state": "active"})
        self.tables["notifications"].append(
            {
                **place,
                "name": f"Missed calls {town}",
                "alert_type": "missed_and_vm",
                "email": f"{first}@example.com".lower(),
            }
        )

    def usable_tags(self) -> dict[str, list[int]]:
        """Company id -> the tags that its interactions can have."""
        return {
            company["id"]: [
                *self._of_company.get(company["id"], ()),
                *self._of_account[company["account_id"]],
            ]
            for company in self.tables["companies"]
        }

    def calls(self, today: date) -> None:
        chance, usable = self._chance, self.usable_tags()
        places = [
            (company["account_id"], company["id"], tracker)
            for company, tracker in zip(
                self.tables["companies"], self.tables["trackers"], strict=True
            )
        ]
        for _ in range(CALLS):
            account_id, company_id, tracker = chance.choice(places)
            call_id = f"CAL{chance.getrandbits(128):032x}"
            day = today - timedelta(days=chance.randrange(DAYS))
            clock = chance.randrange(8 * 3_600, 20 * 3_600)
            time = f"{clock // 3_600:02}:{clock // 60 % 60:02}:{clock % 60:02}"
            self.tables["calls"].append(
                {
                    "id": call_id,
                    "account_id": account_id,
                    "company_id": company_id,
                    "tracker_id": tracker["id"],
                    "start_time": f"{day.isoformat()}T{time}.000-05:00",
                    "duration": chance.randrange(5, 900),
                    "answered": int(chance.random() < 0.8),
                    "direction": "inbound",
                    "voicemail": int(chance.random() < 0.1),
                    "customer_name": f"{chance.choice(FIRST)} {chance.choice(LAST)}",
                    "customer_phone_number": f"+1{chance.randrange(2 * 10**9, 10**10)}",
                    "tracking_phone_number": tracker["tracking_number"],
                    "source": tracker["source_type"],
                    "note": "",
                }
            )
            known = usable[company_id]
            for tag_id in chance.sample(known, min(len(known), chance.randrange(3))):
                self.tables["call_tags"].append({"call_id": call_id, "tag_id": tag_id})
