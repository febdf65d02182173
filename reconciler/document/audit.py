"""An audit as a document: every name, place by place, with what has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.document.plan import count_fields, excepted_fields, source_fields, unread_fields
from reconciler.document.writing import FORMAT_VERSION, Document, pieces

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reconciler.model.audit import AccountAudit, Audit, Cell, Counted, NameAudit, Usage
    from reconciler.model.tag import Company
    from reconciler.model.usage import Use


def audit_document(audit: Audit) -> Document:
    """``audit`` with every field of ``schemas/audit.schema.json``."""
    document = _fields(audit)
    return document | {"accounts": list(document["accounts"])}


def audit_pieces(audit: Audit) -> Iterator[str]:
    """The text of :func:`audit_document`, account by account."""
    return pieces(_fields(audit))


def _fields(audit: Audit) -> Document:
    return {
        "format_version": FORMAT_VERSION,
        "tool_version": audit.tool_version,
        "created_at": audit.created_at,
        "narrowed": audit.narrowed,
        "accounts": (_account_fields(one, audit) for one in audit.accounts),
        "unread": [unread_fields(one) for one in audit.unread],
        "requests": audit.requests,
    }


def _account_fields(one: AccountAudit, audit: Audit) -> Document:
    by_id = {company.id: company for company in one.companies}
    names = audit.listed(one, only_deviating=False)
    return {
        "handle": one.account.handle,
        "id": one.account.id,
        "name": one.account.name,
        "against": "configuration" if one.declared else "most",
        "summary": {
            "companies": len(one.companies),
            "shown": len(one.shown),
            "tags": one.tags,
            "names": len(one.names),
            "deviating": len(one.deviating),
            "extra": len(one.extra),
            "same": len(one.same),
        },
        "names": [_name_fields(name, by_id) for name in names],
        "trash": [
            {**_place_fields(trashed.company), "id": trashed.tag.id, "name": trashed.tag.name}
            for trashed in one.trash
        ],
        "exceptions": [
            {**excepted_fields(exempted.exception), "company_ids": list(exempted.companies)}
            for exempted in one.exceptions
        ],
        "left_out": {"of_disabled": one.of_disabled, "ignored": one.ignored, "odd": one.odd},
        "counted": None if one.counted is None else _counted_fields(one.counted),
        "requests": one.requests,
    }


def _name_fields(name: NameAudit, by_id: Mapping[str, Company]) -> Document:
    return {
        "name": name.name,
        "deviates": name.deviates,
        "levels": sorted(level.value for level in name.levels),
        "color": name.color,
        "source": None if name.source is None else source_fields(name.source),
        "on_both_levels": name.on_both_levels,
        "use": _use_fields(name.use),
        "spellings": [
            {
                "name": spelling.name,
                "places": [_place_fields(company) for company in spelling.places],
                "use": _use_fields(spelling.use),
            }
            for spelling in name.spellings
        ],
        "cells": [
            _cell_fields(None if place is None else by_id[place], cell)
            for place, cell in name.cells.items()
        ],
    }


def _place_fields(company: Company | None) -> Document:
    return {
        "level": "account" if company is None else "company",
        "company_id": None if company is None else company.id,
        "company": None if company is None else company.name,
    }


def _cell_fields(company: Company | None, cell: Cell) -> Document:
    return {
        **_place_fields(company),
        "states": [state.value for state in cell.states],
        "tags": [_tag_fields(usage) for usage in cell.tags],
    }


def _tag_fields(usage: Usage) -> Document:
    tag = usage.tag
    return {
        "id": tag.id,
        "name": tag.name,
        "color": tag.color,
        "status": tag.status.value,
        "use": _use_fields(usage.use),
        "flows": None if usage.applied is None else count_fields(usage.applied.number),
        "flow_names": [] if usage.applied is None else list(usage.applied.names),
    }


def _use_fields(use: Use | None) -> Document | None:
    if use is None:
        return None
    return {
        "calls": count_fields(use.loss.calls),
        "forms": count_fields(use.loss.forms),
        "texts": count_fields(use.loss.texts),
        "last": None if use.last is None else use.last.isoformat(),
        "idle": use.idle,
    }


def _counted_fields(counted: Counted) -> Document:
    return {
        "since": counted.since and counted.since.isoformat(),
        "until": counted.until and counted.until.isoformat(),
        "uncounted": dict(counted.uncounted),
    }
