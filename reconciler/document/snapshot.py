"""Live state as a document, so that a plan can be made where there is no key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reconciler.document.reading import FileKind, Node, altered, parse
from reconciler.document.writing import FORMAT_VERSION, Document
from reconciler.model.state import LiveAccount
from reconciler.model.tag import AccountRef, Company, LiveTag, Status

if TYPE_CHECKING:
    from collections.abc import Sequence

KIND: Final = FileKind("snapshot", "Take it again: reconciler snapshot.")


def snapshot_document(
    accounts: Sequence[LiveAccount], *, created_at: str, tool_version: str
) -> Document:
    """``accounts`` with every field of ``schemas/snapshot.schema.json``."""
    return {
        "format_version": FORMAT_VERSION,
        "tool_version": tool_version,
        "created_at": created_at,
        "accounts": [_account_fields(live) for live in accounts],
    }


def load_snapshot(text: str) -> tuple[LiveAccount, ...]:
    """The live state that ``text`` holds.

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
    return accounts


def _account_fields(live: LiveAccount) -> Document:
    return {
        "handle": live.account.handle,
        "id": live.account.id,
        "name": live.account.name,
        "unread": live.unread,
        "requests": live.requests,
        "companies": [
            {"id": company.id, "name": company.name, "active": company.active}
            for company in live.companies.values()
        ],
        "tags": [
            {
                "id": tag.id,
                "name": tag.name,
                "color": tag.color,
                "status": tag.status.value,
                "company_id": tag.company_id,
            }
            for tag in live.tags
        ],
    }


def _account_of(node: Node) -> LiveAccount:
    companies = [_company_of(inner) for inner in node.nodes("companies")]
    tags = tuple(_tag_of(inner) for inner in node.nodes("tags"))
    by_id = {company.id: company for company in companies}
    if len(by_id) != len(companies):
        raise altered(KIND, f"{node.where} lists a company twice")
    if len({tag.id for tag in tags}) != len(tags):
        raise altered(KIND, f"{node.where} lists a tag twice")
    return LiveAccount(
        account=AccountRef(node.text("handle"), node.text("id"), node.optional_text("name")),
        tags=tags,
        companies=by_id,
        unread=node.whole("unread"),
        requests=node.whole("requests"),
    )


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
