"""Rows of things the API holds, in the formats of ``get`` and ``connections``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from reconciler.cli.values import Format

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.callrail.resources import Row
    from reconciler.cli.console import Console

COLUMNS = {
    "accounts": ("id", "name", "created_at"),
    "companies": ("id", "name", "status", "time_zone"),
    "tags": ("id", "name", "tag_level", "company_id", "color", "background_color", "status"),
    "tags-in-the-trash": ("id", "was", "since", "due", "tag_level", "company_id", "color"),
    "calls": ("id", "start_time", "direction", "duration", "answered", "customer_name"),
    "forms": ("id", "submitted_at", "company_id", "customer_name", "source"),
    "texts": ("id", "state", "company_id", "customer_name", "customer_phone_number", "tags"),
    "message-flows": ("id", "name", "updated_at"),
    "trackers": ("id", "name", "type", "status", "company"),
    "users": ("id", "name", "email", "role"),
    "connections": ("connection_id", "status", "created_at", "updated_at"),
}
"""What a table shows of each kind; the other formats hold every field."""


def show_rows(
    kind: str, rows: Sequence[Row], form: Format, console: Console, *, fields: Sequence[str] = ()
) -> None:
    """Print ``rows`` of ``kind`` as ``form``; a table has ``fields`` as well."""
    if form is Format.JSON:
        from reconciler.document import dump

        console.result(dump([dict(row) for row in rows]))
    elif form is Format.YAML:
        from reconciler.export.rows import as_yaml

        console.result(as_yaml([dict(row) for row in rows]))
    elif form is Format.CSV:
        from reconciler.render import table

        console.result(table.csv([_flat(row) for row in rows]))
    elif rows:
        from reconciler.render import table

        rows = [_flat(row) for row in rows]
        columns = [*COLUMNS.get(kind, ()), *fields]
        text = table.text(rows, columns=columns, style=console.style(), width=console.width())
        console.result(text)
    else:
        console.log(f"No {kind.replace('-', ' ')}.")


def _flat(row: Row) -> Row:
    """``row`` with a summary's figures in columns of their own."""
    figures = row.get("total_results")
    if not isinstance(figures, Mapping):
        return row
    return {**{name: value for name, value in row.items() if name != "total_results"}, **figures}
