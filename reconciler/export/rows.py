"""Plain values as YAML text, for people to read and paste; safe in a terminal and a CI log."""

from __future__ import annotations

import json
from typing import Any

from reconciler.config.source import dump
from reconciler.text.quote import without_commands
from reconciler.text.visible import is_visible


def as_yaml(rows: list[dict[str, Any]]) -> str:
    """``rows`` as a YAML list; reading it gives them back.

    Text that could act on a terminal or a CI runner (control and bidirectional characters, ``::``,
    ``##``) is written with escapes in double quotes.
    """
    # The library escapes what YAML calls unprintable; that leaves bidirectional characters.
    ascii_only = not is_visible(json.dumps(rows, ensure_ascii=False, default=str))
    text = dump(rows, quoted=_is_dangerous, ascii_only=ascii_only)
    return without_commands(text)


def _is_dangerous(text: str) -> bool:
    return not is_visible(text) or "::" in text or "##" in text or text.endswith((":", "#"))
