"""The YAML parser's complaints in words that say what to write."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Protocol

from reconciler.config.codes import Code
from reconciler.config.values import span

if TYPE_CHECKING:
    from reconciler.config.collector import Collector
    from reconciler.config.text import Text
    from reconciler.model.problem import Mark

# What the parsers (libyaml's and the pure one) say -> what is wrong, what to write. The first
# match counts.
_TOO_DEEP = "exceeded maximum nesting depth"
"""libyaml from 0.2.6 on; it reads ahead in a flow list, and so is deeper in than our own bound."""

_WORDS = (
    (
        _TOO_DEEP,
        "lists and mappings are nested too deeply",
        "A configuration needs four levels; is a bracket left open?",
    ),
    (
        "tab character",
        "a tab can't indent a line",
        "Indent with spaces.",
    ),
    (
        "cannot start any token",
        "a reserved character can't begin a value",
        "Quote a text that begins with @, ` or %.",
    ),
    (
        "mapping values are not allowed",
        "a colon is not allowed here",
        "Quote a text that holds `: `, and put each key on a line of its own, indented alike.",
    ),
    (
        "could not find expected ':'",
        "a colon is missing after this key",
        "Write `key: value`; a text over several lines needs quotes or `>`.",
    ),
    (
        "unknown escape character",
        "a quoted text holds an escape that YAML does not know",
        "Inside double quotes write \\\\ for a backslash.",
    ),
    (
        "while scanning a quoted scalar",
        "a quoted text is not closed, or holds an escape that YAML does not know",
        "Close the quote; inside double quotes write \\\\ for a backslash.",
    ),
    (
        "expected <document start>",
        "something stands after the end of the document",
        "Indent it to where it belongs, or delete it.",
    ),
    (
        "found undefined alias",
        "the alias has no anchor before it",
        "Quote a text that begins with an asterisk.",
    ),
    (
        "while parsing a flow sequence",
        "a comma or the closing ] is missing",
        "Separate items by commas and close the list with ].",
    ),
    (
        "while parsing a flow mapping",
        "a comma or the closing } is missing",
        "Separate pairs by commas and close the mapping with }.",
    ),
    (
        "while scanning an alias",
        "an asterisk begins an alias, and no name follows it",
        'Quote a text or pattern that begins with an asterisk: "*".',
    ),
    (
        "while scanning an anchor",
        "an ampersand begins an anchor, and no name follows it",
        'Quote a text that begins with an ampersand: "&".',
    ),
    (
        "while parsing a block mapping",
        "this does not belong to the mapping that it stands in",
        "Indent it like its neighbours; after a quoted text nothing may follow.",
    ),
    (
        "while parsing a block collection",
        "this does not belong to the list that it stands in",
        "Indent it like its neighbours, and begin each item with `- `.",
    ),
)


_NO_PAIR = re.compile(r"[ -]*([^\s#-](?:(?!: )[^\r\n])*[^\s:]|[^\s#:-])\s*")
"""A line that is neither a pair, nor the key of a block, nor a comment."""


class _Position(Protocol):
    index: int


def explain(error: Any, text: Text, problems: Collector) -> None:
    """Note a parser's complaint about ``text`` at the place of the mistake.

    ``error`` is a yaml.MarkedYAMLError, untyped so that the library stays behind its door.
    """
    said = f"{error.context or ''} {error.problem or ''}"
    message, hint = f"this is not YAML: {said.strip()}", None
    for fragment, known, advice in _WORDS:
        if fragment in said:
            message, hint = known, advice
            break
    at, start = error.problem_mark, error.context_mark
    if at is None:
        at, start = start, None
    if "cannot start any token" in said and text.content[at.index : at.index + 1] == "\t":
        message, hint = _WORDS[0][1:]
    marks = [text.mark(_one(at, text))]
    if start is not None and start.line != at.line:
        marks.append(text.mark(_one(start, text), "begins here"))
    if "mapping values are not allowed" in said:
        marks.extend(_line_without_colon(text, at.index))
    code = Code.DEPTH if _TOO_DEEP in said else Code.SYNTAX
    problems.error(code, message, *marks, hint=hint)


def _line_without_colon(text: Text, index: int) -> list[Mark]:
    """The line above, where it is the one at fault: `name:foo` or `name foo`."""
    this_line = text.content.rfind("\n", 0, index)
    before = text.content.rfind("\n", 0, max(this_line, 0)) + 1
    found = _NO_PAIR.fullmatch(text.content, before, max(this_line, 0))
    if found is None:
        return []
    return [text.mark(span(found.start(1), found.end(1)), "is this `key: value`, with a space?")]


def _one(position: _Position | None, text: Text) -> int:
    """One character; at the end of the file, the last one that can be shown."""
    index = 0 if position is None else position.index
    last = len(text.content.rstrip()) - 1
    index = max(0, min(index, last)) if index >= len(text.content) else index
    return span(index, index + 1)
