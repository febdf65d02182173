"""Text in double quotes, as YAML reads it back, whatever it holds."""

from __future__ import annotations

from reconciler.model.names import BLANK


def double_quoted(text: str) -> str:
    """``text`` in double quotes, with escapes for all that can't be seen; fit for comments too.

    ``::`` and ``##`` are broken up: a CI runner obeys `::error::` and `##[x]` inside a log line.
    """
    written = "".join(map(_escaped, text))
    return '"' + written.replace("::", ":\\x3A").replace("##", "#\\x23") + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if character.isprintable() and not BLANK.match(character):
        return character
    number = ord(character)
    if number <= 0xFF:
        return f"\\x{number:02X}"
    return f"\\u{number:04X}" if number <= 0xFFFF else f"\\U{number:08X}"
