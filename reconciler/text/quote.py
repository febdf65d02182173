"""Text in double quotes: for a sentence, and for YAML and comments to read back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.text.visible import cut, escaped, without_hidden

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST = 60
"""Characters of a foreign value that a sentence shows."""


def quoted(value: object) -> str:
    """``value`` in double quotes, cut where it is too long to be read."""
    return f'"{cut(str(value), LONGEST)}"'


def quoted_all(names: Iterable[str]) -> str:
    """``"A", "B"``, each as it is: people search for them."""
    return ", ".join(f'"{name}"' for name in names)


def double_quoted(text: str) -> str:
    """``text`` in double quotes, with escapes for all that can't be seen; fit for comments too."""
    shown = without_hidden(text.replace("\\", "\\\\").replace('"', '\\"'))
    return f'"{without_commands(shown)}"'


def without_commands(quoted_text: str) -> str:
    """``::`` and ``##`` broken up: a CI runner obeys `::error::` and `##[x]` inside a log line."""
    colon, sharp = escaped(":"), escaped("#")
    return quoted_text.replace("::", f":{colon}").replace("##", f"#{sharp}")
