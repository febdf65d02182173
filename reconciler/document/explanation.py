"""Why a tag is planned as it is, and what a code means, as the document that ``explain`` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler import __version__
from reconciler.document.plan import (
    change_fields,
    loss_fields,
    place_fields,
    source_fields,
    tag_fields,
)
from reconciler.document.writing import FORMAT_VERSION, Document

if TYPE_CHECKING:
    from reconciler.model.explanation import DeclaredBlock, Explanation, Spot


def explanation_document(found: Explanation) -> Document:
    """``found`` with every field of ``schemas/explanation.schema.json``."""
    return {
        "format_version": FORMAT_VERSION,
        "tool_version": __version__,
        "name": found.name,
        "declared": [_block_fields(one) for one in found.blocks],
        "nearest": list(found.nearest),
        "rules": [{"account": one.account, "rule": one.text} for one in found.rules],
        "places": [_spot_fields(one) for one in (*found.spots, *found.elsewhere)],
        "uncounted": found.uncounted,
    }


def code_document(code: str, means: str, example: str, do: str, *, mutable: bool) -> Document:
    """What a code means, as the same schema has it."""
    return {
        "format_version": FORMAT_VERSION,
        "tool_version": __version__,
        "code": code,
        "means": means,
        "example": example,
        "to_do": do,
        "mutable": mutable,
    }


def _block_fields(block: DeclaredBlock) -> Document:
    one = block.declaration
    return {
        "source": source_fields(one.source),
        "name": one.name,
        "color": one.color,
        "state": one.state.value,
        "renamed_from": list(one.renamed_from),
        "merged_from": list(one.merged_from),
        "promoted": list(block.promoted),
        "note": one.note,
        "accounts": list(block.accounts),
        "level": "account" if block.companies is None else "company",
        "companies": None if block.companies is None else list(block.companies) or "all",
        "except": list(block.excepted),
        "scope": block.scope,
        "place": source_fields(block.place),
    }


def _spot_fields(spot: Spot) -> Document:
    return {
        **place_fields(spot.place),
        "declared": spot.declared,
        "why": spot.why,
        "source": spot.source and source_fields(spot.source),
        "live": [
            {"tag_id": tag.id, **tag_fields(tag.tag), "uses": loss and loss_fields(loss)}
            for tag, loss in spot.live
        ],
        "changes": [change_fields(change) for change in spot.changes],
        "nothing": spot.nothing or None,
    }
