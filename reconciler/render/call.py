"""The change of one call, before and after, as text and as the document of ``--format json``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.model.call import CallField, call_differences
from reconciler.render.escape import label, log, terminal
from reconciler.render.style import PLAIN, Style

if TYPE_CHECKING:
    from reconciler.model.call import Call


def change(handle: str, before: Call, after: Call, *, style: Style = PLAIN) -> str:
    """What differs, one field a line, as text that ends in a newline."""
    lines = [style.bold(f"{label(handle)} · call {label(before.id)}")]
    for field in call_differences(before, after):
        was, will = _shown(before, field), _shown(after, field)
        lines.append(f"  {style.update(f'~ {field.value:<13}')}  {was} -> {will}")
    return log("\n".join(lines)) + "\n"


def document(account_id: str, before: Call, after: Call) -> dict[str, object]:
    """The call before and after, and the names of the fields that differ."""
    return {
        "account_id": account_id,
        "call_id": before.id,
        "company_id": before.company_id,
        "fields": [field.value for field in call_differences(before, after)],
        "before": _fields(before),
        "after": _fields(after),
    }


def _fields(call: Call) -> dict[str, object]:
    values = {field.value: getattr(call, field) for field in CallField}
    return {
        name: list(value) if isinstance(value, tuple) else value for name, value in values.items()
    }


def _shown(call: Call, field: CallField) -> str:
    value = getattr(call, field)
    match field:
        case CallField.TAGS if value is None:
            return "not shown"
        case CallField.TAGS:
            return ", ".join(label(name) for name in value) or "none"
        case CallField.SPAM:
            return "yes" if value else "no"
        case _:
            return terminal(value) if value else "none"
