"""The YAML parser's complaints in words that say what to write."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

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
        "this character can't begin a value",
        "Quote the text that begins with it.",
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
        "a quoted text holds an escape that YAML can't read",
        "Inside double quotes write \\\\ for a backslash.",
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
_KEY = re.compile(r"[ -]*([A-Za-z_][^\s:#]*)(?=:)")
_TEXT = re.compile(
    r"[ -]*[A-Za-z_][^\s:#]*: +([^\s\"'#\[{][^\"\\#\r\n]{0,80}[^\s\"\\#])\s*$", re.MULTILINE
)
"""A pair whose value is one plain text that could stand in double quotes."""
_COLON = "mapping values are not allowed"


class _Position(Protocol):
    index: int


def explain(error: Any, text: Text, problems: Collector) -> None:
    """Note a parser's complaint about ``text`` at the place of the mistake.

    ``error`` is a yaml.MarkedYAMLError, untyped so that only one module knows the library.
    """
    reported = f"{error.context or ''} {error.problem or ''}"
    at, start = error.problem_mark, error.context_mark
    if at is None or "while scanning an a" in reported:
        # An alias or anchor without a name: the sign is at fault, not what comes after it.
        at, start = start, None
    if "unexpected end of stream" in reported and start is not None:
        problems.error(
            Code.SYNTAX,
            "the quote that opens here is never closed",
            text.mark(_one(start, text)),
            hint="Close it, or write it twice where it is part of a text in single quotes.",
        )
        return
    message, hint = _words(reported)
    marks: tuple[Mark, ...] = (text.mark(_one(at, text)),)
    if start is not None and start.line != at.line:
        marks = (*marks, text.mark(_one(start, text), "begins here"))
    for recognise in (_tab, _after_a_quote, _line_without_colon, _deeper, _colon_in_a_text):
        found = recognise(reported, text, at.index if at else 0)
        if found is not None:
            message, hint, marks = (
                found.message or message,
                found.hint or hint,
                found.marks or marks,
            )
            break
    code = Code.DEPTH if _TOO_DEEP in reported else Code.SYNTAX
    problems.error(code, message, *marks, hint=hint)


def _words(reported: str) -> tuple[str, str | None]:
    for fragment, known, advice in _WORDS:
        if fragment in reported:
            return known, advice
    return f"this is not YAML: {reported.strip()}", None


class _Found(NamedTuple):
    """What a closer look adds to the words of the table; what is empty stays as it was."""

    message: str = ""
    hint: str = ""
    marks: tuple[Mark, ...] = ()


def _tab(reported: str, text: Text, index: int) -> _Found | None:
    if "cannot start any token" not in reported or text.content[index : index + 1] != "\t":
        return None
    return _Found("a tab can't indent a line", "Indent with spaces.")


def _after_a_quote(reported: str, text: Text, index: int) -> _Found | None:
    """What follows a closed quote, as in `'Don't call'`."""
    before = text.content[text.content.rfind("\n", 0, index) + 1 : index].rstrip(" ")
    if (
        "while parsing a" not in reported
        or before[-1:] not in ("'", '"')
        or before.count(before[-1]) < 2
    ):
        return None
    hint = "Inside single quotes write '' for an apostrophe, or put the text into double quotes."
    if before[-1] == '"':
        hint = 'Inside double quotes write \\" for a quote, or put the text into single quotes.'
    return _Found("the quoted text ended before this", hint)


def _line_without_colon(reported: str, text: Text, index: int) -> _Found | None:
    """The line above, where it is the one at fault: `name:foo` or `name foo`."""
    if _COLON not in reported:
        return None
    this_line = text.content.rfind("\n", 0, index)
    before = text.content.rfind("\n", 0, max(this_line, 0)) + 1
    found = _NO_PAIR.fullmatch(text.content, before, max(this_line, 0))
    if found is None:
        return None
    above = text.mark(span(found.start(1), found.end(1)), "is this `key: value`, with a space?")
    return _Found(marks=(text.mark(span(index, index + 1)), above))


def _deeper(reported: str, text: Text, index: int) -> _Found | None:
    """A key that stands deeper than the pair above it, to whose value it would belong."""
    this_line = text.content.rfind("\n", 0, index) + 1
    before = text.content.rfind("\n", 0, max(this_line - 1, 0)) + 1
    here = _KEY.match(text.content, this_line)
    above = _KEY.match(text.content, before)
    if _COLON not in reported or this_line == 0 or here is None or above is None:
        return None
    indent = above.start(1) - before
    if here.end(1) != index or here.start(1) - this_line <= indent:
        return None
    return _Found(
        "this key is indented deeper than the one above it",
        f"Begin it in column {indent + 1}, where its neighbour begins.",
        (
            text.mark(span(here.start(1), here.end(1))),
            text.mark(span(above.start(1), above.end(1)), "its neighbour"),
        ),
    )


def _colon_in_a_text(reported: str, text: Text, index: int) -> _Found | None:
    """`name: Lead: hot`, where quotes were meant."""
    this_line = text.content.rfind("\n", 0, index) + 1
    found = _TEXT.match(text.content, this_line)
    if _COLON not in reported or found is None or not found.start(1) < index < found.end(1):
        return None
    return _Found(hint=f'If this is one text, quote it: "{found[1]}".')


def _one(position: _Position | None, text: Text) -> int:
    """One character; at the end of the file, the last one that can be shown."""
    index = 0 if position is None else position.index
    last = len(text.content.rstrip()) - 1
    index = max(0, min(index, last)) if index >= len(text.content) else index
    return span(index, index + 1)
