"""An account's history in memory, on a server that filters and shows tags as it is told to."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from tests.callrail.clients import FakeClock
from tests.callrail.tag_server import BASE, page
from tests.callrail.wire_server import Call, Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

TODAY = datetime.fromtimestamp(FakeClock().time(), UTC).date()
LISTS = {
    "calls.json": "calls",
    "form_submissions.json": "form_submissions",
    "sms-threads.json": "sms_threads",
}


@dataclass(frozen=True, kw_only=True)
class Touch:
    """A call, a form or a text thread: its tags' names, its company, its age in days."""

    tags: tuple[str, ...] = ()
    company: str | None = "COM1"
    age: int = 30
    customer: str = ""
    spam: bool = False


def touches(count: int, *tags: str, company: str = "COM1", age: int = 30) -> list[Touch]:
    """``count`` interactions that have ``tags``."""
    return [Touch(tags=tags, company=company, age=age) for _ in range(count)]


Matches = "Callable[[Touch, Sequence[str]], bool]"


def exactly(one: Touch, names: Sequence[str]) -> bool:
    return bool(set(one.tags) & set(names))


def ignored(_one: Touch, _names: Sequence[str]) -> bool:
    return True


def nothing(_one: Touch, _names: Sequence[str]) -> bool:
    return False


def in_any_case(one: Touch, names: Sequence[str]) -> bool:
    return bool({tag.lower() for tag in one.tags} & {name.lower() for name in names})


def lowered(one: Touch, names: Sequence[str]) -> bool:
    """The names are made small before they are looked for, and the tags are not."""
    return bool(set(one.tags) & {name.lower() for name in names})


def first_only(one: Touch, names: Sequence[str]) -> bool:
    """Only a row's first tag is known."""
    return bool(set(one.tags[:1]) & set(names))


def prefixed(one: Touch, names: Sequence[str]) -> bool:
    return any(tag.startswith(name) for tag in one.tags for name in names)


def split(one: Touch, names: Sequence[str]) -> bool:
    """At commas; either will do."""
    return exactly(one, [part.strip() for name in names for part in name.split(",")])


def by_words(one: Touch, names: Sequence[str]) -> bool:
    """At blanks; all must be there."""
    return any(all(any(word in tag for tag in one.tags) for word in name.split()) for name in names)


def names_shown(tags: Sequence[str]) -> dict[str, object]:
    return {"tags": list(tags)}


def objects_shown(tags: Sequence[str]) -> dict[str, object]:
    return {"tags": [{"id": number, "name": tag} for number, tag in enumerate(tags)]}


def half_named(tags: Sequence[str]) -> dict[str, object]:
    return {"tags": [{"id": 1} if number % 2 else {"name": tag} for number, tag in enumerate(tags)]}


def null_shown(_tags: Sequence[str]) -> dict[str, object]:
    return {"tags": None}


def none_shown(_tags: Sequence[str]) -> dict[str, object]:
    return {"tags": []}


def left_out(_tags: Sequence[str]) -> dict[str, object]:
    return {}


@dataclass(kw_only=True)
class History:
    """The handler. ``finds`` is what the filter does, ``shows`` how a row lists its tags.

    ``half``: the filter knows every second row only. ``dates``: what the server makes of a range
    (honoured, start alone, ignored, refused). ``refuses``: path -> status. ``searches``: what the
    threads' search finds, given a thread and the text.
    """

    calls: list[Touch] = field(default_factory=list)
    forms: list[Touch] = field(default_factory=list)
    texts: list[Touch] = field(default_factory=list)
    tags: list[dict[str, object]] = field(default_factory=list)
    flows: dict[str, object] = field(default_factory=dict)
    trackers: list[dict[str, object]] = field(default_factory=list)
    finds: Callable[[Touch, Sequence[str]], bool] = exactly
    shows: Callable[[Sequence[str]], dict[str, object]] = names_shown
    half: bool = False
    by_company: str = "own"
    dates: str = "honoured"
    searches: Callable[[Touch, str], bool] | None = None
    total: Callable[[int], int] = int
    cap: int = 250
    refuses: dict[str, int] = field(default_factory=dict)
    asked: list[Call] = field(default_factory=list)

    def __call__(self, call: Call) -> Reply:
        self.asked.append(call)
        what = call.path.removeprefix(f"{BASE}/")
        if what in self.refuses:
            return Reply(status=self.refuses[what], payload={"error": "no"})
        if what in LISTS:
            return self._interactions(what, call)
        if what == "tags.json":
            level = call.query.get("tag_level")
            rows = [row for row in self.tags if level in {None, row["tag_level"]}]
            return Reply(payload=page(rows, call, key="tags", cap=self.cap))
        if what == "trackers.json":
            return Reply(payload=page(self.trackers, call, key="trackers", cap=self.cap))
        if what == "message-flows.json":
            rows = [{"id": flow, "name": flow, "tracker_ids": []} for flow in self.flows]
            return Reply(payload=page(rows, call, key="message-flows", cap=self.cap))
        return self._flow(what.removeprefix("message-flows/").removesuffix(".json"))

    def _flow(self, flow: str) -> Reply:
        if flow in self.flows:
            return Reply(payload={"id": flow, "name": flow, "steps": self.flows[flow]})
        return Reply(status=404, payload={"error": "not found"})

    def of(self, what: str) -> list[Touch]:
        """The interactions behind a file's name."""
        return {"calls.json": self.calls, "form_submissions.json": self.forms}.get(what, self.texts)

    def _interactions(self, what: str, call: Call) -> Reply:
        if self.dates == "refused" and "start_date" in call.query:
            return Reply(status=400, payload={"error": "too far back"})
        first, last = self._covered(call)
        rows = [
            (number, one)
            for number, one in enumerate(self.of(what))
            if first <= TODAY - timedelta(days=one.age) <= last and not one.spam
        ]
        rows.sort(key=lambda row: row[1].age)
        if "company_id" in call.query and self.by_company != "ignored":
            rows = [row for row in rows if row[1].company == call.query["company_id"]]
        rows = list(self._asked_for(rows, what, call))
        shown = [self._shown(what, number, one) for number, one in rows]
        answer = page(shown, call, key=LISTS[what], cap=self.cap)
        return Reply(payload={**answer, "total_records": self.total(len(rows))})

    def _covered(self, call: Call) -> tuple[date, date]:
        week = (TODAY - timedelta(days=7), TODAY)
        if self.dates not in {"honoured", "start alone"} or "start_date" not in call.query:
            return week
        start, end = (date.fromisoformat(call.query[key]) for key in ("start_date", "end_date"))
        assert TODAY - timedelta(days=25 * 31) < start <= end, "an error on the real server"
        return start, date.max if self.dates == "start alone" else end

    def _asked_for(
        self, rows: Iterable[tuple[int, Touch]], what: str, call: Call
    ) -> Iterable[tuple[int, Touch]]:
        names = [value for key, value in call.pairs if key in {"tags", "tags[]"}]
        search = call.query.get("search")
        for number, one in rows:
            if names and what != "sms-threads.json":
                if not self.finds(one, names) or (self.half and number % 2):
                    continue
            elif search is not None and not (self.searches or found_by)(one, search):
                continue
            yield number, one

    def _shown(self, what: str, number: int, one: Touch) -> dict[str, object]:
        row: dict[str, object] = {"id": f"{what[:3]}{number}", "customer_name": one.customer}
        if self.by_company != "not shown":
            row["company_id"] = one.company
        shows = names_shown if what == "sms-threads.json" else self.shows
        return {**row, **shows(one.tags)}


def found_by(one: Touch, text: str) -> bool:
    """What a search finds (B): a name, or a tag's name, that holds the text."""
    return any(text.lower() in word.lower() for word in (one.customer, *one.tags))


def only_customers(one: Touch, text: str) -> bool:
    """A search that does not know tags."""
    return found_by(replace(one, tags=()), text)
