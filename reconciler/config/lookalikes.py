"""What a name looks like to a reader in a hurry, quickly for the names that are plain ASCII."""

from __future__ import annotations

from reconciler.model.names import skeleton

_DROPPED = {code: None for code in range(128) if not chr(code).isalnum()}


def look_alike_key(name: str) -> str:
    """Equal for names that look alike: :func:`skeleton`, at a fifth of its price where possible."""
    if name.isascii():
        kept = name.lower().translate(_DROPPED)
        if kept:
            return kept
    return skeleton(name)
