"""Mappings and lists that remember where in the file they, their keys and their items stand."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from array import array
    from collections.abc import Iterator

    from reconciler.config.text import Text
    from reconciler.model.problem import Mark, Source

LENGTH_BITS = 24
"""Enough for the length of the largest file that is read."""
_LENGTH_MASK = (1 << LENGTH_BITS) - 1


def span(start: int, end: int) -> int:
    """Characters ``start`` to ``end`` of a file as one number; a large file has a million."""
    return start << LENGTH_BITS | end - start


def unpack(packed: int) -> tuple[int, int]:
    """Start and length of a :func:`span`; length 0 means "the rest of the line"."""
    return packed >> LENGTH_BITS, packed & _LENGTH_MASK


_FEW = 16
"""Pairs of a block that are looked through as fast as they are looked up."""


class PositionedDict(dict[str, Any]):
    """A mapping. ``spans`` holds its own span, then the key's and the value's of each pair."""

    __slots__ = ("_positions", "spans")
    spans: array[int]
    _positions: dict[str, int]

    def key_span(self, key: str) -> int:
        """Where ``key`` stands; KeyError when it does not."""
        return self.spans[1 + 2 * self.position(key)]

    def position(self, key: str) -> int:
        """Which of the pairs ``key`` is, from 0; KeyError when it is none."""
        if len(self) <= _FEW:
            for position, known in enumerate(self):
                if known == key:
                    return position
            raise KeyError(key)
        # Made when it is first asked for: most blocks are small, and nobody asks most of them.
        positions: dict[str, int] = getattr(self, "_positions", {})
        if len(positions) < len(self):
            new = islice(self, len(positions), None)
            positions.update(zip(new, range(len(positions), len(self)), strict=True))
            self._positions = positions
        return positions[key]


class PositionedList(list[Any]):
    """A list. ``spans`` holds its own span, then one an item."""

    __slots__ = ("spans",)
    spans: array[int]


class Document(NamedTuple):
    """One file's content: ``value`` is a PositionedDict in every file that is worth anything."""

    text: Text
    value: Any
    span: int

    @property
    def root(self) -> Origin:
        """The place of the whole document."""
        return Origin(self.text, self.value, self.span)


class Origin(NamedTuple):
    """A value with its place in a file; what a problem points at."""

    text: Text
    value: Any
    span: int

    @property
    def source(self) -> Source:
        """File, line and column at which the value starts."""
        return self.text.source(self.span)

    def mark(self, label: str = "") -> Mark:
        """The value itself."""
        return self.text.mark(self.span, label)

    def key(self, key: str) -> Origin:
        """The key ``key`` of a PositionedDict (its name, not its value)."""
        return Origin(self.text, key, self.value.key_span(key))

    def at(self, *path: str | int) -> Origin:
        """The value at ``path`` below, or the nearest one above it that is there."""
        here = self
        for step in path:
            value = here.value
            if isinstance(value, PositionedDict) and isinstance(step, str) and step in value:
                here = Origin(self.text, value[step], value.spans[2 + 2 * value.position(step)])
            elif isinstance(value, PositionedList) and isinstance(step, int) and step < len(value):
                here = Origin(self.text, value[step], value.spans[step + 1])
            else:
                break
        return here

    def items(self) -> Iterator[tuple[str, Origin]]:
        """The pairs of a PositionedDict, the values with their places."""
        spans = self.value.spans
        for position, (key, value) in enumerate(self.value.items()):
            yield key, Origin(self.text, value, spans[2 + 2 * position])

    def each(self) -> Iterator[Origin]:
        """The items of a PositionedList with their places."""
        spans = self.value.spans
        for position, value in enumerate(self.value, start=1):
            yield Origin(self.text, value, spans[position])
