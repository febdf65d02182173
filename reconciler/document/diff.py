"""A comparison of two readings as a document; it is read by others, and never taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.document.plan import loss_fields, place_fields, unread_fields
from reconciler.document.writing import FORMAT_VERSION, Document

if TYPE_CHECKING:
    from reconciler.model.news import AccountNews, CompanyNews, Comparison, Reading, TagNews
    from reconciler.model.tag import AccountRef, Company, LiveTag


def diff_document(comparison: Comparison) -> Document:
    """``comparison`` with every field of ``schemas/diff.schema.json``."""
    return {
        "format_version": FORMAT_VERSION,
        "tool_version": comparison.tool_version,
        "old": _reading_fields(comparison.old),
        "new": _reading_fields(comparison.new),
        "accounts": [_account_fields(one) for one in comparison.accounts],
        "only_old": [_ref_fields(one) for one in comparison.only_old],
        "only_new": [_ref_fields(one) for one in comparison.only_new],
        "unread": [unread_fields(one) for one in comparison.unread],
        "tags": [_tag_fields(one) for account in comparison.accounts for one in account.tags],
        "companies": [_company_fields(one) for one in comparison.companies],
        "requests": comparison.requests,
    }


def _reading_fields(reading: Reading) -> Document:
    return {"file": reading.file, "created_at": reading.created_at}


def _ref_fields(account: AccountRef) -> Document:
    return {"handle": account.handle, "id": account.id, "name": account.name}


def _account_fields(account: AccountNews) -> Document:
    return {**_ref_fields(account.account), "same": account.same}


def _tag_fields(one: TagNews) -> Document:
    return {
        **place_fields(one.place),
        "tag_id": one.tag.id,
        "name": one.tag.name,
        "news": [news.value for news in one.news],
        "before": one.before and _live_fields(one.before),
        "after": one.after and _live_fields(one.after),
        "had": one.had and loss_fields(one.had),
        "has": one.has and loss_fields(one.has),
    }


def _live_fields(tag: LiveTag) -> Document:
    return {
        "tag_id": tag.id,
        "company_id": tag.company_id,
        "name": tag.name,
        "color": tag.color,
        "status": tag.status.value,
    }


def _company_fields(one: CompanyNews) -> Document:
    return {
        "account": one.account.handle,
        "account_id": one.account.id,
        "company_id": one.company.id,
        "company": one.company.name,
        "news": [news.value for news in one.news],
        "before": one.before and _state_fields(one.before),
        "after": one.after and _state_fields(one.after),
    }


def _state_fields(company: Company) -> Document:
    return {"name": company.name, "active": company.active}
