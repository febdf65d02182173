"""Live state as a document, so that a plan can be made where there is no key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reconciler.document.plan import counts_fields, counts_of, loss_fields, loss_of
from reconciler.document.reading import FileKind, Node, altered, parse
from reconciler.document.writing import FORMAT_VERSION, Document
from reconciler.model.state import LiveAccount, Snapshot
from reconciler.model.tag import AccountRef, Company, LiveTag, Status
from reconciler.model.usage import Beside

if TYPE_CHECKING:
    from collections.abc import Sequence

KIND: Final = FileKind("snapshot", "`reconciler snapshot --out FILE` takes one.")


def snapshot_document(
    accounts: Sequence[LiveAccount], *, created_at: str, tool_version: str
) -> Document:
    """``accounts`` with every field of ``schemas/snapshot.schema.json``.

    What has the tags is there where it was counted: older versions know no such field.
    """
    return {
        "format_version": FORMAT_VERSION,
        "tool_version": tool_version,
        "created_at": created_at,
        "accounts": [_account_fields(live) for live in accounts],
    }


def load_snapshot(text: str) -> tuple[LiveAccount, ...]:
    """The live state that ``text`` holds; raises what :func:`read_snapshot` does."""
    return read_snapshot(text).accounts


def read_snapshot(text: str) -> Snapshot:
    """The live state that ``text`` holds, and when it was that.

    Raises DocumentError when it is no snapshot, is cut short or is of another format, and
    RefusedError when it lists something twice.
    """
    root = parse(text, kind=KIND)
    accounts = tuple(_account_of(node) for node in root.nodes("accounts"))
    ids = {live.account.id for live in accounts}
    handles = {live.account.handle for live in accounts}
    if len(ids) != len(accounts) or len(handles) != len(accounts):
        raise altered(KIND, "an account stands in it twice")
    root.confirm(
        snapshot_document(
            accounts,
            created_at=root.text("created_at"),
            tool_version=root.text("tool_version"),
        )
    )
    return Snapshot(root.text("created_at"), accounts)


def _account_fields(live: LiveAccount) -> Document:
    return {
        "handle": live.account.handle,
        "id": live.account.id,
        "name": live.account.name,
        "unread": live.unread,
        "requests": live.requests,
        **({"odd": live.odd} if live.odd else {}),
        "companies": [
            {"id": company.id, "name": company.name, "active": company.active}
            for company in live.companies.values()
        ],
        "tags": [_tag_fields(tag, live) for tag in live.tags],
    }


def _tag_fields(tag: LiveTag, live: LiveAccount) -> Document:
    fields: Document = {
        "id": tag.id,
        "name": tag.name,
        "color": tag.color,
        "status": tag.status.value,
        "company_id": tag.company_id,
    }
    if live.usage is not None:
        fields["usage"] = loss_fields(live.usage[tag.id])
    if tag.id in live.beside:
        shown, also = live.beside[tag.id]
        fields["beside"] = {
            "shown": counts_fields(shown),
            "also": [{"name": name, **counts_fields(one)} for name, one in also.items()],
        }
    return fields


def _account_of(node: Node) -> LiveAccount:
    companies = [_company_of(inner) for inner in node.nodes("companies")]
    rows = tuple(node.nodes("tags"))
    tags = tuple(map(_tag_of, rows))
    counted = {
        tag.id: loss_of(row.node("usage"))
        for tag, row in zip(tags, rows, strict=True)
        if row.has("usage")
    }
    beside = {
        tag.id: _beside_of(row.node("beside"))
        for tag, row in zip(tags, rows, strict=True)
        if row.has("beside")
    }
    by_id = {company.id: company for company in companies}
    if len(by_id) != len(companies):
        raise altered(KIND, f"{node.where} lists a company twice")
    if len({tag.id for tag in tags}) != len(tags):
        raise altered(KIND, f"{node.where} lists a tag twice")
    if counted and len(counted) != len(tags):
        raise altered(KIND, f"{node.where} counts what has some tags, and not all")
    return LiveAccount(
        account=AccountRef(node.text("handle"), node.text("id"), node.optional_text("name")),
        tags=tags,
        companies=by_id,
        unread=node.whole("unread"),
        requests=node.whole("requests"),
        usage=counted or None,
        odd=node.whole("odd", least=1) if node.has("odd") else 0,
        beside=beside,
    )


def _beside_of(node: Node) -> Beside:
    also = {row.text("name"): counts_of(row) for row in node.nodes("also")}
    return Beside(counts_of(node.node("shown")), also)


def _company_of(node: Node) -> Company:
    return Company(node.text("id"), node.text("name"), active=node.truth("active"))


def _tag_of(node: Node) -> LiveTag:
    return LiveTag(
        id=node.whole("id", least=1),
        name=node.text("name"),
        color=node.optional_text("color"),
        status=node.word("status", Status),
        company_id=node.optional_text("company_id"),
    )
