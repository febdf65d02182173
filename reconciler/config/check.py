"""A document against the schema: what is wrong is noted, the rest stays usable."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from reconciler.config.codes import Code
from reconciler.config.shape import is_plain_head, is_plain_tag
from reconciler.config.values import Document, Origin, PositionedDict, PositionedList
from reconciler.text.visible import NOT_IN_A_LINE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.config.collector import Collector
    from reconciler.model.problem import Mark
    from reconciler.schema import SchemaProblem

_CODES = {
    "missing": Code.KEY_MISSING,
    "unknown": Code.KEY_UNKNOWN,
    "type": Code.TYPE,
    "value": Code.VALUE,
    "form": Code.FORM,
    "length": Code.LENGTH,
    "version": Code.VERSION,
    "name": Code.NAME,
    "companies": Code.TYPE,
    "contradiction": Code.CONTRADICTION,
    "note": Code.NO_NOTE,
    "former-absent": Code.FORMER_ABSENT,
}

Path = tuple[str | int, ...]

_PORTION = 200
"""Tags that are explained at a time: a file of mistakes is given up long before its end."""
_FINE = {"version": 1}


class Checked(NamedTuple):
    """A document and the parts of it, one or two steps deep, that the schema refuses."""

    document: Document
    refused: frozenset[Path]

    @property
    def is_whole(self) -> bool:
        """Whether the top level is as it must be, so that nothing is missing below it."""
        return () not in self.refused

    def has(self, key: str) -> bool:
        """Whether a top-level key is there, usable or not."""
        value = self.document.value
        return isinstance(value, PositionedDict) and key in value

    def part(self, key: str) -> Origin | None:
        """The value of a top-level key; None where it is missing or refused as a whole."""
        if not self.has(key) or (key,) in self.refused:
            return None
        return self.document.root.at(key)

    def sound(self, key: str) -> Iterator[tuple[str | int, Origin]]:
        """The items of a top-level mapping or list that the schema accepts."""
        part = self.part(key)
        if part is None:
            return
        items = part.items() if isinstance(part.value, PositionedDict) else enumerate(part.each())
        for step, item in items:
            if not self.refused or (key, step) not in self.refused:
                yield step, item


def check(document: Document, problems: Collector) -> Checked:
    """Hold ``document`` against the schema; only what is not plainly valid costs time."""
    doubtful = _doubtful_tags(document)
    if not doubtful and is_plain_head(document):
        return Checked(document, frozenset())
    refused: set[Path] = set()
    for start in range(0, len(doubtful) or 1, _PORTION):
        for one in _explain(document, doubtful[start : start + _PORTION], is_first=start == 0):
            _note(one, document.root, problems)
            refused.add(_part(one))
    return Checked(document, frozenset(refused))


def _explain(document: Document, tags: list[int], *, is_first: bool) -> list[SchemaProblem]:
    """What the schema refuses in some of the tags; the first time, in everything else too."""
    # Here, because a configuration that is plainly valid never needs it.
    from reconciler import schema  # noqa: PLC0415

    value = document.value
    if isinstance(value, PositionedDict) and isinstance(value.get("tags"), PositionedList):
        value = {**(value if is_first else _FINE), "tags": [value["tags"][at] for at in tags]}
    return list(_first_of_each([_in_full(one, tags) for one in schema.problems("config", value)]))


def _doubtful_tags(document: Document) -> list[int]:
    tags = document.value.get("tags") if isinstance(document.value, PositionedDict) else None
    if not isinstance(tags, PositionedList):
        return []
    return [position for position, tag in enumerate(tags) if not is_plain_tag(tag)]


def _in_full(problem: SchemaProblem, doubtful: list[int]) -> SchemaProblem:
    """``problem`` with the place that it has in the whole document."""
    if problem.path[:1] != ("tags",) or len(problem.path) == 1:
        return problem
    tag = problem.path[1]
    assert isinstance(tag, int)  # noqa: S101 - tags is a list; said for the type checker
    return replace(problem, path=("tags", doubtful[tag], *problem.path[2:]))


def _first_of_each(found: list[SchemaProblem]) -> Iterator[SchemaProblem]:
    """One problem a place, that of its type first: the others follow from it."""
    mistyped = {one.path for one in found if one.kind == "type"}
    seen: set[tuple[Path, str | None]] = set()
    meant = {(one.path, one.hint) for one in found if one.kind == "unknown"}
    for one in found:
        if one.kind == "missing":
            # "nme" is not known and "name" is missing: that is one mistake.
            if (one.path, f"Did you mean {one.message.split()[0]}?") not in meant:
                yield one
        elif (one.path, one.key) not in seen and (one.kind == "type" or one.path not in mistyped):
            seen.add((one.path, one.key))
            yield one


def _part(problem: SchemaProblem) -> Path:
    path = problem.path
    if not path and problem.kind == "missing":
        # A version left out takes nothing else away, as a misspelt `accounts` does.
        return ("version",)
    if len(path) == 1 and problem.key is not None:
        path = (*path, problem.key)
    return path[:2]


def _note(problem: SchemaProblem, root: Origin, problems: Collector) -> None:
    at = root.at(*problem.path)
    value, hint = at.value, problem.hint
    if problem.key is not None and isinstance(value, PositionedDict) and problem.key in value:
        mark = at.key(problem.key).mark()
        if problem.key == "<<":
            return
        if problem.kind == "unknown" and _SECRET.search(problem.key):
            hint = _NO_SECRETS
    else:
        mark = at.mark()
        written = mark.text[mark.source.column - 1 :][: mark.length]
        if problem.kind == "type":
            hint = _fitting(problem, value, written) or hint
        elif problem.kind == "form" and isinstance(value, str):
            hint = _unseen_hint(value, is_name=problem.path[-1:] == ("name",)) or hint
        elif problem.kind == "companies":
            hint = f'Write a list, even of one: companies: ["{value}"].'
    if hint == _NO_SECRETS or problem.path[-1:] == ("api_key_env",):
        mark = _hidden(mark, at if problem.key is None else at.at(problem.key))
    code = _CODES[problem.kind]
    if code is Code.FORM and problem.path[-1:] == ("name",):
        code = Code.NAME
    problems.error(code, problem.message, mark, hint=hint)


def _unseen_hint(value: str, *, is_name: bool) -> str | None:
    """Which character it is that can't be seen: the line looks right without it."""
    found = NOT_IN_A_LINE.search(value)
    if found is None or found[0] in "\r\n":
        return None
    rest = "; a live name that holds it goes under `renamed_from`" if is_name else ""
    return f"Delete the character U+{ord(found[0]):04X}{rest}."


_SECRET = re.compile("(?i)(^|[_-])(key|token|secret|password)$|apikey")
_NO_SECRETS = (
    "No key stands in a file: put it into the environment, and the variable's name here as "
    "`api_key_env`. A key that was committed must be replaced."
)
_NEARLY_A_PAIR = re.compile(r"([a-z_]+)\s*[:\uff1a]\s*(\S.*)")


def _fitting(problem: SchemaProblem, value: object, written: str) -> str | None:
    """What to write in place of a value of the wrong type, where that can be known."""
    needs, key = problem.message.partition(" must be ")[2], problem.path[-1:]
    if value is None and written.strip(" :").startswith("#"):
        return "A `#` begins a comment: quote a text that holds it."
    if key == ("companies",):
        return (
            f'Write a list, even of one: companies: ["{written}"].' if _is_scalar(value) else None
        )
    if needs.startswith("text"):
        return _fitting_text(value, written)
    if not isinstance(value, str):
        return None
    if needs.startswith("a list"):
        return f'Write a list, even of one: {problem.path[-1]}: ["{value}"].'
    pair = _NEARLY_A_PAIR.fullmatch(value)
    return f"Write a plain colon and a space: `{pair[1]}: {pair[2]}`." if pair else None


def _fitting_text(value: object, written: str) -> str:
    if not _is_scalar(value):
        return "Write one text; quote it if it holds brackets or `: `."
    return "Write it after the colon." if written in ("", ":") else f'Quote it: "{written}".'


def _is_scalar(value: object) -> bool:
    return not isinstance(value, PositionedDict | PositionedList)


def _hidden(mark: Mark, secret: Origin) -> Mark:
    """``mark`` without what may be a key: messages end up in logs that many can read."""
    start = secret.source.column - 1
    shown = mark.text[:start] + "…" if secret.source.line == mark.source.line else mark.text
    return mark._replace(text=shown, length=min(mark.length, len(shown) - mark.source.column + 1))
