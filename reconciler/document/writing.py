"""A document as text that is safe to store, to print and to read back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final, TypeAlias

from reconciler.text.visible import without_hidden

Document: TypeAlias = dict[str, Any]

FORMAT_VERSION: Final = "1"
"""Raised when an older reader would misread a newer document."""


def dump(document: Document | list[Document]) -> str:
    r"""``document`` as JSON text: two spaces of indent, readable letters, a newline at the end.

    Characters that a terminal, a CI runner or an encoder acts on (controls, bidirectional
    overrides, invisible ones, lone surrogates, ``::`` and ``##[``) are written as ``\uXXXX``: the
    text means the same to a JSON reader and nothing to anyone else.
    """
    return _safe(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)) + "\n"


def pieces(document: Document) -> Iterator[str]:
    """The text of :func:`dump`, part by part; a list may be an iterator, and is never held whole.

    Only the values of ``document`` itself are distinguished: what stands below is written as one.
    """
    yield "{"
    for at, (name, value) in enumerate(document.items()):
        yield f"{',' if at else ''}\n  {_safe(json.dumps(name, ensure_ascii=False))}: "
        if isinstance(value, Iterator):
            yield from _list_pieces(value)
        else:
            yield _indented(value, "  ")
    yield "\n}\n"


def _list_pieces(items: Iterator[object]) -> Iterator[str]:
    any_item = False
    for item in items:
        yield f"{',' if any_item else '['}\n    {_indented(item, '    ')}"
        any_item = True
    yield "\n  ]" if any_item else "[]"


def _indented(value: object, indent: str) -> str:
    """``value`` as JSON that stands ``indent`` deep: text holds no line end but as an escape."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    return _safe(text.replace("\n", f"\n{indent}"))


def _safe(text: str) -> str:
    if not text.isascii() or "\x7f" in text:
        # A line end in JSON text only lays it out: inside a value it is an escape already.
        text = "\n".join(without_hidden(line, _escaped) for line in text.split("\n"))
    return _COMMANDS.sub(lambda found: _escaped(found[0]), text)


# Runners act on `::name::` and `##[name]` inside a log line. Outside strings JSON has no such
# pair, so escaping its second character touches nothing but values (and object keys).
_COMMANDS: Final = re.compile(r"(?<=:):|(?<=#)#")


def _escaped(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
