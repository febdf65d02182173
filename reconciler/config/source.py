"""YAML with positions: a file's text becomes plain values that know where they stand.

The only importer of the yaml library. It is built from the parser's events, never from its nodes:
those cost some 20 times the memory of the values, and its constructors obey YAML 1.1 and tags.
Everything is bounded: depth, aliases and what they expand to. Memory and time are linear in the
text, because an alias shares the value of its anchor.
"""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from reconciler.config.codes import Code
from reconciler.config.scalars import RESOLVED_BY_PATTERN, resolve
from reconciler.config.syntax import explain
from reconciler.config.values import LENGTH_BITS, Document, PositionedDict, PositionedList, span
from reconciler.text.quote import double_quoted, quoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.config.collector import Collector
    from reconciler.config.text import Text

DEEPEST = 50
MOST_ALIASES = 100
MOST_ALIASED_VALUES = 100_000
"""Values that all aliases of a file may stand for, were they written out."""

_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CUT = re.compile(r"(?<=[^ \t])[ \t]+#(?=[^\s#!])")
"""What may have been meant as part of a text: comments have a blank after their sign.

The look behind keeps a run of blanks from being searched again at each of them.
"""
_DIRECTIVE = re.compile(r"^%(?!YAML[ \t])[^\r\n]*", re.MULTILINE)
_PLAIN_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("str", "map", "seq")}


def parse(text: Text, problems: Collector) -> Document | None:
    """The one document of ``text``; None when there is none, and ``problems`` says why."""
    # The parser compares each %TAG with all before it: a file of them would take hours.
    if found := _DIRECTIVE.search(text.content):
        problems.error(
            Code.DIRECTIVE,
            "YAML directives are not used here",
            text.mark(span(found.start(), found.end())),
            hint="Delete the line, or quote the text that it belongs to.",
        )
        return None
    cuts = frozenset(found.start() for found in _CUT.finditer(text.content))
    composer = _Composer(text, problems, cuts)
    try:
        composer.run(_LOADER(text.content).get_event)
    except yaml.MarkedYAMLError as error:
        explain(error, text, problems)
        return None
    except _Stop:
        return None
    return composer.document()


class _Stop(Exception):  # noqa: N818 - it ends the reading of one file and leaves this module never
    """The rest of the file is not worth reading; the problem is noted."""


_NO_KEY: Any = object()
_REFUSED_KEY: Any = object()
_UNFINISHED: Any = object()


@dataclass(slots=True)
class _Frame:
    """A container that is being filled, and the anchor that it is known by."""

    container: PositionedDict | PositionedList
    spans: list[int]
    key: Any = _NO_KEY
    key_span: int = 0
    anchor: str | None = None
    values_before: int = 0
    flow_start: int = -1


@dataclass(slots=True)
class _Composer:
    """Turns events into values, one method for each kind of event."""

    text: Text
    problems: Collector
    cuts: frozenset[int]
    stack: list[_Frame] = field(default_factory=lambda: [_Frame(PositionedList(), [0])])
    anchors: dict[str, tuple[Any, int]] = field(default_factory=dict)
    aliases: int = 0
    aliased_values: int = 0
    values: int = 0
    documents: int = 0

    def run(self, next_event: Callable[[], Any]) -> None:
        """Consume all events of the file.

        Scalars are six of eight events: what is written out here saves a second in a large file.
        """
        scalar_event, end_event = yaml.ScalarEvent, yaml.StreamEndEvent
        cuts, stack = self.cuts, self.stack
        handlers: dict[type[Any], Callable[[Any], None]] = {
            yaml.MappingStartEvent: self._open,
            yaml.SequenceStartEvent: self._open,
            yaml.MappingEndEvent: self._close,
            yaml.SequenceEndEvent: self._close,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._start_document,
        }
        while (kind := type(event := next_event())) is not end_event:
            if kind is scalar_event:
                value = event.value
                if event.implicit[0] and value[:1] in RESOLVED_BY_PATTERN:
                    value = resolve(value)
                if cuts and event.end_mark.index in cuts and event.implicit[0]:
                    self._note_cut(event)
                if event.tag is not None or event.anchor is not None:
                    self._note_marked(event, value)
                start = event.start_mark.index
                packed = start << LENGTH_BITS | event.end_mark.index - start
                frame: Any = stack[-1]
                if type(frame.key) is str:
                    self.values += 1
                    frame.container[frame.key] = value
                    frame.spans += (frame.key_span, packed)
                    frame.key = _NO_KEY
                else:
                    self._put(value, packed)
            elif kind in handlers:
                handlers[kind](event)

    def document(self) -> Document | None:
        """What was read; None when the file holds nothing."""
        root = self.stack[0]
        if not root.container:
            return None
        return Document(self.text, root.container[0], root.spans[1])  # type: ignore[index]

    def _start_document(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            self._stop(
                Code.DOCUMENTS,
                "a second YAML document starts here; a file holds one",
                event,
                "Delete the `---`, or put what follows into a file of its own.",
            )

    def _note_cut(self, event: Any) -> None:
        """A text without quotes that ends at a blank and a `#` which no blank follows."""
        content, end = self.text.content, event.end_mark.index
        if event.start_mark.index == end:
            return
        sign = content.index("#", end)
        rest = re.compile(r"[^\r\n]*").match(content, sign)
        whole = content[event.start_mark.index : rest.end() if rest else end].rstrip()
        read = content[event.start_mark.index : end]
        self.problems.warning(
            Code.CUT,
            f"a blank before `#` begins a comment: only {quoted(read)} is read",
            self.text.mark(span(sign, event.start_mark.index + len(whole))),
            hint=f"If it is part of the text, quote it: {double_quoted(whole)}; if it is a "
            "comment, put a blank after the `#`.",
        )

    def _note_marked(self, event: Any, value: Any) -> None:
        """A scalar with a tag or an anchor."""
        if event.tag is not None:
            self._refuse_tag(event)
        if event.anchor is not None:
            self.anchors[event.anchor] = (value, 1)

    def _open(self, event: Any) -> None:
        if len(self.stack) > DEEPEST:
            self._stop(
                Code.DEPTH,
                f"lists and mappings are nested more than {DEEPEST} deep",
                event,
                "A configuration needs four levels; is a bracket left open?",
            )
        if event.tag is not None:
            self._refuse_tag(event)
        start = event.start_mark.index
        # Length 0 is the rest of the line; where a block ends says nothing to a reader.
        container = PositionedDict() if type(event) is yaml.MappingStartEvent else PositionedList()
        frame = _Frame(container, [start << LENGTH_BITS], values_before=self.values)
        if event.flow_style:
            frame.flow_start = start
        if event.anchor is not None:
            frame.anchor = event.anchor
            self.anchors[event.anchor] = (_UNFINISHED, 0)
        self.stack.append(frame)

    def _close(self, event: Any) -> None:
        frame = self.stack.pop()
        if frame.flow_start >= 0:
            frame.spans[0] = span(frame.flow_start, event.end_mark.index)
        frame.container.spans = array("Q", frame.spans)
        if frame.anchor is not None:
            self.anchors[frame.anchor] = (frame.container, self.values - frame.values_before + 1)
        self._put(frame.container, frame.spans[0])

    def _alias(self, event: Any) -> None:
        self.aliases += 1
        value, size = self.anchors.get(event.anchor, (None, -1))
        if size < 0:
            self._stop(
                Code.SYNTAX,
                f"the alias *{event.anchor} has no anchor before it",
                event,
                f'Quote a text or pattern: "*{event.anchor}"; an alias needs an & before it.',
            )
        if value is _UNFINISHED:
            self._stop(
                Code.ALIASES,
                f"the alias *{event.anchor} stands inside its own anchor",
                event,
                "Write the value out.",
            )
        self.aliased_values += size
        if self.aliases > MOST_ALIASES or self.aliased_values > MOST_ALIASED_VALUES:
            self._stop(
                Code.ALIASES,
                f"more than {MOST_ALIASES} aliases, or {MOST_ALIASED_VALUES:,} values behind them",
                event,
                "Name the companies once under `scopes:` and write `scope:` in the tags.",
            )
        self.values += size - 1
        self._put(value, span(event.start_mark.index, event.end_mark.index))

    def _put(self, value: Any, packed: int) -> None:
        """Give ``value`` to the container that is being filled, as a key, a value or an item."""
        self.values += 1
        frame = self.stack[-1]
        container, key = frame.container, frame.key
        if type(container) is PositionedList:
            container.append(value)
            frame.spans.append(packed)
        elif key is _NO_KEY:
            plain = type(value) is str and value not in container and value != "<<"
            frame.key = value if plain else self._key(container, value, packed)
            frame.key_span = packed
        else:
            if key is not _REFUSED_KEY:
                container[key] = value
                frame.spans += (frame.key_span, packed)
            frame.key = _NO_KEY

    def _key(self, container: Any, value: Any, packed: int) -> Any:
        """What stands for the key ``value``, which is not a plain new one."""
        if type(value) is not str:
            self._refuse_key(value, packed)
            return _REFUSED_KEY
        if value == "<<":
            self._refuse_merge(packed)
        if value in container:
            first = self.stack[-1].spans[1 + 2 * container.position(value)]
            self.problems.error(
                Code.DUPLICATE_KEY,
                f"the key {quoted(value)} is here twice",
                self.text.mark(packed),
                self.text.mark(first, "first here"),
                hint="Delete one of them, or join what they hold.",
            )
            return _REFUSED_KEY
        return value

    def _refuse_key(self, value: Any, packed: int) -> None:
        mark = self.text.mark(packed)
        hint = "Write a word before the colon."
        if not isinstance(value, PositionedDict | PositionedList) and mark.text:
            start = mark.source.column - 1
            hint = f'Quote it: "{mark.text[start : start + mark.length]}".'
        self.problems.error(Code.KEY_TYPE, "a key must be text", mark, hint=hint)

    def _refuse_tag(self, event: Any) -> None:
        if event.tag in _PLAIN_TAGS:
            return
        start = event.start_mark.index
        shown = re.compile(r"\S*").match(self.text.content, start)
        self.problems.error(
            Code.YAML_TAG,
            f"the YAML tag {event.tag} is not used here",
            self.text.mark(span(start, shown.end() if shown else start + 1)),
            hint="Delete it; quote the text if it begins with an exclamation mark.",
        )

    def _refuse_merge(self, packed: int) -> None:
        self.problems.error(
            Code.MERGE_KEY,
            "merge keys (<<) are not part of YAML 1.2",
            self.text.mark(packed),
            hint="Write the keys out; `scopes:` saves repeating companies.",
        )

    def _stop(self, code: Code, message: str, event: Any, hint: str) -> None:
        packed = span(event.start_mark.index, event.end_mark.index)
        self.problems.error(code, message, self.text.mark(packed), hint=hint)
        raise _Stop


def dump(value: object, *, quoted: Callable[[str], bool], ascii_only: bool) -> str:
    """``value`` as YAML; strings that ``quoted`` holds for stand in double quotes, with escapes.

    ``ascii_only``: all other characters are escaped too.
    """

    class Dumper(yaml.SafeDumper):
        """Writes every value where it stands, and strings our way."""

        def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - nothing is aliased
            return True

    def represent(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
        style = '"' if quoted(text) else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)

    Dumper.add_representer(str, represent)
    text: str = yaml.dump(
        value, Dumper=Dumper, allow_unicode=not ascii_only, sort_keys=False, width=10_000
    )
    return text
