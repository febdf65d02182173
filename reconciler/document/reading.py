"""Strict, bounded reading of a document that someone may have cut, edited or mistaken."""

from __future__ import annotations

import gc
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

from reconciler.document.writing import FORMAT_VERSION, Document
from reconciler.errors import DocumentError, RefusedError
from reconciler.text.strict_json import NotJSONError, parse_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from enum import StrEnum

LARGEST: Final = 64 * 1024 * 1024
"""Bytes of a document: a plan of 50,000 changes, a snapshot of 350,000 tags."""
MOST_VALUES: Final = 3_000_000
MOST_CONTAINERS: Final = 1_000_000
"""Values, and objects and lists, of a document. A value in memory takes up to a hundred times the
bytes that it takes in a file: without a bound, 64 MiB of brackets would become gigabytes."""
MOST_FIELDS: Final = 64
"""Fields of an object, on average: none of ours has half as many."""
_SHOWN: Final = 80

_Value = TypeVar("_Value")
_Word = TypeVar("_Word", bound="StrEnum")


@dataclass(frozen=True, slots=True)
class FileKind:
    """What a document should be: its ``name`` in messages, and how to get another one."""

    name: str
    again: str


class Node:
    """One JSON object, read field by field; a field that is not as it must be is a DocumentError.

    ``where`` is its path in the document, for messages; the document itself has none.
    """

    __slots__ = ("_fields", "kind", "where")

    def __init__(self, value: object, *, kind: FileKind, where: str = "") -> None:
        self.kind = kind
        self.where = where
        if not isinstance(value, dict):
            self._fail("is not an object")
        self._fields: dict[str, object] = value

    def text(self, name: str) -> str:
        """A string."""
        value = self._get(name)
        return value if isinstance(value, str) else self._fail("is not a string", name)

    def optional_text(self, name: str) -> str | None:
        """A string or null."""
        return None if self._get(name) is None else self.text(name)

    def whole(self, name: str, *, least: int = 0) -> int:
        """A whole number of at least ``least``."""
        value = self._get(name)
        if type(value) is not int:  # True is an int to isinstance
            self._fail("is not a whole number", name)
        return value if value >= least else self._fail(f"is less than {least}", name)

    def optional_whole(self, name: str, *, least: int = 0) -> int | None:
        """A whole number of at least ``least``, or null."""
        return None if self._get(name) is None else self.whole(name, least=least)

    def truth(self, name: str) -> bool:
        """True or false."""
        value = self._get(name)
        return value if isinstance(value, bool) else self._fail("is not true or false", name)

    def word(self, name: str, among: type[_Word]) -> _Word:
        """One of the words of an enumeration."""
        value = self.text(name)
        try:
            return among(value)
        except ValueError:
            return self._fail(f"is none of {', '.join(among)}", name)

    def node(self, name: str) -> Node:
        """An object."""
        return Node(self._get(name), kind=self.kind, where=self._path(name))

    def optional(self, name: str, read: Callable[[Node], _Value]) -> _Value | None:
        """What ``read`` makes of an object, or None for null."""
        return None if self._get(name) is None else read(self.node(name))

    def nodes(self, name: str) -> Iterator[Node]:
        """A list of objects."""
        for at, value in enumerate(self._list(name)):
            yield Node(value, kind=self.kind, where=f"{self._path(name)}[{at}]")

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of strings."""
        values = self._list(name)
        strings = tuple(value for value in values if isinstance(value, str))
        return strings if len(strings) == len(values) else self._fail("holds no strings", name)

    def has(self, name: str) -> bool:
        """Whether the field is there at all."""
        return name in self._fields

    def names(self) -> tuple[str, ...]:
        """The names of all its fields."""
        return tuple(self._fields)

    def confirm(self, again: Document) -> None:
        """Check this whole document against ``again``, what it means when it is written out anew.

        Every redundant field (counts, digest, what differs) is checked by that at once. Raises
        RefusedError for a value that contradicts the others, DocumentError for a field too many.
        """
        if self._fields == again:
            return
        path, structural = _difference(self._fields, again, "")
        path = path[: 2 * _SHOWN]
        if structural:
            self._fail("is not a field of this format", path)
        raise altered(self.kind, f"{path} contradicts the rest of it")

    def _get(self, name: str) -> object:
        try:
            return self._fields[name]
        except KeyError:
            self._fail("is missing", name)

    def _list(self, name: str) -> list[object]:
        value = self._get(name)
        return value if isinstance(value, list) else self._fail("is not a list", name)

    def _path(self, name: str) -> str:
        return f"{self.where}.{name}" if self.where else name

    def _fail(self, what: str, name: str = "") -> NoReturn:
        path = (self._path(name) if name else self.where) or "the document"
        raise DocumentError(f"not a usable {self.kind.name}: {path} {what}", hint=self.kind.again)


def parse(text: str, *, kind: FileKind) -> Node:
    """The root object of ``text``. Raises DocumentError that says which mistake it is."""
    _expect_bounded(text, kind)
    if not text or text.isspace():
        raise DocumentError(f"the {kind.name} is empty", hint=kind.again)
    root = Node(_json(text, kind), kind=kind)
    _expect_kind(root)
    _expect_version(root)
    return root


def _expect_bounded(text: str, kind: FileKind) -> None:
    """Count before anything is built; what stands inside strings counts too, and is rare."""
    objects = text.count("{")
    for what, found, most in (
        ("characters", len(text), LARGEST),
        ("values", text.count(","), MOST_VALUES),
        ("objects and lists", objects + text.count("["), MOST_CONTAINERS),
        ("fields", text.count(":"), MOST_FIELDS * (objects + 1)),
    ):
        if found > most:
            raise DocumentError(
                f"the {kind.name} holds {found:,} {what}; more than {most:,} are not read",
                hint=kind.again,
            )


def altered(kind: FileKind, why: str) -> RefusedError:
    """The refusal of a document that says two things at once."""
    return RefusedError(f"the {kind.name} was altered after it was written: {why}", hint=kind.again)


def _json(text: str, kind: FileKind) -> Any:
    # A million values are made and none is in a cycle: collecting between them takes most of the
    # time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return parse_json(text, fractions=False)
    except NotJSONError as error:
        if not error.malformed:
            message = f"not a usable {kind.name}: {error}"
        elif text.rstrip().endswith("}") or not text.lstrip("\ufeff \t\r\n").startswith("{"):
            message = f"the {kind.name} is not JSON: {error.why}"
        else:
            message = f"the {kind.name} is cut short after line {text.count(chr(10)) + 1}"
        raise DocumentError(message, hint=kind.again) from None
    finally:
        if collecting:
            gc.enable()


_TELLTALE: Final = {
    "only_old": "comparison",
    "changes": "plan",
    "results": "report",
    "error": "error message",
    "problems": "list of problems",
    "accounts": "snapshot",
}


def _expect_kind(root: Node) -> None:
    found = next((name for field, name in _TELLTALE.items() if root.has(field)), None)
    if found is None or not root.has("format_version"):
        message = f"this is not a {root.kind.name} of reconciler"
        raise DocumentError(message, hint=root.kind.again)
    if not root.kind.name.endswith(found):
        message = f"this is a {found}, not a {root.kind.name}"
        raise DocumentError(message, hint=root.kind.again)


def _expect_version(root: Node) -> None:
    version = root.text("format_version")
    if version != FORMAT_VERSION:
        writer = root.optional_text("tool_version") if root.has("tool_version") else None
        raise DocumentError(
            f"the {root.kind.name} has format version {version[:_SHOWN]!r}; this reconciler reads "
            f"{FORMAT_VERSION!r}",
            hint=f"Use the reconciler that wrote it{f' ({writer[:_SHOWN]})' if writer else ''}, "
            f"or make it again with this one.",
        )


def _difference(left: object, right: object, path: str) -> tuple[str, bool]:
    """Path of the first difference, and whether it is a field that only one side has."""
    if isinstance(left, dict) and isinstance(right, dict):
        for name in [*left, *right]:
            inner = f"{path}.{name}" if path else name
            if (name in left) != (name in right):
                return inner, True
            if left[name] != right[name]:
                return _difference(left[name], right[name], inner)
    if isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for at, (one, other) in enumerate(zip(left, right, strict=True)):
            if one != other:
                return _difference(one, other, f"{path}[{at}]")
    return path, False
