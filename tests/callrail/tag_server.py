"""A small CallRail in memory: tags, companies and calls of one account, with faults by request."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tests.callrail.wire_server import Call, Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ACCOUNT = "ACC1"
BASE = f"/v3/a/{ACCOUNT}"


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


@dataclass(kw_only=True)
class TagServer:
    """The handler of a WireServer. ``page_cap`` is the most rows on a page.

    ``text_ids``: answers to writes show ids as text, as the reference's examples do.
    """

    tags: list[dict[str, object]] = field(default_factory=list)
    companies: list[dict[str, object]] = field(default_factory=list)
    calls: list[dict[str, object]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    page_cap: int = 250
    account: str = ACCOUNT
    unique: bool = False
    text_ids: bool = False
    filter_by_company: str = "own"
    filter_by_level: bool = False
    filter_by_tag: bool = True
    tidy: Callable[[str], str] = str
    before: Callable[[Call], None] | None = None
    listings: int = 0

    def __call__(self, call: Call) -> Reply:
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
            rows: list[dict[str, object]] = [{"id": self.account, "name": "My Account"}]
            return Reply(payload=page(rows, call, key="accounts", cap=self.page_cap))
        if not call.path.startswith(f"/v3/a/{self.account}/"):
            return Reply(status=404, payload={"error": "Account not found"})
        what = call.path.removeprefix(f"/v3/a/{self.account}/")
        if call.method == "GET":
            return self._list(what.removesuffix(".json"), call)
        reply = (
            self._create(call)
            if call.method == "POST"
            else self._by_id(int(what.removeprefix("tags/").removesuffix(".json")), call)
        )
        if self.text_ids and isinstance(reply.payload, dict) and "id" in reply.payload:
            return replace(reply, payload={**reply.payload, "id": str(reply.payload["id"])})
        return reply

    def _list(self, what: str, call: Call) -> Reply:
        known = {"tags": self.tags, "companies": self.companies, "calls": self.calls}
        rows = known[what]
        company = call.query.get("company_id")
        if what == "tags" and company and self.filter_by_company != "ignored":
            also = {company, None} if self.filter_by_company == "with account" else {company}
            rows = [row for row in rows if row["company_id"] in also]
            if self.filter_by_company == "nothing":
                rows = []
        if what == "tags" and call.query.get("tag_level") == "account" and self.filter_by_level:
            rows = [row for row in rows if row["company_id"] is None]
        if what == "calls" and company:
            rows = [row for row in rows if row.get("company_id") == company]
        if what == "calls" and "tags" in call.query and self.filter_by_tag:
            rows = [row for row in rows if call.query["tags"] in names(row)]
        self.listings += what == "tags" and call.query["page"] == "1"
        return Reply(payload=page(rows, call, key=what, cap=self.page_cap))

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


def names(call: Mapping[str, object]) -> list[str]:
    tags = call.get("tags", [])
    assert isinstance(tags, list)
    return [str(tag["name"]) if isinstance(tag, dict) else str(tag) for tag in tags]


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


def page(rows: list[dict[str, object]], call: Call, *, key: str, cap: int) -> dict[str, object]:
    size = min(int(call.query.get("per_page", "100")), cap)
    number = int(call.query.get("page", "1"))
    return {
        "page": number,
        "per_page": size,
        "total_records": len(rows),
        key: rows[(number - 1) * size : number * size],
    }
