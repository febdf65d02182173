"""The stand-in for CallRail in these tests: one account in memory.

It can do what the sandbox must not: list what is not a tag, read a filter as any function does,
fail at the nth request, and act before any of them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

ACCOUNT = "ACC1"
BASE = f"/v3/a/{ACCOUNT}"
NOW = 1_795_000_000.0
TODAY = datetime.fromtimestamp(NOW, UTC).date()
LISTS = {
    "calls.json": "calls",
    "form_submissions.json": "form_submissions",
    "sms-threads.json": "sms_threads",
}
Row = dict[str, object]


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request as it arrived; header names in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: object
    pairs: tuple[tuple[str, str], ...] = ()
    """The query as it came, repeated names too."""

    @property
    def line(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What to send back; ``announce`` is the Content-Length to claim, ``drip`` seconds a byte."""

    status: int = 200
    payload: object = None
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    announce: int | None = None
    drip: float = 0.0
    reset: bool = False
    hang: bool = False


Handler = Callable[[Call], Reply | Awaitable[Reply]]


@dataclass(kw_only=True)
class Fault:
    """What goes wrong with the ``nth`` request (from 1) of ``method`` and path ending ``path``.

    ``commit`` says whether the server acts on the request all the same.
    """

    method: str
    reply: Reply
    path: str = ".json"
    nth: int = 1
    times: int = 1
    commit: bool = False
    met: int = 0

    def hits(self, call: Call) -> bool:
        if call.method != self.method or not call.path.endswith(self.path):
            return False
        self.met += 1
        return self.nth <= self.met < self.nth + self.times


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
class StandIn:
    """The handler. ``page_cap`` is the most rows on a page; ``asked`` the requests that came.

    Of tags: ``text_ids``: answers to writes show ids as text, as the reference's examples do.
    ``tidy`` is what becomes of a name. ``before`` runs before each request is answered.

    Of interactions: ``finds`` is what the filter does, ``shows`` how a row lists its tags.
    ``half``: the filter knows every second row only. ``dates``: what the server makes of a range
    (honoured, start alone, ignored, refused). ``refuses``: path -> status. ``searches``: what the
    threads' search finds, given a thread and the text. ``total`` is what is made of their number.
    """

    account: str = ACCOUNT
    tags: list[Row] = field(default_factory=list)
    companies: list[Row] = field(default_factory=list)
    trackers: list[Row] = field(default_factory=list)
    flows: dict[str, object] = field(default_factory=dict)
    calls: list[Touch] = field(default_factory=list)
    forms: list[Touch] = field(default_factory=list)
    texts: list[Touch] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    refuses: dict[str, int] = field(default_factory=dict)
    before: Callable[[Call], None] | None = None
    page_cap: int = 250
    unique: bool = False
    text_ids: bool = False
    filter_by_company: str = "own"
    filter_by_level: bool = True
    tidy: Callable[[str], str] = str
    finds: Callable[[Touch, Sequence[str]], bool] = exactly
    shows: Callable[[Sequence[str]], Row] = names_shown
    half: bool = False
    by_company: str = "own"
    dates: str = "honoured"
    searches: Callable[[Touch, str], bool] | None = None
    total: Callable[[int], int] = int
    listings: int = 0
    asked: list[Call] = field(default_factory=list)

    def __call__(self, call: Call) -> Reply:
        self.asked.append(call)
        if self.before is not None:
            self.before(call)
        for fault in self.faults:
            if fault.hits(call):
                if fault.commit:
                    self.answer(call)
                return fault.reply
        return self.answer(call)

    def answer(self, call: Call) -> Reply:
        if call.path == "/v3/a.json":
            return self._page([{"id": self.account, "name": "My Account"}], call, key="accounts")
        if not call.path.startswith(f"/v3/a/{self.account}/"):
            return Reply(status=404, payload={"error": "Account not found"})
        what = call.path.removeprefix(f"/v3/a/{self.account}/")
        if what in self.refuses:
            return Reply(status=self.refuses[what], payload={"error": "no"})
        if call.method == "GET":
            return self._interactions(what, call) if what in LISTS else self._list(what, call)
        reply = (
            self._create(call)
            if call.method == "POST"
            else self._by_id(int(what.removeprefix("tags/").removesuffix(".json")), call)
        )
        if self.text_ids and isinstance(reply.payload, dict) and "id" in reply.payload:
            return replace(reply, payload={**reply.payload, "id": str(reply.payload["id"])})
        return reply

    def _list(self, what: str, call: Call) -> Reply:
        if what == "tags.json":
            self.listings += call.query["page"] == "1"
            return self._page(self._listed_tags(call), call, key="tags")
        if what == "message-flows.json":
            rows: list[Row] = [{"id": flow, "name": flow, "tracker_ids": []} for flow in self.flows]
            return self._page(rows, call, key="message-flows")
        if what == "companies.json":
            return self._page(self.companies, call, key="companies")
        if what == "trackers.json":
            return self._page(self.trackers, call, key="trackers")
        return self._flow(what.removeprefix("message-flows/").removesuffix(".json"))

    def _listed_tags(self, call: Call) -> list[Row]:
        rows, company = self.tags, call.query.get("company_id")
        if company and self.filter_by_company == "nothing":
            return []
        if company and self.filter_by_company != "ignored":
            also = {company, None} if self.filter_by_company == "with account" else {company}
            rows = [row for row in rows if row["company_id"] in also]
        level = call.query.get("tag_level")
        if level and self.filter_by_level:
            rows = [row for row in rows if row["tag_level"] == level]
        return rows

    def _create(self, call: Call) -> Reply:
        body = call.body
        assert isinstance(body, dict)
        place = body.get("company_id")
        if self.unique and any(
            (row["name"], row["company_id"]) == (body["name"], place) for row in self.tags
        ):
            return Reply(status=422, payload={"error": "Name has already been taken"})
        row = tag_row(
            max([int(str(row["id"])) for row in self.tags], default=100) + 1,
            self.tidy(str(body["name"])),
            company=place,
            color=str(body.get("color", "gray1")),
        )
        self.tags.append(row)
        return Reply(status=201, payload=row)

    def _by_id(self, number: int, call: Call) -> Reply:
        row = next((row for row in self.tags if row["id"] == number), None)
        if row is None:
            return Reply(status=404, payload={"error": "Tag not found"})
        if call.method == "DELETE":
            self.tags.remove(row)
            return Reply(status=204)
        assert isinstance(call.body, dict)
        changes = dict(call.body)
        if "disabled" in changes:
            row["status"] = "disabled" if changes.pop("disabled") else "enabled"
        if "name" in changes:
            changes["name"] = self.tidy(str(changes["name"]))
        row.update(changes)
        return Reply(payload=row)

    def _flow(self, flow: str) -> Reply:
        if flow in self.flows:
            return Reply(payload={"id": flow, "name": flow, "steps": self.flows[flow]})
        return Reply(status=404, payload={"error": "not found"})

    def of(self, what: str) -> list[Touch]:
        """The interactions behind a file's name."""
        return {"calls.json": self.calls, "form_submissions.json": self.forms}.get(what, self.texts)

    def _interactions(self, what: str, call: Call) -> Reply:
        start = date.fromisoformat(call.query.get("start_date", str(TODAY)))
        if start != TODAY and self.dates == "refused":
            return Reply(status=400, payload={"error": "too far back"})
        if start < TODAY - timedelta(days=25 * 31) and self.dates != "ignored":
            return Reply(status=400, payload={"error": "too far back"})
        first, last = self._covered(call)
        newest, oldest = (TODAY - last).days, (TODAY - first).days
        rows = [
            (number, one)
            for number, one in enumerate(self.of(what))
            if newest <= one.age <= oldest and not one.spam
        ]
        rows.sort(key=lambda row: row[1].age)
        if "company_id" in call.query and self.by_company != "ignored":
            rows = [row for row in rows if row[1].company == call.query["company_id"]]
        rows = list(self._asked_for(rows, what, call))
        key = LISTS[what]
        begin, size = window(call, self.page_cap)
        shown = [self._shown(what, number, one) for number, one in rows[begin : begin + size]]
        head = page((), call, key=key, cap=self.page_cap)
        return Reply(payload={**head, key: shown, "total_records": self.total(len(rows))})

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
        row: Row = {"id": f"{what[:3]}{number}", "customer_name": one.customer}
        if self.by_company != "not shown":
            row["company_id"] = one.company
        if what == "sms-threads.json":
            return {**row, **names_shown(one.tags)}
        moment = "start_time" if what == "calls.json" else "submitted_at"
        day = (TODAY - timedelta(days=one.age)).isoformat()
        return {**row, moment: f"{day}T10:00:00.000-05:00", **self.shows(one.tags)}

    def _page(self, rows: Sequence[Row], call: Call, *, key: str) -> Reply:
        return Reply(payload=page(rows, call, key=key, cap=self.page_cap))


def tag_row(
    number: int, name: str, *, company: str | None = None, color: str = "gray1"
) -> dict[str, object]:
    return {
        "id": number,
        "name": name,
        "tag_level": "account" if company is None else "company",
        "color": color,
        "background_color": "gray1",
        "company_id": company,
        "status": "enabled",
    }


def tag_rows(count: int) -> list[dict[str, object]]:
    return [tag_row(number, f"tag {number}") for number in range(1, count + 1)]


def page(rows: Sequence[Row], call: Call, *, key: str, cap: int) -> Row:
    begin, size = window(call, cap)
    return {
        "page": begin // size + 1,
        "per_page": size,
        "total_records": len(rows),
        key: rows[begin : begin + size],
    }


def window(call: Call, cap: int) -> tuple[int, int]:
    """Where the page that is asked for begins, from 0, and how many rows it has at most."""
    size = min(int(call.query.get("per_page", "100")), cap)
    return (int(call.query.get("page", "1")) - 1) * size, size


def found_by(one: Touch, text: str) -> bool:
    """What a search finds (B): a name, or a tag's name, that holds the text."""
    return any(text.lower() in word.lower() for word in (one.customer, *one.tags))


def only_customers(one: Touch, text: str) -> bool:
    """A search that does not know tags."""
    return found_by(replace(one, tags=()), text)
